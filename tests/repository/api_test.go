package repository

import (
	"bytes"
	"flag"
	"go/ast"
	"go/doc"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

var updateAPI = flag.Bool("update-api", false, "write the public API to its golden files")

// TestPublicAPI_IsAsRecorded: a change of the public API is visible in review. After an intended change, run:
//
//	go test ./tests/repository -run PublicAPI -update-api
func TestPublicAPI_IsAsRecorded(t *testing.T) {
	t.Parallel()
	for _, pkg := range []string{"contract", "plugipay", "plugipay/inbox", "sandbox"} {
		got := publicAPI(t, pkg)
		golden := filepath.Join("testdata", "api", strings.ReplaceAll(pkg, "/", "-")+".txt")
		if *updateAPI {
			if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("the public API of %s is not as recorded in tests/repository/%s; if the change is meant, run "+
				"go test ./tests/repository -run PublicAPI -update-api\n%s", pkg, golden, difference(string(want), got))
		}
	}
}

// publicAPI returns the exported declarations of a package, without comments, sorted.
func publicAPI(t *testing.T, pkg string) string {
	t.Helper()
	fset := token.NewFileSet()
	names, err := filepath.Glob(filepath.Join(repository, pkg, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	p, err := doc.NewFromFiles(fset, files, "github.com/plugipay/plugipay-go/"+pkg)
	if err != nil {
		t.Fatal(err)
	}
	var decls []string
	show := func(d ast.Decl) {
		var text bytes.Buffer
		if err := format.Node(&text, fset, d); err != nil {
			t.Fatal(err)
		}
		decls = append(decls, text.String())
	}
	values := func(groups ...[]*doc.Value) {
		for _, group := range groups {
			for _, v := range group {
				show(v.Decl)
			}
		}
	}
	funcs := func(groups ...[]*doc.Func) {
		for _, group := range groups {
			for _, f := range group {
				f.Decl.Body = nil
				show(f.Decl)
			}
		}
	}
	values(p.Consts, p.Vars)
	funcs(p.Funcs)
	for _, typ := range p.Types {
		show(typ.Decl)
		values(typ.Consts, typ.Vars)
		funcs(typ.Funcs, typ.Methods)
	}
	sort.Strings(decls)
	return strings.Join(decls, "\n\n") + "\n"
}

// difference lists the lines that only one of the texts has.
func difference(want, got string) string {
	only := func(sign, a, b string) (lines string) {
		has := map[string]bool{}
		for line := range strings.SplitSeq(b, "\n") {
			has[line] = true
		}
		for line := range strings.SplitSeq(a, "\n") {
			if !has[line] {
				lines += sign + line + "\n"
			}
		}
		return lines
	}
	return only("- ", want, got) + only("+ ", got, want)
}
