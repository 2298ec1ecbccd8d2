package plugipay

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// WebhookEvent is something that happened at Plugipay. Plugipay documents two forms of it, one with a versioned type
// ("plugipay.checkout_session.completed.v1") and one with a plain one ("checkout_session.completed"); both become this.
// [WebhookEvent.Name] is the same for both.
type WebhookEvent struct {
	// ID is the event's id (evt_…), the same in every delivery of it.
	ID string `json:"id"`
	// Type is what happened, as it was sent. There may be types that this package does not know.
	Type string `json:"type"`
	// AccountID is the merchant account (acc_…) that it happened in; of an event with a plain type, the workspace (ws_…).
	AccountID string `json:"accountId"`
	// OccurredAt is when it happened (ISO 8601, UTC).
	OccurredAt string `json:"occurredAt"`
	// Data is what it happened to.
	Data WebhookEventData `json:"data"`
	// PreviousAttributes are the properties that the event changed, as they were before; nil where it is not said.
	PreviousAttributes map[string]json.RawMessage `json:"previousAttributes,omitempty"`

	// Raw is the delivery's body as it arrived.
	Raw json.RawMessage `json:"-"`
}

// WebhookEventData holds the resource that an event is about.
type WebhookEventData struct {
	// Object is the resource right after the event, as JSON; see [WebhookEvent.CheckoutSession].
	Object json.RawMessage `json:"object"`
}

// UnmarshalJSON reads an event in either of its forms.
func (e *WebhookEvent) UnmarshalJSON(content []byte) error {
	event, err := decodeEvent(content)
	if err != nil {
		return err
	}
	*e = *event
	return nil
}

// sentEvent is an event as it is sent, with the properties of both forms and what is to be seen of its data.
type sentEvent[Data any] struct {
	ID                 string                     `json:"id"`
	Type               string                     `json:"type"`
	AccountID          string                     `json:"accountId"`
	WorkspaceID        string                     `json:"workspaceId"`
	OccurredAt         string                     `json:"occurredAt"`
	CreatedAt          string                     `json:"createdAt"`
	Data               Data                       `json:"data"`
	PreviousAttributes map[string]json.RawMessage `json:"previousAttributes"`
}

// wrappedResource is the data of the versioned form: the resource is its object. The data of the other form is the
// resource itself, which has an id; that tells the two apart even if a resource has something called object in it.
type wrappedResource struct {
	ID     json.RawMessage `json:"id"`
	Object json.RawMessage `json:"object"`
}

// decodeEvent reads an event. Whether its data may be wrapped is seen from the text: to look into the data first would
// be to read it twice, which only an event that has the word somewhere else costs.
func decodeEvent(content []byte) (*WebhookEvent, error) {
	if bytes.Contains(content, []byte(`"object"`)) || bytes.Contains(content, []byte(`\u`)) { // which may spell it, too
		var sent sentEvent[wrappedResource]
		err := json.Unmarshal(content, &sent)
		if err == nil && sent.Data.ID == nil && sent.Data.Object != nil {
			return newEvent(content, &sent, sent.Data.Object), nil
		}
	}
	var sent sentEvent[json.RawMessage]
	if err := json.Unmarshal(content, &sent); err != nil {
		return nil, err
	}
	return newEvent(content, &sent, sent.Data), nil
}

func newEvent[Data any](content []byte, sent *sentEvent[Data], resource json.RawMessage) *WebhookEvent {
	return &WebhookEvent{
		ID:                 sent.ID,
		Type:               sent.Type,
		AccountID:          cmp.Or(sent.AccountID, sent.WorkspaceID),
		OccurredAt:         cmp.Or(sent.OccurredAt, sent.CreatedAt),
		Data:               WebhookEventData{Object: resource},
		PreviousAttributes: sent.PreviousAttributes,
		Raw:                slices.Clone(content),
	}
}

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

// Name returns what happened in the same words for both forms of an event, such as [EventCheckoutSessionCompleted]: the
// type without the prefix and the version. It does so for types that this package does not know, too.
func (e *WebhookEvent) Name() EventName {
	name, versioned := strings.CutPrefix(e.Type, "plugipay.")
	if end := strings.LastIndex(name, ".v"); versioned && end >= 0 && isNumber(name[end+len(".v"):]) {
		return name[:end]
	}
	return name
}

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// CheckoutSession returns the session that the event is about, as it was right after the event. For an event about
// something else it fails with an [*Error] whose code is invalid_payload.
func (e *WebhookEvent) CheckoutSession() (*CheckoutSession, error) {
	if !strings.HasPrefix(e.Name(), "checkout_session.") {
		return nil, invalidPayload("the event "+e.ID+" is not about a checkout session but of the type "+e.Type, nil)
	}
	session := &CheckoutSession{}
	if err := json.Unmarshal(e.Data.Object, session); err != nil {
		return nil, invalidPayload("the event "+e.ID+" holds no checkout session", err)
	}
	if session.ID == "" || bytes.Equal(e.Data.Object, []byte("null")) {
		return nil, invalidPayload("the event "+e.ID+" holds no checkout session", nil)
	}
	return session, nil
}

func invalidPayload(message string, cause error) error {
	return &Error{Status: http.StatusBadRequest, Code: ErrorCodeInvalidPayload, Message: message, cause: cause}
}
