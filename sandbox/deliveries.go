package sandbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/plugipay/plugipay-go/sandbox/internal/delivery"
)

// DeliveryState is the state of a delivery.
type DeliveryState string

// The states of a [Delivery].
const (
	DeliveryPending   DeliveryState = "pending"   // it waits for its first attempt or for the next one
	DeliveryDelivered DeliveryState = "delivered" // the endpoint responded with a 2xx
	DeliveryFailed    DeliveryState = "failed"    // its last attempt failed
)

// Delivery is the delivery of an event to one endpoint. Its times are by the sandbox's clock.
type Delivery struct {
	// ID is "dlv_" and a ULID.
	ID string
	// EventID is the id of the event.
	EventID string
	// EventType is the event's plain name, such as "checkout_session.completed".
	EventType string
	// SessionID is the id of the session that the event is about. Empty means that the event is about something else.
	SessionID string
	// URL is the endpoint's URL, without a password.
	URL string
	// Body is the body of each attempt.
	Body []byte
	// State says whether the event was delivered.
	State DeliveryState
	// Attempts are the requests to the endpoint, oldest first.
	Attempts []DeliveryAttempt
	// Next is the time of the next attempt. The zero time means that no attempt follows.
	Next time.Time
}

// DeliveryAttempt is one request to an endpoint.
type DeliveryAttempt struct {
	// At is the time of the attempt, by the sandbox's clock.
	At time.Time
	// Duration is how long the response took, by the real clock.
	Duration time.Duration
	// Status is the status of the response. Zero means that there was no response.
	Status int
	// Response is the beginning of the response's body, at most 4 KiB.
	Response string
	// Error is the reason why the attempt failed. Empty means that it succeeded.
	Error string
	// Fault is the fault that applied to the attempt. Empty means none.
	Fault DeliveryFaultKind
}

// Deliveries returns the last 500 deliveries of each workspace, newest first.
func (s *Sandbox) Deliveries() []Delivery { return deliveriesOf(s.directory.all()) }

func deliveriesOf(workspaces []*workspace) []Delivery {
	found := []Delivery{}
	for _, w := range workspaces {
		for _, r := range w.feed.deliveries.Records() {
			found = append(found, newDelivery(r))
		}
	}
	if len(workspaces) > 1 { // the deliveries of a single workspace are sorted
		slices.SortStableFunc(found, func(a, b Delivery) int { return cmp.Compare(b.ID, a.ID) })
	}
	return found
}

func newDelivery(r delivery.Record) Delivery {
	d := Delivery{
		ID: r.ID, EventID: r.EventID, EventType: r.EventType, SessionID: r.SessionID, URL: r.URL, Body: r.Body,
		State: DeliveryState(r.State), Next: r.Next, Attempts: []DeliveryAttempt{},
	}
	for _, a := range r.Attempts {
		d.Attempts = append(d.Attempts, DeliveryAttempt{
			At: a.At, Duration: a.Duration, Status: a.Status, Response: a.Response, Error: a.Error,
			Fault: DeliveryFaultKind(a.Fault),
		})
	}
	return d
}

// WaitDelivered waits until no delivery is pending. It returns nil if all events were delivered. A delivery is pending until its
// last attempt, which takes hours with the default schedule: call [Sandbox.Advance] first, or set DeliverySchedule. The error
// names each failed delivery, with the reason and the endpoint's response. If the context ends first, the error also names the
// pending deliveries and wraps the context's error. If an event was delivered to an endpoint several times, the last delivery
// counts.
func (s *Sandbox) WaitDelivered(ctx context.Context) error {
	waitErr := s.waitIdle(ctx, s.directory.all())
	return errors.Join(waitErr, undelivered(s.Deliveries()))
}

// waitIdle waits until no delivery of the workspaces is pending.
func (s *Sandbox) waitIdle(ctx context.Context, workspaces []*workspace) error {
	for _, w := range workspaces {
		w.expiries.expireDue()
	}
	for _, w := range workspaces {
		select {
		case <-w.feed.deliveries.Idle():
		case <-ctx.Done():
			return fmt.Errorf("sandbox: waiting for deliveries: %w", context.Cause(ctx))
		}
	}
	return nil
}

// undelivered returns an error that names the deliveries that are not delivered. They are newest first.
func undelivered(all []Delivery) error {
	var problems []error
	for _, d := range lastOfEach(all) {
		if d.State != DeliveryDelivered {
			problems = append(problems, errors.New("sandbox: "+d.summary()))
		}
	}
	return errors.Join(problems...)
}

// lastOfEach returns the last delivery of each event to each endpoint. The deliveries are newest first.
func lastOfEach(all []Delivery) []Delivery {
	seen := map[[2]string]bool{}
	var last []Delivery
	for _, d := range all {
		key := [2]string{d.EventID, d.URL}
		if !seen[key] {
			last = append(last, d)
		}
		seen[key] = true
	}
	return last
}

// summary returns the state of a delivery in one line.
func (d Delivery) summary() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s of %s to %s is %s after %d attempts", d.EventType, d.SessionID, d.URL, d.State, len(d.Attempts))
	if len(d.Attempts) > 0 {
		last := d.Attempts[len(d.Attempts)-1]
		fmt.Fprintf(&text, ": %s", cmp.Or(last.Error, "delivered"))
		if last.Response != "" {
			fmt.Fprintf(&text, ": %s", strings.Join(strings.Fields(last.Response), " "))
		}
	}
	return text.String()
}
