package plugipay

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// exchange is what is known of a call while it lasts: its request may be sent several times, and its error tells how
// it went. It is a context, and in that of each attempt, and so gets through the low-level client to the transport.
type exchange struct {
	context.Context // the caller's

	operation string // its id in the contract, or operationDo and its like
	method    string
	info      *ResponseInfo // to fill in; nil for none
	// repeatable: the contract makes the operation idempotent, so that it may be sent again without a key.
	repeatable bool

	transport *transport
	// foreign: the answer is decoded into types of the caller's, which may hold on to its content although package json
	// asks them not to.
	foreign bool
	// buffer holds the body of the last answer until it is decoded; nil before there is one.
	buffer *answerBuffer

	idempotencyKey string         // that is sent; empty for none
	body           []byte         // that is sent, the same bytes each time; nil for none
	attempts       int            // so far
	retryAfter     time.Duration  // that the last answer asked for; zero if it did not
	unsure         bool           // an attempt that failed may have been processed all the same
	header         http.Header    // of the last attempt's answer; nil for none
	record         *attemptRecord // of the last attempt; nil without a logger
}

// begin starts a call of an operation, unless something keeps the client from making it.
func (c *Client) begin(ctx context.Context, method, operation string) (*exchange, error) {
	if err := checkContext(ctx); err != nil {
		return nil, err
	}
	x := &exchange{
		Context:   ctx,
		transport: c.transport,
		operation: operation,
		method:    method,
		info:      responseInfo(ctx),
	}
	if c.unusable != nil {
		return nil, c.unusable
	}
	return x, nil
}

// beginFor starts a call of an operation on the resource with the id.
func (c *Client) beginFor(ctx context.Context, method, operation, id string) (*exchange, error) {
	x, err := c.begin(ctx, method, operation)
	if err != nil {
		return nil, err
	}
	if err := checkID(id); err != nil {
		return nil, err
	}
	return x, nil
}

// send makes the call: it makes an attempt, and others if that is worth it and does no harm, and returns the last one's
// answer, whose body is in the exchange. The error is an *Error. attempt calls the low-level client, or hands the transport
// a request of its own: each attempt's is built anew, as net/http may still hold the one before it, and a user's round
// tripper may have changed that, although it should not.
func (x *exchange) send(attempt func(context.Context) (*http.Response, error)) (*http.Response, error) {
	t := x.transport
	if err := x.Err(); err != nil {
		return nil, t.failure(x, x, 0, err)
	}
	defer t.keepNothingOnceClosed()
	if err := t.limits.wait(x); err != nil {
		return nil, refusedByLimiter(x, err)
	}
	for {
		o := x.try(attempt)
		if !x.shouldRetry(o) {
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
		x.record.retry(pause)
		if wait(x, pause) != nil {
			t.budget.giveBack()
			return nil, endedWhileWaiting(x, o)
		}
		if err := t.limits.wait(x); err != nil {
			t.budget.giveBack()
			return nil, heldBackByLimiter(x, o, err)
		}
	}
}

// try makes an attempt.
func (x *exchange) try(attempt func(context.Context) (*http.Response, error)) outcome {
	ctx, cancel := x.transport.withTimeout(x)
	defer cancel()
	x.retryAfter = 0
	resp, err := attempt(ctx)
	if err != nil {
		return outcome{err: asError(err)}
	}
	x.retryAfter = retryAfter(resp.Header)
	return outcome{resp: resp, content: x.content()}
}

type exchangeInContext struct{}

// exchangeOf returns the call that a request belongs to.
func exchangeOf(req *http.Request) *exchange {
	return req.Context().Value(exchangeInContext{}).(*exchange)
}

// Value returns what the caller's context has for the key; for exchangeOf, the exchange itself.
func (x *exchange) Value(key any) any {
	if key == (exchangeInContext{}) {
		return x
	}
	return x.Context.Value(key)
}

// Format prints the context that it is, and not what it knows of the call: limiters, handlers of logs and round trippers get
// it, perhaps print it, and perhaps while it changes.
func (x *exchange) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, x.Context) }

// encode writes the body of the call's requests.
func (x *exchange) encode(body any) error {
	content, err := json.Marshal(body)
	if err != nil {
		return &Error{Code: ErrorCodeSerializeFailed, Message: "the body cannot be written as JSON", cause: err}
	}
	x.body = content
	return nil
}

// read reads the body of an answer, to be decoded before the call ends.
func (x *exchange) read(body io.Reader) ([]byte, error) {
	if x.buffer == nil {
		x.buffer = x.transport.buffers.get()
	}
	return x.buffer.readFrom(body, x.transport.maxResponseBytes)
}

// content returns the body of the last answer.
func (x *exchange) content() []byte {
	if x.buffer == nil {
		return nil
	}
	return x.buffer.content.Bytes()
}

// end ends a call, of which only the answer's content is gone then: its buffer is for other calls.
func (x *exchange) end() {
	if x.buffer != nil && !x.foreign {
		x.transport.buffers.put(x.buffer)
	}
	x.buffer = nil
}

// mayRepeat tells whether the request may be sent again although it may have been processed.
func (x *exchange) mayRepeat() bool {
	return isRead(x.method) || x.idempotencyKey != "" || x.repeatable
}

// isRead tells whether a request with the method changes nothing.
func isRead(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// received keeps the header of an attempt's answer; resp is nil if there was none.
func (x *exchange) received(resp *http.Response) {
	x.header = nil
	if resp != nil {
		x.header = resp.Header
	}
}

// describe adds to an error how the call went, and tells it to who asked with WithResponse.
func (x *exchange) describe(err *Error) *Error {
	err.Attempts = x.attempts
	err.RetryAfter = x.retryAfter
	err.IdempotencyKey = x.idempotencyKey
	x.report(err.Status, err.RequestID)
	return err
}
