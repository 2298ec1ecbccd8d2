package sandbox

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

// sessionView is a row of the list of sessions.
type sessionView struct {
	ID         string
	URL        string
	HostedPath string // relative to the console
	Status     gen.CheckoutSessionStatus
	Amount     string
	Methods    string
	Adapter    string
	Merchant   string
	Live       bool
	Order      string // the merchant's order id
	Created    timeView
}

// foundSession is a session with its workspace.
type foundSession struct {
	session   gen.CheckoutSession
	workspace *workspace
	live      bool
}

// showSessions lists the sessions of all workspaces, newest first. Without a search, it reads only the pages up to the
// requested one.
func (s *Sandbox) showSessions(view *consoleView, q consoleQuery) {
	limit, search := q.page*shownRows, q.search()
	var all []foundSession
	total := 0
	for _, w := range s.directory.all() {
		for _, live := range []bool{false, true} {
			sessions, count := w.dataset(live).sessions.newest(q.status(), search, limit, w.clock.now())
			total += count
			for _, session := range sessions {
				all = append(all, foundSession{session, w, live})
			}
		}
	}
	// Sessions of the same millisecond stay in the order of their stores, so that no session is on two pages.
	slices.SortStableFunc(all, func(a, b foundSession) int { return strings.Compare(b.session.CreatedAt, a.session.CreatedAt) })
	shown, _ := part(q, all)
	begin := min((q.page-1)*shownRows, len(all))
	view.Pages = q.pages(begin, begin+len(shown), total)
	for _, f := range shown {
		view.Sessions = append(view.Sessions, s.newSessionView(f.session, f.workspace, f.live))
	}
}

// newest returns the newest sessions that match the status and the search, up to the limit, and the number of all matches.
func (s *sessionStore) newest(status, search string, limit int, now time.Time) (found []gen.CheckoutSession, count int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	isFiltered := status != "" || search != ""
	for session := range s.matching(listQuery{Status: status}, now) {
		if search != "" && !session.mentions(search) {
			continue
		}
		if count++; len(found) < limit {
			found = append(found, session.at(now))
		} else if !isFiltered {
			return found, len(s.byID)
		}
	}
	return found, count
}

// mentions reports whether the session's ids, payment number or metadata contain the search text.
func (s *session) mentions(search string) bool {
	texts := []string{s.fixed.ID, s.paymentID, valueOr(s.fixed.CustomerID, ""), s.payment.number}
	for name, value := range s.fixed.Metadata {
		texts = append(texts, name+"="+value)
	}
	return mentions(search, texts...)
}

func (s *sessionStore) count() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.byID)
}

func (s *Sandbox) newSessionView(session gen.CheckoutSession, w *workspace, live bool) sessionView {
	methods := make([]string, 0, len(session.Methods))
	for _, m := range session.Methods {
		methods = append(methods, string(m))
	}
	return sessionView{
		ID:         session.ID,
		URL:        consoleQuery{}.with(sessionParameter, session.ID),
		HostedPath: strings.TrimPrefix(hostedPath, "/") + session.ID,
		Status:     session.Status,
		Amount:     s.formatAmount(session.Amount, session.Currency),
		Methods:    cut(strings.Join(methods, ", "), 100),
		Adapter:    valueOr(session.Adapter, ""),
		Merchant:   cut(w.displayName(), 100),
		Live:       live,
		Order:      cut(orderOf(session.Metadata), 100),
		Created:    newAPITime(session.CreatedAt),
	}
}

// orderOf returns the property of the metadata that is most likely the merchant's order id.
func orderOf(metadata map[string]string) string {
	for _, name := range []string{"order_id", "orderId", "order", "orderID", "reference", "ref"} {
		if metadata[name] != "" {
			return metadata[name]
		}
	}
	return ""
}

// sessionPage is a session with everything that happened to it.
type sessionPage struct {
	sessionView
	JSON     string
	Warnings []warning
	Actions  []sessionAction
	Methods  []gen.CheckoutMethod // methods that can pay it now, nil for none
	Clock    string               // how far its workspace's clock is ahead of the sandbox's, empty if it is not ahead
	Timeline []timelineEntry
	Earlier  int // number of older entries that are left out
}

// sessionAction is something that the developer can do to a session.
type sessionAction struct{ Action, Label string }

// timelineEntry is a line of a session's timeline.
type timelineEntry struct {
	At      time.Time
	Time    timeView
	Kind    string // request, event, delivery, page, control or console
	Title   string
	Detail  string
	Pill    string
	Bad     bool
	URL     string // empty if the entry has no page
	Sent    string // the body of a control call
	Notices []string
}

// shownTimeline is the number of entries of a session's timeline that are shown.
const shownTimeline = 200

func (s *Sandbox) sessionPage(id string) (*sessionPage, bool) {
	w, sessions, ok := s.findSession(id)
	if !ok {
		return nil, false
	}
	session, err := sessions.get(id, w.clock.now())
	if err != nil { // the session was removed in the meantime
		return nil, false
	}
	encoded, _ := marshal(session) // it was made from JSON
	page := &sessionPage{
		sessionView: s.newSessionView(session, w, sessions == w.live.sessions),
		JSON:        indented(s.redacted(string(encoded))),
		Actions:     actionsFor(session.Status),
		Timeline:    s.timeline(session, w),
	}
	if session.Status == gen.CheckoutSessionStatusOpen {
		page.Methods = session.Methods
	}
	if ahead := w.clock.aheadBy(); ahead > 0 {
		page.Clock = shortDuration(ahead)
	}
	for _, r := range s.requests.newestFirst() {
		if r.SessionID == id {
			page.Warnings = append(page.Warnings, r.warnings...)
		}
	}
	if extra := len(page.Timeline) - shownTimeline; extra > 0 {
		page.Earlier, page.Timeline = extra, page.Timeline[extra:]
	}
	return page, true
}

// actionsFor returns the actions for a session with the status, except payments.
func actionsFor(status gen.CheckoutSessionStatus) (actions []sessionAction) {
	if status == gen.CheckoutSessionStatusPending {
		actions = append(actions, sessionAction{actionSettle, "Settle: the money arrives"}, sessionAction{actionFail, "Fail this payment"})
	}
	if status == gen.CheckoutSessionStatusExpired {
		return []sessionAction{{actionSettleLate, "Settle late: the money arrives all the same"}}
	}
	if hasEnded(status) {
		return nil
	}
	return append(actions, sessionAction{actionConfirm, "Confirm"}, sessionAction{actionExpire, "Expire"},
		sessionAction{actionCancel, "Cancel"}, sessionAction{actionFailForGood, "Fail for good"})
}

// timeline returns what happened to a session, oldest first.
func (s *Sandbox) timeline(session gen.CheckoutSession, w *workspace) []timelineEntry {
	var entries []timelineEntry
	for _, r := range s.requests.newestFirst() {
		if r.SessionID == session.ID {
			entries = append(entries, newRequestEntry(r))
		}
	}
	for _, e := range w.feed.newestFirst() {
		if e.sessionID() == session.ID {
			entries = append(entries, timelineEntry{
				At: e.at, Kind: "event", Title: e.name, URL: consoleQuery{}.with(eventParameter, e.id),
			})
		}
	}
	for _, d := range deliveriesOf([]*workspace{w}) {
		if d.SessionID == session.ID {
			entries = append(entries, s.deliveryEntries(d)...)
		}
	}
	created, _ := time.Parse(time.RFC3339, session.CreatedAt)
	for _, a := range s.activities.newestFirst("") {
		isClock := a.SessionID == "" && strings.HasSuffix(a.What, "clock") && !a.At.Before(created)
		if a.SessionID == session.ID || isClock {
			entries = append(entries, newActivityEntry(a))
		}
	}
	slices.Reverse(entries) // so far, entries of the same time are in reverse order
	slices.SortStableFunc(entries, func(a, b timelineEntry) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(timelineOrder(a.Kind), timelineOrder(b.Kind)))
	})
	for i := range entries {
		entries[i].Time = newConsoleTime(entries[i].At)
	}
	return entries
}

// timelineOrder returns the position of an entry among entries of the same millisecond, causes first.
func timelineOrder(kind string) int {
	return slices.Index([]string{"request", activityControl, activityPage, activityConsole, "event", "delivery"}, kind)
}

func newRequestEntry(r recordedRequest) timelineEntry {
	entry := timelineEntry{
		At: r.At, Kind: "request", Title: cut(r.Method+" "+r.Path, 200), Pill: strconv.Itoa(r.Status),
		Bad: r.Status >= 400, Detail: milliText(r.Duration), URL: consoleQuery{}.with(requestParameter, r.ID),
	}
	entry.Notices = r.notices()
	return entry
}

func (s *Sandbox) deliveryEntries(d Delivery) []timelineEntry {
	var entries []timelineEntry
	for i, a := range slices.Backward(d.Attempts) {
		entry := timelineEntry{
			At: a.At, Kind: "delivery", Title: d.EventType + " to " + cut(s.redacted(d.URL), 200), Bad: a.Error != "",
			Pill: attemptPill(a), URL: consoleQuery{}.with(deliveryParameter, d.ID),
			Detail: "attempt " + strconv.Itoa(i+1) + ", " + milliText(a.Duration),
		}
		if a.Error != "" {
			entry.Notices = []string{cut(s.redacted(strings.TrimSpace(a.Error+" "+oneLine(a.Response))), 200)}
		}
		entries = append(entries, entry)
	}
	return entries
}

func attemptPill(a DeliveryAttempt) string {
	if a.Status == 0 {
		return "no response"
	}
	return strconv.Itoa(a.Status)
}

func newActivityEntry(a activity) timelineEntry {
	entry := timelineEntry{
		At: a.At, Kind: a.Kind, Title: a.What, Pill: strconv.Itoa(a.Status), Bad: a.Status >= 400, Sent: a.Sent,
	}
	if a.Times > 1 {
		entry.Detail = strconv.Itoa(a.Times) + " times"
	}
	return entry
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
