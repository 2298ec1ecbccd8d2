package document

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

// goComments reads the doc comments of a Go file. Gofmt indents the code in them by a tab.
func goComments(file, path string) (Document, error) {
	fset := token.NewFileSet()
	syntax, err := parser.ParseFile(fset, file, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return Document{}, err
	}
	d := Document{Path: path}
	for _, comment := range docComments(syntax) {
		d.Blocks = append(d.Blocks, codeIn(comment, path, fset.Position(comment.Pos()).Line)...)
	}
	return d, nil
}

// docComments returns the comments of the package, its declarations, and their fields.
func docComments(file *ast.File) (comments []*ast.CommentGroup) {
	add := func(comment *ast.CommentGroup) {
		if comment != nil {
			comments = append(comments, comment)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.File:
			add(n.Doc)
		case *ast.GenDecl:
			add(n.Doc)
		case *ast.FuncDecl:
			add(n.Doc)
			return false
		case *ast.TypeSpec:
			add(n.Doc)
		case *ast.ValueSpec:
			add(n.Doc)
		case *ast.Field:
			add(n.Doc)
		}
		return true
	})
	return comments
}

// codeIn returns the blocks of code in a comment that begins in the given line.
func codeIn(comment *ast.CommentGroup, path string, line int) (blocks []Block) {
	var text strings.Builder
	begin := 0
	end := func() {
		if begin > 0 {
			code := strings.TrimRight(text.String(), "\n") + "\n"
			blocks = append(blocks, Block{Path: path, Line: begin, Language: language(code), Text: code})
		}
		text.Reset()
		begin = 0
	}
	for i, c := range comment.List {
		if code, ok := strings.CutPrefix(c.Text, "//\t"); ok {
			if begin == 0 {
				begin = line + i
			}
			text.WriteString(code + "\n")
		} else if c.Text == "//" && begin > 0 {
			text.WriteString("\n")
		} else {
			end()
		}
	}
	end()
	return blocks
}

// language tells commands from Go code, since a comment has no place to say it.
func language(code string) string {
	if command.MatchString(code) {
		return "sh"
	}
	return "go"
}
