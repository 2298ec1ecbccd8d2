package repository

import (
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var updateMarkdown = flag.Bool("update-markdown", false, "write the regions of the Go programs into the Markdown files")

// The blocks of a page. A comment before a block of Go names its program and, after a #, a region of it.
var (
	goBlock   = regexp.MustCompile("(?ms)^(?:<!-- (\\S+) -->\n)?```go\n(.*?)^```$")
	jsonBlock = regexp.MustCompile("(?ms)^```json\n(.*?)^```$")
	shBlock   = regexp.MustCompile("(?ms)^```(?:sh|console)\n(.*?)^```$")
	anyBlock  = regexp.MustCompile("(?ms)^```.*?^```$")
)

// TestMarkdown_GoIsFromProgramsThatRun compares each block of Go with the program that it comes from. The go command compiles and
// runs that program with the tests of its module. After a change of a program:
//
//	go test ./tests/repository -run Markdown -update-markdown
func TestMarkdown_GoIsFromProgramsThatRun(t *testing.T) {
	if !*updateMarkdown { // no other test may read a page while it is written
		t.Parallel()
	}
	for page, text := range markdown(t) {
		updated := goBlock.ReplaceAllStringFunc(text, func(block string) string {
			source := goBlock.FindStringSubmatch(block)[1]
			code, err := region(source)
			if err != nil {
				t.Errorf("%s: %v, for the block\n%s", page, err, block)
				return block
			}
			return "<!-- " + source + " -->\n```go\n" + code + "\n```"
		})
		if updated == text {
			continue
		}
		if !*updateMarkdown {
			t.Errorf("%s: a block differs from its program; -update-markdown writes the program's text", page)
		} else if err := os.WriteFile(filepath.Join(repository, page), []byte(updated), 0o644); err != nil {
			t.Error(err)
		}
	}
}

// region returns a Go file, or the lines of it between "//docs:begin name" and "//docs:end" without their common indentation.
func region(source string) (string, error) {
	file, name, isPart := strings.Cut(source, "#")
	if !strings.HasSuffix(file, ".go") {
		return "", fmt.Errorf("the comment before the block must name a Go file, and may name a region of it: %q", source)
	}
	content, err := os.ReadFile(filepath.Join(repository, filepath.FromSlash(file)))
	if err != nil {
		return "", err
	}
	text := strings.ReplaceAll(string(content), "\r\n", "\n")
	if isPart {
		_, after, begun := strings.Cut(text, "//docs:begin "+name+"\n")
		part, _, ended := strings.Cut(after, "//docs:end")
		if !begun || !ended {
			return "", fmt.Errorf("%s has no region %q", file, name)
		}
		text = strings.TrimRight(part, "\t")
	}
	text = strings.Trim(text, "\n")
	indent := text[:len(text)-len(strings.TrimLeft(text, "\t"))]
	return strings.ReplaceAll(strings.TrimPrefix(text, indent), "\n"+indent, "\n"), nil
}

func TestMarkdown_JSONIsValid(t *testing.T) {
	t.Parallel()
	for page, text := range markdown(t) {
		for _, block := range jsonBlock.FindAllStringSubmatch(text, -1) {
			if !json.Valid([]byte(block[1])) {
				t.Errorf("%s: this is not valid JSON:\n%s", page, block[1])
			}
		}
	}
}

var (
	pathInCommand = regexp.MustCompile(`(?:^| )(?:-C +)?(\./[\w./-]+|\.ci/\w+|(?:examples|tests|bench|cmd)/[\w./-]+)`)
	makeTarget    = regexp.MustCompile(`(?m)^make (\w+)`)
)

// TestMarkdown_CommandsNameWhatExists checks the paths and the targets of make in shell commands. The commands themselves run in
// .ci/commands and in the other scripts of .ci.
func TestMarkdown_CommandsNameWhatExists(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile(filepath.Join(repository, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	for page, text := range markdown(t) {
		for _, block := range shBlock.FindAllStringSubmatch(text, -1) {
			for _, found := range pathInCommand.FindAllStringSubmatch(block[1], -1) {
				if _, err := os.Stat(filepath.Join(repository, strings.TrimSuffix(found[1], "..."))); err != nil {
					t.Errorf("%s: a command names %s: %v", page, found[1], err)
				}
			}
			for _, found := range makeTarget.FindAllStringSubmatch(block[1], -1) {
				if !strings.Contains(string(makefile), "\n"+found[1]+":") {
					t.Errorf("%s: make has no target %s", page, found[1])
				}
			}
		}
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	noSlug  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// TestMarkdown_LinksLeadSomewhere follows the links within the repository, to a file and to a heading of it.
func TestMarkdown_LinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	pages := markdown(t)
	for page, text := range pages {
		for _, found := range link.FindAllStringSubmatch(anyBlock.ReplaceAllString(text, ""), -1) {
			file, anchor, _ := strings.Cut(found[1], "#")
			if strings.Contains(file, ":") {
				continue // a test needs no network
			}
			target := page
			if file != "" {
				target = path.Join(path.Dir(page), file)
			}
			if _, err := os.Stat(filepath.Join(repository, filepath.FromSlash(target))); err != nil || strings.HasPrefix(target, "..") {
				t.Errorf("%s links to %s, which does not exist", page, found[1])
			} else if anchor != "" && !hasHeading(pages[target], anchor) {
				t.Errorf("%s links to %s, which has no such heading", page, found[1])
			}
		}
	}
}

// hasHeading reports whether GitHub gives a heading of the text this anchor.
func hasHeading(text, anchor string) bool {
	for _, found := range heading.FindAllStringSubmatch(anyBlock.ReplaceAllString(text, ""), -1) {
		if strings.ReplaceAll(noSlug.ReplaceAllString(strings.ToLower(found[1]), ""), " ", "-") == anchor {
			return true
		}
	}
	return false
}

// markdown returns the Markdown files of the repository by their paths.
func markdown(t *testing.T) map[string]string {
	t.Helper()
	pages := map[string]string{}
	err := filepath.WalkDir(repository, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == ".git") {
			return filepath.SkipDir
		}
		if filepath.Ext(name) != ".md" {
			return nil
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(repository, name)
		pages[filepath.ToSlash(rel)] = strings.ReplaceAll(string(content), "\r\n", "\n")
		return err
	})
	if err != nil || pages["README.md"] == "" {
		t.Fatalf("the pages were not read: %v", err)
	}
	return pages
}
