// Package snippet makes Go packages of the blocks of Go in a document, so that the blocks can be compiled and run as
// they are: a program is one, declarations are those of the document's package, and statements are put into a function
// with the variables and imports that they lack.
package snippet

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strings"

	"github.com/plugipay/plugipay-go/tests/internal/document"
)

// The directives that a block of Go may have.
const (
	given   = "given"   // Go code before the block's
	then    = "then"    // Go code after the block's
	compile = "compile" // the block is compiled and not run, for the reason that follows
)

type kind int

const (
	statements kind = iota
	declarations
	program // with a package clause
)

// snippet is a block that was parsed.
type snippet struct {
	document.Block
	kind    kind
	imports string   // the import declarations at its top
	names   []string // what they import
	code    string   // the rest, in the same lines
	file    *ast.File
	given   string
	then    string
	runs    bool
}

var packageClause = regexp.MustCompile(`(?m)^package +(\w+)`)

// parse finds out what a block is.
func parse(b document.Block) (*snippet, error) {
	b.Text = strings.ReplaceAll(b.Text, "{ … }", "{}") // what a reader would do there is left out
	s := &snippet{Block: b, code: b.Text, runs: true}
	if err := s.obey(b.Directives); err != nil {
		return nil, err
	}
	if packageClause.MatchString(b.Text) {
		s.kind = program
		return s, s.parseAs("", "")
	}
	s.takeImports()
	s.kind = declarations
	if s.parseAs("package p;", "") == nil {
		return s, s.checkMain()
	}
	s.kind = statements
	if err := s.parseAs("package p;func _() {", "}"); err != nil {
		return nil, err
	}
	if isValue(s.body()) {
		s.code = "_ = " + s.code
		return s, s.parseAs("package p;func _() {", "}")
	}
	return s, nil
}

// isValue tells whether a block is nothing but a value, which is no statement.
func isValue(list []ast.Stmt) bool {
	if len(list) != 1 {
		return false
	}
	expression, ok := list[0].(*ast.ExprStmt)
	if !ok {
		return false
	}
	_, isCall := expression.X.(*ast.CallExpr)
	return !isCall
}

func (s *snippet) obey(directives []document.Directive) error {
	for _, d := range directives {
		switch d.Word {
		case given:
			s.given = d.Text + "\n"
		case then:
			s.then = d.Text + "\n"
		case compile:
			s.runs = false
			if d.Text == "" {
				return fmt.Errorf("%s: say why it is compiled only", s.Name())
			}
		case Module:
		default:
			return fmt.Errorf("%s: a block of Go has no directive %q", s.Name(), d.Word)
		}
	}
	return nil
}

// Module is the directive with the directory of the module that a block is compiled in.
const Module = "module"

// parseAs parses the code between a head and a tail.
func (s *snippet) parseAs(head, tail string) (err error) {
	fset := token.NewFileSet()
	s.file, err = parser.ParseFile(fset, "", s.line(0)+head+s.code+tail, 0)
	return err
}

// line is the directive after which the compiler counts as the document does.
func (s *snippet) line(offset int) string {
	return fmt.Sprintf("//line %s:%d\n", s.Path, s.Line+offset)
}

// takeImports moves the import declarations from the code.
func (s *snippet) takeImports() {
	const head = "package p;"
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", head+s.code, parser.ImportsOnly)
	if err != nil || len(file.Decls) == 0 {
		return
	}
	end := fset.Position(file.Decls[len(file.Decls)-1].End()).Offset - len(head)
	for _, spec := range file.Imports {
		s.names = append(s.names, importName(spec))
	}
	s.imports = s.code[:end] + "\n"
	s.code = blank(s.code[:end]) + s.code[end:]
}

// blank replaces everything but the ends of lines.
func blank(text string) string {
	return strings.Map(func(c rune) rune {
		if c == '\n' {
			return c
		}
		return ' '
	}, text)
}

func (s *snippet) checkMain() error {
	for _, f := range s.functions() {
		if f == "main" {
			return fmt.Errorf("%s: a block with func main needs its package clause", s.Name())
		}
	}
	return nil
}

// functions returns the names of the functions that the block declares.
func (s *snippet) functions() (names []string) {
	for _, d := range s.file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && s.kind != statements {
			names = append(names, f.Name.Name)
		}
	}
	return names
}

// declared returns the names that the top level of the block declares.
func (s *snippet) declared() (names []string) {
	if s.kind == statements {
		return declaredBy(s.body())
	}
	for name := range s.file.Scope.Objects { //nolint:staticcheck // the scope of one file is all that is asked for
		names = append(names, name)
	}
	return names
}

// body returns the statements of the block.
func (s *snippet) body() []ast.Stmt {
	for _, d := range s.file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "_" {
			return f.Body.List
		}
	}
	return nil
}

// declaredBy returns the names that statements declare, in their order.
func declaredBy(list []ast.Stmt) (names []string) {
	add := func(e ast.Expr) {
		if id, ok := e.(*ast.Ident); ok && id.Name != "_" {
			names = append(names, id.Name)
		}
	}
	for _, stmt := range list {
		switch stmt := stmt.(type) {
		case *ast.AssignStmt:
			if stmt.Tok == token.DEFINE {
				for _, e := range stmt.Lhs {
					add(e)
				}
			}
		case *ast.DeclStmt:
			if decl := stmt.Decl.(*ast.GenDecl); decl.Tok == token.VAR {
				for _, spec := range decl.Specs {
					for _, name := range spec.(*ast.ValueSpec).Names {
						add(name)
					}
				}
			}
		}
	}
	return names
}

var errDisagree = errors.New("its return statements disagree on the number of results")

// results returns how many results the return statements of the block have: one, an error, if there are none.
func results(list []ast.Stmt) (n int, err error) {
	n = -1
	for _, stmt := range list {
		ast.Inspect(stmt, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.FuncLit:
				return false
			case *ast.ReturnStmt:
				if n >= 0 && n != len(node.Results) {
					err = errDisagree
				}
				n = len(node.Results)
			}
			return true
		})
	}
	if n < 0 {
		n = 1
	}
	return n, err
}

// free returns the names that Go code uses and does not declare.
func free(file *ast.File) (names []string) {
	seen := map[string]bool{}
	for _, id := range file.Unresolved { //nolint:staticcheck // as above
		if !seen[id.Name] {
			seen[id.Name] = true
			names = append(names, id.Name)
		}
	}
	return names
}

var outputComment = regexp.MustCompile(`(?i)(?:^|\n)[ \t]*// *output:((?:.*\n?[ \t]*//)*.*)\s*}?\s*$`)

// output returns what the block says that it prints, and whether it says so.
func (s *snippet) output() (string, bool) {
	found := outputComment.FindStringSubmatch(s.Text)
	if found == nil {
		return "", false
	}
	var lines []string
	for line := range strings.Lines(found[1]) {
		lines = append(lines, strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "//")))
	}
	return strings.TrimSpace(strings.Join(lines, "\n")), true
}
