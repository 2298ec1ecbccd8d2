// Orders is a shop with one order: POST /pay starts its payment, and a webhook marks it as paid once.
package main

import (
	"context"
	"database/sql"
	"errors"
	"log"
	"net/http"
	"os"

	_ "modernc.org/sqlite"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/plugipay/inbox"
)

func main() {
	client, err := plugipay.NewClient(plugipay.ClientOptions{}) // reads PLUGIPAY_KEY_ID, PLUGIPAY_SECRET, PLUGIPAY_BASE_URL
	if err != nil {
		log.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:orders.db?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)")
	if err != nil {
		log.Fatal(err)
	}
	handler, err := newShop(client, db, os.Getenv("PLUGIPAY_WEBHOOK_SECRET"))
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("localhost:8080", handler))
}

func newShop(client *plugipay.Client, db *sql.DB, webhookSecret string) (http.Handler, error) {
	events, err := inbox.New(db, inbox.Options{Consumer: "orders", Dialect: inbox.SQLite})
	if err != nil {
		return nil, err
	}
	_, err = db.Exec(`CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, amount INTEGER, session_id TEXT, state TEXT);
		INSERT INTO orders VALUES ('ord_42', 19900000, NULL, 'open') ON CONFLICT DO NOTHING`)
	if err := errors.Join(err, events.CreateTable(context.Background())); err != nil {
		return nil, err
	}
	webhook, err := events.Sessions(markOrder).Handler(plugipay.WebhookHandlerOptions{Secrets: []string{webhookSecret}})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/webhooks/plugipay", webhook)
	mux.HandleFunc("POST /pay", func(w http.ResponseWriter, r *http.Request) {
		hostedURL, err := startPayment(r.Context(), client, db, "ord_42", 199_000_00)
		if err != nil {
			log.Print(err)
			http.Error(w, "The payment did not start. Please try again.", http.StatusBadGateway)
			return
		}
		http.Redirect(w, r, hostedURL, http.StatusSeeOther)
	})
	return mux, nil
}

// startPayment creates the order's checkout session and returns its hosted page. A second call returns the same session.
func startPayment(ctx context.Context, client *plugipay.Client, db *sql.DB, orderID string, amount int64) (hostedURL string, err error) {
	session, err := client.CheckoutSessions.Create(plugipay.WithIdempotencyKey(ctx, "order_"+orderID), plugipay.CheckoutSessionCreateInput{
		Amount:     amount,
		Currency:   plugipay.CurrencyIDR,
		Methods:    []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS, plugipay.CheckoutMethodVA},
		SuccessURL: "https://example.com/thank-you",
		CancelURL:  "https://example.com/cart",
		Metadata:   map[string]string{"order_id": orderID},
	})
	if err != nil {
		return "", err
	}
	_, err = db.ExecContext(ctx, `UPDATE orders SET session_id = ? WHERE id = ?`, session.ID, orderID)
	return session.HostedURL, err
}

// markOrder runs once for a session that has ended, in the transaction that records the session.
func markOrder(ctx context.Context, tx *sql.Tx, session *plugipay.CheckoutSession) error {
	var amount int64
	if err := tx.QueryRowContext(ctx, `SELECT amount FROM orders WHERE session_id = ?`, session.ID).Scan(&amount); err != nil {
		return err // if no order has this session, too: Plugipay delivers the event again
	}
	state := "unpaid"
	if session.Status == plugipay.CheckoutSessionStatusCompleted {
		state = "paid"
		if err := session.Check(plugipay.CheckoutSessionExpectation{Amount: amount, Currency: plugipay.CurrencyIDR}); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `UPDATE orders SET state = ? WHERE session_id = ?`, state, session.ID)
	return err
}
