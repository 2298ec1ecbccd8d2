package sandbox

import (
	"crypto/rand"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

// The buyer or the payment causes the transitions in this file. Each transition returns the changed session. It returns a failure
// with the code conflict if the session's status does not allow it.

// payment is an attempt to pay a session.
type payment struct {
	method gen.CheckoutMethod
	// channel is the bank, the wallet or the outlet that the buyer has chosen. Zero for methods without channels.
	channel channel
	// number is what the buyer pays to: a virtual account, or a code for the till of a retail outlet. Empty for methods
	// without a number.
	number string
	// card is the test card whose bank asks the buyer for a code. Zero for other payments.
	card testCard
}

// newPayment returns a payment with a method and a channel. It generates a number if the method needs one.
func newPayment(method gen.CheckoutMethod, through channel) payment {
	p := payment{method: method, channel: through}
	if isAsynchronous(method) {
		p.number = newPaymentNumber(through.prefix)
	}
	return p
}

// pay starts a payment of an open session with one of its methods, through the adapter that the method is routed to. Cards, QR
// codes, e-wallets and PayPal complete the session at once. A virtual account and a retail outlet make the session pending, with
// a number to pay to. The manual adapter makes the session pending_review, because the buyer says that the payment was sent.
func (s *sessionStore) pay(id string, method gen.CheckoutMethod, adapter string, now time.Time) (gen.CheckoutSession, error) {
	return s.change(id, now, "paid", func(found *session) ([]gen.EventName, error) {
		if found.status != gen.CheckoutSessionStatusOpen {
			return nil, fail(gen.ErrorCodeConflict, "the checkout session is "+found.status+" and cannot be paid")
		}
		if !slices.Contains(found.fixed.Methods, method) {
			return nil, invalid("method", "must be one of the session's methods")
		}
		found.adapterName = adapter
		first, _ := findChannel(method, "")
		found.payment = newPayment(method, first)
		switch {
		case adapter == gen.CheckoutAdapterManual:
			found.payment = payment{method: method}
			found.status = gen.CheckoutSessionStatusPendingReview
		case isAsynchronous(method):
			found.status = gen.CheckoutSessionStatusPending
		default:
			found.complete()
			return []gen.EventName{gen.EventCheckoutSessionCompleted}, nil
		}
		return nil, nil
	})
}

// start makes a session pending, with a payment through the adapter that its method is routed to. The payment replaces another
// payment that is in flight.
func (s *sessionStore) start(id string, p payment, adapter string, now time.Time) (gen.CheckoutSession, error) {
	return s.change(id, now, "paid", func(found *session) ([]gen.EventName, error) {
		if found.status != gen.CheckoutSessionStatusOpen && found.status != gen.CheckoutSessionStatusPending {
			return nil, fail(gen.ErrorCodeConflict, "the checkout session is "+found.status+" and cannot be paid")
		}
		found.status = gen.CheckoutSessionStatusPending
		found.adapterName, found.payment = adapter, p
		return nil, nil
	})
}

// giveUp makes a pending session open again, because the buyer wants to pay in another way.
func (s *sessionStore) giveUp(id string, now time.Time) (gen.CheckoutSession, error) {
	return s.change(id, now, "paid in another way", func(found *session) ([]gen.EventName, error) {
		if err := found.mustBePending("given up"); err != nil {
			return nil, err
		}
		found.status, found.payment = gen.CheckoutSessionStatusOpen, payment{}
		return nil, nil // the payment has not failed, and no event is documented for a payment that is given up
	})
}

// settle completes a pending session, because its payment has settled.
func (s *sessionStore) settle(id string, now time.Time) (gen.CheckoutSession, error) {
	return s.change(id, now, "settled", func(found *session) ([]gen.EventName, error) {
		if err := found.mustBePending("settled"); err != nil {
			return nil, err
		}
		found.complete()
		if !isAsynchronous(found.payment.method) {
			return []gen.EventName{gen.EventCheckoutSessionCompleted}, nil
		}
		return []gen.EventName{gen.EventCheckoutSessionAsyncPaymentSucceeded, gen.EventCheckoutSessionCompleted}, nil
	})
}

// failPayment fails the payment that is in flight. The session is open again, for another payment.
func (s *sessionStore) failPayment(id string, now time.Time) (gen.CheckoutSession, error) {
	return s.change(id, now, "failed", func(found *session) ([]gen.EventName, error) {
		if err := found.mustBePending("failed"); err != nil {
			return nil, err
		}
		late := isAsynchronous(found.payment.method)
		found.status = gen.CheckoutSessionStatusOpen
		found.payment = payment{}
		return asyncFailure(late), nil
	})
}

// settleLate completes a session that has expired. The buyer paid an old bill, and the payment settles anyway.
func (s *sessionStore) settleLate(id string, now time.Time) (gen.CheckoutSession, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(id)
	if err != nil {
		return gen.CheckoutSession{}, err
	}
	if status := found.statusAt(now); status != gen.CheckoutSessionStatusExpired {
		return gen.CheckoutSession{}, fail(gen.ErrorCodeConflict,
			"the checkout session is "+status+": only an expired one can be settled late")
	}
	return s.apply(found, now, func(found *session) ([]gen.EventName, error) {
		if found.payment.method == "" && len(found.fixed.Methods) > 0 {
			found.payment.method = found.fixed.Methods[0]
		}
		found.complete()
		return []gen.EventName{gen.EventCheckoutSessionAsyncPaymentSucceeded, gen.EventCheckoutSessionCompleted}, nil
	})
}

// failFinally ends a session as failed. A payment in flight fails with it.
func (s *sessionStore) failFinally(id string, now time.Time) (gen.CheckoutSession, error) {
	return s.change(id, now, "failed", func(found *session) ([]gen.EventName, error) {
		late := found.status == gen.CheckoutSessionStatusPending && isAsynchronous(found.payment.method)
		found.status = gen.CheckoutSessionStatusFailed
		return asyncFailure(late), nil
	})
}

// asyncFailure returns the event of a payment that has failed. late is true if the payment would have settled later. No event is
// documented for the failure of a payment that would have settled at once.
func asyncFailure(late bool) []gen.EventName {
	if !late {
		return nil
	}
	return []gen.EventName{gen.EventCheckoutSessionAsyncPaymentFailed}
}

// expireNow makes a session expire at once.
func (s *sessionStore) expireNow(id string, now time.Time) (gen.CheckoutSession, error) {
	return s.change(id, now, "expired", func(found *session) ([]gen.EventName, error) {
		found.expires = found.updated
		found.status = gen.CheckoutSessionStatusExpired
		return []gen.EventName{gen.EventCheckoutSessionExpired}, nil
	})
}

// getWithPayment returns a session and its payment, read at the same moment.
func (s *sessionStore) getWithPayment(id string, now time.Time) (gen.CheckoutSession, payment, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	found, err := s.find(id)
	if err != nil {
		return gen.CheckoutSession{}, payment{}, err
	}
	return found.at(now), found.payment, nil
}

func (s *session) mustBePending(verb string) error {
	if s.status == gen.CheckoutSessionStatusPending {
		return nil
	}
	return fail(gen.ErrorCodeConflict, "the checkout session is "+s.status+" and has no payment in flight that can be "+verb)
}

// complete marks the session as paid.
func (s *session) complete() {
	s.status = gen.CheckoutSessionStatusCompleted
	s.completed = s.updated
	s.paymentID = newID("charge_", s.updated)
}

// isAsynchronous reports whether payments with a method settle some time after the buyer has decided to pay.
func isAsynchronous(method gen.CheckoutMethod) bool {
	return method == gen.CheckoutMethodVA || method == gen.CheckoutMethodRetail
}

// adapterFor returns the adapter that a method is routed to: the workspace's first adapter that supports the method, or
// manual if it is the only adapter. It is empty if no adapter supports the method.
func (w *workspace) adapterFor(method gen.CheckoutMethod) string {
	for _, a := range w.adapters {
		if slices.Contains(a.methods, method) {
			return a.name
		}
	}
	if len(w.adapters) > 0 && !slices.ContainsFunc(w.adapters, isNotManual) {
		return gen.CheckoutAdapterManual
	}
	return ""
}

// newPaymentNumber returns a number of 16 digits, the length of a virtual account. It begins with the prefix.
func newPaymentNumber(prefix string) string {
	var number strings.Builder
	number.WriteString(prefix)
	for number.Len() < 16 {
		digit, _ := rand.Int(rand.Reader, big.NewInt(10)) // cannot fail: crypto/rand would end the program
		number.WriteByte('0' + byte(digit.Int64()))
	}
	return number.String()
}
