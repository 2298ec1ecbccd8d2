package plugipay_test

import (
	"context"
	"io"
	"maps"
	"math/big"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// rateLimitHeader returns a header that reports 2 of 20 requests left.
func rateLimitHeader() http.Header {
	return http.Header{
		"X-Ratelimit-Limit": {"20"}, "X-Ratelimit-Remaining": {"2"}, "X-Ratelimit-Reset": {"1790000000"}, "X-Served-By": {"edge-7"}}
}

var twoLeft = plugipay.RateLimit{Known: true, Limit: 20, Remaining: 2, Reset: time.Unix(1790000000, 0).UTC()}

func TestWithResponse_DescribesTheLastAttempt(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			script := []reply{
				{},
				{status: 503, body: errorBody("service_unavailable"), header: http.Header{"X-Served-By": {"edge-6"}}},
				{status: 201, body: op.body(), header: rateLimitHeader()},
			}
			inBubble(t, script, func(t *testing.T, b *bubbleServer) {
				var info plugipay.ResponseInfo
				if err := op.with(plugipay.WithResponse(t.Context(), &info), b.client()); err != nil {
					t.Fatal(err)
				}
				if info.Status != 201 || info.RequestID != "req_01" || info.Attempts != 3 || info.RateLimit != twoLeft ||
					info.Header.Get("X-Served-By") != "edge-7" {
					t.Errorf("info is %+v", info)
				}
			})
		})
	}
}

func TestWithResponse_AgreesWithTheError(t *testing.T) {
	t.Parallel()
	truncate := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, `{"data": `)
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	tests := map[string]struct {
		failing   reply
		truncated bool
		status    int
		code      string
		attempts  int
		header    bool
	}{
		"an error of Plugipay":         {failing: reply{status: 404, body: errorBody("not_found")}, status: 404, code: "not_found", attempts: 1, header: true},
		"an error that is retried":     {failing: reply{status: 503, body: errorBody("service_unavailable")}, status: 503, code: "service_unavailable", attempts: 3, header: true},
		"an HTML page":                 {failing: reply{status: 403, body: htmlBody}, status: 403, code: "invalid_response", attempts: 1, header: true},
		"a success in HTML":            {failing: reply{status: 200, body: htmlBody}, status: 200, code: "invalid_response", attempts: 1, header: true},
		"a success of another type":    {failing: reply{status: 200, body: `{"data": 7}`}, status: 200, code: "invalid_response", attempts: 1, header: true},
		"a redirect":                   {failing: reply{status: 307}, status: 307, code: "invalid_response", attempts: 1, header: true},
		"a response that is too large": {failing: reply{status: 200, body: strings.Repeat("x", 5001)}, status: 200, code: "invalid_response", attempts: 1, header: true},
		"a truncated response":         {truncated: true, status: 200, code: "network_error", attempts: 3, header: true},
		"a lost connection":            {failing: reply{}, code: "network_error", attempts: 3},
		"an attempt timeout":           {failing: reply{status: -1}, code: "timeout", attempts: 3},
		"a Retry-After of an hour":     {failing: reply{429, errorBody("rate_limited"), after("3600")}, status: 429, code: "rate_limited", attempts: 1, header: true},
	}
	for name, test := range tests {
		for _, op := range operations() {
			t.Run(op.name+" "+name, func(t *testing.T) {
				t.Parallel()
				failing := test.failing
				failing.header = maps.Clone(failing.header)
				if failing.header == nil {
					failing.header = http.Header{}
				}
				failing.header.Set("X-Served-By", "edge-7")
				inBubble(t, []reply{failing}, func(t *testing.T, b *bubbleServer) {
					if test.truncated {
						b.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
							w.Header().Set("X-Served-By", "edge-7")
							truncate(w, r)
						})
					}
					var info plugipay.ResponseInfo
					client := b.client(func(o *plugipay.ClientOptions) { o.MaxResponseBytes = 5000 })
					pe := wantError(t, op.with(plugipay.WithResponse(t.Context(), &info), client), test.status, test.code)
					if info.Status != pe.Status || info.RequestID != pe.RequestID || info.Attempts != pe.Attempts ||
						pe.Attempts != test.attempts {
						t.Errorf("info is %+v, error %v with %d attempts, want %d", info, pe, pe.Attempts, test.attempts)
					}
					if test.header != (info.Header.Get("X-Served-By") == "edge-7") || !test.header && info.Header != nil {
						t.Errorf("header is %v", info.Header)
					}
				})
			})
		}
	}
}

func TestWithResponse_KeepsLastAttemptIfContextEnds(t *testing.T) {
	t.Parallel()
	inBubble(t, []reply{{503, errorBody("service_unavailable"), after("20")}}, func(t *testing.T, b *bubbleServer) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var info plugipay.ResponseInfo
		_, err := b.client().CheckoutSessions.Get(plugipay.WithResponse(ctx, &info), "cs_01HX")
		wantError(t, err, 503, "timeout")
		if info.Status != 503 || info.RequestID != "req_42" || info.Attempts != 1 || info.Header.Get("Retry-After") != "20" {
			t.Errorf("info is %+v", info)
		}
	})
}

func TestWithResponse_OmitsEarlierAttempts(t *testing.T) {
	t.Parallel()
	script := []reply{{status: 503, body: errorBody("service_unavailable"), header: rateLimitHeader()}, {}}
	inBubble(t, script, func(t *testing.T, b *bubbleServer) {
		var info plugipay.ResponseInfo
		_, err := b.client().CheckoutSessions.Get(plugipay.WithResponse(t.Context(), &info), "cs_01HX")
		wantError(t, err, 0, "network_error")
		if want := (plugipay.ResponseInfo{Attempts: 3}); !reflect.DeepEqual(info, want) {
			t.Errorf("info is %+v, want %+v", info, want)
		}
	})
}

func TestWithResponse_EachCallOverwritesIt(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, sessionBody)
	client := s.client(t)
	var info plugipay.ResponseInfo
	ctx := plugipay.WithResponse(t.Context(), &info)
	failing := map[string]func() error{
		"an invalid id": func() error {
			_, err := client.CheckoutSessions.Get(ctx, "..")
			return err
		},
		"an invalid key": func() error {
			_, err := client.CheckoutSessions.Create(plugipay.WithIdempotencyKey(ctx, "\n"), validInput())
			return err
		},
		"an invalid body": func() error {
			return client.Do(ctx, plugipay.RequestOptions{Method: "POST", Path: "/a", Body: failsToMarshal{}}, nil)
		},
		"an invalid path": func() error {
			return client.Do(ctx, plugipay.RequestOptions{Method: "POST", Path: "a"}, nil)
		},
		"an invalid out": func() error {
			return client.Do(ctx, plugipay.RequestOptions{Method: "GET", Path: "/a"}, 7)
		},
		"an invalid account": func() error {
			_, err := client.ForMerchant("").CheckoutSessions.Get(ctx, "cs_01HX")
			return err
		},
		"a context that has ended": func() error {
			ended, cancel := context.WithCancel(ctx)
			cancel()
			_, err := client.CheckoutSessions.Get(ended, "cs_01HX")
			return err
		},
	}
	for name, fail := range failing {
		if _, err := client.CheckoutSessions.Get(ctx, "cs_01HX"); err != nil || info.Status != 200 {
			t.Fatalf("info is %+v, error %v", info, err)
		}
		if err := fail(); err == nil {
			t.Errorf("%s: no error", name)
		}
		if !reflect.DeepEqual(info, plugipay.ResponseInfo{}) {
			t.Errorf("%s: info is %+v, although nothing was sent", name, info)
		}
	}
}

func TestWithResponse_NilTurnsItOff(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		var outer plugipay.ResponseInfo
		ctx := plugipay.WithResponse(plugipay.WithResponse(t.Context(), &outer), nil)
		if err := op.with(ctx, responding(t, 200, op.body()).client(t)); err != nil {
			t.Errorf("%s: %v", op.name, err)
		}
		if outer.Status != 0 {
			t.Errorf("%s: the outer info is %+v", op.name, outer)
		}
	}
}

func TestWithResponse_HeaderIsACopy(t *testing.T) {
	t.Parallel()
	kept := rateLimitHeader() // a transport with a cache keeps its header
	client, err := plugipay.NewClient(plugipay.ClientOptions{
		KeyID: testKeyID, Secret: testSecret,
		HTTP: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			resp := response(200, sessionBody)
			resp.Header = kept
			return resp, nil
		})},
	})
	if err != nil {
		t.Fatal(err)
	}
	var info plugipay.ResponseInfo
	if _, err := client.CheckoutSessions.Get(plugipay.WithResponse(t.Context(), &info), "cs_01HX"); err != nil {
		t.Fatal(err)
	}
	info.Header.Set("X-RateLimit-Limit", "7")
	if !reflect.DeepEqual(kept, rateLimitHeader()) {
		t.Errorf("the transport's header is %v", kept)
	}
}

func TestWithResponse_ResolvedConflictDescribesTheGet(t *testing.T) {
	t.Parallel()
	calls := map[string]func(context.Context, *plugipay.Client) (*plugipay.CheckoutSession, error){
		"canceled": func(ctx context.Context, c *plugipay.Client) (*plugipay.CheckoutSession, error) {
			return c.CheckoutSessions.Cancel(ctx, "cs_01HX")
		},
		"completed": func(ctx context.Context, c *plugipay.Client) (*plugipay.CheckoutSession, error) {
			return c.CheckoutSessions.Confirm(ctx, "cs_01HX")
		},
	}
	for wanted, call := range calls {
		for _, status := range []string{wanted, "expired"} {
			t.Run(wanted+" when it is "+status, func(t *testing.T) {
				t.Parallel()
				script := []reply{
					{},
					{status: 409, body: errorBody("conflict")},
					{status: 200, body: strings.Replace(sessionBody, `"open"`, `"`+status+`"`, 1), header: rateLimitHeader()},
				}
				inBubble(t, script, func(t *testing.T, b *bubbleServer) {
					var info plugipay.ResponseInfo
					_, err := call(plugipay.WithResponse(t.Context(), &info), b.client())
					if b.count() != 3 {
						t.Fatalf("the server received %d requests", b.count())
					}
					if status == wanted {
						if err != nil || info.Status != 200 || info.RequestID != "req_01" || info.Attempts != 3 || info.RateLimit != twoLeft {
							t.Errorf("info is %+v, error %v", info, err)
						}
						return
					}
					pe := wantError(t, err, 409, "conflict")
					if info.Status != 409 || info.RequestID != "req_42" || info.Attempts != 2 || pe.Attempts != 2 || info.RateLimit.Known {
						t.Errorf("info is %+v, error %v", info, err)
					}
				})
			})
		}
	}
}

func TestWithResponse_ConcurrentCallsDoNotMix(t *testing.T) {
	t.Parallel()
	s := serving(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Path", r.URL.Path)
		_, _ = io.WriteString(w, sessionBody)
	})
	client := s.client(t)
	var calls sync.WaitGroup
	for i := range 50 {
		calls.Go(func() {
			id := "cs_" + strings.Repeat("x", i)
			var info plugipay.ResponseInfo
			_, err := client.CheckoutSessions.Get(plugipay.WithResponse(t.Context(), &info), id)
			if err != nil || info.Header.Get("X-Path") != "/api/v1/checkout-sessions/"+id {
				t.Errorf("info is %+v, error %v", info, err)
			}
		})
	}
	calls.Wait()
}

func TestRateLimit_IsKnownIfAllHeadersAreValid(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		limit, remaining, reset string
		want                    plugipay.RateLimit
	}{
		"three valid headers":  {"20", "2", "1790000000", twoLeft},
		"no requests left":     {"20", "0", "1790000000", plugipay.RateLimit{Known: true, Limit: 20, Reset: twoLeft.Reset}},
		"no headers":           {},
		"no limit":             {remaining: "2", reset: "1790000000"},
		"no remainder":         {limit: "20", reset: "1790000000"},
		"no reset":             {limit: "20", remaining: "2"},
		"a negative remainder": {"20", "-1", "1790000000", plugipay.RateLimit{}},
		"a fraction":           {"20", "1.5", "1790000000", plugipay.RateLimit{}},
		"words":                {"twenty", "two", "soon", plugipay.RateLimit{}},
		"a date":               {"20", "2", "2026-09-21T14:13:20Z", plugipay.RateLimit{}},
		"more than an int":     {"20", "99999999999999999999", "1790000000", plugipay.RateLimit{}},
		"the year 9999":        {"20", "2", "253402300799", plugipay.RateLimit{Known: true, Limit: 20, Remaining: 2, Reset: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)}},
		"the year 10000":       {"20", "2", "253402300800", plugipay.RateLimit{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serving(t, func(w http.ResponseWriter, _ *http.Request) {
				for header, value := range map[string]string{
					"X-RateLimit-Limit": test.limit, "X-RateLimit-Remaining": test.remaining, "X-RateLimit-Reset": test.reset} {
					if value != "" {
						w.Header().Set(header, value)
					}
				}
				_, _ = io.WriteString(w, sessionBody)
			})
			var info plugipay.ResponseInfo
			if _, err := s.client(t).CheckoutSessions.Get(plugipay.WithResponse(t.Context(), &info), "cs_01HX"); err != nil {
				t.Fatal(err)
			}
			if info.RateLimit != test.want {
				t.Errorf("rate limit is %+v, want %+v", info.RateLimit, test.want)
			}
		})
	}
}

// FuzzRateLimit checks that a RateLimit either has the numbers of the headers or is zero.
func FuzzRateLimit(f *testing.F) {
	for _, numbers := range [][3]string{
		{"20", "2", "1790000000"}, {"", "", ""}, {"-1", "+2", " 3"}, {"1e3", "0x10", "1_000"}, {"007", "0", "253402300800"},
		{"2147483648", "2147483647", "9223372036854775808"}, {"٣", "１", "½"},
	} {
		f.Add(numbers[0], numbers[1], numbers[2])
	}
	type headers [3]string
	client := fuzzClient(f, func(r *http.Request) *http.Response {
		h := r.Context().Value(headers{}).(headers)
		resp := response(200, sessionBody)
		resp.Header = http.Header{"X-Ratelimit-Limit": {h[0]}, "X-Ratelimit-Remaining": {h[1]}, "X-Ratelimit-Reset": {h[2]}}
		return resp
	})
	f.Fuzz(func(t *testing.T, limit, remaining, reset string) {
		var info plugipay.ResponseInfo
		ctx := context.WithValue(plugipay.WithResponse(t.Context(), &info), headers{}, headers{limit, remaining, reset})
		if _, err := client.CheckoutSessions.Get(ctx, "cs_01HX"); err != nil {
			t.Fatal(err)
		}
		got := info.RateLimit
		if !got.Known {
			if got != (plugipay.RateLimit{}) {
				t.Fatalf("Known is false, but the rate limit is %+v", got)
			}
			return
		}
		texts, numbers := []string{limit, remaining, reset}, []int64{int64(got.Limit), int64(got.Remaining), got.Reset.Unix()}
		for i, text := range texts {
			value, ok := new(big.Int).SetString(text, 10)
			if !ok || strings.Trim(text, "0123456789") != "" || value.Cmp(big.NewInt(numbers[i])) != 0 {
				t.Fatalf("%q is read as %d", text, numbers[i])
			}
		}
		if _, err := got.Reset.MarshalJSON(); err != nil {
			t.Fatalf("%q: %v", reset, err)
		}
	})
}
