package sandbox

import (
	"slices"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
)

// These methods replace the buyer on the hosted page, the settlement of payments, and the merchant. The session may be in any
// workspace, test or live.

// Pay pays an open session with one of its methods, as a buyer does. Cards, QRIS, e-wallets and PayPal complete the session.
// Virtual accounts and retail make it pending until [Sandbox.Settle] or [Sandbox.FailPayment]. If the workspace has only the
// manual adapter, the session becomes pending_review until it is confirmed. Pay fails if the session does not exist, is not
// open, or cannot be paid with the method.
func (s *Sandbox) Pay(sessionID string, method plugipay.CheckoutMethod) error {
	_, err := s.pay(sessionID, gen.CheckoutMethod(method))
	return err
}

// Settle completes a pending session: the payment settles. For a virtual account and a retail outlet the event
// checkout_session.async_payment_succeeded is sent as well. Settle fails if the session does not exist or is not pending.
func (s *Sandbox) Settle(sessionID string) error {
	_, err := s.settle(sessionID)
	return err
}

// SettleLate completes an expired session: the buyer paid an old bill, and the payment settles after expiresAt. It fails if the
// session does not exist or has not expired.
func (s *Sandbox) SettleLate(sessionID string) error {
	_, err := s.settleLate(sessionID)
	return err
}

// FailPayment makes the payment of a pending session fail. The session is open again. FailPayment fails if the session does not
// exist or is not pending.
func (s *Sandbox) FailPayment(sessionID string) error {
	_, err := s.failPayment(sessionID)
	return err
}

// FailSession ends a session with the status failed. It fails if the session does not exist or has ended.
func (s *Sandbox) FailSession(sessionID string) error {
	_, err := s.failSession(sessionID)
	return err
}

// Confirm completes a session, as a merchant does after receiving the money. It fails if the session does not exist or has
// ended.
func (s *Sandbox) Confirm(sessionID string) error {
	_, err := s.confirm(sessionID)
	return err
}

// Cancel cancels a session. It fails if the session does not exist or has ended.
func (s *Sandbox) Cancel(sessionID string) error {
	_, err := s.cancel(sessionID)
	return err
}

// Expire makes a session expire now, without moving the clock: its expiresAt becomes the present time. It fails if
// the session does not exist or has ended.
func (s *Sandbox) Expire(sessionID string) error {
	_, err := s.expire(sessionID)
	return err
}

func (s *Sandbox) pay(id string, method gen.CheckoutMethod) (gen.CheckoutSession, error) {
	w, sessions, ok := s.findSession(id)
	if !ok {
		return gen.CheckoutSession{}, noSuchSession()
	}
	now := w.clock.now()
	found, err := sessions.get(id, now)
	if err != nil {
		return gen.CheckoutSession{}, err
	}
	adapter := w.adapterFor(method)
	if adapter == "" && slices.Contains(found.Methods, method) {
		return gen.CheckoutSession{}, fail(gen.ErrorCodeAdapterNotConfigured, "no adapter of the workspace can do the method")
	}
	return sessions.pay(id, method, adapter, now)
}

func (s *Sandbox) settle(id string) (gen.CheckoutSession, error) {
	return s.drive(id, (*sessionStore).settle)
}

func (s *Sandbox) settleLate(id string) (gen.CheckoutSession, error) {
	s.expireDue() // so that the event of the expiry comes before the events of the payment
	return s.drive(id, (*sessionStore).settleLate)
}

func (s *Sandbox) failPayment(id string) (gen.CheckoutSession, error) {
	return s.drive(id, (*sessionStore).failPayment)
}

func (s *Sandbox) failSession(id string) (gen.CheckoutSession, error) {
	return s.drive(id, (*sessionStore).failFinally)
}

func (s *Sandbox) confirm(id string) (gen.CheckoutSession, error) {
	return s.drive(id, (*sessionStore).confirm)
}

func (s *Sandbox) cancel(id string) (gen.CheckoutSession, error) {
	return s.drive(id, (*sessionStore).cancel)
}

func (s *Sandbox) expire(id string) (gen.CheckoutSession, error) {
	return s.drive(id, (*sessionStore).expireNow)
}

// drive finds a session and changes its status.
func (s *Sandbox) drive(
	id string, transition func(sessions *sessionStore, id string, now time.Time) (gen.CheckoutSession, error),
) (gen.CheckoutSession, error) {
	w, sessions, ok := s.findSession(id)
	if !ok {
		return gen.CheckoutSession{}, noSuchSession()
	}
	return transition(sessions, id, w.clock.now())
}

// findSession looks for a session in all workspaces, test and live, because a buyer has only its id. The id cannot be guessed.
func (s *Sandbox) findSession(id string) (*workspace, *sessionStore, bool) {
	for _, w := range s.directory.all() {
		for _, data := range []*dataset{w.test, w.live} {
			if data.sessions.has(id) {
				return w, data.sessions, true
			}
		}
	}
	return nil, nil, false
}
