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
	at     time.Time
	store  *sessionStore
	number int // in the store
}

// add notes when a session expires.
func (x *expiries) add(e expiry) {
	x.mu.Lock()
	defer x.mu.Unlock()
	heap.Push(&x.waiting, e)
	if x.timer != nil && x.waiting[0] == e {
		x.arm()
	}
}

// watch lets sessions expire as the real time passes, too. Nobody needs it as long as nobody is told.
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
		e.store.expire(e.number)
	}
}

// nextDue takes out the expiry that is due first. When none is, the timer is set for the next one.
func (x *expiries) nextDue(now time.Time) (expiry, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return expiry{}, false
	}
	if len(x.waiting) > 0 && !now.Before(x.waiting[0].at) {
		return heap.Pop(&x.waiting).(expiry), true
	}
	if x.timer != nil {
		x.arm()
	}
	return expiry{}, false
}

// close lets no more sessions expire, and waits for those that are in the middle of it.
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

// expire ends a session that has not ended by its expiresAt, and tells of it.
func (s *sessionStore) expire(number int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.sessions[number]
	if hasEnded(found.status) {
		return
	}
	was := found.at(found.expires.Add(-1))
	found.status = gen.CheckoutSessionStatusExpired
	found.updated = found.expires
	s.onEvent(gen.EventCheckoutSessionExpired, found.at(found.expires), was)
}

// expiryHeap is a heap.Interface: the first is the one that expires first, of those that expire together the one that
// was created first.
type expiryHeap []expiry

func (h expiryHeap) Len() int      { return len(h) }
func (h expiryHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *expiryHeap) Push(e any)   { *h = append(*h, e.(expiry)) }
func (h expiryHeap) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].number < h[j].number
	}
	return h[i].at.Before(h[j].at)
}

func (h *expiryHeap) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = expiry{}
	*h = (*h)[:last]
	return e
}
