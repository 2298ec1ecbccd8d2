package plugipay

import (
	"cmp"
	"context"
	"net/http"
	"reflect"
	"strings"
)

const onBehalfOfHeader = "X-Plugipay-On-Behalf-Of"

// RequestOptions describes a request for [Client.Do] and [DoList].
type RequestOptions struct {
	// Method is the HTTP method, such as "POST".
	Method string
	// Path is the path with its query, from the first slash on: "/api/v1/checkout-sessions?limit=10". It is signed and
	// sent as it is, so values in it must be escaped: url.PathEscape for an id, url.Values.Encode for a query.
	Path string
	// Body is written as JSON; nil means no body. Pass a json.RawMessage for what is JSON already.
	Body any
	// IdempotencyKey is sent as the Idempotency-Key header; empty means none. See [WithIdempotencyKey] for what a key
	// may be and does.
	IdempotencyKey string
	// OnBehalfOf is the merchant account (acc_…) to act for; empty means the client's.
	OnBehalfOf string
}

// Do sends a request to any of Plugipay's operations, also those that this package has no method for, and decodes the
// data of the answer into out, a pointer. A nil out drops the data; data that is null, and an answer 204, leave out as it
// is. When an answer cannot be decoded, what out points to may be partly written.
//
// It signs the request and maps errors as the methods of the resources do, and returns the same [*Error].
func (c *Client) Do(ctx context.Context, opts RequestOptions, out any) error {
	x, err := c.begin(ctx, opts.Method, operationDo)
	if err != nil {
		return err
	}
	x.foreign = true
	if v := reflect.ValueOf(out); out != nil && (v.Kind() != reflect.Pointer || v.IsNil()) {
		return invalidRequest("out must be a pointer that is not nil, or nil to drop the answer's data")
	}
	resp, err := c.send(x, opts)
	_, err = open(x, resp, err, out)
	return err
}

// DoList is [Client.Do] for operations that return a list: it decodes the answer's data and paging into a page. Data
// that is null makes an empty page.
func DoList[T any](ctx context.Context, c *Client, opts RequestOptions) (Page[T], error) {
	x, err := c.begin(ctx, opts.Method, operationDoList)
	if err != nil {
		return Page[T]{}, err
	}
	x.foreign = true
	resp, err := c.send(x, opts)
	return decodePage[T](x, resp, err, nil)
}

// send makes the call that the options describe.
func (c *Client) send(x *exchange, opts RequestOptions) (*http.Response, error) {
	opts.Method = strings.ToUpper(opts.Method)
	opts.OnBehalfOf = cmp.Or(opts.OnBehalfOf, c.onBehalfOf)
	if err := opts.check(); err != nil {
		return nil, err
	}
	x.method, x.idempotencyKey = opts.Method, opts.IdempotencyKey
	if opts.Body != nil {
		if err := x.encode(opts.Body); err != nil {
			return nil, err
		}
	}
	return x.send(func(ctx context.Context) (*http.Response, error) {
		req, err := c.newRequest(ctx, opts, x.body)
		if err != nil {
			return nil, err
		}
		return c.transport.Do(req)
	})
}

// check refuses options that cannot be sent.
func (opts RequestOptions) check() error {
	if err := checkMethod(opts.Method); err != nil {
		return err
	}
	if err := checkPath(opts.Path); err != nil {
		return err
	}
	if opts.IdempotencyKey != "" {
		if err := checkHeaderValue("RequestOptions.IdempotencyKey", opts.IdempotencyKey); err != nil {
			return err
		}
	}
	if opts.OnBehalfOf != "" {
		return checkHeaderValue("RequestOptions.OnBehalfOf", opts.OnBehalfOf)
	}
	return nil
}

// newRequest returns the request of an attempt; a nil body is none.
func (c *Client) newRequest(ctx context.Context, opts RequestOptions, body []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, opts.Method, c.BaseURL()+opts.Path, nil)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Body = newBody(body)
		req.Header.Set("Content-Type", jsonMediaType)
	}
	if opts.IdempotencyKey != "" {
		req.Header.Set(idempotencyKeyHeader, opts.IdempotencyKey)
	}
	if opts.OnBehalfOf != "" {
		req.Header.Set(onBehalfOfHeader, opts.OnBehalfOf)
	}
	return req, nil
}
