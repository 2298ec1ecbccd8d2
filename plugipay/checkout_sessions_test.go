package plugipay_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
)

func TestCreate_SendsEveryField(t *testing.T) {
	t.Parallel()
	s := responding(t, 201, sessionBody)
	in := validInput()
	in.LineItems = []plugipay.CheckoutSessionLineItem{{Name: "Kopi susu ☕ <&>", Quantity: 2, UnitAmount: 18_000_00}}
	in.CustomerID = plugipay.Ptr("cus_01")
	in.ExpiresInSec = plugipay.Ptr(1800)
	in.Metadata = map[string]string{"order_id": "ord_42"}
	in.TemplateID = plugipay.Ptr("tpl_01")
	session, err := s.client(t).CheckoutSessions.Create(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	r := s.only(t)
	if r.method != http.MethodPost || r.uri != "/api/v1/checkout-sessions" {
		t.Errorf("sent %s %s", r.method, r.uri)
	}
	want := `{"amount":19900000,"currency":"IDR","methods":["qris","va"],"successUrl":"https://example.com/thank-you",` +
		`"cancelUrl":"https://example.com/cart","customerId":"cus_01",` +
		`"lineItems":[{"name":"Kopi susu ☕ <&>","quantity":2,"unitAmount":1800000}],"expiresInSec":1800,` +
		`"metadata":{"order_id":"ord_42"},"templateId":"tpl_01"}`
	wantJSON(t, r.body, want)
	if got := r.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type is %q, want application/json", got)
	}
	wantSession(t, session)
}

// wantSession checks that the session is the one of sessionJSON.
func wantSession(t *testing.T, got *plugipay.CheckoutSession) {
	t.Helper()
	want := &plugipay.CheckoutSession{
		ID:         "cs_01HX",
		AccountID:  "acc_01",
		CustomerID: plugipay.Ptr("cus_01"),
		Amount:     19900000,
		Currency:   plugipay.CurrencyIDR,
		Status:     plugipay.CheckoutSessionStatusOpen,
		Methods:    []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS, plugipay.CheckoutMethodVA},
		Adapter:    plugipay.Ptr("xendit"),
		LineItems:  json.RawMessage(`[{"name": "Annual Pro plan", "quantity": 1, "unitAmount": 19900000}]`),
		SuccessURL: "https://example.com/thank-you",
		CancelURL:  "https://example.com/cart",
		HostedURL:  "https://plugipay.com/c/cs_01HX",
		ExpiresAt:  "2026-09-22T14:13:20.000Z",
		Metadata:   map[string]string{"order_id": "ord_42"},
		CreatedAt:  "2026-09-21T14:13:20.000Z",
		UpdatedAt:  "2026-09-21T14:13:20.000Z",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("session is\n%+v, want\n%+v", got, want)
	}
}

func wantJSON(t *testing.T, got, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		t.Fatalf("%v in %s", err, got)
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("%v in %s", err, want)
	}
	if !reflect.DeepEqual(g, w) {
		t.Errorf("JSON is\n%s, want\n%s", got, want)
	}
}

func TestCreate_SendsNilLineItemsAsEmptyList(t *testing.T) {
	t.Parallel()
	s := responding(t, 201, sessionBody)
	in := validInput()
	if _, err := s.client(t).CheckoutSessions.Create(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if body := s.only(t).body; !strings.Contains(body, `"lineItems":[]`) {
		t.Errorf("body is %s", body)
	}
	if in.LineItems != nil {
		t.Error("the caller's LineItems were changed")
	}
}

func TestCreate_OmitsUnsetFields(t *testing.T) {
	t.Parallel()
	s := responding(t, 201, sessionBody)
	if _, err := s.client(t).CheckoutSessions.Create(t.Context(), validInput()); err != nil {
		t.Fatal(err)
	}
	body := s.only(t).body
	for _, name := range []string{"customerId", "expiresInSec", "metadata", "templateId", "null"} {
		if strings.Contains(body, name) {
			t.Errorf("%s is in the body %s", name, body)
		}
	}
}

func TestSessionID_IsEscapedInThePath(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		call   func(*plugipay.CheckoutSessionsResource, context.Context, string) (*plugipay.CheckoutSession, error)
		method string
		suffix string
		body   string
	}{
		{"Get", (*plugipay.CheckoutSessionsResource).Get, "GET", "", ""},
		{"Cancel", (*plugipay.CheckoutSessionsResource).Cancel, "POST", "/cancel", "{}"},
		{"Confirm", (*plugipay.CheckoutSessionsResource).Confirm, "POST", "/confirm", "{}"},
	}
	ids := map[string]string{ // id to its form in the path
		"cs_01HX":  "cs_01HX",
		"a/b?c":    "a%2Fb%3Fc",
		"a/../b":   "a%2F..%2Fb",
		"...":      "...",
		"50%":      "50%25",
		"a b":      "a%20b",
		"kopi ☕":   "kopi%20%E2%98%95",
		"a#b&c=d;": "a%23b&c=d%3B",
		"a:b+c":    "a:b+c",
	}
	for _, test := range tests {
		for id, sent := range ids {
			t.Run(test.name+" "+id, func(t *testing.T) {
				t.Parallel()
				s := responding(t, 200, sessionBody)
				session, err := test.call(s.client(t).CheckoutSessions, t.Context(), id)
				if err != nil {
					t.Fatal(err)
				}
				r := s.only(t)
				if want := "/api/v1/checkout-sessions/" + sent + test.suffix; r.method != test.method || r.uri != want {
					t.Errorf("sent %s %s, want %s %s", r.method, r.uri, test.method, want)
				}
				if r.body != test.body {
					t.Errorf("body is %q, want %q", r.body, test.body)
				}
				checkSigned(t, r, "")
				wantSession(t, session)
			})
		}
	}
}

func TestSessionID_InvalidIDSendsNothing(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, sessionBody)
	sessions := s.client(t).CheckoutSessions
	for _, id := range []string{"", ".", "..", "cs_\n01", "cs_\x00", "cs_\x7f", "cs_\u0085"} {
		_, getErr := sessions.Get(t.Context(), id)
		_, cancelErr := sessions.Cancel(t.Context(), id)
		_, confirmErr := sessions.Confirm(t.Context(), id)
		for _, err := range []error{getErr, cancelErr, confirmErr} {
			if pe := wantError(t, err, 0, "invalid_request"); !strings.HasPrefix(pe.Message, "id ") {
				t.Errorf("the message %q does not name the id", pe.Message)
			}
		}
	}
	if n := s.count(); n != 0 {
		t.Errorf("%d requests were sent, want 0", n)
	}
}

func TestList_SendsEveryFilter(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, emptyPageBody)
	params := plugipay.CheckoutSessionListParams{
		Limit:         plugipay.Ptr(100),
		Status:        plugipay.Ptr("completed"),
		CustomerID:    plugipay.Ptr("cus_01 &=?"),
		Cursor:        plugipay.Ptr("cur/+="),
		CreatedAfter:  plugipay.Ptr("2026-09-01T00:00:00+07:00"),
		CreatedBefore: plugipay.Ptr("2026-10-01T00:00:00Z"),
		Order:         plugipay.Ptr("asc"),
	}
	if _, err := s.client(t).CheckoutSessions.List(t.Context(), params); err != nil {
		t.Fatal(err)
	}
	r := s.only(t)
	checkSigned(t, r, "")
	path, query, _ := strings.Cut(r.uri, "?")
	got, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{
		"limit": {"100"}, "status": {"completed"}, "customerId": {"cus_01 &=?"}, "cursor": {"cur/+="},
		"createdAfter": {"2026-09-01T00:00:00+07:00"}, "createdBefore": {"2026-10-01T00:00:00Z"}, "order": {"asc"},
	}
	if path != "/api/v1/checkout-sessions" || !reflect.DeepEqual(got, want) {
		t.Errorf("sent %s with %v, want %v", path, got, want)
	}
	if filled := reflect.ValueOf(params); filled.NumField() != len(want) {
		t.Errorf("CheckoutSessionListParams has %d fields, but this test sets %d", filled.NumField(), len(want))
	}
}

func TestList_OmitsUnsetFilters(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, emptyPageBody)
	if _, err := s.client(t).CheckoutSessions.List(t.Context(), plugipay.CheckoutSessionListParams{}); err != nil {
		t.Fatal(err)
	}
	if r := s.only(t); r.uri != "/api/v1/checkout-sessions" {
		t.Errorf("sent to %s", r.uri)
	}
}

var generatedKey = regexp.MustCompile(`^idem_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// TestIdempotencyKey_IsSentAsTheContractSays checks that a call of an operation that requires a key sends a new key. Other
// calls send no key, even if the operation accepts one.
func TestIdempotencyKey_IsSentAsTheContractSays(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		if op.name == "Do" { // the caller's key
			continue
		}
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			s := responding(t, 200, op.body())
			client := s.client(t)
			const calls = 50
			var group sync.WaitGroup
			for range calls {
				group.Go(func() {
					if err := op.call(t, client); err != nil {
						t.Error(err)
					}
				})
			}
			group.Wait()
			operations, seen := described(t), map[string]bool{}
			for _, r := range s.requests {
				path, _, _ := strings.Cut(r.uri, "?")
				key, sent := r.header["Idempotency-Key"]
				parameter := operations[r.method+" "+path].Parameters.GetByInAndName("header", "Idempotency-Key")
				if parameter == nil || !parameter.Required {
					if sent {
						t.Errorf("key %q is sent", key)
					}
					continue
				}
				if !sent || !generatedKey.MatchString(key[0]) || seen[key[0]] {
					t.Errorf("key is %q, want idem_ and a new random UUID", key)
					continue
				}
				seen[key[0]] = true
				checkSigned(t, r, "")
			}
			if len(s.requests) != calls {
				t.Errorf("%d calls sent %d requests", calls, len(s.requests))
			}
		})
	}
}

func TestWithIdempotencyKey_IsSentByEveryWrite(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, sessionBody)
	sessions := s.client(t).CheckoutSessions
	ctx := plugipay.WithIdempotencyKey(t.Context(), "cart 42, first/try")
	_, createErr := sessions.Create(ctx, validInput())
	_, cancelErr := sessions.Cancel(ctx, "cs_01HX")
	_, confirmErr := sessions.Confirm(ctx, "cs_01HX")
	_, getErr := sessions.Get(ctx, "cs_01HX")
	for _, err := range []error{createErr, cancelErr, confirmErr, getErr} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []string{"cart 42, first/try", "cart 42, first/try", "cart 42, first/try", ""} {
		if got := s.requests[i].header.Get("Idempotency-Key"); got != want {
			t.Errorf("request %d has the key %q, want %q", i, got, want)
		}
		checkSigned(t, s.requests[i], "")
	}
}

func TestIdempotencyKey_InvalidKeySendsNothing(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, sessionBody)
	client := s.client(t)
	for _, key := range []string{"", " ", "a\n", "a\r\nX-Evil: 1", "a\x00", " a", "a ", "a\tb", "kopi ☕", "\x80"} {
		ctx := plugipay.WithIdempotencyKey(t.Context(), key)
		_, createErr := client.CheckoutSessions.Create(ctx, validInput())
		_, cancelErr := client.CheckoutSessions.Cancel(ctx, "cs_01HX")
		_, confirmErr := client.CheckoutSessions.Confirm(ctx, "cs_01HX")
		errs := []error{createErr, cancelErr, confirmErr}
		if key != "" { // for Do, an empty key means no key
			errs = append(errs, client.Do(t.Context(), plugipay.RequestOptions{
				Method: "POST", Path: "/api/v1/checkout-sessions", IdempotencyKey: key}, nil))
		}
		for _, err := range errs {
			pe := wantError(t, err, 0, "invalid_request")
			if !strings.Contains(strings.ToLower(strings.ReplaceAll(pe.Message, " ", "")), "idempotencykey") {
				t.Errorf("the message %q does not name the idempotency key", pe.Message)
			}
		}
	}
	if n := s.count(); n != 0 {
		t.Errorf("%d requests were sent, want 0", n)
	}
}
