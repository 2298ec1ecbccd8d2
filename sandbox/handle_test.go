package sandbox_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

func TestHandle_AddsARouteToTheAPI(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	var calls atomic.Int64
	must(t, server.Handle("POST /api/v1/umbrellas", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"id":"re_%d","for":%s}`, calls.Add(1), body)
	})))
	must(t, server.Handle("GET /api/v1/customers/{id}", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.PathValue("id") {
		case "cus_1":
			fmt.Fprint(w, "a plain text")
		case "cus_2":
		case "cus_3":
			w.WriteHeader(http.StatusConflict)
			fmt.Fprint(w, `{"code":"customer_busy","message":"come back"}`)
		default:
			http.Error(w, "no such customer", http.StatusNotFound)
		}
	})))
	first := c.send("POST", "/api/v1/umbrellas", `{"a":1}`, header("Idempotency-Key", "k1")).want(201)
	if got := string(first.envelope.Data); got != `{"id":"re_1","for":{"a":1}}` {
		t.Errorf("data = %s", got)
	}
	again := c.send("POST", "/api/v1/umbrellas", `{ "a": 1 }`, header("Idempotency-Key", "k1")).want(201)
	if string(again.envelope.Data) != string(first.envelope.Data) || calls.Load() != 1 {
		t.Errorf("with the same key the data is %s after %d calls", again.envelope.Data, calls.Load())
	}
	c.send("POST", "/api/v1/umbrellas", `{"a":2}`, header("Idempotency-Key", "k1")).
		wantError(409, gen.ErrorCodeIdempotencyMismatch, "")
	for id, want := range map[string]string{"cus_1": `"a plain text"`, "cus_2": "null"} {
		if got := c.send("GET", "/api/v1/customers/"+id, "").want(200); string(got.envelope.Data) != want {
			t.Errorf("%s: data = %s, want %s", id, got.envelope.Data, want)
		}
	}
	c.send("GET", "/api/v1/customers/cus_3", "").wantError(409, "customer_busy", "").wantMessage("", "come back")
	c.send("GET", "/api/v1/customers/cus_4", "").wantError(404, gen.ErrorCodeNotFound, "").wantMessage("", "no such customer")
	c.send("GET", "/api/v1/customers/cus_1", "", tampered("Authorization", "")).wantError(401, gen.ErrorCodeInvalidKey, "")
	c.send("GET", "/api/v1/customers//cus_1", "").wantError(404, gen.ErrorCodeNotFound, "")
	c.send("DELETE", "/api/v1/customers/cus_1", "").wantError(404, gen.ErrorCodeNotFound, "")
	must(t, server.Inject(sandbox.Fault{Operation: "POST /api/v1/umbrellas", Status: 503}))
	c.send("POST", "/api/v1/umbrellas", `{}`).wantError(503, gen.ErrorCodeServiceUnavailable, "")
	if got := server.Requests()[0]; got.Operation != "POST /api/v1/umbrellas" || !got.Injected {
		t.Errorf("request = %+v", got)
	}
}

func TestHandle_ServesClientDo(t *testing.T) {
	t.Parallel()
	server, _ := start(t, sandbox.Options{})
	must(t, server.Handle("GET /api/v1/balance", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"available":5}`)
	})))
	client, err := plugipay.NewClient(server.ClientOptions())
	must(t, err)
	var balance struct{ Available int }
	must(t, client.Do(t.Context(), plugipay.RequestOptions{Method: "GET", Path: "/api/v1/balance"}, &balance))
	if balance.Available != 5 {
		t.Errorf("balance = %+v", balance)
	}
}

func TestHandle_RefusesInvalidPatterns(t *testing.T) {
	t.Parallel()
	server, _ := start(t, sandbox.Options{})
	handler := http.NotFoundHandler()
	must(t, server.Handle("GET /api/v1/taken", handler))
	for pattern, want := range map[string]string{
		"": "must be a path", "refunds": "must be a path", "GET": "must be a path", "/": "the sandbox has / itself",
		"GET /_sandbox/mine":                         "the sandbox has",
		"POST /api/v1/checkout-sessions":             "the contract has",
		"/api/v1/checkout-sessions/{id}":             "the contract has",
		"POST /api/v1/checkout-sessions/{id}/cancel": "the contract has",
		"GET /api/v1/taken":                          "cannot be added",
		"GET /api/v1/{":                              "cannot be added",
		"GET example.com/x":                          "must be a path",
	} {
		if err := server.Handle(pattern, handler); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Handle(%q): %v, want %q", pattern, err, want)
		}
	}
	if err := server.Handle("GET /nil", nil); err == nil {
		t.Error("Handle accepted a nil handler")
	}
	must(t, server.Handle("PATCH /api/v1/checkout-sessions/{id}", handler)) // the contract has only other methods for this path
}

func TestFaults_RespondWithABody(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	client, err := plugipay.NewClient(server.ClientOptions())
	must(t, err)
	id := c.create().ID
	session, err := json.Marshal(c.get(id))
	must(t, err)
	unknown := strings.Replace(string(session), `"open"`, `"on_the_moon"`, 1)
	envelope := `{"data":` + unknown + `,"error":null,"meta":{"requestId":"r","timestamp":"t"}}`
	must(t, server.Inject(sandbox.Fault{Status: 200, Body: envelope}))
	if got, err := client.CheckoutSessions.Get(t.Context(), id); err != nil || got.Status != "on_the_moon" {
		t.Errorf("a response with an unknown status returns %+v: %v", got, err)
	}
	for _, fault := range []sandbox.Fault{
		{Status: 200, Body: `{"data":{`},
		{Status: 200, Body: "<h1>hello</h1>", ContentType: "text/html"},
	} {
		must(t, server.Inject(fault))
		_, err := client.CheckoutSessions.Get(t.Context(), id)
		if failure := (*plugipay.Error)(nil); !errors.As(err, &failure) || failure.Code != plugipay.ErrorCodeInvalidResponse {
			t.Errorf("the body %s returns %v", fault.Body, err)
		}
	}
	must(t, server.Inject(sandbox.Fault{Status: 500, Body: "<h1>oops</h1>", ContentType: "text/html"}))
	response, err := c.http.Do(c.request("GET", sessionsPath, ""))
	must(t, err)
	defer response.Body.Close()
	got := readBody(t, response)
	if got != "<h1>oops</h1>" || response.StatusCode != 500 || response.Header.Get("Content-Type") != "text/html" {
		t.Errorf("the response is %d %v %q", response.StatusCode, response.Header, got)
	}
	for _, fault := range []sandbox.Fault{
		{Body: "x"}, {Status: 200}, {Status: 199, Body: "x"}, {Status: 500, ContentType: "text/html"},
	} {
		if err := server.Inject(fault); err == nil {
			t.Errorf("Inject accepted %+v", fault)
		}
	}
}
