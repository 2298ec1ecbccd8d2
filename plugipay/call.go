package plugipay

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"
)

// call holds the state of one API call across its attempts.
type call struct {
	client    *Client
	operation string // its id in openapi.yaml, for the log
	// err is the first error in building the request. If it is not nil, nothing is sent.
	err error

	request        *http.Request // each attempt sends a copy of it; its URL is only the path and query, which are signed
	body           []byte        // nil for no body
	idempotencyKey string        // empty for no key
	// repeatable reports whether the operation is idempotent by contract and may be retried without a key.
	repeatable bool

	attempts             int
	mayHaveBeenProcessed bool // in one of the attempts so far
	response             response
	limited              io.LimitedReader // of the response's body
	duration             time.Duration    // of the last attempt
	info                 *ResponseInfo    // of WithResponse; nil without WithResponse
}

// response holds the parts of an attempt's response that are kept. It is zero for an attempt without a response.
type response struct {
	status   int
	header   http.Header
	envelope envelope
	body     []byte // kept only for WithResponse
}

// newCall returns a call of the operation. It resets the ResponseInfo of WithResponse.
func (c *Client) newCall(ctx context.Context, operation string) *call {
	started := &call{client: c, operation: operation, err: c.callErr}
	if ctx == nil {
		started.err = invalidRequest("the context is nil: pass context.Background() if you have no other")
		return started
	}
	started.info = responseInfo(ctx)
	return started
}

// send sets the request that each attempt sends. It takes the results of a function of package gen.
func (c *call) send(request *http.Request, err error) {
	switch {
	case c.err != nil:
	case err != nil:
		c.err = &Error{Code: ErrorCodeInvalidRequest, Message: "the request cannot be built", cause: err}
	default:
		c.request = request
	}
}

// do makes attempts until one succeeds or must not be retried. It decodes the data of the response into out. The error is an
// *Error.
func (c *call) do(ctx context.Context, out any) error {
	if c.err != nil {
		return c.fail(asError(c.err))
	}
	if ctx.Err() != nil {
		return c.fail(contextError(ctx, "before anything was sent", nil))
	}
	defer c.client.closeIdleIfClosed()
	var last *Error
	for {
		if err := c.client.limits.wait(ctx, c.request.Method); err != nil {
			return c.notRetried(limiterError(ctx, last, err))
		}
		failed := c.attempt(ctx, out)
		if failed == nil {
			c.client.budget.refund(c.attempts - 1)
			c.report()
			return nil
		}
		delay, err := c.shouldRetry(ctx, failed)
		if err != nil {
			return c.fail(err)
		}
		c.log(ctx, slog.LevelWarn, "plugipay: attempt failed, retrying", failed, slog.Duration("wait", delay))
		if sleep(ctx, delay) != nil {
			return c.notRetried(contextError(ctx, beforeRetry, failed))
		}
		last = failed
	}
}

// attempt sends the request once and reads the response to its end.
func (c *call) attempt(ctx context.Context, out any) *Error {
	attemptCtx, cancel := c.client.withTimeout(ctx)
	defer cancel()
	c.attempts++
	c.response = response{}
	request, trace := c.newAttempt(attemptCtx)
	started := time.Now()
	failed := c.exchange(ctx, request, trace, out)
	c.duration = time.Since(started)
	if failed != nil {
		c.mayHaveBeenProcessed = c.mayHaveBeenProcessed || failed.mayHaveBeenProcessed
	}
	c.log(ctx, slog.LevelDebug, "plugipay: attempt", failed)
	return failed
}

// exchange sends the request and decodes the response. ctx is the caller's context, without the attempt's timeout.
func (c *call) exchange(ctx context.Context, request *http.Request, trace *trace, out any) *Error {
	resp, err := c.client.http.Do(request)
	if err != nil {
		failed := c.client.connectionError(ctx, request.Context(), 0, err)
		failed.mayHaveBeenProcessed = !trace.notSent(request.Context(), err)
		return failed
	}
	defer func() { _ = resp.Body.Close() }()
	c.response = response{status: resp.StatusCode, header: resp.Header}
	buffer := c.client.buffers.Get().(*bytes.Buffer)
	defer func() {
		if buffer.Cap() <= maxPooledBytes {
			c.client.buffers.Put(buffer)
		}
	}()
	if failed := c.read(ctx, request.Context(), buffer, resp); failed != nil {
		return failed
	}
	if c.info != nil {
		c.response.body = bytes.Clone(buffer.Bytes())
	}
	return c.response.decode(buffer.Bytes(), out)
}

// maxPooledBytes is the maximum size of a buffer that is kept for another response. A page of 100 sessions fits easily.
const maxPooledBytes = 512 << 10

// read reads the body of the response into the buffer. After a body is read to its end, the next attempt can reuse the
// connection. A body that is too large closes the connection.
func (c *call) read(ctx, attempt context.Context, buffer *bytes.Buffer, resp *http.Response) *Error {
	if resp.StatusCode == http.StatusSwitchingProtocols { // the body is the connection itself, which has no deadline
		return permanentError(invalidResponse(resp.StatusCode, "the response asks to switch protocols", nil))
	}
	buffer.Reset()
	limit := c.client.maxResponseBytes
	c.limited = io.LimitedReader{R: resp.Body, N: limit + 1}
	if _, err := buffer.ReadFrom(&c.limited); err != nil {
		failed := c.client.connectionError(ctx, attempt, resp.StatusCode, err)
		failed.mayHaveBeenProcessed = true
		return failed
	}
	if int64(buffer.Len()) > limit {
		return permanentError(invalidResponse(resp.StatusCode,
			fmt.Sprintf("the response is larger than %d bytes (ClientOptions.MaxResponseBytes)", limit), nil))
	}
	return nil
}

// newAttempt returns a copy of the request for one attempt, signed now, and the trace of a write.
func (c *call) newAttempt(ctx context.Context) (*http.Request, *trace) {
	var t *trace
	if !isRead(c.request.Method) {
		ctx, t = newTrace(ctx, c.body == nil)
	}
	request := c.request.WithContext(ctx)
	// Some round trippers change the URL and the header, although they should not. So each attempt has its own.
	request.URL, request.Header = c.client.address(c.request.URL), maps.Clone(c.request.Header)
	request.GetBody = nil // keeps net/http from repeating the request by itself
	if c.body != nil {
		// With a body of this type, net/http sends header and body in one write.
		request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(c.body)), int64(len(c.body))
	}
	authorization, timestamp := c.client.credentials.authorize(
		request.Method, c.request.URL.RequestURI(), c.body, c.idempotencyKey)
	values := []string{authorization, timestamp, c.client.userAgent, jsonMediaType} // of four headers, in one allocation
	request.Header["Authorization"] = values[0:1:1]
	if timestamp != "" {
		request.Header[timestampHeader] = values[1:2:2]
	}
	request.Header["User-Agent"] = values[2:3:3]
	if request.Header["Accept"] == nil {
		request.Header["Accept"] = values[3:4:4]
	}
	if c.idempotencyKey != "" && c.body == nil {
		hideFromReplay(request.Header)
	}
	return request, t
}

// hideFromReplay spells the name of the Idempotency-Key header in lower case, which has the same meaning. With the canonical
// spelling, net/http repeats a request without a body when a kept connection fails. The client would not see that attempt,
// and its signature would be old.
func hideFromReplay(header http.Header) {
	header[strings.ToLower(idempotencyKeyHeader)] = header[idempotencyKeyHeader]
	delete(header, idempotencyKeyHeader)
}

// notRetried is fail for a call that ended before its next attempt. It returns the cost of the retry to the budget.
func (c *call) notRetried(err *Error) *Error {
	if c.attempts > 0 {
		c.client.budget.refund(1)
	}
	return c.fail(err)
}

// fail adds the state of the call to the error, and fills in the ResponseInfo of WithResponse.
func (c *call) fail(err *Error) *Error {
	c.report()
	err.Attempts = c.attempts
	err.RetryAfter = retryAfter(c.response.header)
	err.IdempotencyKey = c.idempotencyKey
	err.mayHaveBeenProcessed = err.mayHaveBeenProcessed || c.mayHaveBeenProcessed
	return err
}

// trace records what net/http does with the request of one attempt. Its hooks run on goroutines of net/http.
type trace struct {
	httptrace.ClientTrace
	asked, connected, written atomic.Bool
}

// newTrace returns the context of an attempt, and its trace. Over HTTP/2, net/http repeats a request without a body that the
// server refused. The client would not see that attempt, and its signature would be old. cancelReplay prevents it: the context
// ends when net/http takes another connection for a request that it has written.
func newTrace(ctx context.Context, cancelReplay bool) (context.Context, *trace) {
	t := &trace{}
	stop := func() {}
	if cancelReplay {
		ctx, stop = context.WithCancel(ctx)
	}
	t.GetConn = func(string) { t.asked.Store(true) }
	t.GotConn = func(httptrace.GotConnInfo) {
		t.connected.Store(true)
		if t.written.Load() {
			stop()
		}
	}
	t.WroteHeaders = func() { t.written.Store(true) }
	return httptrace.WithClientTrace(ctx, &t.ClientTrace), t
}

// notSent reports whether Plugipay cannot have received the request of an attempt that failed with err. Either no connection
// was made, or the connection failed before the header was written.
//
// A custom round tripper that does not use net/http leaves no trace. Then notSent reports whether err is a failed dial. An error
// that joins a failed dial with other errors does not count.
func (t *trace) notSent(attempt context.Context, err error) bool {
	if t == nil || !t.asked.Load() {
		return isDialError(err)
	}
	return !t.connected.Load() || !t.written.Load() && attempt.Err() == nil
}
