package plugipay

import (
	"context"
	"crypto/tls"
	"errors"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// defaultRetries is the number of retries when ClientOptions.MaxRetries is zero.
	defaultRetries = 2

	// The wait before the n-th retry is random, between minWait and firstWait doubled n-1 times, at most maxWait. Randomizing
	// nearly all of the wait ("full jitter") keeps clients that failed together from retrying together.
	minWait   = 100 * time.Millisecond
	firstWait = 500 * time.Millisecond
	maxWait   = 8 * time.Second

	// maxRetryAfter is the longest Retry-After that a call obeys. If the server asks for a longer wait, the call returns the
	// error at once, and the caller decides.
	maxRetryAfter = 30 * time.Second
)

const beforeRetry = "before the next attempt"

// shouldRetry returns the wait before the next attempt, or the error of the call if there is no next attempt. It takes a retry
// from the budget.
func (c *call) shouldRetry(ctx context.Context, failed *Error) (time.Duration, *Error) {
	if !c.mayRetry(ctx, failed) {
		if failed.Status != 0 && !failed.isTransient() { // Plugipay is available, although it refused the request
			c.client.budget.refund(c.attempts - 1)
		}
		return 0, failed
	}
	delay, ok := backoff(c.attempts, retryAfter(c.response.header))
	if c.attempts > c.client.maxRetries || !ok {
		return 0, failed
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= delay {
		return 0, contextError(ctx, beforeRetry, failed)
	}
	if !c.client.budget.take() {
		return 0, failed
	}
	return delay, nil
}

// mayRetry reports whether another attempt may succeed and is safe.
func (c *call) mayRetry(ctx context.Context, failed *Error) bool {
	switch {
	case ctx.Err() != nil:
		return false
	case failed.Status == http.StatusConflict && c.idempotencyKey == "":
		return false
	}
	return failed.isTransient() && (c.mayRepeat() || !failed.mayHaveBeenProcessed)
}

// mayRepeat reports whether the request may be retried although it may have been processed.
func (c *call) mayRepeat() bool {
	return isRead(c.request.Method) || c.idempotencyKey != "" || c.repeatable
}

// isRead reports whether a request with the method changes nothing.
func isRead(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// isTransient reports whether another attempt may succeed.
func (e *Error) isTransient() bool {
	switch {
	case e.permanent:
		return false
	case isTransientStatus(e.Status):
		return true
	case e.Status == http.StatusConflict:
		return isKeyInFlight(e.Code)
	}
	return (e.Code == ErrorCodeTimeout || e.Code == ErrorCodeNetworkError) && !isPermanent(e)
}

// isTransientStatus reports whether a status means that the server, or a gateway in front of it, fails temporarily.
func isTransientStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// isPermanent reports whether a connection would fail again for the same reason.
func isPermanent(err error) bool {
	var certificate *tls.CertificateVerificationError
	var lookup *net.DNSError
	return errors.As(err, &certificate) || errors.As(err, &lookup) && lookup.IsNotFound
}

// isKeyInFlight reports whether the code of a 409 means that another request with the same idempotency key is being
// processed. The API does not document this code. It documents only idempotency_mismatch, which has another meaning.
func isKeyInFlight(code string) bool {
	return strings.HasPrefix(code, "idempotency") && code != ErrorCodeIdempotencyMismatch
}

// mayHaveBeenProcessed reports whether a request with this response may have taken effect.
func mayHaveBeenProcessed(status int, code string) bool {
	switch {
	case status == http.StatusRequestTimeout, status == http.StatusConflict && isKeyInFlight(code):
		return true
	case status == http.StatusTooManyRequests: // refused before it was processed
		return false
	}
	return status < 400 || status > 499
}

// isDialError reports whether err is a failed dial, also if it is wrapped. An error that joins several errors does not count,
// because one of them may be about a request that was sent.
func isDialError(err error) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		dial, ok := err.(*net.OpError)
		if as, converts := err.(interface{ As(any) bool }); !ok && converts {
			ok = as.As(&dial)
		}
		if ok && (dial.Op == "dial" || dial.Op == "proxyconnect") {
			return true
		}
	}
	return false
}

// backoff returns the delay before the next attempt. ok is false if Retry-After exceeds maxRetryAfter.
func backoff(attempts int, retryAfter time.Duration) (delay time.Duration, ok bool) {
	if retryAfter > 0 {
		return retryAfter, retryAfter <= maxRetryAfter
	}
	ceiling := min(firstWait<<min(attempts-1, 10), maxWait)
	return minWait + rand.N(ceiling-minWait+1), true
}

// sleep returns after d, or with the context's error when the context ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// retryAfter reads the Retry-After header, which holds seconds or a date. A date is compared with the Date header of the
// response, because the clocks may differ. It returns zero if the header is missing, is not valid or lies in the past.
func retryAfter(header http.Header) time.Duration {
	value := header.Get("Retry-After")
	if value == "" {
		return 0
	}
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		const most = uint64(math.MaxInt64 / time.Second)
		return time.Duration(min(seconds, most)) * time.Second
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return max(until.Sub(now), 0)
}

// A retry budget keeps retries from making an outage worse, like the retry quota of the AWS SDKs. Each retry takes from
// the budget. Each call that eventually gets a response returns the cost of its retries, or callRefund if it made no retry.
// While Plugipay is down, the budget is used up after a hundred retries. Then each call makes only one attempt.
const (
	budgetCapacity = 500
	retryCost      = 5
	callRefund     = 1
)

// retryBudget is shared by all calls of a client and of the clients that ForMerchant returns. It counts the spent part, so
// successful calls only read it while nothing is spent.
type retryBudget struct{ spent atomic.Int64 }

// take pays for a retry. It returns false if not enough is left.
func (b *retryBudget) take() bool {
	for {
		spent := b.spent.Load()
		if spent+retryCost > budgetCapacity {
			return false
		}
		if b.spent.CompareAndSwap(spent, spent+retryCost) {
			return true
		}
	}
}

// refund returns the cost of a call's retries to the budget, after the call got a response.
func (b *retryBudget) refund(retries int) {
	amount := int64(max(callRefund, retries*retryCost))
	for {
		spent := b.spent.Load()
		if spent == 0 || b.spent.CompareAndSwap(spent, max(spent-amount, 0)) {
			return
		}
	}
}
