package sandbox

import (
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

// session is a checkout session as it was when it last changed. That it has expired follows from the time at which it
// is looked at, even before its expiry is noted as a change.
type session struct {
	number      int                 // in the store
	fixed       gen.CheckoutSession // what never changes
	created     time.Time
	expires     time.Time
	status      gen.CheckoutSessionStatus
	updated     time.Time
	completed   time.Time // zero until then
	adapterName string    // empty until it is routed
	payment     payment   // that is in flight, or that completed the session
	paymentID   string    // of the charge; empty until it is paid
	expiry      *expiry   // when it expires unless it has ended by then; nil once that is noted
}

// statusAt returns the status at a time: a session that has not ended expires at expiresAt, not a moment later.
func (s *session) statusAt(now time.Time) gen.CheckoutSessionStatus {
	if !hasEnded(s.status) && !now.Before(s.expires) {
		return gen.CheckoutSessionStatusExpired
	}
	return s.status
}

func hasEnded(status gen.CheckoutSessionStatus) bool {
	switch status {
	case gen.CheckoutSessionStatusCompleted, gen.CheckoutSessionStatusExpired, gen.CheckoutSessionStatusCanceled,
		gen.CheckoutSessionStatusFailed:
		return true
	}
	return false
}

// at returns the session as the API shows it at a time.
func (s *session) at(now time.Time) gen.CheckoutSession {
	shown := s.fixed
	shown.ExpiresAt = formatTime(s.expires)
	shown.Status = s.statusAt(now)
	updated := s.updated
	if shown.Status == gen.CheckoutSessionStatusExpired {
		updated = s.expires
	}
	shown.UpdatedAt = formatTime(updated)
	if !s.completed.IsZero() {
		completed := formatTime(s.completed)
		shown.CompletedAt = &completed
		shown.PaymentMethod, shown.PaymentID = textOrNull(string(s.payment.method)), textOrNull(s.paymentID)
	}
	if s.adapterName != "" {
		name := s.adapterName
		shown.Adapter = &name
	}
	return shown
}
