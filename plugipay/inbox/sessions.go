package inbox

import (
	"context"
	"database/sql"
	"strings"

	"github.com/plugipay/plugipay-go/plugipay"
)

// Sessions handles checkout sessions that have ended. Make one with [Inbox.Sessions].
type Sessions struct {
	inbox  *Inbox
	handle func(ctx context.Context, tx *sql.Tx, session *plugipay.CheckoutSession) error
}

// Sessions returns a handler of checkout sessions that have ended. A session may come from an event, from a poll or from
// Reconcile. handle takes effect at most once for an unpaid session (expired, canceled or failed), once for a completed session,
// and never for an unpaid session after it was completed. So a payment that settles after the session expired reaches handle, and
// an expiry that is reported after the payment does not.
//
// handle runs in the same way as the do of [Inbox.Once], with the session of the event or of the list. It should look at the
// session's Status, look up the order by the stored session id, check the order's state, and compare amount, currency, account
// and mode with [plugipay.CheckoutSession.Check].
//
// All Sessions of an inbox share their records: use another consumer for another purpose.
func (in *Inbox) Sessions(handle func(ctx context.Context, tx *sql.Tx, session *plugipay.CheckoutSession) error) *Sessions {
	return &Sessions{inbox: in, handle: handle}
}

// Handler returns a webhook endpoint that handles the session of each event, if the session's Status says that it has
// ended. An event about something else gets 200. The options are those of [Inbox.Handler], and so are the responses and
// the errors.
func (s *Sessions) Handler(opts plugipay.WebhookHandlerOptions) (*plugipay.WebhookHandler, error) {
	if s.handle == nil {
		return nil, errNoHandle
	}
	return newWebhookHandler(opts, func(ctx context.Context, event *plugipay.WebhookEvent) error {
		if !strings.HasPrefix(event.Name(), "checkout_session.") {
			return nil // an error would make it come again until the sender gives up
		}
		session, err := event.CheckoutSession()
		if err != nil {
			return err
		}
		_, err = s.Ended(ctx, session)
		return err
	})
}

var errNoHandle = invalid("Inbox.Sessions needs a handle function, not nil")

// Ended handles a session that [plugipay.CheckoutSessionsResource.Get] or Wait returned, unless it was handled before. ran
// reports whether handle ran. It is false for a session that has not ended. If err is not nil, ignore ran.
//
// The errors are those of [Inbox.Once].
func (s *Sessions) Ended(ctx context.Context, session *plugipay.CheckoutSession) (ran bool, err error) {
	switch {
	case s.handle == nil:
		return false, errNoHandle
	case session == nil:
		return false, invalid("Ended needs a session, not nil")
	case !session.HasEnded():
		return false, nil
	}
	if err := checkText("the session's id", session.ID, maxKey); err != nil {
		return false, err
	}
	r := records{session.ID, []kind{kindUnpaid}}
	if isPaid(session) {
		// Both, so that the session is never handled as unpaid from then on. In this order in all transactions, so that
		// they wait for each other and do not deadlock.
		r.kinds = []kind{kindUnpaid, kindPaid}
	}
	return s.inbox.once(ctx, "session/"+session.ID, r, func(ctx context.Context, tx *sql.Tx) error {
		return s.handle(ctx, tx, session)
	})
}

func isPaid(session *plugipay.CheckoutSession) bool {
	return session.Status == plugipay.CheckoutSessionStatusCompleted
}
