package sandbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

// Fault is a failure of future calls; see [Sandbox.Inject]. Set Delay, or one of Status, Drop and RateLimit, or both.
type Fault struct {
	// Operation is the operationId of the contract, such as "createCheckoutSession", or the pattern of a route that
	// [Sandbox.Handle] added. Empty means any operation.
	Operation string

	// Times is the number of calls that fail. Zero means one. Less than zero means all calls until [Sandbox.ClearFaults].
	Times int

	// KeyID limits the fault to the workspace of the key with this id. Empty means all workspaces.
	KeyID string

	// Status is the HTTP status of the response, from 400 to 599. The call is not processed. The code of the error is the
	// contract's code for the status, or internal_error. With a Body, Status may be from 200 to 599. Zero means
	// that Status is not used.
	Status int

	// Body replaces the error in a response with Status. It may be broken JSON, an unknown value or a page of HTML. Empty means
	// the error.
	Body string

	// ContentType is the media type of Body. Empty means application/json.
	ContentType string

	// RetryAfter is the Retry-After header of a response with Status or RateLimit, rounded up to seconds. Zero means no such
	// header, and one second for a 429.
	RetryAfter time.Duration

	// Delay is how long the call waits, by the real clock, before it is processed or gets its response. If the client gives
	// up during the wait, the call is not processed. Zero means no wait.
	Delay time.Duration

	// Drop processes the call and then cuts the connection without a response.
	Drop bool

	// RateLimit responds with 429, rate_limited, without processing the call.
	RateLimit bool
}

// Inject makes the next calls that match the fault fail. A call must pass authentication and the rate limit first. One fault
// applies to a call: the fault that was injected first. Inject fails if the operation is not in the contract, the status is
// out of range, the key is unknown, or the fields contradict each other.
func (s *Sandbox) Inject(f Fault) error {
	if err := s.inject(f); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	return nil
}

func (s *Sandbox) inject(f Fault) error {
	if err := s.checkFault(f); err != nil {
		return err
	}
	account, err := s.accountOf(f.KeyID)
	if err != nil {
		return err
	}
	s.faults.add(f, account)
	return nil
}

// ClearFaults removes all faults that are left.
func (s *Sandbox) ClearFaults() { s.faults.clear("") }

func (s *Sandbox) checkFault(f Fault) error {
	known := append(s.contract.OperationIDs(), s.routes.all()...)
	lowest := http.StatusBadRequest
	if f.Body != "" {
		lowest = http.StatusOK
	}
	switch kinds := countTrue(f.Status != 0, f.Drop, f.RateLimit); {
	case f.Operation != "" && !slices.Contains(known, f.Operation):
		return errors.New("no such operation; the operations are " + strings.Join(known, ", "))
	case f.Status != 0 && (f.Status < lowest || f.Status > 599):
		return fmt.Errorf("the status of a fault must be from %d to 599, for any of %s", lowest, strings.Join(known, ", "))
	case f.Body != "" && f.Status == 0:
		return errors.New("a fault with a body needs a status")
	case f.ContentType != "" && f.Body == "":
		return errors.New("a fault without a body has no content type")
	case f.Delay < 0 || f.RetryAfter < 0:
		return errors.New("a fault cannot have a negative duration")
	case kinds > 1:
		return errors.New("a fault can have only one of a status, a drop and a rate limit")
	case f.RetryAfter > 0 && f.Status == 0 && !f.RateLimit:
		return errors.New("a fault without a status or a rate limit has no Retry-After header to set")
	case kinds == 0 && f.Delay == 0:
		return errors.New("a fault needs a status, a delay, a drop or a rate limit")
	}
	return nil
}

func countTrue(conditions ...bool) (count int) {
	for _, c := range conditions {
		if c {
			count++
		}
	}
	return count
}

// faultList holds the remaining faults in the order in which they were injected. Their Times is never zero.
type faultList struct {
	mu   sync.Mutex
	left []injectedFault
}

// injectedFault is a fault for the calls of an account, or of all accounts if account is empty.
type injectedFault struct {
	Fault
	account string
}

func (l *faultList) add(f Fault, account string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f.Times == 0 {
		f.Times = 1
	}
	l.left = append(l.left, injectedFault{Fault: f, account: account})
}

// clear removes the faults of an account, or all faults if the account is empty.
func (l *faultList) clear(account string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left = slices.DeleteFunc(l.left, func(f injectedFault) bool { return account == "" || f.account == account })
}

func (l *faultList) all() []injectedFault {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.left)
}

// take returns the fault of a call and counts it. The zero Fault means none.
func (l *faultList) take(operation, account string) Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.left, func(f injectedFault) bool {
		return (f.Operation == "" || f.Operation == operation) && (f.account == "" || f.account == account)
	})
	if i < 0 {
		return Fault{}
	}
	found := l.left[i].Fault
	switch {
	case found.Times == 1:
		l.left = slices.Delete(l.left, i, i+1)
	case found.Times > 1:
		l.left[i].Times--
	}
	return found
}

// applyFault applies the fault of a call, if there is one. An error replaces the call's response.
func (s *Sandbox) applyFault(ctx context.Context, c *call) error {
	f := s.faults.take(c.operationName(), c.workspace.accountID)
	c.delayed = f.Delay > 0
	if err := wait(ctx, f.Delay); err != nil {
		return err
	}
	c.drop = f.Drop
	if f.RateLimit {
		f.Status = http.StatusTooManyRequests
	}
	if f.Status == 0 {
		return nil
	}
	c.injected = true
	c.retryAfter = f.RetryAfter
	if f.Status == http.StatusTooManyRequests {
		c.rate = c.rate.exhausted(f.RetryAfter)
	}
	injected := &failure{code: codeFor(f.Status), message: "a fault was injected for this call", status: f.Status}
	if f.Body != "" {
		injected.raw = &rawBody{contentType: cmp.Or(f.ContentType, jsonMediaType), text: f.Body}
	}
	return injected
}

func wait(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fail(gen.ErrorCodeServiceUnavailable, "the client closed the connection before the response")
	}
}

// codeFor is the reverse of statusOf. If several codes have the status, it returns the most common one.
func codeFor(status int) gen.ErrorCode {
	for _, code := range []gen.ErrorCode{
		gen.ErrorCodeValidationError, gen.ErrorCodeInvalidSignature, gen.ErrorCodeInsufficientScope,
		gen.ErrorCodeNotFound, gen.ErrorCodeConflict, gen.ErrorCodeAdapterNotConfigured, gen.ErrorCodeRateLimited,
		gen.ErrorCodeUpstreamError, gen.ErrorCodeServiceUnavailable,
	} {
		if statusOf(code) == status {
			return code
		}
	}
	return gen.ErrorCodeInternalError
}
