package repository

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/tests/internal/document"
)

// TestDocumentationLinksLeadSomewhere follows the links within the module. Those to elsewhere are not followed: a test
// needs no network.
func TestDocumentationLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	all := documents(t)
	followed := 0
	for _, d := range all {
		for _, link := range d.Links {
			if strings.Contains(link.Target, ":") {
				continue
			}
			followed++
			if err := follow(d, link.Target, all); err != nil {
				t.Errorf("%s:%d: %s: %v", d.Path, link.Line, link.Target, err)
			}
		}
	}
	if followed == 0 {
		t.Error("the documents have no links to each other, so this test is not to be trusted")
	}
	readme := all[slices.IndexFunc(all, func(d document.Document) bool { return d.Path == "README.md" })]
	for target, want := range map[string]string{
		"#a-first-call": "", "CHANGELOG.md#unreleased": "", "./docs/../LICENSE": "", "sandbox/": "",
		"#a-last-call": "no heading", "CHANGELOG.md#a-first-call": "no heading", "LICENCE": "no such file", "../other/README.md": "leaves",
	} {
		if err := follow(readme, target, all); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want %q", target, err, want)
		}
	}
}

// follow looks whether a link of a document leads to a file, and to a heading in it.
func follow(from document.Document, target string, all []document.Document) error {
	file, anchor, _ := strings.Cut(target, "#")
	to := from.Path
	if file != "" {
		to = path.Join(path.Dir(from.Path), file)
	}
	if strings.HasPrefix(to, "..") {
		return fmt.Errorf("it leaves the module")
	}
	if _, err := os.Stat(filepath.Join(repository, filepath.FromSlash(to))); err != nil {
		return fmt.Errorf("no such file")
	}
	if anchor == "" {
		return nil
	}
	i := slices.IndexFunc(all, func(d document.Document) bool { return d.Path == to })
	if i < 0 || !slices.Contains(all[i].Anchors, anchor) {
		return fmt.Errorf("%s has no heading %q", to, anchor)
	}
	return nil
}
