package snippet

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path"
	"slices"
	"strconv"
	"strings"
)

const own = "github.com/plugipay/plugipay-go/"

// packages are those that a block may use without importing them.
var packages = byName(
	"bytes", "context", "crypto/hmac", "crypto/rand", "crypto/sha256", "database/sql", "encoding/hex", "encoding/json",
	"errors", "fmt", "io", "iter", "log", "log/slog", "maps", "math", "net", "net/http", "net/http/httptest", "net/url",
	"os", "os/signal", "slices", "strconv", "strings", "sync", "sync/atomic", "syscall", "testing", "testing/synctest",
	"time", own+"gen", own+"plugipay", own+"sandbox",
)

func byName(paths ...string) map[string]string {
	m := map[string]string{}
	for _, p := range paths {
		m[path.Base(p)] = p
	}
	return m
}

// Givens are the functions of the package given, by the name in lower case that each gives.
type Givens map[string]givenFunction

type givenFunction struct {
	name       string
	parameters []string
}

// ReadGivens reads the package given.
func ReadGivens(file string) (Givens, error) {
	syntax, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	givens := Givens{}
	for _, d := range syntax.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil || !f.Name.IsExported() {
			continue
		}
		g := givenFunction{name: f.Name.Name}
		for _, field := range f.Type.Params.List {
			for _, name := range field.Names {
				g.parameters = append(g.parameters, name.Name)
			}
		}
		givens[strings.ToLower(g.name)] = g
	}
	return givens, nil
}

// need is what a piece of code lacks.
type need struct {
	imports []string // paths
	givens  []string // names, each after those that it needs
	unknown []string // names that come from nowhere
}

// needs finds out where the free names of a file come from. known are those that are declared elsewhere.
func needs(file *ast.File, known map[string]bool, givens Givens) (n need) {
	for _, name := range free(file) {
		_, isGiven := givens[strings.ToLower(name)]
		switch importPath, isPackage := packages[name]; {
		case known[name] || name == "t" || types.Universe.Lookup(name) != nil:
		case isPackage:
			n.imports = append(n.imports, importPath)
		case isGiven:
			n.give(name, givens)
		default:
			n.unknown = append(n.unknown, name)
		}
	}
	return n
}

func importName(spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	importPath, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value
	}
	name := path.Base(importPath)
	if len(name) > 1 && name[0] == 'v' && strings.Trim(name[1:], "0123456789") == "" {
		name = path.Base(path.Dir(importPath))
	}
	return strings.TrimSuffix(strings.TrimPrefix(name, "go-"), "-go")
}

func (n *need) give(name string, givens Givens) {
	if name == "t" || slices.Contains(n.givens, name) {
		return
	}
	for _, parameter := range givens[strings.ToLower(name)].parameters {
		n.give(parameter, givens)
	}
	n.givens = append(n.givens, name)
}

// declare returns the code that declares what is given.
func (n *need) declare(givens Givens) string {
	var code strings.Builder
	for _, name := range n.givens {
		g := givens[strings.ToLower(name)]
		fmt.Fprintf(&code, "\t%s := given.%s(%s); _ = %[1]s\n", name, g.name, strings.Join(g.parameters, ", "))
	}
	return code.String()
}
