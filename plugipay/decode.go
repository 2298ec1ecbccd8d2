package plugipay

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"reflect"
	"strings"

	"github.com/plugipay/plugipay-go/gen"
)

// envelope is what every answer comes in. Data holds a pointer to what the data is decoded into; null makes it nil.
// Meta has the paging of a list; the answers of other operations leave that empty.
type envelope struct {
	Data  any              `json:"data"`
	Error *gen.ErrorDetail `json:"error"`
	Meta  gen.ListMeta     `json:"meta"`

	empty bool // Nothing came of the data: it was null, or without anything that was looked for.
}

// decodeOne returns the resource that an answer holds. It takes what the low-level client returns.
func decodeOne[T any](x *exchange, resp *http.Response, err error) (*T, error) {
	defer x.end()
	out := new(T)
	env, err := open(x, resp, err, out)
	if err != nil {
		return nil, err
	}
	if env.empty { // a session without an id or a URL helps nobody
		failed := invalidResponse(resp.StatusCode, "the answer's data holds nothing of what was asked for", nil)
		failed.RequestID = env.Meta.RequestID
		return nil, x.describe(failed)
	}
	return out, nil
}

// leastItem is about how many bytes an item of a list has at the least. Room is made for no more of them than an answer
// can hold: there may be many less than were asked for.
const leastItem = 512

// decodePage returns the page of a list that an answer holds. It takes what the low-level client returns, and how many
// items were asked for, if that is known.
func decodePage[T any](x *exchange, resp *http.Response, err error, limit *int) (Page[T], error) {
	defer x.end()
	var data []T
	if limit != nil {
		data = make([]T, 0, max(0, min(*limit, len(x.content())/leastItem)))
	}
	env, err := open(x, resp, err, &data)
	if err != nil {
		return Page[T]{}, err
	}
	page := newPage(data, env.Meta)
	if page.HasMore && page.Cursor == nil { // whoever reads on with it would read the first page for ever
		failed := invalidResponse(resp.StatusCode, "there are more pages, but the answer has no cursor to get them by", nil)
		failed.RequestID = env.Meta.RequestID
		return Page[T]{}, x.describe(failed)
	}
	return page, nil
}

// open decodes the answer of a call, its data into out; a nil out drops the data. The error is an *Error if there is no
// answer, if the answer is an error, or if it is not one of Plugipay's.
func open(x *exchange, resp *http.Response, err error, out any) (*envelope, error) {
	if err != nil {
		return nil, x.describe(asError(err))
	}
	env, failed := openAnswer(resp, x.content(), out)
	if failed != nil {
		return nil, x.describe(failed)
	}
	x.report(resp.StatusCode, env.Meta.RequestID)
	return env, nil
}

func openAnswer(resp *http.Response, content []byte, out any) (*envelope, *Error) {
	succeeded := resp.StatusCode >= 200 && resp.StatusCode <= 299
	if succeeded && len(content) == 0 && (out == nil || resp.StatusCode == http.StatusNoContent) {
		return &envelope{}, nil
	}
	if !succeeded || out == nil {
		out = new(json.RawMessage)
	}
	env := &envelope{Data: out}
	err := json.Unmarshal(content, env)
	env.empty = env.Data == nil || isEmpty(out)
	switch {
	case env.Error != nil && env.Error.Code != "":
		return nil, sentError(resp.StatusCode, env)
	case err != nil || !succeeded || env.Error != nil || !holdsData(content, env):
		return nil, notAnEnvelope(resp, env, err)
	}
	return env, nil
}

// isEmpty tells whether nothing was decoded into what out points to.
func isEmpty(out any) bool {
	v := reflect.ValueOf(out).Elem()
	switch v.Kind() {
	case reflect.Slice:
		return v.Len() == 0
	case reflect.Struct: // field by field, as its IsZero looks up the name of the first that has a value
		for i := range v.NumField() {
			if !v.Field(i).IsZero() {
				return false
			}
		}
		return true
	}
	return v.IsZero()
}

// holdsData tells whether an answer that was decoded has data, be it null. Only where nothing came of that does it take a
// second look.
func holdsData(content []byte, env *envelope) bool {
	if !bytes.Contains(content, []byte(`"data"`)) {
		return false
	}
	if !env.empty {
		return true
	}
	var parts map[string]json.RawMessage
	_ = json.Unmarshal(content, &parts)
	_, ok := parts["data"]
	return ok
}

// sentError returns the error that an answer holds.
func sentError(status int, env *envelope) *Error {
	e := &Error{
		Status:    status,
		Code:      strings.ToLower(env.Error.Code),
		Message:   env.Error.Message,
		RequestID: env.Meta.RequestID,
	}
	if env.Error.Field != nil {
		e.Field = *env.Error.Field
	}
	if env.Error.DocURL != nil {
		e.DocURL = *env.Error.DocURL
	}
	if !bytes.Equal(env.Error.Details, []byte("null")) {
		e.Details = env.Error.Details
	}
	return e
}

// notAnEnvelope returns the error for an answer that Plugipay would not give: something between it and us, perhaps.
func notAnEnvelope(resp *http.Response, env *envelope, cause error) *Error {
	message := "the answer is not what Plugipay sends"
	mismatch, mismatched := findError[*json.UnmarshalTypeError](cause)
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode <= 399:
		message = "the answer is a redirect, which is not followed: check ClientOptions.BaseURL"
	case mismatched:
		message = fmt.Sprintf("the answer's %s is a JSON %s, which it never should be", cmp.Or(mismatch.Field, "body"), mismatch.Value)
	case cause != nil:
		message = "the answer is no JSON"
		if mediaType, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err == nil {
			message += ", it says that it is " + mediaType
		}
	case env.Error != nil && env.Error.Message != "":
		message = env.Error.Message
	}
	failed := invalidResponse(resp.StatusCode, message, cause)
	failed.RequestID = env.Meta.RequestID
	return failed
}

// asError returns the transport's error as it is, and what kept the low-level client from building a request as an
// invalid request.
func asError(err error) *Error {
	if failed, ok := findError[*Error](err); ok {
		return failed
	}
	return &Error{Code: ErrorCodeInvalidRequest, Message: "the request cannot be built", cause: err}
}
