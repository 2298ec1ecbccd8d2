//go:build unix

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/plugipay/inbox"
	"github.com/plugipay/plugipay-go/sandbox"
)

// endpoint returns the webhook endpoint of docs/webhooks.md.
func endpoint(ctx context.Context, databaseURL, webhookSecret string) (http.Handler, *inbox.Sessions, error) {
	//docs:begin endpoint
	db, err := sql.Open("pgx", databaseURL)
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(20)
	events, err := inbox.New(db, inbox.Options{Consumer: "orders", Dialect: inbox.PostgreSQL})
	if err != nil {
		return nil, nil, err
	}
	if err := events.CreateTable(ctx); err != nil { // or put events.Schema() into a migration
		return nil, nil, err
	}
	sessions := events.Sessions(sessionEnded)
	webhook, err := sessions.Handler(plugipay.WebhookHandlerOptions{Secrets: []string{webhookSecret}})
	//docs:end
	return webhook, sessions, err
}

//docs:begin ended

// sessionEnded marks the order of an ended session. An error rolls the transaction back, and Plugipay delivers the event again.
func sessionEnded(ctx context.Context, tx *sql.Tx, session *plugipay.CheckoutSession) error {
	var orderID, state string
	var want plugipay.CheckoutSessionExpectation
	err := tx.QueryRowContext(ctx, `SELECT o.id, o.state, o.amount, o.currency, o.account_id, o.mode
		FROM orders o JOIN sessions s ON s.order_id = o.id WHERE s.id = $1 FOR UPDATE OF o`, session.ID).
		Scan(&orderID, &state, &want.Amount, &want.Currency, &want.AccountID, &want.Mode)
	if err != nil {
		return fmt.Errorf("the order of session %s: %w", session.ID, err)
	}
	var job string // runs after the commit
	switch {
	case session.Status == plugipay.CheckoutSessionStatusCompleted:
		if err := session.Check(want); err != nil {
			return err
		}
		job = "ship"
		if state == "paid" { // another session of the order was paid before
			job = "refund"
		}
		state = "paid"
	case state == "paid":
		return nil // this session has ended unpaid, and another one was paid
	default:
		state, job = "unpaid", "release"
	}
	if _, err := tx.ExecContext(ctx, `UPDATE orders SET state = $1 WHERE id = $2`, state, orderID); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO jobs (name, order_id, session_id) VALUES ($1, $2, $3)`, job, orderID, session.ID)
	return err
}

//docs:end

const ordersSchema = `
CREATE TABLE orders (id text PRIMARY KEY, state text NOT NULL, amount bigint NOT NULL, currency text NOT NULL,
	account_id text NOT NULL, mode text NOT NULL);
CREATE TABLE sessions (id text PRIMARY KEY, order_id text NOT NULL REFERENCES orders);
CREATE TABLE jobs (name text NOT NULL, order_id text NOT NULL, session_id text NOT NULL);`

// postgresShop is the endpoint of docs/webhooks.md with a PostgreSQL database, and a sandbox that sends events to it.
type postgresShop struct {
	t        *testing.T
	db       *sql.DB
	box      *sandbox.Server
	client   *plugipay.Client
	sessions *inbox.Sessions
}

func startPostgresShop(t *testing.T) postgresShop {
	t.Helper()
	url := startPostgreSQL(t)
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Exec(ordersSchema); err != nil {
		t.Fatal(err)
	}
	webhook, sessions, err := endpoint(t.Context(), url, "whsec_test")
	if err != nil {
		t.Fatal(err)
	}
	receiver := httptest.NewServer(webhook)
	t.Cleanup(receiver.Close)
	box := sandbox.StartTest(t, sandbox.Options{Endpoints: []sandbox.Endpoint{{URL: receiver.URL, Secret: "whsec_test"}}})
	client, err := plugipay.NewClient(box.ClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	return postgresShop{t, db, box, client, sessions}
}

// order creates an order with a session.
func (s postgresShop) order(id string) *plugipay.CheckoutSession {
	s.t.Helper()
	_, err := s.db.Exec(`INSERT INTO orders VALUES ($1, 'open', 19900000, 'IDR', $2, 'test')`, id, sandbox.TestAccountID)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.session(id)
}

// session creates a session for an order.
func (s postgresShop) session(orderID string) *plugipay.CheckoutSession {
	s.t.Helper()
	session, err := s.client.CheckoutSessions.Create(s.t.Context(), plugipay.CheckoutSessionCreateInput{
		Amount: 199_000_00, Currency: plugipay.CurrencyIDR,
		Methods:    []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS},
		SuccessURL: "https://example.com/thank-you", CancelURL: "https://example.com/cart",
	})
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.db.Exec(`INSERT INTO sessions VALUES ($1, $2)`, session.ID, orderID); err != nil {
		s.t.Fatal(err)
	}
	return session
}

func (s postgresShop) checkJobs(orderID, want string) {
	s.t.Helper()
	var jobs string
	err := s.db.QueryRow(`SELECT coalesce(string_agg(name, ',' ORDER BY name), '') FROM jobs WHERE order_id = $1`, orderID).Scan(&jobs)
	if err != nil || jobs != want {
		s.t.Errorf("order %s has the jobs %q, want %q: %v", orderID, jobs, want, err)
	}
}

func (s postgresShop) checkState(id, want string) {
	s.t.Helper()
	var state string
	if err := s.db.QueryRow(`SELECT state FROM orders WHERE id = $1`, id).Scan(&state); err != nil || state != want {
		s.t.Errorf("order %s is %q, want %q: %v", id, state, want, err)
	}
}

// cancelOrder cancels the session of an order and handles the session's final status.
func cancelOrder(ctx context.Context, client *plugipay.Client, sessions *inbox.Sessions, sessionID string) error {
	//docs:begin cancel
	session, err := client.CheckoutSessions.CancelOrGet(ctx, sessionID)
	if err != nil {
		return err // the session may still take a payment
	}
	_, err = sessions.Ended(ctx, session) // "completed" if the buyer paid first
	//docs:end
	return err
}

//docs:begin since

const reach = 24*time.Hour + 48*time.Hour + 24*time.Hour // lifetime of a session + outage + late settlement

// since returns how far back the next reconciliation must look.
func since(oldestOpen, firstDay time.Time) time.Time {
	since := time.Now().Add(-reach)
	if !oldestOpen.IsZero() && oldestOpen.Before(since) {
		since = oldestOpen
	}
	if since.Before(firstDay) {
		since = firstDay
	}
	return since
}

//docs:end

//docs:begin reconcile

// reconcile runs every five minutes until ctx ends. firstDay is when the program began to handle sessions with its inbox.
func reconcile(ctx context.Context, sessions *inbox.Sessions, client *plugipay.Client, firstDay time.Time) {
	from := since(time.Time{}, firstDay)
	for {
		found, err := sessions.Reconcile(ctx, client, from)
		if err != nil { // the next run starts from the same time
			log.Printf("reconciliation: %d of %d ended sessions failed: %v", found.Failed, found.Ended, err)
		} else {
			from = since(found.OldestOpen, firstDay)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(5 * time.Minute):
		}
	}
}

//docs:end

func TestPages_EndpointCancelAndReconcile(t *testing.T) {
	shop := startPostgresShop(t)
	paid, canceled, missed := shop.order("paid"), shop.order("canceled"), shop.order("missed")

	if err := errors.Join(shop.box.Pay(paid.ID, plugipay.CheckoutMethodQRIS), shop.box.WaitDelivered(t.Context())); err != nil {
		t.Fatal(err)
	}
	shop.checkState("paid", "paid")
	shop.checkJobs("paid", "ship")

	second := shop.session("paid")
	if err := errors.Join(shop.box.Pay(second.ID, plugipay.CheckoutMethodQRIS), shop.box.WaitDelivered(t.Context())); err != nil {
		t.Fatal(err)
	}
	shop.checkState("paid", "paid")
	shop.checkJobs("paid", "refund,ship")

	if err := cancelOrder(t.Context(), shop.client, shop.sessions, canceled.ID); err != nil {
		t.Fatal(err)
	}
	shop.checkState("canceled", "unpaid")

	// No event exists for this session.
	if _, err := shop.client.CheckoutSessions.Cancel(t.Context(), missed.ID); err != nil {
		t.Fatal(err)
	}
	shop.checkState("missed", "open")
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		reconcile(ctx, shop.sessions, shop.client, time.Now().Add(-time.Hour))
	}()
	for state := ""; state != "unpaid"; time.Sleep(time.Millisecond) {
		if err := shop.db.QueryRow(`SELECT state FROM orders WHERE id = 'missed'`).Scan(&state); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	<-done
}
