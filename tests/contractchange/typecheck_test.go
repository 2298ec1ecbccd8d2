package contractchange

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// module checks the types of the repository's packages and of their tests, in this process. The check finds the errors that
// the compiler finds, in a fraction of its time.
type module struct {
	packages []*listed // a package follows the packages that it imports
	fset     *token.FileSet
	parsed   sync.Map // unchanged files by name

	mu       sync.Mutex // the importer is not safe for concurrent use
	compiled types.Importer
}

// listed is a package in the output of go list. The list includes the packages of tests.
type listed struct {
	ImportPath, Dir, Export, ForTest string
	GoFiles                          []string
	Imports                          []string
	Module                           struct{ Main bool }
}

// loadModule lists the packages of the repository and compiles the packages that they import.
var loadModule = sync.OnceValues(func() (*module, error) {
	out, err := goCommand("list", "-deps", "-test", "-export", "-json=ImportPath,Dir,Export,ForTest,GoFiles,Imports,Module", "./...")
	if err != nil {
		return nil, errors.New(out)
	}
	m := &module{fset: token.NewFileSet()}
	exports := map[string]string{}
	for decoder := json.NewDecoder(strings.NewReader(out)); ; {
		p := &listed{}
		if err := decoder.Decode(p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		exports[p.ImportPath] = p.Export
		if p.Module.Main && !strings.HasSuffix(p.ImportPath, ".test") { // omits the generated main packages of tests
			m.packages = append(m.packages, p)
		}
	}
	m.compiled = importer.ForCompiler(m.fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	return m, nil
})

// problem is a type error in a package.
type problem struct{ pkg, text string }

// check returns the type errors of the module with some files replaced.
func (m *module) check(replaced map[string]string) (problems []problem) {
	changed := map[string]*types.Package{} // packages with a replaced file, packages that import them, and tests
	for _, p := range m.packages {
		if !p.differs(replaced, changed) {
			continue
		}
		config := types.Config{
			Importer: importing(func(path string) (*types.Package, error) { return m.importFor(p, path, changed) }),
			Error:    func(err error) { problems = append(problems, problem{p.ImportPath, err.Error()}) },
		}
		files, err := m.parse(p, replaced)
		if err != nil {
			problems = append(problems, problem{p.ImportPath, err.Error()})
		}
		path, _, _ := strings.Cut(p.ImportPath, " ")
		changed[p.ImportPath], _ = config.Check(path, m.fset, files, nil) // config.Error receives the errors
	}
	return problems
}

// differs reports whether the package must be checked again: it is a test, has a replaced file or imports a changed package.
func (p *listed) differs(replaced map[string]string, changed map[string]*types.Package) bool {
	for _, file := range p.GoFiles {
		if replaced[filepath.Join(p.Dir, file)] != "" {
			return true
		}
	}
	for _, imported := range p.Imports {
		if changed[imported] != nil {
			return true
		}
	}
	return p.ForTest != ""
}

// importFor returns the package that p imports by a path. It is the changed package if there is one, otherwise the compiled
// package.
func (m *module) importFor(p *listed, path string, changed map[string]*types.Package) (*types.Package, error) {
	for _, imported := range p.Imports { // a test may import a variant of a package: "plugipay [plugipay.test]"
		if plain, _, _ := strings.Cut(imported, " "); plain == path && changed[imported] != nil {
			return changed[imported], nil
		}
	}
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.compiled.Import(path)
}

func (m *module) parse(p *listed, replaced map[string]string) (files []*ast.File, problem error) {
	for _, name := range p.GoFiles {
		name = filepath.Join(p.Dir, name)
		if cached, ok := m.parsed.Load(name); ok && replaced[name] == "" {
			files = append(files, cached.(*ast.File))
			continue
		}
		from := name
		if replaced[name] != "" {
			from = replaced[name]
		}
		file, err := parser.ParseFile(m.fset, from, nil, parser.SkipObjectResolution)
		if err != nil {
			problem = errors.Join(problem, err)
			continue
		}
		files = append(files, file)
		if replaced[name] == "" {
			m.parsed.Store(name, file)
		}
	}
	return files, problem
}

type importing func(path string) (*types.Package, error)

func (i importing) Import(path string) (*types.Package, error) { return i(path) }

func TestCheck_FindsCompileErrors(t *testing.T) {
	t.Parallel()
	m := testModule(t)
	if problems := m.check(nil); len(problems) > 0 {
		t.Fatalf("problems without a change: %v", problems)
	}
	for name, code := range map[string]string{
		"a missing type": "package gen\n",
		"invalid syntax": "package gen\n\nfunc (\n",
	} {
		file := filepath.Join(t.TempDir(), "client.gen.go")
		if err := os.WriteFile(file, []byte(code), 0o600); err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, p := range m.check(map[string]string{filepath.Join(root(t), "gen/client.gen.go"): file}) {
			found[strings.TrimPrefix(p.pkg, "github.com/plugipay/plugipay-go/")] = true
		}
		if !found["plugipay"] || !found["sandbox"] || !found["tests [github.com/plugipay/plugipay-go/tests.test]"] {
			t.Errorf("%s: problems are found in %v", name, found)
		}
	}
}
