package plugipay_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
)

func TestDoSendsItsOptionsAsTheyAre(t *testing.T) {
	t.Parallel()
	s := answering(t, 200, `{"data": {"ok": true}, "error": null, "meta": {}}`)
	var out struct{ OK bool }
	err := s.client(t).Do(t.Context(), plugipay.RequestOptions{
		Method:         "patch",
		Path:           "/api/v1/customers/cus%2F01?expand=a%20b&x=1",
		Body:           map[string]any{"name": "Ada"},
		IdempotencyKey: "cart_42",
		OnBehalfOf:     "acc_01",
	}, &out)
	if err != nil {
		t.Fatal(err)
	}
	r := s.only(t)
	if r.method != "PATCH" || r.uri != "/api/v1/customers/cus%2F01?expand=a%20b&x=1" || r.body != `{"name":"Ada"}` {
		t.Errorf("sent %s %s %s", r.method, r.uri, r.body)
	}
	if r.header.Get("Idempotency-Key") != "cart_42" || r.header.Get("X-Plugipay-On-Behalf-Of") != "acc_01" {
		t.Errorf("headers are %v", r.header)
	}
	checkSigned(t, r, "")
	if !out.OK {
		t.Error("the data was not decoded")
	}
}

func TestDoSendsNoKeyAndNoBodyUnlessGiven(t *testing.T) {
	t.Parallel()
	s := answering(t, 200, sessionBody)
	ctx := plugipay.WithIdempotencyKey(t.Context(), "for the resources' methods")
	if err := s.client(t).Do(ctx, plugipay.RequestOptions{Method: "DELETE", Path: "/api/v1/things/1"}, nil); err != nil {
		t.Fatal(err)
	}
	r := s.only(t)
	if _, sent := r.header["Idempotency-Key"]; sent || r.body != "" || r.header.Get("Content-Type") != "" {
		t.Errorf("sent %v with the body %q", r.header, r.body)
	}
	checkSigned(t, r, "")
}

func TestTheAccountOfARequestGoesBeforeTheClients(t *testing.T) {
	t.Parallel()
	s := answering(t, 200, emptyPageBody)
	client := s.client(t, func(o *plugipay.ClientOptions) { o.OnBehalfOf = "acc_client" })
	opts := plugipay.RequestOptions{Method: "GET", Path: "/a", OnBehalfOf: "acc_request"}
	if err := client.Do(t.Context(), opts, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := plugipay.DoList[plugipay.CheckoutSession](t.Context(), client.ForMerchant("acc_merchant"), opts); err != nil {
		t.Fatal(err)
	}
	for _, r := range s.requests {
		if got := r.header.Get("X-Plugipay-On-Behalf-Of"); got != "acc_request" {
			t.Errorf("the request is on behalf of %q", got)
		}
	}
}

func TestAnEmptyQueryIsSignedAsItIsSent(t *testing.T) {
	t.Parallel()
	s := answering(t, 200, emptyPageBody)
	if err := s.client(t).Do(t.Context(), plugipay.RequestOptions{Method: "GET", Path: "/a?"}, nil); err != nil {
		t.Fatal(err)
	}
	r := s.only(t)
	if r.uri != "/a?" {
		t.Errorf("sent to %s", r.uri)
	}
	checkSigned(t, r, "")
}

func TestDoRefusesWhatCannotBeSentAndSendsNothing(t *testing.T) {
	t.Parallel()
	s := answering(t, 200, sessionBody)
	client := s.client(t)
	get := func(path string) plugipay.RequestOptions { return plugipay.RequestOptions{Method: "GET", Path: path} }
	var nilOut *plugipay.CheckoutSession
	tests := map[string]struct {
		opts plugipay.RequestOptions
		out  any
		code string
		says string
	}{
		"no method":               {plugipay.RequestOptions{Path: "/a"}, nil, "invalid_request", "Method"},
		"a method with a space":   {plugipay.RequestOptions{Method: "G T", Path: "/a"}, nil, "invalid_request", "Method"},
		"no path":                 {get(""), nil, "invalid_request", "Path"},
		"a whole URL":             {get("https://evil.example/a"), nil, "invalid_request", "Path"},
		"a path to another host":  {get("@evil.example/a"), nil, "invalid_request", "Path"},
		"a space":                 {get("/a b"), nil, "invalid_request", "Path"},
		"a line break":            {get("/a\r\nX: 1"), nil, "invalid_request", "Path"},
		"a letter beyond ASCII":   {get("/kopi☕"), nil, "invalid_request", "Path"},
		"a fragment":              {get("/a#b"), nil, "invalid_request", "Path"},
		"a broken escape":         {get("/a%zz"), nil, "invalid_request", "Path"},
		"an id that is ..":        {get("/api/v1/checkout-sessions/../cancel"), nil, "invalid_request", "step"},
		"an id that is escaped .": {get("/api/v1/checkout-sessions/%2e/cancel"), nil, "invalid_request", "step"},
		"a bad account":           {plugipay.RequestOptions{Method: "GET", Path: "/a", OnBehalfOf: "a\n"}, nil, "invalid_request", "OnBehalfOf"},
		"a channel for a body":    {plugipay.RequestOptions{Method: "POST", Path: "/a", Body: make(chan int)}, nil, "serialize_failed", "JSON"},
		"NaN for a body":          {plugipay.RequestOptions{Method: "POST", Path: "/a", Body: math.NaN()}, nil, "serialize_failed", "JSON"},
		"broken raw JSON":         {plugipay.RequestOptions{Method: "POST", Path: "/a", Body: json.RawMessage("{")}, nil, "serialize_failed", "JSON"},
		"out that is no pointer":  {get("/a"), plugipay.CheckoutSession{}, "invalid_request", "out"},
		"out that is a nil one":   {get("/a"), nilOut, "invalid_request", "out"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			pe := wantError(t, client.Do(t.Context(), test.opts, test.out), 0, test.code)
			if !strings.Contains(pe.Message, test.says) {
				t.Errorf("message %q does not say %q", pe.Message, test.says)
			}
			if n := s.count(); n != 0 {
				t.Fatalf("%d requests were sent", n)
			}
		})
	}
}

func TestANilContextIsAnErrorNotAPanic(t *testing.T) {
	t.Parallel()
	s := answering(t, 200, sessionBody)
	client := s.client(t)
	var none context.Context
	_, createErr := client.CheckoutSessions.Create(none, validInput())
	_, getErr := client.CheckoutSessions.Get(none, "cs_01HX")
	_, listErr := client.CheckoutSessions.List(none, plugipay.CheckoutSessionListParams{})
	_, cancelErr := client.CheckoutSessions.Cancel(none, "cs_01HX")
	_, confirmErr := client.CheckoutSessions.Confirm(none, "cs_01HX")
	doErr := client.Do(none, plugipay.RequestOptions{Method: "GET", Path: "/a"}, nil)
	for _, err := range []error{createErr, getErr, listErr, cancelErr, confirmErr, doErr} {
		wantError(t, err, 0, "invalid_request")
	}
}

func TestDoWithNullDataLeavesOutAsItIs(t *testing.T) {
	t.Parallel()
	s := answering(t, 200, `{"data": null, "error": null, "meta": {}}`)
	out := plugipay.CheckoutSession{ID: "kept"}
	if err := s.client(t).Do(t.Context(), plugipay.RequestOptions{Method: "GET", Path: "/a"}, &out); err != nil {
		t.Fatal(err)
	}
	if out.ID != "kept" {
		t.Errorf("out is %+v", out)
	}
}

func TestAnErrorLeavesOutAsItIs(t *testing.T) {
	t.Parallel()
	s := answering(t, 409, `{"data": {"id": "cs_other"}, "error": {"code": "conflict"}, "meta": {}}`)
	out := plugipay.CheckoutSession{ID: "kept"}
	err := s.client(t).Do(t.Context(), plugipay.RequestOptions{Method: "GET", Path: "/a"}, &out)
	wantError(t, err, 409, "conflict")
	if out.ID != "kept" {
		t.Errorf("out is %+v", out)
	}
}

func TestDoWithoutOutAcceptsAnEmptyAnswer(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 202, 204} {
		s := answering(t, status, "")
		if err := s.client(t).Do(t.Context(), plugipay.RequestOptions{Method: "DELETE", Path: "/a"}, nil); err != nil {
			t.Errorf("status %d: %v", status, err)
		}
	}
}

func TestDoWithOutAcceptsAnEmptyAnswerOnlyWhenTheStatusSaysSo(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 201, 202, 204} {
		client := answering(t, status, "").client(t)
		opts := plugipay.RequestOptions{Method: "POST", Path: "/a"}
		out := map[string]string{"kept": "yes"}
		if err := client.Do(t.Context(), opts, &out); err != nil || out["kept"] != "yes" {
			t.Errorf("status %d: out is %v, error %v", status, out, err)
		}
		page, err := plugipay.DoList[int](t.Context(), client, opts)
		if err != nil || page.Data == nil || len(page.Data) != 0 || page.HasMore {
			t.Errorf("status %d: page is %+v, error %v", status, page, err)
		}
		session := plugipay.CheckoutSession{ID: "kept"}
		wantError(t, client.Do(t.Context(), opts, &session), status, "invalid_response")
		if session.ID != "kept" {
			t.Errorf("status %d: out is %+v", status, session)
		}
		_, err = client.CheckoutSessions.Get(t.Context(), "cs_01HX")
		wantError(t, err, status, "invalid_response")
		_, err = client.CheckoutSessions.List(t.Context(), plugipay.CheckoutSessionListParams{})
		wantError(t, err, status, "invalid_response")
	}
}

// keeper keeps the JSON that it is decoded from, which package json asks it to copy.
type keeper struct{ content []byte }

func (k *keeper) UnmarshalJSON(content []byte) error {
	k.content = content
	return nil
}

func TestWhatATypeOfTheCallersKeepsStaysAsItIs(t *testing.T) {
	t.Parallel()
	var answers atomic.Int32
	client := serving(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"data": [{"n": %d}], "meta": {}}`, answers.Add(1))
	}).client(t)
	list := plugipay.RequestOptions{Method: "GET", Path: "/api/v1/x"}
	var done []keeper
	if err := client.Do(t.Context(), list, &done); err != nil {
		t.Fatal(err)
	}
	page, err := plugipay.DoList[keeper](t.Context(), client, list)
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if _, err := plugipay.DoList[json.RawMessage](t.Context(), client, list); err != nil {
			t.Fatal(err)
		}
		if err := client.Do(t.Context(), list, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := string(done[0].content)+string(page.Data[0].content), `{"n": 1}{"n": 2}`; got != want {
		t.Errorf("what was kept is %s, want %s", got, want)
	}
}

func TestAnAnswerWithoutDataIsAnErrorWhateverTheCallerHadInOut(t *testing.T) {
	t.Parallel()
	client := answering(t, 200, `{"error": null, "meta": {}}`).client(t)
	for _, out := range []*plugipay.CheckoutSession{{}, {ID: "cs_before"}} {
		err := client.Do(t.Context(), plugipay.RequestOptions{Method: "GET", Path: "/api/v1/x"}, out)
		wantError(t, err, 200, "invalid_response")
	}
}
