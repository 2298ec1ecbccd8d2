package main

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// list lists sessions, of this visit's time unless the parameters say otherwise.
func (v *visit) list(ctx context.Context, change func(*plugipay.CheckoutSessionListParams)) ([]plugipay.CheckoutSession, error) {
	params := plugipay.CheckoutSessionListParams{Limit: plugipay.Ptr(20)}
	change(&params)
	page, err := v.client.CheckoutSessions.List(ctx, params)
	return page.Data, err
}

// has reports whether the list has the first session.
func (v *visit) has(sessions []plugipay.CheckoutSession) bool {
	return slices.ContainsFunc(sessions, func(s plugipay.CheckoutSession) bool { return s.ID == v.first.ID })
}

// checkLimit expects one session.
func (v *visit) checkLimit(ctx context.Context) finding {
	sessions, err := v.list(ctx, func(p *plugipay.CheckoutSessionListParams) { p.Limit = plugipay.Ptr(1) })
	switch {
	case err != nil:
		return isDifferent(advice(err), "%v", err)
	case len(sessions) != 1:
		return isDifferent(advice(nil), "with limit=1 the page has %d sessions", len(sessions))
	}
	return isAsExpected("with limit=1 the page has one session")
}

// checkStatusFilter expects open sessions only.
func (v *visit) checkStatusFilter(ctx context.Context) finding {
	status := plugipay.CheckoutSessionStatusOpen
	sessions, err := v.list(ctx, func(p *plugipay.CheckoutSessionListParams) { p.Status = &status })
	if err != nil {
		return isDifferent(advice(err), "%v", err)
	}
	others := slices.ContainsFunc(sessions, func(s plugipay.CheckoutSession) bool { return s.Status != status })
	completed := plugipay.CheckoutSessionStatusCompleted
	ended, err := v.list(ctx, func(p *plugipay.CheckoutSessionListParams) { p.Status = &completed })
	switch {
	case err != nil:
		return isDifferent(advice(err), "%v", err)
	case others || v.has(ended):
		return isDifferent(advice(nil), "the list has sessions with another status")
	case !v.has(sessions):
		return isDifferent(advice(nil), "the list of open sessions lacks a new one")
	}
	return isAsExpected("the list has the sessions with the status only")
}

// checkCustomerFilter expects no session of an unknown customer.
func (v *visit) checkCustomerFilter(ctx context.Context) finding {
	customer := "cus_00000000000000000000000000"
	sessions, err := v.list(ctx, func(p *plugipay.CheckoutSessionListParams) { p.CustomerID = &customer })
	switch {
	case err != nil:
		return isUnknown(advice(err), "an unknown customer gets %v", err)
	case len(sessions) > 0:
		return isDifferent(advice(nil), "the list of an unknown customer has %d sessions", len(sessions))
	}
	return isAsExpected("the list of an unknown customer is empty")
}

// checkCreatedAfter expects the new session with an earlier time, and no session with a future time.
func (v *visit) checkCreatedAfter(ctx context.Context) finding {
	return v.checkTimeFilter(ctx, time.Hour, func(p *plugipay.CheckoutSessionListParams, at string) { p.CreatedAfter = &at })
}

// checkCreatedBefore expects the new session with a future time, and not with an earlier time.
func (v *visit) checkCreatedBefore(ctx context.Context) finding {
	return v.checkTimeFilter(ctx, -time.Hour, func(p *plugipay.CheckoutSessionListParams, at string) { p.CreatedBefore = &at })
}

// checkTimeFilter lists with two times: the session's time plus and minus the duration. It expects that the filter excludes the
// session with the first time, and includes it with the second time.
func (v *visit) checkTimeFilter(ctx context.Context, excludes time.Duration, set func(*plugipay.CheckoutSessionListParams, string)) finding {
	created, err := v.first.CreatedTime()
	if err != nil {
		return isUnknown("", "the session's createdAt is not a time")
	}
	for _, by := range []time.Duration{excludes, -excludes} {
		sessions, err := v.list(ctx, func(p *plugipay.CheckoutSessionListParams) { set(p, created.Add(by).Format(time.RFC3339)) })
		switch {
		case err != nil:
			return isDifferent(advice(err), "%v", err)
		case v.has(sessions) && by == excludes:
			return isDifferent(advice(nil), "the list has a session that the filter excludes")
		case !v.has(sessions) && by != excludes:
			return isDifferent(advice(nil), "the list lacks a session that the filter includes")
		}
	}
	return isAsExpected("the filter includes and excludes the new session")
}

// checkOrder expects the newest session first by default, and the oldest with order=asc.
func (v *visit) checkOrder(ctx context.Context) finding {
	lists := map[string][]plugipay.CheckoutSession{}
	for order, sign := range map[string]int{"": -1, "desc": -1, "asc": 1} {
		sessions, err := v.list(ctx, func(p *plugipay.CheckoutSessionListParams) {
			if order != "" {
				p.Order = &order
			}
		})
		if err != nil {
			return isDifferent(advice(err), "%v", err)
		}
		if !slices.IsSortedFunc(sessions, func(a, b plugipay.CheckoutSession) int { return sign * compareCreated(a, b) }) {
			return isDifferent(advice(nil), "the list with order %q is not in its order", order)
		}
		lists[order] = sessions
	}
	sameSession := func(a, b plugipay.CheckoutSession) bool { return a.ID == b.ID }
	if len(lists["asc"]) > 1 && slices.EqualFunc(lists["asc"], lists["desc"], sameSession) { // sessions may have the same time
		return isDifferent(advice(nil), "the lists with order=asc and order=desc are the same")
	}
	return isAsExpected("newest first by default, oldest first with order=asc")
}

// compareCreated compares the times at which two sessions were created.
func compareCreated(a, b plugipay.CheckoutSession) int {
	first, _ := a.CreatedTime() // "ids and URLs" reports a time that is not valid
	second, _ := b.CreatedTime()
	return first.Compare(second)
}

// checkCursor expects another session on the second page.
func (v *visit) checkCursor(ctx context.Context) finding {
	params := plugipay.CheckoutSessionListParams{Limit: plugipay.Ptr(1)}
	first, err := v.client.CheckoutSessions.List(ctx, params)
	if err != nil {
		return isDifferent(advice(err), "%v", err)
	}
	if !first.HasMore || len(first.Data) != 1 {
		return isDifferent(advice(nil), "the first of at least two pages says that there is no more")
	}
	params.Cursor = first.Cursor
	second, err := v.client.CheckoutSessions.List(ctx, params)
	switch {
	case err != nil:
		return isDifferent(advice(err), "%v", err)
	case len(second.Data) != 1 || second.Data[0].ID == first.Data[0].ID:
		return isDifferent(advice(nil), "the second page has the session of the first")
	}
	return isAsExpected("the cursor leads to the next session")
}

// checkPaging reports the form of a list's paging. The client reads both forms.
func (v *visit) checkPaging(ctx context.Context) finding {
	var info plugipay.ResponseInfo
	if _, err := v.list(plugipay.WithResponse(ctx, &info), func(p *plugipay.CheckoutSessionListParams) { p.Limit = plugipay.Ptr(1) }); err != nil {
		return isDifferent(advice(err), "%v", err)
	}
	var body struct {
		Meta map[string]json.RawMessage `json:"meta"`
	}
	if err := json.Unmarshal(info.Body, &body); err != nil {
		return isDifferent(advice(nil), "the response is not JSON")
	}
	_, flat := body.Meta["hasMore"]
	_, nested := body.Meta["page"]
	switch {
	case flat && nested:
		return isAsExpected("meta.cursor and meta.hasMore, and meta.page")
	case flat:
		return isAsExpected("meta.cursor and meta.hasMore")
	case nested:
		return isAsExpected("meta.page")
	}
	return isDifferent(advice(nil), "a list has no paging in meta")
}

// checkRateLimit expects the headers on each response.
func (v *visit) checkRateLimit(ctx context.Context) finding {
	var info plugipay.ResponseInfo
	if err := v.client.Do(plugipay.WithResponse(ctx, &info), readOne, nil); err != nil {
		return isDifferent(advice(err), "%v", err)
	}
	if !info.RateLimit.Known {
		return isDifferent("the client works without them, but a limiter cannot see how many requests are left",
			"X-RateLimit-Limit, X-RateLimit-Remaining or X-RateLimit-Reset is missing")
	}
	return isAsExpected("%d reads a second, %d left", info.RateLimit.Limit, info.RateLimit.Remaining)
}
