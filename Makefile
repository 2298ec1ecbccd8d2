.PHONY: help generate lint test inbox browser examples commands containers fuzz bench quickstart run

help: # print this list
	@sed -n 's/^\([a-z]*\): # /make \1	/p' Makefile | expand -t 20

quickstart: # run a whole checkout against a sandbox
	go run ./examples/quickstart

test: # run the tests of this module, with the race detector
	go test -race ./...

generate: # generate the code that openapi.yaml describes
	go generate ./...

lint: # check format, vet, staticcheck, comments, go.mod, generated code, workflows and the contract
	.ci/lint

examples: # test the examples that are modules, with Redis and PostgreSQL
	.ci/examples

commands: # run the shell commands of the Markdown pages
	.ci/commands

inbox: # test the inbox on PostgreSQL, MariaDB and SQLite
	.ci/inbox

browser: # test the sandbox's pages in Chromium
	.ci/browser

containers: # reach the sandbox from another container or network namespace
	.ci/containers

fuzz: # fuzz each target for 30 seconds
	.ci/fuzz

bench: # measure what a call costs, in a few minutes
	go -C bench run .

run: # run everything that must pass before a change lands
	.ci/run
