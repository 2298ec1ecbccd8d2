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

// transport sends the requests of attempts: it is what the low-level client and Do hand them to. Each is signed right before
// it is sent, and its answer read to the end, so that its timeout covers both.
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

// Do signs a request and sends it once, and reads its answer to the end into the exchange. The error is an *Error if there
// is no answer, or only a part of one. The request is this attempt's own: it is written to, and net/http may hold it still
// when Do has returned.
func (t *transport) Do(req *http.Request) (*http.Response, error) {
	x := exchangeOf(req)
	x.attempts++
	t.complete(req, x)
	x.record = startRecord(t.logger, x)
	o := t.roundTrip(req, x)
	x.record.end(o)
	if o.err != nil {
		return nil, o.err
	}
	return o.resp, nil
}

// keepNothingOnceClosed closes the connections of a call that outlasted the client.
func (t *transport) keepNothingOnceClosed() {
	if t.closed.Load() {
		t.connections.closeIdle()
	}
}

// roundTrip sends the request and reads its answer.
func (t *transport) roundTrip(req *http.Request, x *exchange) outcome {
	resp, err := t.connections.send(req)
	x.received(resp)
	if err != nil {
		return outcome{err: t.failure(x, req.Context(), 0, err)}
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusSwitchingProtocols { // the body is the bare connection, which obeys no deadline
		return outcome{err: invalidResponse(resp.StatusCode, "the answer asks to speak another protocol", nil)}
	}
	// What is read to its end leaves the connection free for the next attempt; what is too large costs it.
	content, err := x.read(resp.Body)
	if err != nil {
		return outcome{err: t.failure(x, req.Context(), resp.StatusCode, err)}
	}
	if int64(len(content)) > t.maxResponseBytes {
		return outcome{err: invalidResponse(resp.StatusCode,
			fmt.Sprintf("the answer is larger than %d bytes (ClientOptions.MaxResponseBytes)", t.maxResponseBytes), nil)}
	}
	return outcome{resp: resp, content: content}
}

// complete adds to a request what it is sent with: its body's length and the headers of every request, signed now.
func (t *transport) complete(req *http.Request, x *exchange) {
	if x.body != nil {
		req.ContentLength = int64(len(x.body))
		if !x.mayRepeat() {
			// With this, net/http sends the request again by itself when a connection from the pool fails, as long as nothing of
			// it was written. With a key, or with a method that repeats, it would do so also when the first one may have been
			// processed: under the same signature, and without anybody knowing.
			req.GetBody = func() (io.ReadCloser, error) { return newBody(x.body), nil }
		}
	}
	authorization, timestamp := t.credentials.authorize(req.Method, t.signedPath(req.URL), x.body, x.idempotencyKey)
	values := []string{jsonMediaType, t.userAgent, authorization, timestamp}
	req.Header["Accept"] = values[0:1:1]
	req.Header["User-Agent"] = values[1:2:2]
	req.Header["Authorization"] = values[2:3:3]
	if timestamp != "" {
		req.Header[timestampHeader] = values[3:4:4]
	}
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
