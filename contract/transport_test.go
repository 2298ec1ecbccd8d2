package contract_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/plugipay/plugipay-go/contract"
)

const (
	goodInput = `{"amount":1,"currency":"IDR","methods":["qris"],"successUrl":"https://a.example","cancelUrl":"https://a.example"}`
	meta      = `"meta":{"requestId":"req_1","timestamp":"2026-09-21T14:13:20.123Z"}`
	session   = `{"id":"cs_1","accountId":"acc_1","customerId":null,"amount":1,"currency":"SGD","status":"on_hold","methods":["new"],` +
		`"adapter":"managed","lineItems":null,"successUrl":"https://a.example","cancelUrl":"https://a.example",` +
		`"hostedUrl":"https://a.example","expiresAt":"2026-09-22T14:13:20.000Z","completedAt":null,"metadata":null,` +
		`"createdAt":"2026-09-22T14:13:20.000Z","updatedAt":"2026-09-22T14:13:20.000Z","aNewProperty":true}`
	envelope = `{"data":` + session + `,"error":null,` + meta + `}`
	failed   = `{"data":null,"error":{"code":"conflict","message":"no","details":null},` + meta + `}`
)

// exchange is a request and the response to it.
type exchange struct {
	method, path, key, body string
	status                  int
	header                  map[string]string
	response                string
}

// create returns an exchange that conforms to the contract.
func create() exchange {
	return exchange{
		method: "POST", path: "/api/v1/checkout-sessions", key: "idem_1", body: goodInput, status: 201, response: envelope,
	}
}

// reports sends the exchange through Transport and returns the reports, without their prefix.
func (e exchange) reports(t *testing.T) []string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != e.body {
			t.Errorf("the server received the body %q, error %v, want %q", body, err, e.body)
		}
		w.Header().Set("Content-Type", "application/json")
		for name, value := range e.header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(e.status)
		_, _ = io.WriteString(w, e.response)
	}))
	t.Cleanup(server.Close)
	var mu sync.Mutex
	var reports []string
	client := &http.Client{
		Transport: contract.Transport(server.Client().Transport, func(err error) {
			mu.Lock()
			defer mu.Unlock()
			reports = append(reports, strings.TrimPrefix(err.Error(), "contract: "))
		}),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	request, err := http.NewRequestWithContext(t.Context(), e.method, server.URL+e.path, strings.NewReader(e.body))
	if err != nil {
		t.Fatal(err)
	}
	if e.body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if e.key != "" {
		request.Header.Set("Idempotency-Key", e.key)
	}
	resp, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != e.response {
		t.Errorf("the caller received the body %q, error %v, want %q", body, err, e.response)
	}
	return reports
}

func TestTransport_ReportsEachBreach(t *testing.T) {
	t.Parallel()
	with := func(change func(e *exchange)) exchange {
		e := create()
		change(&e)
		return e
	}
	replaced := func(old, new string) exchange {
		return with(func(e *exchange) { e.response = strings.Replace(e.response, old, new, 1) })
	}
	get := exchange{method: "GET", path: "/api/v1/checkout-sessions/cs_1", status: 200, response: envelope}
	page := `{"data":[` + session + `],"error":null,` + meta + `}`
	list := exchange{method: "GET", path: "/api/v1/checkout-sessions", status: 200, response: page}
	withPath := func(e exchange, path string) exchange { e.path = path; return e }
	for name, tt := range map[string]struct {
		exchange exchange
		want     []string
	}{
		"no report for a valid request":           {create(), nil},
		"no report for a read":                    {get, nil},
		"no report for a path with an escape":     {withPath(get, "/api/v1/checkout-sessions/a%2Fb"), nil},
		"no report for a list":                    {list, nil},
		"no report behind a gateway":              {withPath(get, "/gateway/api/v1/checkout-sessions/cs_1"), nil},
		"no report for an unknown operation":      {exchange{method: "GET", path: "/api/v1/umbrellas", status: 418, response: "tea"}, nil},
		"no report for null details":              {exchange{method: "POST", path: "/api/v1/checkout-sessions/cs_1/cancel", key: "k", status: 409, response: failed}, nil},
		"a request without the key":               {with(func(e *exchange) { e.key = "" }), []string{"the request createCheckoutSession: Idempotency-Key is required"}},
		"a request without a body":                {with(func(e *exchange) { e.body = "" }), []string{"the request createCheckoutSession: the body is required"}},
		"a request with a wrong property":         {with(func(e *exchange) { e.body = strings.Replace(goodInput, "[\"qris\"]", "[\"qris\",\"barter\"]", 1) }), []string{"the request createCheckoutSession: methods.1 must be one of qris, va, ewallet, card, retail, paypal"}},
		"a request that is not JSON":              {with(func(e *exchange) { e.body = "{" }), []string{"the request createCheckoutSession: the body is not JSON"}},
		"a filter that is out of range":           {withPath(list, "/api/v1/checkout-sessions?limit=101"), []string{"the request listCheckoutSessions: limit must be at most 100"}},
		"a filter that is not a time":             {withPath(list, "/api/v1/checkout-sessions?createdAfter=yesterday"), []string{"the request listCheckoutSessions: createdAfter must be an ISO 8601 time such as 2026-09-01T00:00:00Z"}},
		"a status that is not documented":         {with(func(e *exchange) { e.status = 200 }), []string{"the response 200 to createCheckoutSession: status is not documented"}},
		"a response without a property":           {replaced(`"hostedUrl":"https://a.example",`, ""), []string{"the response 201 to createCheckoutSession: data.hostedUrl is required"}},
		"a response with a relative URL":          {replaced(`"hostedUrl":"https://a.example"`, `"hostedUrl":"/c/cs_1"`), []string{"the response 201 to createCheckoutSession: data.hostedUrl must be an absolute URL"}},
		"a response with another type":            {replaced(`"amount":1`, `"amount":"1"`), []string{"the response 201 to createCheckoutSession: data.amount must be a whole number"}},
		"a response with null for a text":         {replaced(`"id":"cs_1"`, `"id":null`), []string{"the response 201 to createCheckoutSession: data.id must be text"}},
		"a response with a number for an adapter": {replaced(`"adapter":"managed"`, `"adapter":1`), []string{"the response 201 to createCheckoutSession: data.adapter must be text or null"}},
		"a response with a bad customer":          {replaced(`"aNewProperty":true`, `"customer":{"id":1}`), []string{"the response 201 to createCheckoutSession: data.customer.id must be text"}},
		"a response with a time without a zone":   {replaced(`14:13:20.123Z`, `14:13:20.123`), []string{"the response 201 to createCheckoutSession: meta.timestamp must be an ISO 8601 time such as 2026-09-01T00:00:00Z"}},
		"a response of another media type":        {with(func(e *exchange) { e.header = map[string]string{"Content-Type": "text/html"} }), []string{"the response 201 to createCheckoutSession: Content-Type must be application/json"}},
		"a response with text in a count header":  {with(func(e *exchange) { e.header = map[string]string{"X-RateLimit-Limit": "many"} }), []string{"the response 201 to createCheckoutSession: X-RateLimit-Limit must be a whole number"}},
		"a response with a negative header":       {with(func(e *exchange) { e.header = map[string]string{"X-RateLimit-Remaining": "-1"} }), []string{"the response 201 to createCheckoutSession: X-RateLimit-Remaining must be at least 0"}},
		"a truncated response":                    {with(func(e *exchange) { e.response = envelope[:40] }), []string{"the response 201 to createCheckoutSession: the body is not JSON"}},
		"both a request and a response": {with(func(e *exchange) { e.key, e.status = "", 302 }), []string{
			"the request createCheckoutSession: Idempotency-Key is required", "the response 302 to createCheckoutSession: status is not documented"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tt.exchange.reports(t); !slices.Equal(got, tt.want) {
				t.Errorf("the reports are\n%q, want\n%q", got, tt.want)
			}
		})
	}
}

func TestTransport_ReportsNoValues(t *testing.T) {
	t.Parallel()
	e := create()
	e.key = ""
	e.body = strings.Replace(goodInput, `"IDR"`, `"secret-of-a-buyer"`, 1)
	e.response = strings.NewReplacer(`"https://a.example"`, `"secret-of-a-buyer"`).Replace(envelope)
	e.header = map[string]string{"X-RateLimit-Limit": "secret-of-a-buyer"}
	e.path += "?x=secret-of-a-buyer"
	reports := e.reports(t)
	if len(reports) < 2 {
		t.Errorf("the request and the response are reported as %q", reports)
	}
	for _, report := range reports {
		if strings.Contains(report, "secret") {
			t.Errorf("the report contains a value: %s", report)
		}
	}
}

// failingTransport returns the body, or an error if the body is nil.
type failingTransport struct{ body io.Reader }

func (f failingTransport) RoundTrip(*http.Request) (*http.Response, error) {
	if f.body == nil {
		return nil, io.ErrNoProgress
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(f.body)}, nil
}

func TestTransport_PassesFailuresOn(t *testing.T) {
	t.Parallel()
	report := func(err error) { t.Errorf("unexpected report: %v", err) }
	r, err := http.NewRequestWithContext(t.Context(), "GET", "https://plugipay.com/api/v1/checkout-sessions", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := contract.Transport(failingTransport{}, report).RoundTrip(r); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("error is %v", err)
	}
	truncated := io.MultiReader(strings.NewReader("{"), iotest.ErrReader(io.ErrUnexpectedEOF))
	resp, err := contract.Transport(failingTransport{truncated}, report).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(resp.Body); string(body) != "{" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the body is %q, error %v", body, err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
}

func TestOpenAPI_ReturnsACopy(t *testing.T) {
	t.Parallel()
	contract.OpenAPI()[0] = 'x'
	if contract.OpenAPI()[0] != '{' {
		t.Error("a change of the returned bytes changes the document")
	}
}
