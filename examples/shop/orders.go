package main

import (
	"context"
	"database/sql"

	"github.com/plugipay/plugipay-go/plugipay"
)

// The states of an order. Only an order that awaits its payment is shipped, and it awaits it once.
const (
	stateAwaiting = "awaiting"
	stateShipped  = "shipped"
	stateRefund   = "refund" // paid, and the merchant must give the payment back
	stateRefunded = "refunded"
	stateCanceled = plugipay.CheckoutSessionStatusCanceled
)

// order is one attempt to pay for a cart. Its content never changes: a cart that changes becomes another order.
type order struct {
	ID, CartID, Email, State string
	Attempt                  int64  // of the cart, from 1 on
	Items                    string // line items, as JSON
	Amount                   int64
	SessionID                string // empty until the session is known
	AccountID, Mode          string // where the session was created
}

// queries is a *sql.DB or a *sql.Tx.
type queries interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// findOrders returns orders. where is the rest of the query.
func findOrders(ctx context.Context, db queries, where string, args ...any) (found []order, err error) {
	rows, err := db.QueryContext(ctx, `SELECT id, cart_id, attempt, email, items, amount, state, coalesce(session_id, ''),
		coalesce(account_id, ''), coalesce(mode, '') FROM orders `+where, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var o order
		if err := rows.Scan(&o.ID, &o.CartID, &o.Attempt, &o.Email, &o.Items, &o.Amount, &o.State, &o.SessionID, &o.AccountID, &o.Mode); err != nil {
			return nil, err
		}
		found = append(found, o)
	}
	return found, rows.Err()
}

// findOrder returns the first of the orders, or sql.ErrNoRows.
func findOrder(ctx context.Context, db queries, where string, args ...any) (*order, error) {
	found, err := findOrders(ctx, db, where, args...)
	if err == nil && len(found) == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

// moveOrder changes the state of an order. It fails if the state has changed since the order was read. Then the caller reads the
// order again.
func moveOrder(ctx context.Context, db queries, o *order, to string) error {
	moved, err := changed(db.ExecContext(ctx, "UPDATE orders SET state = $1 WHERE id = $2 AND state = $3", to, o.ID, o.State))
	if err == nil && !moved {
		err = errTryAgain
	}
	return err
}

// changed reports whether a statement changed a row.
func changed(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	rows, err := result.RowsAffected()
	return rows > 0, err
}
