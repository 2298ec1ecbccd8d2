package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

const (
	testEmail  = "ana@example.com"
	testSecret = "whsec_test"
)

// testShop is a shop in this process, on SQLite, with a sandbox.
type testShop struct {
	*shop
	t    *testing.T
	url  string
	box  *sandbox.Server
	mu   sync.Mutex
	sent []string // the subjects of the sent mails
}

// newTestShop opens a shop. The shop receives events only with wantEvents. Its jobs run only if the test starts them.
func newTestShop(t *testing.T, wantEvents bool) *testShop {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	address := "http://" + server.Listener.Addr().String()
	ts := &testShop{t: t, url: address, box: sandbox.StartTest(t, sandbox.Options{})}
	if wantEvents {
		if err := ts.box.AddEndpoint(sandbox.Endpoint{URL: address + webhookPath, Secret: testSecret}); err != nil {
			t.Fatal(err)
		}
	}
	client, err := plugipay.NewClient(ts.box.ClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	ts.shop, err = newShop(t.Context(), config{
		publicURL: address, webhookSecret: testSecret, adminPassword: "letmein", reconcileEvery: time.Hour,
		databaseURL: filepath.Join(t.TempDir(), "shop.db"),
	}, client)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ts.db.close)
	ts.send = func(_, subject, _ string) error {
		ts.mu.Lock()
		defer ts.mu.Unlock()
		ts.sent = append(ts.sent, subject)
		return nil
	}
	server.Config.Handler, err = ts.handler()
	if err != nil {
		t.Fatal(err)
	}
	server.Start()
	t.Cleanup(server.Close)
	return ts
}

// mails runs the jobs until all mail is sent, and returns the subjects of the sent mails.
func (ts *testShop) mails() []string {
	ts.t.Helper()
	if err := ts.jobs.Start(context.WithoutCancel(ts.t.Context())); err != nil {
		ts.t.Fatal(err)
	}
	eventually(ts.t, "all mail is sent", func() bool {
		return number(ts.t, ts.db, "SELECT count(*) FROM river_job WHERE kind = 'mail' AND state <> 'completed'") == 0
	})
	if err := ts.jobs.Stop(context.WithoutCancel(ts.t.Context())); err != nil {
		ts.t.Error(err)
	}
	ts.mu.Lock()
	defer ts.mu.Unlock()
	return ts.sent
}

// number returns the only value of a query.
func number(t *testing.T, db queries, query string, args ...any) (n int64) {
	t.Helper()
	rows, err := db.QueryContext(context.WithoutCancel(t.Context()), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	if !rows.Next() {
		t.Fatalf("%s returns nothing: %v", query, rows.Err())
	}
	if err := rows.Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// eventually waits until the condition is true. How long that takes is not part of the test.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	giveUp := time.After(150 * time.Second)
	for !condition() {
		select {
		case <-again.C:
		case <-giveUp:
			t.Fatalf("not true after 150 s: %s", what)
		}
	}
}

// wantOrders checks the states of all orders, oldest attempt first. It also checks that each shipped order was shipped once.
func (ts *testShop) wantOrders(states ...string) []order {
	ts.t.Helper()
	orders, err := findOrders(ts.t.Context(), ts.db, "ORDER BY attempt, id")
	if err != nil {
		ts.t.Fatal(err)
	}
	var got []string
	for _, o := range orders {
		got = append(got, o.State)
		shipments := number(ts.t, ts.db, "SELECT count(*) FROM shipments WHERE order_id = $1", o.ID)
		if shipments > 1 || (shipments == 1) != (o.State == stateShipped) {
			ts.t.Errorf("the order is %s and was shipped %d times", o.State, shipments)
		}
	}
	if strings.Join(got, " ") != strings.Join(states, " ") {
		ts.t.Fatalf("the orders are %v, want %v", got, states)
	}
	return orders
}

// session gets a session from Plugipay.
func (ts *testShop) session(id string) *plugipay.CheckoutSession {
	ts.t.Helper()
	session, err := ts.client.CheckoutSessions.Get(ts.t.Context(), id)
	if err != nil {
		ts.t.Fatal(err)
	}
	return session
}

// deliver sends an event about a session to the shop, with Plugipay's signature.
func (ts *testShop) deliver(name plugipay.EventName, session plugipay.CheckoutSession) {
	ts.t.Helper()
	body, header := sandbox.SampleEvent(name, testSecret, func(s *plugipay.CheckoutSession) { *s = session })
	request, err := http.NewRequestWithContext(ts.t.Context(), http.MethodPost, ts.url+webhookPath, bytes.NewReader(body))
	if err != nil {
		ts.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Plugipay-Signature", header)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		ts.t.Error(err)
		return
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		ts.t.Errorf("the response to %s is %s", name, response.Status)
	}
}

// buyer is a browser with cookies that does not follow redirects.
type buyer struct {
	t    *testing.T
	shop string
	http *http.Client
}

func newBuyer(t *testing.T, shopURL string) *buyer {
	jar, _ := cookiejar.New(nil)
	b := &buyer{t, shopURL, &http.Client{
		Jar: jar, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	return b
}

// get gets a page and returns its status and body.
func (b *buyer) get(address string) (status int, body string) {
	b.t.Helper()
	response, err := b.http.Get(address)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// tryToPay presses "Pay" at a shop's address. It returns the status and the address of the redirect.
func (b *buyer) tryToPay(address string, kopi string) (status int, location string, err error) {
	response, err := b.http.PostForm(address+"/pay", url.Values{"kopi": {kopi}, "email": {testEmail}})
	if err != nil {
		return 0, "", err
	}
	_ = response.Body.Close()
	return response.StatusCode, response.Header.Get("Location"), nil
}

// pay presses "Pay" with a number of liters of kopi in the cart. It returns the address of the redirect.
func (b *buyer) pay(kopi string) (location string) {
	b.t.Helper()
	status, location, err := b.tryToPay(b.shop, kopi)
	if err != nil || status != http.StatusSeeOther {
		b.t.Fatalf("paying returns %d, error %v", status, err)
	}
	return location
}

// visit opens the catalog, which gives the buyer a cart.
func (b *buyer) visit() *buyer {
	b.t.Helper()
	if status, body := b.get(b.shop + "/"); status != http.StatusOK || !strings.Contains(body, "Kopi susu") {
		b.t.Fatalf("the catalog returns %d: %s", status, body)
	}
	return b
}

// press presses a button of the merchant's page for an order.
func (ts *testShop) press(o order, action string) {
	ts.t.Helper()
	request, err := http.NewRequestWithContext(ts.t.Context(), http.MethodPost, ts.url+"/admin/"+o.ID+"/"+action, nil)
	if err != nil {
		ts.t.Fatal(err)
	}
	request.SetBasicAuth("admin", "letmein")
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		ts.t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusSeeOther {
		ts.t.Errorf("%s returns %s", action, response.Status)
	}
}

// sessionID returns the id at the end of a hosted page's address.
func sessionID(hostedURL string) string { return hostedURL[strings.LastIndex(hostedURL, "/")+1:] }
