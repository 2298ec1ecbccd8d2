package delivery

import (
	"slices"
	"time"
)

// State is how far a delivery has come.
type State string

// The states of a delivery.
const (
	Pending   State = "pending"   // waiting for its first attempt or for the next one
	Delivered State = "delivered" // the endpoint responded with a 2xx
	Failed    State = "failed"    // given up
)

// Record describes a delivery, and holds no secret.
type Record struct {
	ID        string
	EventID   string
	EventType string
	SessionID string // empty when the event is about something else
	URL       string // without a password
	Body      []byte
	State     State
	Attempts  []Attempt
	Next      time.Time // of the next attempt, by the sandbox's clock; zero when none is scheduled
}

// Attempt is one request to an endpoint.
type Attempt struct {
	At       time.Time // by the sandbox's clock
	Duration time.Duration
	Status   int    // of the response; zero when there was none
	Response string // the beginning of its body
	Error    string // empty when the event was delivered
	Fault    Kind   // that was injected into this attempt; empty for none
}

func (r Record) clone() Record {
	r.Body = slices.Clone(r.Body)
	r.Attempts = slices.Clone(r.Attempts)
	return r
}

// forgetResponses frees the memory of responses that are not shown any more.
func (r *Record) forgetResponses() {
	for i := range r.Attempts {
		r.Attempts[i].Response = ""
	}
}

// maxRecords is how many deliveries of a dispatcher can be looked at.
const maxRecords = 500

// keep needs the lock.
func (d *Dispatcher) keep(added *delivery) {
	d.kept = append(d.kept, added)
	if len(d.kept) > maxRecords {
		d.kept[0].forgotten = true
		d.kept[0].record.forgetResponses()
		d.kept[0] = nil // or the array under the slice would keep it
		d.kept = d.kept[1:]
	}
}

// Records returns copies of the last deliveries, newest first.
func (d *Dispatcher) Records() []Record {
	d.mu.Lock()
	defer d.mu.Unlock()
	found := make([]Record, 0, len(d.kept))
	for _, kept := range slices.Backward(d.kept) {
		found = append(found, kept.record.clone())
	}
	return found
}

// Count returns how many deliveries Records returns.
func (d *Dispatcher) Count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.kept)
}
