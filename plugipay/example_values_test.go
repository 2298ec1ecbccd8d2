package plugipay_test

import (
	"encoding/json"
	"fmt"
	"log"

	"github.com/plugipay/plugipay-go/plugipay"
)

func ExamplePtr() {
	in := plugipay.CheckoutSessionCreateInput{
		CustomerID:   plugipay.Ptr("cus_01J8ZQ5T0M8WJ4B1QJ0M9Y2X7C"),
		ExpiresInSec: plugipay.Ptr(30 * 60),
	}
	fmt.Println(*in.CustomerID, *in.ExpiresInSec)
	// Output: cus_01J8ZQ5T0M8WJ4B1QJ0M9Y2X7C 1800
}

func ExampleCheckoutSession_ExpiresTime() {
	session := plugipay.CheckoutSession{CreatedAt: "2026-09-21T14:13:20.000Z", ExpiresAt: "2026-09-22T14:13:20.000Z"}
	created, err := session.CreatedTime()
	if err != nil {
		log.Fatal(err)
	}
	expires, err := session.ExpiresTime()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(expires.Sub(created), expires.Weekday())
	// Output: 24h0m0s Tuesday
}

func ExampleCheckoutSession_CompletedTime() {
	session := plugipay.CheckoutSession{Status: plugipay.CheckoutSessionStatusOpen}
	completed, err := session.CompletedTime()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(completed.IsZero())
	// Output: true
}

func ExampleCheckoutSession_HasEnded() {
	for _, status := range plugipay.CheckoutSessionStatuses() {
		session := plugipay.CheckoutSession{Status: status}
		fmt.Println(status, session.HasEnded())
	}
	// Output:
	// open false
	// pending false
	// pending_review false
	// completed true
	// failed true
	// expired true
	// canceled true
}

func ExampleCheckoutSession_DecodeLineItems() {
	session := plugipay.CheckoutSession{
		Currency:  plugipay.CurrencyIDR,
		LineItems: json.RawMessage(`[{"name": "Kopi susu", "quantity": 2, "unitAmount": 1800000}]`),
	}
	items, err := session.DecodeLineItems()
	if err != nil {
		log.Fatal(err)
	}
	for _, item := range items {
		fmt.Println(item.Quantity, item.Name, item.Quantity*item.UnitAmount, session.Currency)
	}
	// Output: 2 Kopi susu 3600000 IDR
}

// CheckoutMethods lists the payment methods for a menu, in the contract's order.
func ExampleCheckoutMethods() {
	fmt.Println(plugipay.CheckoutMethods())
	// Output: [qris va ewallet card retail paypal]
}

// A program can test that it has a text for every code.
func ExampleErrorCodes() {
	texts := map[plugipay.ErrorCode]string{plugipay.ErrorCodeRateLimited: "Too many at once. Try again in a moment."}
	missing := 0
	for _, code := range plugipay.ErrorCodes() {
		if texts[code] == "" {
			missing++
		}
	}
	fmt.Println(missing > 0)
	// Output: true
}
