package sandbox

import (
	"crypto/rand"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

// The transitions that a buyer, or the money, makes. Each returns the session as it is afterwards, or a failure whose
// code is conflict when the session is not in a state for it.

// payment is an attempt to pay a session.
type payment struct {
	method gen.CheckoutMethod
	// number is what the buyer has to pay to: a virtual account, or a code for the till of a retail outlet. Empty for
	// methods that pay at once.
	number string
}

// pay starts a payment of an open session with one of its methods, through the adapter that it is routed to. Cards, QR
// codes, e-wallets and PayPal complete the session at once. A virtual account and a retail outlet make it pending, with
// a number to pay to. The manual adapter makes it pending_review: the buyer says that the money is on its way.
func (s *sessionStore) pay(id string, method gen.CheckoutMethod, adapter string, now time.Time) (gen.CheckoutSession, error) {
	return s.change(id, now, "paid", func(found *session) ([]gen.EventName, error) {
		if found.status != gen.CheckoutSessionStatusOpen {
			return nil, fail(gen.ErrorCodeConflict, "the checkout session is "+found.status+" and cannot be paid")
		}
		if !slices.Contains(found.fixed.Methods, method) {
			return nil, invalid("method", "must be one of the session's methods")
		}
		found.adapterName = adapter
		found.payment = payment{method: method}
		switch {
		case adapter == gen.CheckoutAdapterManual:
			found.status = gen.CheckoutSessionStatusPendingReview
		case takesTime(method):
			found.status = gen.CheckoutSessionStatusPending
			found.payment.number = newPaymentNumber()
		default:
			found.complete()
			return []gen.EventName{gen.EventCheckoutSessionCompleted}, nil
		}
		return nil, nil
	})
}

// settle completes a pending session, as the money has arrived.
func (s *sessionStore) settle(id string, now time.Time) (gen.CheckoutSession, error) {
	return s.change(id, now, "settled", func(found *session) ([]gen.EventName, error) {
		if err := found.mustBePending("settled"); err != nil {
			return nil, err
		}
		found.complete()
		return []gen.EventName{gen.EventCheckoutSessionAsyncPaymentSucceeded, gen.EventCheckoutSessionCompleted}, nil
	})
}

// failPayment ends the payment that is in flight without money. The session is open again, for another one.
func (s *sessionStore) failPayment(id string, now time.Time) (gen.CheckoutSession, error) {
	return s.change(id, now, "failed", func(found *session) ([]gen.EventName, error) {
		if err := found.mustBePending("failed"); err != nil {
			return nil, err
		}
		found.status = gen.CheckoutSessionStatusOpen
		found.payment = payment{}
		return []gen.EventName{gen.EventCheckoutSessionAsyncPaymentFailed}, nil
	})
}

// settleLate completes a session that has expired: the buyer paid an old bill, and the money arrives all the same.
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
		wasPending := found.status == gen.CheckoutSessionStatusPending
		found.status = gen.CheckoutSessionStatusFailed
		if wasPending {
			return []gen.EventName{gen.EventCheckoutSessionAsyncPaymentFailed}, nil
		}
		return nil, nil // no event is documented for it
	})
}

// expireNow makes a session expire at once.
func (s *sessionStore) expireNow(id string, now time.Time) (gen.CheckoutSession, error) {
	return s.change(id, now, "expired", func(found *session) ([]gen.EventName, error) {
		found.expires = found.updated
		found.status = gen.CheckoutSessionStatusExpired
		return []gen.EventName{gen.EventCheckoutSessionExpired}, nil
	})
}

// getWithPayment returns a session and its payment, both as they are at the same moment.
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
	return fail(gen.ErrorCodeConflict, "the checkout session is "+s.status+", has no payment in flight, and none can be "+verb)
}

// complete ends the session with its money.
func (s *session) complete() {
	s.status = gen.CheckoutSessionStatusCompleted
	s.completed = s.updated
	s.paymentID = newID("charge_", s.updated)
}

// takesTime tells whether the money of a method arrives later than the buyer's decision to pay.
func takesTime(method gen.CheckoutMethod) bool {
	return method == gen.CheckoutMethodVA || method == gen.CheckoutMethodRetail
}

// adapterFor returns the adapter that a method is routed to: the first of the workspace that can do it, or manual where
// that is the only one. Empty if there is none.
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

// newPaymentNumber returns sixteen digits, as virtual accounts have.
func newPaymentNumber() string {
	var number strings.Builder
	for range 16 {
		digit, _ := rand.Int(rand.Reader, big.NewInt(10)) // crypto/rand ends the program before it returns an error
		number.WriteByte('0' + byte(digit.Int64()))
	}
	return number.String()
}
