package plugipay_test

import (
	"context"
	"fmt"
	"log"
	"net/url"

	"github.com/plugipay/plugipay-go/plugipay"
)

func ExampleCheckoutSessionsResource_All() {
	client, closeSandbox := sandboxClient()
	defer closeSandbox()
	ctx := context.Background()
	for range 5 {
		if _, err := client.CheckoutSessions.Create(ctx, proPlan()); err != nil {
			log.Fatal(err)
		}
	}

	params := plugipay.CheckoutSessionListParams{
		Status: plugipay.Ptr(plugipay.CheckoutSessionStatusOpen),
		Limit:  plugipay.Ptr(2), // sessions per page, at most 100
	}
	count, total := 0, int64(0)
	for session, err := range client.CheckoutSessions.All(ctx, params) {
		if err != nil {
			log.Fatal(err)
		}
		count++
		total += session.Amount
	}
	fmt.Println(count, "open sessions,", total, "in total")
	// Output: 5 open sessions, 99500000 in total
}

// All iterates over any list, including lists that this package has no method for.
func ExampleAll() {
	client, closeSandbox := sandboxClient()
	defer closeSandbox()
	ctx := context.Background()
	for range 3 {
		if _, err := client.CheckoutSessions.Create(ctx, proPlan()); err != nil {
			log.Fatal(err)
		}
	}

	type payment struct {
		Amount   int64                 `json:"amount"`
		Currency plugipay.CurrencyCode `json:"currency"`
	}
	payments := plugipay.All(func(cursor *string) (plugipay.Page[payment], error) {
		query := url.Values{"limit": {"2"}}
		if cursor != nil {
			query.Set("cursor", *cursor)
		}
		return plugipay.DoList[payment](ctx, client, plugipay.RequestOptions{
			Method: "GET",
			Path:   "/api/v1/checkout-sessions?" + query.Encode(),
		})
	})
	for payment, err := range payments {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(payment.Amount, payment.Currency)
	}
	// Output:
	// 19900000 IDR
	// 19900000 IDR
	// 19900000 IDR
}

// Pages returns the cursor of each page. A program that stores the cursor can continue from it after a crash.
func ExamplePages() {
	client, closeSandbox := sandboxClient()
	defer closeSandbox()
	ctx := context.Background()
	for range 5 {
		if _, err := client.CheckoutSessions.Create(ctx, proPlan()); err != nil {
			log.Fatal(err)
		}
	}

	pages := plugipay.Pages(func(cursor *string) (plugipay.Page[plugipay.CheckoutSession], error) {
		return client.CheckoutSessions.List(ctx, plugipay.CheckoutSessionListParams{Limit: plugipay.Ptr(2), Cursor: cursor})
	})
	for page, err := range pages {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(page.Data), "sessions, has a cursor to continue from:", page.Cursor != nil)
	}
	// Output:
	// 2 sessions, has a cursor to continue from: true
	// 2 sessions, has a cursor to continue from: true
	// 1 sessions, has a cursor to continue from: false
}
