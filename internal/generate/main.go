// Command generate writes the code that follows from openapi.yaml. It runs in the root of this module:
//
//	go run ./internal/generate
//
// First it checks the contract for parts that would become wrong code. It generates all files into a temporary directory and then
// renames them, so a failed step changes nothing. The flag -into writes the files to another directory.
// The flag -generator names a generator that is already built. It saves time when there is much to generate.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

const generator = "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"

// targets lists the files to generate.
var targets = []target{
	{output: "gen/client.gen.go", godoc: true},
	{output: "plugipay/models.gen.go", godoc: true},
	{output: "sandbox/internal/api/server.gen.go", godoc: true},
	{output: "contract/internal/document/document.gen.go"},
}

// target is a generated file. Its configuration is the oapi-codegen.yaml next to it. If godoc is true, it is generated from the
// copy of the contract that prepare writes.
type target struct {
	output string
	godoc  bool
}

func main() {
	contract := flag.String("contract", "openapi.yaml", "`file` to generate from")
	into := flag.String("into", ".", "`directory` to write to")
	program := flag.String("generator", "", "`program` to run, an oapi-codegen (default: go run "+generator+")")
	flag.Parse()
	command := []string{"go", "run", generator}
	if *program != "" {
		command = []string{*program}
	}
	if err := run(command, *contract, *into); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(command []string, contract, into string) (err error) {
	scratch, err := os.MkdirTemp(into, ".generate-") // on the same file system, so that renaming works
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	described := filepath.Join(scratch, "openapi.yaml")
	if err := prepare(contract, described); err != nil {
		return err
	}
	for _, t := range targets {
		source := contract
		if t.godoc {
			source = described
		}
		if err := t.generate(command, source, filepath.Join(scratch, t.output)); err != nil {
			return err
		}
	}
	for _, t := range targets {
		if err := move(filepath.Join(scratch, t.output), filepath.Join(into, t.output)); err != nil {
			return err
		}
	}
	return nil
}

// prepare checks a contract and writes a copy with descriptions and filters for Go.
func prepare(contract, copied string) error {
	root, err := load(contract)
	if err != nil {
		return err
	}
	if err := check(root); err != nil {
		return err
	}
	writeOutFilters(root)
	describe(root)
	return save(root, copied)
}

func (t target) generate(command []string, contract, output string) error {
	config := filepath.Join(filepath.Dir(t.output), "oapi-codegen.yaml")
	arguments := slices.Concat(command[1:], []string{"-config", config, "-o", output, contract})
	cmd := exec.Command(command[0], arguments...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: the generator failed: %w", config, err)
	}
	return nil
}

func move(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.Rename(from, to)
}
