package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

func kopi() plugipay.CheckoutSessionCreateInput {
	return plugipay.CheckoutSessionCreateInput{
		Amount:     18_000_00, // IDR 18,000
		Currency:   plugipay.CurrencyIDR,
		Methods:    []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS, plugipay.CheckoutMethodVA},
		SuccessURL: "https://example.com/thank-you",
		CancelURL:  "https://example.com/cart",
	}
}

// startWithSession starts a sandbox for an example and creates a session.
func startWithSession() (*sandbox.Server, *plugipay.Client, *plugipay.CheckoutSession) {
	box, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		log.Fatal(err)
	}
	client, err := plugipay.NewClient(box.ClientOptions())
	if err != nil {
		log.Fatal(err)
	}
	session, err := client.CheckoutSessions.Create(context.Background(), kopi())
	if err != nil {
		log.Fatal(err)
	}
	return box, client, session
}

// statusOf returns the status of a session.
func statusOf(client *plugipay.Client, id string) string {
	session, err := client.CheckoutSessions.Get(context.Background(), id)
	if err != nil {
		log.Fatal(err)
	}
	return session.Status
}

func ExampleStartTest() {
	_ = func(t *testing.T) { // func TestCheckout(t *testing.T)
		box := sandbox.StartTest(t, sandbox.Options{}) // closed when the test ends
		client, err := plugipay.NewClient(box.ClientOptions())
		if err != nil {
			t.Fatal(err)
		}
		session, err := client.CheckoutSessions.Create(t.Context(), kopi()) // in your test, your code does this
		if err != nil {
			t.Fatal(err)
		}
		if err := box.Pay(session.ID, plugipay.CheckoutMethodQRIS); err != nil {
			t.Error(err)
		}
	}
}

func ExampleStart() {
	box, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer box.Close()
	client, err := plugipay.NewClient(box.ClientOptions())
	if err != nil {
		log.Fatal(err)
	}
	session, err := client.CheckoutSessions.Create(context.Background(), kopi())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(session.Status)
	// Output: open
}

func ExampleNew() {
	box := sandbox.New(sandbox.Options{})
	defer func() { _ = box.Close() }()
	server := httptest.NewServer(box) // or any other http.Server
	defer server.Close()

	client, err := plugipay.NewClient(plugipay.ClientOptions{
		BaseURL: server.URL, KeyID: sandbox.TestKeyID, Secret: sandbox.TestSecret,
	})
	if err != nil {
		log.Fatal(err)
	}
	page, err := client.CheckoutSessions.List(context.Background(), plugipay.CheckoutSessionListParams{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(page.Data))
	// Output: 0
}

func ExampleSandbox_Pay() {
	box, client, session := startWithSession()
	defer box.Close()

	// The buyer chooses a virtual account, and transfers the money later.
	if err := box.Pay(session.ID, plugipay.CheckoutMethodVA); err != nil {
		log.Fatal(err)
	}
	fmt.Println(statusOf(client, session.ID))
	if err := box.Settle(session.ID); err != nil {
		log.Fatal(err)
	}
	fmt.Println(statusOf(client, session.ID))
	// Output:
	// pending
	// completed
}

func ExampleSandbox_Advance() {
	box, client, session := startWithSession()
	defer box.Close()

	box.Advance(24 * time.Hour)
	fmt.Println(statusOf(client, session.ID))
	// Output: expired
}

func ExampleSandbox_Inject() {
	box, client, session := startWithSession()
	defer box.Close()

	// Every attempt to cancel fails.
	if err := box.Inject(sandbox.Fault{Operation: "cancelCheckoutSession", Status: 503, Times: -1}); err != nil {
		log.Fatal(err)
	}
	_, err := client.CheckoutSessions.Cancel(context.Background(), session.ID)
	var pe *plugipay.Error
	if errors.As(err, &pe) {
		fmt.Println(pe.Status, pe.Code, "after", pe.Attempts, "attempts")
	}

	// Without the fault, the call succeeds.
	box.ClearFaults()
	canceled, err := client.CheckoutSessions.Cancel(context.Background(), session.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(canceled.Status)
	// Output:
	// 503 service_unavailable after 3 attempts
	// canceled
}

func ExampleSandbox_AddEndpoint() {
	box, _, session := startWithSession()
	defer box.Close()

	events := make(chan plugipay.EventName, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		event, err := plugipay.VerifyWebhook(body, r.Header.Get("X-Plugipay-Signature"), "whsec_test", nil)
		if err != nil {
			http.Error(w, "not a valid signature", http.StatusUnauthorized)
			return
		}
		events <- event.Name()
	}))
	defer receiver.Close()

	if err := box.AddEndpoint(sandbox.Endpoint{URL: receiver.URL, Secret: "whsec_test"}); err != nil {
		log.Fatal(err)
	}
	if err := box.Pay(session.ID, plugipay.CheckoutMethodQRIS); err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-events)
	// Output: checkout_session.completed
}

func ExampleWorkspace() {
	box, err := sandbox.Start(sandbox.Options{Workspaces: []sandbox.Workspace{{
		Name: "Kopi Kita",
		Keys: []sandbox.Key{
			{ID: "pk_test_shop", Secret: "sk_test_shop"},
			{ID: "pk_test_reports", Secret: "sk_test_reports", Scopes: []string{}}, // read only
		},
		Adapters: []sandbox.Adapter{{Name: plugipay.CheckoutAdapterXendit}},
	}}})
	if err != nil {
		log.Fatal(err)
	}
	defer box.Close()
	reports, err := plugipay.NewClient(plugipay.ClientOptions{
		BaseURL: box.URL, KeyID: "pk_test_reports", Secret: "sk_test_reports",
	})
	if err != nil {
		log.Fatal(err)
	}
	_, err = reports.CheckoutSessions.Create(context.Background(), kopi())
	fmt.Println(errors.Is(err, plugipay.ErrInsufficientScope))
	// Output: true
}
