// Package document reads what the module's documents hold that can be right or wrong: code blocks, commands, links. A
// document is a Markdown file, or a Go file with its doc comments.
package document

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Document is what one file holds.
type Document struct {
	Path     string // from the root of the module, with slashes
	Blocks   []Block
	Commands []Command // code within a sentence which begins like a shell command
	Links    []Link
	Anchors  []string // that links to this document may name
}

// Block is a block of code.
type Block struct {
	Path       string
	Line       int    // of its first line of code
	Language   string // as the fence says; of a block in a doc comment, "go" or "sh"
	Text       string
	Directives []Directive
}

// Name is the place of the block, such as README.md:12.
func (b Block) Name() string { return fmt.Sprintf("%s:%d", b.Path, b.Line) }

// Directive returns the text of the directive with the given word, and whether the block has it.
func (b Block) Directive(word string) (string, bool) {
	for _, d := range b.Directives {
		if d.Word == word {
			return d.Text, true
		}
	}
	return "", false
}

// Directive is a comment before a block, which readers of the page do not see and the tests obey:
//
//	<!-- test: word what the word wants to know -->
type Directive struct {
	Line       int
	Word, Text string
}

// Command is a shell command within a sentence.
type Command struct {
	Line int
	Text string
}

// Link is a link to somewhere else.
type Link struct {
	Line   int
	Target string
}

// Read reads all documents of the module whose root is given: the Markdown files there and in docs/, and the Go files
// that are neither tests nor generated.
func Read(root string) ([]Document, error) {
	var documents []Document
	for _, pattern := range []string{"*.md", "docs/*.md"} {
		paths, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			d, err := Markdown(relative(root, path), string(text))
			if err != nil {
				return nil, err
			}
			documents = append(documents, d)
		}
	}
	paths, err := goFiles(root)
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		d, err := goComments(path, relative(root, path))
		if err != nil {
			return nil, err
		}
		documents = append(documents, d)
	}
	return documents, nil
}

func relative(root, path string) string {
	if rel, err := filepath.Rel(root, path); err == nil {
		path = rel
	}
	return filepath.ToSlash(path)
}

// goFiles returns the Go files of the module that are written by hand and that programs or users of go doc see.
func goFiles(root string) (paths []string, err error) {
	err = filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if path != root && (slices.Contains([]string{".git", "testdata", "node_modules", "internal"}, entry.Name()) || isModule(path)) {
				return filepath.SkipDir
			}
			return nil
		}
		name := entry.Name()
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && !strings.HasSuffix(name, ".gen.go") {
			paths = append(paths, path)
		}
		return nil
	})
	return paths, err
}

// isModule tells whether a directory is the root of another module.
func isModule(directory string) bool {
	_, err := os.Stat(filepath.Join(directory, "go.mod"))
	return err == nil
}
