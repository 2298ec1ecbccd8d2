package plugipay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxResponseBytes is how much of an answer is read, decompressed. The largest answer that Plugipay documents, a page of
// 100 sessions, is about a hundredth of it.
const maxResponseBytes = 8 << 20

// transport sends requests: it is what the low-level client and Do hand them to. It signs each request right before it
// is sent and reads the whole answer, so that its timeout covers both.
type transport struct {
	http        *http.Client
	credentials credentials
	base        *url.URL
	timeout     time.Duration
}

// Do sends req and returns its answer with the body read. The error is an *Error if there is no answer. The headers of
// req are added to; the low-level client and Do make a new request for each call.
func (t *transport) Do(req *http.Request) (*http.Response, error) {
	body, err := bodyOf(req)
	if err != nil {
		return nil, &Error{Code: ErrorCodeInvalidRequest, Message: "the body cannot be read", cause: err}
	}
	req.Header.Set("Accept", jsonMediaType)
	t.credentials.authorize(req.Header, SignInput{
		Method:         req.Method,
		Path:           t.signedPath(req.URL),
		Body:           body,
		IdempotencyKey: req.Header.Get(idempotencyKeyHeader),
	})
	return t.attempt(req)
}

// attempt sends the request once and reads its answer.
func (t *transport) attempt(req *http.Request) (*http.Response, error) {
	caller := req.Context()
	ctx, cancel := t.withTimeout(caller)
	defer cancel()
	resp, err := t.http.Do(req.WithContext(ctx))
	if err != nil {
		return nil, t.failure(caller, 0, err)
	}
	defer func() { _ = resp.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(resp.Body, maxResponseBytes+1))
	if err != nil {
		return nil, t.failure(caller, resp.StatusCode, err)
	}
	if len(content) > maxResponseBytes {
		return nil, invalidResponse(resp.StatusCode, fmt.Sprintf("the answer is larger than %d bytes", maxResponseBytes), nil)
	}
	resp.Body = io.NopCloser(bytes.NewReader(content))
	return resp, nil
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

// bodyOf returns the request's body without using it up.
func bodyOf(req *http.Request) (string, error) {
	if req.GetBody == nil {
		return "", nil
	}
	body, err := req.GetBody()
	if err != nil {
		return "", err
	}
	content, err := io.ReadAll(body)
	return string(content), err
}

// failure returns the error for a request that got no answer, or only a part of one (then status is its status).
func (t *transport) failure(caller context.Context, status int, err error) *Error {
	// The request's URL, which an url.Error repeats, may hold a customer's id.
	if withURL := (*url.Error)(nil); errors.As(err, &withURL) {
		err = withURL.Err
	}
	failed := &Error{Status: status, Code: ErrorCodeNetworkError, Message: err.Error(), cause: err}
	var timeout net.Error
	switch {
	case errors.Is(caller.Err(), context.Canceled):
		failed.Code, failed.Message = ErrorCodeCanceled, "the context was canceled before the answer was there"
		failed.cause = causeOf(caller)
	case caller.Err() != nil:
		failed.Code, failed.Message = ErrorCodeTimeout, "the context's deadline passed before the answer was there"
		failed.cause = causeOf(caller)
	case errors.Is(err, context.DeadlineExceeded):
		failed.Code, failed.Message = ErrorCodeTimeout, fmt.Sprintf("no answer within %s (ClientOptions.Timeout)", t.timeout)
	case errors.As(err, &timeout) && timeout.Timeout():
		failed.Code = ErrorCodeTimeout
	}
	return failed
}

// causeOf returns why the context ended: its Err, and the cause that it was given, if any.
func causeOf(ctx context.Context) error {
	if cause := context.Cause(ctx); !errors.Is(cause, ctx.Err()) {
		return errors.Join(ctx.Err(), cause)
	}
	return ctx.Err()
}
