package browser

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

var consoleTabs = []string{"sessions", "requests", "events", "deliveries", "tools"}

func TestConsole_EmptyConsoleIsAccessible(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, developer *visitor) {
		shop := newShop(t, nil)
		for _, tab := range consoleTabs {
			// The console is paused because a refresh would replace the page during the inspection. Nothing else differs.
			developer.open(shop.box.URL + "/?pause=1&tab=" + tab)
			developer.inspect()
		}
		developer.open(shop.box.URL + "/?pause=1&tab=requests&q=nothing&failed=1")
		developer.wantText(".empty", "No request is like that")
		developer.inspect()
	})
}

// busySandbox returns a sandbox that contains everything the console can show, and the ID of its newest session.
func busySandbox(t *testing.T) (server *sandbox.Server, sessionID string) {
	t.Helper()
	var deliveries atomic.Int32
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if deliveries.Add(1) == 1 {
			http.Error(w, "no relation orders", http.StatusInternalServerError)
		}
	}))
	t.Cleanup(receiver.Close)
	server = sandbox.StartTest(t, sandbox.Options{
		Endpoints:        []sandbox.Endpoint{{URL: receiver.URL, Secret: webhookSecret}},
		DeliverySchedule: []time.Duration{0}, DeliveryAttempts: 2,
	})
	opts := server.ClientOptions()
	client, err := plugipay.NewClient(opts)
	if err != nil {
		t.Fatal(err)
	}
	var id string
	for range 55 {
		session, err := client.CheckoutSessions.Create(t.Context(), plugipay.CheckoutSessionCreateInput{
			Amount: 19_900_050, Currency: plugipay.CurrencyIDR,
			Methods:    []plugipay.CheckoutMethod{plugipay.CheckoutMethodVA, plugipay.CheckoutMethodPaypal},
			SuccessURL: "https://example.com/ok", CancelURL: "https://example.com/no", Metadata: map[string]string{"order_id": "ORD-1"},
		})
		if err != nil {
			t.Fatal(err)
		}
		id = session.ID
	}
	opts.Secret = "sk_test_of_another"
	wrongSecret, err := plugipay.NewClient(opts)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wrongSecret.CheckoutSessions.Get(t.Context(), id); err == nil {
		t.Fatal("the sandbox accepts a wrong secret")
	}
	for _, err := range []error{
		server.Pay(id, plugipay.CheckoutMethodVA), server.Settle(id), server.WaitDelivered(t.Context()),
		server.Inject(sandbox.Fault{Status: 503}), server.InjectDelivery(sandbox.DeliveryFault{Kind: sandbox.FaultTwice}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	server.Advance(time.Hour)
	return server, id
}

func TestConsole_BusyConsoleIsAccessible(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, developer *visitor) {
		server, id := busySandbox(t)
		for _, tab := range consoleTabs {
			developer.open(server.URL + "/?pause=1&tab=" + tab)
			developer.inspect()
		}
		requests, deliveries := server.Requests(), server.Deliveries()
		for _, page := range []string{
			"session=" + id, "session=" + requests[2].SessionID, "request=" + requests[0].ID, "request=" + requests[1].ID,
			"event=" + deliveries[0].EventID, "delivery=" + deliveries[len(deliveries)-1].ID,
		} {
			developer.open(server.URL + "/?pause=1&" + page)
			developer.inspect()
		}
		developer.open(server.URL + "/?pause=1")
		developer.press("Older")
		developer.wantText(".pages", "51–55 of 55")
	})
}

func TestConsole_DeveloperFindsTheReceiversResponse(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, developer *visitor) {
		server, _ := busySandbox(t)
		developer.withoutJavaScript()
		developer.open(server.URL + "/?pause=1&tab=deliveries&failed=1")
		developer.load(200, chromedp.Click(chromedp.CSS(".log a"), chromedp.NodeVisible)) // one click
		developer.wantText(".attempts", "no relation orders")
		developer.press("Resend the event")
		developer.wantText(".attempts", "no relation orders")
		if got := len(server.Deliveries()); got != 3 {
			t.Errorf("there are %d deliveries, want 3: 2 and the one that was sent again", got)
		}
	})
}

func TestConsole_DeveloperExpiresAndSettlesASession(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, developer *visitor) {
		shop := newShop(t, nil)
		session := shop.createSession()
		developer.withoutJavaScript()
		developer.open(shop.box.URL + "/?pause=1")
		developer.press(session.ID)
		developer.press("Expire")
		developer.wantText(".what", "expired")
		shop.wantEvents(session.ID, plugipay.EventCheckoutSessionExpired)
		developer.press("Settle late: the money arrives all the same")
		developer.wantText(".what", "completed")
		developer.wantText(".timeline", "settle_late")
		developer.press("The buyer's page")
		developer.wantText("h1", "Payment complete")
		developer.press("This session in the console")
		developer.wantText(".what", session.ID)
	})
}

func TestConsole_RefreshesItself(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, developer *visitor) {
		shop := newShop(t, nil)
		developer.open(shop.box.URL + "/")
		session := shop.createSession()
		developer.do(chromedp.WaitVisible(`//a[.="` + session.ID + `"]`))
		developer.press("Pause refreshing")
		developer.wantAt(shop.box.URL + "/?pause")
		developer.wantText("tbody", session.ID)
	})
}

func TestConsole_RefreshKeepsFocusAndInput(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, developer *visitor) {
		shop := newShop(t, nil)
		session := shop.createSession()
		response, err := http.Post(shop.box.URL+"/_sandbox/sessions/"+session.ID+"/pay", "application/json", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close() // the sandbox refuses the call, so the call is in the timeline
		developer.open(shop.box.URL + "/?tab=requests")
		developer.do(
			chromedp.SendKeys(chromedp.CSS("input[type=search]"), "abc", chromedp.NodeVisible),
			chromedp.Focus(chromedp.CSS("input[type=search]")),
		)
		evaluate[int](developer, `(document.body.dataset.mark = "same page", 0)`)
		more := shop.createSession()
		shop.wantStatus(more.ID, plugipay.CheckoutSessionStatusOpen)
		developer.do(chromedp.WaitVisible(`//li//*[contains(., "/` + more.ID + `")]`))
		got := evaluate[string](developer, `[document.body.dataset.mark, document.activeElement.name,
			document.querySelector("input[type=search]").value].join(" ")`)
		if got != "same page q abc" {
			t.Errorf("after the refresh: %q, want the same page with the same focus and input", got)
		}
	})
}

func TestConsole_RefreshKeepsOpenDetails(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, developer *visitor) {
		shop := newShop(t, nil)
		session := shop.createSession()
		shop.control("sessions/"+session.ID+"/pay", `{"method":"va"}`)
		developer.open(shop.box.URL + "/?session=" + session.ID)
		developer.do(chromedp.Click(chromedp.CSS(".timeline summary"), chromedp.NodeVisible))
		developer.wantText(".timeline details[open] pre", `{"method":"va"}`)
		evaluate[int](developer, `(scrollTo(0, 150), 0)`)
		shop.control("sessions/"+session.ID+"/settle", `{}`)
		developer.await("span", "checkout_session.async_payment_succeeded")
		developer.wantText(".timeline details[open] pre", `{"method":"va"}`)
		if got := evaluate[int](developer, `Math.round(scrollY)`); got != 150 {
			t.Errorf("the page is scrolled to %d, want 150", got)
		}
	})
}
