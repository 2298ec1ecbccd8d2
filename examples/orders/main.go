// Orders is a shop with one order: POST /pay starts its payment, and a webhook marks it as paid once.
package main

import (
	"context"
	"database/sql"
	"log"
	"net/http"
	"os"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/plugipay/inbox"
	_ "modernc.org/sqlite"
)

func main() {
	client, err := plugipay.NewClient(plugipay.ClientOptions{}) // reads PLUGIPAY_KEY_ID, PLUGIPAY_SECRET, PLUGIPAY_BASE_URL
	check(err)
	log.Fatal(http.ListenAndServe("localhost:8080", newShop(client, "orders.db", os.Getenv("PLUGIPAY_WEBHOOK_SECRET"))))
}

func newShop(client *plugipay.Client, file, webhookSecret string) http.Handler {
	db, err := sql.Open("sqlite", "file:"+file+"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)")
	check(err)
	_, err = db.Exec(`CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, amount INTEGER, session_id TEXT, state TEXT);
		INSERT INTO orders VALUES ('ord_42', 19900000, NULL, 'open') ON CONFLICT DO NOTHING`)
	check(err)
	events, err := inbox.New(db, inbox.Options{Consumer: "orders", Dialect: inbox.SQLite})
	check(err)
	check(events.CreateTable(context.Background()))
	webhook, err := events.Sessions(markPaid).Handler(plugipay.WebhookHandlerOptions{Secrets: []string{webhookSecret}})
	check(err)
	mux := http.NewServeMux()
	mux.Handle("/webhooks/plugipay", webhook)
	mux.HandleFunc("POST /pay", func(w http.ResponseWriter, r *http.Request) {
		ctx := plugipay.WithIdempotencyKey(r.Context(), "order_ord_42") // the same session for a second click
		session, err := client.CheckoutSessions.Create(ctx, plugipay.CheckoutSessionCreateInput{
			Amount: 199_000_00, Currency: plugipay.CurrencyIDR, // IDR 199,000 in the unit of Plugipay's guide
			Methods:    []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS, plugipay.CheckoutMethodVA},
			SuccessURL: "https://example.com/thank-you", CancelURL: "https://example.com/cart",
		})
		if err == nil {
			_, err = db.ExecContext(ctx, `UPDATE orders SET session_id = ? WHERE id = 'ord_42'`, session.ID)
		}
		if err != nil {
			log.Print(err)
			http.Error(w, "The payment did not start. Please try again.", http.StatusBadGateway)
			return
		}
		http.Redirect(w, r, session.HostedURL, http.StatusSeeOther)
	})
	return mux
}

// markPaid runs in the transaction that records the session. After an error, Plugipay delivers the event again.
func markPaid(ctx context.Context, tx *sql.Tx, session *plugipay.CheckoutSession) error {
	if session.Status != plugipay.CheckoutSessionStatusCompleted {
		return nil // expired, canceled or failed: the order stays open
	}
	var amount int64
	if err := tx.QueryRowContext(ctx, `SELECT amount FROM orders WHERE session_id = ?`, session.ID).Scan(&amount); err != nil {
		return err
	}
	if err := session.Check(plugipay.CheckoutSessionExpectation{Amount: amount, Currency: plugipay.CurrencyIDR}); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE orders SET state = 'paid' WHERE session_id = ?`, session.ID)
	return err
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
