package plugipay_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

const htmlBody = "<html><body>502 Bad Gateway</body></html>"

func errorBody(code string) string {
	return `{"data": null, "error": {"code": "` + code + `", "message": "as said"}, "meta": {"requestId": "req_42"}}`
}

// after returns a Retry-After header. Waiting whole seconds makes the timestamps of the attempts differ.
func after(value string) http.Header { return http.Header{"Retry-After": {value}} }

func TestRetry_RepeatsKeyAndBodyWithANewSignature(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		for _, status := range []int{408, 429, 500, 502, 503, 504} {
			for name, body := range map[string]string{"JSON": errorBody("any_code"), "HTML": htmlBody, "empty": ""} {
				t.Run(fmt.Sprint(op.name, " ", status, " ", name), func(t *testing.T) {
					t.Parallel()
					failing := reply{status, body, after("2")}
					inBubble(t, []reply{failing, failing, {status: 200, body: op.body()}}, func(t *testing.T, b *bubbleServer) {
						if err := op.call(t, b.client()); err != nil {
							t.Fatal(err)
						}
						checkAttempts(t, b, 3)
					})
				})
			}
		}
	}
}

// checkAttempts checks that the server received the number of attempts of one request, each with a new signature.
func checkAttempts(t *testing.T, b *bubbleServer, attempts int) {
	t.Helper()
	if n := b.count(); n != attempts {
		t.Fatalf("the server received %d attempts, want %d", n, attempts)
	}
	checkSameRequest(t, b)
	timestamps := map[string]bool{}
	for _, r := range b.requests {
		timestamps[r.header.Get("X-Plugipay-Timestamp")] = true
	}
	if len(timestamps) != attempts {
		t.Errorf("%d attempts have %d different timestamps", attempts, len(timestamps))
	}
}

// checkSameRequest checks that all attempts are one request, each signed.
func checkSameRequest(t *testing.T, b *bubbleServer) {
	t.Helper()
	first := b.requests[0]
	for i, r := range b.requests {
		checkSigned(t, r, "")
		if r.method != first.method || r.uri != first.uri || r.body != first.body ||
			r.header.Get("Idempotency-Key") != first.header.Get("Idempotency-Key") {
			t.Errorf("attempt %d is %v, the first was %v", i+1, r, first)
		}
	}
}

func TestRetry_AfterALostConnection(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, []reply{{}, {}, {status: 200, body: op.body()}}, func(t *testing.T, b *bubbleServer) {
				if err := op.call(t, b.client()); err != nil {
					t.Fatal(err)
				}
				if n := b.count(); n != 3 {
					t.Errorf("the server received %d attempts, want 3", n)
				}
				checkSameRequest(t, b)
			})
		})
	}
}

func TestRetry_NotAfterPermanentErrors(t *testing.T) {
	t.Parallel()
	replies := map[string]reply{
		"301":                                 {status: 301, header: http.Header{"Location": {"/"}}},
		"307":                                 {status: 307, header: http.Header{"Location": {"/"}}},
		"400":                                 {status: 400, body: errorBody("validation_error")},
		"401":                                 {status: 401, body: errorBody("invalid_signature")},
		"403":                                 {status: 403, body: errorBody("insufficient_scope")},
		"404":                                 {status: 404, body: errorBody("not_found")},
		"405":                                 {status: 405, body: htmlBody},
		"409":                                 {status: 409, body: errorBody("conflict")},
		"409 for a key with other parameters": {status: 409, body: errorBody("idempotency_mismatch")},
		"409 for a key with other parameters, in upper case": {status: 409, body: errorBody("IDEMPOTENCY_MISMATCH")},
		"409 in HTML":                {status: 409, body: htmlBody},
		"410":                        {status: 410},
		"413":                        {status: 413},
		"422":                        {status: 422, body: errorBody("adapter_not_configured")},
		"425":                        {status: 425},
		"501":                        {status: 501},
		"505":                        {status: 505},
		"a success that is not JSON": {status: 200, body: htmlBody},
	}
	for name, failing := range replies {
		for _, op := range operations() {
			t.Run(op.name+" "+name, func(t *testing.T) {
				t.Parallel()
				inBubble(t, []reply{failing}, func(t *testing.T, b *bubbleServer) {
					err := op.call(t, b.client())
					var pe *plugipay.Error
					if !errors.As(err, &pe) || pe.Status != failing.status || pe.Attempts != 1 {
						t.Errorf("error is %v", err)
					}
					if n := b.count(); n != 1 {
						t.Errorf("the server received %d attempts, want 1", n)
					}
				})
			})
		}
	}
}

func TestRetry_AfterA409ForAKeyInProgress(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"idempotency_in_progress", "IDEMPOTENCY_KEY_IN_USE", "idempotency"} {
		for _, op := range operations() {
			if op.name != "Create" && op.name != "Cancel" && op.name != "Do" {
				continue
			}
			t.Run(op.name+" "+code, func(t *testing.T) {
				t.Parallel()
				busy := reply{409, errorBody(code), after("1")}
				inBubble(t, []reply{busy, {status: 200, body: op.body()}}, func(t *testing.T, b *bubbleServer) {
					if err := op.call(t, b.client()); err != nil {
						t.Fatal(err)
					}
					checkAttempts(t, b, 2)
				})
			})
		}
	}
}

func TestMaxRetries_LimitsTheAttempts(t *testing.T) {
	t.Parallel()
	for maxRetries, attempts := range map[int]int{0: 3, 1: 2, 2: 3, 7: 8, -1: 1, -100: 1} {
		t.Run(fmt.Sprint(maxRetries), func(t *testing.T) {
			t.Parallel()
			inBubble(t, []reply{{status: 503, body: errorBody("service_unavailable")}}, func(t *testing.T, b *bubbleServer) {
				client := b.client(func(o *plugipay.ClientOptions) { o.MaxRetries = maxRetries })
				_, err := client.CheckoutSessions.Create(t.Context(), validInput())
				pe := wantError(t, err, 503, "service_unavailable")
				if pe.Attempts != attempts || b.count() != attempts {
					t.Errorf("Attempts is %d, the server received %d, want %d", pe.Attempts, b.count(), attempts)
				}
				if want := b.requests[0].header.Get("Idempotency-Key"); pe.IdempotencyKey != want {
					t.Errorf("the error's key is %q, want %q", pe.IdempotencyKey, want)
				}
			})
		})
	}
}

// writeWithoutKey calls Do without an idempotency key, so a retry may take effect twice.
func writeWithoutKey(ctx context.Context, client *plugipay.Client, method string) error {
	return client.Do(ctx, plugipay.RequestOptions{Method: method, Path: "/api/v1/things", Body: map[string]any{"a": 1}}, nil)
}

func TestRetry_WriteWithoutKeyOnlyIfNotProcessed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		failing  reply
		attempts int
	}{
		"429":               {reply{429, errorBody("rate_limited"), after("1")}, 3},
		"408":               {reply{status: 408}, 1},
		"500":               {reply{status: 500, body: errorBody("internal_error")}, 1},
		"502":               {reply{status: 502, body: htmlBody}, 1},
		"503":               {reply{status: 503}, 1},
		"504":               {reply{status: 504}, 1},
		"a lost connection": {reply{}, 1},
	}
	for name, test := range tests {
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
			t.Run(method+" "+name, func(t *testing.T) {
				t.Parallel()
				inBubble(t, []reply{test.failing}, func(t *testing.T, b *bubbleServer) {
					if err := writeWithoutKey(t.Context(), b.client(), method); err == nil {
						t.Error("the call succeeded")
					}
					if n := b.count(); n != test.attempts {
						t.Errorf("the server received %d attempts, want %d", n, test.attempts)
					}
				})
			})
		}
	}
}

func refused(context.Context) (net.Conn, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
}

func TestRetry_AfterARefusedConnectionWithoutKey(t *testing.T) {
	t.Parallel()
	inBubble(t, []reply{{status: 200, body: `{"data": {}}`}}, func(t *testing.T, b *bubbleServer) {
		b.dial = func(ctx context.Context) (net.Conn, error) {
			if b.dials < 3 {
				return refused(ctx)
			}
			return nil, nil
		}
		if err := writeWithoutKey(t.Context(), b.client(), "POST"); err != nil {
			t.Fatal(err)
		}
		if b.dials != 3 || b.count() != 1 {
			t.Errorf("%d connections were tried, %d requests received", b.dials, b.count())
		}
	})
}

func TestRetry_NotForAnUnknownHost(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		failure *net.DNSError
		dials   int
	}{
		"an unknown host":  {&net.DNSError{Err: "no such host", Name: "plugipay.example", IsNotFound: true}, 1},
		"a failing lookup": {&net.DNSError{Err: "server misbehaving", Name: "plugipay.example", IsTemporary: true}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, []reply{{status: 200, body: sessionBody}}, func(t *testing.T, b *bubbleServer) {
				b.dial = func(context.Context) (net.Conn, error) {
					return nil, &net.OpError{Op: "dial", Net: "tcp", Err: test.failure}
				}
				_, err := b.client().CheckoutSessions.Get(t.Context(), "cs_01HX")
				wantError(t, err, 0, "network_error")
				if b.dials != test.dials {
					t.Errorf("%d connections were tried, want %d", b.dials, test.dials)
				}
			})
		})
	}
}

func TestRetry_NotForAnInvalidCertificate(t *testing.T) {
	t.Parallel()
	connections := 0
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections++
		}
	}
	s.Config.ErrorLog = discardLog()
	s.StartTLS()
	client, err := plugipay.NewClient(plugipay.ClientOptions{KeyID: testKeyID, Secret: testSecret, BaseURL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.CheckoutSessions.Get(t.Context(), "cs_01HX")
	pe := wantError(t, err, 0, "network_error")
	s.Close() // waits until all connections are counted
	if pe.Attempts != 1 || connections != 1 {
		t.Errorf("%d attempts on %d connections: %v", pe.Attempts, connections, err)
	}
}

func TestMaxResponseBytes_LargerResponseIsNotRetried(t *testing.T) {
	t.Parallel()
	for status := range map[int]bool{200: true, 503: true} {
		inBubble(t, []reply{{status: status, body: strings.Repeat("x", 1001)}}, func(t *testing.T, b *bubbleServer) {
			client := b.client(func(o *plugipay.ClientOptions) { o.MaxResponseBytes = 1000 })
			_, err := client.CheckoutSessions.Get(t.Context(), "cs_01HX")
			wantError(t, err, status, "invalid_response")
			if n := b.count(); n != 1 {
				t.Errorf("the server received %d attempts, want 1", n)
			}
		})
	}
}

func TestMaxResponseBytes_DefaultAllowsSevenMegabytes(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, `{"data": {"id": "cs_01HX", "lineItems": "`+strings.Repeat("x", 7<<20)+`"}}`)
	if _, err := s.client(t).CheckoutSessions.Get(t.Context(), "cs_01HX"); err != nil {
		t.Error(err)
	}
}

func TestMaxResponseBytes_ResponseOfThatSizeIsRead(t *testing.T) {
	t.Parallel()
	inBubble(t, []reply{{status: 200, body: sessionBody}}, func(t *testing.T, b *bubbleServer) {
		client := b.client(func(o *plugipay.ClientOptions) { o.MaxResponseBytes = int64(len(sessionBody)) })
		if _, err := client.CheckoutSessions.Get(t.Context(), "cs_01HX"); err != nil {
			t.Error(err)
		}
	})
}

func TestRetry_ReusesTheConnection(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"JSON": errorBody("internal_error"), "empty": "", "large": strings.Repeat("x", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, []reply{{status: 500, body: body}}, func(t *testing.T, b *bubbleServer) {
				if _, err := b.client().CheckoutSessions.Create(t.Context(), validInput()); err == nil {
					t.Error("the call succeeded")
				}
				if b.count() != 3 || b.dials != 1 {
					t.Errorf("%d attempts on %d connections", b.count(), b.dials)
				}
			})
		})
	}
}

// TestCancel_ConflictAfterLostResponseIsSuccess covers Cancel and Confirm. An attempt ends the session, but its response is
// lost. The next attempt receives a conflict because the session has ended.
func TestCancel_ConflictAfterLostResponseIsSuccess(t *testing.T) {
	t.Parallel()
	conflict := reply{status: 409, body: errorBody("conflict")}
	session := func(status string) reply {
		return reply{status: 200, body: strings.Replace(sessionBody, `"status": "open"`, `"status": "`+status+`"`, 1)}
	}
	tests := map[string]struct {
		operation string
		script    []reply
		status    string // of the session that is returned; empty for the conflict
		requests  int
	}{
		"confirm, response lost":              {"Confirm", []reply{{}, conflict, session("completed")}, "completed", 3},
		"confirm, response lost in a gateway": {"Confirm", []reply{{status: 504}, conflict, session("completed")}, "completed", 3},
		"cancel, response lost":               {"Cancel", []reply{{}, conflict, session("canceled")}, "canceled", 3},
		"cancel, lost, then rate limited":     {"Cancel", []reply{{}, {status: 429}, conflict, session("canceled")}, "canceled", 4},
		"cancel of a paid session":            {"Cancel", []reply{{}, conflict, session("completed")}, "", 3},
		"confirm of an expired session":       {"Confirm", []reply{{}, conflict, session("expired")}, "", 3},
		"confirm, then not found":             {"Confirm", []reply{{}, conflict, {status: 404, body: errorBody("not_found")}}, "", 3},
		"cancel at the first attempt":         {"Cancel", []reply{conflict, session("canceled")}, "", 1},
		"confirm at the first attempt":        {"Confirm", []reply{conflict, session("completed")}, "", 1},
		"cancel after a refusal":              {"Cancel", []reply{{status: 429}, conflict, session("canceled")}, "", 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, test.script, func(t *testing.T, b *bubbleServer) {
				sessions := b.client().CheckoutSessions
				end := sessions.Confirm
				if test.operation == "Cancel" {
					end = sessions.Cancel
				}
				ended, err := end(t.Context(), "cs_01HX")
				if test.status == "" {
					if pe := wantError(t, err, 409, "conflict"); ended != nil || pe.RequestID != "req_42" {
						t.Errorf("session is %+v, error %v", ended, err)
					}
				} else if err != nil || ended.Status != test.status {
					t.Errorf("session is %+v, error %v", ended, err)
				}
				if n := b.count(); n != test.requests {
					t.Errorf("the server received %d requests, want %d", n, test.requests)
				}
			})
		})
	}
}

func TestCancel_ConflictAfterRefusedDialIsAnError(t *testing.T) {
	t.Parallel()
	inBubble(t, []reply{{status: 409, body: errorBody("conflict")}}, func(t *testing.T, b *bubbleServer) {
		b.dial = func(ctx context.Context) (net.Conn, error) {
			if b.dials == 1 {
				return refused(ctx)
			}
			return nil, nil
		}
		_, err := b.client().CheckoutSessions.Cancel(t.Context(), "cs_01HX")
		if pe := wantError(t, err, 409, "conflict"); pe.Attempts != 2 || b.count() != 1 {
			t.Errorf("%d requests, error %v", b.count(), err)
		}
	})
}

// TestRetry_EachAttemptIsANewRequest checks that attempts share no header, because net/http may still read the header of a
// failed attempt.
func TestRetry_EachAttemptIsANewRequest(t *testing.T) {
	t.Parallel()
	script := []reply{{503, "", after("2")}, {503, "", after("2")}, {status: 200, body: sessionBody}}
	inBubble(t, script, func(t *testing.T, b *bubbleServer) {
		var attempts []*http.Request
		client := b.client(func(o *plugipay.ClientOptions) {
			next := o.HTTP.Transport
			o.HTTP = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				attempts = append(attempts, r)
				return next.RoundTrip(r)
			})}
		})
		if _, err := client.CheckoutSessions.Create(t.Context(), validInput()); err != nil {
			t.Fatal(err)
		}
		for i, attempt := range attempts {
			if got, want := attempt.Header.Get("Authorization"), b.requests[i].header.Get("Authorization"); got != want {
				t.Errorf("the header of attempt %d was changed after the attempt", i+1)
			}
			if attempt.Context().Err() == nil {
				t.Errorf("the context of attempt %d is not canceled after the attempt", i+1)
			}
		}
	})
}

func TestRetry_AfterAnAttemptTimeout(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, []reply{{status: -1}, {status: 200, body: op.body()}}, func(t *testing.T, b *bubbleServer) {
				if err := op.call(t, b.client(func(o *plugipay.ClientOptions) { o.Timeout = 5 * time.Second })); err != nil {
					t.Fatal(err)
				}
				checkAttempts(t, b, 2)
				if wait := b.waits()[0]; wait < 5*time.Second || wait > 6*time.Second {
					t.Errorf("the second attempt followed after %s, want 5s to 6s", wait)
				}
			})
		})
	}
}

func TestTimeout_OfEveryAttemptIsATimeout(t *testing.T) {
	t.Parallel()
	inBubble(t, []reply{{status: -1}}, func(t *testing.T, b *bubbleServer) {
		_, err := b.client().CheckoutSessions.Create(t.Context(), validInput())
		pe := wantError(t, err, 0, "timeout")
		if pe.Attempts != 3 || b.count() != 3 || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(pe.Message, "30s") {
			t.Errorf("the server received %d attempts, want 3; error %v", b.count(), err)
		}
	})
}

func TestRetry_NotAfterTheCallersDeadlineOrCancel(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		end  func(context.Context) (context.Context, context.CancelFunc)
		code string
		is   error
	}{
		"deadline": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 5*time.Second)
		}, "timeout", context.DeadlineExceeded},
		"cancel": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(5*time.Second, cancel)
			return ctx, cancel
		}, "canceled", context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, []reply{{status: -1}}, func(t *testing.T, b *bubbleServer) {
				ctx, cancel := test.end(t.Context())
				defer cancel()
				start := time.Now()
				_, err := b.client().CheckoutSessions.Create(ctx, validInput())
				pe := wantError(t, err, 0, test.code)
				if took := time.Since(start); took != 5*time.Second || pe.Attempts != 1 || !errors.Is(err, test.is) ||
					strings.Contains(pe.Message, "next attempt") {
					t.Errorf("after %s: %v", took, err)
				}
			})
		})
	}
}

func TestRetry_AfterATruncatedResponse(t *testing.T) {
	t.Parallel()
	inBubble(t, []reply{{status: 200, body: sessionBody}}, func(t *testing.T, b *bubbleServer) {
		whole := b.handler
		b.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if b.count() < 2 {
				b.record(r)
				w.Header().Set("Content-Length", "5000")
				_, _ = w.Write([]byte(sessionBody[:50]))
				panic(http.ErrAbortHandler)
			}
			whole.ServeHTTP(w, r)
		})
		session, err := b.client().CheckoutSessions.Create(t.Context(), validInput())
		if err != nil || b.count() != 3 {
			t.Fatalf("%d attempts, error %v", b.count(), err)
		}
		wantSession(t, session)
	})
}

func TestMaxResponseBytes_CountsDecompressedBytes(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(t *testing.T, b *bubbleServer) {
		b.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b.record(r)
			w.Header().Set("Content-Encoding", "gzip")
			compressed := gzip.NewWriter(w)
			_, _ = compressed.Write([]byte(`{"data": "` + strings.Repeat("x", 1<<20) + `"}`)) // about a kilobyte on the wire
			_ = compressed.Close()
		})
		client := b.client(func(o *plugipay.ClientOptions) { o.MaxResponseBytes = 100_000 })
		_, err := client.CheckoutSessions.Get(t.Context(), "cs_01HX")
		if pe := wantError(t, err, 200, "invalid_response"); !strings.Contains(pe.Message, "100000 bytes") {
			t.Errorf("message is %q", pe.Message)
		}
	})
}

// TestRetry_NetHTTPDoesNotRepeatRequests checks that every attempt is made by the client. By default, net/http repeats a
// request with an idempotency key when a pooled connection fails. Such an attempt would have the old signature and would not
// be counted.
func TestRetry_NetHTTPDoesNotRepeatRequests(t *testing.T) {
	t.Parallel()
	canceled := reply{status: 200, body: strings.Replace(sessionBody, `"status": "open"`, `"status": "canceled"`, 1)}
	script := []reply{{status: 200, body: sessionBody}, {}, {status: 409, body: errorBody("conflict")}, canceled}
	inBubble(t, script, func(t *testing.T, b *bubbleServer) {
		sessions := b.client().CheckoutSessions
		if _, err := sessions.Get(t.Context(), "cs_01HX"); err != nil { // keeps the connection in the pool
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second) // of virtual time, so that the timestamps differ
		session, err := sessions.Cancel(t.Context(), "cs_01HX")
		if err != nil || session.Status != "canceled" || b.count() != 4 {
			t.Errorf("session is %+v, error %v, %d requests", session, err, b.count())
		}
		if wait := b.waits()[1]; wait < 100*time.Millisecond {
			t.Errorf("the second attempt followed after %s, so net/http made it", wait)
		}
	})
}

func TestRetry_NotAfterA409WithoutAKey(t *testing.T) {
	t.Parallel()
	inBubble(t, []reply{{status: 409, body: errorBody("idempotency_key_required")}}, func(t *testing.T, b *bubbleServer) {
		wantError(t, writeWithoutKey(t.Context(), b.client(), "POST"), 409, "idempotency_key_required")
		if n := b.count(); n != 1 {
			t.Errorf("the server received %d attempts, want 1", n)
		}
	})
}

func TestRetry_AfterA409WithMalformedMeta(t *testing.T) {
	t.Parallel()
	busy := `{"data": null, "error": {"code": "idempotency_in_progress", "message": "m"}, "meta": "odd"}`
	inBubble(t, []reply{{status: 409, body: busy}, {status: 200, body: sessionBody}}, func(t *testing.T, b *bubbleServer) {
		if _, err := b.client().CheckoutSessions.Create(t.Context(), validInput()); err != nil {
			t.Error(err)
		}
	})
}

func TestRetry_AfterARefusedProxyWithoutKey(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(t *testing.T, b *bubbleServer) {
		b.dial = refused
		client := b.client(func(o *plugipay.ClientOptions) {
			o.BaseURL = "https://localhost"
			o.HTTP.Transport.(*http.Transport).Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: "proxy.example:3128"})
		})
		wantError(t, writeWithoutKey(t.Context(), client, "POST"), 0, "network_error")
		if b.dials != 3 {
			t.Errorf("%d connections were tried", b.dials)
		}
	})
}

// TestResponse_SwitchingProtocolsIsNotRead checks that the body is not read. The body would be the connection itself, and
// the connection has no deadline.
func TestResponse_SwitchingProtocolsIsNotRead(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(t *testing.T, b *bubbleServer) {
		b.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b.record(r)
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = conn.Close() }()
			_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
			_, _ = io.Copy(io.Discard, conn) // sends nothing until the client closes the connection
		})
		_, err := b.client().CheckoutSessions.Get(t.Context(), "cs_01HX")
		wantError(t, err, 101, "invalid_response")
	})
}

func TestMaxResponseBytes_MaxInt64DoesNotOverflow(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, sessionBody)
	client := s.client(t, func(o *plugipay.ClientOptions) { o.MaxResponseBytes = math.MaxInt64 })
	if _, err := client.CheckoutSessions.Get(t.Context(), "cs_01HX"); err != nil {
		t.Error(err)
	}
}
