package plugipay

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"reflect"
	"slices"
	"strings"
)

const (
	jsonMediaType    = "application/json"
	onBehalfOfHeader = "X-Plugipay-On-Behalf-Of"
)

// RequestOptions describes a request for [Client.Do] and [DoList].
type RequestOptions struct {
	// Method is the HTTP method, such as "POST".
	Method string
	// Path is the path with its query, beginning with a slash: "/api/v1/checkout-sessions?limit=10". It is signed and sent
	// without changes, so escape the values in it: url.PathEscape for an id, url.Values.Encode for a query.
	Path string
	// Body is encoded as JSON. Nil means no body. Pass JSON text as a json.RawMessage. An io.Reader or a []byte is refused.
	Body any
	// IdempotencyKey is sent as the Idempotency-Key header. Empty means no key. See [WithIdempotencyKey] for the rules.
	IdempotencyKey string
	// OnBehalfOf is the merchant account (acc_…) to act for. Empty means the client's.
	OnBehalfOf string
	// Header holds additional headers, such as X-Plugipay-Mode or Accept. It is not changed. Headers that the client or net/http
	// sets are refused: Accept-Encoding, Authorization, Connection, Content-Length, Content-Type, Host, Idempotency-Key,
	// Trailer, Transfer-Encoding, User-Agent, X-Idempotency-Key, X-Plugipay-On-Behalf-Of and X-Plugipay-Timestamp.
	Header http.Header
}

// RawResponse receives a response of any media type, such as a receipt as PDF or a report as CSV. Pass a pointer to it as out
// to [Client.Do]. The request then accepts every media type, unless RequestOptions.Header has an Accept header.
type RawResponse struct {
	// Body is the response's body. It is empty, not nil, for a response without one.
	Body []byte
	// ContentType is the response's Content-Type, such as "application/pdf". It is empty if the response has none.
	ContentType string
	// FileName is the name that the response suggests for a file, without any folder. It is empty if it suggests none.
	FileName string
}

// Do sends a request to any of Plugipay's operations, including those that this package has no method for, and decodes the
// data of the response into out, a pointer. A nil out discards the data. A [*RawResponse] receives a successful response
// undecoded. If the data is null, or a successful response has no body, out is not changed. The exception is a
// [*CheckoutSession]: a response without a body is an error with the code invalid_response. After a decoding error, out may be
// partly written.
//
// Do signs, retries and returns an [*Error] in the same way as the methods of the resources.
func (c *Client) Do(ctx context.Context, opts RequestOptions, out any) error {
	call := c.newCall(ctx, "do")
	if v := reflect.ValueOf(out); call.err == nil && out != nil && (v.Kind() != reflect.Pointer || v.IsNil()) {
		call.err = invalidRequest("out must be a pointer that is not nil, or nil to drop the response's data")
	}
	raw, isRaw := out.(*RawResponse)
	call.describe(opts, isRaw)
	if isRaw {
		return call.do(ctx, raw)
	}
	var data json.RawMessage // a copy, because the types of the caller may keep it
	if err := call.do(ctx, &data); err != nil {
		return err
	}
	env := &call.response.envelope
	switch _, isSession := out.(*CheckoutSession); {
	case env.noBody && isSession, !env.noBody && env.Data != nil && data == nil:
		return call.fail(call.invalid(noData, nil))
	case out == nil || data == nil:
		return nil
	}
	if err := decodeData(data, out); err != nil {
		return call.fail(call.invalid(decodingMessage(call.response.header, err), err))
	}
	return nil
}

// DoList is [Client.Do] for operations that return a list. It decodes the response's data and paging into a page. Null data
// makes an empty page. A successful response without a body does the same.
func DoList[T any](ctx context.Context, c *Client, opts RequestOptions) (Page[T], error) {
	call := c.newCall(ctx, "doList")
	call.describe(opts, false)
	var data json.RawMessage
	if err := call.do(ctx, &data); err != nil {
		return Page[T]{}, err
	}
	env := &call.response.envelope
	var items []T
	switch {
	case env.noBody:
		return newPage[T](nil, env.Meta), nil
	case env.Data != nil && data == nil:
		return Page[T]{}, call.fail(call.invalid(noData, nil))
	case data != nil:
		if err := decodeData(data, &items); err != nil {
			return Page[T]{}, call.fail(call.invalid(decodingMessage(call.response.header, err), err))
		}
	}
	return pageOf(call, items)
}

// describe sets the request of the call from the options.
func (c *call) describe(opts RequestOptions, anyMediaType bool) {
	opts.Method = strings.ToUpper(opts.Method)
	opts.OnBehalfOf = cmp.Or(opts.OnBehalfOf, c.client.onBehalfOf)
	if c.err != nil {
		return
	}
	if c.err = opts.check(); c.err != nil {
		return
	}
	if opts.Body != nil {
		c.encode(opts.Body)
	}
	c.idempotencyKey = opts.IdempotencyKey
	c.send(opts.newRequest(c.body != nil, anyMediaType))
}

// newRequest returns the request without its body, which each attempt adds.
func (opts RequestOptions) newRequest(hasBody, anyMediaType bool) (*http.Request, error) {
	path, err := url.ParseRequestURI(opts.Path) // unlike url.Parse, takes no host from a path that begins with two slashes
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest(opts.Method, "", nil)
	if err != nil {
		return nil, err
	}
	request.URL = path
	for name, values := range opts.Header {
		request.Header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	if anyMediaType && request.Header.Get("Accept") == "" {
		request.Header.Set("Accept", "*/*")
	}
	if hasBody {
		request.Header.Set("Content-Type", jsonMediaType)
	}
	if opts.IdempotencyKey != "" {
		request.Header.Set(idempotencyKeyHeader, opts.IdempotencyKey)
	}
	if opts.OnBehalfOf != "" {
		request.Header.Set(onBehalfOfHeader, opts.OnBehalfOf)
	}
	return request, nil
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
		if err := checkPublicHeader("RequestOptions.OnBehalfOf", opts.OnBehalfOf); err != nil {
			return err
		}
	}
	switch opts.Body.(type) {
	case []byte, *[]byte, io.Reader:
		return invalidRequest("RequestOptions.Body is an io.Reader or a []byte: pass a value to be written as JSON, or a json.RawMessage")
	}
	return checkHeader(opts.Header)
}

// reservedHeaders are the headers that the client or net/http sets, or that change what net/http does.
var reservedHeaders = []string{
	"Accept-Encoding", "Authorization", "Connection", "Content-Length", "Content-Type", "Host", idempotencyKeyHeader, "Trailer",
	"Transfer-Encoding", "User-Agent", "X-Idempotency-Key", onBehalfOfHeader, timestampHeader,
}

// checkHeader refuses reserved headers and headers that cannot be sent. The error shows no value.
func checkHeader(header http.Header) error {
	for name, values := range header {
		canonical := http.CanonicalHeaderKey(name)
		switch {
		case !isToken(name):
			return invalidRequest("RequestOptions.Header has a name that is not a valid header name")
		case slices.Contains(reservedHeaders, canonical):
			return invalidRequest("RequestOptions.Header has " + canonical + ", which the client sets itself")
		case canonical == "Accept" && len(values) != 1:
			return invalidRequest("RequestOptions.Header must have one value for Accept")
		}
		for _, value := range values {
			if err := checkHeaderValue("RequestOptions.Header "+canonical, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// read fills r from a successful response.
func (r *RawResponse) read(header http.Header, content []byte) {
	r.Body = append([]byte{}, content...)
	r.ContentType = header.Get("Content-Type")
	r.FileName = ""
	if _, params, err := mime.ParseMediaType(header.Get("Content-Disposition")); err == nil && params["filename"] != "" {
		name := path.Base(strings.ReplaceAll(params["filename"], `\`, "/"))
		if name != "." && name != ".." && name != "/" && !bytes.ContainsAny([]byte(name), "\x00\r\n") {
			r.FileName = name
		}
	}
}
