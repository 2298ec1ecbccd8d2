package contract

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/plugipay/plugipay-go/internal/validator"
)

// maxBody is the maximum size of a body that is checked.
const maxBody = 16 << 20

// Transport returns an http.RoundTripper that sends requests with base and checks each request and each response against the
// contract. A nil base means http.DefaultTransport.
//
// It calls report with an error for each request and each response that breaks the contract. The error names the operation,
// the status, the property and the rule. It contains no value that was sent. The request is still sent, and the response
// is still returned. Transport does not check requests for operations that are not in the contract, bodies over 16 MiB and
// bodies with a Content-Encoding. report may be called by several goroutines at once.
//
// Use Transport in tests only, because it reads each response to its end before it returns.
func Transport(base http.RoundTripper, report func(error)) http.RoundTripper {
	if base == nil {
		base = http.DefaultTransport
	}
	if report == nil {
		report = func(error) {}
	}
	return &transport{base: base, report: report}
}

type transport struct {
	base   http.RoundTripper
	report func(error)
}

// loadValidator compiles the contract once for all transports.
var loadValidator = sync.OnceValues(func() (*validator.Validator, error) { return validator.New(OpenAPI()) })

// RoundTrip sends a request and returns its response.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	contract, err := loadValidator()
	if err != nil {
		closeBody(r)
		return nil, fmt.Errorf("contract: %w", err)
	}
	operation, pathValues := find(contract, r)
	if operation == nil {
		return t.base.RoundTrip(r)
	}
	sent, err := t.checkRequest(operation, pathValues, r)
	if err != nil {
		return nil, err
	}
	resp, err := t.base.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	t.checkResponse(operation, r, resp)
	return resp, nil
}

// CloseIdleConnections closes the idle connections of base, if base has such a method.
func (t *transport) CloseIdleConnections() {
	if base, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

// find returns the operation of a request. The path of the request may have a prefix, which comes from the base URL.
func find(contract *validator.Validator, r *http.Request) (*validator.Operation, map[string]string) {
	path := r.URL.EscapedPath()
	for {
		if operation, values, ok := contract.Find(r.Method, path); ok {
			return operation, values
		}
		slash := strings.Index(strings.TrimPrefix(path, "/"), "/")
		if slash < 0 {
			return nil, nil
		}
		path = strings.TrimPrefix(path, "/")[slash:]
	}
}

// checkRequest reports a request that breaks the contract, and returns the request to send. It is a copy, because checking reads
// the body and a round tripper must not change its request.
func (t *transport) checkRequest(operation *validator.Operation, pathValues map[string]string, r *http.Request) (*http.Request, error) {
	sent := *r
	var body []byte
	if r.Body != nil && r.Body != http.NoBody {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			closeBody(r)
			return nil, err
		}
		closeBody(r)
		sent.Body = io.NopCloser(bytes.NewReader(body))
	}
	if err := operation.CheckRequest(r, pathValues, body); err != nil && len(body) <= maxBody {
		t.report(fmt.Errorf("contract: the request %s: %w", operation.ID, err))
	}
	return &sent, nil
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
}

// checkResponse reports a response that breaks the contract, and restores its body.
func (t *transport) checkResponse(operation *validator.Operation, r *http.Request, resp *http.Response) {
	if resp.StatusCode == http.StatusSwitchingProtocols || resp.Header.Get("Content-Encoding") != "" {
		return
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	resp.Body = &replayedBody{Reader: io.MultiReader(bytes.NewReader(body), &failingReader{err}, resp.Body), Closer: resp.Body}
	if err != nil || len(body) > maxBody {
		return
	}
	if err := operation.CheckResponse(r, resp.StatusCode, resp.Header, body); err != nil {
		t.report(fmt.Errorf("contract: the response %d to %s: %w", resp.StatusCode, operation.ID, err))
	}
}

// replayedBody is a body that can be read again after the check.
type replayedBody struct {
	io.Reader
	io.Closer
}

// failingReader returns its error, or io.EOF if the error is nil.
type failingReader struct{ err error }

func (f *failingReader) Read([]byte) (int, error) {
	if f.err == nil {
		return 0, io.EOF
	}
	return 0, f.err
}
