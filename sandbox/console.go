package sandbox

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/sandbox/internal/delivery"
)

const (
	shownSessions    = 100
	shownRequests    = 200
	refreshSeconds   = 3
	pauseParameter   = "pause"
	sessionParameter = "session"
)

// consoleView is what the console shows.
type consoleView struct {
	Paused     bool
	Now        timeView
	Sessions   []sessionView
	Requests   []requestView
	Deliveries []deliveryView
}

type sessionView struct {
	ID         string
	HostedPath string // seen from the console
	Status     gen.CheckoutSessionStatus
	Amount     string
	Methods    string
	Adapter    string
	Merchant   string
	Live       bool
	Created    timeView
}

type requestView struct {
	Request
	Time   timeView
	Failed bool
}

// deliveryView is an event on its way to an endpoint.
type deliveryView struct {
	EventID   string
	EventName string
	SessionID string
	URL       string
	Body      string
	Delivered bool
	Next      timeView // when it is tried again; empty for never
	Attempts  []attemptView
}

type attemptView struct {
	Time   timeView
	Status int    // zero where there was no answer
	Err    string // why not
}

// serveConsole shows what the sandbox holds and what it was asked.
func (s *Sandbox) serveConsole(w http.ResponseWriter, r *http.Request) {
	// A name of another site may be made to point to this machine, and that site's pages could then read this one.
	if !s.isOwnHost(r.Host) {
		writeNotice(w, http.StatusForbidden, "The console is for this machine only",
			"Open it under the name localhost or at the address 127.0.0.1, or start the sandbox with -allow-host "+hostname(r.Host)+".")
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		refuseMethod(w, http.MethodGet, http.MethodHead)
		return
	}
	view := s.consoleView()
	view.Paused = r.URL.Query().Has(pauseParameter)
	p := page{status: http.StatusOK, template: "console.html", title: "Console", wide: true, content: view}
	if !view.Paused {
		p.refresh = refreshSeconds
	}
	p.write(w)
}

func (s *Sandbox) consoleView() consoleView {
	view := consoleView{
		Now:        newConsoleTime(s.clock.now()),
		Sessions:   s.sessionViews(),
		Deliveries: s.deliveryViews(),
	}
	requests := s.Requests()
	for _, r := range requests[:min(len(requests), shownRequests)] {
		r.Body, r.Response = indented(r.Body), indented(r.Response)
		view.Requests = append(view.Requests, requestView{
			Request: r, Time: newConsoleTime(r.At), Failed: r.Status >= http.StatusBadRequest,
		})
	}
	return view
}

// sessionViews returns the last sessions of all workspaces, newest first.
func (s *Sandbox) sessionViews() []sessionView {
	var views []sessionView
	for _, w := range s.directory.all() {
		for _, live := range []bool{false, true} {
			sessions, _ := w.dataset(live).sessions.page(listQuery{}, shownSessions, w.clock.now())
			for _, session := range sessions {
				views = append(views, s.newSessionView(session, w, live))
			}
		}
	}
	slices.SortFunc(views, func(a, b sessionView) int {
		return cmp.Or(strings.Compare(b.Created.Machine, a.Created.Machine), strings.Compare(b.ID, a.ID))
	})
	return views[:min(len(views), shownSessions)]
}

func (s *Sandbox) newSessionView(session gen.CheckoutSession, w *workspace, live bool) sessionView {
	methods := make([]string, 0, len(session.Methods))
	for _, m := range session.Methods {
		methods = append(methods, string(m))
	}
	return sessionView{
		ID:         session.ID,
		HostedPath: strings.TrimPrefix(hostedPath, "/") + session.ID,
		Status:     session.Status,
		Amount:     s.formatAmount(session.Amount, session.Currency),
		Methods:    strings.Join(methods, ", "),
		Adapter:    valueOr(session.Adapter, ""),
		Merchant:   w.displayName(),
		Live:       live,
		Created:    newCreatedView(session.CreatedAt),
	}
}

func newCreatedView(machine string) timeView {
	t, err := time.Parse(time.RFC3339, machine)
	if err != nil { // the sandbox has written it: it is one
		return timeView{Text: machine, Machine: machine}
	}
	return newConsoleTime(t)
}

// deliveryViews returns the last deliveries of events, newest first.
func (s *Sandbox) deliveryViews() []deliveryView {
	var views []deliveryView
	for _, w := range s.directory.all() {
		for _, r := range w.feed.deliveries.Records() {
			views = append(views, s.newDeliveryView(r))
		}
	}
	return views
}

func (s *Sandbox) newDeliveryView(r delivery.Record) deliveryView {
	view := deliveryView{
		EventID:   r.EventID,
		EventName: r.EventType,
		SessionID: r.SessionID,
		URL:       s.redacted(r.URL),
		Body:      indented(s.redacted(string(r.Body))),
		Delivered: r.State == delivery.Delivered,
	}
	if !r.Next.IsZero() {
		view.Next = newConsoleTime(r.Next)
	}
	for _, a := range r.Attempts {
		view.Attempts = append(view.Attempts, attemptView{Time: newConsoleTime(a.At), Status: a.Status, Err: a.Error})
	}
	return view
}

// newConsoleTime writes a time to the millisecond, in UTC as the API does.
func newConsoleTime(t time.Time) timeView {
	return timeView{Text: t.UTC().Format("2006-01-02 15:04:05.000"), Machine: formatTime(t)}
}

// indented returns JSON in lines, and anything else as it is.
func indented(text string) string {
	var lines bytes.Buffer
	if json.Indent(&lines, []byte(text), "", "  ") != nil {
		return text
	}
	return strings.TrimSpace(lines.String())
}
