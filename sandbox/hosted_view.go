package sandbox

import (
	"math"
	"net/url"
	"strings"
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

// waitingSeconds is the interval at which a waiting screen reloads.
const waitingSeconds = 4

// The screens of the hosted page. The screen of a method's form has the method's name. The screen of a payment in flight has
// "pay_" and the method's name.
const (
	screenChoose = "choose"
	screenManual = "manual"
	screen3DS    = "3ds"
	screenReview = "review"
	screenEnded  = "ended"
)

// hostedView holds the data that the hosted page shows.
type hostedView struct {
	T        *hostedText
	Language language
	Switch   languageSwitch
	Screen   string
	Waits    bool // the page reloads because the payment continues elsewhere
	Status   gen.CheckoutSessionStatus
	Ended    bool
	Heading  string
	Merchant string
	Initial  string // first letter of the merchant's name

	Amount      string
	PlainAmount string // to copy; empty if the amount's unit is not known
	Items       []lineItemView
	Expires     timeView
	Left        string   // time that the buyer has left to pay
	Ends        timeView // time at which the session was completed, canceled or expired
	Reference   string
	ConsoleURL  string

	Problem string // why the request was refused
	Failed  string // why the last payment failed

	Methods  []methodView
	Chosen   methodView // method of the session's payment, or of the payment that the buyer is about to make
	Channels []channelView
	Channel  string // name of the session's payment channel
	Steps    []string
	Cards    []cardView
	Card     cardView // card that fills in the form; zero if the buyer chose none

	Number      string // number that the buyer pays to
	PlainNumber string // Number without spaces, to copy
	QR, Barcode codeImage

	BackURL   string // link on the page of an ended session; empty for no link
	Returning bool   // the page redirects to BackURL
}

// methodView describes a payment method to buyers.
type methodView struct {
	Method  gen.CheckoutMethod
	Name    string
	Hint    string
	Checked bool
}

type channelView struct {
	channel
	Checked bool
}

type cardView struct {
	testCard
	Shown string // the number in groups of four
	Means string // the outcome in words
	URL   string // page with the card filled in
}

// languageSwitch is the link to the page in the other language.
type languageSwitch struct {
	Language          language
	Before, Name, URL string // small screens show only Name
}

// timeView is a time in words and in the API's format.
type timeView struct{ Text, Machine string }

func (p hostedPage) view(session gen.CheckoutSession, current payment, now time.Time) hostedView {
	t := textIn(p.language)
	view := hostedView{
		T: t, Language: p.language, Switch: p.languageSwitch(),
		Status:      session.Status,
		Ended:       hasEnded(session.Status),
		Merchant:    p.workspace.displayName(),
		Amount:      p.sandbox.formatAmountIn(p.language, session.Amount, session.Currency),
		PlainAmount: p.sandbox.plainAmount(session.Amount),
		Items:       p.sandbox.lineItemViewsIn(p.language, session.LineItems, session.Currency),
		Expires:     formatTimeIn(p.language, session.ExpiresAt),
		Ends:        formatTimeIn(p.language, session.UpdatedAt),
		Reference:   session.ID,
		ConsoleURL:  "../?" + url.Values{sessionParameter: {session.ID}}.Encode(),
		Chosen:      p.newMethodView(current.method),
		Channel:     current.channel.Name,
	}
	view.Initial = initialOf(view.Merchant)
	if expires, err := time.Parse(time.RFC3339, session.ExpiresAt); err == nil {
		view.Left = formatLeft(p.language, expires.Sub(now))
	}
	switch session.Status {
	case gen.CheckoutSessionStatusOpen:
		p.showOpen(&view, session)
	case gen.CheckoutSessionStatusPending:
		p.showPending(&view, session, current)
	case gen.CheckoutSessionStatusPendingReview:
		view.Screen, view.Waits, view.Heading = screenReview, true, t.Review
	default:
		view.Screen, view.Heading, view.BackURL = screenEnded, endedHeading(t, session.Status), backURL(session)
		view.Returning = p.query.returning && returns(session)
	}
	return view
}

// returns reports whether the page of an ended session redirects to the shop. A buyer whose payment failed can read the reason
// first and then follow a link.
func returns(session gen.CheckoutSession) bool {
	isDone := session.Status == gen.CheckoutSessionStatusCompleted || session.Status == gen.CheckoutSessionStatusCanceled
	return isDone && backURL(session) != ""
}

func endedHeading(t *hostedText, status gen.CheckoutSessionStatus) string {
	switch status {
	case gen.CheckoutSessionStatusCompleted:
		return t.Complete
	case gen.CheckoutSessionStatusFailed:
		return t.Failed
	case gen.CheckoutSessionStatusExpired:
		return t.Expired
	}
	return t.Canceled
}

// showOpen shows the choice of methods, or the form of the method in the page's address.
func (p hostedPage) showOpen(view *hostedView, session gen.CheckoutSession) {
	view.Screen, view.Heading = screenChoose, view.T.Pay+" "+view.Amount
	view.Methods, view.Failed = p.choices(session)
	method := p.query.method
	if !p.offers(session, method) || !p.hasForm(method) {
		return
	}
	view.Screen, view.Chosen = string(method), p.newMethodView(method)
	if p.isManual(method) {
		view.Screen, view.Chosen.Name = screenManual, view.T.ManualName
		view.Number, view.PlainNumber = "0000 0000 00", "0000000000"
		return
	}
	for i, c := range channelsOf(method) {
		view.Channels = append(view.Channels, channelView{channel: c, Checked: i == 0})
	}
	if method == gen.CheckoutMethodCard {
		p.showCards(view)
	}
}

func (p hostedPage) showCards(view *hostedView) {
	for _, c := range testCards() {
		shown := cardView{testCard: c, Shown: groupDigits(c.Number), Means: cardText(p.language, c.Outcome), URL: p.address(
			methodParameter, string(gen.CheckoutMethodCard), cardParameter, string(c.Outcome))}
		view.Cards = append(view.Cards, shown)
		if c.Outcome == p.query.card {
			view.Card = shown
		}
	}
}

// showPending shows the payment that is in flight.
func (p hostedPage) showPending(view *hostedView, session gen.CheckoutSession, current payment) {
	view.Screen, view.Waits, view.Heading = "pay_"+string(current.method), true, view.T.Waiting
	view.Number, view.PlainNumber = groupDigits(current.number), current.number
	view.Steps = channelSteps(p.language, current.method, current.channel.Name)
	switch current.method {
	case gen.CheckoutMethodCard:
		view.Screen, view.Waits, view.Heading = screen3DS, false, view.T.ThreeDS
	case gen.CheckoutMethodQRIS:
		view.QR = qrImage(qrisText(view.Merchant, session.ID, p.sandbox.hundredths(session.Amount), session.Currency))
		view.Steps = strings.Split(view.T.ScanSteps, "|")
	case gen.CheckoutMethodRetail:
		view.Barcode = barcodeImage(current.number)
		view.Heading = view.T.Finish
	case gen.CheckoutMethodVA:
		view.Heading = view.T.Finish
	case gen.CheckoutMethodPaypal:
		view.Heading = view.T.PaypalHead
	}
}

// hundredths returns an amount in hundredths of its currency. It assumes that amounts are whole units if Options.FormatAmount is
// set.
func (s *Sandbox) hundredths(amount int64) int64 {
	switch {
	case s.amounts == nil:
		return amount
	case amount > math.MaxInt64/100:
		return 0 // qrisText leaves out an amount of zero
	}
	return amount * 100
}

// plainAmount formats an amount to copy into a banking app. It returns "" if the unit is unknown.
func (s *Sandbox) plainAmount(amount int64) string {
	if s.amounts != nil {
		return ""
	}
	return emvAmount(amount)
}

// choices returns the methods that the buyer may choose, and why the last payment failed. The method of the failed payment is
// checked. If no payment failed, the first method is checked.
func (p hostedPage) choices(session gen.CheckoutSession) ([]methodView, string) {
	var choices []methodView
	checked, text := 0, ""
	for _, method := range session.Methods {
		if !p.offers(session, method) {
			continue
		}
		if method == p.query.failed {
			checked, text = len(choices), p.failureText(method)
		}
		choices = append(choices, p.newMethodView(method))
	}
	if len(choices) > 0 {
		choices[checked].Checked = true
	}
	return choices, text
}

func (p hostedPage) failureText(method gen.CheckoutMethod) string {
	t := textIn(p.language)
	switch {
	case isAsynchronous(method):
		return t.NotThrough
	case p.query.why == cardInsufficientFunds:
		return t.Insufficient
	case p.query.why == card3DSFails:
		return t.ThreeDSFailed
	}
	return t.Declined
}

func (p hostedPage) newMethodView(method gen.CheckoutMethod) methodView {
	name, hint := methodText(p.language, method)
	return methodView{Method: method, Name: name, Hint: hint}
}

// languageSwitch returns the link to the same screen in the other language.
func (p hostedPage) languageSwitch() languageSwitch {
	other := languageSwitch{Language: indonesian, Before: "Bahasa ", Name: "Indonesia"}
	if p.language == indonesian {
		other = languageSwitch{Language: english, Name: "English"}
	}
	q := p.query
	other.URL = p.address(languageParameter, string(other.Language), methodParameter, string(q.method),
		failedParameter, string(q.failed), whyParameter, string(q.why), cardParameter, string(q.card))
	return other
}

// westernIndonesia is the time of Jakarta, which has no summer time.
var westernIndonesia = time.FixedZone("WIB", 7*60*60)

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

// displayName returns the merchant's name for buyers. It is the account id if the workspace has no name.
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
