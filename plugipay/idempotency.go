package plugipay

import (
	"context"

	"github.com/google/uuid"
)

const idempotencyKeyHeader = "Idempotency-Key"

type idempotencyKeyInContext struct{}

// callersKey is the caller's idempotency key in a context: printing a context shows the strings in it, but no others.
type callersKey struct{ text string }

// WithIdempotencyKey returns a context with which Create, Cancel and Confirm send key as their idempotency key, in place
// of a new one (or, for Confirm, of none). Plugipay keeps a key for 24 hours per workspace: a call with the same
// key and the same parameters returns the first call's answer and does nothing again, a call with the same key and
// other parameters fails with idempotency_mismatch.
//
// Derive the key from what must happen once, such as "cart_" and the cart's id, and use it for nothing else: a context
// that is passed to both Create and Cancel gives them the same key, which is a mismatch.
//
// A key must be printable ASCII without a space at either end; with another one, and with an empty one, the call fails
// with invalid_request and sends nothing. [Client.Do] takes its key from [RequestOptions] only.
func WithIdempotencyKey(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, idempotencyKeyInContext{}, callersKey{key})
}

// useCallersKey makes the call send the context's idempotency key, if that has one.
func (x *exchange) useCallersKey() error {
	key, ok := x.Value(idempotencyKeyInContext{}).(callersKey)
	if !ok {
		return nil
	}
	x.idempotencyKey = key.text
	return checkHeaderValue("the idempotency key", key.text)
}

// useKey makes the call send the context's idempotency key, or a new one.
func (x *exchange) useKey() error {
	if err := x.useCallersKey(); err != nil || x.idempotencyKey != "" {
		return err
	}
	x.idempotencyKey = "idem_" + uuid.NewString()
	return nil
}

// keyParam returns the idempotency key as a parameter for the low-level client; nil for none.
func (x *exchange) keyParam() *string {
	if x.idempotencyKey == "" {
		return nil
	}
	return &x.idempotencyKey
}
