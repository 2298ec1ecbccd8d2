package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// visit is one run of the checks, with the sessions that they create.
type visit struct {
	setup
	report *report
	marker string // of this run's keys and metadata

	first, second *plugipay.CheckoutSession // nil until they are created
	createErr     error                     // the error of creating them
	live          bool                      // the key works with live data, so nothing more may be done
	created       []attempted
	keep          bool // leaves the session of "unit of IDR" open
}

// attempted is a session that a request was sent for. Its id is empty if the response was lost.
type attempted struct {
	key   string
	input plugipay.CheckoutSessionCreateInput
	id    string
}

func newVisit(s setup, r *report, keep bool) *visit {
	return &visit{setup: s, report: r, keep: keep, marker: fmt.Sprintf("doctor_%x", time.Now().UnixNano())}
}

// check is one line of the report.
type check struct {
	name string
	// needsSession is true for a check that uses the sessions of "create".
	needsSession bool
	run          func(*visit, context.Context) finding
}

// checks are made in this order, if Plugipay can be reached.
var checks = []check{
	{"signature or bearer", false, (*visit).checkCredentials},
	{"wrong secret", false, (*visit).checkWrongSecret},
	{"dashboard key", false, (*visit).checkDashboardKey},
	{"create", false, (*visit).checkCreate},
	{"scope", false, (*visit).checkScope},
	{"ids and URLs", true, (*visit).checkShape},
	{"get", true, (*visit).checkGet},
	{"unknown session", false, (*visit).checkUnknown},
	{"validation error", false, (*visit).checkValidation},
	{"list limit", true, (*visit).checkLimit},
	{"list status", true, (*visit).checkStatusFilter},
	{"list customerId", true, (*visit).checkCustomerFilter},
	{"list createdAfter", true, (*visit).checkCreatedAfter},
	{"list createdBefore", true, (*visit).checkCreatedBefore},
	{"list order", true, (*visit).checkOrder},
	{"list cursor", true, (*visit).checkCursor},
	{"paging form", true, (*visit).checkPaging},
	{"rate-limit headers", false, (*visit).checkRateLimit},
	{"idempotent replay", true, (*visit).checkReplay},
	{"idempotency mismatch", true, (*visit).checkMismatch},
	{"write without a key", true, (*visit).checkKeyless},
	{"confirm without a body", true, (*visit).checkConfirm},
	{"cancel", true, (*visit).checkCancel},
	{"cancel again", true, (*visit).checkCancelAgain},
	{"unit of IDR", true, (*visit).checkUnit},
}

// examine makes all checks, and reports each. It reports whether Plugipay was reached.
func (v *visit) examine(ctx context.Context) bool {
	base := v.client.BaseURL()
	v.report.add("keys", checkKeys(v.setup))
	v.report.add("account", checkAccount(v.setup))
	v.report.add("host", checkHost(ctx, base))
	v.report.add("proxy", checkProxy(base))
	p, err := knock(ctx, base)
	if err != nil {
		v.report.add("network", isDifferent("check PLUGIPAY_BASE_URL, the network and the proxy: the other checks were not made",
			"Plugipay cannot be reached%s: %v", throughProxy(base), err))
		return false
	}
	v.report.add("network", isAsExpected("Plugipay responds"))
	v.report.add("TLS", checkTLS(base, p))
	v.report.add("clock", checkClock(p))
	v.report.add("no credentials", checkUnsigned(p))
	for _, c := range checks {
		if c.needsSession && v.first == nil && !v.live {
			v.report.add(c.name, isUnknown("", "there is no session; see create"))
			continue
		}
		found := c.run(v, ctx)
		if ctx.Err() != nil {
			v.report.add("interrupted", isUnknown("", "the checks from %q on were not made", c.name))
			return true
		}
		v.report.add(c.name, found)
		if v.live {
			return true
		}
	}
	v.reportBreaches()
	return true
}

// reportBreaches reports each difference between the responses and openapi.yaml.
func (v *visit) reportBreaches() {
	v.breaches.mu.Lock()
	defer v.breaches.mu.Unlock()
	for _, breach := range v.breaches.seen {
		v.report.add("contract", isDifferent("attach the report of -json to an issue: Plugipay may be newer than this package", "%s", breach))
	}
	if len(v.breaches.seen) == 0 {
		v.report.add("contract", isAsExpected("all responses are as openapi.yaml says"))
	}
}

// create creates a session. It records the session before it sends the request, so that cleanUp cancels it in any case.
func (v *visit) create(ctx context.Context, key string, input plugipay.CheckoutSessionCreateInput) (*plugipay.CheckoutSession, error) {
	v.created = append(v.created, attempted{key: key, input: input})
	session, err := v.client.CheckoutSessions.Create(plugipay.WithIdempotencyKey(ctx, key), input)
	if err == nil {
		v.created[len(v.created)-1].id = session.ID
	}
	return session, err
}

// cleanUp cancels the sessions of the visit, also after Ctrl+C. It repeats a create whose response was lost with the same key,
// which returns the session.
func (v *visit) cleanUp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
	defer cancel()
	ended := map[string]bool{}
	complete := true
	for _, a := range v.created {
		id, err := v.sessionID(ctx, a)
		if err == nil && id != "" && !ended[id] {
			_, err = v.client.CheckoutSessions.CancelOrGet(ctx, id)
			ended[id] = true
		}
		if err != nil {
			complete = false
			v.report.add("clean up", isDifferent("cancel the session in the dashboard, or let it expire in 15 minutes",
				"the session %s was not canceled: %v", cmp.Or(id, "that create may have made"), err))
		}
	}
	if len(ended) > 0 && complete {
		v.report.note("\nThe doctor's sessions have ended.")
	}
}

// sessionID returns the id of an attempted session, or "" if Plugipay refused to create it.
func (v *visit) sessionID(ctx context.Context, a attempted) (string, error) {
	if a.id != "" {
		return a.id, nil
	}
	session, err := v.client.CheckoutSessions.Create(plugipay.WithIdempotencyKey(ctx, a.key), a.input)
	var failed *plugipay.Error
	switch {
	case err == nil:
		return session.ID, nil
	case errors.As(err, &failed) && !failed.MayHaveBeenProcessed():
		return "", nil
	}
	return "", err
}
