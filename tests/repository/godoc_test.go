package repository

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// documentedPackages are the packages that users read with go doc.
var documentedPackages = []string{"plugipay", "plugipay/inbox", "sandbox", "contract", "gen"}

// withExample are the symbols that need an example, in addition to the methods of resources. The example of Client.Do is
// ExampleClient_Do.
var withExample = map[string][]string{
	"plugipay": {
		"Client.Do", "Client.ForMerchant", "DoList", "Error", "NewClient", "NewWebhookHandler", "Sign", "SignWebhook",
		"VerifyWebhook", "VerifyWebhookSignature", "WebhookEvent.CheckoutSession", "WithIdempotencyKey",
	},
	"sandbox": {
		"New", "Sandbox.AddEndpoint", "Sandbox.Advance", "Sandbox.Inject", "Sandbox.Pay", "Start", "Workspace",
	},
}

// TestExamples_OfImportantSymbolsRun makes sure that each important symbol has an example with an output. An example without an
// output is compiled, but not run.
func TestExamples_OfImportantSymbolsRun(t *testing.T) {
	t.Parallel()
	for name, symbols := range withExample {
		run := map[string]bool{}
		for _, example := range examples(t, name) {
			symbol := strings.Replace(example.Name, "_", ".", 1)
			run[symbol] = run[symbol] || example.Output != "" || example.EmptyOutput
		}
		for _, symbol := range append(symbols, methodsOfResources(documentation(t, name))...) {
			if !run[symbol] {
				t.Errorf("%s.%s has no example with an output: add one to %s/example_test.go", name, symbol, name)
			}
		}
	}
}

// methodsOfResources returns the methods of types such as CheckoutSessionsResource.
func methodsOfResources(p *doc.Package) (methods []string) {
	for _, typ := range p.Types {
		for _, method := range typ.Methods {
			if strings.HasSuffix(typ.Name, "Resource") {
				methods = append(methods, typ.Name+"."+method.Name)
			}
		}
	}
	return methods
}

// TestGodoc_PublicFieldsHaveAComment covers the fields of public structs. The linter checks the other public symbols.
func TestGodoc_PublicFieldsHaveAComment(t *testing.T) {
	t.Parallel()
	for _, name := range documentedPackages {
		for _, typ := range documentation(t, name).Types {
			for _, field := range undocumentedFields(typ) {
				t.Errorf("%s.%s.%s has no comment", name, typ.Name, field)
			}
		}
	}
}

// undocumentedFields returns the names of a struct's exported fields that have no comment.
func undocumentedFields(typ *doc.Type) (names []string) {
	structure, ok := typ.Decl.Specs[0].(*ast.TypeSpec).Type.(*ast.StructType)
	if !ok {
		return nil
	}
	for _, field := range structure.Fields.List {
		for _, name := range field.Names {
			if name.IsExported() && field.Doc == nil && field.Comment == nil {
				names = append(names, name.Name)
			}
		}
	}
	return names
}

// TestGodoc_OfPublicTypesHasAVerb: the descriptions of the contract become comments like "Amount is what the buyer pays".
func TestGodoc_OfPublicTypesHasAVerb(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, file := range parseDirectory(t, token.NewFileSet(), "plugipay", func(file string) bool { return file == "models.gen.go" }) {
		ast.Inspect(file, func(n ast.Node) bool {
			name, text := describedBy(n)
			if name == "" {
				return true
			}
			checked++
			word, _, _ := strings.Cut(strings.TrimPrefix(text, name+" "), " ")
			if !strings.HasPrefix(text, name+" ") || !strings.HasSuffix(word, "s") || strings.ToLower(word) != word {
				t.Errorf("the comment of %s has no verb after the name: %q; begin the description in openapi.yaml with a verb in the third person, "+
					"or with The, A, An, One or What", name, text)
			}
			if strings.Contains(text, "`") {
				t.Errorf("the comment of %s has a backtick: %q", name, text)
			}
			if strings.Contains(text, "\n- ") {
				t.Errorf("the comment of %s has a list that go doc would print as a paragraph: %q", name, text)
			}
			return true
		})
	}
	if checked < 50 {
		t.Errorf("only %d comments were checked", checked)
	}
}

// describedBy returns the name and the comment of a type or of a field.
func describedBy(n ast.Node) (name, text string) {
	switch n := n.(type) {
	case *ast.GenDecl:
		if spec, ok := n.Specs[0].(*ast.TypeSpec); ok {
			return spec.Name.Name, n.Doc.Text()
		}
	case *ast.Field:
		if n.Doc != nil && len(n.Names) == 1 {
			return n.Names[0].Name, n.Doc.Text()
		}
	}
	return "", ""
}

// documentation reads a package as go doc does.
func documentation(t *testing.T, name string) *doc.Package {
	t.Helper()
	fset := token.NewFileSet()
	p, err := doc.NewFromFiles(fset, parseDirectory(t, fset, name, isSource),
		"github.com/plugipay/plugipay-go/"+name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func isSource(file string) bool { return !strings.HasSuffix(file, "_test.go") }

func examples(t *testing.T, name string) []*doc.Example {
	t.Helper()
	return doc.Examples(parseDirectory(t, token.NewFileSet(), name, func(file string) bool { return strings.HasSuffix(file, "_test.go") })...)
}

func parseDirectory(t *testing.T, fset *token.FileSet, name string, wanted func(file string) bool) (files []*ast.File) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(repository, name))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") || !wanted(entry.Name()) {
			continue
		}
		file, err := parser.ParseFile(fset, filepath.Join(repository, name, entry.Name()), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}
