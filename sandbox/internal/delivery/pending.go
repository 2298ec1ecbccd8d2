package delivery

import "slices"

// giveUpOldest fails the oldest waiting delivery, so that new deliveries still reach an endpoint that comes back. It needs the
// lock.
func (d *Dispatcher) giveUpOldest() {
	for place := d.pending.Front(); place != nil; place = place.Next() {
		if d.giveUp(place.Value.(*delivery)) {
			return
		}
	}
}

// giveUp fails a delivery and returns true. It returns false if the delivery is being attempted or waits for another delivery of
// its subject. It needs the lock.
func (d *Dispatcher) giveUp(waiting *delivery) bool {
	o := waiting.outbox
	l := o.lines[waiting.subject]
	if l.deliveries[0] != waiting {
		return false
	}
	if l.timer == nil {
		i := slices.Index(o.ready, l)
		if i < 0 {
			return false
		}
		o.ready = slices.Delete(o.ready, i, i+1)
	}
	l.stopWaiting()
	d.end(waiting, Failed)
	d.nextInLine(o, l)
	return true
}
