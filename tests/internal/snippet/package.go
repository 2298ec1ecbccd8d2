package snippet

import (
	"errors"
	"fmt"
	"go/ast"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/plugipay/plugipay-go/tests/internal/document"
)

// Package is what the blocks of one document become.
type Package struct {
	Files    map[string]string // Go code by path, from the directory that holds the packages
	Runs     []Run
	Programs []Program
}

// Run is a function that takes a *testing.T and runs a block.
type Run struct {
	Block     document.Block
	Package   string // its directory, from the directory that holds the packages
	Func      string
	Output    string // what it prints, if it says so
	HasOutput bool
}

// Program is a block with a main function.
type Program struct {
	Run
	Runs bool // not only compiled
}

var notInName = regexp.MustCompile(`\W+`)

// New makes a package of the blocks of one document. The package given is found at givenPath.
func New(name string, blocks []document.Block, givens Givens, givenPath string) (Package, error) {
	m := maker{
		dir: strings.ToLower(notInName.ReplaceAllString(name, "_")), givens: givens, givenPath: givenPath,
		Package: Package{Files: map[string]string{}}, known: map[string]bool{}, used: map[string]bool{},
	}
	for _, b := range blocks {
		s, err := parse(b)
		if err != nil {
			m.errs = append(m.errs, err)
			continue
		}
		m.learn(s)
	}
	for _, s := range m.snippets {
		switch s.kind {
		case program:
			m.addProgram(s)
		case declarations:
			m.addDeclarations(s)
		case statements:
			m.addStatements(s)
		}
	}
	return m.Package, errors.Join(m.errs...)
}

type maker struct {
	Package
	dir       string
	givens    Givens
	givenPath string
	snippets  []*snippet
	known     map[string]bool // the names that the package declares
	used      map[string]bool // the names that its blocks use
	errs      []error
}

// learn notes what a block declares and uses, before any code is made.
func (m *maker) learn(s *snippet) {
	m.snippets = append(m.snippets, s)
	if s.kind == program {
		return
	}
	if s.kind == declarations {
		for _, name := range s.declared() {
			m.known[name] = true
		}
		if s.given != "" {
			if hidden, err := m.hidden(s, s.given); err == nil {
				for _, name := range hidden.declared() {
					m.known[name] = true
				}
			}
		}
	}
	for _, name := range free(s.file) {
		m.used[name] = true
	}
	for _, name := range recursive(s.file) {
		m.used[name] = true
	}
	if s.then != "" {
		if after, err := m.hidden(s, s.then); err == nil {
			for _, name := range free(after.file) {
				m.used[name] = true
			}
		}
	}
}

// recursive returns the functions that other functions of the same block call.
func recursive(file *ast.File) (names []string) {
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		ast.Inspect(f.Body, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && id.Name != f.Name.Name {
				names = append(names, id.Name)
			}
			return true
		})
	}
	return names
}

// hidden parses the code of a directive.
func (m *maker) hidden(s *snippet, code string) (*snippet, error) {
	return parse(document.Block{Path: s.Path, Line: s.Line, Text: code})
}

func (m *maker) addProgram(s *snippet) {
	dir := fmt.Sprintf("%s/line%d", m.dir, s.Line)
	m.Files[dir+"/block.go"] = s.line(0) + s.Text
	if s.file.Name.Name != "main" {
		m.addTests(s, dir)
		return
	}
	run := Run{Block: s.Block, Package: dir}
	run.Output, run.HasOutput = s.output()
	m.Programs = append(m.Programs, Program{Run: run, Runs: s.runs})
}

// addDeclarations adds a block of declarations. Its tests are run; each other function has to be used somewhere.
func (m *maker) addDeclarations(s *snippet) {
	n := m.resolve(s, s.file)
	code := m.header(s, n) + s.line(0) + s.code + s.given
	m.Files[m.file(s)] = code
	tests := m.addTests(s, m.dir)
	for _, name := range s.functions() {
		if !m.used[name] && s.runs && !slices.Contains(tests, name) {
			m.fail(s, "it declares %s, which no block of this document calls: nothing would run it", name)
		}
	}
	if s.then != "" {
		after, err := m.hidden(s, s.then)
		if err != nil {
			m.fail(s, "what follows then: %w", err)
			return
		}
		after.Block.Line += strings.Count(s.Text, "\n")
		m.addStatements(after)
	}
}

// addTests adds the tests that a block declares, and returns their names.
func (m *maker) addTests(s *snippet, dir string) (tests []string) {
	for _, name := range s.functions() {
		if strings.HasPrefix(name, "Test") && s.runs {
			tests = append(tests, name)
			m.Runs = append(m.Runs, Run{Block: s.Block, Package: dir, Func: name})
		}
	}
	if s.kind == program && len(tests) == 0 && s.runs {
		m.fail(s, "it is a package without a test: nothing would run it")
	}
	return tests
}

// addStatements puts a block of statements into a function.
func (m *maker) addStatements(s *snippet) {
	n, hidden, ok := m.needsOfStatements(s)
	if !ok {
		return
	}
	f := function{name: fmt.Sprintf("Line%d", s.Line), before: n.declare(m.givens) + s.given + use(hidden), body: s.line(0) + s.code}
	var err error
	if f.results, err = results(s.body()); err != nil {
		m.fail(s, "%w", err)
		return
	}
	declared := s.declared()
	f.after = use(declared)
	if slices.Contains(declared, "err") {
		f.after += "\tif err != nil {\n\t\tt.Error(err)\n\t}\n"
	}
	f.after += s.then
	n.imports = append(n.imports, "testing", m.givenPath)
	m.Files[m.file(s)] = m.header(s, n) + f.code()
	if s.runs {
		run := Run{Block: s.Block, Package: m.dir, Func: f.name}
		run.Output, run.HasOutput = s.output()
		m.Runs = append(m.Runs, run)
	}
}

// needsOfStatements returns what a block of statements needs, together with what is given to it and what comes then, and
// the names that are given to it.
func (m *maker) needsOfStatements(s *snippet) (n need, hidden []string, ok bool) {
	if body := s.body(); s.then != "" && len(body) > 0 {
		if _, returns := body[len(body)-1].(*ast.ReturnStmt); returns {
			m.fail(s, "it ends with a return: nothing can be done then")
			return n, nil, false
		}
	}
	before, whole := *s, *s
	before.code, whole.code = s.given, s.given+"{\n"+s.code+s.then+"}"
	for _, part := range []*snippet{&before, &whole} {
		if err := part.parseAs("package p;func _() {", "}"); err != nil {
			m.fail(s, "with what is given and then: %w", err)
			return n, nil, false
		}
	}
	n = needs(whole.file, m.knownTo(s), m.givens)
	m.complain(s, n)
	n.givens = slices.DeleteFunc(n.givens, func(name string) bool { return name == "box" })
	n.givens = slices.Insert(n.givens, 0, "box") // first, since it sets the environment
	return n, before.declared(), true
}

// function is the function that runs a block of statements.
type function struct {
	name                string
	before, body, after string
	results             int // of the body's return statements; the last is an error
}

func (f function) code() string {
	signature, zero, assign, check := "", "", "", ""
	if f.results > 0 {
		signature = "(" + strings.Repeat("_ any, ", f.results-1) + "_ error)"
		zero = strings.TrimSuffix(strings.Repeat("nil, ", f.results), ", ")
		assign = "if " + strings.Repeat("_, ", f.results-1) + "err := "
		check = "; err != nil {\n\t\tt.Error(err)\n\t}"
	}
	return fmt.Sprintf("func %s(t *testing.T) {\n%s\t%sfunc() %s {\n%s//line generated.go:1\n%s\treturn %s\n}()%s\n}\n",
		f.name, f.before, assign, signature, f.body, f.after, zero, check)
}

// use keeps the compiler from complaining about variables that a page does not go on to use.
func use(names []string) (code string) {
	for _, name := range names {
		code += "\t_ = " + name + "\n"
	}
	return code
}

func (m *maker) file(s *snippet) string { return fmt.Sprintf("%s/line%d.go", m.dir, s.Line) }

// knownTo returns the names that a block need not declare or import.
func (m *maker) knownTo(s *snippet) map[string]bool {
	known := maps.Clone(m.known)
	for _, name := range s.names {
		known[name] = true
	}
	return known
}

// resolve finds out what a file needs, and complains about names that come from nowhere.
func (m *maker) resolve(s *snippet, file *ast.File) need {
	known := m.knownTo(s)
	n := needs(file, known, nil)
	if s.given != "" {
		if hidden, err := m.hidden(s, s.given); err == nil {
			more := needs(hidden.file, known, nil)
			n.imports, n.unknown = append(n.imports, more.imports...), append(n.unknown, more.unknown...)
		} else {
			m.fail(s, "what is given: %w", err)
		}
	}
	m.complain(s, n)
	return n
}

func (m *maker) complain(s *snippet, n need) {
	if len(n.unknown) > 0 {
		m.fail(s, "it uses %s: declare it in the block, or in a comment before it (<!-- test: given … -->), or add it to tests/internal/given",
			strings.Join(n.unknown, ", "))
	}
}

func (m *maker) fail(s *snippet, format string, args ...any) {
	m.errs = append(m.errs, fmt.Errorf("%s: "+format, append([]any{s.Name()}, args...)...))
}

// header is the beginning of a file: the package and its imports.
func (m *maker) header(s *snippet, n need) string {
	var code strings.Builder
	fmt.Fprintf(&code, "package %s\n\n%s", m.dir, s.imports)
	for _, importPath := range slices.Compact(slices.Sorted(slices.Values(n.imports))) {
		fmt.Fprintf(&code, "import %q\n", importPath)
	}
	return code.String()
}
