package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	contract "github.com/plugipay/plugipay-go"
	"github.com/plugipay/plugipay-go/gen"
)

// contractDocument is openapi.yaml, ready for use.
type contractDocument struct {
	operations    []*operation
	errorEnvelope *openapi3.Schema
	options       *openapi3filter.Options
}

// operation is one operation of the contract.
type operation struct {
	route    *routers.Route
	segments []string // of the path's template
}

// loadContract reads the contract once for all the sandboxes of a process.
var loadContract = sync.OnceValues(readContract)

func readContract() (*contractDocument, error) {
	doc, err := openapi3.NewLoader().LoadFromData(contract.OpenAPI())
	if err != nil {
		return nil, fmt.Errorf("openapi.yaml cannot be read: %w", err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("openapi.yaml is not valid: %w", err)
	}
	envelope, ok := doc.Components.Schemas["ErrorEnvelope"]
	if !ok {
		return nil, errors.New("openapi.yaml has no schema ErrorEnvelope")
	}
	d := &contractDocument{errorEnvelope: envelope.Value, options: validationOptions()}
	for _, template := range doc.Paths.InMatchingOrder() {
		item := doc.Paths.Value(template)
		for method, o := range item.Operations() {
			d.operations = append(d.operations, &operation{
				route:    &routers.Route{Spec: doc, Path: template, PathItem: item, Method: method, Operation: o},
				segments: strings.Split(template, "/"),
			})
		}
	}
	return d, nil
}

func validationOptions() *openapi3filter.Options {
	return &openapi3filter.Options{
		AuthenticationFunc:    openapi3filter.NoopAuthenticationFunc, // an earlier step has done it
		SkipSettingDefaults:   true,
		IncludeResponseStatus: true,
		SchemaValidationOptions: []openapi3.SchemaValidationOption{
			openapi3.WithStringFormatValidator("date-time", openapi3.NewCallbackValidator(checkTime)),
			openapi3.WithStringFormatValidator("uri", openapi3.NewCallbackValidator(checkURL)),
		},
	}
}

func checkTime(value string) error {
	if _, err := time.Parse(time.RFC3339, value); err != nil {
		return errors.New("not a time")
	}
	return nil
}

func checkURL(value string) error {
	if u, err := url.Parse(value); err != nil || !u.IsAbs() || u.Hostname() == "" {
		return errors.New("not an absolute URL")
	}
	return nil
}

// find returns the operation for a method and an escaped path, and the values of the path's parameters. The segments of
// the path are unescaped one by one, so that an id may contain an escaped slash.
func (d *contractDocument) find(method, escapedPath string) (*operation, map[string]string, error) {
	if path.Clean(escapedPath) == escapedPath {
		segments := strings.Split(escapedPath, "/")
		for _, o := range d.operations {
			if values, ok := o.match(segments); ok && o.route.Method == method {
				return o, values, nil
			}
		}
	}
	return nil, nil, fail(gen.ErrorCodeNotFound, "no such method or path")
}

func (o *operation) match(segments []string) (values map[string]string, ok bool) {
	if len(segments) != len(o.segments) {
		return nil, false
	}
	values = map[string]string{}
	for i, pattern := range o.segments {
		value, err := url.PathUnescape(segments[i])
		if err != nil {
			return nil, false
		}
		if name, isParameter := strings.CutPrefix(pattern, "{"); isParameter {
			values[strings.TrimSuffix(name, "}")] = value
		} else if value != pattern {
			return nil, false
		}
	}
	return values, true
}

// takesQuery tells whether the operation has parameters in the query; where it has none, the query is ignored.
func (o *operation) takesQuery() bool {
	return slices.ContainsFunc(o.route.Operation.Parameters, func(p *openapi3.ParameterRef) bool {
		return p.Value.In == openapi3.ParameterInQuery
	})
}

// checkRequest holds a request against the contract. Its body is replaced by what the generated server shall decode.
func (d *contractDocument) checkRequest(r *http.Request, c *call) error {
	o, body := c.operation, c.body
	if _, err := url.ParseQuery(r.URL.RawQuery); err != nil && o.takesQuery() {
		return fail(gen.ErrorCodeValidationError, "the query is not properly escaped")
	}
	expectsBody := o.route.Operation.RequestBody != nil
	if expectsBody {
		if err := checkJSON(r.Header.Get("Content-Type"), body); err != nil {
			return err
		}
	}
	setBody(r, body)
	err := openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request:    r,
		PathParams: c.pathValues,
		Route:      o.route,
		Options:    d.options,
	})
	if err != nil {
		return requestFailure(err)
	}
	if expectsBody {
		if body, err = decodableBody(o.bodySchema(), body); err != nil {
			return err
		}
	}
	setBody(r, body)
	return nil
}

func setBody(r *http.Request, body []byte) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	r.GetBody = nil
}

func (o *operation) bodySchema() *openapi3.Schema {
	return o.route.Operation.RequestBody.Value.Content.Get(jsonMediaType).Schema.Value
}

// checkAnswer holds an answer against the contract: one to an operation against the operation, and any other, such as
// to a path that does not exist, against the envelope of errors.
func (d *contractDocument) checkAnswer(r *http.Request, o *operation, header http.Header, a answer) error {
	if o == nil {
		return d.checkErrorEnvelope(a)
	}
	err := openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, Route: o.route, Options: d.options},
		Status:                 a.status,
		Header:                 header,
		Body:                   io.NopCloser(bytes.NewReader(a.body)),
		Options:                d.options,
	})
	if err != nil {
		return breach(o.route.Operation.OperationID, a.status, err)
	}
	return nil
}

func (d *contractDocument) checkErrorEnvelope(a answer) error {
	value, err := decodeJSON(a.body)
	if err == nil {
		err = d.errorEnvelope.VisitJSON(value, d.options.SchemaValidationOptions...)
	}
	if err != nil {
		return breach("a request for no operation", a.status, err)
	}
	return nil
}
