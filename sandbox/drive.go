package sandbox

import (
	"slices"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
)

// What follows lets a test do what a buyer does on the hosted page, and what the money does afterwards, without a
// browser. The session may be of any workspace, test or live.

// Pay pays an open session with one of its methods, as a buyer does. Cards, QRIS, e-wallets and PayPal complete the
// session; virtual accounts and retail make it pending, until [Sandbox.Settle] or [Sandbox.FailPayment]; where the
// manual adapter is the workspace's only one it becomes pending_review, until it is confirmed. Pay fails when there is
// no such session, when it is not open, and when it cannot be paid with the method.
func (s *Sandbox) Pay(sessionID string, method plugipay.CheckoutMethod) error {
	_, err := s.pay(sessionID, gen.CheckoutMethod(method))
	return err
}

// Settle lets the money of a pending session arrive, which completes it. It fails when there is no such session or when
// it is not pending.
func (s *Sandbox) Settle(sessionID string) error {
	_, err := s.settle(sessionID)
	return err
}

// FailPayment ends the payment of a pending session without money; the session is open again. It fails when there is no
// such session or when it is not pending.
func (s *Sandbox) FailPayment(sessionID string) error {
	_, err := s.failPayment(sessionID)
	return err
}

func (s *Sandbox) pay(id string, method gen.CheckoutMethod) (gen.CheckoutSession, error) {
	return s.drive(id, func(w *workspace, sessions *sessionStore, now time.Time) (gen.CheckoutSession, error) {
		found, err := sessions.get(id, now)
		if err != nil {
			return gen.CheckoutSession{}, err
		}
		adapter := w.adapterFor(method)
		if adapter == "" && slices.Contains(found.Methods, method) {
			return gen.CheckoutSession{}, fail(gen.ErrorCodeAdapterNotConfigured,
				"no adapter of the workspace can do the method")
		}
		return sessions.pay(id, method, adapter, now)
	})
}

func (s *Sandbox) settle(id string) (gen.CheckoutSession, error) {
	return s.drive(id, func(_ *workspace, sessions *sessionStore, now time.Time) (gen.CheckoutSession, error) {
		return sessions.settle(id, now)
	})
}

func (s *Sandbox) failPayment(id string) (gen.CheckoutSession, error) {
	return s.drive(id, func(_ *workspace, sessions *sessionStore, now time.Time) (gen.CheckoutSession, error) {
		return sessions.failPayment(id, now)
	})
}

// drive finds a session and lets something happen to it.
func (s *Sandbox) drive(
	id string, happen func(*workspace, *sessionStore, time.Time) (gen.CheckoutSession, error),
) (gen.CheckoutSession, error) {
	w, sessions, ok := s.findSession(id)
	if !ok {
		return gen.CheckoutSession{}, noSuchSession()
	}
	return happen(w, sessions, s.clock.now())
}

// findSession looks for a session in all workspaces, test and live: its id is all that a buyer has, and nobody can guess
// it.
func (s *Sandbox) findSession(id string) (*workspace, *sessionStore, bool) {
	for _, w := range s.directory.accounts {
		for _, data := range []*dataset{w.test, w.live} {
			if data.sessions.has(id) {
				return w, data.sessions, true
			}
		}
	}
	return nil, nil, false
}

func (s *sessionStore) has(id string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, ok := s.numbers[id]
	return ok
}
