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
	// ID is the event's id (evt_…). A repeated delivery usually has the same id, but it may have a new one.
	ID string `json:"id"`
	// Type is the event's type as it was sent. Plugipay may send types that this package does not know.
	Type string `json:"type"`
	// AccountID is the merchant account (acc_…) that the event belongs to. In the plain form it is the workspace (ws_…). With
	// [WebhookHandlerOptions.SecretsFor] it is verified: the event is signed with a secret of this account.
	AccountID string `json:"accountId"`
	// OccurredAt is the time of the change (ISO 8601, UTC).
	OccurredAt string `json:"occurredAt"`
	// Data holds the resource that changed.
	Data WebhookEventData `json:"data"`
	// PreviousAttributes holds the previous values of the changed properties. It is nil if the event has none.
	PreviousAttributes map[string]json.RawMessage `json:"previousAttributes,omitempty"`

	// Raw is the delivery's body as it arrived.
	Raw json.RawMessage `json:"-"`
}

// WebhookEventData holds the resource that an event is about. Events in the plain form have only Object.
type WebhookEventData struct {
	// Object is the resource right after the event, as JSON. See [WebhookEvent.CheckoutSession].
	Object json.RawMessage `json:"object"`
	// AggregateType is the kind of the resource. It is empty if the event has none.
	AggregateType string `json:"aggregateType"`
	// AggregateID is the resource's id. It is empty if the event has none.
	AggregateID string `json:"aggregateId"`
	// To is the address that something was sent to. It is empty if the event has none.
	To string `json:"to,omitempty"`
	// Reason describes why something failed. It is empty if the event has none.
	Reason string `json:"reason,omitempty"`
	// Entry is the booked entry, as JSON. It is nil if the event has none.
	Entry json.RawMessage `json:"entry,omitempty"`
	// DaysAdvanced is the number of days that a test clock was advanced. It is 0 if the event has none.
	DaysAdvanced int `json:"daysAdvanced,omitempty"`
}

// UnmarshalJSON reads an event in either of its forms.
func (e *WebhookEvent) UnmarshalJSON(content []byte) error {
	if string(content) == "null" { // by convention of encoding/json, null changes nothing
		return nil
	}
	event, err := decodeEvent(content)
	if err != nil {
		return err
	}
	*e = *event
	return nil
}

// sentEvent is an event as Plugipay sends it, with the properties of both forms.
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
	if !isVersioned(sent.Type) { // data is the resource itself
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

// unmarshalLeniently decodes JSON. A value of an unexpected type leaves its field empty: encoding/json returns the first such
// error only after it has decoded the rest.
func unmarshalLeniently(content []byte, into any) error {
	err := json.Unmarshal(content, into)
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) {
		return nil
	}
	return err
}

// isVersioned reports whether a type belongs to the versioned form.
func isVersioned(eventType string) bool { return strings.HasPrefix(eventType, "plugipay.") }

// parseEvent reads the body of a verified delivery.
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

// Name returns the event's name, such as [EventCheckoutSessionCompleted]. It is the type without the prefix and the version of
// the versioned form. Types that this package does not know have names, too.
func (e *WebhookEvent) Name() EventName {
	name, versioned := strings.CutPrefix(e.Type, "plugipay.")
	if end := strings.LastIndex(name, ".v"); versioned && end >= 0 && isNumber(name[end+len(".v"):]) {
		return name[:end]
	}
	return name
}

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// CheckoutSession returns the session that the event is about, in its state right after the event.
//
// If the event is not about a checkout session, the error is an [*Error] with the code invalid_payload. The error is the same if
// the session has no id, or if its id, amount, currency, status or hostedUrl has an unexpected JSON type. Any other property of
// an unexpected type leaves its field empty.
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

// decodeEventSession reads a session. A malformed property that is not essential leaves its field empty, because a payment
// must not be lost because of it.
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
