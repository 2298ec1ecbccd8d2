package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// sessionLifetime is the time that a buyer has to pay. It is less than the 24 hours for which Plugipay keeps idempotency keys, so
// that a key returns its session for as long as the session can be paid.
const sessionLifetime = 2 * time.Hour

var errTryAgain = errors.New("the order changed at the same time")

// checkout returns the next address of a buyer who pressed "Pay": the hosted page of the cart's session or, if the cart is
// paid, the page of its order. Pressing twice, in one process or two, leads to one session. A session that has ended makes a new
// attempt. No buyer ever sees two sessions of a cart that can both be paid.
func (s *shop) checkout(ctx context.Context, cartID, email string, c cart) (location string, err error) {
	for range 4 { // an order may end at any time, and the next round makes another one
		o, err := s.orderToPay(ctx, cartID, email, c)
		if err != nil {
			return "", err
		}
		if o.State != stateAwaiting {
			return s.orderURL(o), nil
		}
		session, err := s.sessionOf(ctx, o)
		if errors.Is(err, errTryAgain) {
			continue
		}
		if err != nil {
			return "", err
		}
		if !session.HasEnded() && o.Items == c.json() && o.Email == email {
			return session.HostedURL, nil
		}
		// The session has ended, or the cart has changed. A new session is created only after the old one has ended.
		if err := s.end(ctx, session.ID); err != nil {
			return "", err
		}
	}
	return "", errTryAgain
}

// orderToPay returns the cart's order that awaits its payment or was paid. Without such an order, it begins an attempt.
func (s *shop) orderToPay(ctx context.Context, cartID, email string, c cart) (*order, error) {
	const newest = "WHERE cart_id = $1 ORDER BY attempt DESC LIMIT 1"
	o, err := findOrder(ctx, s.db, newest, cartID)
	if errors.Is(err, sql.ErrNoRows) {
		o, err = &order{}, nil
	}
	if err != nil || o.State == stateAwaiting || o.State == stateShipped {
		return o, err
	}
	if _, err := s.db.ExecContext(ctx, `INSERT INTO orders (id, cart_id, attempt, email, items, amount, state, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`, // another click may have begun it
		rand.Text(), cartID, o.Attempt+1, email, c.json(), c.total(), stateAwaiting, time.Now().Unix()); err != nil {
		return nil, err
	}
	return findOrder(ctx, s.db, newest, cartID)
}

// sessionOf returns the current session of an order, and creates it if it does not exist. It fails with errTryAgain if
// the order has another session or awaits no payment any more.
func (s *shop) sessionOf(ctx context.Context, o *order) (*plugipay.CheckoutSession, error) {
	if o.SessionID == "" {
		session, err := s.createSession(ctx, o)
		if errors.Is(err, plugipay.ErrIdempotencyMismatch) {
			// Another PUBLIC_URL created the session and did not save it, so no buyer has seen it.
			return nil, errors.Join(errTryAgain, moveOrder(ctx, s.db, o, stateCanceled))
		}
		if err != nil {
			return nil, err
		}
		saved, err := changed(s.db.ExecContext(ctx, `UPDATE orders SET session_id = $1, account_id = $2, mode = $3
			WHERE id = $4 AND state = $5 AND (session_id IS NULL OR session_id = $1)`,
			session.ID, session.AccountID, session.Mode, o.ID, stateAwaiting))
		if err != nil {
			return nil, err
		}
		if !saved { // another click saved another session, or the order was canceled: no buyer has seen this one
			return nil, errors.Join(errTryAgain, s.end(ctx, session.ID))
		}
		o.SessionID = session.ID
	}
	// Get, because a key that was used before returns the session as it was created then: it may have ended since.
	return s.client.CheckoutSessions.Get(ctx, o.SessionID)
}

func (s *shop) createSession(ctx context.Context, o *order) (*plugipay.CheckoutSession, error) {
	var lines cart
	if err := json.Unmarshal([]byte(o.Items), &lines); err != nil {
		return nil, err
	}
	// The key names the attempt, so that all clicks and all processes create one session for it.
	ctx = plugipay.WithIdempotencyKey(ctx, fmt.Sprintf("cart_%s_%d", o.CartID, o.Attempt))
	return s.client.CheckoutSessions.Create(ctx, plugipay.CheckoutSessionCreateInput{
		Amount:       o.Amount,
		Currency:     currency,
		Methods:      []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS, plugipay.CheckoutMethodVA, plugipay.CheckoutMethodCard},
		SuccessURL:   s.orderURL(o),
		CancelURL:    s.orderURL(o),
		LineItems:    lines,
		ExpiresInSec: plugipay.Ptr(int(sessionLifetime.Seconds())),
		Metadata:     map[string]string{"order_id": o.ID},
	})
}

// end makes sure that a session takes no more payment, and settles its order: the buyer may have paid just before.
func (s *shop) end(ctx context.Context, sessionID string) error {
	session, err := s.client.CheckoutSessions.CancelOrGet(ctx, sessionID)
	if err == nil {
		_, err = s.sessions.Ended(ctx, session)
	}
	return err
}

// confirm completes a session whose money was seen on the merchant's account, and settles its order.
func (s *shop) confirm(ctx context.Context, sessionID string) error {
	session, err := s.client.CheckoutSessions.Confirm(ctx, sessionID)
	if errors.Is(err, plugipay.ErrConflict) { // it has ended before
		session, err = s.client.CheckoutSessions.Get(ctx, sessionID)
	}
	if err == nil {
		_, err = s.sessions.Ended(ctx, session)
	}
	return err
}

func (s *shop) orderURL(o *order) string { return s.cfg.publicURL + "/orders/" + o.ID }
