package plugipay

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
)

// WebhookEvent reports a change at Plugipay. Plugipay documents two forms of an event, one with a versioned type
// ("plugipay.checkout_session.completed.v1") and one with a plain type ("checkout_session.completed"). Both become this
// type, and [WebhookEvent.Name] is the same for both.
//
// A property of an unexpected JSON type leaves its field empty; Raw has all of them. Only an event without an id or a type
// is refused.
type WebhookEvent struct {
	// ID is the event's id (evt_…), the same in every delivery of it.
	ID string `json:"id"`
	// Type is the event's type as it was sent. Plugipay may send types that this package does not know.
	Type string `json:"type"`
	// AccountID is the merchant account (acc_…) that the event belongs to; for the plain form, the workspace (ws_…). With
	// [WebhookHandlerOptions.SecretsFor] it is verified: the event is signed with a secret of this account.
	AccountID string `json:"accountId"`
	// OccurredAt is the time of the change (ISO 8601, UTC).
	OccurredAt string `json:"occurredAt"`
	// Data holds the resource that changed.
	Data WebhookEventData `json:"data"`
	// PreviousAttributes holds the values that the changed properties had before; nil where the event has none.
	PreviousAttributes map[string]json.RawMessage `json:"previousAttributes,omitempty"`

	// Raw is the delivery's body as it arrived.
	Raw json.RawMessage `json:"-"`
}

// WebhookEventData holds the resource that an event is about. The plain form has nothing but the resource.
type WebhookEventData struct {
	// Object is the resource right after the event, as JSON; see [WebhookEvent.CheckoutSession].
	Object json.RawMessage `json:"object"`
	// AggregateType is the kind of the resource; empty where the event has none.
	AggregateType string `json:"aggregateType"`
	// AggregateID is the resource's id; empty where the event has none.
	AggregateID string `json:"aggregateId"`
	// To is where something was sent; empty where the event has none.
	To string `json:"to,omitempty"`
	// Reason is why something failed; empty where the event has none.
	Reason string `json:"reason,omitempty"`
	// Entry is what was booked, as JSON; nil where the event has none.
	Entry json.RawMessage `json:"entry,omitempty"`
	// DaysAdvanced is the number of days that a test clock was advanced; 0 where the event has none.
	DaysAdvanced int `json:"daysAdvanced,omitempty"`
}

// UnmarshalJSON reads an event in either of its forms.
func (e *WebhookEvent) UnmarshalJSON(content []byte) error {
	if string(content) == "null" { // which changes nothing, as encoding/json has it
		return nil
	}
	event, err := decodeEvent(content)
	if err != nil {
		return err
	}
	*e = *event
	return nil
}

// sentEvent is an event as it is sent, with the properties of both forms.
type sentEvent struct {
	ID                 string                     `json:"id"`
	Type               string                     `json:"type"`
	AccountID          string                     `json:"accountId"`
	WorkspaceID        string                     `json:"workspaceId"`
	OccurredAt         string                     `json:"occurredAt"`
	CreatedAt          string                     `json:"createdAt"`
	Data               WebhookEventData           `json:"data"`
	PreviousAttributes map[string]json.RawMessage `json:"previousAttributes"`
}

// decodeEvent reads an event. It fails only for content that is not a JSON object.
func decodeEvent(content []byte) (*WebhookEvent, error) {
	if !bytes.HasPrefix(bytes.TrimLeft(content, " \t\r\n"), []byte("{")) {
		return nil, errors.New("the content is not a JSON object")
	}
	var sent sentEvent
	if err := unmarshalLeniently(content, &sent); err != nil {
		return nil, err
	}
	data := sent.Data
	if !isVersioned(sent.Type) { // the resource is data itself
		var plain struct {
			Data json.RawMessage `json:"data"`
		}
		if err := unmarshalLeniently(content, &plain); err != nil {
			return nil, err
		}
		data = WebhookEventData{Object: plain.Data}
	}
	return &WebhookEvent{
		ID:                 sent.ID,
		Type:               sent.Type,
		AccountID:          cmp.Or(sent.AccountID, sent.WorkspaceID),
		OccurredAt:         cmp.Or(sent.OccurredAt, sent.CreatedAt),
		Data:               data,
		PreviousAttributes: sent.PreviousAttributes,
		Raw:                slices.Clone(content),
	}, nil
}

// unmarshalLeniently leaves a field empty whose JSON value has another type. encoding/json decodes the rest of the
// document and returns the first such error at the end.
func unmarshalLeniently(content []byte, into any) error {
	err := json.Unmarshal(content, into)
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) {
		return nil
	}
	return err
}

// isVersioned reports whether a type is that of the versioned form.
func isVersioned(eventType string) bool { return strings.HasPrefix(eventType, "plugipay.") }

// parseEvent reads an event that was verified.
func parseEvent(rawBody []byte) (*WebhookEvent, error) {
	event, err := decodeEvent(rawBody)
	if err != nil {
		return nil, invalidPayload("the body is not the JSON of an event", err)
	}
	if event.ID == "" || event.Type == "" {
		return nil, invalidPayload("the event has no id or no type", nil)
	}
	return event, nil
}

// Name returns the event's name, such as [EventCheckoutSessionCompleted]: the type without the prefix and the version of
// the versioned form. It does so for types that this package does not know, too.
func (e *WebhookEvent) Name() EventName {
	name, versioned := strings.CutPrefix(e.Type, "plugipay.")
	if end := strings.LastIndex(name, ".v"); versioned && end >= 0 && isNumber(name[end+len(".v"):]) {
		return name[:end]
	}
	return name
}

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// CheckoutSession returns the session that the event is about, as it was right after the event. For an event about
// something else it fails with an [*Error] whose code is invalid_payload. So does it if the session has no id, or if its
// id, amount, currency or status has an unexpected JSON type; any other such property leaves its field empty.
func (e *WebhookEvent) CheckoutSession() (*CheckoutSession, error) {
	if !strings.HasPrefix(e.Name(), "checkout_session.") {
		return nil, invalidPayload("the event "+e.ID+" is not about a checkout session but of the type "+e.Type, nil)
	}
	session := &CheckoutSession{}
	if err := decodeEventSession(e.Data.Object, session); err != nil {
		return nil, invalidPayload("the event "+e.ID+" holds no checkout session", err)
	}
	return session, nil
}

// decodeEventSession reads a session. An odd property that is not essential leaves its field empty: a payment must not be
// lost to it.
func decodeEventSession(content []byte, session *CheckoutSession) error {
	if err := decodeLeniently(content, session); err != nil {
		return err
	}
	if session.ID == "" {
		return errors.New("the session has no id")
	}
	return nil
}

func invalidPayload(message string, cause error) error {
	return &Error{Status: http.StatusBadRequest, Code: ErrorCodeInvalidPayload, Message: message, cause: cause}
}
