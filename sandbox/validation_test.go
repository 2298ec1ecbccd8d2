package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/sandbox"
)

func TestCreate_InvalidInputIsRefused(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	const (
		tooLong      = "the body must be complete and at most 1 MiB long"
		itemName     = "lineItems.0.name"
		urlRule      = "must be an absolute URL"
		schemeRule   = "must match the pattern ^https?://"
		currencyRule = "must be one of IDR, USD"
		methodRule   = "must be one of qris, va, ewallet, card, retail, paypal"
		wholeRule    = "must be a whole number"
		plainRule    = "must be a 64-bit whole number in plain digits"
		quantity     = "lineItems.0.quantity"
	)
	item := func(properties string) string { return with("lineItems", "[{"+properties+"}]") }
	tests := map[string]struct{ body, field, rule string }{
		"zero amount":                    {with("amount", "0"), "amount", "must be at least 1"},
		"negative amount":                {with("amount", "-70001"), "amount", "must be at least 1"},
		"amount with a fraction":         {with("amount", "70001.5"), "amount", "must be a whole number"},
		"amount as text":                 {with("amount", `"70001"`), "amount", "must be a whole number"},
		"null amount":                    {with("amount", "null"), "amount", "must be a whole number"},
		"amount beyond 64 bits":          {with("amount", "9223372036854775808"), "amount", ""},
		"amount of 1e999":                {with("amount", "1e999"), "amount", ""},
		"amount with an exponent":        {with("amount", "7e4"), "amount", plainRule},
		"no amount":                      {with("amount", ""), "amount", "is required"},
		"unknown currency":               {with("currency", `"EUR"`), "currency", currencyRule},
		"currency in lower case":         {with("currency", `"usd"`), "currency", currencyRule},
		"null currency":                  {with("currency", "null"), "currency", "must be text"},
		"no currency":                    {with("currency", ""), "currency", "is required"},
		"no methods":                     {with("methods", ""), "methods", "is required"},
		"empty methods":                  {with("methods", "[]"), "methods", "must have at least one item"},
		"methods that are not a list":    {with("methods", `"card"`), "methods", "must be a list"},
		"null methods":                   {with("methods", "null"), "methods", "must be a list"},
		"unknown method":                 {with("methods", `["card","cash70001"]`), "methods.1", methodRule},
		"null method":                    {with("methods", `[null]`), "methods.0", ""},
		"successUrl of another scheme":   {with("successUrl", `"ftp://example.com/70001"`), "successUrl", schemeRule},
		"successUrl of javascript":       {with("successUrl", `"javascript:alert(70001)"`), "successUrl", urlRule},
		"relative successUrl":            {with("successUrl", `"/ok70001"`), "successUrl", urlRule},
		"successUrl with no host":        {with("successUrl", `"https://"`), "successUrl", urlRule},
		"successUrl with only a port":    {with("successUrl", `"https://:443/"`), "successUrl", urlRule},
		"successUrl that is broken":      {with("successUrl", `"https://[70001"`), "successUrl", urlRule},
		"successUrl as a number":         {with("successUrl", "70001"), "successUrl", "must be text"},
		"cancelUrl of another scheme":    {with("cancelUrl", `"data:,70001"`), "cancelUrl", urlRule},
		"no cancelUrl":                   {with("cancelUrl", ""), "cancelUrl", "is required"},
		"null lineItems":                 {with("lineItems", "null"), "lineItems", "must be a list"},
		"lineItem that is not an object": {with("lineItems", "[70001]"), "lineItems.0", "must be an object"},
		"lineItem without name":          {item(`"quantity":1,"unitAmount":2`), itemName, "is required"},
		"lineItem name as a number":      {item(`"name":70001,"quantity":1,"unitAmount":2`), itemName, "must be text"},
		"quantity with a fraction":       {item(`"name":"A","quantity":1.5,"unitAmount":2`), quantity, wholeRule},
		"empty customerId":               {with("customerId", `""`), "customerId", "must not be empty"},
		"null customerId":                {with("customerId", "null"), "customerId", "must be text"},
		"zero expiresInSec":              {with("expiresInSec", "0"), "expiresInSec", "must be at least 1"},
		"null expiresInSec":              {with("expiresInSec", "null"), "expiresInSec", "must be a whole number"},
		"null metadata":                  {with("metadata", "null"), "metadata", "must be an object"},
		"metadata as a list":             {with("metadata", `["70001"]`), "metadata", "must be an object"},
		"metadata with a number":         {with("metadata", `{"order":70001}`), "metadata.order", "must be text"},
		"empty templateId":               {with("templateId", `""`), "templateId", "must not be empty"},
		"null":                           {"null", "", "the body must be an object"},
		"a list":                         {"[]", "", "the body must be an object"},
		"not JSON":                       {`{"amount":70001`, "", "the body is not JSON"},
		"more than one JSON value":       {validInput + "{}", "", "the body is not JSON"},
		"empty body":                     {"", "", "the body is required"},
		"body that is too long":          {validInput + strings.Repeat(" ", 1<<20), "", tooLong},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.in(t).send(http.MethodPost, sessionsPath, tt.body).
				wantError(http.StatusBadRequest, gen.ErrorCodeValidationError, tt.field)
			got.wantMessage(tt.field, tt.rule)
			if strings.Contains(got.envelope.Error.Message, "70001") {
				t.Errorf("the message repeats the input: %s", got.envelope.Error.Message)
			}
			if listed := c.in(t).send(http.MethodGet, sessionsPath, "").sessions(); len(listed) > 0 {
				t.Errorf("a session was created")
			}
		})
	}
}

func TestValidation_LargestBodyIsAccepted(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	body := validInput + strings.Repeat(" ", 1<<20-len(validInput))
	c.send(http.MethodPost, sessionsPath, body).want(http.StatusCreated)
}

func TestValidation_ContentTypeMustBeJSON(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	tests := map[string]bool{
		"application/json":                  true,
		"application/json; charset=utf-8":   true,
		"Application/JSON":                  true,
		"":                                  false,
		"text/plain":                        false,
		"text/json":                         false,
		"application/x-www-form-urlencoded": false,
		"application/json, text/plain":      false,
	}
	for contentType, accepted := range tests {
		t.Run(contentType, func(t *testing.T) {
			t.Parallel()
			got := c.in(t).send(http.MethodPost, sessionsPath, validInput, tampered("Content-Type", contentType))
			if accepted {
				got.want(http.StatusCreated)
				return
			}
			got.wantError(http.StatusBadRequest, gen.ErrorCodeValidationError, "Content-Type")
			if want := "Content-Type must be application/json"; got.envelope.Error.Message != want {
				t.Errorf("message = %q, want %q", got.envelope.Error.Message, want)
			}
		})
	}
}

func TestCancelAndConfirm_AcceptAnObjectOrNoBody(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	for _, action := range []string{"cancel", "confirm"} {
		path := sessionsPath + "/" + c.create().ID + "/" + action
		for _, body := range []string{"null", "[]", `"x"`, "{"} {
			c.send(http.MethodPost, path, body).wantError(http.StatusBadRequest, gen.ErrorCodeValidationError, "")
		}
		c.send(http.MethodPost, path, `{"reason":"any","nested":{"a":[1.5]}}`).want(http.StatusOK)
		c.send(http.MethodPost, sessionsPath+"/"+c.create().ID+"/"+action, "").want(http.StatusOK)
	}
}

func TestList_InvalidParameterIsRefused(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	const (
		timeRule   = "must be an ISO 8601 time such as 2026-09-01T00:00:00Z"
		statusRule = "must be one of open, pending, pending_review, completed, failed, expired, canceled"
	)
	tests := map[string]struct{ query, field, rule string }{
		"zero limit":                     {"limit=0", "limit", "must be at least 1"},
		"limit beyond the maximum":       {"limit=101", "limit", "must be at most 100"},
		"limit as text":                  {"limit=ten", "limit", "must be a whole number"},
		"limit with a fraction":          {"limit=1.5", "limit", "must be a whole number"},
		"limit in hex":                   {"limit=0x10", "limit", "must be a whole number"},
		"limit beyond 64 bits":           {"limit=9223372036854775808", "limit", ""},
		"empty limit":                    {"limit=", "limit", ""},
		"repeated limit":                 {"limit=1&limit=2", "limit", ""},
		"unknown status":                 {"status=paid", "status", statusRule},
		"unknown order":                  {"order=random", "order", "must be one of asc, desc"},
		"empty customerId":               {"customerId=", "customerId", "must not be empty"},
		"empty cursor":                   {"cursor=", "cursor", "must not be empty"},
		"createdAfter without a time":    {"createdAfter=2026-09-01", "createdAfter", timeRule},
		"createdAfter of an invalid day": {"createdAfter=2026-02-30T00:00:00Z", "createdAfter", timeRule},
		"createdBefore in seconds":       {"createdBefore=1790000000", "createdBefore", timeRule},
		"empty createdBefore":            {"createdBefore=", "createdBefore", ""},
		"query with bad escapes":         {"customerId=%zz", "", "the query is not properly escaped"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.in(t).send(http.MethodGet, sessionsPath+"?"+tt.query, "").
				wantError(http.StatusBadRequest, gen.ErrorCodeValidationError, tt.field)
			got.wantMessage(tt.field, tt.rule)
		})
	}
}

func TestValidation_UnknownQueryParametersAreIgnored(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	c.send(http.MethodGet, sessionsPath+"?expand=all&limit=1", "").want(http.StatusOK)
	c.send(http.MethodGet, sessionsPath+"/"+c.create().ID+"?%zz", "").want(http.StatusOK)
}

func TestCreate_LineItemsAreOptional(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	if got := string(c.create("lineItems", "").LineItems); got != "[]" {
		t.Errorf("lineItems are %s, want an empty list", got)
	}
}

func TestIdempotencyKey_IsRequiredOnCreateAndCancelOnly(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	without := change{beforeSigning: func(r *http.Request) { r.Header.Del("Idempotency-Key") }}
	created := c.create()
	c.send(http.MethodPost, sessionsPath, validInput, without).
		wantError(http.StatusBadRequest, gen.ErrorCodeValidationError, "Idempotency-Key").
		wantMessage("Idempotency-Key", "is required")
	c.cancel(created.ID, without).
		wantError(http.StatusBadRequest, gen.ErrorCodeValidationError, "Idempotency-Key").
		wantMessage("Idempotency-Key", "is required")
	c.confirm(created.ID, without).want(http.StatusOK)
}

func TestValidation_EmptyOrRepeatedHeaderIsRefused(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	for _, name := range []string{"Idempotency-Key", "X-Plugipay-On-Behalf-Of"} {
		empty := change{beforeSigning: func(r *http.Request) { r.Header[name] = []string{""} }}
		c.send(http.MethodPost, sessionsPath, validInput, empty).
			wantError(http.StatusBadRequest, gen.ErrorCodeValidationError, name)
	}
	twice := change{beforeSigning: func(r *http.Request) { r.Header["Idempotency-Key"] = []string{"a", "b"} }}
	c.send(http.MethodPost, sessionsPath, validInput, twice).
		wantError(http.StatusBadRequest, gen.ErrorCodeValidationError, "Idempotency-Key")
}

// FuzzRequest checks that each signed request gets a response that the contract allows. The response is never a server
// error.
func FuzzRequest(f *testing.F) {
	f.Add(http.MethodPost, sessionsPath, "{}")
	f.Add(http.MethodGet, sessionsPath+"?limit=1&cursor=cur_x&createdAfter=x&status=open&order=asc", "")
	f.Add(http.MethodGet, sessionsPath+"/a%2Fb%3Fc", "")
	f.Add(http.MethodPost, sessionsPath+"/cs_1/confirm", "{}")
	f.Add(http.MethodPut, "/api//v1/../%2e", "x")
	f.Add(http.MethodGet, "/", "")
	f.Add(http.MethodPost, "/c/cs_1?failed=va", "action=pay&method=va")
	f.Add(http.MethodDelete, "/_sandbox/faults", "")
	f.Fuzz(func(t *testing.T, method, target, body string) {
		sent, err := http.NewRequest(method, "http://sandbox.example"+target, nil)
		if err != nil || sent.Host != "sandbox.example" || sent.URL.RequestURI() != target || sent.Method != method {
			t.Skip("not a request that a client can send")
		}
		if path := sent.URL.Path; path == "/" || strings.HasPrefix(path, "/c/") || strings.HasPrefix(path, "/_sandbox/") {
			w := httptest.NewRecorder() // responses outside the API have no envelope
			sandbox.New(failOnBreach(t)).ServeHTTP(w, directClient(t, nil).request(method, target, body))
			if w.Code >= 500 {
				t.Errorf("status = %d\n%s", w.Code, w.Body)
			}
			return
		}
		got := replyFrom(t, sandbox.New(failOnBreach(t)), directClient(t, nil).request(method, target, body))
		if got.status >= 500 || got.status == http.StatusUnauthorized {
			t.Errorf("status = %d\n%s", got.status, got.body)
		}
	})
}

// FuzzCreateInput checks that a body creates a session that the contract allows, or returns a validation error. A retry with
// the same idempotency key gets the same response.
func FuzzCreateInput(f *testing.F) {
	f.Add(validInput)
	f.Add(with("amount", "1e999", "metadata", `{"a":"b"}`, "expiresInSec", "1"))
	f.Add(with("customerId", `"cus_1"`, "AMOUNT", "[]"))
	f.Add(with("lineItems", `[{"name":"","quantity":0,"unitAmount":-1,"NAME":1}]`))
	f.Add(with("successUrl", `"https://a.example/\u0000"`, "methods", `["paypal","paypal"]`, "currency", `"IDR"`))
	f.Fuzz(func(t *testing.T, body string) {
		box := sandbox.New(failOnBreach(t))
		c := directClient(t, nil)
		first := replyFrom(t, box, c.request(http.MethodPost, sessionsPath, body, header("Idempotency-Key", "k")))
		if first.status != http.StatusCreated {
			first.want(http.StatusBadRequest)
			return
		}
		again := replyFrom(t, box, c.request(http.MethodPost, sessionsPath, body, header("Idempotency-Key", "k")))
		if again.body != first.body {
			t.Errorf("got  %s\nwant %s", again.body, first.body)
		}
	})
}

// replyFrom passes a request to a handler without a network.
func replyFrom(t *testing.T, handler http.Handler, r *http.Request) reply {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return readReply(t, w.Result())
}
