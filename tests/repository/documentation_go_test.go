package repository

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/tests/internal/document"
	"github.com/plugipay/plugipay-go/tests/internal/snippet"
)

const (
	blockTime   = time.Minute // for a block of a document to come to an end
	givenFile   = "tests/internal/given/given.go"
	blocksPlace = "tests/documentation_blocks" // where the blocks are, as far as the go command is concerned
)

// TestDocumentationGoRuns compiles all blocks of Go as one program and runs each in a process of its own, with a sandbox
// in its environment.
func TestDocumentationGoRuns(t *testing.T) {
	t.Parallel()
	byModule := map[string][]document.Document{}
	for _, d := range documents(t) {
		for module, of := range goBlocksByModule(d) {
			byModule[module] = append(byModule[module], of)
		}
	}
	if len(byModule["."]) == 0 {
		t.Fatal("the documents have no block of Go, so this test is not to be trusted")
	}
	for module, of := range byModule {
		t.Run("module "+module, func(t *testing.T) {
			t.Parallel()
			program, err := compileBlocks(t, module, of)
			if err != nil {
				t.Fatal(err)
			}
			for _, run := range program.runs {
				t.Run(run.Block.Name(), func(t *testing.T) {
					t.Parallel()
					if err := run.start(t); err != nil {
						t.Error(err)
					}
				})
			}
		})
	}
}

// goBlocksByModule splits a document by the modules that its blocks are compiled in: this one, unless they say another.
func goBlocksByModule(d document.Document) map[string]document.Document {
	split := map[string]document.Document{}
	for _, b := range d.Blocks {
		if b.Language != "go" {
			continue
		}
		module, ok := b.Directive(snippet.Module)
		if !ok {
			module = "."
		}
		of := split[module]
		of.Path, of.Blocks = d.Path, append(of.Blocks, b)
		split[module] = of
	}
	return split
}

// blockProgram is what the blocks of one module have become.
type blockProgram struct {
	runs []blockRun
}

// blockRun is a command that runs a block.
type blockRun struct {
	snippet.Run
	command []string
}

// compileBlocks compiles the blocks of documents in a module. The files that it makes are not written into the module:
// the go command is told by an overlay to see them there.
func compileBlocks(t *testing.T, module string, of []document.Document) (blockProgram, error) {
	t.Helper()
	place, modulePath, err := placeOf(module)
	if err != nil {
		return blockProgram{}, err
	}
	givens, err := snippet.ReadGivens(filepath.Join(repository, givenFile))
	if err != nil {
		return blockProgram{}, err
	}
	files := map[string]string{}
	var packages []snippet.Package
	for _, d := range of {
		p, err := snippet.New(d.Path, d.Blocks, givens, modulePath+"/given")
		if err != nil {
			return blockProgram{}, err
		}
		packages = append(packages, p)
		maps.Copy(files, p.Files)
	}
	given, err := os.ReadFile(filepath.Join(repository, givenFile))
	if err != nil {
		return blockProgram{}, err
	}
	files["given/given.go"] = string(given)
	files["main_test.go"] = snippet.Main(modulePath, packages)
	return build(t, filepath.Join(repository, module), place, overlay(t, filepath.Join(repository, module, place), files), packages)
}

// placeOf returns the directory of the blocks in a module, and its import path.
func placeOf(module string) (place, importPath string, err error) {
	text, err := os.ReadFile(filepath.Join(repository, module, "go.mod"))
	if err != nil {
		return "", "", err
	}
	found := moduleLine.FindStringSubmatch(string(text))
	if found == nil {
		return "", "", fmt.Errorf("%s/go.mod names no module", module)
	}
	return blocksPlace, found[1] + "/" + blocksPlace, nil
}

var moduleLine = regexp.MustCompile(`(?m)^module +(\S+)`)

// overlay writes files somewhere else and returns the file that tells the go command that they are in a directory.
func overlay(t *testing.T, directory string, files map[string]string) string {
	t.Helper()
	scratch := t.TempDir()
	root, err := filepath.Abs(directory)
	if err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{}
	for name, code := range files {
		path := filepath.Join(scratch, strings.ReplaceAll(name, "/", "_"))
		writeFile(t, path, code)
		replace[filepath.Join(root, filepath.FromSlash(name))] = path
	}
	content, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(scratch, "overlay.json")
	writeFile(t, path, string(content))
	return path
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// build builds one binary with all functions, and one of each program.
func build(t *testing.T, module, place, overlay string, packages []snippet.Package) (p blockProgram, err error) {
	t.Helper()
	bin := t.TempDir()
	all := filepath.Join(bin, "blocks.exe")
	if err := goBuild(t, module, "test", "-c", "-vet=off", "-overlay", overlay, "-o", all, "./"+place); err != nil {
		return p, err
	}
	for _, pkg := range packages {
		for _, run := range pkg.Runs {
			p.runs = append(p.runs, blockRun{Run: run, command: []string{all, "-test.run", "^" + snippet.TestName(run) + "$"}})
		}
		for i, program := range pkg.Programs {
			binary := filepath.Join(bin, fmt.Sprintf("%s_%d.exe", strings.ReplaceAll(program.Package, "/", "_"), i))
			if err := goBuild(t, module, "build", "-overlay", overlay, "-o", binary, "./"+place+"/"+program.Package); err != nil {
				return p, err
			}
			if program.Runs {
				p.runs = append(p.runs, blockRun{Run: program.Run, command: []string{all, "-test.run", "^TestProgram$", "-program", binary}})
			}
		}
	}
	return p, nil
}

func goBuild(t *testing.T, directory string, args ...string) error {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = directory
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// start runs a block and compares what it prints with what it says that it prints.
func (r blockRun) start(t *testing.T) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), blockTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, r.command[0], r.command[1:]...)
	cmd.Dir = t.TempDir()
	cmd.WaitDelay = time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s%s", r.Block.Name(), err, stdout.String(), stderr.String())
	}
	printed := strings.TrimSpace(strings.TrimSuffix(strings.ReplaceAll(stdout.String(), "\r\n", "\n"), "PASS\n"))
	if slices.Contains([]string{"testing: warning: no tests to run"}, strings.TrimSpace(stderr.String())) {
		return fmt.Errorf("%s: it was not run", r.Block.Name())
	}
	if r.HasOutput && printed != r.Output {
		return fmt.Errorf("%s prints:\n%s\nand says that it prints:\n%s", r.Block.Name(), printed, r.Output)
	}
	return nil
}
