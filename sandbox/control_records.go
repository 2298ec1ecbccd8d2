package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
)

const (
	defaultControlLimit = 100
	maxControlLimit     = 1000
	defaultWaitMs       = 10_000
	maxWaitMs           = 600_000
)

// requestJSON is the JSON of a [Request] at control routes.
type requestJSON struct {
	ID             string  `json:"id"`
	At             string  `json:"at"`
	DurationMs     float64 `json:"durationMs"`
	Method         string  `json:"method"`
	Path           string  `json:"path"`
	Status         int     `json:"status"`
	Operation      *string `json:"operation"`
	SessionID      *string `json:"sessionId"`
	AccountID      *string `json:"accountId"`
	KeyID          *string `json:"keyId"`
	IdempotencyKey *string `json:"idempotencyKey"`
	Replayed       bool    `json:"replayed"`
	Injected       bool    `json:"injected"`
	Body           string  `json:"body"`
	Response       string  `json:"response"`
}

func newRequestJSON(r Request) requestJSON {
	return requestJSON{
		ID: r.ID, At: formatTime(r.At), DurationMs: milliseconds(r.Duration), Method: r.Method, Path: r.Path,
		Status: r.Status, Operation: orNull(r.Operation), SessionID: orNull(r.SessionID), AccountID: orNull(r.AccountID),
		KeyID: orNull(r.KeyID), IdempotencyKey: orNull(r.IdempotencyKey), Replayed: r.Replayed, Injected: r.Injected,
		Body: r.Body, Response: r.Response,
	}
}

// orNull returns nil for an empty text, so that its JSON is null.
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (s *Sandbox) controlRequests(r *http.Request, _ []byte) (int, any, error) {
	query := r.URL.Query()
	_, account, err := s.selected(query.Get(keyIDParameter))
	if err != nil {
		return 0, nil, err
	}
	status, err := numberIn(r, "status", 0, 100, 599)
	if err != nil {
		return 0, nil, err
	}
	path, method, sessionID := query.Get("path"), query.Get("method"), query.Get("sessionId")
	return listControl(r, s.Requests(), newRequestJSON, func(record Request) bool {
		return (account == "" || record.AccountID == account) && (status == 0 || record.Status == status) &&
			(path == "" || record.isAbout(path)) && isOrAny(record.Method, method) && isOrAny(record.SessionID, sessionID)
	})
}

// isOrAny reports whether a filter matches the value. An empty filter matches every value.
func isOrAny(value, filter string) bool { return filter == "" || value == filter }

// listControl returns the records that match a filter, up to the limit of the request.
func listControl[Record, JSON any](
	r *http.Request, all []Record, encode func(Record) JSON, matches func(Record) bool,
) (int, any, error) {
	limit, err := numberIn(r, "limit", defaultControlLimit, 1, maxControlLimit)
	if err != nil {
		return 0, nil, err
	}
	found := []JSON{}
	for _, record := range all {
		if matches(record) && len(found) < limit {
			found = append(found, encode(record))
		}
	}
	return http.StatusOK, found, nil
}

// numberIn returns a numeric parameter of the query, or the default if the query does not have it.
func numberIn(r *http.Request, name string, otherwise, least, most int) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, invalid(name, "must be from "+strconv.Itoa(least)+" to "+strconv.Itoa(most))
	}
	return n, nil
}

// eventJSON is the JSON of an [Event] at control routes.
type eventJSON struct {
	ID        string             `json:"id"`
	Type      plugipay.EventName `json:"type"`
	SessionID *string            `json:"sessionId"`
	AccountID string             `json:"accountId"`
	Mode      string             `json:"mode"`
	At        string             `json:"at"`
	Object    json.RawMessage    `json:"object"`
}

func newEventJSON(e Event) eventJSON {
	out := eventJSON{
		ID: e.ID, Type: e.Type, SessionID: orNull(e.SessionID), AccountID: e.AccountID, Mode: ModeTest,
		At: formatTime(e.At), Object: e.Object,
	}
	if e.Live {
		out.Mode = ModeLive
	}
	return out
}

func (s *Sandbox) controlEvents(r *http.Request, _ []byte) (int, any, error) {
	query := r.URL.Query()
	workspaces, _, err := s.selected(query.Get(keyIDParameter))
	if err != nil {
		return 0, nil, err
	}
	s.expireDue()
	name, sessionID := query.Get("type"), query.Get("sessionId")
	return listControl(r, eventsOf(workspaces), newEventJSON, func(e Event) bool {
		return (name == "" || e.Type == plainName(name)) && isOrAny(e.SessionID, sessionID)
	})
}

func (s *Sandbox) controlRedeliver(r *http.Request, body []byte) (int, any, error) {
	if err := decodeOptional(body, &struct{}{}); err != nil {
		return 0, nil, err
	}
	id := r.PathValue("id")
	switch err := s.redeliver(id); {
	case errors.Is(err, errNoSuchEvent):
		return 0, nil, fail(gen.ErrorCodeNotFound, err.Error())
	case err != nil:
		return 0, nil, fail(gen.ErrorCodeConflict, err.Error())
	}
	return listControl(r, lastOfEach(s.Deliveries()), newDeliveryJSON, func(d Delivery) bool { return d.EventID == id })
}

// deliveryJSON is the JSON of a [Delivery] at control routes.
type deliveryJSON struct {
	ID        string        `json:"id"`
	EventID   string        `json:"eventId"`
	Type      string        `json:"type"`
	SessionID *string       `json:"sessionId"`
	URL       string        `json:"url"`
	State     DeliveryState `json:"state"`
	Attempts  []attemptJSON `json:"attempts"`
	NextAt    *string       `json:"nextAt"`
	Body      string        `json:"body"`
}

type attemptJSON struct {
	At         string             `json:"at"`
	DurationMs float64            `json:"durationMs"`
	Status     *int               `json:"status"`
	Response   string             `json:"response"`
	Error      *string            `json:"error"`
	Fault      *DeliveryFaultKind `json:"fault"`
}

func newDeliveryJSON(d Delivery) deliveryJSON {
	out := deliveryJSON{
		ID: d.ID, EventID: d.EventID, Type: d.EventType, SessionID: orNull(d.SessionID), URL: d.URL, State: d.State,
		Attempts: []attemptJSON{}, Body: string(d.Body),
	}
	for _, a := range d.Attempts {
		attempt := attemptJSON{At: formatTime(a.At), DurationMs: milliseconds(a.Duration), Response: a.Response, Error: orNull(a.Error)}
		if a.Status != 0 {
			attempt.Status = &a.Status
		}
		if a.Fault != "" {
			attempt.Fault = &a.Fault
		}
		out.Attempts = append(out.Attempts, attempt)
	}
	if !d.Next.IsZero() {
		out.NextAt = orNull(formatTime(d.Next))
	}
	return out
}

func (s *Sandbox) controlDeliveries(r *http.Request, _ []byte) (int, any, error) {
	query := r.URL.Query()
	workspaces, _, err := s.selected(query.Get(keyIDParameter))
	if err != nil {
		return 0, nil, err
	}
	sessionID, eventID, state := query.Get("sessionId"), query.Get("eventId"), query.Get("state")
	return listControl(r, deliveriesOf(workspaces), newDeliveryJSON, func(d Delivery) bool {
		return isOrAny(d.SessionID, sessionID) && isOrAny(d.EventID, eventID) && isOrAny(string(d.State), state)
	})
}

// waitJSON is the result of a wait for deliveries. Both lists are empty if all events were delivered.
type waitJSON struct {
	Pending []deliveryJSON `json:"pending"`
	Failed  []deliveryJSON `json:"failed"`
}

func (s *Sandbox) controlWait(r *http.Request, body []byte) (int, any, error) {
	in := struct {
		TimeoutMs int64  `json:"timeoutMs"`
		KeyID     string `json:"keyId"`
	}{TimeoutMs: defaultWaitMs}
	if err := decodeOptional(body, &in); err != nil {
		return 0, nil, err
	}
	if in.TimeoutMs < 0 || in.TimeoutMs > maxWaitMs {
		return 0, nil, invalid("timeoutMs", "must be from 0 to "+strconv.Itoa(maxWaitMs))
	}
	workspaces, _, err := s.selected(keyIDOf(r, in.KeyID))
	if err != nil {
		return 0, nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), time.Duration(in.TimeoutMs)*time.Millisecond)
	defer cancel()
	_ = s.waitIdle(ctx, workspaces) // after a timeout, the response lists the pending deliveries
	return http.StatusOK, newWaitJSON(lastOfEach(deliveriesOf(workspaces))), nil
}

func newWaitJSON(all []Delivery) waitJSON {
	with := func(state DeliveryState) []deliveryJSON {
		found := []deliveryJSON{}
		for _, d := range slices.Backward(all) { // oldest first, like a log
			if d.State == state {
				found = append(found, newDeliveryJSON(d))
			}
		}
		return found
	}
	return waitJSON{Pending: with(DeliveryPending), Failed: with(DeliveryFailed)}
}
