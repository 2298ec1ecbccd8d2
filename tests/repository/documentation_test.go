package repository

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/tests/internal/document"
)

// What the documents show is true: the Markdown files at the root and in docs/, and the doc comments of Go files. Their
// blocks of Go are compiled and run in documentation_go_test.go, their commands in documentation_shell_test.go, and
// their links are followed in documentation_links_test.go. CONTRIBUTING.md tells a writer what there is to know.

var readDocuments = sync.OnceValues(func() ([]document.Document, error) { return document.Read(repository) })

func documents(t *testing.T) []document.Document {
	t.Helper()
	all, err := readDocuments()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// languages are those that a block may have, and what is done about it.
var languages = map[string]string{
	"go":      "compiled and run",
	"sh":      "run",
	"bash":    "run",
	"console": "run, without what the commands print",
	"json":    "parsed; an event is read as one",
	"yaml":    "for the reader only",
	"text":    "for the reader only",
	"diff":    "for the reader only",
	"mermaid": "for the reader only: it takes a browser to draw it",
	"sql":     "for the reader only: there is no database here",
	"js":      "for the reader only: what users of the Node client have now",
}

func TestDocumentationBlocksSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	for _, d := range documents(t) {
		for _, b := range d.Blocks {
			if _, ok := languages[b.Language]; !ok {
				t.Errorf("%s: a block has the language %q; there are %v", b.Name(), b.Language, slices.Sorted(maps.Keys(languages)))
			}
			if b.Language != "go" && len(b.Directives) > 0 {
				t.Errorf("%s: a block of %s takes no directives, only one of Go does", b.Name(), b.Language)
			}
		}
	}
}

func TestDocumentationJSONIsValid(t *testing.T) {
	t.Parallel()
	for _, d := range documents(t) {
		for _, b := range d.Blocks {
			if b.Language == "json" {
				if problem := problemOfJSON(b.Text); problem != "" {
					t.Errorf("%s: %s", b.Name(), problem)
				}
			}
		}
	}
	for text, want := range map[string]string{
		`{"amount": 1}`:  "",
		`{"amount": 1,}`: "invalid character '}' looking for beginning of object key string",
		`{"id": "evt_1", "type": "checkout_session.completed", "data": {"id": "cs_1"}}`: "",
		`{"id": "evt_1", "type": "checkout_session.paid", "data": {"id": "cs_1"}}`:      "there is no event checkout_session.paid",
	} {
		if got := problemOfJSON(text); got != want {
			t.Errorf("problem of %s is %q, want %q", text, got, want)
		}
	}
}

// problemOfJSON says what is wrong with a document; if it is an event, also as an event.
func problemOfJSON(text string) string {
	var content struct{ ID, Type string }
	if err := json.Unmarshal([]byte(text), &content); err != nil {
		return err.Error()
	}
	if !strings.HasPrefix(content.ID, "evt_") || content.Type == "" {
		return ""
	}
	event, err := plugipay.VerifyWebhook([]byte(text), plugipay.SignWebhook([]byte(text), "whsec_test", time.Now()), "whsec_test", nil)
	if err != nil {
		return err.Error()
	}
	if !slices.Contains(eventNames, event.Name()) {
		return "there is no event " + event.Name()
	}
	if _, err := event.CheckoutSession(); err != nil {
		return err.Error()
	}
	return ""
}

var eventNames = []plugipay.EventName{
	plugipay.EventCheckoutSessionAsyncPaymentFailed, plugipay.EventCheckoutSessionAsyncPaymentSucceeded,
	plugipay.EventCheckoutSessionCompleted, plugipay.EventCheckoutSessionExpired,
}
