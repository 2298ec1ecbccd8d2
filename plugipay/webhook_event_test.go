package plugipay_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/plugipay/plugipay-go/contract"
	"github.com/plugipay/plugipay-go/plugipay"
)

// receivedEvent verifies a delivery that was signed just now.
func receivedEvent(t *testing.T, body string) (*plugipay.WebhookEvent, error) {
	t.Helper()
	header := plugipay.SignWebhook([]byte(body), webhookSecret, time.Now())
	return plugipay.VerifyWebhook([]byte(body), header, webhookSecret, nil)
}

const (
	versionedEvent = `{"id": "evt_1", "type": "plugipay.checkout_session.completed.v1", "accountId": "acc_01",
		"occurredAt": "2026-09-21T14:13:20.000Z", "data": {"object": ` + sessionJSON + `}}`
	plainEvent = `{"id": "evt_1", "type": "checkout_session.completed", "workspaceId": "ws_01",
		"createdAt": "2026-09-21T14:13:20.000Z", "data": ` + sessionJSON + `, "previousAttributes": {"status": "open", "completedAt": null}}`
)

func TestBothFormsOfAnEventBecomeOneShape(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]plugipay.WebhookEvent{
		versionedEvent: {Type: "plugipay.checkout_session.completed.v1", AccountID: "acc_01"},
		plainEvent: {Type: "checkout_session.completed", AccountID: "ws_01",
			PreviousAttributes: map[string]json.RawMessage{"status": json.RawMessage(`"open"`), "completedAt": json.RawMessage("null")}},
	} {
		event, err := receivedEvent(t, body)
		if err != nil {
			t.Fatal(err)
		}
		want.ID, want.OccurredAt = "evt_1", "2026-09-21T14:13:20.000Z"
		want.Data.Object, want.Raw = json.RawMessage(sessionJSON), json.RawMessage(body)
		if !reflect.DeepEqual(*event, want) {
			t.Errorf("event is\n%+v, want\n%+v", *event, want)
		}
		if event.Name() != plugipay.EventCheckoutSessionCompleted {
			t.Errorf("name is %s", event.Name())
		}
		session, err := event.CheckoutSession()
		if err != nil {
			t.Fatal(err)
		}
		wantSession(t, session)
	}
}

func TestTheEventKeepsItsOwnCopyOfTheBody(t *testing.T) {
	t.Parallel()
	body := []byte(versionedEvent)
	event, err := plugipay.VerifyWebhook(body, plugipay.SignWebhook(body, webhookSecret, time.Now()), webhookSecret, nil)
	if err != nil {
		t.Fatal(err)
	}
	clear(body) // as a buffer that is used again
	if string(event.Raw) != versionedEvent || string(event.Data.Object) != sessionJSON {
		t.Error("the event changed with the buffer that it came in")
	}
}

func TestEveryEventOfTheContractIsUnderstood(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(contract.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	events := 0
	for name, item := range doc.Webhooks {
		for example, ref := range item.Post.RequestBody.Value.Content.Get("application/json").Examples {
			events++
			body, err := json.Marshal(ref.Value.Value)
			if err != nil {
				t.Fatal(err)
			}
			event, err := receivedEvent(t, string(body))
			if err != nil {
				t.Fatalf("%s %s: %v", name, example, err)
			}
			session, err := event.CheckoutSession()
			if err != nil || event.Name() != name || event.OccurredAt == "" || event.AccountID == "" || session.ID != "cs_01J8ZQ6A4R0S2T4V6X8Z0B2D4F" {
				t.Errorf("%s %s: event %s, session %+v, error %v", name, example, event.Name(), session, err)
			}
		}
	}
	if events != 8 {
		t.Errorf("the contract shows %d events", events)
	}
}

func TestAnUnknownTypeIsNoError(t *testing.T) {
	t.Parallel()
	for typ, name := range map[string]string{
		"plugipay.subscription.renewed.v3":     "subscription.renewed",
		"refund.succeeded":                     "refund.succeeded",
		"plugipay.checkout_session.thawed.v12": "checkout_session.thawed",
		"checkout_session.v1":                  "checkout_session.v1", // a version only follows the prefix
		"plugipay.":                            "",
		"something else":                       "something else",
	} {
		event, err := receivedEvent(t, `{"id": "evt_1", "type": "`+typ+`", "data": {"object": {"id": "x_1"}}}`)
		if err != nil || event.Name() != name || event.Type != typ || string(event.Data.Object) != `{"id": "x_1"}` {
			t.Errorf("%s: event %+v, name %q, error %v", typ, event, event.Name(), err)
		}
	}
}

func TestTheResourceIsTheDataOrItsObject(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ data, resource string }{
		"wrapped":                                     {`{"object": {"id": "inv_1"}}`, `{"id": "inv_1"}`},
		"wrapped, beside something else":              {`{"livemode": true, "object": {"id": "inv_1"}}`, `{"id": "inv_1"}`},
		"wrapped under an escaped name":               {`{"\u006fbject": {"id": "inv_1"}}`, `{"id": "inv_1"}`},
		"a wrapped resource with an object":           {`{"object": {"id": "inv_1", "object": {}}}`, `{"id": "inv_1", "object": {}}`},
		"a resource":                                  {`{"id": "inv_1"}`, `{"id": "inv_1"}`},
		"a resource with an object of its own":        {`{"id": "inv_1", "object": {"a": 1}}`, `{"id": "inv_1", "object": {"a": 1}}`},
		"a resource that names an object deeper down": {`{"id": "inv_1", "of": {"object": 1}}`, `{"id": "inv_1", "of": {"object": 1}}`},
		"a resource whose text has the word":          {`{"id": "inv_1", "note": "object"}`, `{"id": "inv_1", "note": "object"}`},
		"a list":                                      {`[{"object": {}}]`, `[{"object": {}}]`},
		"neither":                                     {`{"of": {"object": 1}}`, `{"of": {"object": 1}}`},
	} {
		event, err := receivedEvent(t, `{"id": "evt_1", "type": "invoice.paid", "data": `+c.data+`}`)
		if err != nil || string(event.Data.Object) != c.resource {
			t.Errorf("%s: event is %+v, error %v", name, event, err)
		}
	}
}

func TestWhatIsNoEventIsAnInvalidPayload(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "null", "[]", "42", `"evt_1"`, "{}", `{"id": "evt_1"}`, `{"type": "a.b"}`, `{"id": 1, "type": "a.b"}`, versionedEvent + "x"} {
		event, err := receivedEvent(t, body)
		if wantError(t, err, 400, "invalid_payload"); event != nil {
			t.Errorf("%s: event is %+v", body, event)
		}
	}
}

func TestCheckoutSessionOfAnotherEventIsAnError(t *testing.T) {
	t.Parallel()
	for body, says := range map[string]string{
		strings.Replace(plainEvent, "checkout_session.completed", "invoice.paid", 1):             "invoice.paid",
		`{"id": "evt_1", "type": "checkout_session.completed"}`:                                  "no checkout session",
		`{"id": "evt_1", "type": "checkout_session.completed", "data": null}`:                    "no checkout session",
		`{"id": "evt_1", "type": "checkout_session.completed", "data": {}}`:                      "no checkout session",
		`{"id": "evt_1", "type": "checkout_session.completed", "data": "cs_1"}`:                  "no checkout session",
		`{"id": "evt_1", "type": "plugipay.checkout_session.expired.v1", "data": {"object": 1}}`: "no checkout session",
	} {
		event, err := receivedEvent(t, body)
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		session, err := event.CheckoutSession()
		if pe := wantError(t, err, 400, "invalid_payload"); session != nil || !strings.Contains(pe.Message, says) {
			t.Errorf("session is %+v, error %v", session, err)
		}
	}
}

// FuzzWebhookEvent: whatever the body is, reading it does not panic; an event that is read has an id and a type, and its
// resource is a part of the body.
func FuzzWebhookEvent(f *testing.F) {
	for _, body := range []string{versionedEvent, plainEvent, "{}", `{"id":"e","type":"t","data":{"object":null}}`, `{"id":"e","type":"t","data":[{}]}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		event, err := plugipay.VerifyWebhook(body, plugipay.SignWebhook(body, webhookSecret, time.Unix(1, 0)), webhookSecret,
			&plugipay.VerifyWebhookOptions{Now: at(1)})
		if err != nil {
			if !errors.Is(err, plugipay.ErrInvalidPayload) {
				t.Fatal(err)
			}
			return
		}
		if event.ID == "" || event.Type == "" || !bytes.Equal(event.Raw, body) {
			t.Fatalf("event is %+v", event)
		}
		if !bytes.Contains(body, event.Data.Object) {
			t.Fatalf("resource %s is not in the body", event.Data.Object)
		}
		if session, err := event.CheckoutSession(); (session == nil) == (err == nil) {
			t.Fatalf("session %+v beside the error %v", session, err)
		}
	})
}
