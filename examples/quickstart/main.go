// Quickstart makes the calls of a shop: it creates a checkout session, reads its status, lists, confirms and cancels sessions,
// and receives a webhook.
//
// If PLUGIPAY_KEY_ID and PLUGIPAY_SECRET are set, it calls Plugipay. They must be test keys. Otherwise it starts a sandbox in
// its own process and calls the sandbox.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	shop, err := open(out)
	if err != nil {
		return err
	}
	defer shop.close()
	client := shop.client

	// Create a session and send the buyer to its page.
	session, err := client.CheckoutSessions.Create(ctx, order("Annual Pro plan", 199_000_00))
	if err != nil {
		return explain(err)
	}
	fmt.Fprintln(out, "created  ", session.ID)
	fmt.Fprintln(out, "pay at   ", session.HostedURL)

	// Read the session's status.
	session, err = client.CheckoutSessions.Get(ctx, session.ID)
	if err != nil {
		return explain(err)
	}
	fmt.Fprintln(out, "status   ", session.Status)

	// List the open sessions.
	status, limit := plugipay.CheckoutSessionStatusOpen, 10
	page, err := client.CheckoutSessions.List(ctx, plugipay.CheckoutSessionListParams{Status: &status, Limit: &limit})
	if err != nil {
		return explain(err)
	}
	fmt.Fprintln(out, "open     ", len(page.Data), "on the first page, more:", page.HasMore)

	// The money of a bank transfer or of cash arrives outside Plugipay: confirm it.
	confirmed, err := client.CheckoutSessions.Confirm(ctx, session.ID)
	if errors.Is(err, plugipay.ErrConflict) {
		fmt.Fprintln(out, "conflict ", err) // Plugipay may want the buyer to have said "paid" before
	} else if err != nil {
		return explain(err)
	} else {
		fmt.Fprintln(out, "confirmed", confirmed.ID, "is", confirmed.Status)
	}

	// The sandbox sends an event about the payment. Plugipay sends it too, but only to a public address.
	if shop.events != nil {
		select {
		case event := <-shop.events:
			paid, err := event.CheckoutSession()
			if err != nil {
				return err
			}
			fmt.Fprintln(out, "webhook  ", event.Name(), "for order", paid.Metadata["order_id"])
		case <-ctx.Done():
			return ctx.Err()
		}
	}

	// Cancel another session. The second cancel is a conflict, because the session has ended.
	session, err = client.CheckoutSessions.Create(ctx, order("Monthly Pro plan", 19_900_00))
	if err != nil {
		return explain(err)
	}
	for range 2 {
		_, err = client.CheckoutSessions.Cancel(ctx, session.ID)
		if errors.Is(err, plugipay.ErrConflict) {
			fmt.Fprintln(out, "conflict ", err)
		} else if err != nil {
			return explain(err)
		} else {
			fmt.Fprintln(out, "canceled ", session.ID)
		}
	}

	// After a double click on "Pay", the idempotency key of the cart makes the two calls create one session.
	cart := fmt.Sprint("cart_", time.Now().UnixNano())
	for range 2 {
		session, err = client.CheckoutSessions.Create(plugipay.WithIdempotencyKey(ctx, cart), order("Kopi susu", 18_000_00))
		if err != nil {
			return explain(err)
		}
		fmt.Fprintln(out, "cart     ", session.ID)
	}
	return nil
}

// shop holds a client, and the events that the shop's webhook endpoint receives. events is nil if there is no endpoint.
type shop struct {
	client *plugipay.Client
	events <-chan *plugipay.WebhookEvent
	close  func()
}

// open connects to Plugipay if there are credentials in the environment, or else to a sandbox.
func open(out io.Writer) (*shop, error) {
	if os.Getenv("PLUGIPAY_KEY_ID")+os.Getenv("PLUGIPAY_SECRET")+os.Getenv("PLUGIPAY_API_KEY") == "" {
		return openWithSandbox(out)
	}
	if strings.Contains(os.Getenv("PLUGIPAY_KEY_ID")+os.Getenv("PLUGIPAY_API_KEY"), "_live_") {
		return nil, errors.New("this is a live key, and the quickstart confirms sessions that are not paid: use a test key")
	}
	client, err := plugipay.NewClient(plugipay.ClientOptions{})
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(out, "Using Plugipay at", client.BaseURL())
	return &shop{client: client, close: func() { _ = client.Close() }}, nil
}

func openWithSandbox(out io.Writer) (*shop, error) {
	endpoint, err := receiveEvents()
	if err != nil {
		return nil, err
	}
	box, err := sandbox.Start(sandbox.Options{Endpoints: []sandbox.Endpoint{{URL: endpoint.url, Secret: webhookSecret}}})
	if err != nil {
		endpoint.close()
		return nil, err
	}
	client, err := plugipay.NewClient(box.ClientOptions())
	if err != nil {
		box.Close()
		endpoint.close()
		return nil, err
	}
	fmt.Fprintln(out, "No PLUGIPAY_KEY_ID in the environment: using a sandbox at", box.URL)
	return &shop{client: client, events: endpoint.events, close: func() {
		_ = client.Close()
		box.Close()
		endpoint.close()
	}}, nil
}

// order returns the session that a shop creates for its buyer. The amount is in the currency's smallest unit: 199_000_00 is IDR
// 199,000.
func order(name string, amount int64) plugipay.CheckoutSessionCreateInput {
	return plugipay.CheckoutSessionCreateInput{
		Amount:     amount,
		Currency:   plugipay.CurrencyIDR,
		Methods:    []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS, plugipay.CheckoutMethodVA},
		SuccessURL: "https://example.com/thank-you",
		CancelURL:  "https://example.com/cart",
		LineItems:  []plugipay.CheckoutSessionLineItem{{Name: name, Quantity: 1, UnitAmount: amount}},
		Metadata:   map[string]string{"order_id": "ord_42"},
	}
}

// explain adds what to do about errors that a newcomer is likely to meet.
func explain(err error) error {
	switch {
	case errors.Is(err, plugipay.ErrInvalidSignature), errors.Is(err, plugipay.ErrInvalidKey):
		return fmt.Errorf("%w: check PLUGIPAY_KEY_ID and PLUGIPAY_SECRET", err)
	case errors.Is(err, plugipay.ErrAdapterNotConfigured):
		return fmt.Errorf("%w: set up a payment provider for these methods in the dashboard", err)
	}
	return err
}
