package delivery

import (
	"context"
	"slices"
	"time"
)

// runWorker makes the attempts that are due, until no attempt is due.
func (d *Dispatcher) runWorker(o *Outbox) {
	for {
		ctx, l, first := d.take(o)
		if first == nil {
			return
		}
		made := d.attempt(ctx, o.endpoint, first.record.Body)
		d.note(first, made)
		if made.Fault == Twice && made.Error == "" {
			d.note(first, d.attempt(ctx, o.endpoint, first.record.Body))
		}
		d.finish(o, l, first, made)
	}
}

// take returns the next line that is ready and its first delivery, or nil if the worker should end.
func (d *Dispatcher) take(o *Outbox) (context.Context, *line, *delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || len(o.ready) == 0 {
		o.workers--
		return nil, nil, nil
	}
	l := o.ready[0]
	o.ready[0] = nil
	o.ready = o.ready[1:]
	return d.ctx, l, l.deliveries[0]
}

// note records an attempt.
func (d *Dispatcher) note(tried *delivery, made Attempt) {
	d.mu.Lock()
	tried.record.Attempts = append(tried.record.Attempts, made)
	record := tried.record.clone()
	if tried.forgotten {
		tried.record.forgetResponses()
	}
	d.mu.Unlock()
	if d.onAttempt != nil {
		d.onAttempt(record, made)
	}
}

// finish decides how a line continues after an attempt of its first delivery.
func (d *Dispatcher) finish(o *Outbox, l *line, first *delivery, made Attempt) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if o.lines[first.subject] != l {
		return // closed or reset during the attempt
	}
	first.tries++
	switch {
	case made.Error == "":
		d.end(first, Delivered)
		d.nextInLine(o, l)
	case first.tries < d.policy.Attempts:
		first.due = first.nextDue(made, d.policy)
		d.schedule(o, l)
	default:
		d.end(first, Failed)
		d.nextInLine(o, l)
	}
	d.releaseBefore(o, first.number)
}

// nextDue returns the time at which the next attempt is due. It counts from the time at which the last attempt was due, not from
// the time at which it was made. So a clock that jumps over several waits makes all their attempts due at once.
func (t *delivery) nextDue(made Attempt, p Policy) time.Time {
	due := t.due
	if due.IsZero() {
		due = made.At
	}
	return due.Add(made.Duration + p.wait(t.tries))
}

// defaultHold is how long a fault without a Delay holds a delivery back.
const defaultHold = 5 * time.Second

// hold applies a fault that acts before the first attempt. It needs the lock.
func (d *Dispatcher) hold(added *delivery) {
	f := d.faults.take(d.account, true)
	if f.Kind == "" {
		return
	}
	if f.Delay == 0 {
		f.Delay = defaultHold
	}
	added.due = d.clock.Now().Add(f.Delay)
	added.behindNext = f.Kind == OutOfOrder
}

// releaseBefore releases the held-back deliveries whose number is less than number. It needs the lock.
func (d *Dispatcher) releaseBefore(o *Outbox, number int) {
	if len(o.heldBack) == 0 {
		return
	}
	now := d.clock.Now()
	o.heldBack = slices.DeleteFunc(o.heldBack, func(held *delivery) bool {
		if held.number >= number {
			return false
		}
		if held.tries == 0 {
			held.due, held.behindNext = now, false
		}
		return true
	})
	d.wakeLines(o)
}
