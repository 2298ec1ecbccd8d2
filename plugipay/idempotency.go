package plugipay

import (
	"context"

	"github.com/google/uuid"
)

const idempotencyKeyHeader = "Idempotency-Key"

type idempotencyKeyInContext struct{}

// callersKey is the caller's idempotency key in a context. The context has a pointer to it, because printing a context shows
// the strings in it, but no memory behind pointers.
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
	return context.WithValue(ctx, idempotencyKeyInContext{}, &callersKey{key})
}

// newKey makes the call send the context's idempotency key, or a new one, and returns it.
func (c *call) newKey(ctx context.Context) string {
	if c.callersKey(ctx) == nil && c.err == nil {
		c.idempotencyKey = "idem_" + uuid.NewString()
	}
	return c.idempotencyKey
}

// callersKey makes the call send the context's idempotency key, and returns it; nil if the context has none.
func (c *call) callersKey(ctx context.Context) *string {
	if c.err != nil {
		return nil
	}
	key, ok := ctx.Value(idempotencyKeyInContext{}).(*callersKey)
	if !ok {
		return nil
	}
	c.err = checkHeaderValue("the idempotency key", key.text)
	c.idempotencyKey = key.text
	return &c.idempotencyKey
}
