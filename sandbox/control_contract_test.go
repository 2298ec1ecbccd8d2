package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/plugipay/plugipay-go/sandbox"
)

// controlContract checks requests and responses against the document that a sandbox serves at /_sandbox/openapi.json.
type controlContract struct {
	document *openapi3.T
	router   routers.Router
}

var loadedControlContract = sync.OnceValues(func() (*controlContract, error) {
	encoded, err := sandbox.ControlContract()
	if err != nil {
		return nil, err
	}
	document, err := openapi3.NewLoader().LoadFromData(encoded)
	if err != nil {
		return nil, err
	}
	if err := document.Validate(context.Background()); err != nil {
		return nil, err
	}
	document.Servers = nil // so that every address matches
	router, err := legacy.NewRouter(document)
	return &controlContract{document: document, router: router}, err
})

// checkControl checks a response of a control route against the contract. It checks the request as well if it succeeded. It
// ignores refused requests for unknown paths: the tests that make them check the responses.
func checkControl(t testing.TB, r *http.Request, sent string, got *http.Response) {
	t.Helper()
	contract, err := loadedControlContract()
	if err != nil {
		t.Fatal(err)
	}
	route, parameters, err := contract.router.FindRoute(r)
	if err != nil {
		if got.StatusCode < 400 {
			t.Errorf("%s %s is not in the contract: %v", r.Method, r.URL.Path, err)
		}
		return
	}
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	got.Body = io.NopCloser(bytes.NewReader(body))
	checked := r.Clone(r.Context())
	checked.Body = io.NopCloser(strings.NewReader(sent))
	input := &openapi3filter.RequestValidationInput{Request: checked, PathParams: parameters, Route: route}
	if got.StatusCode < 400 {
		if err := openapi3filter.ValidateRequest(r.Context(), input); err != nil {
			t.Errorf("%s %s %s succeeded, but breaks the contract: %v", r.Method, r.URL, sent, err)
		}
	}
	err = openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input,
		Status:                 got.StatusCode,
		Header:                 got.Header,
		Body:                   io.NopCloser(bytes.NewReader(body)),
		Options:                &openapi3filter.Options{IncludeResponseStatus: true},
	})
	if err != nil {
		t.Errorf("the response %d to %s %s breaks the contract: %v\n%s", got.StatusCode, r.Method, r.URL, err, body)
	}
}

func TestControlContract_IsServedAsJSON(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	response, err := c.http.Do(c.controlRequest("GET", "openapi.json", ""))
	must(t, err)
	defer response.Body.Close()
	var document struct {
		OpenAPI string
		Paths   map[string]map[string]any
	}
	if err := json.NewDecoder(response.Body).Decode(&document); err != nil || response.StatusCode != 200 ||
		response.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("status %d, %v: %v", response.StatusCode, response.Header, err)
	}
	var served []string
	for path, operations := range document.Paths {
		for method := range operations {
			served = append(served, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(served)
	if routes := sandbox.ControlRoutes(); !slices.Equal(served, routes) {
		t.Errorf("the contract has\n%v\nthe sandbox has\n%v", served, routes)
	}
}
