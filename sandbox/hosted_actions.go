package sandbox

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

// What a buyer can do on the hosted page: the values of the field "action" of its forms.
const (
	actionChoose = "choose" // a method
	actionStart  = "start"  // a payment with a method, which then is in flight
	actionCard   = "card"   // pay with the card of the form
	actionVerify = "verify" // send the bank's code
	actionPay    = "pay"    // with a method, at once; with the manual adapter: "I have paid"
	actionChange = "change" // give up the payment in flight, for another method
	actionCancel = "cancel"

	// The actions of the developer's tools:
	actionFail        = "fail"   // decline the payment, or make the transfer fail
	actionSettle      = "settle" // make the transfer settle
	actionExpire      = "expire"
	actionFailForGood = "fail_for_good"
	actionConfirm     = "confirm" // as the merchant does
)

// The fields of the page's forms that can be wrong.
const (
	fieldCardNumber = "number"
	fieldCardExpiry = "expiry"
	fieldCode       = "code"
)

// buyerForm is a form of the hosted page.
type buyerForm struct {
	action  string
	method  gen.CheckoutMethod
	channel string // a bank, a wallet or an outlet
	number  string // of a card
	expiry  string
	code    string // of the card's back, or the bank's
	// fromPage is true for the page's own forms. The response then leads to the page, not to the shop.
	fromPage bool
}

func newBuyerForm(values url.Values) buyerForm {
	return buyerForm{
		action: values.Get("action"), method: gen.CheckoutMethod(values.Get("method")), channel: values.Get("channel"),
		number: values.Get(fieldCardNumber), expiry: values.Get(fieldCardExpiry), code: values.Get(fieldCode),
		fromPage: values.Get("from") == "page",
	}
}

// what describes the form in the console. It holds none of the buyer's numbers.
func (f buyerForm) what() string {
	text := "posted " + f.action
	for _, part := range []string{string(f.method), f.channel} {
		if part != "" {
			text += " " + part
		}
	}
	return cut(text, 200)
}

// perform does what the buyer asked for and returns where the browser goes from there.
func (p hostedPage) perform(form buyerForm) (next string, err error) {
	now := p.workspace.clock.now()
	session, current, err := p.sessions.getWithPayment(p.id, now)
	if err != nil {
		return "", err
	}
	if hasEnded(session.Status) { // whatever else may be wrong with the request
		return "", fail(gen.ErrorCodeConflict, "the payment is over")
	}
	switch form.action {
	case actionChoose:
		return p.choose(session, form, now)
	case actionStart:
		return p.start(session, form, now)
	case actionCard:
		return p.payByCard(session, form, now)
	case actionVerify:
		return p.verify(session, current, form, now)
	case actionPay:
		return p.pay(session, form, now)
	case actionFail:
		return p.fail(session, current, form.method, now)
	}
	session, err = p.change(form.action, now)
	return p.after(session, form), err
}

// change makes a change of the session that needs nothing but its name.
func (p hostedPage) change(action string, now time.Time) (gen.CheckoutSession, error) {
	switch action {
	case actionSettle:
		return p.sessions.settle(p.id, now)
	case actionChange:
		return p.sessions.giveUp(p.id, now)
	case actionCancel:
		return p.sessions.cancel(p.id, now)
	case actionExpire:
		return p.sessions.expireNow(p.id, now)
	case actionFailForGood:
		return p.sessions.failFinally(p.id, now)
	case actionConfirm:
		return p.sessions.confirm(p.id, now)
	}
	return gen.CheckoutSession{}, invalid("action", "is not known")
}

// choose leads to the form of a method. A method without one is started.
func (p hostedPage) choose(session gen.CheckoutSession, form buyerForm, now time.Time) (next string, err error) {
	if err := p.mustOffer(session, form.method); err != nil {
		return "", err
	}
	if p.hasForm(form.method) {
		return p.address(methodParameter, string(form.method)), nil
	}
	return p.start(session, form, now)
}

// hasForm reports whether the buyer has something to fill in, or to read, before a payment with a method.
func (p hostedPage) hasForm(method gen.CheckoutMethod) bool {
	return p.isManual(method) || method == gen.CheckoutMethodCard || channelsOf(method) != nil
}

func (p hostedPage) isManual(method gen.CheckoutMethod) bool {
	return p.workspace.adapterFor(method) == gen.CheckoutAdapterManual
}

// start makes the session pending, with a payment that the buyer has to make elsewhere.
func (p hostedPage) start(session gen.CheckoutSession, form buyerForm, now time.Time) (next string, err error) {
	if err := p.mustOffer(session, form.method); err != nil {
		return "", err
	}
	through, ok := findChannel(form.method, form.channel)
	if !ok || form.method == gen.CheckoutMethodCard || p.isManual(form.method) {
		return "", invalid("channel", "is not one of the method's")
	}
	session, err = p.sessions.start(p.id, newPayment(form.method, through), p.workspace.adapterFor(form.method), now)
	return p.after(session, form), err
}

func (p hostedPage) pay(session gen.CheckoutSession, form buyerForm, now time.Time) (next string, err error) {
	if err := p.mustOffer(session, form.method); err != nil {
		return "", err
	}
	session, err = p.sessions.pay(p.id, form.method, p.workspace.adapterFor(form.method), now)
	return p.after(session, form), err
}

// payByCard does what the test card stands for.
func (p hostedPage) payByCard(session gen.CheckoutSession, form buyerForm, now time.Time) (next string, err error) {
	form.method = gen.CheckoutMethodCard
	if err := p.mustOffer(session, form.method); err != nil {
		return "", err
	}
	card, ok := findTestCard(form.number)
	switch {
	case !ok:
		return "", invalid(fieldCardNumber, "is not one of a test card")
	case !isExpiry(form.expiry, now):
		return "", invalid(fieldCardExpiry, "is not a month to come")
	case !cardCode.MatchString(form.code):
		return "", invalid(fieldCode, "is not three or four digits")
	case card.Outcome == cardSucceeds:
		return p.pay(session, form, now)
	case card.needs3DS():
		adapter := p.workspace.adapterFor(form.method)
		session, err = p.sessions.start(p.id, payment{method: form.method, card: card}, adapter, now)
		return p.after(session, form), err
	}
	return p.cardFailure(card), nil
}

// cardFailure leads back to the form of the card, and says why it failed.
func (p hostedPage) cardFailure(card testCard) string {
	method := string(gen.CheckoutMethodCard)
	return p.address(methodParameter, method, failedParameter, method, whyParameter, string(card.Outcome))
}

var (
	cardExpiry = regexp.MustCompile(`^\s*(0?[1-9]|1[0-2])\s*/\s*(?:20)?([0-9]{2})\s*$`)
	cardCode   = regexp.MustCompile(`^\s*[0-9]{3,4}\s*$`)
	bankCode   = regexp.MustCompile(`^\s*[0-9]{4,8}\s*$`)
)

// isExpiry reports whether a text is a month, such as 12/30, in which a card is still valid.
func isExpiry(text string, now time.Time) bool {
	parts := cardExpiry.FindStringSubmatch(text)
	if parts == nil {
		return false
	}
	month, _ := strconv.Atoi(parts[1]) // the pattern has seen that both are numbers
	year, _ := strconv.Atoi(parts[2])
	return now.Before(time.Date(2000+year, time.Month(month)+1, 1, 0, 0, 0, 0, time.UTC))
}

// verify ends a payment by card whose bank has asked for a code. Any code is right; the card decides.
func (p hostedPage) verify(
	session gen.CheckoutSession, current payment, form buyerForm, now time.Time,
) (next string, err error) {
	switch {
	case session.Status != gen.CheckoutSessionStatusPending || !current.card.needs3DS():
		return "", fail(gen.ErrorCodeConflict, "no bank has asked for a code")
	case !bankCode.MatchString(form.code):
		return "", invalid(fieldCode, "is not four to eight digits")
	case current.card.Outcome == card3DSSucceeds:
		session, err = p.sessions.settle(p.id, now)
		return p.after(session, form), err
	}
	_, err = p.sessions.failPayment(p.id, now)
	return p.cardFailure(current.card), err
}

// fail makes a payment fail. A payment that would complete at once is declined. The session stays open then, and no event is
// sent, because none is documented. A payment in flight ends.
func (p hostedPage) fail(
	session gen.CheckoutSession, current payment, method gen.CheckoutMethod, now time.Time,
) (next string, err error) {
	if session.Status != gen.CheckoutSessionStatusOpen {
		_, err = p.sessions.failPayment(p.id, now)
		return p.address(failedParameter, string(current.method)), err
	}
	return p.address(failedParameter, string(method)), p.mustOffer(session, method)
}

func (p hostedPage) mustOffer(session gen.CheckoutSession, method gen.CheckoutMethod) error {
	if !p.offers(session, method) {
		return invalid("method", "must be one of the session's methods")
	}
	return nil
}

// offers reports whether the buyer may choose a method: it is one of the session's, and an adapter can do it.
func (p hostedPage) offers(session gen.CheckoutSession, method gen.CheckoutMethod) bool {
	return slices.Contains(session.Methods, method) && p.workspace.adapterFor(method) != ""
}

// after returns where the buyer goes when a session has become what it is: back to the merchant where it is completed or
// canceled.
func (p hostedPage) after(session gen.CheckoutSession, form buyerForm) string {
	switch {
	case !returns(session):
		return p.address()
	case form.fromPage:
		return p.address(returnParameter, "1")
	}
	return backURL(session)
}

// backURL is where a session that has ended leads. Empty: nowhere.
func backURL(session gen.CheckoutSession) string {
	if session.Status == gen.CheckoutSessionStatusCompleted {
		return webURL(session.SuccessURL)
	}
	return webURL(session.CancelURL)
}
