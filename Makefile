.PHONY: generate lint test fuzz quickstart

generate: ; go generate ./...
lint: ; .ci/lint
test: ; go test -race ./...
fuzz: ; .ci/fuzz
quickstart: ; go run ./examples/quickstart
