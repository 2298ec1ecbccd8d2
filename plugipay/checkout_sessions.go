package plugipay

import (
	"context"
	"errors"

	"github.com/plugipay/plugipay-go/gen"
)

// CheckoutSessionsResource is [Client.CheckoutSessions]: the operations on checkout sessions. It is safe for concurrent
// use.
type CheckoutSessionsResource struct{ client *Client }

// noServer makes package gen build a request for the path alone. Each attempt adds the address of the server.
const noServer = ""

// Create opens a hosted payment and returns it with status "open". Send the buyer to its HostedURL.
//
// Amount, Currency, Methods, SuccessURL and CancelURL are required. Nil LineItems are sent as an empty list; in itself
// is not changed. Each call sends a new idempotency key, so calling twice creates two sessions. To create one session per
// cart, pass a key with [WithIdempotencyKey].
//
// Errors: validation_error with Field, adapter_not_configured when the workspace has no provider for the methods,
// insufficient_scope, idempotency_mismatch, and those that every call can return; see [Error].
//
// Contract: POST /api/v1/checkout-sessions.
func (r *CheckoutSessionsResource) Create(ctx context.Context, in CheckoutSessionCreateInput) (*CheckoutSession, error) {
	if in.LineItems == nil {
		in.LineItems = []CheckoutSessionLineItem{}
	}
	c := r.client.newCall(ctx, "createCheckoutSession")
	params := &gen.CreateCheckoutSessionParams{IdempotencyKey: c.newKey(ctx), XPlugipayOnBehalfOf: r.client.merchant()}
	c.encode(in)
	c.send(gen.NewCreateCheckoutSessionRequestWithBody(noServer, params, jsonMediaType, nil))
	return one[CheckoutSession](ctx, c)
}

// Get returns the session with the id (cs_…) as it is now. Its Status says how far the payment has
// progressed. [CheckoutSessionsResource.Wait] returns the session when it has ended.
//
// Errors: not_found when the workspace has no such session, and those that every call can return.
//
// Contract: GET /api/v1/checkout-sessions/{id}.
func (r *CheckoutSessionsResource) Get(ctx context.Context, id string) (*CheckoutSession, error) {
	c := r.client.newCall(ctx, "getCheckoutSession").withID(id)
	params := &gen.GetCheckoutSessionParams{XPlugipayOnBehalfOf: r.client.merchant()}
	c.send(gen.NewGetCheckoutSessionRequest(noServer, id, params))
	return one[CheckoutSession](ctx, c)
}

// List returns a page of the workspace's sessions, newest first unless params say otherwise. While HasMore is
// true, pass the page's Cursor to get the next page. The cursor carries the filters. params is not changed.
// [CheckoutSessionsResource.All] iterates over all pages.
//
// Errors: validation_error with Field, and those that every call can return.
//
// Contract: GET /api/v1/checkout-sessions.
func (r *CheckoutSessionsResource) List(ctx context.Context, params CheckoutSessionListParams) (Page[CheckoutSession], error) {
	c := r.client.newCall(ctx, "listCheckoutSessions")
	query := params.lowLevel()
	query.XPlugipayOnBehalfOf = r.client.merchant()
	c.send(gen.NewListCheckoutSessionsRequest(noServer, query))
	return list[CheckoutSession](ctx, c)
}

// Cancel ends a session that is "open", "pending" or "pending_review" and returns it with status "canceled". Its hosted
// page takes no payment from then on. [CheckoutSessionsResource.CancelOrGet] also accepts a session that has ended.
//
// Errors: conflict when the session has ended already (completed, expired, canceled or failed), not_found,
// insufficient_scope, and those that every call can return.
//
// Contract: POST /api/v1/checkout-sessions/{id}/cancel.
func (r *CheckoutSessionsResource) Cancel(ctx context.Context, id string) (*CheckoutSession, error) {
	c := r.client.newCall(ctx, "cancelCheckoutSession").withID(id)
	params := &gen.CancelCheckoutSessionParams{IdempotencyKey: c.newKey(ctx), XPlugipayOnBehalfOf: r.client.merchant()}
	c.encode(gen.EmptyObject{})
	c.send(gen.NewCancelCheckoutSessionRequestWithBody(noServer, id, params, jsonMediaType, nil))
	session, err := one[CheckoutSession](ctx, c)
	return r.resolveConflict(ctx, c, id, CheckoutSessionStatusCanceled, session, err)
}

// CancelOrGet makes sure that the hosted page takes no more payment, and returns the session: canceled now, or as it ended before.
// Look at its Status: it may be "completed", because the buyer paid before the cancel arrived.
//
// Errors: conflict when Plugipay refuses to cancel a session that has not ended, not_found, insufficient_scope, and those
// that every call can return. After an error the session may still take a payment.
//
// Contract: POST /api/v1/checkout-sessions/{id}/cancel, and after a conflict GET /api/v1/checkout-sessions/{id}.
func (r *CheckoutSessionsResource) CancelOrGet(ctx context.Context, id string) (*CheckoutSession, error) {
	session, err := r.Cancel(ctx, id)
	if !errors.Is(err, ErrConflict) {
		return session, err
	}
	ended, getErr := r.Get(ctx, id)
	switch {
	case getErr != nil:
		return nil, getErr
	case !ended.HasEnded():
		return nil, err
	}
	return ended, nil
}

// Confirm completes a session whose money arrived outside Plugipay, such as a bank transfer, cash or an EDC slip, and
// returns it with status "completed". It is for the manual adapter, whose sessions wait in "pending_review".
// Plugipay treats it as idempotent, so no key is sent unless [WithIdempotencyKey] gives one.
//
// Errors: conflict when the session has ended already (completed, expired, canceled or failed), not_found,
// insufficient_scope, and those that every call can return.
//
// Contract: POST /api/v1/checkout-sessions/{id}/confirm.
func (r *CheckoutSessionsResource) Confirm(ctx context.Context, id string) (*CheckoutSession, error) {
	c := r.client.newCall(ctx, "confirmCheckoutSession").withID(id)
	c.repeatable = true
	params := &gen.ConfirmCheckoutSessionParams{IdempotencyKey: c.callersKey(ctx), XPlugipayOnBehalfOf: r.client.merchant()}
	c.encode(gen.EmptyObject{})
	c.send(gen.NewConfirmCheckoutSessionRequestWithBody(noServer, id, params, jsonMediaType, nil))
	session, err := one[CheckoutSession](ctx, c)
	return r.resolveConflict(ctx, c, id, CheckoutSessionStatusCompleted, session, err)
}

// resolveConflict returns the result of a call that ends a session. If an earlier attempt ended the session and its response
// was lost, the retry receives a conflict. Then resolveConflict returns the session instead of the conflict.
func (r *CheckoutSessionsResource) resolveConflict(
	ctx context.Context, c *call, id, wanted string, session *CheckoutSession, err error,
) (*CheckoutSession, error) {
	if !c.mayHaveBeenProcessed || !errors.Is(err, ErrConflict) {
		return session, err
	}
	var info ResponseInfo
	ended, getErr := r.Get(WithResponse(ctx, &info), id)
	if getErr != nil || ended.Status != wanted {
		return nil, err
	}
	c.reportInstead(info)
	return ended, nil
}
