package plugipay

import (
	"context"
	"sync"
)

// WebhookClaim is what became of a claim on an event.
type WebhookClaim int

const (
	// WebhookInProgress: another delivery of the event is being handled. This one is answered with 503 and comes again.
	WebhookInProgress WebhookClaim = iota
	// WebhookClaimed: the event is the caller's to handle, and to end with Done or Release.
	WebhookClaimed
	// WebhookHandled: the event was handled before.
	WebhookHandled
)

// WebhookStore remembers which events were handled, so that each is handled once although deliveries repeat. A handler
// claims an event, handles it, and calls Done, or Release when it failed. Its methods are called by several goroutines
// at once, and by several processes if they share it.
//
// In a database, a table with the event's id as its primary key is enough: Claim inserts the id, Done marks it,
// Release deletes it. A process that ends in between leaves a claim behind: let Claim take over one that is older than an
// event may take to handle, or the event is lost.
type WebhookStore interface {
	// Claim claims an event by its id (evt_…).
	Claim(ctx context.Context, eventID string) (WebhookClaim, error)
	// Done records that the event was handled.
	Done(ctx context.Context, eventID string) error
	// Release gives a claim back, so that the event is handled at its next delivery.
	Release(ctx context.Context, eventID string) error
}

// memoryWebhookEvents is how many events a memory store remembers.
const memoryWebhookEvents = 10_000

// memoryWebhookStore is a WebhookStore for one process. It remembers the last handled events, in a ring.
type memoryWebhookStore struct {
	mu     sync.Mutex
	events map[string]WebhookClaim // in progress or handled
	ring   []string                // handled events, the oldest at next
	next   int
}

// NewMemoryWebhookStore returns a WebhookStore in memory. It remembers the last 10,000 events that were handled, and
// nothing after a restart: use a database where an event must not be handled twice.
func NewMemoryWebhookStore() WebhookStore {
	return &memoryWebhookStore{events: map[string]WebhookClaim{}, ring: make([]string, 0, 64)}
}

func (s *memoryWebhookStore) Claim(_ context.Context, eventID string) (WebhookClaim, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if claim, known := s.events[eventID]; known {
		return claim, nil
	}
	s.events[eventID] = WebhookInProgress
	return WebhookClaimed, nil
}

func (s *memoryWebhookStore) Done(_ context.Context, eventID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events[eventID] = WebhookHandled
	if len(s.ring) < memoryWebhookEvents {
		s.ring = append(s.ring, eventID)
		return nil
	}
	delete(s.events, s.ring[s.next])
	s.ring[s.next] = eventID
	s.next = (s.next + 1) % memoryWebhookEvents
	return nil
}

func (s *memoryWebhookStore) Release(_ context.Context, eventID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.events, eventID)
	return nil
}
