package sandbox

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	shownRows      = 50 // on a page of a list
	refreshSeconds = 3

	// The query parameters of the console.
	pauseParameter    = "pause"
	tabParameter      = "tab"
	sessionParameter  = "session"
	requestParameter  = "request"
	eventParameter    = "event"
	deliveryParameter = "delivery"
	searchParameter   = "q"
	statusParameter   = "status"
	onlyParameter     = "failed"
	pageParameter     = "page"
)

// The tabs of the console.
const (
	tabSessions   = "sessions"
	tabRequests   = "requests"
	tabEvents     = "events"
	tabDeliveries = "deliveries"
	tabTools      = "tools"
)

// consoleView is the content of a console page: a list, one entry of a list, or the tools.
type consoleView struct {
	Tabs      []tabView
	Clock     clockView
	PauseURL  string
	Paused    bool
	Problem   string // of an action
	BaseURL   string // of the sandbox
	Snippet   snippetView
	Filter    filterView
	Pages     pagesView
	Sessions  []sessionView
	Requests  []requestView
	Events    []eventView
	Delivered []deliveryView
	Tools     *toolsView

	Session  *sessionPage
	Request  *requestPage
	Event    *eventPage
	Delivery *deliveryPage
	Missing  string // the kind of entry that the address names but that does not exist
}

type tabView struct {
	Name, Label, URL string
	Count            int
	Counted, Current bool
}

// clockView holds the real time and the time of the sandbox's clock, which may be ahead.
type clockView struct {
	Sandbox, Real timeView
	Ahead         string // empty if both are the same
}

// filterView is the form above a list.
type filterView struct {
	Tab, Search, Status string
	Statuses            []string
	Only                bool   // show only failures
	OnlyLabel           string // empty if the list cannot be filtered by failures
	Any                 bool   // reports whether a filter is set
}

// pagesView describes the part of a list that is shown.
type pagesView struct {
	First, Last, Total int
	Newer, Older       string // addresses, empty if no such page exists
}

// snippetView is a text that a developer pastes to get started.
type snippetView struct{ Environment, Trigger, Endpoint string }

// consoleQuery holds the query parameters of a console page.
type consoleQuery struct {
	values url.Values
	tab    string
	page   int
}

func newConsoleQuery(values url.Values) consoleQuery {
	q := consoleQuery{values: values, tab: values.Get(tabParameter), page: 1}
	if !slices.Contains([]string{tabRequests, tabEvents, tabDeliveries, tabTools}, q.tab) {
		q.tab = tabSessions
	}
	if page, err := strconv.Atoi(values.Get(pageParameter)); err == nil && page > 1 {
		q.page = min(page, 1_000_000)
	}
	return q
}

// with returns the address with other values, without empty values.
func (q consoleQuery) with(parameters ...string) string {
	values := url.Values{}
	for name, v := range q.values {
		values[name] = v
	}
	for i := 0; i < len(parameters); i += 2 {
		values.Del(parameters[i])
		if parameters[i+1] != "" {
			values.Set(parameters[i], parameters[i+1])
		}
	}
	return "?" + values.Encode()
}

func (q consoleQuery) search() string { return strings.TrimSpace(q.values.Get(searchParameter)) }
func (q consoleQuery) status() string { return q.values.Get(statusParameter) }
func (q consoleQuery) onlyFailed() bool {
	return q.values.Get(onlyParameter) != ""
}

// serveConsole shows the content of the sandbox and its requests, and performs the developer's actions.
func (s *Sandbox) serveConsole(w http.ResponseWriter, r *http.Request) {
	// The owner of another site can make a name of that site point to this machine. Then pages of that site could read the console.
	if !s.isOwnHost(r.Host) {
		writeNotice(w, http.StatusForbidden, "The console is for this machine only",
			"Open it under the name localhost or at the address 127.0.0.1, or start the sandbox with -allow-host "+hostname(r.Host)+".")
		return
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		s.showConsole(w, r, http.StatusOK, "")
	case http.MethodPost:
		s.postConsole(w, r)
	default:
		refuseMethod(w, http.MethodGet, http.MethodHead, http.MethodPost)
	}
}

// showConsole sends the page that the address names. Problem is the reason why an action failed.
func (s *Sandbox) showConsole(w http.ResponseWriter, r *http.Request, status int, problem string) {
	s.expireDue() // so that lists and timelines are up to date
	view := s.consoleView(r)
	view.Problem = problem
	if view.Missing != "" && status == http.StatusOK {
		status = http.StatusNotFound
	}
	out := page{
		status: status, template: "console.html", title: view.title(), wide: true, live: true,
		formActions: []string{"'self'"}, content: view,
	}
	if !view.Paused && problem == "" {
		out.refresh = refreshSeconds
	}
	out.write(w)
}

func (v consoleView) title() string {
	switch {
	case v.Session != nil:
		return "Session " + v.Session.ID
	case v.Request != nil:
		return "Request " + v.Request.ID
	case v.Event != nil:
		return "Event " + v.Event.ID
	case v.Delivery != nil:
		return "Delivery " + v.Delivery.ID
	}
	for _, tab := range v.Tabs {
		if tab.Current {
			return tab.Label + " · Console"
		}
	}
	return "Console"
}

func (s *Sandbox) consoleView(r *http.Request) consoleView {
	q := newConsoleQuery(r.URL.Query())
	view := consoleView{Clock: s.clockView(), BaseURL: s.baseURL(r), Paused: q.values.Has(pauseParameter)}
	view.Snippet = s.snippets(view.BaseURL)
	view.PauseURL = q.with(pauseParameter, "1")
	if len(q.values) == 0 {
		view.PauseURL = "?" + pauseParameter
	}
	if view.Paused {
		view.PauseURL = q.with(pauseParameter, "")
	}
	shows := s.showOne(&view, q)
	view.Tabs = s.tabs(q, shows)
	if shows {
		return view
	}
	view.Filter = newFilterView(q)
	switch q.tab {
	case tabRequests:
		s.showRequests(&view, q)
	case tabEvents:
		s.showEvents(&view, q)
	case tabDeliveries:
		s.showDeliveries(&view, q)
	case tabTools:
		view.Tools = s.toolsView()
	default:
		s.showSessions(&view, q)
	}
	return view
}

// showOne shows the single entry that the address names, if it names one.
func (s *Sandbox) showOne(view *consoleView, q consoleQuery) bool {
	var found bool
	for _, one := range []struct {
		parameter string
		show      func(id string) bool
	}{
		{sessionParameter, func(id string) bool { view.Session, found = s.sessionPage(id); return found }},
		{requestParameter, func(id string) bool { view.Request, found = s.requestPage(id, view.BaseURL); return found }},
		{eventParameter, func(id string) bool { view.Event, found = s.eventPage(id); return found }},
		{deliveryParameter, func(id string) bool { view.Delivery, found = s.deliveryPage(id); return found }},
	} {
		id := q.values.Get(one.parameter)
		if id == "" {
			continue
		}
		if !one.show(id) {
			view.Missing = one.parameter
		}
		return true
	}
	return false
}

// tabs returns the tabs with their numbers of entries. No tab is current while a single entry is shown.
func (s *Sandbox) tabs(q consoleQuery, showsOne bool) []tabView {
	sessions, events, deliveries := 0, 0, 0
	for _, w := range s.directory.all() {
		sessions += w.test.sessions.count() + w.live.sessions.count()
		events += w.feed.count()
		deliveries += w.feed.deliveries.Count()
	}
	tabs := []tabView{
		{Name: tabSessions, Label: "Sessions", Count: sessions, Counted: true},
		{Name: tabRequests, Label: "Requests", Count: s.requests.count(), Counted: true},
		{Name: tabEvents, Label: "Events", Count: events, Counted: true},
		{Name: tabDeliveries, Label: "Deliveries", Count: deliveries, Counted: true},
		{Name: tabTools, Label: "Tools"},
	}
	pause := ""
	if q.values.Has(pauseParameter) {
		pause = "1"
	}
	for i := range tabs {
		tabs[i].URL = consoleQuery{}.with(tabParameter, tabs[i].Name, pauseParameter, pause)
		tabs[i].Current = tabs[i].Name == q.tab && !showsOne
	}
	return tabs
}

func (s *Sandbox) clockView() clockView {
	now, real := s.clock.now(), s.realTime()
	view := clockView{Sandbox: newConsoleTime(now), Real: newConsoleTime(real)}
	if ahead := s.clock.aheadBy(); ahead > 0 {
		view.Ahead = shortDuration(ahead)
	}
	return view
}

// shortDuration returns a duration in Go's format, without zeros at its end.
func shortDuration(d time.Duration) string {
	text := d.Truncate(time.Second).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// snippets returns the texts to paste that an empty console shows. They contain a secret only if it is the default secret of
// every sandbox.
func (s *Sandbox) snippets(base string) snippetView {
	key := s.directory.firstKey
	environment := "export PLUGIPAY_BASE_URL=" + shellQuote(base) + "\n"
	switch {
	case key.secret == TestSecret:
		environment += "export PLUGIPAY_KEY_ID=" + shellQuote(key.id) + "\nexport PLUGIPAY_SECRET=" + TestSecret
	case key.secret != "":
		environment += "export PLUGIPAY_KEY_ID=" + shellQuote(key.id) + "\nexport PLUGIPAY_SECRET='the secret of this key'"
	default:
		environment += "export PLUGIPAY_API_KEY='your dashboard key'"
	}
	post := func(path, body string) string {
		return "curl -X POST " + shellQuote(base+controlPrefix+path) + " \\\n  -H 'Content-Type: application/json' \\\n  -d " + shellQuote(body)
	}
	return snippetView{
		Environment: environment,
		Trigger:     post("trigger", `{"type":"checkout_session.completed"}`),
		Endpoint:    post("endpoints", `{"url":"http://127.0.0.1:8080/webhooks/plugipay","secret":"whsec_test"}`),
	}
}

// shellQuote returns a text as one word of a shell.
func shellQuote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

func newFilterView(q consoleQuery) filterView {
	f := filterView{
		Tab: q.tab, Search: q.search(), Status: q.status(), Only: q.onlyFailed(),
		Any: q.search() != "" || q.status() != "" || q.onlyFailed(),
	}
	switch q.tab {
	case tabSessions:
		f.Statuses = []string{"open", "pending", "pending_review", "completed", "failed", "expired", "canceled"}
	case tabRequests:
		f.Statuses = []string{"2xx", "4xx", "5xx", "400", "401", "403", "404", "409", "422", "429", "500", "502", "503"}
		f.OnlyLabel = "Failed only"
	case tabDeliveries:
		f.Statuses = []string{string(DeliveryPending), string(DeliveryDelivered), string(DeliveryFailed)}
		f.OnlyLabel = "With a failed attempt only"
	}
	return f
}

// part returns the part of a list that the address selects, and its description.
func part[T any](q consoleQuery, all []T) ([]T, pagesView) {
	begin := min((q.page-1)*shownRows, len(all))
	end := min(begin+shownRows, len(all))
	return all[begin:end], q.pages(begin, end, len(all))
}

func (q consoleQuery) pages(begin, end, total int) pagesView {
	v := pagesView{First: begin + 1, Last: end, Total: total}
	if begin >= end {
		v.First = end
	}
	if q.page > 1 {
		v.Newer = q.with(pageParameter, "")
		if q.page > 2 {
			v.Newer = q.with(pageParameter, strconv.Itoa(q.page-1))
		}
	}
	if end < total {
		v.Older = q.with(pageParameter, strconv.Itoa(q.page+1))
	}
	return v
}

// mentions reports whether one of the texts contains the search text, in upper or lower case.
func mentions(search string, texts ...string) bool {
	search = strings.ToLower(search)
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(strings.ToLower(text), search) })
}

// newConsoleTime returns a time for the console, in milliseconds and UTC like the API.
func newConsoleTime(t time.Time) timeView {
	return timeView{Text: t.UTC().Format("2006-01-02 15:04:05.000"), Machine: formatTime(t)}
}

// newAPITime is newConsoleTime for a time of the API.
func newAPITime(machine string) timeView {
	t, err := time.Parse(time.RFC3339, machine)
	if err != nil { // does not happen: the sandbox wrote the time
		return timeView{Text: machine, Machine: machine}
	}
	return newConsoleTime(t)
}

// indented returns JSON in lines, and any other text unchanged.
func indented(text string) string {
	var lines bytes.Buffer
	if json.Indent(&lines, []byte(text), "", "  ") != nil {
		return text
	}
	return strings.TrimSpace(lines.String())
}

// milliText returns a duration in milliseconds.
func milliText(d time.Duration) string {
	return strconv.FormatFloat(milliseconds(d), 'f', 1, 64) + " ms"
}
