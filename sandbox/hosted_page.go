package sandbox

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

// hostedPath is where the hosted pages are; a session's id follows.
const hostedPath = "/c/"

const (
	maxFormSize = 64 << 10

	// The query parameters of the hosted page.
	failedParameter = "failed" // the method of a payment that has just failed
	whyParameter    = "why"    // why a card has failed: a cardOutcome
	methodParameter = "method" // the method whose form is shown
	cardParameter   = "card"   // the test card that fills in its form: a cardOutcome
	returnParameter = "return" // lead back to the shop once the session has ended

	// returnSeconds is how long the buyer sees how the payment ended before the page leads back to the shop.
	returnSeconds = 3
)

// hostedPage is the page where the buyer pays one session.
type hostedPage struct {
	sandbox   *Sandbox
	workspace *workspace
	sessions  *sessionStore
	id        string
	language  language
	query     hostedQuery
}

// hostedQuery is what the address of the page says beside the session.
type hostedQuery struct {
	failed    gen.CheckoutMethod
	why       cardOutcome
	method    gen.CheckoutMethod
	card      cardOutcome
	returning bool
}

func newHostedQuery(query url.Values) hostedQuery {
	return hostedQuery{
		failed: gen.CheckoutMethod(query.Get(failedParameter)), why: cardOutcome(query.Get(whyParameter)),
		method: gen.CheckoutMethod(query.Get(methodParameter)), card: cardOutcome(query.Get(cardParameter)),
		returning: query.Has(returnParameter),
	}
}

// serveHostedPage responds to a request for the hosted page of a session of any workspace.
func (s *Sandbox) serveHostedPage(w http.ResponseWriter, r *http.Request, id string) {
	l := languageOf(w, r)
	found, sessions, ok := s.findSession(id)
	if !ok {
		writeNothingToPay(w, l)
		return
	}
	p := hostedPage{
		sandbox: s, workspace: found, sessions: sessions, id: id, language: l, query: newHostedQuery(r.URL.Query()),
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		p.open(w)
	case http.MethodPost:
		p.post(w, r)
	default:
		refuseMethod(w, http.MethodGet, http.MethodHead, http.MethodPost)
	}
}

func writeNothingToPay(w http.ResponseWriter, l language) {
	t := textIn(l)
	writeNoticeIn(w, l, http.StatusNotFound, t.NothingHere, t.NothingHereText)
}

// open shows the page as its address says.
func (p hostedPage) open(w http.ResponseWriter) {
	if screen := p.show(w, http.StatusOK, ""); screen != "" {
		p.sandbox.activities.addView(p.activity("opened the page: "+screen, http.StatusOK))
	}
}

// post does what the buyer asked for and sends the browser on, or shows the page with what is wrong.
func (p hostedPage) post(w http.ResponseWriter, r *http.Request) {
	// A form on another site must not pay in the buyer's name.
	if http.NewCrossOriginProtection().Check(r) != nil {
		t := textIn(p.language)
		writeNoticeIn(w, p.language, http.StatusForbidden, t.OtherSite, t.OtherSiteText)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxFormSize)
	if r.ParseForm() != nil {
		p.refuse(w, "", invalid("form", "is not valid"))
		return
	}
	form, begin := newBuyerForm(r.PostForm), p.workspace.clock.now()
	next, err := p.perform(form)
	if err != nil {
		p.refuse(w, form.what(), err)
		return
	}
	done := p.activity(form.what(), http.StatusSeeOther)
	done.At = begin // what it caused comes after it
	p.sandbox.activities.add(done)
	setPageHeader(w.Header())
	w.Header().Set("Location", next)
	w.WriteHeader(http.StatusSeeOther)
}

func (p hostedPage) activity(what string, status int) activity {
	return activity{
		At: p.workspace.clock.now(), Kind: activityPage, What: what, Status: status, SessionID: p.id,
		AccountID: p.workspace.accountID,
	}
}

// address returns the address of the page, seen from itself so that it is right behind a proxy with a path of its own.
// The parameters are pairs of names and values; those without a value are left out.
func (p hostedPage) address(parameters ...string) string {
	query := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		if parameters[i+1] != "" {
			query.Set(parameters[i], parameters[i+1])
		}
	}
	if len(query) == 0 {
		return "./" + p.id
	}
	return "./" + p.id + "?" + query.Encode()
}

// refuse shows the page as it is now, with the status and the reason of an error.
func (p hostedPage) refuse(w http.ResponseWriter, what string, err error) {
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{code: gen.ErrorCodeInternalError}
	}
	p.sandbox.activities.add(p.activity(strings.TrimSpace(what+" (refused)"), statusOf(f.code)))
	p.show(w, statusOf(f.code), p.refusalText(f))
}

// refusalText is what a buyer reads about an error.
func (p hostedPage) refusalText(f *failure) string {
	t := textIn(p.language)
	switch {
	case f.code == gen.ErrorCodeConflict:
		return t.MovedOn
	case f.field == "method":
		return t.NotChosen
	case f.field == fieldCardNumber:
		return t.NotATestCard
	case f.field == fieldCardExpiry:
		return t.BadExpiry
	case f.field == fieldCode:
		return t.BadCode
	}
	return t.NoSense
}

// show sends the page, and returns the name of its screen. Problem is what was wrong with the request.
func (p hostedPage) show(w http.ResponseWriter, status int, problem string) (screen string) {
	now := p.workspace.clock.now()
	session, current, err := p.sessions.getWithPayment(p.id, now)
	if err != nil { // forgotten since the request came
		writeNothingToPay(w, p.language)
		return ""
	}
	view := p.view(session, current, now)
	if !view.Ended { // the screen of a session that has ended says it all
		view.Problem = problem
	}
	p.setRefresh(w.Header(), view, now)
	out := p.page(view)
	out.status = status
	out.formActions = formActions(session)
	out.write(w)
	return view.Screen
}

// page returns the page with a view. Screens that wait, or that have something to copy, have a script.
func (p hostedPage) page(view hostedView) page {
	out := page{
		template: "hosted.html", language: p.language, title: view.Heading + " · " + view.Merchant,
		badge: &badge{Short: view.T.TestMode, Long: view.T.NoMoney}, languages: &view.Switch, content: view,
	}
	if view.Waits {
		out.refresh, out.refreshTo = waitingSeconds, p.address(returnParameter, "1")
	}
	out.live = view.Waits || view.Number != ""
	return out
}

// setRefresh leads a buyer whose session has ended back to the shop, and reloads an open page when it expires. It is not a
// redirect in response to a form, because browsers check such redirects, and all further ones, against the page's form-action.
// A shop that redirects the buyer to another origin would leave the buyer on this page.
func (p hostedPage) setRefresh(header http.Header, view hostedView, now time.Time) {
	expires, err := time.Parse(time.RFC3339, view.Expires.Machine)
	switch {
	case view.Ended && view.Returning:
		header.Set("Refresh", strconv.Itoa(returnSeconds)+"; url="+view.BackURL)
	case !view.Ended && !view.Waits && err == nil && expires.Sub(now) < 24*time.Hour:
		header.Set("Refresh", strconv.Itoa(int(expires.Sub(now)/time.Second)+1))
	}
}

// formActions are where the page's forms may lead: browsers hold the redirects that follow a form to the same rule, too. The
// page's own forms lead back to the page; a program that posts one without the field "from" is sent on to the shop.
func formActions(session gen.CheckoutSession) []string {
	if hasEnded(session.Status) {
		return nil
	}
	sources := []string{"'self'"}
	for _, address := range []string{session.SuccessURL, session.CancelURL} {
		if source, ok := formActionSource(address); ok && !slices.Contains(sources, source) {
			sources = append(sources, source)
		}
	}
	return sources
}
