package sandbox

import (
	"container/heap"
	"sync"
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

// expiries makes sessions expire at their expiresAt, in that order, by the workspace's clock. Reads do not depend on it: they
// return the status expired from expiresAt on.
type expiries struct {
	clock *clock

	// turn is held while sessions expire. So they expire one after the other, and a caller of expireDue returns after all due
	// sessions have expired.
	turn sync.Mutex

	mu      sync.Mutex // may be locked while the lock of a sessionStore is held, but not the other way round
	waiting expiryHeap
	timer   *time.Timer // nil until watch is called
	closed  bool
}

// expiry is the time at which a session expires if it has not ended before.
type expiry struct {
	at      time.Time
	store   *sessionStore
	session *session
	index   int // in the heap
}

// add adds the expiry of a session. The caller holds the store's lock.
func (x *expiries) add(store *sessionStore, of *session) {
	x.mu.Lock()
	defer x.mu.Unlock()
	of.expiry = &expiry{at: of.expires, store: store, session: of}
	heap.Push(&x.waiting, of.expiry)
	if x.timer != nil && x.waiting[0] == of.expiry {
		x.arm()
	}
}

// remove removes the expiry of a session. The caller holds the store's lock.
func (x *expiries) remove(of *session) {
	if of.expiry == nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if i := of.expiry.index; i >= 0 {
		heap.Remove(&x.waiting, i)
	}
	of.expiry = nil
}

// watch makes sessions expire in real time. It is needed only if an endpoint receives the events.
func (x *expiries) watch() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.timer == nil && !x.closed {
		x.timer = time.AfterFunc(time.Hour, x.expireDue)
		x.timer.Stop()
		x.arm()
	}
}

// arm sets the timer. The caller holds the lock.
func (x *expiries) arm() {
	if len(x.waiting) > 0 && !x.closed {
		x.timer.Reset(x.waiting[0].at.Sub(x.clock.now()))
	}
}

// expireDue makes the sessions expire whose expiresAt has passed.
func (x *expiries) expireDue() {
	x.turn.Lock()
	defer x.turn.Unlock()
	now := x.clock.now()
	for {
		e, ok := x.nextDue(now)
		if !ok {
			return
		}
		e.store.expire(e)
	}
}

// nextDue removes and returns the first expiry that is due. If none is due, it sets the timer for the next one.
func (x *expiries) nextDue(now time.Time) (*expiry, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.waiting) > 0 && !now.Before(x.waiting[0].at) {
		return heap.Pop(&x.waiting).(*expiry), true
	}
	if x.timer != nil {
		x.arm()
	}
	return nil, false
}

// reset removes the expiries of all sessions.
func (x *expiries) reset() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.waiting = nil
	if x.timer != nil {
		x.timer.Stop()
	}
}

// close stops the timer, and waits for sessions that are expiring.
func (x *expiries) close() {
	x.mu.Lock()
	x.closed = true
	if x.timer != nil {
		x.timer.Stop()
	}
	x.mu.Unlock()
	x.turn.Lock()
	defer x.turn.Unlock()
}

// expire ends a session that has not ended by its expiresAt, and reports the event.
func (s *sessionStore) expire(due *expiry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := due.session
	if found.expiry != due {
		return // it has ended or was removed
	}
	found.expiry = nil
	was := found.at(found.expires.Add(-1))
	s.index.changeStatus(found.number, found.status, gen.CheckoutSessionStatusExpired)
	found.status = gen.CheckoutSessionStatusExpired
	found.updated = found.expires
	s.onEvent(gen.EventCheckoutSessionExpired, found.at(found.expires), was)
}

// expiryHeap is a heap.Interface. The first session to expire comes first. Of sessions that expire at the same time, the one that
// was created first comes first.
type expiryHeap []*expiry

func (h expiryHeap) Len() int { return len(h) }

func (h expiryHeap) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].session.number < h[j].session.number
	}
	return h[i].at.Before(h[j].at)
}

func (h expiryHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *expiryHeap) Push(e any) {
	added := e.(*expiry)
	added.index = len(*h)
	*h = append(*h, added)
}

func (h *expiryHeap) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	e.index = -1
	return e
}
