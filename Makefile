.PHONY: generate lint test browser examples fuzz bench quickstart

generate: ; go generate ./...
lint: ; .ci/lint
test: ; go test -race ./...
browser: ; .ci/browser
examples: ; .ci/examples
fuzz: ; .ci/fuzz
bench: ; cd bench && go run .
quickstart: ; go run ./examples/quickstart
