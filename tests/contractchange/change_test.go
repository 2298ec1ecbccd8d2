// Package contractchange makes each change in a copy of the contract, generates the code from the copy, and compiles the
// module with this code.
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

// generated lists the generated files by their paths from the root.
var generated = []string{
	"gen/client.gen.go",
	"plugipay/models.gen.go",
	"sandbox/internal/api/server.gen.go",
	"contract/internal/document/document.gen.go",
}

// tools is the folder with the generator's programs. They are built once for all changes.
var tools string

func TestMain(m *testing.M) {
	os.Exit(runTests(m))
}

func runTests(m *testing.M) (code int) {
	var err error
	if tools, err = os.MkdirTemp("", "contractchange"); err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(tools) }()
	const oapiCodegen = "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
	if out, err := goCommand("build", "-o", tools, "./internal/generate", oapiCodegen); err != nil {
		panic(out)
	}
	return m.Run()
}

// TestChange_OfPropertyOrFilterCompiles checks that everything compiles, including the tests that print the session.
func TestChange_OfPropertyOrFilterCompiles(t *testing.T) {
	t.Parallel()
	for _, change := range slices.Concat(changes.Properties(), changes.Inputs(), changes.Filters()) {
		t.Run(change.Name, func(t *testing.T) {
			t.Parallel()
			for _, p := range testModule(t).check(generate(t, change)) {
				t.Errorf("%s: %s", p.pkg, p.text)
			}
		})
	}
}

// TestChange_OfAnOperationBreaksOnlyTheSandbox checks that the sandbox does not compile without a handwritten method. All
// other packages compile.
func TestChange_OfAnOperationBreaksOnlyTheSandbox(t *testing.T) {
	t.Parallel()
	for _, change := range changes.Operations() {
		t.Run(change.Name, func(t *testing.T) {
			t.Parallel()
			problems := testModule(t).check(generate(t, change))
			for _, p := range problems {
				if !strings.HasPrefix(p.pkg, "github.com/plugipay/plugipay-go/sandbox") || !strings.Contains(p.text, "missing method") {
					t.Errorf("%s: %s", p.pkg, p.text)
				}
			}
			if len(problems) == 0 {
				t.Error("the sandbox compiles without the method")
			}
		})
	}
}

// TestChange_AllAtOnceCompile compiles with the go command, because the other tests only check types. With new operations
// it does not compile the tests, because some tests import the sandbox.
func TestChange_AllAtOnceCompile(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		changes []changes.Change
		command []string
	}{
		"properties and filters": {
			slices.Concat(changes.Properties(), changes.Inputs(), changes.Filters()), []string{"vet", "./..."}},
		"operations": {
			changes.Operations(), []string{"build", "./gen", "./plugipay", "./sandbox/internal/api", "./contract"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := overlay(t, generate(t, tt.changes...))
			if out, err := goCommand(slices.Insert(slices.Clone(tt.command), 1, "-overlay", file)...); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// TestChange_AllAtOnceRun checks that the generated code sends and reads what the contract says. See testdata/wire.
func TestChange_AllAtOnceRun(t *testing.T) {
	t.Parallel()
	replaced := generate(t, slices.Concat(changes.Properties(), changes.Inputs(), changes.Filters(), changes.Operations())...)
	program := filepath.Join(root(t), "tests/contractchange/testdata/wire/wire_test.go")
	replaced[filepath.Join(root(t), "gen/wire_test.go")] = program // this file exists only in the overlay
	out, err := goCommand("test", "-count=1", "-v", "-overlay", overlay(t, replaced), "./gen")
	if ran := strings.Count(out, "\n--- PASS: "); err != nil || ran < 7 {
		t.Errorf("%d tests pass, want at least 7, error %v\n%s", ran, err, out)
	}
}

// generate generates code from a contract with changes, into a temporary folder. It returns the generated files by the
// files of the repository that they replace. It checks that the code has the declarations of each change.
func generate(t *testing.T, made ...changes.Change) (replaced map[string]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, "openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	changed, err := changes.Apply(string(text), made...)
	if err != nil {
		t.Fatal(err)
	}
	into := t.TempDir()
	contract := filepath.Join(into, "changed.yaml")
	if err := os.WriteFile(contract, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(tools, "generate"),
		"-generator", filepath.Join(tools, "oapi-codegen"), "-contract", contract, "-into", into)
	cmd.Dir = repository
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	replaced = map[string]string{}
	for _, file := range generated {
		replaced[filepath.Join(root(t), file)] = filepath.Join(into, file)
	}
	for _, change := range made {
		wantCode(t, filepath.Join(into, "plugipay/models.gen.go"), change.Model)
		wantCode(t, filepath.Join(into, "gen/client.gen.go"), change.LowLevel)
	}
	return replaced
}

func wantCode(t *testing.T, file string, wanted []string) {
	t.Helper()
	code, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if missing := changes.Missing(string(code), wanted); len(missing) > 0 {
		t.Errorf("%s does not contain %q", filepath.Base(file), missing)
	}
}

// overlay writes a file for the -overlay flag of the go command. The flag makes the command replace files.
func overlay(t *testing.T, replaced map[string]string) (file string) {
	t.Helper()
	text, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// testModule returns the module. It fails the test if the module cannot be loaded.
func testModule(t *testing.T) *module {
	t.Helper()
	m, err := loadModule()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// root returns the absolute path of the repository's root.
func root(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// goCommand runs the go command in the repository and returns its output.
func goCommand(args ...string) (string, error) { return goIn(repository, args...) }

// goIn runs the go command in a folder and returns its output.
func goIn(folder string, args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = folder
	out, err := cmd.CombinedOutput()
	return string(out), err
}
