package plugipay

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"reflect"
	"strings"

	"github.com/plugipay/plugipay-go/gen"
)

// envelope is the body of every response. Data holds a pointer to the value that the data is decoded into. Null data makes it
// nil. Meta has the paging of a list, which is empty for other operations.
type envelope struct {
	Data  any              `json:"data"`
	Error *gen.ErrorDetail `json:"error"`
	Meta  gen.ListMeta     `json:"meta"`

	noBody bool // a successful response with an empty body
}

// one makes the call and returns the resource in its response.
func one[T any](ctx context.Context, c *call) (*T, error) {
	data := new(T)
	env, err := c.do(ctx, data)
	if err != nil {
		return nil, err
	}
	if env.Data == nil || reflect.ValueOf(data).Elem().IsZero() { // an empty session cannot be used
		return nil, c.fail(c.invalid(noData, nil))
	}
	return data, nil
}

// list makes the call and returns the page in its response.
func list[T any](ctx context.Context, c *call) (Page[T], error) {
	var data []T
	env, err := c.do(ctx, &data)
	if err != nil {
		return Page[T]{}, err
	}
	if env.Data != nil && data == nil {
		return Page[T]{}, c.fail(c.invalid(noData, nil))
	}
	return pageOf(c, data, env.Meta)
}

// pageOf returns a page of the items, or an error if there are more pages but no cursor. Without a cursor, the caller would
// read the first page forever.
func pageOf[T any](c *call, items []T, meta gen.ListMeta) (Page[T], error) {
	page := newPage(items, meta)
	if page.HasMore && page.Cursor == nil {
		return Page[T]{}, c.fail(c.invalid("the list has more pages, but the response has no cursor", nil))
	}
	return page, nil
}

const noData = "the response does not have the data that was asked for"

// invalid returns the error for a successful response that cannot be used.
func (c *call) invalid(message string, cause error) *Error {
	failed := invalidResponse(c.response.status, message, cause)
	failed.RequestID = c.response.requestID
	failed.mayHaveBeenProcessed = true
	return failed
}

// decodeResponse decodes a response and decodes its data into out. The error is the error in the response, or invalid_response
// if Plugipay does not send such a response.
func decodeResponse(resp *http.Response, content []byte, out any) (*envelope, *Error) {
	succeeded := resp.StatusCode >= 200 && resp.StatusCode <= 299
	raw, isRaw := out.(*RawResponse)
	switch {
	case succeeded && isRaw:
		raw.read(resp.Header, content)
		return &envelope{noBody: true}, nil
	case succeeded && len(content) == 0:
		return &envelope{Data: out, noBody: true}, nil
	case !succeeded:
		out = new(json.RawMessage) // drops the data of an error
	}
	env, err := decodeEnvelope(content, out)
	failed := responseError(resp, env, err)
	if failed != nil {
		failed.RequestID = env.Meta.RequestID
		failed.mayHaveBeenProcessed = mayHaveBeenProcessed(failed.Status, failed.Code)
	}
	return env, failed
}

// decodeEnvelope decodes the body of a response and decodes its data into out. With an error, the envelope holds the parts
// that could be decoded.
func decodeEnvelope(content []byte, out any) (*envelope, error) {
	env := &envelope{Data: out}
	err := json.Unmarshal(content, env)
	if !isMismatch(err) || env.Error != nil {
		return env, err
	}
	var data json.RawMessage
	env = &envelope{Data: &data}
	if err := json.Unmarshal(content, env); err != nil { // the mismatch is not in the data
		return env, err
	}
	return env, decodeData(data, out)
}

// isMismatch reports whether err is about a JSON value whose type differs from its field.
func isMismatch(err error) bool {
	if err == nil {
		return false // avoids the allocation of errors.As
	}
	var mismatch *json.UnmarshalTypeError
	return errors.As(err, &mismatch)
}

// decodeData decodes the data of a response into out. The field in a mismatch error begins with "data".
func decodeData(data []byte, out any) error {
	err := decodeLeniently(data, out)
	var mismatch *json.UnmarshalTypeError
	if !errors.As(err, &mismatch) {
		return err
	}
	inData := *mismatch
	inData.Field = strings.TrimSuffix("data."+mismatch.Field, ".")
	return &inData
}

// decodeLeniently decodes JSON into out. In a session, a property whose type differs from the contract leaves its field empty
// if the property is not essential. A call that created a session must not fail because of such a property.
func decodeLeniently(content []byte, out any) error {
	err := json.Unmarshal(content, out)
	if !isMismatch(err) {
		return err
	}
	switch out := out.(type) {
	case *CheckoutSession:
		return out.decodeLeniently(content)
	case *[]CheckoutSession:
		return decodeSessionsLeniently(content, out)
	}
	return err
}

// responseError returns the error of a response, or nil. err is the error of decoding it.
func responseError(resp *http.Response, env *envelope, err error) *Error {
	switch {
	case env.Error != nil && env.Error.Code != "":
		return sentError(resp.StatusCode, env.Error)
	case resp.StatusCode >= 300 && resp.StatusCode <= 399:
		return invalidResponse(resp.StatusCode, "the response is a redirect, which is not followed: check ClientOptions.BaseURL", err)
	case resp.StatusCode == http.StatusProxyAuthRequired:
		return invalidResponse(resp.StatusCode, "a proxy in front of Plugipay asks for credentials", err)
	case err != nil:
		return invalidResponse(resp.StatusCode, decodingMessage(resp.Header, err), err)
	case env.Error != nil && env.Error.Message != "":
		return invalidResponse(resp.StatusCode, env.Error.Message, nil)
	case env.Error != nil, resp.StatusCode < 200, resp.StatusCode > 299:
		return invalidResponse(resp.StatusCode, "the response is not one that Plugipay sends", nil)
	}
	return nil
}

// decodingMessage describes why a response could not be decoded. It does not repeat the body.
func decodingMessage(header http.Header, err error) string {
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) {
		return fmt.Sprintf("the response's %s is a JSON %s, which is not the type in the contract", cmp.Or(mismatch.Field, "body"), jsonKind(mismatch.Value))
	}
	if mediaType, _, err := mime.ParseMediaType(header.Get("Content-Type")); err == nil {
		return "the response is not JSON (Content-Type " + mediaType + ")"
	}
	return "the response is not JSON"
}

// jsonKind returns the kind of value in an UnmarshalTypeError. For a number, the value itself follows the kind.
func jsonKind(value string) string {
	kind, _, _ := strings.Cut(value, " ")
	return kind
}

// sentError returns the error in a response.
func sentError(status int, sent *gen.ErrorDetail) *Error {
	e := &Error{Status: status, Code: strings.ToLower(sent.Code), Message: sent.Message}
	if field := cmp.Or(sent.Field, sent.Param); field != nil {
		e.Field = *field
	}
	if sent.DocURL != nil {
		e.DocURL = *sent.DocURL
	}
	if !bytes.Equal(sent.Details, []byte("null")) {
		e.Details = sent.Details
	}
	return e
}
