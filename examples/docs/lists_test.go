package docs

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/url"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// printAll prints the open sessions.
func printAll(ctx context.Context, client *plugipay.Client) error {
	//docs:begin all
	params := plugipay.CheckoutSessionListParams{
		Status: plugipay.Ptr(plugipay.CheckoutSessionStatusOpen),
		Limit:  plugipay.Ptr(100), // sessions in a page: 100 at most, 50 by default
	}
	for session, err := range client.CheckoutSessions.All(ctx, params) {
		if err != nil {
			return err
		}
		fmt.Println(session.ID, session.Amount, session.Currency)
	}
	//docs:end
	return nil
}

// printPage prints a page and returns the params of the next page.
func printPage(
	ctx context.Context, client *plugipay.Client, params plugipay.CheckoutSessionListParams,
) (plugipay.CheckoutSessionListParams, error) {
	//docs:begin page
	page, err := client.CheckoutSessions.List(ctx, params)
	if err != nil {
		return params, err
	}
	for _, session := range page.Data {
		fmt.Println(session.ID, session.Status)
	}
	if page.HasMore {
		params.Cursor = page.Cursor // for the next call
	}
	//docs:end
	return params, nil
}

// printPayments prints a list for which the package has no method.
func printPayments(ctx context.Context, client *plugipay.Client) error {
	//docs:begin other
	type payment struct {
		ID     string `json:"id"`
		Amount int64  `json:"amount"`
	}
	payments := plugipay.All(func(cursor *string) (plugipay.Page[payment], error) {
		query := url.Values{"limit": {"100"}}
		if cursor != nil {
			query.Set("cursor", *cursor)
		}
		return plugipay.DoList[payment](ctx, client, plugipay.RequestOptions{
			Method: "GET", Path: "/api/v1/checkout-sessions?" + query.Encode(),
		})
	})
	for payment, err := range payments {
		if err != nil {
			return err
		}
		fmt.Println(payment.ID, payment.Amount)
	}
	//docs:end
	return nil
}

func TestLists_PageHasTheNextCursor(t *testing.T) {
	t.Parallel()
	_, client := start(t)
	create(t, client)
	create(t, client)
	params, err := printPage(t.Context(), client, plugipay.CheckoutSessionListParams{Limit: plugipay.Ptr(1)})
	if err != nil || params.Cursor == nil {
		t.Errorf("the params of the next page are %+v, error %v", params, err)
	}
	if err := errors.Join(printAll(t.Context(), client), printPayments(t.Context(), client)); err != nil {
		t.Error(err)
	}
}

// waitForPayment waits until a session ends.
func waitForPayment(ctx context.Context, client *plugipay.Client, id string) error {
	//docs:begin wait
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	session, err := client.CheckoutSessions.Wait(ctx, id, plugipay.WaitOptions{
		OnStatus: func(session *plugipay.CheckoutSession) { log.Print("the session is ", session.Status) },
	})
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return nil // not paid yet: session is as last seen, or nil
	case err != nil:
		return err
	case session.Status == plugipay.CheckoutSessionStatusCompleted:
		return fulfill(ctx, session)
	}
	return release(ctx, session) // expired, canceled or failed
	//docs:end
}

func TestWait_HandlesEachOutcome(t *testing.T) {
	t.Parallel()
	box, client := start(t)
	paid, expired := create(t, client).ID, create(t, client).ID
	if err := errors.Join(box.Pay(paid, plugipay.CheckoutMethodQRIS), box.Expire(expired)); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]error{paid: nil, expired: errRelease, "cs_unknown": plugipay.ErrNotFound} {
		if err := waitForPayment(t.Context(), client, id); !errors.Is(err, want) {
			t.Errorf("error is %v, want %v", err, want)
		}
	}
}
