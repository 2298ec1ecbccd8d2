package delivery

import (
	"container/list"
	"time"
)

// Outbox holds the deliveries that wait to be sent to an endpoint. The dispatcher's lock guards all fields except endpoint,
// which does not change.
type Outbox struct {
	endpoint Endpoint
	lines    map[string]*line // by subject; contains no empty lines
	ready    []*line          // lines whose first delivery is due and that no worker has taken
	heldBack []*delivery      // deliveries that wait until the next delivery has been attempted
	workers  int
	sent     int // number of deliveries that were added
}

// line holds the deliveries of one subject in order. The first delivery is being attempted, is due, or waits for its next
// attempt. The other deliveries wait for the first delivery.
type line struct {
	deliveries []*delivery
	timer      *time.Timer // nil while the first delivery is due or being attempted
}

// delivery is an event on its way to an endpoint.
type delivery struct {
	outbox     *Outbox
	place      *list.Element // in the dispatcher's pending list
	number     int           // sequence number in the outbox
	subject    string
	record     Record    // guarded by the dispatcher's lock, except for the body, which does not change
	due        time.Time // time of the next attempt, by the sandbox's clock; zero means at once
	tries      int
	forgotten  bool // no longer among the records
	behindNext bool // held back until the next delivery has been attempted
}

// Add adds an endpoint and returns its outbox.
func (d *Dispatcher) Add(e Endpoint) *Outbox {
	d.mu.Lock()
	defer d.mu.Unlock()
	o := &Outbox{endpoint: e, lines: map[string]*line{}}
	d.outboxes = append(d.outboxes, o)
	return o
}

// enqueue adds a delivery to the line of its subject. It needs the lock.
func (d *Dispatcher) enqueue(o *Outbox, added *delivery) {
	o.sent++
	added.number = o.sent
	if added.behindNext {
		o.heldBack = append(o.heldBack, added)
	}
	l, waiting := o.lines[added.subject]
	switch {
	case !waiting:
		l = &line{deliveries: []*delivery{added}}
		o.lines[added.subject] = l
		d.schedule(o, l)
	case l.lastIsHeldBack() && !added.behindNext:
		d.overtake(o, l, added)
	default:
		l.deliveries = append(l.deliveries, added)
	}
}

// lastIsHeldBack reports whether the next delivery should overtake the last delivery of a line.
func (l *line) lastIsHeldBack() bool {
	last := len(l.deliveries) - 1
	begun := last == 0 && l.timer == nil
	return l.deliveries[last].behindNext && !begun
}

// overtake inserts a delivery before the last delivery of a line. It needs the lock.
func (d *Dispatcher) overtake(o *Outbox, l *line, added *delivery) {
	last := len(l.deliveries) - 1
	l.deliveries = append(l.deliveries, l.deliveries[last])
	l.deliveries[last] = added
	if last == 0 {
		l.stopWaiting()
		d.schedule(o, l)
	}
}

// schedule makes a line ready when its first delivery is due. It needs the lock.
func (d *Dispatcher) schedule(o *Outbox, l *line) {
	first := l.deliveries[0]
	wait := first.due.Sub(d.clock.Now())
	if wait <= 0 {
		d.makeReady(o, l)
		return
	}
	first.record.Next = first.due
	l.timer = time.AfterFunc(wait, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.wakeLine(o, l)
	})
}

// wakeLine makes a waiting line ready if its first delivery is due. Otherwise it resets the line's timer. It needs the lock.
func (d *Dispatcher) wakeLine(o *Outbox, l *line) {
	if l.timer == nil {
		return
	}
	if wait := l.deliveries[0].due.Sub(d.clock.Now()); wait > 0 {
		l.timer.Reset(wait)
		return
	}
	l.stopWaiting()
	d.makeReady(o, l)
}

// wakeLines makes all waiting lines ready that are due. It needs the lock.
func (d *Dispatcher) wakeLines(o *Outbox) {
	for _, l := range o.lines {
		d.wakeLine(o, l)
	}
}

func (l *line) stopWaiting() {
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
}

// makeReady hands a line to the workers, and starts another worker if there are fewer than MaxWorkers. It needs the lock.
func (d *Dispatcher) makeReady(o *Outbox, l *line) {
	l.deliveries[0].record.Next = time.Time{}
	o.ready = append(o.ready, l)
	if o.workers < MaxWorkers {
		o.workers++
		d.work.Go(func() { d.runWorker(o) })
	}
}

// nextInLine removes the first delivery of a line and schedules the next one. It needs the lock.
func (d *Dispatcher) nextInLine(o *Outbox, l *line) {
	subject := l.deliveries[0].subject
	l.deliveries[0] = nil
	l.deliveries = l.deliveries[1:]
	if len(l.deliveries) == 0 {
		delete(o.lines, subject)
		return
	}
	d.schedule(o, l)
}
