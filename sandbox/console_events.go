package sandbox

import (
	"slices"
	"strings"

	"github.com/plugipay/plugipay-go/plugipay"
)

// eventView is a row of the list of events.
type eventView struct {
	ID, URL, Type         string
	SessionID, SessionURL string
	Time                  timeView
	Live                  bool
	Sent                  string        // a summary of its deliveries
	State                 DeliveryState // the worst state of a delivery, empty without a delivery
	Failures              int           // failed attempts
}

// eventPage is an event with its deliveries.
type eventPage struct {
	eventView
	Object     string
	Deliveries []deliveryView
}

// deliveryView is a row of the list of deliveries.
type deliveryView struct {
	ID, URL               string
	EventID, EventURL     string
	EventType             string
	SessionID, SessionURL string
	To                    string // the endpoint
	State                 DeliveryState
	Label                 string // of the state
	Tries, Failures       int    // attempts
	Result                string // of the last attempt
	Time                  timeView
	Next                  timeView // time of the next attempt, empty if the delivery has ended
}

// deliveryPage is a delivery with its attempts.
type deliveryPage struct {
	deliveryView
	Attempts []attemptView
	Body     string
	Curl     string // empty if the endpoint was removed
}

type attemptView struct {
	Time     timeView
	Took     string
	Status   int // zero without a response
	Err      string
	Response string
	Fault    DeliveryFaultKind
}

func (s *Sandbox) showEvents(view *consoleView, q consoleQuery) {
	deliveries := s.deliveriesByEvent()
	var found []Event
	for _, e := range eventsOf(s.directory.all()) {
		if q.search() == "" || mentions(q.search(), e.ID, string(e.Type), e.SessionID, string(e.Object)) {
			found = append(found, e)
		}
	}
	shown, pages := part(q, found)
	view.Pages = pages
	for _, e := range shown {
		view.Events = append(view.Events, newEventView(e, deliveries[e.ID]))
	}
}

// deliveriesByEvent returns the deliveries of each event, newest first.
func (s *Sandbox) deliveriesByEvent() map[string][]Delivery {
	found := map[string][]Delivery{}
	for _, d := range s.Deliveries() {
		found[d.EventID] = append(found[d.EventID], d)
	}
	return found
}

func newEventView(e Event, deliveries []Delivery) eventView {
	view := eventView{
		ID: e.ID, URL: consoleQuery{}.with(eventParameter, e.ID), Type: cut(string(e.Type), 200), SessionID: e.SessionID,
		Time: newConsoleTime(e.At), Live: e.Live, Sent: "to no endpoint",
	}
	if e.SessionID != "" {
		view.SessionURL = consoleQuery{}.with(sessionParameter, e.SessionID)
	}
	var states []string
	for _, d := range lastOfEach(deliveries) {
		states = append(states, stateLabel(d.State))
		view.Failures += d.failedAttempts()
		if worse(d.State, view.State) {
			view.State = d.State
		}
	}
	if len(states) > 0 {
		view.Sent = strings.Join(states, ", ")
	}
	return view
}

// worse reports whether the first state needs more attention than the second.
func worse(state, than DeliveryState) bool {
	order := []DeliveryState{"", DeliveryDelivered, DeliveryPending, DeliveryFailed}
	return slices.Index(order, state) > slices.Index(order, than)
}

func (s *Sandbox) eventPage(id string) (*eventPage, bool) {
	all := eventsOf(s.directory.all())
	i := slices.IndexFunc(all, func(e Event) bool { return e.ID == id })
	if i < 0 {
		return nil, false
	}
	deliveries := s.deliveriesByEvent()[id]
	page := &eventPage{eventView: newEventView(all[i], deliveries), Object: indented(s.redacted(string(all[i].Object)))}
	for _, d := range deliveries {
		page.Deliveries = append(page.Deliveries, s.newDeliveryView(d))
	}
	return page, true
}

func (s *Sandbox) showDeliveries(view *consoleView, q consoleQuery) {
	var found []Delivery
	for _, d := range s.Deliveries() {
		if d.matchesConsole(q) {
			found = append(found, d)
		}
	}
	shown, pages := part(q, found)
	view.Pages = pages
	for _, d := range shown {
		view.Delivered = append(view.Delivered, s.newDeliveryView(d))
	}
}

func (d Delivery) matchesConsole(q consoleQuery) bool {
	if q.status() != "" && string(d.State) != q.status() || q.onlyFailed() && !d.hasFailedAttempt() {
		return false
	}
	texts := []string{d.ID, d.EventID, d.EventType, d.SessionID, d.URL, string(d.Body)}
	for _, a := range d.Attempts {
		texts = append(texts, a.Error, a.Response)
	}
	return q.search() == "" || mentions(q.search(), texts...)
}

func (d Delivery) hasFailedAttempt() bool {
	return d.failedAttempts() > 0
}

func (d Delivery) failedAttempts() (count int) {
	for _, a := range d.Attempts {
		if a.Error != "" {
			count++
		}
	}
	return count
}

func stateLabel(state DeliveryState) string {
	switch state {
	case DeliveryPending:
		return "Pending"
	case DeliveryDelivered:
		return "Delivered"
	}
	return "Failed"
}

func (s *Sandbox) newDeliveryView(d Delivery) deliveryView {
	view := deliveryView{
		ID: d.ID, URL: consoleQuery{}.with(deliveryParameter, d.ID), EventID: d.EventID,
		EventURL: consoleQuery{}.with(eventParameter, d.EventID), EventType: cut(d.EventType, 200), SessionID: d.SessionID,
		To: cut(s.redacted(d.URL), 300), State: d.State, Label: stateLabel(d.State), Tries: len(d.Attempts),
	}
	if d.SessionID != "" {
		view.SessionURL = consoleQuery{}.with(sessionParameter, d.SessionID)
	}
	view.Failures = d.failedAttempts()
	if n := len(d.Attempts); n > 0 {
		last := d.Attempts[n-1]
		view.Time = newConsoleTime(last.At)
		view.Result = cut(s.redacted(strings.TrimSpace(attemptPill(last)+" "+oneLine(last.Response+" "+last.Error))), 160)
	}
	if !d.Next.IsZero() {
		view.Next = newConsoleTime(d.Next)
	}
	return view
}

func (s *Sandbox) deliveryPage(id string) (*deliveryPage, bool) {
	all := s.Deliveries()
	i := slices.IndexFunc(all, func(d Delivery) bool { return d.ID == id })
	if i < 0 {
		return nil, false
	}
	page := &deliveryPage{
		deliveryView: s.newDeliveryView(all[i]), Body: indented(s.redacted(string(all[i].Body))), Curl: s.deliveryCurl(all[i]),
	}
	for _, a := range all[i].Attempts {
		page.Attempts = append(page.Attempts, attemptView{
			Time: newConsoleTime(a.At), Took: milliText(a.Duration), Status: a.Status, Err: s.redacted(a.Error),
			Response: s.redacted(a.Response), Fault: a.Fault,
		})
	}
	return page, true
}

// deliveryCurl returns a command that delivers an event again with a new signature. The command contains no secret.
func (s *Sandbox) deliveryCurl(d Delivery) string {
	body := string(d.Body)
	if s.redacted(body) != body {
		return ""
	}
	for _, w := range s.directory.all() {
		for _, e := range w.feed.allEndpoints() {
			if shownURL(e.URL) == d.URL {
				return "curl -X POST " + shellQuote(s.redacted(d.URL)) + " \\\n  -H 'Content-Type: application/json' \\\n  -H " +
					shellQuote("X-Plugipay-Signature: "+plugipay.SignWebhook(d.Body, e.Secret, s.realTime())) +
					" \\\n  --data-binary " + shellQuote(body)
			}
		}
	}
	return ""
}
