// Package given holds what the blocks of Go in the documents may use without declaring it. A block that says session
// and does not declare it is given the result of the function Session; its parameters are given to it in the same way.
// A function that is added here gives its name to all documents.
package given

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// Box is the sandbox that the environment points at while the block runs.
func Box(t *testing.T) *sandbox.Server {
	t.Helper()
	box := sandbox.StartTest(t, sandbox.Options{})
	options := box.ClientOptions()
	t.Setenv("PLUGIPAY_BASE_URL", options.BaseURL)
	t.Setenv("PLUGIPAY_KEY_ID", options.KeyID)
	t.Setenv("PLUGIPAY_SECRET", options.Secret)
	t.Setenv("PLUGIPAY_WEBHOOK_SECRET", "whsec_test")
	return box
}

// Ctx is a context that ends with the test.
func Ctx(t *testing.T) context.Context { return t.Context() }

// Client is a client of the sandbox.
func Client(t *testing.T) *plugipay.Client {
	t.Helper()
	client, err := plugipay.NewClient(plugipay.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// In is a checkout session's input.
func In() plugipay.CheckoutSessionCreateInput {
	return plugipay.CheckoutSessionCreateInput{
		Amount:     199_000_00,
		Currency:   plugipay.CurrencyIDR,
		Methods:    []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS, plugipay.CheckoutMethodVA},
		SuccessURL: "https://example.com/thank-you",
		CancelURL:  "https://example.com/cart",
		LineItems:  []plugipay.CheckoutSessionLineItem{{Name: "Annual Pro plan", Quantity: 1, UnitAmount: 199_000_00}},
		Metadata:   map[string]string{"order_id": "ord_42"},
	}
}

// Params lists all sessions.
func Params() plugipay.CheckoutSessionListParams { return plugipay.CheckoutSessionListParams{} }

// Session is an open session.
func Session(t *testing.T, client *plugipay.Client) *plugipay.CheckoutSession {
	t.Helper()
	session, err := client.CheckoutSessions.Create(t.Context(), In())
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// ID is the id of a session that was paid, so that who waits for it does not wait.
func ID(t *testing.T, client *plugipay.Client) string {
	t.Helper()
	session, err := client.CheckoutSessions.Confirm(t.Context(), Session(t, client).ID)
	if err != nil {
		t.Fatal(err)
	}
	return session.ID
}

// Err is an error of Plugipay: a session was canceled that has ended.
func Err(t *testing.T, client *plugipay.Client) error {
	t.Helper()
	_, err := client.CheckoutSessions.Cancel(t.Context(), ID(t, client))
	if err == nil {
		t.Fatal("a session that was paid was canceled")
	}
	return err
}

// CartID is what a shop calls a cart.
func CartID() string { return "42" }

// W is the answer to the request of R.
func W() http.ResponseWriter { return httptest.NewRecorder() }

// R is a request of a buyer's browser.
func R(t *testing.T) *http.Request {
	return httptest.NewRequestWithContext(t.Context(), "GET", "/checkout", nil)
}

// Fulfil is what a shop does with an order that was paid.
func Fulfil() func(...any) error { return func(...any) error { return nil } }

// Release is what a shop does with an order that will not be paid.
func Release() func(...any) error { return func(...any) error { return nil } }
