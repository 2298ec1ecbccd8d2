package plugipay_test

import (
	"context"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// fuzzClient returns a client whose transport returns the response of respond, without a network.
func fuzzClient(f *testing.F, respond func(*http.Request) *http.Response) *plugipay.Client {
	f.Helper()
	client, err := plugipay.NewClient(plugipay.ClientOptions{
		KeyID: testKeyID, Secret: testSecret, BaseURL: "http://localhost/gateway", MaxRetries: -1,
		HTTP: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) { return respond(r), nil })},
	})
	if err != nil {
		f.Fatal(err)
	}
	return client
}

func response(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

// FuzzResponse checks that no response makes a call panic, and that each call returns either a result or an *Error with the
// status of the response.
func FuzzResponse(f *testing.F) {
	for _, body := range []string{
		sessionBody, emptyPageBody, "", "null", "[]", `{"data":{}}`, `{"data":[{}]}`, `{"data":null}`,
		`{"error":{"code":"CONFLICT","message":"m","field":"f","details":{},"docUrl":"u"},"meta":{"requestId":"r"}}`,
		`{"data":[null],"meta":{"page":{"limit":1,"hasMore":true,"nextCursor":"c"}}}`, "<html>",
	} {
		for _, status := range []int{200, 204, 302, 409, 500} {
			f.Add(status, body)
		}
	}
	type sent struct {
		status int
		body   string
	}
	client := fuzzClient(f, func(r *http.Request) *http.Response {
		s := r.Context().Value(sent{}).(sent)
		return response(s.status, s.body)
	})
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 100 || status > 999 {
			t.Skip("net/http does not return this status")
		}
		ctx := context.WithValue(t.Context(), sent{}, sent{status, body})
		session, err := client.CheckoutSessions.Get(ctx, "cs_01HX")
		checkOutcome(t, status, session != nil, err)
		page, err := client.CheckoutSessions.List(ctx, plugipay.CheckoutSessionListParams{})
		checkOutcome(t, status, page.Data != nil, err)
		var out any
		err = client.Do(ctx, plugipay.RequestOptions{Method: "GET", Path: "/a"}, &out)
		checkOutcome(t, status, err == nil, err)
	})
}

func checkOutcome(t *testing.T, status int, result bool, err error) {
	t.Helper()
	if result != (err == nil) {
		t.Fatalf("the call has a result: %t, error %v", result, err)
	}
	var pe *plugipay.Error
	if err == nil {
		if status < 200 || status > 299 {
			t.Fatalf("status %d is a success", status)
		}
	} else if !errors.As(err, &pe) || pe.Status != status || pe.Code == "" || pe.Code != strings.ToLower(pe.Code) {
		t.Fatalf("the error for status %d is %#v", status, err)
	}
}

// FuzzRetryAfter checks that Error.RetryAfter is never negative, and that a number of seconds is read exactly.
func FuzzRetryAfter(f *testing.F) {
	const date = "Mon, 21 Sep 2026 14:13:20 GMT"
	for _, value := range []string{
		"", "0", "7", "-1", "+1", "1.5", " 3", "3 ", "soon", "99999999999999999999", "Mon, 21 Sep 2026 14:13:27 GMT",
		"Monday, 21-Sep-26 14:13:27 GMT", "Mon Sep 21 14:13:27 2026", "Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 1970 00:00:00 GMT",
	} {
		f.Add(value, date)
		f.Add(value, "no date")
	}
	type headers struct{ retryAfter, date string }
	client := fuzzClient(f, func(r *http.Request) *http.Response {
		h := r.Context().Value(headers{}).(headers)
		resp := response(429, "")
		resp.Header["Retry-After"], resp.Header["Date"] = []string{h.retryAfter}, []string{h.date}
		return resp
	})
	f.Fuzz(func(t *testing.T, value, date string) {
		ctx := context.WithValue(t.Context(), headers{}, headers{value, date})
		_, err := client.CheckoutSessions.Get(ctx, "cs_01HX")
		var pe *plugipay.Error
		if !errors.As(err, &pe) || pe.Status != 429 || pe.RetryAfter < 0 {
			t.Fatalf("Retry-After %q, Date %q: %v", value, date, err)
		}
		seconds, isNumber := new(big.Int).SetString(value, 10)
		if isNumber && strings.Trim(value, "0123456789") == "" && seconds.IsInt64() && seconds.Int64() < 1e9 &&
			pe.RetryAfter != time.Duration(seconds.Int64())*time.Second {
			t.Fatalf("Retry-After %q is read as %s", value, pe.RetryAfter)
		}
	})
}

// FuzzID checks that an id is either refused, or sent unchanged as one segment of the path, with a valid signature.
func FuzzID(f *testing.F) {
	for _, id := range []string{"cs_01HX", "", ".", "..", "a/b?c", "%2e%2e", "\x00", "☕", "\xff", "a;b=c,d", "//", "..;"} {
		f.Add(id)
	}
	var sent *http.Request
	client := fuzzClient(f, func(r *http.Request) *http.Response {
		sent = r
		return response(200, sessionBody)
	})
	f.Fuzz(func(t *testing.T, id string) {
		sent = nil
		if _, err := client.CheckoutSessions.Get(t.Context(), id); err != nil {
			if !errors.Is(err, plugipay.ErrInvalidRequest) || sent != nil {
				t.Fatalf("id %q: %v, sent %v", id, err, sent)
			}
			return
		}
		const prefix = "/gateway/api/v1/checkout-sessions/"
		segment, below := strings.CutPrefix(sent.URL.EscapedPath(), prefix)
		got, err := url.PathUnescape(segment)
		if !below || strings.Contains(segment, "/") || err != nil || got != id || sent.URL.RawQuery != "" {
			t.Fatalf("id %q is sent as %s", id, sent.URL)
		}
		checkSigned(t, received{method: sent.Method, uri: sent.URL.RequestURI(), header: sent.Header}, "/gateway")
	})
}

// FuzzBaseURL checks that a base URL is either refused, or that requests go to its host.
func FuzzBaseURL(f *testing.F) {
	for _, base := range []string{
		"https://plugipay.com", "http://localhost:8080/a/", "http://[::1]", "https://a@b", "https://a/../b", "http://127.0.0.1.evil.example",
		"HTTPS://PLUGIPAY.COM", "https://plugipay.com/%2e%2e/", "//plugipay.com", "https:plugipay.com", "https://plugipay.com/a b",
	} {
		f.Add(base)
	}
	f.Fuzz(func(t *testing.T, base string) {
		if base == "" {
			t.Skip("an empty base URL means the default")
		}
		var sent *http.Request
		client, err := plugipay.NewClient(plugipay.ClientOptions{
			KeyID: testKeyID, Secret: testSecret, BaseURL: base,
			HTTP: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				sent = r
				return response(200, sessionBody), nil
			})},
		})
		if err != nil {
			if !errors.Is(err, plugipay.ErrInvalidRequest) {
				t.Fatalf("base URL %q: %v", base, err)
			}
			return
		}
		if _, err := client.CheckoutSessions.Get(t.Context(), "cs_01HX"); err != nil {
			t.Fatalf("base URL %q is accepted, but the call fails: %v", base, err)
		}
		parsed, err := url.Parse(base)
		if err != nil || sent.URL.Host != strings.TrimSuffix(parsed.Host, ":") ||
			!strings.HasSuffix(sent.URL.Path, "/api/v1/checkout-sessions/cs_01HX") {
			t.Fatalf("with base URL %q the request goes to %s (%v)", base, sent.URL, err)
		}
		checkSigned(t, received{method: "GET", uri: "/api/v1/checkout-sessions/cs_01HX", header: sent.Header}, "")
	})
}
