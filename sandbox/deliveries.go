package sandbox

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

const (
	maxAttempts       = 10
	firstBackoff      = time.Second
	longestBackoff    = time.Minute
	attemptTimeout    = 10 * time.Second
	maxWorkers        = 16  // attempts that an endpoint gets at the same time
	maxKeptDeliveries = 500 // that can be looked at
)

// dispatcher sends events to endpoints. What waits is in memory and no goroutine's: workers start when there is
// something to send and end when there is not.
type dispatcher struct {
	clock  *clock
	client *http.Client
	ctx    context.Context // ends when the dispatcher is closed
	cancel context.CancelFunc
	work   sync.WaitGroup // the workers

	mu        sync.Mutex
	closed    bool
	endpoints map[*workspace][]*outbox
	kept      []*delivery // the last ones, oldest first
}

// outbox is what waits to be sent to an endpoint. It is guarded by the dispatcher's lock, but for what does not change.
type outbox struct {
	endpoint Endpoint
	lines    map[string]*line // by session, only those in which something waits
	ready    []*line          // whose first delivery is due and that no worker has taken
	workers  int
}

// line is what waits to be sent about one session, in order: the first delivery is being attempted, is due, or waits
// for its next attempt; the others wait for it.
type line struct {
	deliveries []*delivery
	retry      *time.Timer // nil when no attempt is waited for
}

// delivery is an event on its way to an endpoint.
type delivery struct {
	record deliveryRecord // guarded by the dispatcher's lock, but for the body, which does not change
}

// deliveryRecord is what can be known of a delivery. It holds no secret.
type deliveryRecord struct {
	EventID   string
	EventName string
	SessionID string
	URL       string // without a password
	Body      []byte
	Attempts  []deliveryAttempt
	Delivered bool
	Next      time.Time // when it is tried again, by the real clock; zero when it is not, and before the first attempt
}

// deliveryAttempt is one request to an endpoint.
type deliveryAttempt struct {
	At     time.Time // by the real clock
	Status int       // of the answer; zero when there was none
	Err    string    // what went wrong; empty when it was delivered
}

func newDispatcher(c *clock) *dispatcher {
	ctx, cancel := context.WithCancel(context.Background())
	return &dispatcher{
		clock:     c,
		client:    newDeliveryClient(newDeliveryTransport()),
		ctx:       ctx,
		cancel:    cancel,
		endpoints: map[*workspace][]*outbox{},
	}
}

// add lets a workspace's events of from now on go to an endpoint, which must be a valid one.
func (d *dispatcher) add(to *workspace, e Endpoint) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.endpoints[to] = append(d.endpoints[to], &outbox{endpoint: e, lines: map[string]*line{}})
}

// publish queues an event for each endpoint of a workspace. It does not wait for anything.
func (d *dispatcher) publish(from *workspace, name gen.EventName, is, was gen.CheckoutSession) {
	d.mu.Lock()
	defer d.mu.Unlock()
	outboxes := d.endpoints[from]
	if d.closed || len(outboxes) == 0 {
		return
	}
	e := event{id: newID("evt_", d.clock.now()), name: name, account: from.accountID, is: is, was: was}
	for _, o := range outboxes {
		body, err := e.encode(o.endpoint.PlainEvents)
		if err != nil {
			continue // it cannot happen: the session was made from JSON
		}
		added := &delivery{record: deliveryRecord{
			EventID:   e.id,
			EventName: e.name,
			SessionID: is.ID,
			URL:       shownURL(o.endpoint.URL),
			Body:      body,
		}}
		d.keep(added)
		d.enqueue(o, added)
	}
}

// keep needs the lock.
func (d *dispatcher) keep(added *delivery) {
	d.kept = append(d.kept, added)
	if len(d.kept) > maxKeptDeliveries {
		d.kept[0] = nil // or the array under the slice would keep it
		d.kept = d.kept[1:]
	}
}

// enqueue needs the lock.
func (d *dispatcher) enqueue(o *outbox, added *delivery) {
	if l, waiting := o.lines[added.record.SessionID]; waiting {
		l.deliveries = append(l.deliveries, added)
		return
	}
	l := &line{deliveries: []*delivery{added}}
	o.lines[added.record.SessionID] = l
	d.makeReady(o, l)
}

// makeReady hands a line to the workers. It needs the lock.
func (d *dispatcher) makeReady(o *outbox, l *line) {
	l.retry = nil
	if d.closed {
		return
	}
	o.ready = append(o.ready, l)
	if o.workers < maxWorkers {
		o.workers++
		d.work.Go(func() { d.runWorker(o) })
	}
}

// runWorker makes the attempts that are due, until there are none.
func (d *dispatcher) runWorker(o *outbox) {
	for {
		l, first := d.take(o)
		if first == nil {
			return
		}
		at := d.clock.real()
		status, err := d.post(o.endpoint, first.record.Body, at)
		d.finish(o, l, first, newAttempt(at, status, err))
	}
}

// take returns the next line that is ready and its first delivery, or nothing when the worker shall end.
func (d *dispatcher) take(o *outbox) (*line, *delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || len(o.ready) == 0 {
		o.workers--
		return nil, nil
	}
	l := o.ready[0]
	o.ready[0] = nil
	o.ready = o.ready[1:]
	return l, l.deliveries[0]
}

// finish notes an attempt and decides what its line does next.
func (d *dispatcher) finish(o *outbox, l *line, first *delivery, made deliveryAttempt) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := &first.record
	r.Attempts = append(r.Attempts, made)
	r.Delivered = made.Err == ""
	r.Next = time.Time{}
	switch {
	case d.closed:
	case !r.Delivered && len(r.Attempts) < maxAttempts:
		wait := backoff(len(r.Attempts))
		r.Next = d.clock.real().Add(wait)
		l.retry = time.AfterFunc(wait, func() { d.retry(o, l) })
	default: // delivered or given up
		d.nextInLine(o, l)
	}
}

// nextInLine needs the lock.
func (d *dispatcher) nextInLine(o *outbox, l *line) {
	sessionID := l.deliveries[0].record.SessionID
	l.deliveries[0] = nil
	l.deliveries = l.deliveries[1:]
	if len(l.deliveries) == 0 {
		delete(o.lines, sessionID)
		return
	}
	d.makeReady(o, l)
}

func (d *dispatcher) retry(o *outbox, l *line) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.makeReady(o, l)
}

// backoff is how long to wait after a number of attempts.
func backoff(attempts int) time.Duration {
	wait := firstBackoff
	for range attempts - 1 {
		wait = min(2*wait, longestBackoff)
	}
	return wait
}

// records returns the last deliveries, newest first, for the caller to keep.
func (d *dispatcher) records() []deliveryRecord {
	d.mu.Lock()
	defer d.mu.Unlock()
	found := make([]deliveryRecord, 0, len(d.kept))
	for _, kept := range slices.Backward(d.kept) {
		r := kept.record
		r.Body = slices.Clone(r.Body)
		r.Attempts = slices.Clone(r.Attempts)
		found = append(found, r)
	}
	return found
}

// close ends all deliveries and waits for those in the middle of an attempt. It may be called again.
func (d *dispatcher) close() {
	d.stop()
	d.cancel()
	d.work.Wait()
	d.client.CloseIdleConnections()
}

// stop makes sure that no attempt begins any more.
func (d *dispatcher) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	for _, outboxes := range d.endpoints {
		for _, o := range outboxes {
			for _, l := range o.lines {
				if l.retry != nil {
					l.retry.Stop()
				}
			}
			o.lines, o.ready = nil, nil
		}
	}
	for _, kept := range d.kept {
		kept.record.Next = time.Time{}
	}
}
