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
//   - [CheckoutSessionsResource], which is Client.CheckoutSessions: Create, Get, List, All, Wait, Cancel and Confirm.
//   - [Client.Do], [DoList], [All]: everything else that Plugipay has, with a type of yours.
//   - [Error]: every failure, and its sentinels, such as [ErrConflict].
//   - [WithIdempotencyKey] and [WithResponse]: what one call is given besides, in its context.
//   - [NewWebhookHandler] and [VerifyWebhook]: what Plugipay tells your server.
//
// # Values
//
// Amounts are whole numbers of the currency's smallest unit: 49_99 is USD 49.99. Sources disagree about the unit of IDR:
// Plugipay's guide counts hundredths, so that 199_000_00 is IDR 199,000, and the published clients send whole rupiah. Look
// at one session in test mode on its hosted page before money moves.
//
// Times are text, ISO 8601 in UTC, as Plugipay sends them; [CheckoutSession.ExpiresTime] and its like read them. A nil
// pointer stands for null, or for a parameter that is not sent; [Ptr] makes a pointer.
//
// Plugipay may add properties, statuses, methods and currencies at any time. Properties without a field are skipped, and
// values without a constant arrive as they are. Package encoding/json ignores the case of names: of "status" and "Status"
// in one object, the last one counts.
//
// # Errors
//
// Every failure is an [*Error], whether it comes from Plugipay, from the network or from the client's own checks. Its
// Code tells what happened; errors.Is finds it by sentinels such as [ErrConflict], and by the cause, such as
// context.Canceled. More: https://github.com/plugipay/plugipay-go/blob/main/docs/errors.md
//
// # Idempotency and retries
//
// Create and Cancel send an idempotency key, a new one for each call. To make a call safe to repeat across calls, a
// double click on "Pay" say, pass a key of your own with [WithIdempotencyKey].
//
// A call that fails in a way that may pass is sent again, twice at the most unless [ClientOptions] say otherwise, with the
// same key and newly signed: after a lost connection, a timeout of the attempt, and the statuses 408, 429, 500, 502, 503
// and 504. The waits in between grow, have jitter, obey Retry-After up to 30 seconds, and end with the context. A write
// without a key is sent again only when it cannot have been processed, except Confirm, which is safe to repeat.
// More: https://github.com/plugipay/plugipay-go/blob/main/docs/retries.md
//
// # Webhooks
//
// [NewWebhookHandler] makes the http.Handler that receives Plugipay's events: it verifies them, and hands each to a function
// once. [VerifyWebhook] verifies a delivery that a program reads by itself.
// More: https://github.com/plugipay/plugipay-go/blob/main/docs/webhooks.md
//
// # Concurrency
//
// A [Client] may be used by any number of goroutines at once. No method changes what it is given. What several processes
// share, and what they do not: https://github.com/plugipay/plugipay-go/blob/main/docs/many-processes.md
//
// # Testing
//
// The package sandbox beside this one runs a Plugipay in your own process, for tests and for trying things out without an
// account: https://github.com/plugipay/plugipay-go/blob/main/docs/testing.md
//
// The types of requests and responses are generated from openapi.yaml at the root of this module, which describes the
// API in full.
package plugipay
