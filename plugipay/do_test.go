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

func TestDo_SendsOptionsUnchanged(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, `{"data": {"ok": true}, "error": null, "meta": {}}`)
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

func TestDo_SendsNoKeyAndNoBodyByDefault(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, sessionBody)
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

func TestDo_OnBehalfOfOverridesTheClient(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, emptyPageBody)
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
			t.Errorf("the request is on behalf of %q, want acc_request", got)
		}
	}
}

func TestDo_EmptyQueryIsSigned(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, emptyPageBody)
	if err := s.client(t).Do(t.Context(), plugipay.RequestOptions{Method: "GET", Path: "/a?"}, nil); err != nil {
		t.Fatal(err)
	}
	r := s.only(t)
	if r.uri != "/a?" {
		t.Errorf("sent to %s", r.uri)
	}
	checkSigned(t, r, "")
}

func TestDo_InvalidOptionsSendNothing(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, sessionBody)
	client := s.client(t)
	get := func(path string) plugipay.RequestOptions { return plugipay.RequestOptions{Method: "GET", Path: path} }
	var nilOut *plugipay.CheckoutSession
	tests := map[string]struct {
		opts plugipay.RequestOptions
		out  any
		code string
		says string
	}{
		"an empty method":        {plugipay.RequestOptions{Path: "/a"}, nil, "invalid_request", "Method"},
		"a method with a space":  {plugipay.RequestOptions{Method: "G T", Path: "/a"}, nil, "invalid_request", "Method"},
		"an empty path":          {get(""), nil, "invalid_request", "Path"},
		"a whole URL":            {get("https://evil.example/a"), nil, "invalid_request", "Path"},
		"a path to another host": {get("@evil.example/a"), nil, "invalid_request", "Path"},
		"a space":                {get("/a b"), nil, "invalid_request", "Path"},
		"a line break":           {get("/a\r\nX: 1"), nil, "invalid_request", "Path"},
		"a letter beyond ASCII":  {get("/kopi☕"), nil, "invalid_request", "Path"},
		"a fragment":             {get("/a#b"), nil, "invalid_request", "Path"},
		"a broken escape":        {get("/a%zz"), nil, "invalid_request", "Path"},
		"a path with a step":     {get("/api/v1/checkout-sessions/../cancel"), nil, "invalid_request", "step"},
		"an escaped step":        {get("/api/v1/checkout-sessions/%2e/cancel"), nil, "invalid_request", "step"},
		"an invalid account":     {plugipay.RequestOptions{Method: "GET", Path: "/a", OnBehalfOf: "a\n"}, nil, "invalid_request", "OnBehalfOf"},
		"a channel as body":      {plugipay.RequestOptions{Method: "POST", Path: "/a", Body: make(chan int)}, nil, "serialize_failed", "JSON"},
		"NaN as body":            {plugipay.RequestOptions{Method: "POST", Path: "/a", Body: math.NaN()}, nil, "serialize_failed", "JSON"},
		"invalid raw JSON":       {plugipay.RequestOptions{Method: "POST", Path: "/a", Body: json.RawMessage("{")}, nil, "serialize_failed", "JSON"},
		"out is not a pointer":   {get("/a"), plugipay.CheckoutSession{}, "invalid_request", "out"},
		"out is a nil pointer":   {get("/a"), nilOut, "invalid_request", "out"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			pe := wantError(t, client.Do(t.Context(), test.opts, test.out), 0, test.code)
			if !strings.Contains(pe.Message, test.says) {
				t.Errorf("the message %q does not contain %q", pe.Message, test.says)
			}
			if n := s.count(); n != 0 {
				t.Fatalf("%d requests were sent, want 0", n)
			}
		})
	}
}

func TestContext_NilIsAnError(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, sessionBody)
	client := s.client(t)
	var nilContext context.Context
	_, createErr := client.CheckoutSessions.Create(nilContext, validInput())
	_, getErr := client.CheckoutSessions.Get(nilContext, "cs_01HX")
	_, listErr := client.CheckoutSessions.List(nilContext, plugipay.CheckoutSessionListParams{})
	_, cancelErr := client.CheckoutSessions.Cancel(nilContext, "cs_01HX")
	_, confirmErr := client.CheckoutSessions.Confirm(nilContext, "cs_01HX")
	doErr := client.Do(nilContext, plugipay.RequestOptions{Method: "GET", Path: "/a"}, nil)
	for _, err := range []error{createErr, getErr, listErr, cancelErr, confirmErr, doErr} {
		wantError(t, err, 0, "invalid_request")
	}
}

func TestDo_NullDataDoesNotChangeOut(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, `{"data": null, "error": null, "meta": {}}`)
	out := plugipay.CheckoutSession{ID: "kept"}
	if err := s.client(t).Do(t.Context(), plugipay.RequestOptions{Method: "GET", Path: "/a"}, &out); err != nil {
		t.Fatal(err)
	}
	if out.ID != "kept" {
		t.Errorf("out is %+v", out)
	}
}

func TestDo_ErrorDoesNotChangeOut(t *testing.T) {
	t.Parallel()
	s := responding(t, 409, `{"data": {"id": "cs_other"}, "error": {"code": "conflict"}, "meta": {}}`)
	out := plugipay.CheckoutSession{ID: "kept"}
	err := s.client(t).Do(t.Context(), plugipay.RequestOptions{Method: "GET", Path: "/a"}, &out)
	wantError(t, err, 409, "conflict")
	if out.ID != "kept" {
		t.Errorf("out is %+v", out)
	}
}

func TestDo_NilOutAcceptsAnEmptyBody(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 202, 204} {
		s := responding(t, status, "")
		if err := s.client(t).Do(t.Context(), plugipay.RequestOptions{Method: "DELETE", Path: "/a"}, nil); err != nil {
			t.Errorf("status %d: %v", status, err)
		}
	}
}

func TestDo_EmptyBodyIsAnErrorForSessionsOnly(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 201, 202, 204} {
		client := responding(t, status, "").client(t)
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

// keeper keeps the JSON that it is decoded from. It does not copy the JSON, although package json requires a copy.
type keeper struct{ content []byte }

func (k *keeper) UnmarshalJSON(content []byte) error {
	k.content = content
	return nil
}

func TestDo_UnmarshalJSONMayKeepItsBytes(t *testing.T) {
	t.Parallel()
	var responses atomic.Int32
	client := serving(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"data": [{"n": %d}], "meta": {}}`, responses.Add(1))
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
		t.Errorf("the kept JSON is %s, want %s", got, want)
	}
}

func TestDo_MissingDataIsAnError(t *testing.T) {
	t.Parallel()
	client := responding(t, 200, `{"error": null, "meta": {}}`).client(t)
	for _, out := range []*plugipay.CheckoutSession{{}, {ID: "cs_before"}} {
		err := client.Do(t.Context(), plugipay.RequestOptions{Method: "GET", Path: "/api/v1/x"}, out)
		wantError(t, err, 200, "invalid_response")
	}
}

func TestDo_RawResponseTakesAnyMediaType(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status      int
		body        string
		disposition string
		accept      http.Header
		accepted    string
		fileName    string
	}{
		"a receipt as PDF":        {200, "%PDF-1.7 \x00\xff", `attachment; filename="receipt 1.pdf"`, nil, "*/*", "receipt 1.pdf"},
		"a report as CSV":         {200, "a,b\n1,2\n", "", nil, "*/*", ""},
		"a page of HTML":          {201, "<html>", "inline", http.Header{"Accept": {"text/html"}}, "text/html", ""},
		"an envelope":             {200, sessionBody, "", nil, "*/*", ""},
		"an empty body":           {204, "", "", nil, "*/*", ""},
		"a name with a folder":    {200, "x", `attachment; filename="../../etc/passwd"`, nil, "*/*", "passwd"},
		"a name from Windows":     {200, "x", `attachment; filename="..\\a\\b.pdf"`, nil, "*/*", "b.pdf"},
		"a name that is a folder": {200, "x", `attachment; filename=".."`, nil, "*/*", ""},
		"a name in UTF-8":         {200, "x", `attachment; filename*=UTF-8''kwitansi%20%E2%98%95.pdf`, nil, "*/*", "kwitansi ☕.pdf"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serving(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/x-test")
				if test.disposition != "" {
					w.Header().Set("Content-Disposition", test.disposition)
				}
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.body))
			})
			raw := plugipay.RawResponse{Body: []byte("before"), FileName: "before"}
			opts := plugipay.RequestOptions{Method: "GET", Path: "/api/v1/receipts/1.pdf", Header: test.accept}
			if err := s.client(t).Do(t.Context(), opts, &raw); err != nil {
				t.Fatal(err)
			}
			if string(raw.Body) != test.body || raw.Body == nil || raw.ContentType != "application/x-test" ||
				raw.FileName != test.fileName {
				t.Errorf("the response is %q, %q, %q", raw.Body, raw.ContentType, raw.FileName)
			}
			if got := s.only(t).header.Get("Accept"); got != test.accepted {
				t.Errorf("Accept is %q", got)
			}
		})
	}
}

func TestDo_RawResponseKeepsErrorsAndTheLimit(t *testing.T) {
	t.Parallel()
	raw := plugipay.RawResponse{FileName: "kept"}
	opts := plugipay.RequestOptions{Method: "GET", Path: "/a"}
	wantError(t, responding(t, 404, errorBody("not_found")).client(t).Do(t.Context(), opts, &raw), 404, "not_found")
	wantError(t, responding(t, 500, htmlBody).client(t).Do(t.Context(), opts, &raw), 500, "invalid_response")
	small := responding(t, 200, "12345").client(t, func(o *plugipay.ClientOptions) { o.MaxResponseBytes = 4 })
	wantError(t, small.Do(t.Context(), opts, &raw), 200, "invalid_response")
	if raw.FileName != "kept" || raw.Body != nil {
		t.Errorf("an error changed the response: %+v", raw)
	}
}

func TestDo_BytesAndReadersAsBodyAreRefused(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, `{"data": {}}`)
	for _, body := range []any{[]byte(`{}`), strings.NewReader(`{}`), &[]byte{1}} {
		err := s.client(t).Do(t.Context(), plugipay.RequestOptions{Method: "POST", Path: "/a", Body: body}, nil)
		if pe := wantError(t, err, 0, "invalid_request"); !strings.Contains(pe.Message, "json.RawMessage") {
			t.Errorf("the message is %q", pe.Message)
		}
	}
	opts := plugipay.RequestOptions{Method: "POST", Path: "/a", Body: json.RawMessage(`{"a":"\ufffd"}`)}
	if err := s.client(t).Do(t.Context(), opts, nil); err != nil {
		t.Error(err)
	}
	if got := s.only(t).body; got != `{"a":"\ufffd"}` {
		t.Errorf("sent %s", got)
	}
}

func TestDo_UnescapedPathIsRefused(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, `{"data": {}}`)
	for _, unescaped := range []string{`"`, "<", ">", `\`, "^", "{", "|", "}", "`"} {
		for _, path := range []string{"/a" + unescaped, "/a?customerId=hush" + unescaped} {
			err := s.client(t).Do(t.Context(), plugipay.RequestOptions{Method: "GET", Path: path}, nil)
			pe := wantError(t, err, 0, "invalid_request")
			if !strings.Contains(pe.Message, "escaped") || strings.Contains(pe.Error(), "hush") {
				t.Errorf("the message is %q", pe.Message)
			}
		}
	}
	if n := s.count(); n != 0 {
		t.Errorf("%d requests were sent, want 0", n)
	}
}

// TestDo_SignatureIsValidBehindAGateway also covers base URLs with escapes in the path.
func TestDo_SignatureIsValidBehindAGateway(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{
		"", "/gateway", "/a%2Fb", "/a%20b", "/%7Euser", "/a{b}", "/a%7bb", "/~x", "/caf%C3%A9", "/a;b,c",
	} {
		for _, path := range []string{"/api/v1/x", "//host/x", "/api/v1/x%2Fy?a=b%20c", "/a%7by%7D", "/~a", "/%7Ea"} {
			s := responding(t, 200, `{"data": {"id": "cs_1"}}`)
			client := s.client(t, func(o *plugipay.ClientOptions) { o.BaseURL += prefix })
			if err := client.Do(t.Context(), plugipay.RequestOptions{Method: "GET", Path: path}, nil); err != nil {
				t.Fatal(err)
			}
			if _, err := client.CheckoutSessions.Get(t.Context(), "cs/1 ☕"); err != nil {
				t.Fatal(err)
			}
			for i, r := range s.requests {
				want := []string{path, "/api/v1/checkout-sessions/cs%2F1%20%E2%98%95"}[i]
				sentPrefix, ok := strings.CutSuffix(r.uri, want)
				if !ok {
					t.Errorf("behind %s %s is sent as %s", prefix, want, r.uri)
					continue
				}
				checkSigned(t, r, sentPrefix)
			}
		}
	}
}
