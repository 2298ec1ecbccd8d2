package main

import (
	"fmt"
	"strings"

	"github.com/plugipay/plugipay-go/plugipay"
)

// The sizes of the measured requests and responses. A test checks them.
const (
	createBodyBytes = 528
	responseBytes   = 931 // one session, with its envelope if it has one
	memberBytes     = 828 // a session of Plugipay, and an item of a page
	pageSize        = 100
)

const (
	sessionID     = "cs_01J8ZQ6A4R0S2T4V6X8Z0B2D00"
	sessionAmount = 199_000_00
)

// The outcomes that each client must return.
var (
	oneSession = outcome{id: sessionID, amount: sessionAmount, items: 1}
	fullPage   = outcome{id: "cs_01J8ZQ6A4R0S2T4V6X8Z0B2D99", amount: sessionAmount + 99, items: pageSize}
)

// createInput returns the input of create. As JSON, it has createBodyBytes.
func createInput() plugipay.CheckoutSessionCreateInput {
	customer, expires := "cus_01J8ZQ5T0M8WJ4B1QJ0M9Y2X7C", 1800
	return plugipay.CheckoutSessionCreateInput{
		Amount:     sessionAmount,
		Currency:   plugipay.CurrencyIDR,
		Methods:    []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS, plugipay.CheckoutMethodVA, plugipay.CheckoutMethodEwallet},
		SuccessURL: "https://shop.example.com/orders/ord_42/thank-you",
		CancelURL:  "https://shop.example.com/orders/ord_42/cart",
		CustomerID: &customer,
		LineItems: []plugipay.CheckoutSessionLineItem{
			{Name: "Annual Pro plan", Quantity: 1, UnitAmount: 189_000_00},
			{Name: "Setup", Quantity: 1, UnitAmount: 10_000_00},
		},
		ExpiresInSec: &expires,
		Metadata:     map[string]string{"order_id": "ord_42", "note": strings.Repeat("n", 100)},
	}
}

// nthSessionID returns the id of the nth session of a page.
func nthSessionID(n int) string { return fmt.Sprintf("cs_01J8ZQ6A4R0S2T4V6X8Z0B2D%02d", n) }

// session returns the JSON of the nth session, padded to the size.
func session(n, size int) string {
	return padded(size, func(note string) string {
		return fmt.Sprintf(`{"id":%[1]q,"accountId":"acc_01J8ZQ4S9K7T5R3P1N0M8K6J4H",`+
			`"customerId":"cus_01J8ZQ5T0M8WJ4B1QJ0M9Y2X7C","amount":%[2]d,"currency":"IDR","status":"open",`+
			`"methods":["qris","va","ewallet"],"adapter":"xendit","lineItems":[{"name":"Annual Pro plan","quantity":1,`+
			`"unitAmount":18900000},{"name":"Setup","quantity":1,"unitAmount":1000000}],`+
			`"successUrl":"https://shop.example.com/orders/ord_42/thank-you",`+
			`"cancelUrl":"https://shop.example.com/orders/ord_42/cart","hostedUrl":"https://plugipay.com/c/%[1]s",`+
			`"expiresAt":"2026-09-22T14:13:20.000Z","completedAt":null,"metadata":{"order_id":"ord_42","note":%[3]q},`+
			`"createdAt":"2026-09-21T14:13:20.000Z","updatedAt":"2026-09-21T14:13:20.000Z"}`,
			nthSessionID(n), sessionAmount+n, note)
	})
}

// envelope returns a response with the data and the paging.
func envelope(data, paging string) string {
	return `{"data":` + data + `,"error":null,"meta":{"requestId":"req_01J8ZQ7B5S1T3V5X7Z",` +
		`"timestamp":"2026-09-21T14:13:20Z"` + paging + `}}`
}

// page returns the response to a list: a full page, with a cursor if more is true.
func page(more bool) string {
	paging := `,"cursor":null,"hasMore":false`
	if more {
		paging = `,"cursor":"cur_01J8ZQ6A4R0S2T4V6X8Z0B2D4F","hasMore":true`
	}
	return envelope("["+join(session)+"]", paging)
}

// join returns the items of a page, separated by commas.
func join(item func(n, size int) string) string {
	items := make([]string, pageSize)
	for n := range items {
		items[n] = item(n, memberBytes)
	}
	return strings.Join(items, ",")
}

// padded returns an item of the size. It fills the item's note.
func padded(size int, item func(note string) string) string {
	return item(strings.Repeat("n", size-len(item(""))))
}
