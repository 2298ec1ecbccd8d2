package plugipay

import (
	"context"
	"errors"
	"net/http"

	"github.com/plugipay/plugipay-go/gen"
)

const jsonMediaType = "application/json"

// CheckoutSessionsResource is [Client.CheckoutSessions]: the operations on checkout sessions. It is safe for concurrent
// use.
type CheckoutSessionsResource struct{ client *Client }

// Create opens a hosted payment and returns it with status "open". Send the buyer to its HostedURL.
//
// Amount, Currency, Methods, SuccessURL and CancelURL are required. Nil LineItems are sent as an empty list; in itself
// is not changed. Each call sends an idempotency key of its own, so calling twice creates two sessions: to create one
// session per cart, pass a key with [WithIdempotencyKey].
//
// Errors: validation_error with Field, adapter_not_configured when the workspace has no provider for the methods,
// insufficient_scope, idempotency_mismatch, and those that every call can return; see [Error].
//
// Contract: POST /api/v1/checkout-sessions.
func (r *CheckoutSessionsResource) Create(ctx context.Context, in CheckoutSessionCreateInput) (*CheckoutSession, error) {
	x, err := r.client.begin(ctx, http.MethodPost, "createCheckoutSession")
	if err != nil {
		return nil, err
	}
	if err := x.useKey(); err != nil {
		return nil, err
	}
	if in.LineItems == nil {
		in.LineItems = []CheckoutSessionLineItem{}
	}
	if err := x.encode(in); err != nil {
		return nil, err
	}
	params := &gen.CreateCheckoutSessionParams{IdempotencyKey: x.idempotencyKey, XPlugipayOnBehalfOf: r.client.merchant()}
	resp, err := x.send(func(ctx context.Context) (*http.Response, error) {
		return r.client.lowLevel.CreateCheckoutSessionWithBody(ctx, params, jsonMediaType, newBody(x.body))
	})
	return decodeOne[CheckoutSession](x, resp, err)
}

// Get returns the session with the id (cs_…) as it is now. Its Status tells how far the buyer has come;
// [CheckoutSessionsResource.Wait] returns it when it has ended.
//
// Errors: not_found when the workspace has no such session, and those that every call can return.
//
// Contract: GET /api/v1/checkout-sessions/{id}.
func (r *CheckoutSessionsResource) Get(ctx context.Context, id string) (*CheckoutSession, error) {
	x, err := r.client.beginFor(ctx, http.MethodGet, "getCheckoutSession", id)
	if err != nil {
		return nil, err
	}
	params := &gen.GetCheckoutSessionParams{XPlugipayOnBehalfOf: r.client.merchant()}
	resp, err := x.send(func(ctx context.Context) (*http.Response, error) {
		return r.client.lowLevel.GetCheckoutSession(ctx, id, params)
	})
	return decodeOne[CheckoutSession](x, resp, err)
}

// List returns a page of the workspace's sessions, newest first unless params say otherwise. To get the next page, call
// it again with the page's Cursor while HasMore is true; the cursor carries the filters. params are not changed.
// [CheckoutSessionsResource.All] goes through all pages.
//
// Errors: validation_error with Field, and those that every call can return.
//
// Contract: GET /api/v1/checkout-sessions.
func (r *CheckoutSessionsResource) List(ctx context.Context, params CheckoutSessionListParams) (Page[CheckoutSession], error) {
	x, err := r.client.begin(ctx, http.MethodGet, "listCheckoutSessions")
	if err != nil {
		return Page[CheckoutSession]{}, err
	}
	query := params.lowLevel()
	query.XPlugipayOnBehalfOf = r.client.merchant()
	resp, err := x.send(func(ctx context.Context) (*http.Response, error) {
		return r.client.lowLevel.ListCheckoutSessions(ctx, query)
	})
	return decodePage[CheckoutSession](x, resp, err, params.Limit)
}

// Cancel ends a session that is "open", "pending" or "pending_review" and returns it with status "canceled". Its hosted
// page takes no payment from then on.
//
// Errors: conflict when the session has ended already (completed, expired or canceled), not_found, insufficient_scope,
// and those that every call can return.
//
// Contract: POST /api/v1/checkout-sessions/{id}/cancel.
func (r *CheckoutSessionsResource) Cancel(ctx context.Context, id string) (*CheckoutSession, error) {
	x, err := r.client.beginFor(ctx, http.MethodPost, "cancelCheckoutSession", id)
	if err != nil {
		return nil, err
	}
	if err := x.useKey(); err != nil {
		return nil, err
	}
	if err := x.encode(gen.EmptyObject{}); err != nil {
		return nil, err
	}
	params := &gen.CancelCheckoutSessionParams{IdempotencyKey: x.idempotencyKey, XPlugipayOnBehalfOf: r.client.merchant()}
	resp, err := x.send(func(ctx context.Context) (*http.Response, error) {
		return r.client.lowLevel.CancelCheckoutSessionWithBody(ctx, id, params, jsonMediaType, newBody(x.body))
	})
	session, err := decodeOne[CheckoutSession](x, resp, err)
	return r.settle(x, id, CheckoutSessionStatusCanceled, session, err)
}

// Confirm completes a session whose money arrived outside Plugipay, such as a bank transfer, cash or an EDC slip, and
// returns it with status "completed". It is meant for the manual adapter, whose sessions wait in "pending_review".
// Plugipay treats it as idempotent, so no key is sent unless [WithIdempotencyKey] gives one.
//
// Errors: conflict when the session has ended already (completed, expired or canceled), not_found, insufficient_scope,
// and those that every call can return.
//
// Contract: POST /api/v1/checkout-sessions/{id}/confirm.
func (r *CheckoutSessionsResource) Confirm(ctx context.Context, id string) (*CheckoutSession, error) {
	x, err := r.client.beginFor(ctx, http.MethodPost, "confirmCheckoutSession", id)
	if err != nil {
		return nil, err
	}
	x.repeatable = true
	if err := x.useCallersKey(); err != nil {
		return nil, err
	}
	if err := x.encode(gen.EmptyObject{}); err != nil {
		return nil, err
	}
	params := &gen.ConfirmCheckoutSessionParams{IdempotencyKey: x.keyParam(), XPlugipayOnBehalfOf: r.client.merchant()}
	resp, err := x.send(func(ctx context.Context) (*http.Response, error) {
		return r.client.lowLevel.ConfirmCheckoutSessionWithBody(ctx, id, params, jsonMediaType, newBody(x.body))
	})
	session, err := decodeOne[CheckoutSession](x, resp, err)
	return r.settle(x, id, CheckoutSessionStatusCompleted, session, err)
}

// settle returns the result of a call that ends a session. Where a retry met a conflict because an earlier attempt did
// end the session and only its answer was lost, that is the session and not the conflict.
func (r *CheckoutSessionsResource) settle(
	x *exchange, id, wanted string, session *CheckoutSession, err error,
) (*CheckoutSession, error) {
	if !x.unsure || !errors.Is(err, ErrConflict) {
		return session, err
	}
	var info ResponseInfo
	ended, getErr := r.Get(WithResponse(x.Context, &info), id)
	if getErr != nil || ended.Status != wanted {
		return nil, err
	}
	x.reportInstead(info)
	return ended, nil
}
