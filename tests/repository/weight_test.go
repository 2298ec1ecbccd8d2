package repository

import (
	"slices"
	"strings"
	"testing"
)

// TestFacade_LinksLittle: a program that imports plugipay or inbox links the standard library and the runtime of the generated
// code.
func TestFacade_LinksLittle(t *testing.T) {
	t.Parallel()
	const own = "github.com/plugipay/plugipay-go/"
	allowed := []string{
		own + "gen",
		own + "plugipay",
		own + "plugipay/inbox",
		"github.com/apapsch/go-jsonmerge/v2",
		"github.com/google/uuid",
		"github.com/oapi-codegen/runtime",
		"github.com/oapi-codegen/runtime/types",
	}
	linked := strings.Fields(goCommand(t, "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./plugipay/inbox"))
	slices.Sort(linked)
	for _, path := range linked {
		if !slices.Contains(allowed, path) {
			t.Errorf("plugipay or inbox links %s", path)
		}
	}
	for _, path := range []string{own + "gen", own + "plugipay"} {
		if !slices.Contains(linked, path) {
			t.Errorf("the list lacks %s, so the test proves nothing: %v", path, linked)
		}
	}
}
