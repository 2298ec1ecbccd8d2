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

// The screens of the hosted page. The screen of a method has the method's name, and "pay_" and the name while a payment is in
// flight.
const (
	screenChoose = "choose"
	screenManual = "manual"
	screen3DS    = "3ds"
	screenReview = "review"
	screenEnded  = "ended"
)

// hostedView is what the hosted page shows.
type hostedView struct {
	T        *hostedText
	Language language
	Switch   languageSwitch
	Screen   string
	Waits    bool // for something that happens elsewhere
	Status   gen.CheckoutSessionStatus
	Ended    bool
	Heading  string
	Merchant string
	Initial  string // of the merchant

	Amount      string
	PlainAmount string // to copy, empty where the amount's unit is not known
	Items       []lineItemView
	Expires     timeView
	Left        string   // how long the buyer may still pay
	Ends        timeView // when the session was completed, canceled or has expired
	Reference   string
	ConsoleURL  string

	Problem string // what was wrong with the request
	Failed  string // what became of a payment that has just failed

	Methods  []methodView
	Chosen   methodView // of a payment that has been made, or that the buyer is about to make
	Channels []channelView
	Channel  string // of a payment that has been made
	Steps    []string
	Cards    []cardView
	Card     cardView // that fills in the form; zero: none

	Number      string // that the buyer has to pay to
	PlainNumber string // to copy
	QR, Barcode codeImage

	BackURL   string // where an ended session leads, empty for nowhere
	Returning bool   // the page leads there by itself
}

// methodView is a payment method as buyers know it.
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
	Shown string // the number in groups
	Means string // the outcome, for people
	URL   string // fills in the form
}

// languageSwitch leads to the page in the other language.
type languageSwitch struct {
	Language          language
	Before, Name, URL string // small screens show the name only
}

// timeView is a time for people and for machines.
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

// returns reports whether a session that has ended leads back to the shop by itself. A buyer who could not pay reads
// the reason first, and uses a link.
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

// showOpen shows the choice of methods, or the form of the one in the page's address.
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

// hundredths returns an amount in hundredths of its currency. An option may say that amounts are written in another way;
// they are whole units then.
func (s *Sandbox) hundredths(amount int64) int64 {
	switch {
	case s.amounts == nil:
		return amount
	case amount > math.MaxInt64/100:
		return 0 // it is in no code then
	}
	return amount * 100
}

// plainAmount writes an amount for a banking app. It is empty if the unit is unknown.
func (s *Sandbox) plainAmount(amount int64) string {
	if s.amounts != nil {
		return ""
	}
	return emvAmount(amount)
}

// choices returns the methods that the buyer may choose. The one that has just failed is checked, and what became of it
// is told; the first one is checked otherwise.
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
	case takesTime(method):
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

// languageSwitch leads to what the page's address shows, in the other language.
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
