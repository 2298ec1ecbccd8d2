package main

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

func TestPay_ManyClicksAtOnceAreOneSession(t *testing.T) {
	t.Parallel()
	ts := newTestShop(t, true)
	ana := newBuyer(t, ts.url).visit()
	locations := make([]string, 10)
	var clicks sync.WaitGroup
	for i := range locations {
		clicks.Go(func() { _, locations[i], _ = ana.tryToPay(ts.url, "2") })
	}
	clicks.Wait()
	for _, location := range locations {
		if location != locations[0] || !strings.HasPrefix(location, ts.box.URL+"/c/") {
			t.Fatalf("the clicks lead to %v", locations)
		}
	}
	ts.wantOrders(stateAwaiting)
	if other := newBuyer(t, ts.url).visit().pay("2"); other == locations[0] {
		t.Error("another buyer is sent to the same session")
	}
}

func TestPay_SessionThatEndedMakesNewAttempt(t *testing.T) {
	t.Parallel()
	ts := newTestShop(t, true)
	ana := newBuyer(t, ts.url).visit()
	first := ana.pay("1")
	ts.box.Advance(sessionLifetime)
	second := ana.pay("1")
	if err := ts.box.Cancel(sessionID(second)); err != nil { // by the buyer. No event reports it
		t.Fatal(err)
	}
	third := ana.pay("1")
	if first == second || second == third {
		t.Errorf("an ended session is used again: %s, %s, %s", first, second, third)
	}
	ts.wantOrders("expired", stateCanceled, stateAwaiting)
}

func TestPay_ReplayedSessionThatExpiredMakesNewAttempt(t *testing.T) {
	t.Parallel()
	ts := newTestShop(t, true)
	ana := newBuyer(t, ts.url).visit()
	// Plugipay creates the session, but the shop gets no response, because all attempts of the call lose their connection.
	if err := ts.box.Inject(sandbox.Fault{Operation: "createCheckoutSession", Drop: true, Times: 3}); err != nil {
		t.Fatal(err)
	}
	if status, _, err := ana.tryToPay(ts.url, "1"); err != nil || status != http.StatusServiceUnavailable {
		t.Fatalf("paying without Plugipay returns %d, error %v", status, err)
	}
	ts.wantOrders(stateAwaiting)
	ts.box.Advance(sessionLifetime)
	hosted := ana.pay("1")
	if session := ts.session(sessionID(hosted)); session.Status != plugipay.CheckoutSessionStatusOpen {
		t.Errorf("the buyer is sent to a session that is %s", session.Status)
	}
	ts.wantOrders("expired", stateAwaiting)
}

func TestPay_LostResponseIsTheSameSession(t *testing.T) {
	t.Parallel()
	ts := newTestShop(t, true)
	ana := newBuyer(t, ts.url).visit()
	if err := ts.box.Inject(sandbox.Fault{Operation: "createCheckoutSession", Drop: true, Times: 3}); err != nil {
		t.Fatal(err)
	}
	_, _, _ = ana.tryToPay(ts.url, "1")
	ana.pay("1")
	page, err := ts.client.CheckoutSessions.List(t.Context(), plugipay.CheckoutSessionListParams{})
	if err != nil || len(page.Data) != 1 {
		t.Errorf("%d sessions exist, want 1, error %v", len(page.Data), err)
	}
	ts.wantOrders(stateAwaiting)
}

func TestPay_AnotherPublicURLMakesNewAttempt(t *testing.T) {
	t.Parallel()
	ts := newTestShop(t, true)
	ana := newBuyer(t, ts.url).visit()
	if err := ts.box.Inject(sandbox.Fault{Operation: "createCheckoutSession", Drop: true, Times: 3}); err != nil {
		t.Fatal(err)
	}
	_, _, _ = ana.tryToPay(ts.url, "1")
	ts.cfg.publicURL = "http://shop.localhost"
	ana.pay("1")
	ts.wantOrders(stateCanceled, stateAwaiting)
}

func TestPay_ChangedCartEndsTheOldSession(t *testing.T) {
	t.Parallel()
	ts := newTestShop(t, true)
	ana := newBuyer(t, ts.url).visit()
	first, second := ana.pay("1"), ana.pay("2")
	if session := ts.session(sessionID(first)); session.Status != plugipay.CheckoutSessionStatusCanceled {
		t.Errorf("the session of the old cart is %s", session.Status)
	}
	if session := ts.session(sessionID(second)); session.Amount != 2*85_000_00 {
		t.Errorf("the amount of the new session is %d", session.Amount)
	}
	ts.wantOrders(stateCanceled, stateAwaiting)
}

func TestPay_ChangedCartOfPaidSessionIsPaid(t *testing.T) {
	t.Parallel()
	ts := newTestShop(t, false)
	ana := newBuyer(t, ts.url).visit()
	if err := ts.box.Pay(sessionID(ana.pay("1")), plugipay.CheckoutMethodQRIS); err != nil {
		t.Fatal(err)
	}
	location := ana.pay("2")
	orders := ts.wantOrders(stateShipped)
	if location != ts.url+"/orders/"+orders[0].ID {
		t.Errorf("the redirect goes to %s", location)
	}
}

func TestPay_NoNewSessionIfTheOldOneCannotBeEnded(t *testing.T) {
	t.Parallel()
	ts := newTestShop(t, true)
	ana := newBuyer(t, ts.url).visit()
	ana.pay("1")
	if err := ts.box.Inject(sandbox.Fault{Operation: "cancelCheckoutSession", Status: 422, Times: -1}); err != nil {
		t.Fatal(err)
	}
	if status, _, err := ana.tryToPay(ts.url, "2"); err != nil || status != http.StatusServiceUnavailable {
		t.Errorf("paying returns %d, error %v", status, err)
	}
	ts.wantOrders(stateAwaiting)
}

func TestPay_PaidCartIsNotPaidAgain(t *testing.T) {
	t.Parallel()
	ts := newTestShop(t, true)
	ana := newBuyer(t, ts.url).visit()
	if err := ts.box.Pay(sessionID(ana.pay("1")), plugipay.CheckoutMethodCard); err != nil {
		t.Fatal(err)
	}
	location := ana.pay("1")
	if !strings.HasPrefix(location, ts.url+"/orders/") {
		t.Errorf("the redirect goes to %s", location)
	}
	ts.wantOrders(stateShipped)
	if _, body := ana.get(location); !strings.Contains(body, "Thank you") {
		t.Errorf("the order page says %s", body)
	}
	if next := ana.pay("1"); !strings.HasPrefix(next, ts.box.URL) {
		t.Errorf("the redirect of the next cart goes to %s", next)
	}
}

func TestPay_RefusesInvalidCartOrNoCookie(t *testing.T) {
	t.Parallel()
	ts := newTestShop(t, true)
	for name, kopi := range map[string]string{"no item": "0", "too many items": "100", "a negative number": "-1", "a word": "x"} {
		if status, _, err := newBuyer(t, ts.url).visit().tryToPay(ts.url, kopi); err != nil || status != http.StatusBadRequest {
			t.Errorf("paying for %s returns %d, error %v", name, status, err)
		}
	}
	if status, _, err := newBuyer(t, ts.url).tryToPay(ts.url, "1"); err != nil || status != http.StatusBadRequest {
		t.Errorf("paying without cookies returns %d, error %v", status, err)
	}
	ts.wantOrders()
}

func TestOrderPage_DoesNotTrustTheRedirect(t *testing.T) {
	t.Parallel()
	ts := newTestShop(t, false)
	ana := newBuyer(t, ts.url).visit()
	session := ts.session(sessionID(ana.pay("1")))
	if _, body := ana.get(session.SuccessURL + "?status=completed"); !strings.Contains(body, "not paid yet") {
		t.Errorf("the page says %s", body)
	}
	ts.wantOrders(stateAwaiting)
	if err := ts.box.Pay(session.ID, plugipay.CheckoutMethodQRIS); err != nil {
		t.Fatal(err)
	}
	if _, body := ana.get(session.SuccessURL); !strings.Contains(body, "Thank you") { // no event was delivered
		t.Errorf("the page says %s", body)
	}
	ts.wantOrders(stateShipped)
}

func TestOrderPage_WorksWithoutPlugipay(t *testing.T) {
	t.Parallel()
	ts := newTestShop(t, false)
	ana := newBuyer(t, ts.url).visit()
	session := ts.session(sessionID(ana.pay("1")))
	if err := ts.box.Inject(sandbox.Fault{Operation: "getCheckoutSession", Status: 404, Times: -1}); err != nil {
		t.Fatal(err)
	}
	if status, body := ana.get(session.SuccessURL); status != http.StatusOK || !strings.Contains(body, "not paid yet") {
		t.Errorf("the page returns %d: %s", status, body)
	}
	if status, _ := ana.get(ts.url + "/orders/unknown"); status != http.StatusNotFound {
		t.Errorf("the page of an unknown order returns %d", status)
	}
}

func TestOrderPage_SaysHowTheOrderEnded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		end  func(*testShop, string) error
		want string
	}{
		"canceled": {func(ts *testShop, id string) error { return ts.box.Cancel(id) }, "order is canceled"},
		"expired":  {func(ts *testShop, _ string) error { ts.box.Advance(sessionLifetime); return nil }, "order has expired"},
		"failed":   {func(ts *testShop, id string) error { return ts.box.FailSession(id) }, "payment failed"},
		"late": {func(ts *testShop, id string) error {
			ts.box.Advance(sessionLifetime + time.Minute)
			if _, err := ts.sessions.Ended(ts.t.Context(), ts.session(id)); err != nil {
				return err
			}
			if err := ts.box.SettleLate(id); err != nil {
				return err
			}
			_, err := ts.sessions.Ended(ts.t.Context(), ts.session(id))
			return err
		}, "return your payment"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ts := newTestShop(t, false)
			ana := newBuyer(t, ts.url).visit()
			session := ts.session(sessionID(ana.pay("1")))
			if err := test.end(ts, session.ID); err != nil {
				t.Fatal(err)
			}
			if _, body := ana.get(session.SuccessURL); !strings.Contains(body, test.want) {
				t.Errorf("the page says %s", body)
			}
		})
	}
}
