package plugipay_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// sandboxClient returns a client of a sandbox, so the examples run without an account. In a program, call NewClient with
// the zero ClientOptions. It reads the credentials from the environment.
func sandboxClient() (client *plugipay.Client, closeSandbox func()) {
	box, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		log.Fatal(err)
	}
	client, err = plugipay.NewClient(box.ClientOptions())
	if err != nil {
		log.Fatal(err)
	}
	return client, box.Close
}

func proPlan() plugipay.CheckoutSessionCreateInput {
	return plugipay.CheckoutSessionCreateInput{
		Amount:     199_000_00, // IDR 199,000
		Currency:   plugipay.CurrencyIDR,
		Methods:    []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS, plugipay.CheckoutMethodVA},
		SuccessURL: "https://example.com/thank-you",
		CancelURL:  "https://example.com/cart",
	}
}

func ExampleNewClient() {
	_, err := plugipay.NewClient(plugipay.ClientOptions{KeyID: "pk_test_0001"}) // no secret
	fmt.Println(errors.Is(err, plugipay.ErrMissingSecret))

	client, err := plugipay.NewClient(plugipay.ClientOptions{KeyID: "pk_test_0001", Secret: "sk_test_alpha"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.BaseURL())
	// Output:
	// true
	// https://plugipay.com
}

func ExampleCheckoutSessionsResource_Create() {
	client, closeSandbox := sandboxClient()
	defer closeSandbox()
	ctx := context.Background()

	session, err := client.CheckoutSessions.Create(ctx, plugipay.CheckoutSessionCreateInput{
		Amount:     199_000_00, // IDR 199,000
		Currency:   plugipay.CurrencyIDR,
		Methods:    []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS, plugipay.CheckoutMethodVA},
		SuccessURL: "https://example.com/thank-you",
		CancelURL:  "https://example.com/cart",
		LineItems: []plugipay.CheckoutSessionLineItem{
			{Name: "Annual Pro plan", Quantity: 1, UnitAmount: 199_000_00},
		},
		Metadata: map[string]string{"order_id": "ord_42"},
	})
	if err != nil {
		log.Fatal(err)
	}
	// Send the buyer to session.HostedURL.
	fmt.Println(session.Status, session.Amount, session.Currency, session.Metadata["order_id"])
	// Output: open 19900000 IDR ord_42
}

func ExampleCheckoutSessionsResource_Get() {
	client, closeSandbox := sandboxClient()
	defer closeSandbox()
	ctx := context.Background()
	created, err := client.CheckoutSessions.Create(ctx, proPlan())
	if err != nil {
		log.Fatal(err)
	}

	session, err := client.CheckoutSessions.Get(ctx, created.ID)
	if err != nil {
		log.Fatal(err)
	}
	switch session.Status {
	case plugipay.CheckoutSessionStatusCompleted:
		fmt.Println("paid: fulfill the order")
	case plugipay.CheckoutSessionStatusFailed, plugipay.CheckoutSessionStatusExpired, plugipay.CheckoutSessionStatusCanceled:
		fmt.Println("ended without a payment")
	default:
		fmt.Println("not paid yet")
	}
	// Output: not paid yet
}

func ExampleCheckoutSessionsResource_List() {
	client, closeSandbox := sandboxClient()
	defer closeSandbox()
	ctx := context.Background()
	for range 5 {
		if _, err := client.CheckoutSessions.Create(ctx, proPlan()); err != nil {
			log.Fatal(err)
		}
	}

	status, limit := plugipay.CheckoutSessionStatusOpen, 2
	params := plugipay.CheckoutSessionListParams{Status: &status, Limit: &limit}
	for {
		page, err := client.CheckoutSessions.List(ctx, params)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(page.Data), "sessions")
		if !page.HasMore {
			break
		}
		params.Cursor = page.Cursor
	}
	// Output:
	// 2 sessions
	// 2 sessions
	// 1 sessions
}

func ExampleCheckoutSessionsResource_Cancel() {
	client, closeSandbox := sandboxClient()
	defer closeSandbox()
	ctx := context.Background()
	session, err := client.CheckoutSessions.Create(ctx, proPlan())
	if err != nil {
		log.Fatal(err)
	}

	for range 2 {
		canceled, err := client.CheckoutSessions.Cancel(ctx, session.ID)
		if errors.Is(err, plugipay.ErrConflict) {
			fmt.Println("the session has ended already")
		} else if err != nil {
			log.Fatal(err)
		} else {
			fmt.Println(canceled.Status)
		}
	}
	// Output:
	// canceled
	// the session has ended already
}

// After a cart has changed, its old session must not take a payment.
func ExampleCheckoutSessionsResource_CancelOrGet() {
	client, closeSandbox := sandboxClient()
	defer closeSandbox()
	ctx := context.Background()
	session, err := client.CheckoutSessions.Create(ctx, proPlan())
	if err != nil {
		log.Fatal(err)
	}

	for range 2 {
		ended, err := client.CheckoutSessions.CancelOrGet(ctx, session.ID)
		if err != nil {
			log.Fatal(err) // the session may still take a payment
		}
		fmt.Println(ended.Status) // "completed" if the buyer paid first
	}
	// Output:
	// canceled
	// canceled
}

func ExampleCheckoutSession_Check() {
	session := &plugipay.CheckoutSession{Amount: 199_000_00, Currency: plugipay.CurrencyIDR, Mode: "test"}
	err := session.Check(plugipay.CheckoutSessionExpectation{
		Amount: 199_000_00, Currency: plugipay.CurrencyIDR, Mode: "live", // from the shop's order
	})
	fmt.Println(err)
	// Output:
	// plugipay: session_mismatch: the session's mode is not the expected one (field=mode)
}

func ExampleCheckoutSessionsResource_Confirm() {
	client, closeSandbox := sandboxClient()
	defer closeSandbox()
	ctx := context.Background()
	session, err := client.CheckoutSessions.Create(ctx, proPlan())
	if err != nil {
		log.Fatal(err)
	}

	// The buyer paid in cash.
	session, err = client.CheckoutSessions.Confirm(ctx, session.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(session.Status)
	// Output: completed
}

func ExampleWithIdempotencyKey() {
	client, closeSandbox := sandboxClient()
	defer closeSandbox()

	// The buyer clicks "Pay" twice. The key makes both clicks one session.
	ctx := plugipay.WithIdempotencyKey(context.Background(), "cart_42")
	first, err := client.CheckoutSessions.Create(ctx, proPlan())
	if err != nil {
		log.Fatal(err)
	}
	second, err := client.CheckoutSessions.Create(ctx, proPlan())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(first.ID == second.ID)
	// Output: true
}

func ExampleClient_Do() {
	client, closeSandbox := sandboxClient()
	defer closeSandbox()

	var session plugipay.CheckoutSession
	err := client.Do(context.Background(), plugipay.RequestOptions{
		Method:         "POST",
		Path:           "/api/v1/checkout-sessions",
		Body:           map[string]any{"amount": 0},
		IdempotencyKey: "cart_42",
	}, &session)
	var pe *plugipay.Error
	if errors.As(err, &pe) {
		fmt.Println(pe.Status, pe.Code, pe.RequestID != "")
	}
	// Output: 400 validation_error true
}

func ExampleDoList() {
	client, closeSandbox := sandboxClient()
	defer closeSandbox()

	page, err := plugipay.DoList[plugipay.CheckoutSession](context.Background(), client, plugipay.RequestOptions{
		Method: "GET",
		Path:   "/api/v1/checkout-sessions?status=completed",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(page.Data), page.HasMore)
	// Output: 0 false
}

func ExampleClient_ForMerchant() {
	platform, err := plugipay.NewClient(plugipay.ClientOptions{KeyID: "pk_live_platform", Secret: "sk_live_platform"})
	if err != nil {
		log.Fatal(err)
	}
	merchant := platform.ForMerchant("acc_01J8ZQ4S9K7T5R3P1N0M8K6J4H")
	fmt.Printf("%q %q\n", platform.OnBehalfOf(), merchant.OnBehalfOf())
	// Output: "" "acc_01J8ZQ4S9K7T5R3P1N0M8K6J4H"
}

func ExampleError() {
	client, closeSandbox := sandboxClient()
	defer closeSandbox()

	in := proPlan()
	in.Amount = 0
	_, err := client.CheckoutSessions.Create(context.Background(), in)
	var pe *plugipay.Error
	if errors.As(err, &pe) {
		switch pe.Code {
		case plugipay.ErrorCodeValidationError:
			fmt.Println("bad input:", pe.Field, "-", pe.Message)
		case plugipay.ErrorCodeAdapterNotConfigured:
			fmt.Println("set up a payment provider first")
		}
	}
	// Output: bad input: amount - amount must be at least 1
}

func ExampleSign() {
	signed := plugipay.Sign("sk_test_alpha", plugipay.SignInput{
		Method:    "GET",
		Path:      "/api/v1/checkout-sessions/cs_01HX",
		Timestamp: time.Date(2026, 9, 21, 14, 13, 20, 0, time.UTC).Unix(), // zero means now
	})
	fmt.Println("Authorization:", plugipay.AuthorizationHeader("pk_test_0001", signed.Signature))
	fmt.Println("X-Plugipay-Timestamp:", signed.Timestamp)
	// Output:
	// Authorization: Plugipay-HMAC-SHA256 keyId=pk_test_0001, scope=*, signature=c436802bc6845d8bf1ebc63bb90dfb61ea0bfaa4e083a50caf1f4435fcc70c97
	// X-Plugipay-Timestamp: 1790000000
}

func ExampleNewWebhookHandler() {
	const secret = "whsec_test_gamma" // in a program, from its environment
	handler, err := plugipay.NewWebhookHandler(plugipay.WebhookHandlerOptions{
		Secrets: []string{secret},
		Handle: func(ctx context.Context, event *plugipay.WebhookEvent) error {
			if event.Name() != plugipay.EventCheckoutSessionCompleted {
				return nil // another event
			}
			session, err := event.CheckoutSession()
			if err != nil {
				return err
			}
			fmt.Println("fulfill order", session.Metadata["order_id"])
			return nil // an error here makes Plugipay deliver the event again
		},
	})
	if err != nil {
		log.Fatal(err)
	}

	// In a program: http.Handle("/webhooks/plugipay", handler). Here, two deliveries of one event:
	body := `{"id": "evt_1", "type": "checkout_session.completed", "data": {"id": "cs_01HX", "metadata": {"order_id": "ord_42"}}}`
	for range 2 {
		r := httptest.NewRequest(http.MethodPost, "/webhooks/plugipay", strings.NewReader(body))
		r.Header.Set("X-Plugipay-Signature", plugipay.SignWebhook([]byte(body), secret, time.Now()))
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, r)
		fmt.Println(recorder.Code)
	}
	// Output:
	// fulfill order ord_42
	// 200
	// 200
}

func ExampleVerifyWebhook() {
	const secret = "whsec_test_gamma" // in a program, from its environment
	receive := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20)) // the signature covers the exact bytes
		if err != nil {
			http.Error(w, "cannot read", http.StatusBadRequest)
			return
		}
		event, err := plugipay.VerifyWebhook(body, r.Header.Get("X-Plugipay-Signature"), secret, nil)
		var pe *plugipay.Error
		if errors.As(err, &pe) {
			http.Error(w, pe.Code, pe.Status)
			return
		}
		fmt.Println(event.ID, event.Name())
	}

	// In a program: http.HandleFunc("/webhooks/plugipay", receive). Here, a delivery with a forged signature:
	r := httptest.NewRequest(http.MethodPost, "/webhooks/plugipay", strings.NewReader(`{"id": "evt_1"}`))
	r.Header.Set("X-Plugipay-Signature", plugipay.SignWebhook([]byte(`{"id": "evt_1"}`), "a guess", time.Now()))
	recorder := httptest.NewRecorder()
	receive(recorder, r)
	fmt.Print(recorder.Code, " ", recorder.Body)
	// Output: 401 signature_invalid
}
