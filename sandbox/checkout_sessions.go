package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/sandbox/internal/api"
)

const (
	defaultLifetime  = 24 * 60 * 60 // seconds
	defaultPageLimit = 50
)

// checkoutSessions performs the operations of the contract. The caller has authenticated the request and checked it against
// the contract.
type checkoutSessions struct {
	sandbox *Sandbox
}

var _ api.StrictServerInterface = checkoutSessions{}

// newOperations returns a handler that decodes requests and performs them, both as generated from the contract.
func newOperations(s *Sandbox) http.Handler {
	refuse := func(w http.ResponseWriter, r *http.Request, err error) {
		a := s.refusal(callFrom(r.Context()), err)
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body)
	}
	refuseUndecodable := func(w http.ResponseWriter, r *http.Request, err error) { refuse(w, r, undecodable(err)) }
	server := api.NewStrictHandlerWithOptions(checkoutSessions{s}, nil, api.StrictHTTPServerOptions{
		RequestErrorHandlerFunc:  refuseUndecodable,
		ResponseErrorHandlerFunc: refuse,
	})
	return api.HandlerWithOptions(server, api.StdHTTPServerOptions{ErrorHandlerFunc: refuseUndecodable})
}

// undecodable is the error for a request that the contract allows but the generated server does not understand, such as
// one with two values for a parameter.
func undecodable(err error) error {
	var format *api.InvalidParamFormatError
	var twice *api.TooManyValuesForParamError
	switch {
	case errors.As(err, &format):
		return invalid(format.ParamName, "is not valid")
	case errors.As(err, &twice):
		return invalid(twice.ParamName, "must be given once")
	}
	return fail(gen.ErrorCodeValidationError, "the request is not valid")
}

func (o checkoutSessions) CreateCheckoutSession(
	ctx context.Context, request api.CreateCheckoutSessionRequestObject,
) (api.CreateCheckoutSessionResponseObject, error) {
	c := callFrom(ctx)
	if missing := c.workspace.unsupportedMethods(request.Body.Methods); len(missing) > 0 {
		return nil, fail(gen.ErrorCodeAdapterNotConfigured,
			"no adapter of the workspace supports "+strings.Join(missing, ", "))
	}
	var sent map[string]json.RawMessage
	if err := json.Unmarshal(c.body, &sent); err != nil {
		return nil, err
	}
	c.warnings = o.sandbox.warningsOf(*request.Body, sent, bodySchema(c.operation))
	if o.sandbox.strict && len(c.warnings) > 0 {
		return nil, invalid(c.warnings[0].Field, c.warnings[0].Text)
	}
	c.workspace.expiries.expireDue() // otherwise the expiries of a long run pile up
	created := c.data.sessions.create(newSession{
		accountID:    c.workspace.accountID,
		workspace:    c.workspace.name,
		live:         c.key.live,
		input:        *request.Body,
		lineItems:    lineItemsOf(sent),
		lifetime:     lifetimeOf(*request.Body),
		hostedURLFor: func(id string) string { return hostedURL(c.baseURL, id) },
	}, c.workspace.clock.now())
	return api.CreateCheckoutSession201JSONResponse{Body: o.envelope(c, created)}, nil
}

// lineItemsOf returns the line items as they were sent, or an empty list if they were not.
func lineItemsOf(sent map[string]json.RawMessage) json.RawMessage {
	if items, ok := sent["lineItems"]; ok {
		return items
	}
	return json.RawMessage("[]")
}

func lifetimeOf(in gen.CheckoutSessionCreateInput) int64 {
	if in.ExpiresInSec == nil {
		return defaultLifetime
	}
	return int64(*in.ExpiresInSec)
}

func (o checkoutSessions) GetCheckoutSession(
	ctx context.Context, request api.GetCheckoutSessionRequestObject,
) (api.GetCheckoutSessionResponseObject, error) {
	c := callFrom(ctx)
	found, err := c.data.sessions.get(request.ID, c.workspace.clock.now())
	if err != nil {
		return nil, err
	}
	return api.GetCheckoutSession200JSONResponse{Body: o.envelope(c, found)}, nil
}

func (o checkoutSessions) CancelCheckoutSession(
	ctx context.Context, request api.CancelCheckoutSessionRequestObject,
) (api.CancelCheckoutSessionResponseObject, error) {
	c := callFrom(ctx)
	canceled, err := c.data.sessions.cancel(request.ID, c.workspace.clock.now())
	if err != nil {
		return nil, err
	}
	return api.CancelCheckoutSession200JSONResponse{Body: o.envelope(c, canceled)}, nil
}

func (o checkoutSessions) ConfirmCheckoutSession(
	ctx context.Context, request api.ConfirmCheckoutSessionRequestObject,
) (api.ConfirmCheckoutSessionResponseObject, error) {
	c := callFrom(ctx)
	confirmed, err := c.data.sessions.confirm(request.ID, c.workspace.clock.now())
	if err != nil {
		return nil, err
	}
	return api.ConfirmCheckoutSession200JSONResponse{Body: o.envelope(c, confirmed)}, nil
}

func (o checkoutSessions) ListCheckoutSessions(
	ctx context.Context, request api.ListCheckoutSessionsRequestObject,
) (api.ListCheckoutSessionsResponseObject, error) {
	c := callFrom(ctx)
	query, err := c.listQuery(request.Params)
	if err != nil {
		return nil, err
	}
	c.workspace.expiries.expireDue() // so that a filter by status finds expired sessions
	limit := valueOr(request.Params.Limit, defaultPageLimit)
	page, rest := c.data.sessions.page(query, limit, c.workspace.clock.now())
	var next *string
	if rest != nil {
		cursor, err := c.data.cursors.encode(*rest)
		if err != nil {
			return nil, err
		}
		next = &cursor
	}
	return api.ListCheckoutSessions200JSONResponse{Body: gen.CheckoutSessionListEnvelope{
		Data: page,
		Meta: o.listMeta(c, limit, next),
	}}, nil
}

// listQuery returns the filters and the order of a list. A cursor contains both, and replaces those of the request.
func (c *call) listQuery(params gen.ListCheckoutSessionsParams) (listQuery, error) {
	if params.Cursor != nil {
		return c.data.cursors.decode(*params.Cursor)
	}
	after, err := optionalTime("createdAfter", params.CreatedAfter)
	if err != nil {
		return listQuery{}, err
	}
	before, err := optionalTime("createdBefore", params.CreatedBefore)
	if err != nil {
		return listQuery{}, err
	}
	return listQuery{
		Status:        valueOr(params.Status, ""),
		CustomerID:    valueOr(params.CustomerID, ""),
		CreatedAfter:  after,
		CreatedBefore: before,
		OldestFirst:   valueOr(params.Order, gen.ListOrderDesc) == gen.ListOrderAsc,
	}, nil
}

func optionalTime(name string, value *string) (*time.Time, error) {
	if value == nil {
		return nil, nil
	}
	t, err := time.Parse(time.RFC3339, *value)
	if err != nil {
		return nil, invalid(name, "is not a time")
	}
	t = t.UTC() // a cursor cannot hold an offset of a whole day, which time.Parse takes
	if t.Year() < 0 || t.Year() > latestTime.Year() {
		return nil, invalid(name, "must be in the years 0 to 9999 of UTC")
	}
	return &t, nil
}

func valueOr[T any](value *T, otherwise T) T {
	if value == nil {
		return otherwise
	}
	return *value
}

func (o checkoutSessions) envelope(c *call, data gen.CheckoutSession) gen.CheckoutSessionEnvelope {
	return gen.CheckoutSessionEnvelope{Data: data, Meta: o.sandbox.meta(c)}
}

// listMeta returns the paging in both documented forms.
func (o checkoutSessions) listMeta(c *call, limit int, next *string) gen.ListMeta {
	meta := o.sandbox.meta(c)
	hasMore := next != nil
	return gen.ListMeta{
		RequestID: meta.RequestID,
		Timestamp: meta.Timestamp,
		Cursor:    next,
		HasMore:   &hasMore,
		Page:      &gen.PageInfo{Limit: limit, HasMore: hasMore, NextCursor: next},
	}
}
