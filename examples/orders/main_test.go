package main

import (
	"database/sql"
	"errors"
	"net/http"
	"net/http/httptest"
	"path"
	"path/filepath"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

//docs:begin test

func TestShop_PaidOrderIsMarked(t *testing.T) {
	box := sandbox.StartTest(t, sandbox.Options{DeliveryAttempts: 1}) // a Plugipay in memory, until the test ends
	client, err := plugipay.NewClient(box.ClientOptions())
	check(err)
	file := filepath.ToSlash(t.TempDir()) + "/orders.db"
	shop := httptest.NewServer(newShop(client, file, "whsec_test"))
	defer shop.Close()
	check(box.AddEndpoint(sandbox.Endpoint{URL: shop.URL + "/webhooks/plugipay", Secret: "whsec_test"}))
	page, err := http.Post(shop.URL+"/pay", "", nil) // follows the redirect to the hosted page
	check(err)
	check(box.Pay(path.Base(page.Request.URL.Path), plugipay.CheckoutMethodQRIS))
	check(box.WaitDelivered(t.Context())) // fails if the webhook fails
	db, err := sql.Open("sqlite", "file:"+file)
	check(err)
	var state string
	if err := db.QueryRow(`SELECT state FROM orders`).Scan(&state); err != nil || state != "paid" {
		t.Errorf("the order is %q: %v", state, err)
	}
}

//docs:end

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
	file := filepath.ToSlash(t.TempDir()) + "/orders.db"
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	server := httptest.NewServer(newShop(client, file, "whsec_test"))
	t.Cleanup(server.Close)
	if err := box.AddEndpoint(sandbox.Endpoint{URL: server.URL + "/webhooks/plugipay", Secret: "whsec_test"}); err != nil {
		t.Fatal(err)
	}
	return shop{t, server.URL, db, box}
}

// pay starts the payment, and returns the session's id from the URL of the hosted page.
func (s shop) pay() string {
	s.t.Helper()
	page, err := http.Post(s.url+"/pay", "", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = page.Body.Close() }()
	if page.StatusCode != http.StatusOK || page.Request.URL.Host == s.url {
		s.t.Fatalf("the response is %s from %s", page.Status, page.Request.URL)
	}
	return path.Base(page.Request.URL.Path)
}

// checkState checks the order's state once all events are delivered.
func (s shop) checkState(want string) {
	s.t.Helper()
	var state string
	err := errors.Join(s.box.WaitDelivered(s.t.Context()), s.db.QueryRow(`SELECT state FROM orders WHERE id = 'ord_42'`).Scan(&state))
	if err != nil || state != want {
		s.t.Errorf("the order is %q, want %q: %v", state, want, err)
	}
}

func TestShop_SecondClickGetsTheSameSession(t *testing.T) {
	shop := startShop(t)
	if first, second := shop.pay(), shop.pay(); first != second {
		t.Errorf("the order has the sessions %s and %s", first, second)
	}
}

func TestShop_PaymentAfterExpiryIsMarked(t *testing.T) {
	shop := startShop(t)
	id := shop.pay()
	shop.box.Advance(24 * time.Hour)
	shop.checkState("open")
	if err := shop.box.SettleLate(id); err != nil {
		t.Fatal(err)
	}
	shop.checkState("paid")
}
