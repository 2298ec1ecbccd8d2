package plugipay

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// exchange is what is known of a call while it lasts: its request may be sent several times, and its error tells how
// it went. It is the context that the low-level client is called with, and so gets from the method to the transport.
type exchange struct {
	context.Context // the caller's

	operation string        // its id in the contract, for the log
	info      *ResponseInfo // to fill in; nil for none
	// repeatable: the contract makes the operation idempotent, so that it may be sent again without a key.
	repeatable bool

	transport *transport
	// foreign: the answer is decoded into types of the caller's, which may hold on to its content although package json
	// asks them not to.
	foreign bool
	// buffer holds the body of the last answer until it is decoded; nil before there is one.
	buffer *answerBuffer

	idempotencyKey string        // that was sent; empty for none
	attempts       int           // so far
	retryAfter     time.Duration // that the last answer asked for; zero if it did not
	unsure         bool          // an attempt that failed may have been processed all the same
	header         http.Header   // of the last attempt's answer; nil for none
}

// begin starts a call of an operation, unless something keeps the client from making it.
func (c *Client) begin(ctx context.Context, operation string) (*exchange, error) {
	if err := checkContext(ctx); err != nil {
		return nil, err
	}
	x := &exchange{Context: ctx, transport: c.transport, operation: operation, info: responseInfo(ctx)}
	if c.unusable != nil {
		return nil, c.unusable
	}
	return x, nil
}

// beginFor starts a call of an operation on the resource with the id.
func (c *Client) beginFor(ctx context.Context, operation, id string) (*exchange, error) {
	x, err := c.begin(ctx, operation)
	if err != nil {
		return nil, err
	}
	if err := checkID(id); err != nil {
		return nil, err
	}
	return x, nil
}

// Format prints the context that it is, and not what it knows of the call: limiters, handlers of logs and round trippers get
// it, perhaps print it, and perhaps while it changes.
func (x *exchange) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, x.Context) }

// exchangeOf returns the call that a request belongs to.
func exchangeOf(req *http.Request) *exchange { return req.Context().(*exchange) }

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

// mayRepeat tells whether a request may be sent again although it may have been processed.
func (x *exchange) mayRepeat(req *http.Request) bool {
	return isRead(req.Method) || x.idempotencyKey != "" || x.repeatable
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
