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
		"occurredAt": "2026-09-21T14:13:20.000Z", "data": {"object": ` + sessionJSON + `, "aggregateType": "checkout_session", "aggregateId": "cs_01HX"}}`
	plainEvent = `{"id": "evt_1", "type": "checkout_session.completed", "workspaceId": "ws_01",
		"createdAt": "2026-09-21T14:13:20.000Z", "data": ` + sessionJSON + `, "previousAttributes": {"status": "open", "completedAt": null}}`
)

func TestWebhookEvent_BothFormsBecomeOneShape(t *testing.T) {
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
		if body == versionedEvent {
			want.Data.AggregateType, want.Data.AggregateID = "checkout_session", "cs_01HX"
		}
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

func TestWebhookEvent_HoldsACopyOfTheBody(t *testing.T) {
	t.Parallel()
	body := []byte(versionedEvent)
	event, err := plugipay.VerifyWebhook(body, plugipay.SignWebhook(body, webhookSecret, time.Now()), webhookSecret, nil)
	if err != nil {
		t.Fatal(err)
	}
	clear(body) // like a buffer that is reused
	if string(event.Raw) != versionedEvent || string(event.Data.Object) != sessionJSON {
		t.Error("the event changed with the buffer")
	}
}

func TestWebhookEvent_ContractExamplesAreRead(t *testing.T) {
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
			if err != nil || event.Name() != name || event.OccurredAt == "" || event.AccountID == "" ||
				session.ID != "cs_01J8ZQ6A4R0S2T4V6X8Z0B2D4F" {
				t.Errorf("%s %s: event %s, session %+v, error %v", name, example, event.Name(), session, err)
			}
		}
	}
	if events != 8 {
		t.Errorf("the contract has %d example events, want 8", events)
	}
}

func TestWebhookEvent_UnknownTypeIsRead(t *testing.T) {
	t.Parallel()
	for typ, name := range map[string]string{
		"plugipay.subscription.renewed.v3":     "subscription.renewed",
		"refund.succeeded":                     "refund.succeeded",
		"plugipay.checkout_session.thawed.v12": "checkout_session.thawed",
		"checkout_session.v1":                  "checkout_session.v1", // only a type with the prefix has a version
		"plugipay.":                            "",
		"something else":                       "something else",
	} {
		data := `{"id": "x_1"}`
		if strings.HasPrefix(typ, "plugipay.") {
			data = `{"object": {"id": "x_1"}}`
		}
		event, err := receivedEvent(t, `{"id": "evt_1", "type": "`+typ+`", "data": `+data+`}`)
		if err != nil || event.Name() != name || event.Type != typ || string(event.Data.Object) != `{"id": "x_1"}` {
			t.Errorf("%s: event %+v, name %q, error %v", typ, event, event.Name(), err)
		}
	}
}

// TestWebhookEvent_TypeDecidesItsForm checks that the form of an event does not depend on its data.
func TestWebhookEvent_TypeDecidesItsForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ typ, data, resource string }{
		{"plugipay.invoice.paid.v1", `{"object": {"id": "inv_1"}}`, `{"id": "inv_1"}`},
		{"plugipay.invoice.paid.v1", `{"id": "x", "object": {"id": "inv_1", "object": {}}}`, `{"id": "inv_1", "object": {}}`},
		{"plugipay.invoice.paid.v1", `{"\u006fbject": {"id": "inv_1"}}`, `{"id": "inv_1"}`},
		{"plugipay.invoice.paid.v1", `{"id": "inv_1"}`, ""},
		{"plugipay.invoice.paid.v1", `[{"object": {}}]`, ""},
		{"plugipay.invoice.paid.v1", `null`, ""},
		{"invoice.paid", `{"id": "inv_1"}`, `{"id": "inv_1"}`},
		{"invoice.paid", `{"object": {"id": "inv_1"}}`, `{"object": {"id": "inv_1"}}`},
		{"invoice.paid", `{"id": "inv_1", "object": "invoice", "to": 1}`, `{"id": "inv_1", "object": "invoice", "to": 1}`},
		{"invoice.paid", `[{"object": {}}]`, `[{"object": {}}]`},
	} {
		event, err := receivedEvent(t, `{"id": "evt_1", "type": "`+c.typ+`", "data": `+c.data+`}`)
		if err != nil || string(event.Data.Object) != c.resource || event.Data.AggregateType != "" || event.Data.To != "" {
			t.Errorf("%s with %s: event is %+v, error %v", c.typ, c.data, event, err)
		}
	}
}

func TestWebhookEvent_DataHasItsOtherProperties(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]plugipay.WebhookEventData{
		`{"object": 1, "aggregateType": "invoice", "aggregateId": "inv_1", "to": "a@b.c", "reason": "declined", "entry": {"id": "e_1"}, "daysAdvanced": 3}`: {
			Object: json.RawMessage("1"), AggregateType: "invoice", AggregateID: "inv_1", To: "a@b.c", Reason: "declined",
			Entry: json.RawMessage(`{"id": "e_1"}`), DaysAdvanced: 3},
		`{"object": 1}`: {Object: json.RawMessage("1")},
		`{"object": 1, "aggregateType": 1, "aggregateId": [], "to": {}, "reason": true, "daysAdvanced": "3"}`: {Object: json.RawMessage("1")},
		`{"object": 1, "aggregateType": null, "to": null, "reason": null, "daysAdvanced": 1.5}`:               {Object: json.RawMessage("1")},
	} {
		event, err := receivedEvent(t, `{"id": "evt_1", "type": "plugipay.invoice.sent.v1", "data": `+sent+`}`)
		if err != nil || !reflect.DeepEqual(event.Data, want) {
			t.Errorf("%s: data is %+v, want %+v; error %v", sent, event.Data, want, err)
		}
	}
}

// TestWebhookEvent_MalformedPropertiesAreEmpty checks that only a missing id or type makes an event invalid.
func TestWebhookEvent_MalformedPropertiesAreEmpty(t *testing.T) {
	t.Parallel()
	for _, malformed := range []string{"[]", "{}", "7", "true", "null", "1e999", `[{"id": 1}]`} {
		body := strings.ReplaceAll(`{"id": "evt_1", "accountId": ODD, "workspaceId": ODD, "occurredAt": ODD, "createdAt": ODD, "data": ODD,
			"previousAttributes": ODD, "type": "plugipay.invoice.paid.v1"}`, "ODD", malformed)
		event, err := receivedEvent(t, body)
		if err != nil {
			t.Errorf("%s: %v", malformed, err)
			continue
		}
		if event.ID != "evt_1" || event.Type != "plugipay.invoice.paid.v1" || event.AccountID != "" || event.OccurredAt != "" ||
			len(event.PreviousAttributes) != 0 || event.Data.Object != nil || string(event.Raw) != body {
			t.Errorf("%s: event is %+v", malformed, event)
		}
	}
}

func TestWebhookEvent_MalformedSessionPropertyIsEmpty(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{ // "" means that the session is returned
		`"metadata": {"n": 1, "order_id": "ord_42"}`: "",
		`"metadata": []`:             "",
		`"expiresAt": 1790000000`:    "",
		`"methods": "qris"`:          "",
		`"amount": "100"`:            "amount",
		`"amount": 1.5`:              "amount",
		`"status": 1`:                "status",
		`"currency": {}`:             "currency",
		`"id": 1`:                    "id",
		`"metadata": 1, "status": 1`: "status",
	} {
		session := `{"id": "cs_1", "amount": 100, "currency": "IDR", "status": "completed", ` + sent + `}`
		event, err := receivedEvent(t, `{"id": "evt_1", "type": "checkout_session.completed", "data": `+session+`}`)
		if err != nil {
			t.Fatal(err)
		}
		got, err := event.CheckoutSession()
		if want == "" {
			if err != nil || got.ID != "cs_1" || got.Amount != 100 || got.Currency != "IDR" || got.Status != "completed" {
				t.Errorf("%s: session is %+v, error %v", sent, got, err)
			}
			continue
		}
		wantError(t, err, 400, "invalid_payload")
		var mismatch *json.UnmarshalTypeError
		if got != nil || !errors.As(err, &mismatch) || mismatch.Field != want {
			t.Errorf("%s: session is %+v, error %v", sent, got, err)
		}
	}
}

func TestWebhookEvent_UnmarshalsItself(t *testing.T) {
	t.Parallel()
	var events []plugipay.WebhookEvent
	if err := json.Unmarshal([]byte("["+versionedEvent+","+plainEvent+", null]"), &events); err != nil {
		t.Fatal(err)
	}
	for i, typ := range []string{"plugipay.checkout_session.completed.v1", "checkout_session.completed", ""} {
		if events[i].Type != typ {
			t.Errorf("event %d is %+v", i, events[i])
		}
	}
	if err := json.Unmarshal([]byte("[[]]"), &events); err == nil {
		t.Error("a list is read as an event")
	}
}

func TestWebhookEvent_OtherBodiesAreInvalidPayloads(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"", "null", "[]", "42", `"evt_1"`, "{}", `{"id": "evt_1"}`, `{"type": "a.b"}`, `{"id": 1, "type": "a.b"}`, versionedEvent + "x",
	} {
		event, err := receivedEvent(t, body)
		if wantError(t, err, 400, "invalid_payload"); event != nil {
			t.Errorf("%s: event is %+v", body, event)
		}
	}
}

func TestCheckoutSession_OfAnotherEventIsAnError(t *testing.T) {
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

// FuzzWebhookEvent checks that reading a body does not panic. An event has an id and a type, and its resource is a part of
// the body.
func FuzzWebhookEvent(f *testing.F) {
	for _, body := range []string{
		versionedEvent, plainEvent, "{}", `{"id":"e","type":"t","data":{"object":null}}`, `{"id":"e","type":"t","data":[{}]}`,
	} {
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
			t.Fatalf("session is %+v, error %v", session, err)
		}
	})
}
