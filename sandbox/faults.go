package sandbox

import (
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

// Fault is something that goes wrong with calls to come; see [Sandbox.Inject]. It needs a Delay or one of Status, Drop
// and RateLimit, of which there can be only one; a Delay goes with each of them.
type Fault struct {
	// Operation is the operationId of the contract, such as "createCheckoutSession". Empty: any operation.
	Operation string

	// Times is how many calls it happens to. Zero: one. Negative: all, until [Sandbox.ClearFaults].
	Times int

	// Status is an HTTP status from 400 to 599 to answer with, without processing the call. The code of the error is
	// the one that the contract has for the status, or internal_error where it has none. Zero: none.
	Status int

	// RetryAfter is what the Retry-After header of an answer with Status or RateLimit says, rounded up to seconds.
	// Zero: no such header, but for a 429, which says one second.
	RetryAfter time.Duration

	// Delay is how long the call waits, by the real clock, before it is processed or gets its answer. The wait ends when
	// the client goes, and nothing is processed then. Zero: none.
	Delay time.Duration

	// Drop processes the call and then cuts the connection without an answer, so that the client cannot know.
	Drop bool

	// RateLimit answers 429, rate_limited, without processing the call.
	RateLimit bool
}

// Inject lets something go wrong with the next calls that are what the fault says. Calls have to pass authentication
// and the rate limit first, and each meets one fault only: the one that was injected first, as long as it lasts. Inject
// fails when the operation is not in the contract, when the status is not from 400 to 599, and when the parts do not go
// together.
func (s *Sandbox) Inject(f Fault) error {
	if err := s.checkFault(f); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	s.faults.add(f)
	return nil
}

// ClearFaults takes back all faults that are left.
func (s *Sandbox) ClearFaults() { s.faults.clear() }

func (s *Sandbox) checkFault(f Fault) error {
	known := s.contract.OperationIDs()
	switch kinds := countTrue(f.Status != 0, f.Drop, f.RateLimit); {
	case f.Operation != "" && !slices.Contains(known, f.Operation):
		return errors.New("no such operation; the operations are " + strings.Join(known, ", "))
	case f.Status != 0 && (f.Status < 400 || f.Status > 599):
		return errors.New("the status of a fault must be from 400 to 599, for any of " + strings.Join(known, ", "))
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

// faultList holds the faults that are left, in the order in which they were injected. Their Times is never zero.
type faultList struct {
	mu   sync.Mutex
	left []Fault
}

func (l *faultList) add(f Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f.Times == 0 {
		f.Times = 1
	}
	l.left = append(l.left, f)
}

func (l *faultList) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left = nil
}

func (l *faultList) all() []Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.left)
}

// take returns the fault of a call, and counts that it happened. The zero Fault: none.
func (l *faultList) take(operationID string) Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.left, func(f Fault) bool { return f.Operation == "" || f.Operation == operationID })
	if i < 0 {
		return Fault{}
	}
	found := l.left[i]
	switch {
	case found.Times == 1:
		l.left = slices.Delete(l.left, i, i+1)
	case found.Times > 1:
		l.left[i].Times--
	}
	return found
}

// meetFault takes a call through its fault, if there is one. An error is the answer, in place of the call's own.
func (s *Sandbox) meetFault(ctx context.Context, c *call) error {
	f := s.faults.take(c.operation.ID)
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
	return &failure{code: codeFor(f.Status), message: "a fault was injected for this call", status: f.Status}
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
		return fail(gen.ErrorCodeServiceUnavailable, "the client went before the answer")
	}
}

// codeFor is statusOf the other way round; of the codes of a status it is the most usual one.
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
