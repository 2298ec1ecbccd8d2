package browser

import (
	"context"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// shop is a merchant that uses the SDK, its sandbox, and the pages that buyers return to.
type shop struct {
	t      *testing.T
	box    *sandbox.Server
	client *plugipay.Client
	url    string
	events chan *plugipay.WebhookEvent // verified events that the shop received
}

// newShop starts a shop whose workspace has the given adapters. Nil means all adapters.
func newShop(t *testing.T, adapters []sandbox.Adapter) *shop {
	t.Helper()
	s := &shop{t: t, events: make(chan *plugipay.WebhookEvent, 100)}
	pages := shopPages()
	pages.Handle("POST "+webhookPath, s.receiveEvents())
	server := httptest.NewServer(pages)
	t.Cleanup(server.Close)
	s.url = server.URL
	s.box = sandbox.StartTest(t, sandbox.Options{Workspaces: []sandbox.Workspace{{
		Name:      "Kopi Tenang",
		Keys:      []sandbox.Key{{ID: sandbox.TestKeyID, Secret: sandbox.TestSecret}},
		Adapters:  adapters,
		Endpoints: []sandbox.Endpoint{{URL: server.URL + webhookPath, Secret: webhookSecret}},
	}}})
	client, err := plugipay.NewClient(s.box.ClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	s.client = client
	return s
}

const (
	webhookPath   = "/webhooks/plugipay"
	webhookSecret = "whsec_of_the_shop"
)

// receiveEvents returns the shop's webhook endpoint. It accepts only deliveries that are signed with the shop's secret.
func (s *shop) receiveEvents() http.Handler {
	handler, err := plugipay.NewWebhookHandler(plugipay.WebhookHandlerOptions{
		Secrets: []string{webhookSecret},
		Handle: func(_ context.Context, event *plugipay.WebhookEvent) error {
			s.events <- event
			return nil
		},
		OnError: func(_ *http.Request, err error) {
			if s.t.Context().Err() == nil { // at the end of the test a delivery may be aborted
				s.t.Errorf("a delivery failed: %v", err)
			}
		},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return handler
}

// wantEvents waits for the next events of the session. They must have these names, and no other event may follow.
func (s *shop) wantEvents(id string, names ...plugipay.EventName) {
	s.t.Helper()
	for _, want := range names {
		select {
		case event := <-s.events:
			session, err := event.CheckoutSession()
			if err != nil {
				s.t.Fatal(err)
			}
			if event.Name() != want || session.ID != id {
				s.t.Fatalf("the event is %s of %s, want %s of %s", event.Name(), session.ID, want, id)
			}
		case <-s.t.Context().Done():
			s.t.Fatalf("the event %s was not received", want)
		}
	}
	if len(s.events) > 0 {
		s.t.Fatalf("unexpected event: %s", (<-s.events).Name())
	}
}

// shopPages returns the pages that buyers return to. Each page names an icon. Without one, the browser may request
// /favicon.ico at any time, even after the test has ended and the shop is closed.
func shopPages() *http.ServeMux {
	pages := http.NewServeMux()
	for path, heading := range map[string]string{"/thank-you": "Thank you", "/cart": "Your cart"} {
		pages.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte("<!doctype html><html lang=en><title>Shop</title><link rel=icon href=data:,><h1>" + heading + "</h1>"))
		})
	}
	return pages
}

func (s *shop) successURL() string { return s.url + "/thank-you" }
func (s *shop) cancelURL() string  { return s.url + "/cart" }

// createLongSession creates a session with long texts and the largest amounts.
func (s *shop) createLongSession() *plugipay.CheckoutSession {
	s.t.Helper()
	long := strings.Repeat("Donaudampfschifffahrt", 8)
	session, err := s.client.CheckoutSessions.Create(s.t.Context(), plugipay.CheckoutSessionCreateInput{
		Amount:     math.MaxInt64,
		Currency:   plugipay.CurrencyUSD,
		Methods:    []plugipay.CheckoutMethod{plugipay.CheckoutMethodVA},
		SuccessURL: s.successURL(),
		CancelURL:  s.cancelURL(),
		LineItems:  []plugipay.CheckoutSessionLineItem{{Name: long, Quantity: 1, UnitAmount: math.MaxInt64}},
		Metadata:   map[string]string{"long": long},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return session
}

// createSession creates a session that allows every payment method.
func (s *shop) createSession() *plugipay.CheckoutSession {
	s.t.Helper()
	session, err := s.client.CheckoutSessions.Create(s.t.Context(), plugipay.CheckoutSessionCreateInput{
		Amount:   19_900_000,
		Currency: plugipay.CurrencyIDR,
		Methods: []plugipay.CheckoutMethod{
			plugipay.CheckoutMethodQRIS, plugipay.CheckoutMethodVA, plugipay.CheckoutMethodEwallet,
			plugipay.CheckoutMethodCard, plugipay.CheckoutMethodRetail, plugipay.CheckoutMethodPaypal,
		},
		SuccessURL: s.successURL(),
		CancelURL:  s.cancelURL(),
		LineItems: []plugipay.CheckoutSessionLineItem{
			{Name: "House blend, 1 kg", Quantity: 2, UnitAmount: 8_500_000},
			{Name: "Delivery to Bandung", Quantity: 1, UnitAmount: 2_900_000},
		},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return session
}

// wantStatus checks the status of a session that the SDK returns.
func (s *shop) wantStatus(id string, want plugipay.CheckoutSessionStatus) {
	s.t.Helper()
	session, err := s.client.CheckoutSessions.Get(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	if session.Status != want {
		s.t.Fatalf("the session's status is %s, want %s", session.Status, want)
	}
}

// control calls a control endpoint of the shop's sandbox.
func (s *shop) control(path, body string) {
	s.t.Helper()
	response, err := http.Post(s.box.URL+"/_sandbox/"+path, "application/json", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		s.t.Fatalf("%s %s: status %d", path, body, response.StatusCode)
	}
}
