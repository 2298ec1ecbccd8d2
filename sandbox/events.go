package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/plugipay/plugipay-go/gen"
)

// Endpoint is where a workspace's events are sent to.
type Endpoint struct {
	// URL is an absolute http or https URL. Events are POSTed to it.
	URL string
	// Secret signs the events; a receiver verifies them with it. It must not be empty.
	Secret string `json:"-"`
	// PlainEvents asks for the form of events with a plain type, "checkout_session.completed". False: the form with a
	// versioned one, "plugipay.checkout_session.completed.v1".
	PlainEvents bool
}

// Format prints the endpoint without its secret and without a password in the URL, for every verb of package fmt.
func (e Endpoint) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "sandbox.Endpoint{URL:%s PlainEvents:%t}", shownURL(e.URL), e.PlainEvents)
}

// shownURL is a URL without the password that may be in it.
func shownURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "?"
	}
	return u.Redacted()
}

// check tells why events cannot be sent to the endpoint.
func (e Endpoint) check() error {
	u, err := url.Parse(e.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return errors.New("the URL of an endpoint must be an absolute http or https URL")
	}
	if e.Secret == "" {
		return fmt.Errorf("the endpoint %s has no secret: anybody could sign with an empty one", u.Redacted())
	}
	if strings.TrimSpace(e.Secret) != e.Secret {
		return fmt.Errorf("the secret of the endpoint %s begins or ends with white space, as a secret read from a file may", u.Redacted())
	}
	return nil
}

// wants reports whether an event is for the endpoint.
func (e Endpoint) wants(event) bool { return true }

// event is something that happened to a session. It is the same for all endpoints.
type event struct {
	id      string
	name    gen.EventName
	account string
	live    bool
	is      gen.CheckoutSession // as the event left it
	was     gen.CheckoutSession // as it was before
}

// encode writes the event in one of its two documented forms.
func (e event) encode(plain bool) ([]byte, error) {
	if plain {
		return e.encodePlain()
	}
	return marshal(gen.VersionedEvent{
		ID:         e.id,
		Type:       "plugipay." + e.name + ".v1",
		AccountID:  e.account,
		OccurredAt: e.is.UpdatedAt,
		Data:       gen.VersionedEventData{Object: e.is},
	})
}

func (e event) encodePlain() ([]byte, error) {
	previous, err := previousAttributes(e.is, e.was)
	if err != nil {
		return nil, err
	}
	return marshal(gen.PlainEvent{
		ID:                 e.id,
		Type:               e.name,
		CreatedAt:          e.is.UpdatedAt,
		WorkspaceID:        "ws_" + strings.TrimPrefix(e.account, "acc_"),
		Data:               e.is,
		PreviousAttributes: previous,
	})
}

// previousAttributes returns the attributes that differ, as they were.
func previousAttributes(is, was gen.CheckoutSession) (map[string]any, error) {
	after, err := attributes(is)
	if err != nil {
		return nil, err
	}
	before, err := attributes(was)
	if err != nil {
		return nil, err
	}
	previous := map[string]any{}
	for name, value := range before {
		if !bytes.Equal(value, after[name]) {
			previous[name] = value
		}
	}
	return previous, nil
}

func attributes(session gen.CheckoutSession) (map[string]json.RawMessage, error) {
	encoded, err := marshal(session)
	if err != nil {
		return nil, err
	}
	var found map[string]json.RawMessage
	err = json.Unmarshal(encoded, &found)
	return found, err
}

// marshal writes JSON without escapes for HTML, which nobody who reads an event or an answer needs.
func marshal(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}
