package repository

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/sandbox"
)

// linkedModules are the modules that a program with the facade links.
var linkedModules = []string{
	"github.com/apapsch/go-jsonmerge/v2",
	"github.com/google/uuid",
	"github.com/oapi-codegen/runtime",
}

// generators are the modules of the generator. A user's go.mod must not require them.
var generators = []string{"github.com/oapi-codegen/oapi-codegen/v2", "github.com/speakeasy-api/openapi", "golang.org/x/tools"}

// TestConsumer tidies, vets, builds, tests and runs a copy of the module tests/consumer, with this module in place of a
// release.
func TestConsumer(t *testing.T) {
	t.Parallel()
	t.Run("with plugipay alone", func(t *testing.T) {
		t.Parallel()
		shop := newConsumer(t, "go.mod", "go.sum", "main.go")
		shop.tidy()
		if got := shop.required(); !slices.Equal(got, linkedModules) {
			t.Errorf("the shop requires %v, want %v", got, linkedModules)
		}
		program := filepath.Join(shop.dir, "shop.exe")
		shop.goCommand("vet", "./...")
		shop.goCommand("build", "-o", program, ".")
		if got := linkedBy(shop.goCommand("version", "-m", program)); !slices.Equal(got, linkedModules) {
			t.Errorf("the shop links %v, want %v", got, linkedModules)
		}
		options := sandbox.StartTest(t, sandbox.Options{}).ClientOptions()
		run := shop.command(program)
		run.Env = append(os.Environ(),
			"PLUGIPAY_BASE_URL="+options.BaseURL, "PLUGIPAY_KEY_ID="+options.KeyID, "PLUGIPAY_SECRET="+options.Secret)
		out, err := run.CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), "pay 19900000 IDR at "+options.BaseURL) {
			t.Errorf("the shop prints %q, error %v", out, err)
		}
	})
	t.Run("with contract and sandbox in its tests", func(t *testing.T) {
		t.Parallel()
		shop := newConsumer(t, "go.mod", "go.sum", "main.go", "main_test.go")
		shop.tidy("-diff")
		required := shop.required()
		for _, module := range generators {
			if slices.Contains(required, module) {
				t.Errorf("the shop requires %s", module)
			}
		}
		if !slices.Contains(required, "github.com/getkin/kin-openapi") {
			t.Errorf("the list of what is required lacks kin-openapi, so the test proves nothing: %v", required)
		}
		shop.goCommand("vet", "./...")
		shop.goCommand("test", "./...")
	})
}

// newConsumer copies files of the module tests/consumer.
func newConsumer(t *testing.T, files ...string) consumer {
	t.Helper()
	shop := consumer{t: t, dir: t.TempDir()}
	for _, name := range files {
		content, err := os.ReadFile(filepath.Join("..", "consumer", name))
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(shop.dir, name), string(content))
	}
	root, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	shop.goCommand("mod", "edit", "-replace", "github.com/plugipay/plugipay-go="+root)
	return shop
}

// tidy runs go mod tidy.
func (c consumer) tidy(flags ...string) {
	c.t.Helper()
	out, err := c.command("go", append([]string{"mod", "tidy"}, flags...)...).CombinedOutput()
	if err == nil {
		return
	}
	if isOffline(string(out)) && os.Getenv("CI") == "" {
		c.t.Skipf("go mod tidy needs modules that are not here, and a network:\n%s", out)
	}
	c.t.Errorf("%v\n%s", err, out)
}

// consumer is a copy of the module tests/consumer.
type consumer struct {
	t   *testing.T
	dir string
}

func (c consumer) command(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(c.t.Context(), name, args...)
	cmd.Dir = c.dir
	return cmd
}

func (c consumer) goCommand(args ...string) string {
	c.t.Helper()
	out, err := c.command("go", args...).CombinedOutput()
	if err != nil {
		c.t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// required returns the modules that go.mod requires, without this one.
func (c consumer) required() (modules []string) {
	c.t.Helper()
	var file struct{ Require []struct{ Path string } }
	if err := json.Unmarshal([]byte(c.goCommand("mod", "edit", "-json")), &file); err != nil {
		c.t.Fatal(err)
	}
	for _, r := range file.Require {
		if r.Path != "github.com/plugipay/plugipay-go" {
			modules = append(modules, r.Path)
		}
	}
	slices.Sort(modules)
	return modules
}

// linkedBy returns the modules of a program, as go version -m prints them, without this one.
func linkedBy(version string) (modules []string) {
	for line := range strings.Lines(version) {
		if field := strings.Fields(line); len(field) > 1 && field[0] == "dep" && field[1] != "github.com/plugipay/plugipay-go" {
			modules = append(modules, field[1])
		}
	}
	slices.Sort(modules)
	return modules
}

// isOffline reports whether the go command failed because it has no network.
func isOffline(out string) bool {
	return slices.ContainsFunc([]string{"GOPROXY=off", "dial tcp", "no such host", "lookup disabled"}, func(sign string) bool {
		return strings.Contains(out, sign)
	})
}
