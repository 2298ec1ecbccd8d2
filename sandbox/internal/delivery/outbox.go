package delivery

import (
	"container/list"
	"time"
)

// Outbox is what waits to be sent to an endpoint. It is guarded by the dispatcher's lock, except for the endpoint, which
// does not change.
type Outbox struct {
	endpoint Endpoint
	lines    map[string]*line // by subject, only those in which something waits
	ready    []*line          // whose first delivery is due and that no worker has taken
	heldBack []*delivery      // until the next one has been attempted
	workers  int
	sent     int // deliveries so far
}

// line is what waits to be sent about one subject, in order. The first delivery is being attempted, is due, or waits for
// its next attempt. The others wait for the first.
type line struct {
	deliveries []*delivery
	timer      *time.Timer // nil while the first delivery is due or being attempted
}

// delivery is an event on its way to an endpoint.
type delivery struct {
	outbox     *Outbox
	place      *list.Element // among the pending ones of the dispatcher
	number     int           // in the outbox
	subject    string
	record     Record    // guarded by the dispatcher's lock, except for the body, which does not change
	due        time.Time // of the next attempt, by the sandbox's clock; zero for at once
	tries      int
	forgotten  bool // no longer among the records
	behindNext bool // held back until the next one has been attempted
}

// Add returns an outbox for an endpoint.
func (d *Dispatcher) Add(e Endpoint) *Outbox {
	d.mu.Lock()
	defer d.mu.Unlock()
	o := &Outbox{endpoint: e, lines: map[string]*line{}}
	d.outboxes = append(d.outboxes, o)
	return o
}

// enqueue needs the lock.
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

// lastIsHeldBack reports whether the next delivery shall overtake the last one of a line.
func (l *line) lastIsHeldBack() bool {
	last := len(l.deliveries) - 1
	begun := last == 0 && l.timer == nil
	return l.deliveries[last].behindNext && !begun
}

// overtake puts a delivery before the last one of a line. It needs the lock.
func (d *Dispatcher) overtake(o *Outbox, l *line, added *delivery) {
	last := len(l.deliveries) - 1
	l.deliveries = append(l.deliveries, l.deliveries[last])
	l.deliveries[last] = added
	if last == 0 {
		l.stopWaiting()
		d.schedule(o, l)
	}
}

// schedule hands a line to the workers when its first delivery is due. It needs the lock.
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

// wakeLine makes a line ready that has waited long enough, and sets its timer again otherwise. It needs the lock.
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

// wakeLines needs the lock.
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

// makeReady needs the lock.
func (d *Dispatcher) makeReady(o *Outbox, l *line) {
	l.deliveries[0].record.Next = time.Time{}
	o.ready = append(o.ready, l)
	if o.workers < MaxWorkers {
		o.workers++
		d.work.Go(func() { d.runWorker(o) })
	}
}

// nextInLine goes on with the delivery after the first one of a line. It needs the lock.
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
