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
	if err := c.do(ctx, data); err != nil {
		return nil, err
	}
	if c.response.envelope.Data == nil || reflect.ValueOf(data).Elem().IsZero() { // an empty session cannot be used
		return nil, c.fail(c.invalid(noData, nil))
	}
	return data, nil
}

// list makes the call and returns the page in its response.
func list[T any](ctx context.Context, c *call) (Page[T], error) {
	var data []T
	if err := c.do(ctx, &data); err != nil {
		return Page[T]{}, err
	}
	if c.response.envelope.Data != nil && data == nil {
		return Page[T]{}, c.fail(c.invalid(noData, nil))
	}
	return pageOf(c, data)
}

// pageOf returns a page of the items, or an error if there are more pages but no cursor. Without a cursor, the caller would
// read the first page forever.
func pageOf[T any](c *call, items []T) (Page[T], error) {
	page := newPage(items, c.response.envelope.Meta)
	if page.HasMore && page.Cursor == nil {
		return Page[T]{}, c.fail(c.invalid("the list has more pages, but the response has no cursor", nil))
	}
	return page, nil
}

const noData = "the response does not have the data that was asked for"

// invalid returns the error for a successful response that cannot be used.
func (c *call) invalid(message string, cause error) *Error {
	failed := invalidResponse(c.response.status, message, cause)
	failed.RequestID = c.response.envelope.Meta.RequestID
	failed.mayHaveBeenProcessed = true
	return failed
}

// decode decodes the body of the response into its envelope, and the data into out. The error is the error in the response, or
// invalid_response if Plugipay does not send such a response.
func (r *response) decode(content []byte, out any) *Error {
	succeeded := r.status >= 200 && r.status <= 299
	raw, isRaw := out.(*RawResponse)
	switch {
	case succeeded && isRaw:
		raw.read(r.header, content)
		r.envelope = envelope{noBody: true}
		return nil
	case succeeded && len(content) == 0:
		r.envelope = envelope{Data: out, noBody: true}
		return nil
	case !succeeded:
		out = new(json.RawMessage) // drops the data of an error
	}
	failed := r.error(r.decodeEnvelope(content, out))
	if failed != nil {
		failed.RequestID = r.envelope.Meta.RequestID
		failed.mayHaveBeenProcessed = mayHaveBeenProcessed(failed.Status, failed.Code)
	}
	return failed
}

// decodeEnvelope decodes the body of the response and decodes its data into out. With an error, the envelope holds the parts
// that could be decoded.
func (r *response) decodeEnvelope(content []byte, out any) error {
	r.envelope = envelope{Data: out}
	err := json.Unmarshal(content, &r.envelope)
	if !isMismatch(err) || r.envelope.Error != nil {
		return err
	}
	var data json.RawMessage
	r.envelope = envelope{Data: &data}
	if err := json.Unmarshal(content, &r.envelope); err != nil { // the mismatch is not in the data
		return err
	}
	return decodeData(data, out)
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

// error returns the error of the response, or nil. err is the error of decoding it.
func (r *response) error(err error) *Error {
	sent := r.envelope.Error
	switch {
	case sent != nil && sent.Code != "":
		return sentError(r.status, sent)
	case r.status >= 300 && r.status <= 399:
		return invalidResponse(r.status, "the response is a redirect, which is not followed: check ClientOptions.BaseURL", err)
	case r.status == http.StatusProxyAuthRequired:
		return invalidResponse(r.status, "a proxy in front of Plugipay asks for credentials", err)
	case err != nil:
		return invalidResponse(r.status, decodingMessage(r.header, err), err)
	case sent != nil && sent.Message != "":
		return invalidResponse(r.status, sent.Message, nil)
	case sent != nil, r.status < 200, r.status > 299:
		return invalidResponse(r.status, "the response is not one that Plugipay sends", nil)
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
