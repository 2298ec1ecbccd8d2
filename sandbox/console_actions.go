package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/sandbox/internal/delivery"
)

// The actions of the console, next to those of a buyer: the values of the field "action" in its forms.
const (
	actionSettleLate          = "settle_late"
	actionResend              = "resend" // an event
	actionAdvance             = "advance"
	actionFault               = "fault"
	actionClearFaults         = "clear_faults"
	actionDeliveryFault       = "delivery_fault"
	actionClearDeliveryFaults = "clear_delivery_faults"
	actionEndpoint            = "endpoint"
	actionReset               = "reset"
)

// toolsView is the content of the tools tab.
type toolsView struct {
	Workspaces     []workspaceView
	Faults         []string // that remain
	DeliveryFaults []string
	Operations     []string
	FaultKinds     []faultKind
	DeliveryKinds  []string
}

type workspaceView struct {
	Name, AccountID string
	Clock           timeView
	Endpoints       []string
	Keys            []string
}

// faultKind is a choice in the form of faults.
type faultKind struct{ Name, Label string }

func faultKinds() []faultKind {
	return []faultKind{
		{"503", "503: not available"}, {"500", "500: an error on Plugipay's side"}, {"429", "429: rate limited"},
		{"409", "409: conflict"}, {"401", "401: not authenticated"}, {"drop", "The response is lost"}, {"delay", "5 seconds late"},
	}
}

// fault returns the fault of a choice in the form.
func newFormFault(kind string) Fault {
	switch kind {
	case "drop":
		return Fault{Drop: true}
	case "delay":
		return Fault{Delay: 5 * time.Second}
	case "429":
		return Fault{RateLimit: true}
	}
	status, _ := strconv.Atoi(kind) // zero makes an empty fault, which is refused
	return Fault{Status: status}
}

// postConsole performs the action of a form in the console, and shows the page of the form again.
func (s *Sandbox) postConsole(w http.ResponseWriter, r *http.Request) {
	if http.NewCrossOriginProtection().Check(r) != nil {
		writeNotice(w, http.StatusForbidden, "This came from another site", "Only the console's own pages control the sandbox.")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxFormSize)
	if r.ParseForm() != nil {
		s.showConsole(w, r, http.StatusBadRequest, "The form is not valid.")
		return
	}
	action, id := r.PostForm.Get("action"), r.PostForm.Get(sessionParameter)
	begin := s.clock.now()
	err := s.actOnConsole(action, r.PostForm)
	status := http.StatusSeeOther
	var f *failure
	switch {
	case errors.As(err, &f):
		status = statusOf(f.code)
	case err != nil:
		status = http.StatusBadRequest
	}
	s.recordConsole(action, id, begin, status)
	if err != nil {
		s.showConsole(w, r, status, "Nothing was changed: "+problemText(err)+".")
		return
	}
	setPageHeader(w.Header())
	w.Header().Set("Location", "?"+r.URL.RawQuery) // relative, because a proxy may add a path
	w.WriteHeader(http.StatusSeeOther)
}

func problemText(err error) string {
	var f *failure
	if errors.As(err, &f) {
		return f.message
	}
	return err.Error()
}

func (s *Sandbox) recordConsole(action, sessionID string, begin time.Time, status int) {
	done := activity{At: begin, Kind: activityConsole, What: cut(action, 100), Status: status}
	if action == actionAdvance {
		done.What = "advance the clock"
	}
	if w, _, ok := s.findSession(sessionID); ok {
		done.SessionID, done.At, done.AccountID = sessionID, begin.Add(w.clock.aheadBy()), w.accountID
	}
	s.activities.add(done)
}

func (s *Sandbox) actOnConsole(action string, form url.Values) error {
	id := form.Get(sessionParameter)
	var err error
	switch action {
	case actionPay:
		_, err = s.pay(id, gen.CheckoutMethod(form.Get("method")))
	case actionSettle:
		_, err = s.settle(id)
	case actionSettleLate:
		_, err = s.settleLate(id)
	case actionFail:
		_, err = s.failPayment(id)
	case actionFailForGood:
		_, err = s.failSession(id)
	case actionConfirm:
		_, err = s.confirm(id)
	case actionExpire:
		_, err = s.expire(id)
	case actionCancel:
		_, err = s.cancel(id)
	case actionResend:
		err = s.redeliver(form.Get(eventParameter))
	default:
		return s.useTool(action, form)
	}
	return err
}

// useTool performs the action of a form in the tools tab.
func (s *Sandbox) useTool(action string, form url.Values) error {
	switch action {
	case actionAdvance:
		return s.advanceFrom(form)
	case actionFault:
		f := newFormFault(form.Get("kind"))
		f.Operation, f.Times = form.Get("operation"), timesOf(form)
		return s.inject(f)
	case actionClearFaults:
		s.ClearFaults()
	case actionDeliveryFault:
		return s.injectDelivery(DeliveryFault{Kind: DeliveryFaultKind(form.Get("kind")), Times: timesOf(form)})
	case actionClearDeliveryFaults:
		s.ClearDeliveryFaults()
	case actionEndpoint:
		e := Endpoint{URL: strings.TrimSpace(form.Get("url")), Secret: form.Get("secret"), PlainEvents: form.Get("plain") != ""}
		if err := e.check(); err != nil {
			return err
		}
		s.directory.firstKey.home.addEndpoint(e)
	case actionReset:
		s.Reset()
	default:
		return errors.New("there is no such action")
	}
	return nil
}

// advanceFrom moves the clock by the number and the unit of a form.
func (s *Sandbox) advanceFrom(form url.Values) error {
	units := map[string]int64{"seconds": 1, "minutes": 60, "hours": 60 * 60, "days": 24 * 60 * 60}
	n, err := strconv.ParseInt(strings.TrimSpace(form.Get("number")), 10, 64)
	unit := units[form.Get("unit")]
	if err != nil || unit == 0 || n < 1 || n > longestSpan/unit {
		return errors.New("the clock moves by a number of seconds, minutes, hours or days, up to a hundred years")
	}
	s.Advance(time.Duration(n*unit) * time.Second)
	return nil
}

// timesOf returns the number of times that a fault applies. Text that is not a number means once.
func timesOf(form url.Values) int {
	n, err := strconv.Atoi(strings.TrimSpace(form.Get("times")))
	if err != nil {
		return 1
	}
	return n
}

func (s *Sandbox) toolsView() *toolsView {
	view := &toolsView{
		Operations: append(s.contract.OperationIDs(), s.routes.all()...), FaultKinds: faultKinds(),
	}
	for _, k := range delivery.Kinds() {
		view.DeliveryKinds = append(view.DeliveryKinds, string(k))
	}
	for _, f := range s.faults.all() {
		view.Faults = append(view.Faults, faultText(f.Fault))
	}
	for _, f := range s.deliveryFaults.All() {
		view.DeliveryFaults = append(view.DeliveryFaults, string(f.Kind)+timesText(f.Times))
	}
	for _, w := range s.directory.all() {
		shown := workspaceView{Name: cut(w.displayName(), 100), AccountID: w.accountID, Clock: newConsoleTime(w.clock.now())}
		for _, e := range w.feed.allEndpoints() {
			shown.Endpoints = append(shown.Endpoints, cut(s.redacted(shownURL(e.URL)), 300))
		}
		shown.Keys = s.directory.signingKeysOf(w)
		view.Workspaces = append(view.Workspaces, shown)
	}
	return view
}

func faultText(f Fault) string {
	text := "any operation"
	if f.Operation != "" {
		text = f.Operation
	}
	switch {
	case f.Drop:
		text += ": the response is lost"
	case f.RateLimit:
		text += ": 429"
	case f.Status != 0:
		text += fmt.Sprintf(": %d", f.Status)
	}
	if f.Delay > 0 {
		text += ", " + f.Delay.String() + " late"
	}
	return text + timesText(f.Times)
}

func timesText(times int) string {
	switch {
	case times < 0:
		return ", always"
	case times == 1:
		return ", once"
	}
	return fmt.Sprintf(", %d times", times)
}
