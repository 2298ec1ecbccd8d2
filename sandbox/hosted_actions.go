package sandbox

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

// The actions on the hosted page: the values of the field "action" in its forms.
const (
	actionChoose = "choose" // a method
	actionStart  = "start"  // a payment with a method, which becomes pending
	actionCard   = "card"   // pay with the card of the form
	actionVerify = "verify" // send the bank's code
	actionPay    = "pay"    // with a method, at once, or "I have paid" with the manual adapter
	actionChange = "change" // end the pending payment and choose another method
	actionCancel = "cancel"

	// The actions of the developer's tools:
	actionFail        = "fail"   // decline the payment, or make the transfer fail
	actionSettle      = "settle" // make the transfer settle
	actionExpire      = "expire"
	actionFailForGood = "fail_for_good"
	actionConfirm     = "confirm" // in place of the merchant
)

// The fields of the page's forms that may be invalid.
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
	code    string // from the back of the card, or from the bank
	// fromPage is true for forms of the page itself. Their responses redirect to the page, not to the shop.
	fromPage bool
}

func newBuyerForm(values url.Values) buyerForm {
	return buyerForm{
		action: values.Get("action"), method: gen.CheckoutMethod(values.Get("method")), channel: values.Get("channel"),
		number: values.Get(fieldCardNumber), expiry: values.Get(fieldCardExpiry), code: values.Get(fieldCode),
		fromPage: values.Get("from") == "page",
	}
}

// what returns a description of the form for the console, without the buyer's numbers.
func (f buyerForm) what() string {
	text := "posted " + f.action
	for _, part := range []string{string(f.method), f.channel} {
		if part != "" {
			text += " " + part
		}
	}
	return cut(text, 200)
}

// perform performs the action of the form and returns the next address of the browser.
func (p hostedPage) perform(form buyerForm) (next string, err error) {
	now := p.workspace.clock.now()
	session, current, err := p.sessions.getWithPayment(p.id, now)
	if err != nil {
		return "", err
	}
	if hasEnded(session.Status) { // comes before any other error of the request
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

// change performs an action that has no further fields.
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

// choose returns the address of a method's form. It starts a payment with a method that has no form.
func (p hostedPage) choose(session gen.CheckoutSession, form buyerForm, now time.Time) (next string, err error) {
	if err := p.mustOffer(session, form.method); err != nil {
		return "", err
	}
	if p.hasForm(form.method) {
		return p.address(methodParameter, string(form.method)), nil
	}
	return p.start(session, form, now)
}

// hasForm reports whether the buyer fills in or reads something before a payment with the method.
func (p hostedPage) hasForm(method gen.CheckoutMethod) bool {
	return p.isManual(method) || method == gen.CheckoutMethodCard || channelsOf(method) != nil
}

func (p hostedPage) isManual(method gen.CheckoutMethod) bool {
	return p.workspace.adapterFor(method) == gen.CheckoutAdapterManual
}

// start makes the session pending, with a payment that the buyer makes outside the page.
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

// payByCard performs the outcome of the test card.
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

// cardFailure returns the address of the card's form, with the reason of the failure.
func (p hostedPage) cardFailure(card testCard) string {
	method := string(gen.CheckoutMethodCard)
	return p.address(methodParameter, method, failedParameter, method, whyParameter, string(card.Outcome))
}

var (
	cardExpiry = regexp.MustCompile(`^\s*(0?[1-9]|1[0-2])\s*/\s*(?:20)?([0-9]{2})\s*$`)
	cardCode   = regexp.MustCompile(`^\s*[0-9]{3,4}\s*$`)
	bankCode   = regexp.MustCompile(`^\s*[0-9]{4,8}\s*$`)
)

// isExpiry reports whether a text is a month, such as 12/30, that has not ended.
func isExpiry(text string, now time.Time) bool {
	parts := cardExpiry.FindStringSubmatch(text)
	if parts == nil {
		return false
	}
	month, _ := strconv.Atoi(parts[1]) // cannot fail, because the pattern matches only digits
	year, _ := strconv.Atoi(parts[2])
	return now.Before(time.Date(2000+year, time.Month(month)+1, 1, 0, 0, 0, 0, time.UTC))
}

// verify ends a card payment whose bank asked for a code. Every code is correct: the card decides the outcome.
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

// fail makes a payment fail. A payment that would complete at once is declined: the session stays open, and no event is sent,
// because none is documented. A pending payment ends.
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

// offers reports whether the buyer can choose a method: the session has it and an adapter supports it.
func (p hostedPage) offers(session gen.CheckoutSession, method gen.CheckoutMethod) bool {
	return slices.Contains(session.Methods, method) && p.workspace.adapterFor(method) != ""
}

// after returns the next address after a change of the session. A completed or canceled session leads back to the merchant.
func (p hostedPage) after(session gen.CheckoutSession, form buyerForm) string {
	switch {
	case !returns(session):
		return p.address()
	case form.fromPage:
		return p.address(returnParameter, "1")
	}
	return backURL(session)
}

// backURL returns the merchant's address for a session that has ended, or "".
func backURL(session gen.CheckoutSession) string {
	if session.Status == gen.CheckoutSessionStatusCompleted {
		return webURL(session.SuccessURL)
	}
	return webURL(session.CancelURL)
}
