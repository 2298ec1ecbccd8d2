package main

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// waitDelivered waits until the sandbox has delivered all events.
func (ts *testShop) waitDelivered() {
	ts.t.Helper()
	if err := ts.box.WaitDelivered(ts.t.Context()); err != nil {
		ts.t.Fatal(err)
	}
}

func TestSettle_PaidOrderIsShippedAndMailed(t *testing.T) {
	t.Parallel()
	ts := newTestShop(t, true)
	if err := ts.box.Pay(sessionID(newBuyer(t, ts.url).visit().pay("1")), plugipay.CheckoutMethodQRIS); err != nil {
		t.Fatal(err)
	}
	ts.waitDelivered()
	ts.wantOrders(stateShipped)
	if got := ts.mails(); !slices.Equal(got, []string{"Your order is on its way"}) {
		t.Errorf("mails: %q", got)
	}
}

func TestSettle_ManyDeliveriesAtOnceShipOnce(t *testing.T) {
	t.Parallel()
	ts := newTestShop(t, false)
	id := sessionID(newBuyer(t, ts.url).visit().pay("1"))
	if err := ts.box.Pay(id, plugipay.CheckoutMethodQRIS); err != nil {
		t.Fatal(err)
	}
	paid := *ts.session(id)
	var deliveries sync.WaitGroup
	for range 20 {
		deliveries.Go(func() { ts.deliver(plugipay.EventCheckoutSessionCompleted, paid) })
	}
	deliveries.Wait()
	ts.wantOrders(stateShipped)
	if got := ts.mails(); len(got) != 1 {
		t.Errorf("mails: %q", got)
	}
}

func TestSettle_LateExpiryDoesNotUndoPayment(t *testing.T) {
	t.Parallel()
	ts := newTestShop(t, false)
	id := sessionID(newBuyer(t, ts.url).visit().pay("1"))
	if err := ts.box.Pay(id, plugipay.CheckoutMethodQRIS); err != nil {
		t.Fatal(err)
	}
	session := *ts.session(id)
	ts.deliver(plugipay.EventCheckoutSessionCompleted, session)
	session.Status = plugipay.CheckoutSessionStatusExpired
	ts.deliver(plugipay.EventCheckoutSessionExpired, session)
	ts.wantOrders(stateShipped)
}

func TestSettle_PaymentAfterTheEndIsRefunded(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*testShop, order){
		"expired":              func(ts *testShop, _ order) { ts.box.Advance(sessionLifetime); ts.waitDelivered() },
		"canceled by merchant": func(ts *testShop, o order) { ts.press(o, "cancel") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ts := newTestShop(t, true)
			id := sessionID(newBuyer(t, ts.url).visit().pay("1"))
			orders := ts.wantOrders(stateAwaiting)
			end(ts, orders[0])
			session := *ts.session(id)
			ts.wantOrders(session.Status)
			session.Status = plugipay.CheckoutSessionStatusCompleted
			ts.deliver(plugipay.EventCheckoutSessionCompleted, session)
			ts.deliver(plugipay.EventCheckoutSessionCompleted, session)
			ts.wantOrders(stateRefund)
			if got := ts.mails(); !slices.Equal(got, []string{"Your payment will be returned"}) {
				t.Errorf("mails: %q", got)
			}
			ts.press(orders[0], "cancel") // changes nothing
			ts.wantOrders(stateRefund)
			ts.press(orders[0], "refunded")
			ts.wantOrders(stateRefunded)
		})
	}
}

func TestSettle_PaymentThatDoesNotMatchIsRefunded(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*plugipay.CheckoutSession){
		"amount":   func(s *plugipay.CheckoutSession) { s.Amount-- },
		"currency": func(s *plugipay.CheckoutSession) { s.Currency = plugipay.CurrencyUSD },
		"account":  func(s *plugipay.CheckoutSession) { s.AccountID = "acc_01J8ZQ4S9K7T5R3P1N0M8K6J4H" },
		"mode":     func(s *plugipay.CheckoutSession) { s.Mode = "live" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ts := newTestShop(t, false)
			session := *ts.session(sessionID(newBuyer(t, ts.url).visit().pay("1")))
			session.Status = plugipay.CheckoutSessionStatusCompleted
			change(&session)
			ts.deliver(plugipay.EventCheckoutSessionCompleted, session)
			ts.wantOrders(stateRefund)
		})
	}
}

func TestSettle_SessionOfAnotherProgramIsIgnored(t *testing.T) {
	t.Parallel()
	ts := newTestShop(t, true)
	for _, name := range []plugipay.EventName{plugipay.EventCheckoutSessionCompleted, plugipay.EventCheckoutSessionExpired, "refund.succeeded"} {
		if _, err := ts.box.Trigger(name, map[string]any{"id": "cs_other", "status": "completed", "amount": 1, "currency": "IDR"}); err != nil {
			t.Fatal(err)
		}
	}
	ts.waitDelivered()
	ts.wantOrders()
}

func TestSettle_UnseenSecondSessionNeverShips(t *testing.T) {
	t.Parallel()
	ts := newTestShop(t, false)
	session := *ts.session(sessionID(newBuyer(t, ts.url).visit().pay("1")))
	session.ID, session.Status = "cs_second", plugipay.CheckoutSessionStatusCanceled
	ts.deliver(plugipay.EventCheckoutSessionExpired, session)
	ts.wantOrders(stateAwaiting)
	session.Status = plugipay.CheckoutSessionStatusCompleted
	if _, err := ts.sessions.Ended(t.Context(), &session); err == nil || !strings.Contains(err.Error(), "another session") {
		t.Errorf("the error is %v", err)
	}
	ts.wantOrders(stateAwaiting)
}

func TestAdmin_CancelAndConfirm(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before func(*testShop, string) error // changes the session before the merchant presses the button
		action string
		want   string
	}{
		"cancel":                {nil, "cancel", stateCanceled},
		"cancel when paid":      {func(ts *testShop, id string) error { return ts.box.Pay(id, plugipay.CheckoutMethodQRIS) }, "cancel", stateShipped},
		"confirm":               {nil, "confirm", stateShipped},
		"confirm when canceled": {func(ts *testShop, id string) error { return ts.box.Cancel(id) }, "confirm", stateCanceled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ts := newTestShop(t, false)
			id := sessionID(newBuyer(t, ts.url).visit().pay("1"))
			if test.before != nil {
				if err := test.before(ts, id); err != nil {
					t.Fatal(err)
				}
			}
			o := ts.wantOrders(stateAwaiting)[0]
			ts.press(o, test.action)
			ts.wantOrders(test.want)
			if !ts.session(id).HasEnded() {
				t.Error("the session has not ended")
			}
		})
	}
}

func TestAdmin_CancelBeforeTheSessionIsKnown(t *testing.T) {
	t.Parallel()
	ts := newTestShop(t, false)
	ana := newBuyer(t, ts.url).visit()
	if err := ts.box.Inject(sandbox.Fault{Operation: "createCheckoutSession", Drop: true, Times: 3}); err != nil {
		t.Fatal(err)
	}
	_, _, _ = ana.tryToPay(ts.url, "1")
	ts.press(ts.wantOrders(stateAwaiting)[0], "cancel")
	ts.wantOrders(stateCanceled)
	ana.pay("1")
	ts.wantOrders(stateCanceled, stateAwaiting)
}

func TestAdmin_IsForTheMerchant(t *testing.T) {
	t.Parallel()
	ts := newTestShop(t, false)
	ana := newBuyer(t, ts.url).visit()
	if status, _ := ana.get(ts.url + "/admin"); status != http.StatusUnauthorized {
		t.Errorf("the response to a buyer is %d", status)
	}
	if status, body := ana.get(strings.Replace(ts.url, "http://", "http://admin:letmein@", 1) + "/admin"); status != http.StatusOK ||
		!strings.Contains(body, "There is no order yet") {
		t.Errorf("the response to the merchant is %d: %s", status, body)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, ts.url+"/pay", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Origin", "https://evil.example")
	response, err := ana.http.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusForbidden {
		t.Errorf("the response to another site's form is %s", response.Status)
	}
}

func TestReconcile_FindsPaymentWithoutEvent(t *testing.T) {
	t.Parallel()
	ts := newTestShop(t, false)
	if err := ts.box.Pay(sessionID(newBuyer(t, ts.url).visit().pay("1")), plugipay.CheckoutMethodQRIS); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := ts.reconcile(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	ts.wantOrders(stateShipped)
}

func TestRun_PrintsOneURLAndEndsCleanly(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	for _, name := range []string{"PLUGIPAY_KEY_ID", "PLUGIPAY_SECRET", "PLUGIPAY_API_KEY", "DATABASE_URL", "ADDR", "PUBLIC_URL"} {
		t.Setenv(name, "")
	}
	cfg, err := configFromEnvironment()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	out := &lineWriter{lines: make(chan string, 10)}
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, cfg, out) }()
	shopURL := strings.TrimSpace(strings.TrimPrefix(<-out.lines, "The shop is at "))
	ana := newBuyer(t, shopURL).visit()
	hosted := ana.pay("1")
	if status, _ := ana.get(hosted); status != http.StatusOK {
		t.Errorf("the hosted page returns %d", status)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("the shop ends with %v", err)
	}
	if len(out.lines) > 0 {
		t.Errorf("the shop also prints %q", <-out.lines)
	}
	if left, err := filepath.Glob(filepath.Join(temporary, "*")); err != nil || len(left) > 0 {
		t.Errorf("the files %v are left, error %v", left, err)
	}
}

// lineWriter sends each write to a channel.
type lineWriter struct{ lines chan string }

func (w *lineWriter) Write(text []byte) (int, error) {
	w.lines <- string(bytes.Clone(text))
	return len(text), nil
}

func TestServe_FinishesRequestsBeforeItStops(t *testing.T) {
	t.Parallel()
	ts := newTestShop(t, false)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := ts.jobs.Start(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	inside, release := make(chan struct{}), make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- ts.serve(ctx, listener, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			close(inside)
			<-release
		}))
	}()
	response := make(chan error, 1)
	go func() {
		got, err := http.Get("http://" + listener.Addr().String())
		if err == nil {
			_ = got.Body.Close()
		}
		response <- err
	}()
	<-inside
	stop()
	eventually(t, "the shop accepts no new connection", func() bool {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
	close(release)
	if err := <-response; err != nil {
		t.Errorf("the request in progress fails: %v", err)
	}
	if err := <-ended; err != nil {
		t.Errorf("the shop ends with %v", err)
	}
}

// TestShop_IsShort counts the lines of Go, without blank lines and comments.
func TestShop_IsShort(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
				lines++
			}
		}
	}
	if lines == 0 || lines >= 700 {
		t.Errorf("the shop has %d lines, want less than 700", lines)
	}
}

func TestConfig_KeysNeedTheirSecrets(t *testing.T) {
	t.Setenv("PLUGIPAY_KEY_ID", sandbox.TestKeyID)
	t.Setenv("PLUGIPAY_WEBHOOK_SECRET", "")
	t.Setenv("ADMIN_PASSWORD", "")
	if _, err := configFromEnvironment(); err == nil {
		t.Error("a configuration with keys is accepted without a webhook secret and a password")
	}
	t.Setenv("PLUGIPAY_WEBHOOK_SECRET", "whsec_1")
	t.Setenv("ADMIN_PASSWORD", "secret")
	t.Setenv("DATABASE_URL", "")
	cfg, err := configFromEnvironment()
	if err != nil || cfg.databaseURL != "shop.db" || cfg.reconcileEvery != time.Minute {
		t.Errorf("the configuration is %+v, error %v", cfg, err)
	}
	if _, err := os.Stat("shop.db"); err == nil {
		t.Error("the configuration created a database")
	}
}
