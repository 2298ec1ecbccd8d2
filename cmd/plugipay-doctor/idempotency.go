package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/plugipay/plugipay-go/plugipay"
)

// checkReplay expects the first session again for the same key and the same parameters.
func (v *visit) checkReplay(ctx context.Context) finding {
	again, err := v.create(ctx, v.marker+"_1", v.input())
	switch {
	case err != nil:
		return isDifferent(advice(err), "%v", err)
	case again.ID != v.first.ID:
		return isDifferent("stop: a retry would create a second payment", "the same key and parameters created a second session")
	}
	return isAsExpected("the same key and parameters return the same session")
}

// checkMismatch expects a conflict for the same key with another amount.
func (v *visit) checkMismatch(ctx context.Context) finding {
	input := v.input()
	input.Amount, input.LineItems = 2*amount, nil
	other, err := v.create(ctx, v.marker+"_1", input)
	var failed *plugipay.Error
	switch {
	case errors.Is(err, plugipay.ErrIdempotencyMismatch):
		return isAsExpected("the same key with another amount gets 409 idempotency_mismatch")
	case errors.As(err, &failed) && failed.Status == http.StatusConflict:
		return isAsExpected("the same key with another amount gets 409 %s", failed.Code)
	case err == nil && other.ID == v.first.ID:
		return isDifferent("use a new key for a changed cart: this error does not warn you", "the same key with another amount returns the first session")
	}
	return isDifferent("use a new key for a changed cart: this error does not warn you", "the same key with another amount gets %s", result(err))
}

// checkKeyless expects that a create without a key is refused.
func (v *visit) checkKeyless(ctx context.Context) finding {
	var created plugipay.CheckoutSession
	err := v.client.Do(ctx, plugipay.RequestOptions{Method: http.MethodPost, Path: "/api/v1/checkout-sessions", Body: v.input()}, &created)
	var failed *plugipay.Error
	switch {
	case err == nil:
		v.created = append(v.created, attempted{id: created.ID})
		return isDifferent("always send a key: the client does", "a create without an idempotency key gets a success, not 400")
	case errors.As(err, &failed) && failed.Status == http.StatusBadRequest:
		return isAsExpected("a create without an idempotency key gets 400 %s", failed.Code)
	}
	return isDifferent(advice(err), "a create without an idempotency key gets %v", err)
}

// joined returns the problems in one line, always in the same order.
func joined(problems []string) string {
	slices.Sort(problems)
	return strings.Join(problems, "; ")
}
