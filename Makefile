.PHONY: generate lint test browser examples fuzz quickstart

generate: ; go generate ./...
lint: ; .ci/lint
test: ; go test -race ./...
browser: ; .ci/browser
examples: ; .ci/examples
fuzz: ; .ci/fuzz
quickstart: ; go run ./examples/quickstart
