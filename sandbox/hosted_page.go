package sandbox

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/plugipay/plugipay-go/gen"
)

// What a buyer can do on the hosted page: the values of the field "action" of its forms.
const (
	actionPay    = "pay"
	actionFail   = "fail"   // decline the payment, or let the transfer fail
	actionSettle = "settle" // let the transfer arrive
	actionCancel = "cancel"
)

// hostedPath is where the hosted pages are; a session's id follows.
const hostedPath = "/c/"

const (
	maxFormSize = 64 << 10
	// failedParameter is the query parameter of the hosted page with the method of a payment that has just failed.
	failedParameter = "failed"
)

// hostedPage is the page where the buyer pays one session.
type hostedPage struct {
	sandbox   *Sandbox
	workspace *workspace
	sessions  *sessionStore
	id        string
}

// serveHostedPage answers a request for the hosted page of a session, in whichever workspace it is.
func (s *Sandbox) serveHostedPage(w http.ResponseWriter, r *http.Request, id string) {
	found, sessions, ok := s.findSession(id)
	if !ok {
		writeNothingToPay(w)
		return
	}
	p := hostedPage{sandbox: s, workspace: found, sessions: sessions, id: id}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		p.show(w, http.StatusOK, "", r.URL.Query().Get(failedParameter))
	case http.MethodPost:
		p.post(w, r)
	default:
		refuseMethod(w, http.MethodGet, http.MethodHead, http.MethodPost)
	}
}

func writeNothingToPay(w http.ResponseWriter) {
	writeNotice(w, http.StatusNotFound, "There is nothing to pay here",
		"The address may be mistyped, or the sandbox has been restarted and has forgotten its sessions.")
}

// post does what the buyer asked for and sends the browser on, or shows the page with what is wrong.
func (p hostedPage) post(w http.ResponseWriter, r *http.Request) {
	// A form on another site must not pay in the buyer's name.
	if http.NewCrossOriginProtection().Check(r) != nil {
		writeNotice(w, http.StatusForbidden, "This came from another site",
			"A payment can only be made on its own page. Nothing was paid.")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxFormSize)
	if r.ParseForm() != nil {
		p.refuse(w, invalid("form", "is not valid"))
		return
	}
	next, err := p.perform(r.PostForm.Get("action"), gen.CheckoutMethod(r.PostForm.Get("method")))
	if err != nil {
		p.refuse(w, err)
		return
	}
	setPageHeader(w.Header())
	w.Header().Set("Location", next)
	w.WriteHeader(http.StatusSeeOther)
}

// perform does what the buyer asked for and returns where the browser goes from there.
func (p hostedPage) perform(action string, method gen.CheckoutMethod) (next string, err error) {
	session, current, err := p.sessions.getWithPayment(p.id, p.workspace.clock.now())
	if err != nil {
		return "", err
	}
	if hasEnded(session.Status) { // whatever else may be wrong with the request
		return "", fail(gen.ErrorCodeConflict, "the payment is over")
	}
	switch action {
	case actionPay:
		return p.pay(session, method)
	case actionSettle:
		session, err = p.sessions.settle(p.id, p.workspace.clock.now())
		return p.after(session), err
	case actionFail:
		return p.fail(session, current, method)
	case actionCancel:
		session, err = p.sessions.cancel(p.id, p.workspace.clock.now())
		return p.after(session), err
	}
	return "", invalid("action", "is not known")
}

func (p hostedPage) pay(session gen.CheckoutSession, method gen.CheckoutMethod) (next string, err error) {
	if !p.offers(session, method) {
		return "", invalid("method", "must be one of the session's methods")
	}
	session, err = p.sessions.pay(p.id, method, p.workspace.adapterFor(method), p.workspace.clock.now())
	return p.after(session), err
}

// fail lets a payment fail. One that would be made at once is declined, which changes nothing: no event is documented
// for it and the session stays open. One that is in flight ends without money.
func (p hostedPage) fail(
	session gen.CheckoutSession, current payment, method gen.CheckoutMethod,
) (next string, err error) {
	if session.Status != gen.CheckoutSessionStatusOpen {
		_, err = p.sessions.failPayment(p.id, p.workspace.clock.now())
		return p.address(current.method), err
	}
	if !p.offers(session, method) {
		return "", invalid("method", "must be one of the session's methods")
	}
	return p.address(method), nil
}

// offers tells whether the buyer may choose a method: it is one of the session's, and an adapter can do it.
func (p hostedPage) offers(session gen.CheckoutSession, method gen.CheckoutMethod) bool {
	return slices.Contains(session.Methods, method) && p.workspace.adapterFor(method) != ""
}

// after returns where the buyer goes when a session has become what it is: back to the merchant once it has ended.
func (p hostedPage) after(session gen.CheckoutSession) string {
	next := ""
	switch session.Status {
	case gen.CheckoutSessionStatusCompleted:
		next = session.SuccessURL
	case gen.CheckoutSessionStatusCanceled:
		next = session.CancelURL
	}
	if !isWebURL(next) {
		return p.address("")
	}
	return next
}

// address returns the address of the page, seen from itself so that it is right behind a proxy with a path of its own.
// It tells of a payment with a method that has just failed, if there is one.
func (p hostedPage) address(failed gen.CheckoutMethod) string {
	if failed == "" {
		return "./" + p.id
	}
	return "./" + p.id + "?" + url.Values{failedParameter: {string(failed)}}.Encode()
}

// refuse shows the page as it is now, with the status and the reason of an error.
func (p hostedPage) refuse(w http.ResponseWriter, err error) {
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{code: gen.ErrorCodeInternalError}
	}
	p.show(w, statusOf(f.code), refusalText(f), "")
}

// refusalText is what a buyer reads about an error.
func refusalText(f *failure) string {
	switch {
	case f.code == gen.ErrorCodeConflict:
		return "This was not possible, as the payment has moved on. Below is how it stands now."
	case f.field == "method":
		return "Choose one of the payment methods below."
	}
	return "The page could not make sense of that. Nothing was paid; please try again."
}

// show sends the page. Problem is what was wrong with the request, failed the method of a payment that has just failed.
func (p hostedPage) show(w http.ResponseWriter, status int, problem, failed string) {
	session, current, err := p.sessions.getWithPayment(p.id, p.workspace.clock.now())
	if err != nil { // forgotten since the request came
		writeNothingToPay(w)
		return
	}
	view := p.view(session, current, gen.CheckoutMethod(failed))
	if !view.Ended { // the screen of a session that has ended says it all
		view.Problem = problem
	}
	page{
		status:      status,
		template:    "hosted.html",
		title:       view.Heading + " · " + view.Merchant,
		formActions: formActions(session),
		content:     view,
	}.write(w)
}

// formActions are where the page's forms may lead: browsers hold the redirects that answer a form to them, too. A
// merchant's page that sends the buyer on to yet another origin is therefore not followed there straight from the form.
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
