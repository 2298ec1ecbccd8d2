package repository

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/tests/internal/changes"
)

// generated are the generated files.
var generated = []string{
	"gen/client.gen.go",
	"plugipay/models.gen.go",
	"sandbox/internal/api/server.gen.go",
	"contract/internal/document/document.gen.go",
}

// generate generates everything from a contract, elsewhere, and returns a function that reads a generated file.
func generate(t *testing.T, contractText string) (read func(file string) string) {
	t.Helper()
	into := t.TempDir()
	changed := filepath.Join(into, "changed.yaml")
	if err := os.WriteFile(changed, []byte(contractText), 0o600); err != nil {
		t.Fatal(err)
	}
	goCommand(t, "run", "./internal/generate", "-contract", changed, "-into", into)
	return func(file string) string {
		text, err := os.ReadFile(filepath.Join(into, file))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

// contractText is openapi.yaml.
func contractText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, "openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestGenerate_CommittedCodeIsCurrent(t *testing.T) {
	t.Parallel()
	read := generate(t, contractText(t))
	for _, file := range generated {
		committed, err := os.ReadFile(filepath.Join(repository, file))
		if err != nil {
			t.Fatal(err)
		}
		if read(file) != string(committed) {
			t.Errorf("%s is not what openapi.yaml says: run go generate ./...", file)
		}
	}
}

func TestGenerate_LeavesTheFilesIfAStepFails(t *testing.T) {
	t.Parallel()
	into := t.TempDir()
	changed := filepath.Join(into, "changed.yaml")
	broken := strings.Replace(contractText(t), "$ref: '#/components/schemas/CurrencyCode'", "$ref: '#/components/schemas/None'", 1)
	if err := os.WriteFile(changed, []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := tryGoCommand(t, "run", "./internal/generate", "-contract", changed, "-into", into); err == nil {
		t.Error("a contract with a reference to nowhere is generated from")
	}
	left, err := os.ReadDir(into)
	if err != nil || len(left) != 1 {
		t.Errorf("left are %v, error %v, want the contract only", left, err)
	}
}

// TestGenerate_TakesAdditions adds a property, a filter and a value of an enumeration to the contract.
func TestGenerate_TakesAdditions(t *testing.T) {
	t.Parallel()
	text := contractText(t)
	text = insert(t, text, "          description: The session's id, cs_ and a ULID.\n          examples: [cs_01J8ZQ6A4R0S2T4V6X8Z0B2D4F]\n",
		"        salesChannel:\n          type: string\n          x-order: 1.5\n          description: Where it was sold.\n")
	text = insert(t, text, "      x-go-params-type: CheckoutSessionListParams\n      parameters:\n",
		"        - name: salesChannel\n          in: query\n          x-order: 0\n          description: Where it was sold.\n"+
			"          schema:\n            type: string\n")
	text = insert(t, text, "        - conflict\n", "        - teapot\n")
	text = insert(t, text, "        - ErrorCodeConflict\n", "        - ErrorCodeTeapot\n")
	read := generate(t, text)
	models, client := read("plugipay/models.gen.go"), read("gen/client.gen.go")

	t.Run("the property is in the public type", func(t *testing.T) {
		t.Parallel()
		fields := structFields(t, models, "CheckoutSession")
		if got := fields["SalesChannel"]; got != "*string" {
			t.Errorf("CheckoutSession.SalesChannel is %q, want *string; the fields are %v", got, fields)
		}
	})
	t.Run("the filter is sent", func(t *testing.T) {
		t.Parallel()
		if got := structFields(t, models, "CheckoutSessionListParams")["SalesChannel"]; got != "*string" {
			t.Errorf("CheckoutSessionListParams.SalesChannel is %q, want *string", got)
		}
		if !regexp.MustCompile(`SalesChannel:\s+p\.SalesChannel`).MatchString(models) {
			t.Error("the filter is not handed to the low-level client")
		}
		if !strings.Contains(client, `"salesChannel", *params.SalesChannel`) {
			t.Error("the low-level client does not send the filter")
		}
	})
	t.Run("the value is in its list", func(t *testing.T) {
		t.Parallel()
		if !regexp.MustCompile(`ErrorCodeTeapot +ErrorCode = "teapot"`).MatchString(models) {
			t.Error("the value has no constant")
		}
		if !strings.Contains(models, "\t\tErrorCodeConflict,\n\t\tErrorCodeTeapot,\n\t\tErrorCodeIdempotencyMismatch,\n") {
			t.Error("the value is not in the list, in its place")
		}
	})
}

// TestGenerate_TakesEveryChangeAtOnce: the module tests/contractchange makes one change at a time.
func TestGenerate_TakesEveryChangeAtOnce(t *testing.T) {
	t.Parallel()
	all := slices.Concat(changes.Properties(), changes.Inputs(), changes.Filters(), changes.Operations())
	text, err := changes.Apply(contractText(t), all...)
	if err != nil {
		t.Fatal(err)
	}
	read := generate(t, text)
	models, client := read("plugipay/models.gen.go"), read("gen/client.gen.go")
	for _, change := range all {
		if missing := slices.Concat(changes.Missing(models, change.Model), changes.Missing(client, change.LowLevel)); len(missing) > 0 {
			t.Errorf("%s: the code lacks %q", change.Name, missing)
		}
	}
	files := map[string]string{}
	for _, file := range generated {
		files[file] = read(file)
	}
	goCommand(t, "build", "-overlay", overlay(t, repository, files), "./gen", "./plugipay", "./sandbox/internal/api")
}

func TestGenerate_RefusesWhatWouldBeWrong(t *testing.T) {
	t.Parallel()
	for _, change := range changes.Refusals() {
		t.Run(change.Name, func(t *testing.T) {
			t.Parallel()
			text, err := changes.Apply(contractText(t), change)
			if err != nil {
				t.Fatal(err)
			}
			into := t.TempDir()
			changed := filepath.Join(into, "changed.yaml")
			if err := os.WriteFile(changed, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, problems, err := tryGoCommand(t, "run", "./internal/generate", "-contract", changed, "-into", into)
			if missing := changes.Missing(problems, change.Refused); err == nil || len(missing) > 0 {
				t.Errorf("error is %v, it says %q and lacks %q", err, problems, missing)
			}
		})
	}
}

// insert adds lines behind the one place of a text that holds the anchor.
func insert(t *testing.T, text, anchor, lines string) string {
	t.Helper()
	if strings.Count(text, anchor) != 1 {
		t.Fatalf("the contract holds %q %d times", anchor, strings.Count(text, anchor))
	}
	return strings.Replace(text, anchor, anchor+lines, 1)
}

// structFields returns the fields of a struct type in Go code, with their types.
func structFields(t *testing.T, code, typeName string) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "generated.go", code, 0)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.Name == typeName {
			for _, field := range spec.Type.(*ast.StructType).Fields.List {
				fields[field.Names[0].Name] = types.ExprString(field.Type)
			}
		}
		return true
	})
	if len(fields) == 0 {
		t.Fatalf("no struct %s was generated", typeName)
	}
	return fields
}
