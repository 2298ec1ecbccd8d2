package tests

import (
	"slices"
	"strings"
	"testing"
)

// TestTheFacadeLinksLittle: who imports plugipay gets the standard library and nothing else.
func TestTheFacadeLinksLittle(t *testing.T) {
	t.Parallel()
	const own = "github.com/plugipay/plugipay-go/"
	allowed := []string{
		own + "gen",
		own + "plugipay",
	}
	linked := strings.Fields(goCommand(t, "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./plugipay"))
	slices.Sort(linked)
	for _, path := range linked {
		if !slices.Contains(allowed, path) {
			t.Errorf("plugipay links %s", path)
		}
	}
	if !slices.Contains(linked, own+"gen") {
		t.Errorf("the list of what is linked lacks gen, so it is not to be trusted: %v", linked)
	}
}
