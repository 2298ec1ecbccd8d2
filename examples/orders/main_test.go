package main

import (
	"database/sql"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// shop is the program on a new database, with a sandbox that sends events to it.
type shop struct {
	t   *testing.T
	url string
	db  *sql.DB
	box *sandbox.Server
}

func startShop(t *testing.T) shop {
	t.Helper()
	box := sandbox.StartTest(t, sandbox.Options{})
	client, err := plugipay.NewClient(box.ClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	db := openSQLite(t)
	handler, err := newShop(client, db, "whsec_test")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	if err := box.AddEndpoint(sandbox.Endpoint{URL: server.URL + "/webhooks/plugipay", Secret: "whsec_test"}); err != nil {
		t.Fatal(err)
	}
	return shop{t, server.URL, db, box}
}

func openSQLite(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(filepath.Join(t.TempDir(), "orders.db"))+
		"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// pay starts the payment, and returns the session's id from the URL of the hosted page.
func (s shop) pay() string {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/pay", http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = resp.Body.Close()
	_, id, isHostedPage := strings.Cut(resp.Header.Get("Location"), "/c/")
	if resp.StatusCode != http.StatusSeeOther || !isHostedPage {
		s.t.Fatalf("the response is %s, to %q", resp.Status, resp.Header.Get("Location"))
	}
	return id
}

// checkState checks the order's state once all events are delivered.
func (s shop) checkState(want string) {
	s.t.Helper()
	if err := s.box.WaitDelivered(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	var state string
	if err := s.db.QueryRow(`SELECT state FROM orders WHERE id = 'ord_42'`).Scan(&state); err != nil || state != want {
		s.t.Errorf("the order is %q, want %q: %v", state, want, err)
	}
}

func TestShop_SecondClickGetsTheSameSession(t *testing.T) {
	shop := startShop(t)
	if first, second := shop.pay(), shop.pay(); first != second {
		t.Errorf("the order has the sessions %s and %s", first, second)
	}
}

func TestShop_PaidOrderIsMarked(t *testing.T) {
	shop := startShop(t)
	id := shop.pay()
	shop.checkState("open")
	if err := shop.box.Pay(id, plugipay.CheckoutMethodQRIS); err != nil {
		t.Fatal(err)
	}
	shop.checkState("paid")
}

func TestShop_PaymentAfterExpiryIsMarked(t *testing.T) {
	shop := startShop(t)
	id := shop.pay()
	shop.box.Advance(24 * time.Hour)
	shop.checkState("unpaid")
	if err := shop.box.SettleLate(id); err != nil {
		t.Fatal(err)
	}
	shop.checkState("paid")
}
