.PHONY: generate lint test browser fuzz quickstart

generate: ; go generate ./...
lint: ; .ci/lint
test: ; go test -race ./...
browser: ; .ci/browser
fuzz: ; .ci/fuzz
quickstart: ; go run ./examples/quickstart
