package sandbox

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/plugipay/plugipay-go/plugipay"
)

// Endpoint receives events of a workspace.
type Endpoint struct {
	// URL is an absolute http or https URL. Events are POSTed to it.
	URL string
	// Secret signs the events; a receiver verifies them with it. It must not be empty.
	Secret string `json:"-"`
	// PlainEvents selects the form of events with a plain type, "checkout_session.completed". False means the form with a
	// versioned type, "plugipay.checkout_session.completed.v1".
	PlainEvents bool
	// Mode is [ModeTest] or [ModeLive]: the endpoint receives only events of test data, or of live data. Empty means both.
	Mode string
	// Events are the plain names of the events that the endpoint receives. Nil means all events.
	Events []plugipay.EventName
	// CA is a certificate to trust when the endpoint's URL is https, in addition to the system's certificates. It may be the
	// certificate of an httptest.Server, or of your own certificate authority. Nil means no more certificates.
	CA *x509.Certificate
}

// The modes of an [Endpoint].
const (
	ModeTest = "test"
	ModeLive = "live"
)

// Format prints the endpoint without its secret and without a password in the URL, for every verb of package fmt.
func (e Endpoint) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "sandbox.Endpoint{URL:%s PlainEvents:%t}", shownURL(e.URL), e.PlainEvents)
}

// shownURL returns a URL without its password.
func shownURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "?"
	}
	return u.Redacted()
}

// check refuses an endpoint that cannot receive events.
func (e Endpoint) check() error {
	u, err := url.Parse(e.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return errors.New("the URL of an endpoint must be an absolute http or https URL")
	}
	if e.Mode != "" && e.Mode != ModeTest && e.Mode != ModeLive {
		return fmt.Errorf("the mode of the endpoint %s must be %s or %s", u.Redacted(), ModeTest, ModeLive)
	}
	if e.Secret == "" {
		return fmt.Errorf("the endpoint %s has no secret, and anyone could sign with an empty one", u.Redacted())
	}
	if strings.TrimSpace(e.Secret) != e.Secret {
		return fmt.Errorf("the secret of the endpoint %s begins or ends with white space, as a secret read from a file may", u.Redacted())
	}
	return nil
}

// receives reports whether the endpoint receives the event.
func (e Endpoint) receives(happened event) bool {
	rightMode := e.Mode == "" || (e.Mode == ModeLive) == happened.live
	return rightMode && (len(e.Events) == 0 || slices.Contains(e.Events, happened.name))
}
