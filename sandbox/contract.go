package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/plugipay/plugipay-go/contract"
	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/internal/validator"
)

// loadContract compiles the contract once for all sandboxes of a process.
var loadContract = sync.OnceValues(func() (*validator.Validator, error) { return validator.New(contract.OpenAPI()) })

// findOperation returns the operation of a request, and the values of the path's parameters.
func (s *Sandbox) findOperation(r *http.Request) (*validator.Operation, map[string]string, error) {
	operation, values, ok := s.contract.Find(r.Method, r.URL.EscapedPath())
	if !ok {
		return nil, nil, fail(gen.ErrorCodeNotFound, "no such method or path")
	}
	return operation, values, nil
}

// hasQueryParameters reports whether the operation has parameters in the query. If it has none, the query is ignored.
func hasQueryParameters(o *validator.Operation) bool {
	return slices.ContainsFunc(o.Spec.Parameters, func(p *openapi3.ParameterRef) bool {
		return p.Value.In == openapi3.ParameterInQuery
	})
}

// checkRequest checks a request against the contract. It replaces the body by the text that the generated server decodes.
func checkRequest(r *http.Request, c *call) error {
	if _, err := url.ParseQuery(r.URL.RawQuery); err != nil && hasQueryParameters(c.operation) {
		return fail(gen.ErrorCodeValidationError, "the query is not properly escaped")
	}
	if err := requestFailure(c.operation.CheckRequest(r, c.pathValues, c.body)); err != nil {
		return err
	}
	body := c.body
	if len(body) > 0 && c.operation.Spec.RequestBody != nil {
		var err error
		if body, err = decodableBody(bodySchema(c.operation), body); err != nil {
			return err
		}
	}
	setBody(r, body)
	return nil
}

// requestFailure turns a breach of the contract into a validation error.
func requestFailure(err error) error {
	var breach *validator.Breach
	switch {
	case err == nil:
		return nil
	case errors.As(err, &breach) && breach.Property != "":
		return invalid(breach.Property, breach.Rule)
	}
	return fail(gen.ErrorCodeValidationError, err.Error())
}

func setBody(r *http.Request, body []byte) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	r.GetBody = nil
}

func bodySchema(o *validator.Operation) *openapi3.Schema {
	return o.Spec.RequestBody.Value.Content.Get(jsonMediaType).Schema.Value
}

// breachOf returns an error if the contract does not allow a response. The response to an operation is checked against the
// operation, and any other, such as to a path that does not exist, against the envelope of errors.
func (s *Sandbox) breachOf(r *http.Request, o *validator.Operation, header http.Header, a response) error {
	of, err := "a request for no operation", error(nil)
	if o == nil {
		err = s.contract.CheckBody("ErrorEnvelope", a.body)
	} else {
		of, err = o.ID, o.CheckResponse(r, a.status, header, a.body)
	}
	if err != nil {
		return fmt.Errorf("sandbox: the response %d to %s breaks openapi.yaml: %w", a.status, of, err)
	}
	return nil
}
