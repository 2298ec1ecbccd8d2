package plugipay

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// transport sends requests: it is what the low-level client and Do hand them to. Each attempt is signed right before it
// is sent, and its answer read to the end, so that its timeout covers both.
type transport struct {
	connections      *connections
	closed           atomic.Bool
	credentials      credentials
	base             *url.URL
	timeout          time.Duration // of an attempt; less than zero for none
	maxRetries       int
	maxResponseBytes int64
	budget           *retryBudget
	buffers          answerBuffers
	limits           limits
	logger           *slog.Logger // nil for none
	userAgent        string
}

// Do sends req, again if that is worth it and does no harm, and returns its last answer, whose body is read into the
// exchange. The error is an *Error if there is no answer. The same key and the same bytes are sent each time, under a new
// signature.
func (t *transport) Do(req *http.Request) (*http.Response, error) {
	x := exchangeOf(req)
	x.idempotencyKey = req.Header.Get(idempotencyKeyHeader)
	if err := req.Context().Err(); err != nil {
		return nil, t.failure(req.Context(), req.Context(), 0, err)
	}
	defer t.keepNothingOnceClosed()
	if err := t.limits.wait(req); err != nil {
		return nil, refusedByLimiter(req.Context(), err)
	}
	for {
		x.attempts++
		record := startRecord(t.logger, req, x)
		o := t.attempt(req, x)
		record.end(o)
		x.retryAfter = 0
		if o.err == nil {
			x.retryAfter = retryAfter(o.resp.Header)
		}
		if !x.shouldRetry(req, o) {
			if o.err == nil && !isTrouble(o.resp.StatusCode) {
				t.budget.answered(x.attempts - 1)
			}
			return o.result()
		}
		pause, patient := x.waitBefore()
		if x.attempts > t.maxRetries || !patient || !t.budget.take() {
			return o.result()
		}
		x.unsure = x.unsure || mayHaveBeenProcessed(o)
		record.retry(pause)
		if wait(req.Context(), pause) != nil {
			t.budget.giveBack()
			return nil, endedWhileWaiting(req.Context(), o)
		}
		if err := t.limits.wait(req); err != nil {
			t.budget.giveBack()
			return nil, heldBackByLimiter(req.Context(), o, err)
		}
	}
}

// keepNothingOnceClosed closes the connections of a call that outlasted the client.
func (t *transport) keepNothingOnceClosed() {
	if t.closed.Load() {
		t.connections.closeIdle()
	}
}

// attempt signs and sends the request once and reads its answer.
func (t *transport) attempt(req *http.Request, x *exchange) outcome {
	caller := req.Context()
	ctx, cancel := t.withTimeout(caller)
	defer cancel()
	resp, err := t.connections.send(t.signed(ctx, req, x))
	x.received(resp)
	if err != nil {
		return outcome{err: t.failure(caller, ctx, 0, err)}
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusSwitchingProtocols { // the body is the bare connection, which obeys no deadline
		return outcome{err: invalidResponse(resp.StatusCode, "the answer asks to speak another protocol", nil)}
	}
	// What is read to its end leaves the connection free for the next attempt; what is too large costs it.
	content, err := x.read(resp.Body)
	if err != nil {
		return outcome{err: t.failure(caller, ctx, resp.StatusCode, err)}
	}
	if int64(len(content)) > t.maxResponseBytes {
		return outcome{err: invalidResponse(resp.StatusCode,
			fmt.Sprintf("the answer is larger than %d bytes (ClientOptions.MaxResponseBytes)", t.maxResponseBytes), nil)}
	}
	return outcome{resp: resp, content: content}
}

// signed returns the request of an attempt. What is written to belongs to it alone, as net/http may still hold the request
// of one that failed, and as a user's round tripper may change requests, although it should not.
func (t *transport) signed(ctx context.Context, req *http.Request, x *exchange) *http.Request {
	attempt := req.WithContext(ctx)
	if x.attempts > 1 || t.connections.own == nil {
		target := *req.URL
		attempt.URL = &target
		attempt.Header = make(http.Header, len(req.Header)+4)
		for name, values := range req.Header {
			attempt.Header[name] = values[:len(values):len(values)]
		}
	}
	var content []byte
	if body, ok := req.Body.(*requestBody); ok {
		content = body.content
		attempt.Body, attempt.ContentLength = bodyOfAttempt(content), int64(len(content))
		if !x.mayRepeat(req) {
			// With this, net/http sends the request again by itself when a connection from the pool fails, as long as nothing of
			// it was written. With a key, or with a method that repeats, it would do so also when the first one may have been
			// processed: under the same signature, and without anybody knowing.
			attempt.GetBody = func() (io.ReadCloser, error) { return bodyOfAttempt(content), nil }
		}
	}
	authorization, timestamp := t.credentials.authorize(req.Method, t.signedPath(req.URL), content, x.idempotencyKey)
	values := []string{jsonMediaType, t.userAgent, authorization, timestamp}
	attempt.Header["Accept"] = values[0:1:1]
	attempt.Header["User-Agent"] = values[1:2:2]
	attempt.Header["Authorization"] = values[2:3:3]
	if timestamp != "" {
		attempt.Header[timestampHeader] = values[3:4:4]
	}
	return attempt
}

// result returns the outcome as an http.Client would.
func (o outcome) result() (*http.Response, error) {
	if o.err != nil {
		return nil, o.err
	}
	return o.resp, nil
}

func (t *transport) withTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	if t.timeout < 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, t.timeout)
}

// signedPath returns the path and query that Plugipay sees: those that are sent, less the base URL's own path, which is
// the prefix of a gateway.
func (t *transport) signedPath(sent *url.URL) string {
	path := strings.TrimPrefix(sent.EscapedPath(), t.base.EscapedPath())
	if sent.RawQuery != "" || sent.ForceQuery {
		path += "?" + sent.RawQuery
	}
	return path
}

// failure returns the error for an attempt that got no answer, or only a part of one (then status is its status). The
// caller's context is that of the call, the attempt's has the timeout besides.
func (t *transport) failure(caller, attempt context.Context, status int, err error) *Error {
	// The request's URL, which an url.Error repeats, may hold a customer's id.
	for withURL, ok := findError[*url.Error](err); ok && withURL.Err != nil; withURL, ok = findError[*url.Error](err) {
		err = withURL.Err
	}
	failed := &Error{Status: status, Code: ErrorCodeNetworkError, Message: networkMessage(err), cause: err}
	switch {
	case errors.Is(caller.Err(), context.Canceled):
		failed.Code, failed.Message = ErrorCodeCanceled, "the context was canceled before the answer was there"
		failed.cause = causeOf(caller)
	case caller.Err() != nil:
		failed.Code, failed.Message = ErrorCodeTimeout, "the context's deadline passed before the answer was there"
		failed.cause = causeOf(caller)
	case attempt.Err() != nil:
		failed.Code, failed.Message = ErrorCodeTimeout, fmt.Sprintf("no answer within %s (ClientOptions.Timeout)", t.timeout)
		failed.cause = errors.Join(attempt.Err(), err)
	case isTimeout(err): // one of the user's own transport
		failed.Code = ErrorCodeTimeout
		failed.cause = errors.Join(context.DeadlineExceeded, err)
	}
	return failed
}

func isTimeout(err error) bool {
	timeout, ok := findError[net.Error](err)
	return ok && timeout.Timeout()
}

// networkMessage says what is wrong with a connection. Errors about what came over it are not repeated, as they quote it,
// and whoever answers may repeat what we sent.
func networkMessage(err error) string {
	_, operation := findError[*net.OpError](err)
	_, lookup := findError[*net.DNSError](err)
	_, certificate := findError[*tls.CertificateVerificationError](err)
	if operation || lookup || certificate || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, http.ErrSchemeMismatch) {
		return err.Error()
	}
	return "the connection failed, or what answered does not speak HTTP; errors.Unwrap tells more"
}

// endedWhileWaiting is the error of a call whose context ended between two attempts. errors.Is finds in it what ended the
// context, and what the last attempt failed with.
func endedWhileWaiting(caller context.Context, last outcome) *Error {
	_, err := last.open()
	ended := &Error{
		Status:    err.Status,
		Code:      ErrorCodeTimeout,
		Message:   "the context's deadline passed before the next attempt; the last one: " + err.Error(),
		RequestID: err.RequestID,
		cause:     causeOf(caller),
	}
	if !errors.Is(err, context.DeadlineExceeded) { // an attempt's timeout, which is not what ended the call
		ended.cause = errors.Join(ended.cause, err)
	}
	if errors.Is(caller.Err(), context.Canceled) {
		ended.Code = ErrorCodeCanceled
		ended.Message = "the context was canceled before the next attempt; the last one: " + err.Error()
	}
	return ended
}

// causeOf returns why the context ended: its Err, and the cause that it was given, if any.
func causeOf(ctx context.Context) error {
	if cause := context.Cause(ctx); !errors.Is(cause, ctx.Err()) {
		return errors.Join(ctx.Err(), cause)
	}
	return ctx.Err()
}
