package plugipay

import (
	"context"

	"github.com/google/uuid"
)

const idempotencyKeyHeader = "Idempotency-Key"

type idempotencyKeyInContext struct{}

// callersKey is the caller's idempotency key in a context. The context holds a pointer to it, because printing a context shows
// strings but does not follow pointers.
type callersKey struct{ text string }

// WithIdempotencyKey returns a context that makes Create, Cancel and Confirm send key as their idempotency key. Without it,
// Create and Cancel send a new key, and Confirm sends none. Plugipay keeps a key for 24 hours per workspace. A call with the
// same key and the same parameters returns the first call's response and has no effect. A call with the same key and other
// parameters fails with idempotency_mismatch.
//
// Derive the key from the thing that must happen once, such as "cart_" and the cart's id. Use a key for one operation only: if
// Create and Cancel share a context, both send the same key, and the second one fails with idempotency_mismatch.
//
// A key must be printable ASCII, must not be empty and must not begin or end with a space. Otherwise the call fails with
// invalid_request and sends nothing. [Client.Do] takes its key from [RequestOptions] only.
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

// callersKey makes the call send the context's idempotency key, and returns it. It returns nil if the context has none.
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
