package plugipay

import (
	"context"
	"crypto/rand"
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

// idempotencyKey returns the caller's key, or a new one.
func idempotencyKey(ctx context.Context) (*string, error) {
	key, err := callersIdempotencyKey(ctx)
	if key == nil && err == nil {
		minted := "idem_" + rand.Text()
		key = &minted
	}
	return key, err
}

// callersIdempotencyKey returns the key of the context; nil if it has none.
func callersIdempotencyKey(ctx context.Context) (*string, error) {
	key, ok := ctx.Value(idempotencyKeyInContext{}).(callersKey)
	if !ok {
		return nil, nil
	}
	if err := checkHeaderValue("the idempotency key", key.text); err != nil {
		return nil, err
	}
	return &key.text, nil
}
