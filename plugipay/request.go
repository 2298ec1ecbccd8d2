package plugipay

import (
	"cmp"
	"context"
	"io"
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
	x, err := c.begin(ctx, operationDo)
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
	x, err := c.begin(ctx, operationDoList)
	if err != nil {
		return Page[T]{}, err
	}
	x.foreign = true
	resp, err := c.send(x, opts)
	return decodePage[T](x, resp, err, nil)
}

// send builds the request and hands it to the transport.
func (c *Client) send(x *exchange, opts RequestOptions) (*http.Response, error) {
	req, err := c.newRequest(x, opts)
	if err != nil {
		return nil, err
	}
	return c.transport.Do(req)
}

func (c *Client) newRequest(x *exchange, opts RequestOptions) (*http.Request, error) {
	method := strings.ToUpper(opts.Method)
	if err := checkMethod(method); err != nil {
		return nil, err
	}
	if err := checkPath(opts.Path); err != nil {
		return nil, err
	}
	var body io.Reader
	if opts.Body != nil {
		content, err := encode(opts.Body)
		if err != nil {
			return nil, err
		}
		body = content
	}
	req, err := http.NewRequestWithContext(x, method, c.BaseURL()+opts.Path, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", jsonMediaType)
	}
	if err := setHeader(req, idempotencyKeyHeader, "RequestOptions.IdempotencyKey", opts.IdempotencyKey); err != nil {
		return nil, err
	}
	if err := setHeader(req, onBehalfOfHeader, "RequestOptions.OnBehalfOf", cmp.Or(opts.OnBehalfOf, c.onBehalfOf)); err != nil {
		return nil, err
	}
	return req, nil
}

// setHeader sets a header that an option holds, unless it is empty.
func setHeader(req *http.Request, header, option, value string) error {
	if value == "" {
		return nil
	}
	if err := checkHeaderValue(option, value); err != nil {
		return err
	}
	req.Header.Set(header, value)
	return nil
}
