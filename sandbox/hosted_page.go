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

// hostedPath is the path of hosted pages. A session's id follows.
const hostedPath = "/c/"

const (
	maxFormSize = 64 << 10

	// The query parameters of the hosted page.
	failedParameter = "failed" // the method of a failed payment
	whyParameter    = "why"    // the cardOutcome of a failed card
	methodParameter = "method" // the method whose form is shown
	cardParameter   = "card"   // the cardOutcome of the test card to fill in
	returnParameter = "return" // lead back to the shop after the session has ended

	// returnSeconds is the time for which the buyer sees the result before the page leads back to the shop.
	returnSeconds = 3
)

// hostedPage is the page on which the buyer pays a session.
type hostedPage struct {
	sandbox   *Sandbox
	workspace *workspace
	sessions  *sessionStore
	id        string
	language  language
	query     hostedQuery
}

// hostedQuery holds the query parameters of the page.
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

// open shows the page.
func (p hostedPage) open(w http.ResponseWriter) {
	if screen := p.show(w, http.StatusOK, ""); screen != "" {
		p.sandbox.activities.addView(p.activity("opened the page: "+screen, http.StatusOK))
	}
}

// post performs the buyer's action and redirects, or shows the page with an error.
func (p hostedPage) post(w http.ResponseWriter, r *http.Request) {
	// A form on another site must not pay for the buyer.
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
	done.At = begin // before the events that the action causes
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

// address returns the address of the page with the parameters. It is relative, because a proxy may add a path. The parameters are
// pairs of names and values. Pairs with an empty value are left out.
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

// refuse shows the current page with the status and the reason of an error.
func (p hostedPage) refuse(w http.ResponseWriter, what string, err error) {
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{code: gen.ErrorCodeInternalError}
	}
	p.sandbox.activities.add(p.activity(strings.TrimSpace(what+" (refused)"), statusOf(f.code)))
	p.show(w, statusOf(f.code), p.refusalText(f))
}

// refusalText returns the text about an error for the buyer.
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

// show sends the page, and returns the name of its screen. Problem is the reason why an action failed.
func (p hostedPage) show(w http.ResponseWriter, status int, problem string) (screen string) {
	now := p.workspace.clock.now()
	session, current, err := p.sessions.getWithPayment(p.id, now)
	if err != nil { // the session was removed during the request
		writeNothingToPay(w, p.language)
		return ""
	}
	view := p.view(session, current, now)
	if !view.Ended { // the screen of an ended session needs no problem
		view.Problem = problem
	}
	p.setRefresh(w.Header(), view, now)
	out := p.page(view)
	out.status = status
	out.formActions = formActions(session)
	out.write(w)
	return view.Screen
}

// page returns the page of a view. Waiting screens and screens with text to copy have a script.
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

// formActions returns the addresses that the page's forms may lead to. Browsers apply the rule to redirects after a form, too. The
// page's own forms lead back to the page. A program that posts a form without the field "from" is redirected to the shop.
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
