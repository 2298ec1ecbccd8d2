package repository

import (
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// documentedPackages are those that users read with go doc.
var documentedPackages = []string{"plugipay", "plugipay/inbox", "sandbox", "contract", "gen"}

// withExample are the symbols that a user meets first. Each has an example that is run: ExampleNewClient for NewClient,
// ExampleClient_Do for Client.Do. So has each method of a resource, without being listed here.
var withExample = map[string][]string{
	"plugipay": {
		"Client.Do", "Client.ForMerchant", "DoList", "Error", "NewClient", "NewWebhookHandler", "Sign", "SignWebhook",
		"VerifyWebhook", "VerifyWebhookSignature", "WebhookEvent.CheckoutSession", "WithIdempotencyKey",
	},
	"sandbox": {
		"New", "Sandbox.AddEndpoint", "Sandbox.Advance", "Sandbox.Inject", "Sandbox.Pay", "Start", "StartTest", "Workspace",
	},
}

// compiledOnly are those whose examples cannot be run, and why.
var compiledOnly = map[string]string{
	"sandbox.StartTest": "an example has no *testing.T; the test in the README is run",
}

// documentedElsewhere are interfaces whose methods are those of a type that the standard library documents.
var documentedElsewhere = map[string]string{
	"TB":              "testing.TB",
	"HttpRequestDoer": "http.Client",
}

func TestEveryExportedSymbolHasAComment(t *testing.T) {
	t.Parallel()
	for _, name := range documentedPackages {
		p := documentation(t, name)
		symbols := undocumented(p)
		for _, symbol := range symbols {
			t.Errorf("%s.%s has no comment", name, symbol)
		}
		if p.Doc == "" {
			t.Errorf("package %s has no comment", name)
		}
	}
}

// TestTheImportantSymbolsHaveAnExample: and one that has an output, so that it is run.
func TestTheImportantSymbolsHaveAnExample(t *testing.T) {
	t.Parallel()
	for name, symbols := range withExample {
		run := map[string]bool{}
		for _, example := range examples(t, name) {
			symbol := strings.Replace(example.Name, "_", ".", 1)
			run[symbol] = run[symbol] || example.Output != "" || example.EmptyOutput
		}
		for _, symbol := range slices.Concat(symbols, methodsOfResources(documentation(t, name))) {
			if isRun, ok := run[symbol]; !ok {
				t.Errorf("%s.%s has no example: add one to %s/example_test.go", name, symbol, name)
			} else if reason := compiledOnly[name+"."+symbol]; !isRun && reason == "" {
				t.Errorf("the example of %s.%s has no output: it is compiled and not run", name, symbol)
			} else if isRun && reason != "" {
				t.Errorf("the example of %s.%s is run: there is no reason any more why not", name, symbol)
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

// TestLinksInCommentsLeadSomewhere: [Name] in a comment is the name of a symbol.
func TestLinksInCommentsLeadSomewhere(t *testing.T) {
	t.Parallel()
	for _, name := range documentedPackages {
		p := documentation(t, name)
		for symbol, text := range comments(p) {
			for _, word := range plainBrackets(p, text) {
				t.Errorf("the comment of %s.%s links to %s, which does not exist", name, symbol, word)
			}
		}
	}
	p := documentation(t, "plugipay")
	if got := plainBrackets(p, "See [Client], [Client.Close], [io.EOF], [Merchant] and [Client.Open]."); !slices.Equal(got, []string{"[Merchant]", "[Client.Open]"}) {
		t.Errorf("links to nowhere are %q", got)
	}
}

// documentation reads a package as go doc does.
func documentation(t *testing.T, name string) *doc.Package {
	t.Helper()
	fset := token.NewFileSet()
	p, err := doc.NewFromFiles(fset, parseDirectory(t, fset, name, func(file string) bool { return !strings.HasSuffix(file, "_test.go") }),
		"github.com/plugipay/plugipay-go/"+name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

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

// comments returns the comments of a package by symbol.
func comments(p *doc.Package) map[string]string {
	all := map[string]string{"the package": p.Doc}
	funcs := func(prefix string, list []*doc.Func) {
		for _, f := range list {
			all[prefix+f.Name] = f.Doc
		}
	}
	values := func(list []*doc.Value) {
		for _, v := range list {
			all[v.Names[0]] = v.Doc
		}
	}
	funcs("", p.Funcs)
	values(slices.Concat(p.Consts, p.Vars))
	for _, typ := range p.Types {
		all[typ.Name] = typ.Doc
		funcs("", typ.Funcs)
		funcs(typ.Name+".", typ.Methods)
		values(slices.Concat(typ.Consts, typ.Vars))
	}
	return all
}

// undocumented returns the symbols without a comment, and the fields and values that neither have one nor belong to a
// group that has.
func undocumented(p *doc.Package) (symbols []string) {
	for symbol, text := range comments(p) {
		if text == "" && !isGroupOfValues(p, symbol) {
			symbols = append(symbols, symbol)
		}
	}
	values := slices.Concat(p.Consts, p.Vars)
	for _, typ := range p.Types {
		values = slices.Concat(values, typ.Consts, typ.Vars)
		symbols = append(symbols, undocumentedFields(typ)...)
	}
	for _, v := range values {
		for _, spec := range v.Decl.Specs {
			spec := spec.(*ast.ValueSpec)
			if v.Doc == "" && spec.Doc == nil && spec.Comment == nil {
				symbols = append(symbols, spec.Names[0].Name)
			}
		}
	}
	slices.Sort(symbols)
	return slices.Compact(symbols)
}

// isGroupOfValues reports whether a name stands for a group of values. Its values are checked one by one.
func isGroupOfValues(p *doc.Package, name string) bool {
	values := slices.Concat(p.Consts, p.Vars)
	for _, typ := range p.Types {
		values = slices.Concat(values, typ.Consts, typ.Vars)
	}
	return slices.ContainsFunc(values, func(v *doc.Value) bool { return v.Names[0] == name })
}

func undocumentedFields(typ *doc.Type) (fields []string) {
	for _, spec := range typ.Decl.Specs {
		var list *ast.FieldList
		switch t := spec.(*ast.TypeSpec).Type.(type) {
		case *ast.StructType:
			list = t.Fields
		case *ast.InterfaceType:
			list = t.Methods
		}
		if list == nil || documentedElsewhere[typ.Name] != "" {
			continue
		}
		for _, field := range list.List {
			for _, name := range field.Names {
				if name.IsExported() && field.Doc == nil && field.Comment == nil {
					fields = append(fields, typ.Name+"."+name.Name)
				}
			}
		}
	}
	return fields
}

// plainBrackets returns what stands in brackets like a link to a symbol and is none.
func plainBrackets(p *doc.Package, text string) (words []string) {
	for _, block := range p.Parser().Parse(text).Content {
		paragraph, ok := block.(*comment.Paragraph)
		if !ok {
			continue
		}
		for _, part := range paragraph.Text {
			if plain, ok := part.(comment.Plain); ok {
				words = append(words, bracketed(string(plain))...)
			}
		}
	}
	// Before Go 1.26 a link to a field is none, so it is looked up here.
	return slices.DeleteFunc(words, func(word string) bool { return isField(p, strings.Trim(word, "[]")) })
}

// isField reports whether a name, such as Client.CheckoutSessions, is the name of a field.
func isField(p *doc.Package, name string) bool {
	of, field, _ := strings.Cut(name, ".")
	for _, typ := range p.Types {
		for _, spec := range typ.Decl.Specs {
			structure, ok := spec.(*ast.TypeSpec).Type.(*ast.StructType)
			if !ok || typ.Name != of {
				continue
			}
			for _, f := range structure.Fields.List {
				if slices.ContainsFunc(f.Names, func(id *ast.Ident) bool { return id.Name == field }) {
					return true
				}
			}
		}
	}
	return false
}

// bracketed returns the words in brackets that begin with a capital, or with a package.
func bracketed(text string) (words []string) {
	for {
		_, after, ok := strings.Cut(text, "[")
		word, rest, closed := strings.Cut(after, "]")
		if !ok || !closed {
			return words
		}
		name := word[strings.LastIndex(word, ".")+1:]
		if name != "" && strings.ToUpper(name[:1]) == name[:1] && !strings.ContainsAny(word, " \n") && token.IsIdentifier(name) {
			words = append(words, "["+word+"]")
		}
		text = rest
	}
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

// TestTheListOfExamplesIsOfSymbolsThatExist: a symbol that is renamed is renamed there too.
func TestTheListOfExamplesIsOfSymbolsThatExist(t *testing.T) {
	t.Parallel()
	for name, symbols := range withExample {
		known := comments(documentation(t, name))
		for _, symbol := range symbols {
			if _, ok := known[symbol]; !ok {
				t.Errorf("%s has no %s; there are %v", name, symbol, slices.Sorted(maps.Keys(known)))
			}
		}
	}
}
