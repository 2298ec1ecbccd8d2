package sandbox

import (
	"encoding/json"
	"sort"
	"sync"
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

// session is a checkout session as it was when it last changed. That it has expired follows from the time at which it
// is looked at, even before its expiry is noted as a change.
type session struct {
	fixed       gen.CheckoutSession // what never changes
	created     time.Time
	expires     time.Time
	status      gen.CheckoutSessionStatus
	updated     time.Time
	completed   time.Time // zero until then
	adapterName string    // empty until it is routed
	payment     payment   // that is in flight, or that completed the session
}

// sessionStore holds the checkout sessions of a dataset in the order in which they were created. The index of a session
// is its sequence number: sessions are never removed.
type sessionStore struct {
	mu       sync.RWMutex
	sessions []*session
	numbers  map[string]int // by id

	// onEvent is told of each event with the session as it is then, and as it was. It is called with the lock held, so
	// that events are told in the order in which they happen: it must return at once and not come back here.
	onEvent func(name gen.EventName, is, was gen.CheckoutSession)

	// onCreate is told when each session expires, in the same way.
	onCreate func(number int, expires time.Time)
}

func newSessionStore() *sessionStore {
	return &sessionStore{
		numbers:  map[string]int{},
		onEvent:  func(gen.EventName, gen.CheckoutSession, gen.CheckoutSession) {},
		onCreate: func(int, time.Time) {},
	}
}

// newSession is what the store needs to create one.
type newSession struct {
	accountID    string
	input        gen.CheckoutSessionCreateInput
	lineItems    json.RawMessage // as they were sent
	lifetime     int64           // seconds
	hostedURLFor func(id string) string
}

func (s *sessionStore) create(in newSession, now time.Time) gen.CheckoutSession {
	id := newID("cs_", now)
	s.mu.Lock()
	defer s.mu.Unlock()
	// Two creations may get here in another order than they read the clock; the list must be in order all the same.
	if n := len(s.sessions); n > 0 && s.sessions[n-1].created.After(now) {
		now = s.sessions[n-1].created
	}
	expires := afterSeconds(now, in.lifetime)
	created := &session{
		fixed: gen.CheckoutSession{
			ID:         id,
			AccountID:  in.accountID,
			CustomerID: in.input.CustomerID,
			Amount:     in.input.Amount,
			Currency:   in.input.Currency,
			Methods:    in.input.Methods,
			LineItems:  in.lineItems,
			SuccessURL: in.input.SuccessURL,
			CancelURL:  in.input.CancelURL,
			HostedURL:  in.hostedURLFor(id),
			Metadata:   in.input.Metadata,
			CreatedAt:  formatTime(now),
		},
		created: now,
		expires: expires,
		status:  gen.CheckoutSessionStatusOpen,
		updated: now,
	}
	s.numbers[id] = len(s.sessions)
	s.sessions = append(s.sessions, created)
	s.onCreate(s.numbers[id], expires)
	return created.at(now)
}

func (s *sessionStore) get(id string, now time.Time) (gen.CheckoutSession, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	number, ok := s.numbers[id]
	if !ok {
		return gen.CheckoutSession{}, noSuchSession()
	}
	return s.sessions[number].at(now), nil
}

// cancel ends a session without a payment.
func (s *sessionStore) cancel(id string, now time.Time) (gen.CheckoutSession, error) {
	return s.change(id, now, "canceled", func(found *session) ([]gen.EventName, error) {
		found.status = gen.CheckoutSessionStatusCanceled
		return nil, nil // no event is documented for it
	})
}

// confirm ends a session whose money has arrived.
func (s *sessionStore) confirm(id string, now time.Time) (gen.CheckoutSession, error) {
	return s.change(id, now, "confirmed", func(found *session) ([]gen.EventName, error) {
		found.complete()
		if found.adapterName == "" {
			found.adapterName = gen.CheckoutAdapterManual
		}
		return []gen.EventName{gen.EventCheckoutSessionCompleted}, nil
	})
}

// change applies a change to a session that has not ended, and tells of the events that it makes. The verb is for the
// error of a session that has ended; an error of the change leaves the session as it was.
func (s *sessionStore) change(
	id string, now time.Time, verb string, apply func(*session) ([]gen.EventName, error),
) (gen.CheckoutSession, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	number, ok := s.numbers[id]
	if !ok {
		return gen.CheckoutSession{}, noSuchSession()
	}
	found := s.sessions[number]
	if status := found.statusAt(now); hasEnded(status) {
		return gen.CheckoutSession{}, fail(gen.ErrorCodeConflict,
			"the checkout session is "+status+" and cannot be "+verb)
	}
	return s.apply(found, now, apply)
}

// apply makes a change of a session and reports its events. It needs the lock.
func (s *sessionStore) apply(
	found *session, now time.Time, apply func(*session) ([]gen.EventName, error),
) (gen.CheckoutSession, error) {
	was := found.at(now)
	changed := *found
	if now.After(changed.updated) {
		changed.updated = now
	}
	events, err := apply(&changed)
	if err != nil {
		return gen.CheckoutSession{}, err
	}
	*found = changed
	is := found.at(now)
	for _, name := range events {
		s.onEvent(name, is, was)
	}
	return is, nil
}

// page returns up to limit sessions, and the query for the next page or nil if there is none.
func (s *sessionStore) page(q listQuery, limit int, now time.Time) ([]gen.CheckoutSession, *listQuery) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	first, end := s.bounds(q)
	page := []gen.CheckoutSession{}
	var last int
	for i := range end - first {
		number := end - 1 - i
		if q.OldestFirst {
			number = first + i
		}
		if !s.sessions[number].matches(q, now) {
			continue
		}
		if len(page) == limit {
			q.Last = &last
			return page, &q
		}
		page = append(page, s.sessions[number].at(now))
		last = number
	}
	return page, nil
}

// bounds returns the sequence numbers between which the sessions of a query lie, the second one not included.
func (s *sessionStore) bounds(q listQuery) (first, end int) {
	end = len(s.sessions)
	if q.CreatedAfter != nil {
		first = sort.Search(end, func(i int) bool { return s.sessions[i].created.After(*q.CreatedAfter) })
	}
	if q.CreatedBefore != nil {
		end = sort.Search(end, func(i int) bool { return !s.sessions[i].created.Before(*q.CreatedBefore) })
	}
	switch {
	case q.Last != nil && q.OldestFirst:
		first = max(first, *q.Last+1)
	case q.Last != nil:
		end = min(end, *q.Last)
	}
	return first, max(first, end)
}

func (s *session) matches(q listQuery, now time.Time) bool {
	if q.Status != "" && s.statusAt(now) != q.Status {
		return false
	}
	return q.CustomerID == "" || s.fixed.CustomerID != nil && *s.fixed.CustomerID == q.CustomerID
}

// statusAt returns the status at a time: a session that has not ended expires at expiresAt, not a moment later.
func (s *session) statusAt(now time.Time) gen.CheckoutSessionStatus {
	if !hasEnded(s.status) && !now.Before(s.expires) {
		return gen.CheckoutSessionStatusExpired
	}
	return s.status
}

// statusFailed is the status of a session whose payment failed for good.
const statusFailed gen.CheckoutSessionStatus = "failed"

func hasEnded(status gen.CheckoutSessionStatus) bool {
	switch status {
	case gen.CheckoutSessionStatusCompleted, gen.CheckoutSessionStatusExpired, gen.CheckoutSessionStatusCanceled,
		statusFailed:
		return true
	}
	return false
}

// at returns the session as the API shows it at a time.
func (s *session) at(now time.Time) gen.CheckoutSession {
	shown := s.fixed
	shown.ExpiresAt = formatTime(s.expires)
	shown.Status = s.statusAt(now)
	updated := s.updated
	if shown.Status == gen.CheckoutSessionStatusExpired {
		updated = s.expires
	}
	shown.UpdatedAt = formatTime(updated)
	if !s.completed.IsZero() {
		completed := formatTime(s.completed)
		shown.CompletedAt = &completed
	}
	if s.adapterName != "" {
		name := s.adapterName
		shown.Adapter = &name
	}
	return shown
}

func noSuchSession() error { return fail(gen.ErrorCodeNotFound, "no such checkout session") }
