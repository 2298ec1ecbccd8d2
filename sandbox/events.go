package sandbox

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

// event is an event before it is encoded for an endpoint.
type event struct {
	id      string
	name    gen.EventName // without a version
	account string
	live    bool
	at      time.Time

	// Of an event of a session:
	is  gen.CheckoutSession // after the event
	was gen.CheckoutSession // before the event

	// Of any other event:
	object json.RawMessage // nil for an event of a session
}

// subject returns the id of the object that the event is about. Events of one subject are delivered in order.
func (e event) subject() string {
	if e.object != nil {
		return objectID(e.object)
	}
	return e.is.ID
}

// sessionID returns the session's id, or "" if the event is not about a checkout session.
func (e event) sessionID() string {
	if subject := e.subject(); strings.HasPrefix(subject, sessionPrefix) || e.object == nil {
		return subject
	}
	return ""
}

// occurredAt returns the time of the event in its payload.
func (e event) occurredAt() string {
	if e.object != nil {
		return formatTime(e.at)
	}
	return e.is.UpdatedAt
}

func (e event) versionedType() string { return "plugipay." + e.name + ".v1" }

func (e event) workspaceID() string { return "ws_" + strings.TrimPrefix(e.account, "acc_") }

// encode returns the event in one of its two documented forms.
func (e event) encode(plain bool) ([]byte, error) {
	switch {
	case e.object != nil:
		return e.encodeObject(plain)
	case plain:
		return e.encodePlain()
	}
	return marshal(gen.VersionedEvent{
		ID:         e.id,
		Type:       e.versionedType(),
		AccountID:  e.account,
		OccurredAt: e.occurredAt(),
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
		CreatedAt:          e.occurredAt(),
		WorkspaceID:        e.workspaceID(),
		Data:               e.is,
		PreviousAttributes: previous,
	})
}

// encodeObject returns an event that the contract does not have, in one of the same two forms.
func (e event) encodeObject(plain bool) ([]byte, error) {
	if plain {
		return marshal(map[string]any{
			"id": e.id, "type": e.name, "createdAt": e.occurredAt(), "workspaceId": e.workspaceID(), "data": e.object,
		})
	}
	return marshal(map[string]any{
		"id": e.id, "type": e.versionedType(), "accountId": e.account, "occurredAt": e.occurredAt(),
		"data": map[string]any{"object": e.object},
	})
}

// previousAttributes returns the old values of the attributes that changed.
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

// marshal returns JSON without escapes for HTML, which events and responses do not need.
func marshal(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), err
}
