package sandbox

import (
	"container/heap"
	"sync"
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

// expiries makes sessions expire when the sandbox's clock gets there, in the order of their expiresAt. What a session
// shows does not depend on it: a session that is looked at shows expired from expiresAt on.
type expiries struct {
	clock *clock

	// turn is held while sessions expire, so that they do one after the other, and so that whoever waits for those
	// that are due has them all behind it.
	turn sync.Mutex

	mu      sync.Mutex // may be taken with the lock of a sessionStore held, never the other way round
	waiting expiryHeap
	timer   *time.Timer // nil until the real time matters
	closed  bool
}

// expiry is when a session expires unless it has ended by then.
type expiry struct {
	at      time.Time
	store   *sessionStore
	session *session
	index   int // in the heap
}

// add notes when a session of a store expires. The store's lock is held.
func (x *expiries) add(store *sessionStore, of *session) {
	x.mu.Lock()
	defer x.mu.Unlock()
	of.expiry = &expiry{at: of.expires, store: store, session: of}
	heap.Push(&x.waiting, of.expiry)
	if x.timer != nil && x.waiting[0] == of.expiry {
		x.arm()
	}
}

// remove forgets about the expiry of a session. The store's lock is held.
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

// watch expires sessions while the real time passes. It is needed only if something receives the events.
func (x *expiries) watch() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.timer == nil && !x.closed {
		x.timer = time.AfterFunc(time.Hour, x.expireDue)
		x.timer.Stop()
		x.arm()
	}
}

// arm needs the lock and a timer.
func (x *expiries) arm() {
	if len(x.waiting) > 0 && !x.closed {
		x.timer.Reset(x.waiting[0].at.Sub(x.clock.now()))
	}
}

// expireDue makes the sessions expire whose time has come.
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

// nextDue takes out the expiry that is due first. When none is, the timer is set for the next one.
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

// reset forgets the expiries of all sessions.
func (x *expiries) reset() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.waiting = nil
	if x.timer != nil {
		x.timer.Stop()
	}
}

// close stops the timer, and waits for the sessions that expire at this moment.
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
		return // it has ended or is forgotten
	}
	found.expiry = nil
	was := found.at(found.expires.Add(-1))
	s.index.changeStatus(found.number, found.status, gen.CheckoutSessionStatusExpired)
	found.status = gen.CheckoutSessionStatusExpired
	found.updated = found.expires
	s.onEvent(gen.EventCheckoutSessionExpired, found.at(found.expires), was)
}

// expiryHeap is a heap.Interface: the first is the one that expires first, of those that expire together the one that
// was created first.
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
