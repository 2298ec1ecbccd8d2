package sandbox_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// control sends a request to a control route. It needs no key.
func (c client) control(method, path, body string, headers ...string) reply {
	c.t.Helper()
	request := c.controlRequest(method, path, body, headers...)
	response, err := c.http.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	checkControl(c.t, request, body, response)
	if response.StatusCode == http.StatusNoContent {
		return reply{t: c.t, status: response.StatusCode}
	}
	return readReply(c.t, response)
}

func (c client) controlRequest(method, path, body string, headers ...string) *http.Request {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.url+"/_sandbox/"+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	return r
}

func TestControl_InjectsFaults(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	c.control("POST", "faults", `{"operation":"createCheckoutSession","status":503,"retryAfterSec":7,"times":2}`).want(201)
	c.control("POST", "faults", `{"rateLimit":true,"delayMs":1}`).want(201)
	c.control("POST", "faults", `{"drop":true,"times":-1}`).want(201)
	got := c.send("POST", sessionsPath, validInput).wantError(503, gen.ErrorCodeServiceUnavailable, "")
	if after := got.header.Get("Retry-After"); after != "7" {
		t.Errorf("Retry-After = %q, want 7", after)
	}
	left := c.control("GET", "faults", "").want(200)
	want := `[{"operation":"createCheckoutSession","times":1,"status":503,"retryAfterSec":7,"delayMs":0,"drop":false,` +
		`"rateLimit":false},` +
		`{"operation":"","times":1,"status":0,"retryAfterSec":0,"delayMs":1,"drop":false,"rateLimit":true},` +
		`{"operation":"","times":-1,"status":0,"retryAfterSec":0,"delayMs":0,"drop":true,"rateLimit":false}]`
	if string(left.envelope.Data) != want {
		t.Errorf("left = %s\nwant   %s", left.envelope.Data, want)
	}
	c.control("DELETE", "faults", "").want(204)
	if left := c.control("GET", "faults", "").want(200); string(left.envelope.Data) != "[]" {
		t.Errorf("left = %s, want none", left.envelope.Data)
	}
	c.send("POST", sessionsPath, validInput).want(201)
}

func TestControl_AdvancesTheClock(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	box := sandbox.NewAt(failOnBreach(t), func() time.Time { return now })
	c := directClient(t, box)
	got := c.control("POST", "clock", `{"advanceSec":86400}`).want(200)
	if want := `{"now":"2026-01-03T03:04:05.000Z"}`; string(got.envelope.Data) != want {
		t.Errorf("data = %s, want %s", got.envelope.Data, want)
	}
}

func TestControl_PaysASession(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{Workspaces: []sandbox.Workspace{
		{}, {Keys: []sandbox.Key{{ID: "pk_live_1", Secret: "s"}}},
	}})
	c = c.as("pk_live_1", "s") // control routes find sessions of every workspace and mode
	step := func(id, action, body string, want plugipay.CheckoutSessionStatus) {
		t.Helper()
		got := c.control("POST", "sessions/"+id+"/"+action, body).want(200).session()
		if got.Status != string(want) || c.get(id).Status != string(want) {
			t.Errorf("after %s the session is %s, want %s", action, got.Status, want)
		}
	}
	id := c.create("methods", `["va","card"]`).ID
	step(id, "pay", `{"method":"va"}`, plugipay.CheckoutSessionStatusPending)
	step(id, "fail", ``, plugipay.CheckoutSessionStatusOpen)
	step(id, "pay", `{"method":"va"}`, plugipay.CheckoutSessionStatusPending)
	step(id, "settle", `{}`, plugipay.CheckoutSessionStatusCompleted)
	card := c.create().ID
	must(t, server.Pay(card, plugipay.CheckoutMethodCard))
	if got := c.get(card).Status; got != string(plugipay.CheckoutSessionStatusCompleted) {
		t.Errorf("the session is %s, want completed", got)
	}
}

func TestControl_RefusesInvalidPayments(t *testing.T) {
	t.Parallel()
	adapters := []sandbox.Adapter{{Name: plugipay.CheckoutAdapterXendit}}
	_, c := start(t, sandbox.Options{Workspaces: []sandbox.Workspace{{Adapters: adapters}}})
	open, paid := c.create().ID, c.create().ID
	c.control("POST", "sessions/"+paid+"/pay", `{"method":"card"}`).want(200)
	tests := map[string]struct {
		path, body string
		status     int
		code       gen.ErrorCode
		field      string
	}{
		"unknown session":            {"sessions/cs_none/pay", `{"method":"card"}`, 404, gen.ErrorCodeNotFound, ""},
		"unknown session to settle":  {"sessions/cs_none/settle", `{}`, 404, gen.ErrorCodeNotFound, ""},
		"a method not offered":       {"sessions/" + open + "/pay", `{"method":"va"}`, 400, gen.ErrorCodeValidationError, "method"},
		"no method":                  {"sessions/" + open + "/pay", `{}`, 400, gen.ErrorCodeValidationError, "method"},
		"a second payment":           {"sessions/" + paid + "/pay", `{"method":"card"}`, 409, gen.ErrorCodeConflict, ""},
		"nothing to settle":          {"sessions/" + open + "/settle", ``, 409, gen.ErrorCodeConflict, ""},
		"nothing to fail":            {"sessions/" + open + "/fail", ``, 409, gen.ErrorCodeConflict, ""},
		"unknown property to settle": {"sessions/" + open + "/settle", `{"a":1}`, 400, gen.ErrorCodeValidationError, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.in(t).control("POST", tt.path, tt.body).wantError(tt.status, tt.code, tt.field)
		})
	}
}

func TestControl_RefusesInvalidRequests(t *testing.T) {
	t.Parallel()
	const (
		invalid   = gen.ErrorCodeValidationError
		notObject = "the body is not a JSON object"
		noFault   = "a fault needs a status, a delay, a drop or a rate limit"
		wrongType = "has the wrong type or is too large"
		onlyTime  = "the body can have these properties only: advanceSec"
	)
	tests := map[string]struct {
		method, path, body string
		status             int
		code               gen.ErrorCode
		field, rule        string
	}{
		"unknown path":                 {"POST", "nothing", "{}", 404, gen.ErrorCodeNotFound, "", ""},
		"the prefix alone":             {"GET", "", "", 404, gen.ErrorCodeNotFound, "", ""},
		"another method":               {"PUT", "faults", "{}", 404, gen.ErrorCodeNotFound, "", ""},
		"no body":                      {"POST", "faults", "", 400, invalid, "", notObject},
		"not JSON":                     {"POST", "faults", "{", 400, invalid, "", notObject},
		"null":                         {"POST", "faults", "null", 400, invalid, "", notObject},
		"two objects":                  {"POST", "clock", `{"advanceSec":1}{}`, 400, invalid, "", ""},
		"unknown property":             {"POST", "clock", `{"seconds":1}`, 400, invalid, "", onlyTime},
		"unknown property of a fault":  {"POST", "faults", `{"status":500,"code":"x"}`, 400, invalid, "", ""},
		"wrong type":                   {"POST", "faults", `{"status":"500"}`, 400, invalid, "status", wrongType},
		"no advanceSec":                {"POST", "clock", `{}`, 400, invalid, "advanceSec", "is required"},
		"null advanceSec":              {"POST", "clock", `{"advanceSec":null}`, 400, invalid, "advanceSec", "is required"},
		"delay with retryAfterSec":     {"POST", "faults", `{"delayMs":1,"retryAfterSec":1}`, 400, invalid, "", ""},
		"negative advanceSec":          {"POST", "clock", `{"advanceSec":-1}`, 400, invalid, "advanceSec", ""},
		"advanceSec with a fraction":   {"POST", "clock", `{"advanceSec":0.5}`, 400, invalid, "advanceSec", ""},
		"advanceSec that is too large": {"POST", "clock", `{"advanceSec":9223372036854775807}`, 400, invalid, "advanceSec", ""},
		"negative delay":               {"POST", "faults", `{"delayMs":-1}`, 400, invalid, "delayMs", ""},
		"negative retryAfterSec":       {"POST", "faults", `{"status":503,"retryAfterSec":-1}`, 400, invalid, "retryAfterSec", ""},
		"empty fault":                  {"POST", "faults", `{}`, 400, invalid, "", noFault},
		"unknown operation":            {"POST", "faults", `{"operation":"x","drop":true}`, 400, invalid, "", ""},
		"status below 400":             {"POST", "faults", `{"status":200}`, 400, invalid, "", ""},
	}
	_, c := start(t, sandbox.Options{})
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.in(t).control(tt.method, tt.path, tt.body).wantError(tt.status, tt.code, tt.field).wantMessage(tt.field, tt.rule)
		})
	}
}

func TestControl_EscapedPathIsNotAControlRoute(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	for _, path := range []string{"/_sandbox%2Ffaults", "/%5Fsandbox/faults"} {
		c.send(http.MethodGet, path, "").wantError(404, gen.ErrorCodeNotFound, "")
	}
}

func TestControl_RefusesPagesOfOtherOrigins(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	host := strings.TrimPrefix(server.URL, "http://")
	tests := map[string]struct {
		headers []string
		status  int
	}{
		"no browser":                  {nil, 200},
		"a page of the sandbox":       {[]string{"Origin", server.URL, "Sec-Fetch-Site", "same-origin"}, 200},
		"with a charset":              {[]string{"Content-Type", "application/json; charset=utf-8"}, 200},
		"the name localhost":          {[]string{"Host", "localhost:4010"}, 200},
		"another origin":              {[]string{"Origin", "https://example.com"}, 403},
		"another port":                {[]string{"Origin", "http://127.0.0.1:1"}, 403},
		"a sandboxed frame":           {[]string{"Origin", "null"}, 403},
		"an origin that is not a URL": {[]string{"Origin", "http://%zz"}, 403},
		"another site":                {[]string{"Sec-Fetch-Site", "cross-site"}, 403},
		"DNS rebinding":               {[]string{"Host", "example.com", "Origin", "http://example.com"}, 403},
		"a form":                      {[]string{"Content-Type", "application/x-www-form-urlencoded"}, 400},
		"plain text":                  {[]string{"Content-Type", "text/plain"}, 400},
		"no content type":             {[]string{"Content-Type", ""}, 400},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := c.in(t)
			c.control("POST", "clock", `{"advanceSec":0}`, tt.headers...).want(tt.status)
			if tt.status == 403 {
				c.control("GET", "faults", "", tt.headers...).wantError(403, gen.ErrorCodeInsufficientScope, "")
				c.control("DELETE", "faults", "", tt.headers...).want(403)
			}
		})
	}
	if !strings.HasPrefix(host, "127.0.0.1:") {
		t.Errorf("the sandbox listens on %s", host)
	}
}

// FuzzControl checks that control routes respond with JSON or no content, and never with a server error.
func FuzzControl(f *testing.F) {
	for _, body := range []string{
		``, `{}`, `null`, `{"advanceSec":1}`, `{"operation":"createCheckoutSession","times":2,"status":503}`,
		`{"kind":"late","delayMs":1}`, `{"type":"checkout_session.completed","amount":-1,"metadata":{"":""}}`, `{"timeoutMs":0}`,
		`{"url":"http://127.0.0.1:1","secret":"s","events":[null]}`, `{"accountId":"\u0000","mode":"live"}`,
		`{"keyId":"pk_test_sandbox"}`,
		`{"status":200,"body":{"a":[1e400]},"contentType":"\n"}`, `{"type":"refund.x","object":[]}`, `{"late":true}`, `{"final":1}`,
		`{"delayMs":1e3,"drop":true}`, `{"method":"card"}`, `{"rateLimit":true,"retryAfterSec":9223372036854775807}`,
	} {
		for _, path := range []string{
			"faults", "delivery-faults", "clock", "trigger", "endpoints", "workspaces", "reset", "deliveries/wait",
			"events/x/redeliver", "sessions/x/pay", "sessions/x/settle", "sessions/x/fail",
		} {
			f.Add(path, body)
		}
	}
	f.Fuzz(func(t *testing.T, path, body string) {
		box := sandbox.New(sandbox.Options{})
		defer func() { _ = box.Close() }()
		sandbox.SetDeliveryTransport(box, roundTripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
		}))
		r := httptest.NewRequest(http.MethodPost, "/_sandbox/x", strings.NewReader(body))
		r.URL.Path = "/_sandbox/" + path
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		box.ServeHTTP(w, r)
		if w.Code/100 == 3 { // a redirect to the clean form of the path
			return
		}
		if w.Code >= 500 {
			t.Fatalf("status %d", w.Code)
		}
		if w.Code == http.StatusNoContent && w.Body.Len() == 0 {
			return
		}
		if !json.Valid(w.Body.Bytes()) || w.Header().Get("Content-Type") != "application/json" {
			t.Fatalf("the response %d is not JSON: %s", w.Code, w.Body)
		}
	})
}
