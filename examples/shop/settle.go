package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// settle does what the end of a session means for its order, and is the only way to ship one. Events, the reconciliation,
// the buyer's page and the merchant's buttons all lead here. The inbox calls it in a transaction that also records the
// session, so that after a crash all of it has happened or nothing has.
func (s *shop) settle(ctx context.Context, tx *sql.Tx, session *plugipay.CheckoutSession) error {
	o, err := findOrder(ctx, tx, "WHERE session_id = $1", session.ID)
	if errors.Is(err, sql.ErrNoRows) { // a crash came between creating the session and saving it, or it is not the shop's
		o, err = findOrder(ctx, tx, "WHERE id = $1", session.Metadata["order_id"])
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil // another program's, with the same keys
	case err != nil:
		return err
	case session.Status == plugipay.CheckoutSessionStatusCompleted:
		return s.paid(ctx, tx, o, session)
	case o.State == stateAwaiting && (o.SessionID == session.ID || o.SessionID == ""):
		return moveOrder(ctx, tx, o, session.Status) // canceled, expired or failed
	}
	return nil
}

// paid ships the order if it awaits this payment. Any other payment goes to the queue of refunds, which a person works off.
func (s *shop) paid(ctx context.Context, tx *sql.Tx, o *order, session *plugipay.CheckoutSession) error {
	if o.SessionID != session.ID { // no buyer has seen the session, so look at it by hand: the error comes again until then
		return fmt.Errorf("session %s was paid, and its order %s has another session", session.ID, o.ID)
	}
	err := session.Check(plugipay.CheckoutSessionExpectation{Amount: o.Amount, Currency: currency, AccountID: o.AccountID, Mode: o.Mode})
	if err != nil || o.State != stateAwaiting {
		slog.Error("a payment is to be given back", "order", o.ID, "state", o.State, "session", session.ID, "error", err)
		return errors.Join(moveOrder(ctx, tx, o, stateRefund), s.mailLater(ctx, tx, o.ID, "Your payment will be returned"))
	}
	if err := moveOrder(ctx, tx, o, stateShipped); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO shipments (order_id, requested_at) VALUES ($1, $2)", o.ID, time.Now().Unix()); err != nil {
		return err
	}
	return s.mailLater(ctx, tx, o.ID, "Your order is on its way")
}
