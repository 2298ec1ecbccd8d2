package sandbox

import (
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

// session is a checkout session as of its last change. A session may have expired before the change is recorded, so use statusAt
// for its status.
type session struct {
	number      int                 // sequence number in the store
	fixed       gen.CheckoutSession // the fields that never change
	created     time.Time
	expires     time.Time
	status      gen.CheckoutSessionStatus
	updated     time.Time
	completed   time.Time // zero until the session is completed
	adapterName string    // empty until a payment is routed
	payment     payment   // payment that is in flight or that completed the session
	paymentID   string    // id of the charge; empty until the session is paid
	expiry      *expiry   // when the session expires; nil once it has ended
}

// statusAt returns the status at a time. A session that has not ended is expired from its expiresAt on.
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
