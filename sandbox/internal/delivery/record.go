package delivery

import (
	"slices"
	"time"
)

// State is the state of a delivery.
type State string

// The states of a delivery.
const (
	Pending   State = "pending"   // waiting for its first attempt or for the next one
	Delivered State = "delivered" // the endpoint responded with a 2xx
	Failed    State = "failed"    // no more attempts are made
)

// Record describes a delivery. It contains no secret.
type Record struct {
	ID        string
	EventID   string
	EventType string
	SessionID string // empty if the event is not about a session
	URL       string // without a password
	Body      []byte
	State     State
	Attempts  []Attempt
	Next      time.Time // time of the next attempt, by the sandbox's clock; zero if no attempt is scheduled
}

// Attempt is one request to an endpoint.
type Attempt struct {
	At       time.Time // by the sandbox's clock
	Duration time.Duration
	Status   int    // status of the response; zero if there was no response
	Response string // beginning of the response's body
	Error    string // empty if the event was delivered
	Fault    Kind   // kind of the fault that was injected into this attempt; empty if there was none
}

func (r Record) clone() Record {
	r.Body = slices.Clone(r.Body)
	r.Attempts = slices.Clone(r.Attempts)
	return r
}

// forgetResponses frees the memory of responses that are no longer shown.
func (r *Record) forgetResponses() {
	for i := range r.Attempts {
		r.Attempts[i].Response = ""
	}
}

// maxRecords is the maximum number of deliveries that Records returns.
const maxRecords = 500

// keep adds a delivery to the records. If there are more than maxRecords, it removes the oldest. It needs the lock.
func (d *Dispatcher) keep(added *delivery) {
	d.kept = append(d.kept, added)
	if len(d.kept) > maxRecords {
		d.kept[0].forgotten = true
		d.kept[0].record.forgetResponses()
		d.kept[0] = nil // otherwise the underlying array would keep the delivery in memory
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
