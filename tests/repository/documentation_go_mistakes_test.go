package repository

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/tests/internal/document"
)

// markdown reads a page in which ”' stands for three backquotes.
func markdown(t *testing.T, name, text string) document.Document {
	t.Helper()
	d, err := document.Markdown(name, strings.ReplaceAll(strings.TrimPrefix(text, "\n"), "'''", "```"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDocumentationGoIsRunInEachForm runs a page with every form that a block may have, the right and the wrong ones.
func TestDocumentationGoIsRunInEachForm(t *testing.T) {
	t.Parallel()
	page := markdown(t, "forms.md", `
'''go
session, err := client.CheckoutSessions.Create(ctx, in)
'''
'''go
func orderOf(session *plugipay.CheckoutSession) string { return session.Metadata["order_id"] }
'''
'''go
session, err := client.CheckoutSessions.Get(ctx, id)
if err != nil {
	return "", err
}
return orderOf(session), nil
'''
'''go
func Example() {
	fmt.Println("not called by a block, but then")
}
'''
<!-- test: given status := plugipay.CheckoutSessionStatusOpen -->
<!-- test: then
if *params.Status != "open" {
	return errors.New("it is not what was given")
}
-->
'''go
params := plugipay.CheckoutSessionListParams{Status: &status}
'''
'''go
plugipay.CheckoutSessionListParams{Order: plugipay.Ptr(plugipay.ListOrderAsc)}
'''
'''go
import "math/big"

fmt.Println(big.NewInt(199_000_00), session.Status)
// Output: 19900000 open
'''
'''go
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Println(os.Getenv("PLUGIPAY_KEY_ID"))
	// Output:
	// pk_test_sandbox
}
'''
<!-- test: compile it would have the computer stop -->
'''go
os.Exit(1)
'''
'''go
session, err := client.CheckoutSessions.Get(ctx, "cs_00000000000000000000000000")
'''
'''go
return errors.Join(err, errors.New("a page goes wrong"))
'''
'''go
fmt.Println("this")
// Output: that
'''
'''go
package main

func main() { panic("at the disco") }
'''
'''go
func TestOfAReader(t *testing.T) { t.Error("a reader's test goes wrong") }
'''
<!-- test: then
TestOfAReader(t)
Example()
-->
'''go
var someURL = url.URL{Host: "example.com"}
'''
`)
	program, err := compileBlocks(t, ".", []document.Document{page})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"forms.md:2": "", "forms.md:8": "", "forms.md:26": "", "forms.md:29": "", "forms.md:32": "", "forms.md:38": "",
		"forms.md:56": "not_found", "forms.md:59": "a page goes wrong", "forms.md:62": "says that it prints:\nthat",
		"forms.md:66": "panic: at the disco", "forms.md:71": "a reader's test goes wrong", "forms.md:79": "a reader's test goes wrong",
	}
	for _, run := range program.runs {
		name := run.Block.Name()
		part, ok := want[name]
		if !ok {
			t.Errorf("%s is run", name)
		}
		delete(want, name)
		err := run.start(t)
		if (err == nil) != (part == "") || err != nil && !strings.Contains(err.Error(), part) {
			t.Errorf("%s: error is %v, want %q", name, err, part)
		}
	}
	if len(want) > 0 {
		t.Errorf("these are not run: %v", slices.Sorted(maps.Keys(want)))
	}
}

// TestDocumentationGoThatIsWrongIsFound: each of these pages is complained about, at the line of the mistake.
func TestDocumentationGoThatIsWrongIsFound(t *testing.T) {
	t.Parallel()
	for mistake, page := range map[string]struct{ text, want string }{
		"a name from nowhere":         {"'''go\n\nsession.ID = buyer\n'''", "page.md:2: it uses buyer: declare it in the block"},
		"a syntax error":              {"'''go\n\nif err {\n'''", "page.md:4: expected '}'"},
		"a type error":                {"'''go\n\nin.Amount = \"IDR 199,000\"\n'''", "page.md:3: cannot use \"IDR 199,000\""},
		"an option that is not there": {"'''go\n_ = plugipay.ClientOptions{\n\tHurry: true,\n}\n'''", "page.md:3: unknown field Hurry"},
		"a function that nobody calls": {"'''go\nfunc refund() {}\n'''",
			"page.md:2: it declares refund, which no block of this document calls"},
		"a package without a test":   {"'''go\npackage shop\n'''", "page.md:2: it is a package without a test"},
		"a main without its package": {"'''go\nfunc main() {}\n'''", "page.md:2: a block with func main needs its package clause"},
		"no reason":                  {"<!-- test: compile -->\n'''go\nos.Exit(1)\n'''", "page.md:3: say why it is compiled only"},
		"an unknown directive":       {"<!-- test: ignore -->\n'''go\nos.Exit(1)\n'''", `page.md:3: a block of Go has no directive "ignore"`},
		"results that disagree":      {"'''go\nif err != nil {\n\treturn err\n}\nreturn nil, nil\n'''", "page.md:2: its return statements disagree"},
	} {
		t.Run(mistake, func(t *testing.T) {
			t.Parallel()
			_, err := compileBlocks(t, ".", []document.Document{markdown(t, "page.md", page.text)})
			if err == nil || !strings.Contains(err.Error(), page.want) {
				t.Errorf("error is %v, want %q", err, page.want)
			}
		})
	}
}
