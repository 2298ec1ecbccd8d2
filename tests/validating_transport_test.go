package tests

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	contract "github.com/plugipay/plugipay-go"
)

// validatingTransport holds every request that a client sends, and every response that it gets, to openapi.yaml. A
// breach fails the test.
type validatingTransport struct {
	t    *testing.T
	next http.RoundTripper
	// badRequests lets requests break the contract, to see the answers to them.
	badRequests bool

	mu   sync.Mutex
	seen map[string]int // validated exchanges by operation id and status
}

func newValidatingTransport(t *testing.T) *validatingTransport {
	next := &http.Transport{Proxy: http.ProxyFromEnvironment}
	t.Cleanup(next.CloseIdleConnections)
	return &validatingTransport{t: t, next: next, seen: map[string]int{}}
}

// contractRouter finds the operation for a request to any host.
var contractRouter = sync.OnceValues(func() (routers.Router, error) {
	doc, err := openapi3.NewLoader().LoadFromData(contract.OpenAPI())
	if err != nil {
		return nil, err
	}
	doc.Servers = nil
	return legacy.NewRouter(doc)
})

var validationOptions = &openapi3filter.Options{
	AuthenticationFunc:    openapi3filter.NoopAuthenticationFunc, // signatures are the server's to check
	IncludeResponseStatus: true,                                  // a status that is not documented is a breach
}

func (v *validatingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	checked, sent, err := twice(r)
	if err != nil {
		return nil, err
	}
	input, err := validateRequest(checked)
	if err != nil && (input == nil || !v.badRequests) {
		v.t.Errorf("the request %s %s breaks the contract: %v", r.Method, r.URL.Path, err)
		return v.next.RoundTrip(sent)
	}
	resp, err := v.next.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	if err := validateResponse(input, resp); err != nil {
		v.t.Errorf("the response %d to %s %s breaks the contract: %v", resp.StatusCode, r.Method, r.URL.Path, err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.seen[fmt.Sprint(input.Route.Operation.OperationID, " ", resp.StatusCode)]++
	return resp, nil
}

// twice returns a request two times over, each with a body of its own: validation uses one up.
func twice(r *http.Request) (checked, sent *http.Request, err error) {
	checked, sent = r.Clone(r.Context()), r.Clone(r.Context())
	if r.Body == nil {
		return checked, sent, nil
	}
	body, err := io.ReadAll(r.Body)
	_ = r.Body.Close()
	checked.Body, sent.Body = io.NopCloser(bytes.NewReader(body)), io.NopCloser(bytes.NewReader(body))
	return checked, sent, err
}

func validateRequest(r *http.Request) (*openapi3filter.RequestValidationInput, error) {
	router, err := contractRouter()
	if err != nil {
		return nil, err
	}
	route, pathParams, err := router.FindRoute(r)
	if err != nil {
		return nil, err
	}
	input := &openapi3filter.RequestValidationInput{Request: r, PathParams: pathParams, Route: route, Options: validationOptions}
	return input, openapi3filter.ValidateRequest(r.Context(), input)
}

func validateResponse(request *openapi3filter.RequestValidationInput, resp *http.Response) error {
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return openapi3filter.ValidateResponse(resp.Request.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: request,
		Status:                 resp.StatusCode,
		Header:                 resp.Header,
		Body:                   io.NopCloser(bytes.NewReader(body)),
		Options:                validationOptions,
	})
}
