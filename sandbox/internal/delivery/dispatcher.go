package delivery

import (
	"container/list"
	"context"
	"net/http"
	"sync"
	"time"
)

// MaxWorkers is the maximum number of concurrent attempts to an endpoint.
const MaxWorkers = 16

// Clock returns the time for a dispatcher.
type Clock interface {
	Now() time.Time  // the sandbox's time, for the waits between attempts
	Real() time.Time // the time of this machine, for signatures and durations
}

// Endpoint is a receiver of events.
type Endpoint struct {
	URL      string
	ShownURL string // without a password
	Secret   string
	Client   *http.Client
}

// Message is an event on its way to one endpoint.
type Message struct {
	DeliveryID string
	EventID    string
	EventType  string
	SessionID  string
	Subject    string // id of the object that the event is about; messages with the same subject are delivered in order
	Body       []byte
}

// Options configures a dispatcher.
type Options struct {
	Clock     Clock
	Policy    Policy
	Account   string     // account whose events the dispatcher sends
	Faults    *FaultList // shared by the dispatchers of all accounts
	OnAttempt func(Record, Attempt)
}

// Dispatcher sends the events of one account. Waiting deliveries are in memory and have no goroutines. Workers start when there
// is something to send, and end when there is nothing to send.
type Dispatcher struct {
	clock     Clock
	policy    Policy
	account   string
	faults    *FaultList
	onAttempt func(Record, Attempt)
	work      sync.WaitGroup // the workers

	mu       sync.Mutex
	ctx      context.Context // for all attempts; canceled by Reset and Close
	cancel   context.CancelFunc
	closed   bool
	outboxes []*Outbox
	kept     []*delivery   // the last deliveries, oldest first
	pending  list.List     // of *delivery, oldest first
	idle     chan struct{} // closed while no delivery is pending
}

// New returns a dispatcher without endpoints.
func New(opts Options) *Dispatcher {
	d := &Dispatcher{
		clock: opts.Clock, policy: opts.Policy, account: opts.Account, faults: opts.Faults, onAttempt: opts.OnAttempt,
		idle: make(chan struct{}),
	}
	close(d.idle)
	d.ctx, d.cancel = context.WithCancel(context.Background())
	return d
}

// Send queues a message for an endpoint. It does not block.
func (d *Dispatcher) Send(o *Outbox, m Message) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	added := &delivery{outbox: o, subject: m.Subject, record: Record{
		ID: m.DeliveryID, EventID: m.EventID, EventType: m.EventType, SessionID: m.SessionID,
		URL: o.endpoint.ShownURL, Body: m.Body, State: Pending,
	}}
	d.hold(added)
	d.keep(added)
	if d.pending.Len() == 0 {
		d.idle = make(chan struct{})
	}
	added.place = d.pending.PushBack(added)
	d.enqueue(o, added)
	if limit := d.policy.Pending; limit >= 0 && d.pending.Len() > limit {
		d.giveUpOldest()
	}
}

// end records the final state of a delivery. It needs the lock.
func (d *Dispatcher) end(ended *delivery, state State) {
	ended.record.State = state
	ended.record.Next = time.Time{}
	if d.pending.Remove(ended.place); d.pending.Len() == 0 {
		close(d.idle)
	}
}

// Idle returns a channel that is closed when no delivery is pending.
func (d *Dispatcher) Idle() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.idle
}

// Wake starts the attempts that are due now that the sandbox's clock has been moved.
func (d *Dispatcher) Wake() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, o := range d.outboxes {
		d.wakeLines(o)
	}
}

// Reset forgets all deliveries, including deliveries in the middle of an attempt. The endpoints stay.
func (d *Dispatcher) Reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cancel()
	d.ctx, d.cancel = context.WithCancel(context.Background())
	if d.closed {
		d.cancel()
	}
	d.forgetLines()
	d.kept = nil
}

// Close ends all deliveries and waits for the attempts in progress. It can be called more than once.
func (d *Dispatcher) Close() {
	d.stop()
	d.work.Wait()
}

func (d *Dispatcher) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	d.cancel()
	d.forgetLines()
	for _, kept := range d.kept {
		kept.record.Next = time.Time{}
	}
}

// forgetLines removes all lines and pending deliveries. It needs the lock.
func (d *Dispatcher) forgetLines() {
	for _, o := range d.outboxes {
		for _, l := range o.lines {
			l.stopWaiting()
		}
		o.lines, o.ready, o.heldBack = map[string]*line{}, nil, nil
	}
	if d.pending.Len() > 0 {
		d.pending.Init()
		close(d.idle)
	}
}
