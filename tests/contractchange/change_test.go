// Package contractchange makes each change of the contract in a copy, generates the code from it, and compiles the module
// with this code.
package contractchange

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/tests/internal/changes"
)

const repository = "../.."

// generated are the files that are generated, from the root.
var generated = []string{
	"gen/client.gen.go",
	"plugipay/models.gen.go",
	"sandbox/internal/api/server.gen.go",
	"contract/internal/document/document.gen.go",
}

// TestChange_OfAPropertyCompilesEverything: even the tests compile, of which some print the session.
func TestChange_OfAPropertyCompilesEverything(t *testing.T) {
	for _, change := range changes.Properties() {
		compile(t, change, "vet", "./...")
	}
}

func TestChange_OfAFilterCompilesEverything(t *testing.T) {
	for _, change := range changes.Filters() {
		compile(t, change, "vet", "./gen", "./plugipay", "./sandbox", "./contract")
	}
}

// TestChange_OfAnOperationCompilesWhatIsGenerated: without the tests, of which some import the sandbox, which asks for a
// method by hand.
func TestChange_OfAnOperationCompilesWhatIsGenerated(t *testing.T) {
	for _, change := range changes.Operations() {
		compile(t, change, "build", "./gen", "./plugipay", "./sandbox/internal/api", "./contract")
	}
}

func TestChange_OfAnOperationIsMissedInTheSandbox(t *testing.T) {
	for _, change := range changes.Operations() {
		t.Run(change.Name, func(t *testing.T) {
			out, err := goOverlaid(t, generate(t, change), "build", "./sandbox")
			if err == nil || !strings.Contains(out, "missing method") {
				t.Errorf("the sandbox compiles, or not for its missing method: %v\n%s", err, out)
			}
		})
	}
}

// compile generates from a contract with a change and compiles packages: with their tests by vet, without by build.
func compile(t *testing.T, change changes.Change, command string, packages ...string) {
	t.Helper()
	t.Run(change.Name, func(t *testing.T) {
		into := generate(t, change)
		for file, wanted := range map[string][]string{"plugipay/models.gen.go": change.Model, "gen/client.gen.go": change.LowLevel} {
			code, err := os.ReadFile(filepath.Join(into, file))
			if err != nil {
				t.Fatal(err)
			}
			if missing := changes.Missing(string(code), wanted); len(missing) > 0 {
				t.Errorf("%s lacks %q", file, missing)
			}
		}
		if out, err := goOverlaid(t, into, command, packages...); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

// generate writes the code of a contract with a change to a scratch folder.
func generate(t *testing.T, change changes.Change) (into string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, "openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	changed, err := changes.Apply(string(text), change)
	if err != nil {
		t.Fatal(err)
	}
	into = t.TempDir()
	contract := filepath.Join(into, "changed.yaml")
	if err := os.WriteFile(contract, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := goCommand(t, "run", "./internal/generate", "-contract", contract, "-into", into); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return into
}

// goOverlaid runs a command of go for packages with the generated files of a scratch folder.
func goOverlaid(t *testing.T, into, command string, packages ...string) (out string, err error) {
	t.Helper()
	root, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, file := range generated {
		files[filepath.Join(root, file)] = filepath.Join(into, file)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": files})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(into, "overlay.json")
	if err := os.WriteFile(name, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	return goCommand(t, slices.Concat([]string{command, "-overlay", name}, packages)...)
}

// goCommand runs the go command at the root and returns what it prints.
func goCommand(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = repository
	out, err := cmd.CombinedOutput()
	return string(out), err
}
