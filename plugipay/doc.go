// Package plugipay is a client for Plugipay, the Indonesian payments platform: QRIS, virtual accounts, e-wallets, cards,
// retail outlets and PayPal.
//
// A merchant's server creates a checkout session, sends the buyer to the session's HostedURL, and learns by webhook or
// by polling that it was paid:
//
//	client, err := plugipay.NewClient(plugipay.ClientOptions{}) // PLUGIPAY_KEY_ID and PLUGIPAY_SECRET
//	if err != nil {
//		return err
//	}
//	session, err := client.CheckoutSessions.Create(ctx, plugipay.CheckoutSessionCreateInput{
//		Amount:     199_000_00, // IDR 199,000
//		Currency:   plugipay.CurrencyIDR,
//		Methods:    []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS, plugipay.CheckoutMethodVA},
//		SuccessURL: "https://example.com/thank-you",
//		CancelURL:  "https://example.com/cart",
//	})
//	if err != nil {
//		return err
//	}
//	http.Redirect(w, r, session.HostedURL, http.StatusSeeOther)
//
// # Where things are
//
//   - [NewClient] and [ClientOptions]: keys, timeouts, retries, a logger, limiters.
//   - [CheckoutSessionsResource], which is Client.CheckoutSessions: Create, Get, List, All, Wait, Cancel,
//     CancelOrGet and Confirm.
//   - [Client.Do], [DoList], [All]: every other operation of Plugipay, with your own types.
//   - [Error]: every failure, and its sentinels, such as [ErrConflict].
//   - [WithIdempotencyKey] and [WithResponse]: options of one call, passed in its context.
//   - [NewWebhookHandler] and [VerifyWebhook]: events that Plugipay sends to your server. Package inbox handles each event once, in
//     your database.
//
// # Values
//
// Amounts are whole numbers of the currency's smallest unit: 49_99 is USD 49.99. Sources disagree about the unit of IDR:
// Plugipay's guide counts hundredths, so that 199_000_00 is IDR 199,000, and the published clients send whole rupiah. Look
// at one session in test mode on its hosted page before money moves.
//
// Times are text, ISO 8601 in UTC. Methods such as [CheckoutSession.ExpiresTime] parse them. A nil pointer means null in a
// response, and a parameter that is not sent in a request. [Ptr] returns a pointer to a value.
//
// Plugipay may add properties, statuses, methods and currencies at any time. Properties without a field are ignored, and
// values without a constant are kept. Package encoding/json ignores the case of names: if one object has "status" and
// "Status", the last one wins.
//
// # Errors
//
// Every failure is an [*Error], whether it comes from Plugipay, from the network or from the client's own checks. Its
// Code says what happened. errors.Is matches sentinels such as [ErrConflict], and causes such as context.Canceled.
// More: https://github.com/plugipay/plugipay-go/blob/main/docs/errors.md
//
// # Idempotency and retries
//
// Create and Cancel send an idempotency key, a new one for each call. To make several calls count as one, for example after
// a double click on "Pay", pass your own key with [WithIdempotencyKey].
//
// The client retries lost connections, attempt timeouts, 408, 429, 500, 502, 503 and 504, and a 409 that says the key is
// still in progress. It retries at most twice unless [ClientOptions] say otherwise. Each retry sends the same key and body
// with a fresh signature. The waits between attempts grow, have jitter, obey Retry-After up to 30 seconds, and end with the
// context. A write without a key is retried only when it cannot have been processed. Confirm is the exception: it is safe to
// repeat.
// More: https://github.com/plugipay/plugipay-go/blob/main/docs/retries.md
//
// # Webhooks
//
// [NewWebhookHandler] returns an http.Handler that verifies events and passes them to a function, each at least once.
// Package inbox handles each event once, in your database. [VerifyWebhookRequest] verifies a delivery in your own handler.
// More: https://github.com/plugipay/plugipay-go/blob/main/docs/webhooks.md
//
// # Concurrency
//
// A [Client] is safe for use by any number of goroutines. No method changes its arguments. What several processes share,
// and what they do not: https://github.com/plugipay/plugipay-go/blob/main/docs/many-processes.md
//
// # Testing
//
// Package sandbox of this module runs a Plugipay in your own process, for tests and for trying things out without an
// account: https://github.com/plugipay/plugipay-go/blob/main/docs/testing.md
//
// The types of requests and responses are generated from openapi.yaml at the root of this module, which describes the
// API in full.
package plugipay
