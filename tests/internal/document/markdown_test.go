package document

import (
	"reflect"
	"strings"
	"testing"
)

func read(t *testing.T, text string) Document {
	t.Helper()
	d, err := Markdown("page.md", strings.ReplaceAll(text, "'''", "```"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestBlocksHaveTheirDirectives(t *testing.T) {
	t.Parallel()
	d := read(t, `# Title
<!-- a comment for writers -->
<!-- test: given a := 1 -->
<!-- test: then
b := 2
-->

'''go
a := b
'''
1. A step:

   '''sh
   ls
     -l
   '''
`)
	want := []Block{
		{Path: "page.md", Line: 9, Language: "go", Text: "a := b\n", Directives: []Directive{
			{Line: 3, Word: "given", Text: "a := 1"}, {Line: 4, Word: "then", Text: "b := 2"},
		}},
		{Path: "page.md", Line: 14, Language: "sh", Text: "ls\n  -l\n"},
	}
	if !reflect.DeepEqual(d.Blocks, want) {
		t.Errorf("blocks are %+v, want %+v", d.Blocks, want)
	}
}

func TestAnchorsAreThoseOfGitHub(t *testing.T) {
	t.Parallel()
	d := read(t, "# Keys & environments\n## `Do`, and [the rest](x.md)!\n## Errors\n## Errors\nA <a id=\"here\"></a>\n'''sh\n# no heading\n'''\n")
	want := []string{"keys--environments", "do-and-the-rest", "errors", "errors-1", "here"}
	if !reflect.DeepEqual(d.Anchors, want) {
		t.Errorf("anchors are %q, want %q", d.Anchors, want)
	}
}

func TestLinksAndCommandsAreFoundInSentences(t *testing.T) {
	t.Parallel()
	d := read(t, "See [errors](docs/errors.md#codes \"Title\"), ![a picture](p.svg) and `[no](link)`.\n"+
		"<img src=\"q.svg\">\n[ref]: other.md\n`go test ./...` and `A=1 make lint`, not `make` or `gofmt` or `git`'s.\n")
	if want := []Link{{1, "docs/errors.md#codes"}, {1, "p.svg"}, {2, "q.svg"}, {3, "other.md"}}; !reflect.DeepEqual(d.Links, want) {
		t.Errorf("links are %v, want %v", d.Links, want)
	}
	if want := []Command{{4, "go test ./..."}, {4, "A=1 make lint"}}; !reflect.DeepEqual(d.Commands, want) {
		t.Errorf("commands are %v, want %v", d.Commands, want)
	}
}

func TestPagesThatWouldHideABlockAreRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a block without an end":     "'''go\na := 1\n",
		"a comment without an end":   "<!-- test: given a\n'''go\na := 1\n'''\n",
		"a directive without block":  "<!-- test: given a -->\n",
		"a directive before text":    "<!-- test: given a -->\nSome text.\n'''go\na := 1\n'''\n",
		"an empty directive":         "<!-- test: -->\n'''go\na := 1\n'''\n",
		"something after a comment":  "<!-- test: given a --> text\n'''go\na := 1\n'''\n",
		"a block of another's fence": "~~~go\na := 1\n'''\n",
	} {
		if d, err := Markdown("page.md", strings.ReplaceAll(text, "'''", "```")); err == nil {
			t.Errorf("%s: read as %+v", name, d)
		}
	}
}
