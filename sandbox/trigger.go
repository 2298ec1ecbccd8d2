package sandbox

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
)

// Trigger makes an event happen in the first workspace and returns the event. The event goes to the endpoints that receive its
// kind. The name is a plain name, such as [plugipay.EventCheckoutSessionCompleted], or a name that the sandbox does not know,
// such as "refund.succeeded". An unknown name needs an object. The object is the event's subject:
//
//   - nil, or a func(*plugipay.CheckoutSession): Trigger creates a session in the status that it has after such an event. The
//     function may change the session first, including its status and id. No other event is sent.
//   - anything else: Trigger sends the object as JSON. No session changes.
//
// Trigger fails if the name is unknown and the object is nil, if the object cannot be written as JSON, or if the changed session
// has the id of an existing session or times that are not ISO 8601.
func (s *Sandbox) Trigger(name plugipay.EventName, object any) (Event, error) {
	key := s.directory.firstKey
	e, err := s.trigger(key.home, key.live, name, object)
	if err != nil {
		return Event{}, fmt.Errorf("sandbox: %w", err)
	}
	return newEvent(e), nil
}

func (s *Sandbox) trigger(w *workspace, live bool, name plugipay.EventName, object any) (event, error) {
	name = plainName(name)
	if name == "" {
		return event{}, invalid("type", "is required")
	}
	switch given := object.(type) {
	case nil:
		return s.triggerSession(w, live, name, nil)
	case func(*plugipay.CheckoutSession):
		return s.triggerSession(w, live, name, given)
	}
	encoded, err := marshal(object)
	if err != nil {
		return event{}, fmt.Errorf("the object of the event cannot be written as JSON: %w", err)
	}
	return w.feed.publishObject(name, live, encoded), nil
}

// triggerSession creates a session in the state after an event, and sends the event.
func (s *Sandbox) triggerSession(
	w *workspace, live bool, name plugipay.EventName, change func(*plugipay.CheckoutSession),
) (event, error) {
	if !strings.HasPrefix(name, "checkout_session.") {
		return event{}, invalid("type", "is not an event of checkout sessions, so it needs an object")
	}
	now := w.clock.now()
	sample := sampleSession(name, w.accountID, now)
	if s.publicURL != "" {
		sample.HostedURL = hostedURL(s.publicURL, sample.ID)
	}
	session, err := changed(sample, change)
	if err != nil {
		return event{}, fmt.Errorf("the changed session cannot be written as JSON: %w", err)
	}
	stored, err := newStoredSession(session)
	if err != nil {
		return event{}, err
	}
	return w.dataset(live).sessions.adopt(stored, func(is gen.CheckoutSession) event {
		return w.feed.publish(name, live, is, is)
	}, now)
}

// newStoredSession returns a session as the store holds it.
func newStoredSession(from gen.CheckoutSession) (*session, error) {
	stored := &session{fixed: from, status: from.Status, adapterName: valueOr(from.Adapter, "")}
	for _, field := range []struct {
		name  string
		value string
		into  *time.Time
	}{
		{"createdAt", from.CreatedAt, &stored.created},
		{"expiresAt", from.ExpiresAt, &stored.expires},
		{"updatedAt", from.UpdatedAt, &stored.updated},
		{"completedAt", valueOr(from.CompletedAt, from.UpdatedAt), &stored.completed},
	} {
		t, err := time.Parse(time.RFC3339, field.value)
		if err != nil {
			return nil, invalid(field.name, "is not a time")
		}
		*field.into = t.UTC()
	}
	if from.CompletedAt == nil {
		stored.completed = time.Time{}
	}
	if len(from.Methods) > 0 && hasEnded(from.Status) {
		stored.payment.method = from.Methods[0]
	}
	return stored, nil
}

// adopt adds a session that the store has not created, and publishes its event.
func (s *sessionStore) adopt(
	added *session, publish func(is gen.CheckoutSession) event, now time.Time,
) (event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.byID[added.fixed.ID]; taken || added.fixed.ID == "" {
		return event{}, invalid("id", "must be the id of a new session; for an existing session, send the session itself as the object")
	}
	added.created = s.notBeforeLast(added.created)
	added.fixed.CreatedAt = formatTime(added.created)
	s.insert(added)
	return publish(added.at(now)), nil
}

// plainName returns the plain name of an event type, which may be plain or versioned.
func plainName(name plugipay.EventName) plugipay.EventName {
	return (&plugipay.WebhookEvent{Type: name}).Name()
}

// objectID returns the id of an event's object, or "" if the object has no id.
func objectID(object json.RawMessage) string {
	var found struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(object, &found) // the object has no id if its id is not a string
	return found.ID
}
