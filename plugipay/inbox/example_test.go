package inbox_test

import (
	"context"
	"database/sql"
	"log"
	"net/http"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/plugipay/inbox"
)

// openDatabase opens the shop's database. A program imports a driver and passes its name.
func openDatabase() *sql.DB {
	db, err := sql.Open("pgx", "postgres://localhost/shop")
	if err != nil {
		log.Fatal(err)
	}
	return db
}

// The order of a session is fulfilled once, whether an event, the buyer's return or the reconciliation reports the payment.
func ExampleInbox_Sessions() {
	db := openDatabase()
	in, err := inbox.New(db, inbox.Options{Consumer: "orders", Dialect: inbox.PostgreSQL})
	if err != nil {
		log.Fatal(err)
	}
	if err := in.CreateTable(context.Background()); err != nil {
		log.Fatal(err)
	}
	sessions := in.Sessions(func(ctx context.Context, tx *sql.Tx, session *plugipay.CheckoutSession) error {
		if session.Status != plugipay.CheckoutSessionStatusCompleted {
			_, err := tx.ExecContext(ctx, "UPDATE orders SET state = 'unpaid' WHERE session_id = $1 AND state = 'new'", session.ID)
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE orders SET state = 'paid' WHERE session_id = $1", session.ID)
		return err
	})
	webhook, err := sessions.Handler(plugipay.WebhookHandlerOptions{Secrets: []string{"whsec_…"}})
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("POST /webhooks/plugipay", webhook)
}

// Reconciliation finds the sessions whose events did not arrive. One process runs it, every minute.
func ExampleSessions_Reconcile() {
	var sessions *inbox.Sessions // see Inbox.Sessions
	var client *plugipay.Client  // see plugipay.NewClient

	since := time.Now().Add(-72 * time.Hour) // the longest lifetime of a session, and the longest outage
	for range time.Tick(time.Minute) {
		found, err := sessions.Reconcile(context.Background(), client, since)
		if err != nil {
			log.Print(err)
			continue
		}
		log.Printf("%d sessions handled", found.Handled)
	}
}

// Once handles anything that has a key, here an order that is imported from a file.
func ExampleInbox_Once() {
	var in *inbox.Inbox // see New

	ran, err := in.Once(context.Background(), "import_42", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO orders (id) VALUES (42)")
		return err
	})
	if err == nil && !ran {
		log.Print("order 42 was imported before")
	}
}

// Claim joins a transaction that the program has already begun.
func ExampleInbox_Claim() {
	var in *inbox.Inbox // see New
	ctx, db := context.Background(), openDatabase()

	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	first, err := in.Claim(ctx, tx, "evt_42")
	if err != nil || !first {
		return // it was handled before, or the next delivery tries again
	}
	if _, err := tx.ExecContext(ctx, "UPDATE orders SET state = 'paid' WHERE id = 42"); err != nil {
		return
	}
	if err := tx.Commit(); err != nil {
		log.Print(err)
	}
}

// Handler handles events of every kind once.
func ExampleInbox_Handler() {
	var in *inbox.Inbox // see New

	webhook, err := in.Handler(plugipay.WebhookHandlerOptions{Secrets: []string{"whsec_…"}},
		func(ctx context.Context, tx *sql.Tx, event *plugipay.WebhookEvent) error {
			_, err := tx.ExecContext(ctx, "INSERT INTO events (id, type) VALUES ($1, $2)", event.ID, event.Type)
			return err
		})
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("POST /webhooks/plugipay", webhook)
}
