package sandbox_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

const sessionsPath = "/api/v1/checkout-sessions"

// validInput is the smallest body that creates a session.
const validInput = `{"amount":4999,"currency":"USD","methods":["card"],"successUrl":"https://example.com/ok",` +
	`"cancelUrl":"https://example.com/no","lineItems":[]}`

// with returns validInput with some properties replaced. An empty value removes the property.
func with(properties ...string) string {
	var input map[string]json.RawMessage
	if err := json.Unmarshal([]byte(validInput), &input); err != nil {
		panic(err)
	}
	for i := 0; i < len(properties); i += 2 {
		if properties[i+1] == "" {
			delete(input, properties[i])
			continue
		}
		input[properties[i]] = json.RawMessage(properties[i+1])
	}
	body, err := json.Marshal(input)
	if err != nil {
		panic(err)
	}
	return string(body)
}

// start serves a sandbox for a test and returns a client with its first key.
func start(t *testing.T, opts sandbox.Options) (*sandbox.Server, client) {
	t.Helper()
	server := sandbox.StartTest(t, opts)
	return server, clientOf(t, server)
}

func clientOf(t *testing.T, server *sandbox.Server) client {
	o := server.ClientOptions()
	return client{t: t, url: o.BaseURL, keyID: o.KeyID, secret: o.Secret, http: http.DefaultClient}
}

// client sends signed requests. It does not use the module's client.
type client struct {
	t      testing.TB
	url    string
	keyID  string
	secret string
	http   *http.Client
}

// in returns the client for a subtest.
func (c client) in(t testing.TB) client {
	c.t = t
	return c
}

// as returns the client with another key.
func (c client) as(keyID, secret string) client {
	c.keyID, c.secret = keyID, secret
	return c
}

// change alters a request before or after it is signed, or the time of its signature.
type change struct {
	beforeSigning func(*http.Request)
	afterSigning  func(*http.Request)
	timestamp     int64 // zero: now
}

func header(name, value string) change {
	return change{beforeSigning: func(r *http.Request) { r.Header.Set(name, value) }}
}

func tampered(name, value string) change {
	return change{afterSigning: func(r *http.Request) {
		r.Header.Del(name)
		if value != "" {
			r.Header.Set(name, value)
		}
	}}
}

func (c client) request(method, path, body string, changes ...change) *http.Request {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if method == http.MethodPost && !strings.HasSuffix(path, "/confirm") {
		r.Header.Set("Idempotency-Key", rand.Text())
	}
	timestamp := time.Now().Unix()
	for _, ch := range changes {
		if ch.beforeSigning != nil {
			ch.beforeSigning(r)
		}
		if ch.timestamp != 0 {
			timestamp = ch.timestamp
		}
	}
	signed := plugipay.Sign(c.secret, plugipay.SignInput{
		Method: method, Path: path, Body: body,
		IdempotencyKey: r.Header.Get("Idempotency-Key"), Timestamp: timestamp,
	})
	r.Header.Set("Authorization", plugipay.AuthorizationHeader(c.keyID, signed.Signature))
	r.Header.Set("X-Plugipay-Timestamp", signed.Timestamp)
	for _, ch := range changes {
		if ch.afterSigning != nil {
			ch.afterSigning(r)
		}
	}
	return r
}

// reply is a response with its envelope decoded.
type reply struct {
	t        testing.TB
	status   int
	header   http.Header
	body     string
	envelope struct {
		Data  json.RawMessage
		Error *gen.ErrorDetail
		Meta  gen.ListMeta
	}
}

func (c client) send(method, path, body string, changes ...change) reply {
	c.t.Helper()
	response, err := c.http.Do(c.request(method, path, body, changes...))
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	return readReply(c.t, response)
}

func readReply(t testing.TB, response *http.Response) reply {
	t.Helper()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := reply{t: t, status: response.StatusCode, header: response.Header, body: string(body)}
	if mediaType := response.Header.Get("Content-Type"); mediaType != "application/json" {
		t.Errorf("Content-Type = %q, want application/json", mediaType)
	}
	if err := json.Unmarshal(body, &got.envelope); err != nil {
		t.Fatalf("the response %d is not an envelope: %v\n%s", got.status, err, body)
	}
	if !strings.HasPrefix(got.envelope.Meta.RequestID, "req_") || len(got.envelope.Meta.RequestID) != len("req_")+26 {
		t.Errorf("meta.requestId = %q, want req_ and a ULID", got.envelope.Meta.RequestID)
	}
	return got
}

func (r reply) want(status int) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("status = %d, want %d\n%s", r.status, status, r.body)
	}
	return r
}

func (r reply) wantError(status int, code gen.ErrorCode, field string) reply {
	r.t.Helper()
	r.want(status)
	got := r.envelope.Error
	if got == nil {
		r.t.Fatalf("the response %d has no error\n%s", r.status, r.body)
	}
	if got.Code != code {
		r.t.Errorf("error.code = %q, want %q", got.Code, code)
	}
	if gotField := pointed(got.Field); gotField != field {
		r.t.Errorf("error.field = %q, want %q", gotField, field)
	}
	if string(r.envelope.Data) != "null" {
		r.t.Errorf("data = %s, want null", r.envelope.Data)
	}
	return r
}

// wantMessage checks the message of an error: the field, if there is one, and the rule. An empty rule is not checked.
func (r reply) wantMessage(field, rule string) {
	r.t.Helper()
	want := rule
	if field != "" {
		want = field + " " + rule
	}
	if rule != "" && r.envelope.Error.Message != want {
		r.t.Errorf("message = %q, want %q", r.envelope.Error.Message, want)
	}
}

func (r reply) session() gen.CheckoutSession {
	r.t.Helper()
	return decoded[gen.CheckoutSession](r)
}

func (r reply) sessions() []gen.CheckoutSession {
	r.t.Helper()
	return decoded[[]gen.CheckoutSession](r)
}

func decoded[T any](r reply) T {
	r.t.Helper()
	var data T
	if r.envelope.Error != nil {
		r.t.Fatalf("the response %d is an error\n%s", r.status, r.body)
	}
	if err := json.Unmarshal(r.envelope.Data, &data); err != nil {
		r.t.Fatal(err)
	}
	return data
}

func pointed(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// create creates a session from validInput with some properties replaced.
func (c client) create(properties ...string) gen.CheckoutSession {
	c.t.Helper()
	return c.send(http.MethodPost, sessionsPath, with(properties...)).want(http.StatusCreated).session()
}

func (c client) get(id string) gen.CheckoutSession {
	c.t.Helper()
	return c.send(http.MethodGet, sessionsPath+"/"+id, "").want(http.StatusOK).session()
}

func (c client) cancel(id string, changes ...change) reply {
	c.t.Helper()
	return c.send(http.MethodPost, sessionsPath+"/"+id+"/cancel", "{}", changes...)
}

func (c client) confirm(id string, changes ...change) reply {
	c.t.Helper()
	return c.send(http.MethodPost, sessionsPath+"/"+id+"/confirm", "{}", changes...)
}

// direct is a transport that calls a handler without a network. It is for tests that make many requests or set the clock.
type direct struct{ handler http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	in := httptest.NewRequestWithContext(r.Context(), r.Method, r.URL.RequestURI(), bytes.NewReader(body))
	in.Header = r.Header.Clone()
	in.Host = r.URL.Host
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, in)
	return w.Result(), nil
}

// directClient returns a client that calls handler. It has the first key of the default workspace.
func directClient(t testing.TB, handler http.Handler) client {
	return client{
		t: t, url: "http://sandbox.example", keyID: sandbox.TestKeyID, secret: sandbox.TestSecret,
		http: &http.Client{Transport: direct{handler}},
	}
}

// failOnBreach returns options that fail the test on a breach of the contract. It is for a sandbox that StartTest does not
// make.
func failOnBreach(t testing.TB) sandbox.Options {
	return sandbox.Options{OnContractBreach: func(err error) { t.Errorf("%v", err) }}
}

func number(t testing.TB, h http.Header, name string) int {
	t.Helper()
	n, err := strconv.Atoi(h.Get(name))
	if err != nil {
		t.Fatalf("%s = %q, want a number", name, h.Get(name))
	}
	return n
}

func readBody(t testing.TB, response *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
	}
	return string(body)
}
