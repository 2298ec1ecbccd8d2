package sandbox

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// Event is something that happened in a workspace.
type Event struct {
	// ID is "evt_" and a ULID.
	ID string
	// Type is the event's plain name, also if its endpoints receive the versioned form.
	Type plugipay.EventName
	// SessionID is the id of the session that changed. Empty means that the event is about something else.
	SessionID string
	// AccountID is the id of the workspace's account.
	AccountID string
	// Live reports whether live data changed.
	Live bool
	// At is the time of the event, by the sandbox's clock.
	At time.Time
	// Object is the event's subject as JSON: the session right after the event.
	Object json.RawMessage
}

// Events returns the last 1000 events of each workspace, newest first, also those that no endpoint receives.
func (s *Sandbox) Events() []Event {
	s.expireDue()
	return eventsOf(s.directory.all())
}

func eventsOf(workspaces []*workspace) []Event {
	found := []Event{}
	for _, w := range workspaces {
		for _, e := range w.feed.newestFirst() {
			found = append(found, newEvent(e))
		}
	}
	if len(workspaces) > 1 { // the events of a single workspace are sorted
		slices.SortStableFunc(found, func(a, b Event) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.ID, a.ID)) })
	}
	return found
}

func newEvent(e event) Event {
	object := e.object
	if object == nil {
		object, _ = marshal(e.is) // cannot fail, because the session was decoded from JSON
	}
	return Event{
		ID: e.id, Type: e.name, SessionID: e.sessionID(), AccountID: e.account, Live: e.live, At: e.at, Object: object,
	}
}

// Redeliver sends an event again, with the same id and the same body, to all endpoints of its workspace that receive its kind.
// It fails if the event is not one of [Sandbox.Events], or if no endpoint receives it.
func (s *Sandbox) Redeliver(eventID string) error {
	if err := s.redeliver(eventID); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	return nil
}

var (
	errNoSuchEvent = errors.New("no such event")
	errNoEndpoint  = errors.New("no endpoint wants the event: add one first")
)

func (s *Sandbox) redeliver(eventID string) error {
	for _, w := range s.directory.all() {
		if endpoints, found := w.feed.redeliver(eventID); found {
			if endpoints == 0 {
				return errNoEndpoint
			}
			return nil
		}
	}
	return errNoSuchEvent
}
