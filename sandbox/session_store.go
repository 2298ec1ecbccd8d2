package sandbox

import (
	"encoding/json"
	"sync"
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

// sessionStore holds the checkout sessions of a dataset in the order in which they were created. Each has a sequence
// number. When there are more sessions than the limit, the store forgets the oldest one that has ended.
type sessionStore struct {
	expiries *expiries
	limit    int // less than zero means no limit

	// onEvent receives each event with the session after and before the change. It is called with the lock held, so that events
	// come in the order in which they happen. It must return quickly and must not call the store.
	onEvent func(name gen.EventName, is, was gen.CheckoutSession)

	mu    sync.RWMutex
	first int // the number of the first slot
	slots []slot
	byID  map[string]*session
	index sessionIndex
}

// slot holds the session with a sequence number.
type slot struct {
	createdMs int64
	session   *session // nil once it is forgotten
}

func (s slot) created() time.Time { return time.UnixMilli(s.createdMs) }

func newSessionStore(x *expiries, limit int) *sessionStore {
	return &sessionStore{
		expiries: x,
		limit:    limit,
		onEvent:  func(gen.EventName, gen.CheckoutSession, gen.CheckoutSession) {},
		byID:     map[string]*session{},
		index:    newSessionIndex(),
	}
}

// at returns the session with a sequence number, which must be in the index. It needs the lock.
func (s *sessionStore) at(number int) *session { return s.slots[number-s.first].session }

// find needs the lock.
func (s *sessionStore) find(id string) (*session, error) {
	found, ok := s.byID[id]
	if !ok {
		return nil, noSuchSession()
	}
	return found, nil
}

func (s *sessionStore) has(id string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, ok := s.byID[id]
	return ok
}

// sessionPrefix is the beginning of a session's id.
const sessionPrefix = "cs_"

// newSession is the input for creating a session.
type newSession struct {
	accountID    string
	workspace    string // name; empty if the workspace has no name
	live         bool
	input        gen.CheckoutSessionCreateInput
	lineItems    json.RawMessage // as they were sent
	lifetime     int64           // seconds
	hostedURLFor func(id string) string
}

func (s *sessionStore) create(in newSession, now time.Time) gen.CheckoutSession {
	id := newID(sessionPrefix, now)
	s.mu.Lock()
	defer s.mu.Unlock()
	now = s.notBeforeLast(now)
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

			ARN:           "arn:plugipay:checkout-session:" + in.accountID + ":" + id,
			Mode:          modeOf(in.live),
			WorkspaceName: textOrNull(in.workspace),
			Customer:      customerOf(in.input.CustomerID),
		},
		created: now,
		expires: expires,
		status:  gen.CheckoutSessionStatusOpen,
		updated: now,
	}
	s.insert(created)
	return created.at(now)
}

// notBeforeLast returns the time of a creation: now, or the creation time of the newest session if that is later. Two requests
// may read the clock in one order and create their sessions in the other, but the list must be in order. It needs the lock.
func (s *sessionStore) notBeforeLast(now time.Time) time.Time {
	if n := len(s.slots); n > 0 && s.slots[n-1].createdMs > now.UnixMilli() {
		return s.slots[n-1].created().UTC()
	}
	return now
}

// insert adds a session as the newest one. It needs the lock.
func (s *sessionStore) insert(added *session) {
	added.number = s.first + len(s.slots)
	s.slots = append(s.slots, slot{createdMs: added.created.UnixMilli(), session: added})
	s.byID[added.fixed.ID] = added
	s.index.add(added.number, added)
	if !hasEnded(added.status) {
		s.expiries.add(s, added)
	}
	if s.limit >= 0 && len(s.byID) > s.limit {
		s.forgetOldest()
	}
}

// forgetOldest makes room for a new session. It needs the lock.
func (s *sessionStore) forgetOldest() {
	number, ok := s.index.oldestToForget()
	if !ok {
		return
	}
	forgotten := s.at(number)
	s.expiries.remove(forgotten)
	s.index.remove(number, forgotten)
	delete(s.byID, forgotten.fixed.ID)
	s.slots[number-s.first].session = nil
	for len(s.slots) > 0 && s.slots[0].session == nil {
		s.slots = s.slots[1:]
		s.first++
	}
	s.index.forgetBefore(s.first)
}

func (s *sessionStore) get(id string, now time.Time) (gen.CheckoutSession, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	found, err := s.find(id)
	if err != nil {
		return gen.CheckoutSession{}, err
	}
	return found.at(now), nil
}

// cancel ends a session without a payment.
func (s *sessionStore) cancel(id string, now time.Time) (gen.CheckoutSession, error) {
	return s.change(id, now, "canceled", func(found *session) ([]gen.EventName, error) {
		found.status = gen.CheckoutSessionStatusCanceled
		return nil, nil // no event is documented for a canceled session
	})
}

// confirm completes a session because the merchant has received the payment.
func (s *sessionStore) confirm(id string, now time.Time) (gen.CheckoutSession, error) {
	return s.change(id, now, "confirmed", func(found *session) ([]gen.EventName, error) {
		found.complete()
		if found.adapterName == "" {
			found.adapterName = gen.CheckoutAdapterManual
		}
		return []gen.EventName{gen.EventCheckoutSessionCompleted}, nil
	})
}

// change applies a change to a session that has not ended, and publishes the events of the change. The verb is for the error if
// the session has ended. If apply returns an error, the session stays unchanged.
func (s *sessionStore) change(
	id string, now time.Time, verb string, apply func(*session) ([]gen.EventName, error),
) (gen.CheckoutSession, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(id)
	if err != nil {
		return gen.CheckoutSession{}, err
	}
	if status := found.statusAt(now); hasEnded(status) {
		return gen.CheckoutSession{}, fail(gen.ErrorCodeConflict,
			"the checkout session is "+status+" and cannot be "+verb)
	}
	return s.apply(found, now, apply)
}

// apply changes a session and publishes the events of the change. It needs the lock.
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
	s.index.changeStatus(found.number, found.status, changed.status)
	*found = changed
	if hasEnded(found.status) {
		s.expiries.remove(found)
	}
	is := found.at(now)
	for _, name := range events {
		s.onEvent(name, is, was)
	}
	return is, nil
}

func noSuchSession() error { return fail(gen.ErrorCodeNotFound, "no such checkout session") }

func modeOf(live bool) string {
	if live {
		return "live"
	}
	return "test"
}

// customerOf returns the customer of a session, or nil for a guest. The sandbox knows only the customer's id.
func customerOf(id *string) *gen.CheckoutSessionCustomer {
	if id == nil {
		return nil
	}
	return &gen.CheckoutSessionCustomer{ID: *id}
}

func textOrNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
