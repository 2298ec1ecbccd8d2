package plugipay

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// defaultRetries is how often a request is sent again when ClientOptions.MaxRetries is zero.
	defaultRetries = 2

	// The wait before the n-th retry is drawn between minWait and firstWait doubled n-1 times, maxWait at the most.
	// Drawing all of it ("full jitter") keeps clients that failed together from coming back together.
	minWait   = 100 * time.Millisecond
	firstWait = 500 * time.Millisecond
	maxWait   = 8 * time.Second

	// maxRetryAfter is how long a Retry-After is waited for. Who asks for more gets the error at once: whoever made the
	// call knows better what to do with half a minute.
	maxRetryAfter = 30 * time.Second
)

// outcome is what came of an attempt: an answer, its body read, or an error.
type outcome struct {
	resp    *http.Response
	content []byte
	err     *Error
}

// open decodes the answer without its data.
func (o outcome) open() (*envelope, *Error) {
	if o.err != nil {
		return nil, o.err
	}
	return openAnswer(o.resp, o.content, nil)
}

// result returns the outcome as the low-level client does.
func (o outcome) result() (*http.Response, error) {
	if o.err != nil {
		return nil, o.err
	}
	return o.resp, nil
}

// shouldRetry tells whether to send the request again after an attempt. It does not ask whether there is an attempt left.
func (x *exchange) shouldRetry(o outcome) bool {
	if o.err != nil {
		return !isFinal(x, o.err) && (wasNotSent(o.err) || x.mayRepeat())
	}
	switch status := o.resp.StatusCode; {
	case status == http.StatusTooManyRequests: // refused before it was processed
		return true
	case isTrouble(status):
		return x.mayRepeat()
	case status == http.StatusConflict:
		return x.idempotencyKey != "" && isKeyInFlight(o.content)
	}
	return false
}

// isTrouble tells whether a status says that the server, or something before it, is in a trouble that may pass.
func isTrouble(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// mayHaveBeenProcessed tells whether a failed attempt may have had its effect all the same.
func mayHaveBeenProcessed(o outcome) bool {
	if o.err != nil {
		return !wasNotSent(o.err)
	}
	return o.resp.StatusCode != http.StatusTooManyRequests
}

// isFinal tells whether an error would come again, or whether nobody waits for another attempt.
func isFinal(caller context.Context, err *Error) bool {
	return caller.Err() != nil || wouldComeAgain(err)
}

// wouldComeAgain tells whether an attempt without an answer, or with a part of one, failed for a reason that stays. That of
// an invalid request is that it could not even be built.
func wouldComeAgain(err *Error) bool {
	if err.Code == ErrorCodeInvalidResponse || err.Code == ErrorCodeInvalidRequest {
		return true
	}
	if _, ok := findError[*tls.CertificateVerificationError](err); ok {
		return true
	}
	lookup, ok := findError[*net.DNSError](err)
	return ok && lookup.IsNotFound
}

// wasNotSent tells whether an attempt failed before there was a connection to send it on.
func wasNotSent(err *Error) bool {
	failed, ok := findError[*net.OpError](err)
	for ok && failed.Op != "dial" && failed.Op != "proxyconnect" {
		failed, ok = findError[*net.OpError](failed.Err)
	}
	return ok
}

// isKeyInFlight tells whether a 409 says that another request with the same idempotency key is being processed. The API
// does not document the code's name, only the one that it must not be.
func isKeyInFlight(content []byte) bool {
	var env envelope
	_ = json.Unmarshal(content, &env) // as in openAnswer, an odd property elsewhere does not hide the error
	if env.Error == nil {
		return false
	}
	code := strings.ToLower(env.Error.Code)
	return strings.HasPrefix(code, "idempotency") && code != ErrorCodeIdempotencyMismatch
}

// waitBefore returns how long to wait before the next attempt, of which there have been attempts; false if the server
// asks for more than a call should wait.
func (x *exchange) waitBefore() (time.Duration, bool) {
	if x.retryAfter > 0 {
		return x.retryAfter, x.retryAfter <= maxRetryAfter
	}
	ceiling := min(firstWait<<min(x.attempts-1, 10), maxWait)
	return minWait + rand.N(ceiling-minWait+1), true
}

// wait returns after d, or when the context ends, with its error.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// retryAfter reads the Retry-After header: seconds, or a date, which is compared with the answer's own Date, as the
// server's clock may not be ours. Zero if there is none, if it cannot be read or if it lies in the past.
func retryAfter(header http.Header) time.Duration {
	values := header["Retry-After"]
	if len(values) == 0 {
		return 0
	}
	value := values[0]
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
