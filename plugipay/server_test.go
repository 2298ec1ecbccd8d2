package plugipay_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/plugipay/plugipay-go/contract"
	"github.com/plugipay/plugipay-go/plugipay"
)

const (
	testKeyID  = "pk_test_0001"
	testSecret = "sk_test_alpha"
)

// received is a request that a server received.
type received struct {
	method string
	uri    string // path and query exactly as sent
	header http.Header
	body   string
}

// server sends the same response to every request and records the requests.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	requests []received
}

// responding starts a server that responds with the status and body.
func responding(t *testing.T, status int, body string) *server {
	t.Helper()
	return serving(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

// serving starts a server with the handler.
func serving(t *testing.T, handler http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.requests = append(s.requests, received{r.Method, r.RequestURI, r.Header.Clone(), string(body)})
		s.mu.Unlock()
		handler(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// client returns a client of the server that makes one attempt. change changes the options.
func (s *server) client(t *testing.T, change ...func(*plugipay.ClientOptions)) *plugipay.Client {
	t.Helper()
	opts := plugipay.ClientOptions{KeyID: testKeyID, Secret: testSecret, BaseURL: s.URL, MaxRetries: -1}
	for _, c := range change {
		c(&opts)
	}
	client, err := plugipay.NewClient(opts)
	if err != nil {
		t.Fatalf("NewClient: %v", err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func (s *server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

// only returns the one request that the server received.
func (s *server) only(t *testing.T) received {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.requests) != 1 {
		t.Fatalf("the server received %d requests, want 1", len(s.requests))
	}
	return s.requests[0]
}

// sessionJSON is a session with every property. sessionBody is a response with this session.
const sessionJSON = `{
	"id": "cs_01HX", "accountId": "acc_01", "customerId": "cus_01", "amount": 19900000, "currency": "IDR",
	"status": "open", "methods": ["qris", "va"], "adapter": "xendit",
	"lineItems": [{"name": "Annual Pro plan", "quantity": 1, "unitAmount": 19900000}],
	"successUrl": "https://example.com/thank-you", "cancelUrl": "https://example.com/cart",
	"hostedUrl": "https://plugipay.com/c/cs_01HX", "expiresAt": "2026-09-22T14:13:20.000Z",
	"completedAt": null, "metadata": {"order_id": "ord_42"},
	"createdAt": "2026-09-21T14:13:20.000Z", "updatedAt": "2026-09-21T14:13:20.000Z"}`

const metaJSON = `{"requestId": "req_01", "timestamp": "2026-09-21T14:13:20.123Z"}`

const sessionBody = `{"data": ` + sessionJSON + `, "error": null, "meta": ` + metaJSON + `}`

const emptyPageBody = `{"data": [], "error": null, "meta": {"requestId": "req_01", "timestamp": "2026-09-21T14:13:20.123Z",
	"cursor": null, "hasMore": false}}`

func validInput() plugipay.CheckoutSessionCreateInput {
	return plugipay.CheckoutSessionCreateInput{
		Amount:     199_000_00,
		Currency:   plugipay.CurrencyIDR,
		Methods:    []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS, plugipay.CheckoutMethodVA},
		SuccessURL: "https://example.com/thank-you",
		CancelURL:  "https://example.com/cart",
	}
}

// operation is a valid call of a public method.
type operation struct {
	name string
	with func(context.Context, *plugipay.Client) error
	list bool
}

func (o operation) call(t *testing.T, c *plugipay.Client) error {
	t.Helper()
	return o.with(t.Context(), c)
}

// operations returns a call of each public method that sends a request. Rules for all calls are tested with each of them.
func operations() []operation {
	return []operation{
		{name: "Create", with: func(ctx context.Context, c *plugipay.Client) error {
			_, err := c.CheckoutSessions.Create(ctx, validInput())
			return err
		}},
		{name: "Get", with: func(ctx context.Context, c *plugipay.Client) error {
			_, err := c.CheckoutSessions.Get(ctx, "cs_01HX")
			return err
		}},
		{name: "List", list: true, with: func(ctx context.Context, c *plugipay.Client) error {
			_, err := c.CheckoutSessions.List(ctx, plugipay.CheckoutSessionListParams{})
			return err
		}},
		{name: "All", list: true, with: func(ctx context.Context, c *plugipay.Client) error {
			var failed error
			for _, err := range c.CheckoutSessions.All(ctx, plugipay.CheckoutSessionListParams{}) {
				failed = err
			}
			return failed
		}},
		{name: "Cancel", with: func(ctx context.Context, c *plugipay.Client) error {
			_, err := c.CheckoutSessions.Cancel(ctx, "cs_01HX")
			return err
		}},
		{name: "Confirm", with: func(ctx context.Context, c *plugipay.Client) error {
			_, err := c.CheckoutSessions.Confirm(ctx, "cs_01HX")
			return err
		}},
		{name: "Do", with: func(ctx context.Context, c *plugipay.Client) error {
			var out plugipay.CheckoutSession
			return c.Do(ctx, plugipay.RequestOptions{
				Method: "POST", Path: "/api/v1/checkout-sessions", Body: validInput(), IdempotencyKey: "cart_42"}, &out)
		}},
		{name: "DoList", list: true, with: func(ctx context.Context, c *plugipay.Client) error {
			_, err := plugipay.DoList[plugipay.CheckoutSession](ctx, c, plugipay.RequestOptions{
				Method: "GET", Path: "/api/v1/checkout-sessions?limit=10"})
			return err
		}},
	}
}

// described returns the operations of the contract, by method and path. The id in a path is cs_01HX. An operation also has
// the parameters of its path.
func described(t *testing.T) map[string]*openapi3.Operation {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(contract.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	operations := map[string]*openapi3.Operation{}
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			operation.Parameters = append(operation.Parameters, item.Parameters...)
			operations[method+" "+strings.Replace(path, "{id}", "cs_01HX", 1)] = operation
		}
	}
	return operations
}

// body returns the body of a successful response to the operation.
func (o operation) body() string {
	if o.list {
		return emptyPageBody
	}
	return sessionBody
}

// wantError returns err as an *Error with the status and code.
func wantError(t *testing.T, err error, status int, code string) *plugipay.Error {
	t.Helper()
	var pe *plugipay.Error
	if !errors.As(err, &pe) {
		t.Fatalf("error is %v (%T), want a *plugipay.Error with code %s", err, err, code)
	}
	if pe.Status != status || pe.Code != code {
		t.Fatalf("error is %v with status %d and code %q, want %d %q", err, pe.Status, pe.Code, status, code)
	}
	return pe
}

// discardLog returns a logger for servers that fail on purpose.
func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }
