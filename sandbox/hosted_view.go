package sandbox

import (
	"strings"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
)

// hostedView is what the hosted page shows.
type hostedView struct {
	Status   gen.CheckoutSessionStatus
	Ended    bool
	Heading  string
	Merchant string
	Initial  string // of the merchant
	Amount   string
	Items    []lineItemView
	Expires  timeView
	Ends     timeView // when the session was completed, canceled or has expired

	Problem string // what was wrong with the request
	Failed  string // what became of a payment that has just failed

	Methods []methodView
	Chosen  methodView // of a payment that has been made
	Number  string     // that the buyer has to pay to

	BackURL string // where an ended session leads, empty for nowhere
}

// methodView is a payment method as buyers know it.
type methodView struct {
	Method  gen.CheckoutMethod
	Name    string
	Hint    string
	Checked bool
}

// timeView is a time for people and for machines.
type timeView struct{ Text, Machine string }

func (p hostedPage) view(session gen.CheckoutSession, current payment, failed gen.CheckoutMethod) hostedView {
	view := hostedView{
		Status:   session.Status,
		Ended:    hasEnded(session.Status),
		Merchant: p.workspace.displayName(),
		Amount:   plugipay.FormatAmount(session.Amount, plugipay.CurrencyCode(session.Currency)),
		Items:    lineItemViews(session.LineItems, session.Currency),
		Expires:  newTimeView(session.ExpiresAt),
		Ends:     newTimeView(session.UpdatedAt),
		Chosen:   newMethodView(current.method),
		Number:   groupDigits(current.number),
	}
	view.Initial = initialOf(view.Merchant)
	switch session.Status {
	case gen.CheckoutSessionStatusOpen:
		view.Heading = "Pay " + view.Amount
		view.Methods, view.Failed = p.choices(session, failed)
	case gen.CheckoutSessionStatusPending:
		view.Heading = "Complete your payment"
	case gen.CheckoutSessionStatusPendingReview:
		view.Heading = "Waiting for confirmation"
	case gen.CheckoutSessionStatusCompleted:
		view.Heading, view.BackURL = "Payment complete", webURL(session.SuccessURL)
	case gen.CheckoutSessionStatusExpired:
		view.Heading, view.BackURL = "Payment expired", webURL(session.CancelURL)
	case gen.CheckoutSessionStatusCanceled:
		view.Heading, view.BackURL = "Payment canceled", webURL(session.CancelURL)
	case statusFailed:
		view.Heading, view.BackURL = "Payment failed", webURL(session.CancelURL)
	}
	return view
}

// choices returns the methods that the buyer may choose. The one that has just failed is checked, and what became of it
// is told; the first one is checked otherwise.
func (p hostedPage) choices(session gen.CheckoutSession, failed gen.CheckoutMethod) ([]methodView, string) {
	var choices []methodView
	checked, text := 0, ""
	for _, method := range session.Methods {
		if !p.offers(session, method) {
			continue
		}
		if method == failed {
			checked, text = len(choices), failureText(method)
		}
		choices = append(choices, newMethodView(method))
	}
	if len(choices) > 0 {
		choices[checked].Checked = true
	}
	return choices, text
}

func failureText(method gen.CheckoutMethod) string {
	if takesTime(method) {
		return "The payment did not go through. Nothing was charged: try again or choose another method."
	}
	return "The payment was declined. Nothing was charged: try again or choose another method."
}

func newMethodView(method gen.CheckoutMethod) methodView {
	view := methodView{Method: method, Name: string(method)}
	switch method {
	case gen.CheckoutMethodCard:
		view.Name, view.Hint = "Card", "Credit or debit"
	case gen.CheckoutMethodQRIS:
		view.Name, view.Hint = "QRIS", "Scan with any banking or wallet app"
	case gen.CheckoutMethodVA:
		view.Name, view.Hint = "Virtual account", "Bank transfer to a number made for you"
	case gen.CheckoutMethodEwallet:
		view.Name, view.Hint = "E-wallet", "Approve in your wallet app"
	case gen.CheckoutMethodRetail:
		view.Name, view.Hint = "Retail outlet", "Pay in cash at the till with a code"
	case gen.CheckoutMethodPaypal:
		view.Name, view.Hint = "PayPal", "Approve in your PayPal account"
	}
	return view
}

// westernIndonesia is the time of Jakarta, which has no summer time.
var westernIndonesia = time.FixedZone("WIB", 7*60*60)

func newTimeView(machine string) timeView {
	t, err := time.Parse(time.RFC3339, machine)
	if err != nil { // the sandbox has written it: it is one
		return timeView{Text: machine, Machine: machine}
	}
	return timeView{Text: t.In(westernIndonesia).Format("2 January 2006, 15:04 MST"), Machine: machine}
}

// groupDigits puts a space before each group of four, as bank apps show numbers.
func groupDigits(number string) string {
	var grouped strings.Builder
	for i, digit := range number {
		if i > 0 && i%4 == 0 {
			grouped.WriteByte(' ')
		}
		grouped.WriteRune(digit)
	}
	return grouped.String()
}

// displayName is what buyers know the merchant by.
func (w *workspace) displayName() string {
	if w.name == "" {
		return w.accountID
	}
	return w.name
}

func initialOf(name string) string {
	for _, letter := range name {
		return strings.ToUpper(string(letter))
	}
	return ""
}

func webURL(raw string) string {
	if !isWebURL(raw) {
		return ""
	}
	return raw
}
