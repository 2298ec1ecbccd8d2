package tests

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/plugipay/plugipay-go/contract"
	"github.com/plugipay/plugipay-go/internal/validator"
)

// validatingTransport checks each request and each response of a client against openapi.yaml. A breach fails the test.
type validatingTransport struct {
	checked http.RoundTripper
	// badRequests allows requests that break the contract, to test the responses.
	badRequests bool

	mu   sync.Mutex
	seen map[string]int // validated exchanges by operation id and status
}

func newValidatingTransport(t *testing.T) *validatingTransport {
	next := &http.Transport{Proxy: http.ProxyFromEnvironment}
	t.Cleanup(next.CloseIdleConnections)
	v := &validatingTransport{seen: map[string]int{}}
	v.checked = contract.Transport(next, func(err error) {
		if !v.badRequests || !strings.HasPrefix(err.Error(), "contract: the request ") {
			t.Error(err)
		}
	})
	return v
}

// operations returns a validator that finds the operation of a request.
var operations = sync.OnceValues(func() (*validator.Validator, error) { return validator.New(contract.OpenAPI()) })

func (v *validatingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	known, err := operations()
	if err != nil {
		return nil, err
	}
	resp, err := v.checked.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	operation, _, ok := known.Find(r.Method, r.URL.EscapedPath())
	if !ok {
		return nil, fmt.Errorf("the contract does not have the operation %s %s", r.Method, r.URL.Path)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.seen[fmt.Sprint(operation.ID, " ", resp.StatusCode)]++
	return resp, nil
}
