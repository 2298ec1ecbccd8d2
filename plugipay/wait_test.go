package plugipay_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// sessionIn is a response with a session of the status.
func sessionIn(status string) reply {
	return reply{status: 200, body: strings.Replace(sessionBody, `"status": "open"`, `"status": "`+status+`"`, 1)}
}

// noRetries turns retries off.
func noRetries(o *plugipay.ClientOptions) { o.MaxRetries = -1 }

// wantPauses checks that each wait lies in the upper half of its interval.
func wantPauses(t *testing.T, got []time.Duration, intervals ...time.Duration) {
	t.Helper()
	if len(got) != len(intervals) {
		t.Fatalf("the waits are %v, want %d", got, len(intervals))
	}
	for i, interval := range intervals {
		if got[i] < interval/2 || got[i] > interval {
			t.Errorf("wait %d is %s, want %s to %s", i+1, got[i], interval/2, interval)
		}
	}
}

func TestWait_ReportsEachStatusUntilTheEnd(t *testing.T) {
	t.Parallel()
	for _, ended := range []string{"completed", "failed", "expired", "canceled"} {
		t.Run(ended, func(t *testing.T) {
			t.Parallel()
			script := []reply{
				sessionIn("open"), sessionIn("open"), sessionIn("pending"), sessionIn("open"), sessionIn("pending_review"),
				sessionIn("pending_review"), sessionIn(ended),
			}
			inBubble(t, script, func(t *testing.T, b *bubbleServer) {
				var seen []string
				session, err := b.client(noRetries).CheckoutSessions.Wait(t.Context(), "cs_01HX", plugipay.WaitOptions{
					OnStatus: func(s *plugipay.CheckoutSession) { seen = append(seen, s.ID+" "+s.Status) },
				})
				if err != nil || session.ID != "cs_01HX" || session.Status != ended {
					t.Errorf("session is %+v, error %v", session, err)
				}
				want := []string{"cs_01HX open", "cs_01HX pending", "cs_01HX open", "cs_01HX pending_review", "cs_01HX " + ended}
				if !slices.Equal(seen, want) {
					t.Errorf("OnStatus received %v, want %v", seen, want)
				}
				if b.count() != len(script) {
					t.Errorf("there were %d requests", b.count())
				}
				for _, r := range b.requests {
					if r.method != "GET" || r.uri != "/api/v1/checkout-sessions/cs_01HX" {
						t.Errorf("received %s %s", r.method, r.uri)
					}
				}
			})
		})
	}
}

func TestWait_EndedSessionReturnsAtOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, []reply{sessionIn("expired")}, func(t *testing.T, b *bubbleServer) {
		start := time.Now()
		session, err := b.client(noRetries).CheckoutSessions.Wait(t.Context(), "cs_01HX", plugipay.WaitOptions{})
		if err != nil || session.Status != "expired" || time.Since(start) != 0 || b.count() != 1 {
			t.Errorf("after %s and %d requests: session is %+v, error %v", time.Since(start), b.count(), session, err)
		}
	})
}

func TestWait_ContinuesAtAnUnknownStatus(t *testing.T) {
	t.Parallel()
	script := []reply{sessionIn("on_hold"), sessionIn(""), sessionIn("COMPLETED"), sessionIn("completed")}
	inBubble(t, script, func(t *testing.T, b *bubbleServer) {
		session, err := b.client(noRetries).CheckoutSessions.Wait(t.Context(), "cs_01HX", plugipay.WaitOptions{})
		if err != nil || session.Status != "completed" || b.count() != 4 {
			t.Errorf("after %d requests: session is %+v, error %v", b.count(), session, err)
		}
	})
}

func TestWait_IntervalsDouble(t *testing.T) {
	t.Parallel()
	const s = time.Second
	tests := map[string]struct {
		options   plugipay.WaitOptions
		intervals []time.Duration
	}{
		"default options":           {plugipay.WaitOptions{}, []time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s, 30 * s, 30 * s, 30 * s}},
		"negative intervals":        {plugipay.WaitOptions{FirstInterval: -1, MaxInterval: -1}, []time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s, 30 * s, 30 * s}},
		"both intervals":            {plugipay.WaitOptions{FirstInterval: 3 * s, MaxInterval: 10 * s}, []time.Duration{3 * s, 6 * s, 10 * s, 10 * s}},
		"a long FirstInterval":      {plugipay.WaitOptions{FirstInterval: 60 * s}, []time.Duration{60 * s, 60 * s, 60 * s}},
		"a MaxInterval of 1 second": {plugipay.WaitOptions{MaxInterval: s}, []time.Duration{s, s, s}},
		"a MaxInterval below FirstInterval": {
			plugipay.WaitOptions{FirstInterval: 3 * s, MaxInterval: 2 * s}, []time.Duration{2 * s, 2 * s, 2 * s}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var script []reply
			for range test.intervals {
				script = append(script, sessionIn("open"))
			}
			inBubble(t, append(script, sessionIn("completed")), func(t *testing.T, b *bubbleServer) {
				if _, err := b.client(noRetries).CheckoutSessions.Wait(t.Context(), "cs_01HX", test.options); err != nil {
					t.Fatal(err)
				}
				wantPauses(t, b.waits(), test.intervals...)
			})
		})
	}
}

func TestWait_LongIntervalsDoNotOverflow(t *testing.T) {
	t.Parallel()
	inBubble(t, []reply{sessionIn("open")}, func(t *testing.T, b *bubbleServer) {
		const first = math.MaxInt64/2 + 1 // 146 years
		ctx, cancel := context.WithTimeout(t.Context(), first+time.Hour)
		defer cancel()
		_, err := b.client(noRetries).CheckoutSessions.Wait(ctx, "cs_01HX", plugipay.WaitOptions{FirstInterval: first})
		wantError(t, err, 0, "timeout")
		if waits := b.waits(); len(waits) == 0 || len(waits) > 2 {
			t.Errorf("the waits are %v", waits)
		}
	})
}

func TestWait_PollsHaveJitter(t *testing.T) {
	t.Parallel()
	script := slices.Repeat([]reply{sessionIn("open")}, 100)
	inBubble(t, append(script, sessionIn("completed")), func(t *testing.T, b *bubbleServer) {
		options := plugipay.WaitOptions{FirstInterval: 8 * time.Second, MaxInterval: 8 * time.Second}
		if _, err := b.client(noRetries).CheckoutSessions.Wait(t.Context(), "cs_01HX", options); err != nil {
			t.Fatal(err)
		}
		different, low := map[time.Duration]bool{}, 0
		for _, wait := range b.waits() {
			different[wait] = true
			if wait < 6*time.Second {
				low++
			}
		}
		if len(different) < 90 || low < 10 || low > 90 { // nearly impossible with jitter over the whole range
			t.Errorf("%d of 100 waits differ, and %d are in the lower half of their range", len(different), low)
		}
	})
}

func TestWait_ContinuesAfterTransientErrors(t *testing.T) {
	t.Parallel()
	failing := map[string]reply{
		"a lost connection":    {},
		"an attempt timeout":   {status: -1},
		"HTML of a gateway":    {status: 502, body: htmlBody},
		"a truncated response": {status: 200, body: sessionBody[:40], header: http.Header{"Content-Length": {"1000"}}},
	}
	for _, status := range []int{408, 429, 500, 502, 503, 504, 520, 599} {
		failing[fmt.Sprint(status)] = reply{status: status, body: errorBody("service_unavailable")}
	}
	for name, failure := range failing {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script := []reply{failure, sessionIn("open"), failure, failure, sessionIn("open"), failure, sessionIn("completed")}
			inBubble(t, script, func(t *testing.T, b *bubbleServer) {
				seen := 0
				session, err := b.client(noRetries).CheckoutSessions.Wait(t.Context(), "cs_01HX", plugipay.WaitOptions{
					OnStatus: func(*plugipay.CheckoutSession) { seen++ },
				})
				if err != nil || session.Status != "completed" {
					t.Fatalf("session is %+v, error %v", session, err)
				}
				if b.count() != len(script) || seen != 2 {
					t.Errorf("%d requests, %d calls of OnStatus", b.count(), seen)
				}
			})
		})
	}
}

func TestWait_IntervalsDoubleAfterFailures(t *testing.T) {
	t.Parallel()
	const s = time.Second
	script := []reply{sessionIn("open"), {status: 503}, {status: 503}, {status: 503}, sessionIn("completed")}
	inBubble(t, script, func(t *testing.T, b *bubbleServer) {
		if _, err := b.client(noRetries).CheckoutSessions.Wait(t.Context(), "cs_01HX", plugipay.WaitOptions{}); err != nil {
			t.Fatal(err)
		}
		wantPauses(t, b.waits(), s, 2*s, 4*s, 8*s)
	})
}

func TestWait_EachPollHasItsRetries(t *testing.T) {
	t.Parallel()
	script := []reply{{status: 503}, {status: 503}, {status: 503}, {status: 503}, sessionIn("completed")}
	inBubble(t, script, func(t *testing.T, b *bubbleServer) {
		options := plugipay.WaitOptions{FirstInterval: time.Minute}
		if _, err := b.client().CheckoutSessions.Wait(t.Context(), "cs_01HX", options); err != nil {
			t.Fatal(err)
		}
		waits := b.waits() // three attempts, a pause, and two attempts
		wantPauses(t, waits[2:3], time.Minute)
		if retries := append(waits[:2:2], waits[3:]...); len(retries) != 3 || slices.Max(retries) > time.Second {
			t.Errorf("the waits are %v", waits)
		}
	})
}

func TestWait_PermanentErrorReturnsAtOnce(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		failure reply
		status  int
		code    string
	}{
		"a login page":        {reply{status: 200, body: htmlBody}, 200, "invalid_response"},
		"null data":           {reply{status: 200, body: `{"data": null}`}, 200, "invalid_response"},
		"a redirect":          {reply{status: 302}, 302, "invalid_response"},
		"validation_error":    {reply{status: 400, body: errorBody("validation_error")}, 400, "validation_error"},
		"invalid_key":         {reply{status: 401, body: errorBody("invalid_key")}, 401, "invalid_key"},
		"insufficient_scope":  {reply{status: 403, body: errorBody("insufficient_scope")}, 403, "insufficient_scope"},
		"HTML of a firewall":  {reply{status: 403, body: htmlBody}, 403, "invalid_response"},
		"not_found":           {reply{status: 404, body: errorBody("not_found")}, 404, "not_found"},
		"gone":                {reply{status: 410, body: errorBody("gone")}, 410, "gone"},
		"a code \"canceled\"": {reply{status: 409, body: errorBody("canceled")}, 409, "canceled"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, []reply{test.failure}, func(t *testing.T, b *bubbleServer) {
				start := time.Now()
				session, err := b.client().CheckoutSessions.Wait(t.Context(), "cs_01HX", plugipay.WaitOptions{})
				wantError(t, err, test.status, test.code)
				if session != nil || b.count() != 1 || time.Since(start) != 0 {
					t.Errorf("after %s and %d requests: session is %+v", time.Since(start), b.count(), session)
				}
			})
			inBubble(t, []reply{sessionIn("pending"), test.failure}, func(t *testing.T, b *bubbleServer) {
				session, err := b.client().CheckoutSessions.Wait(t.Context(), "cs_01HX", plugipay.WaitOptions{})
				wantError(t, err, test.status, test.code)
				if session == nil || session.Status != "pending" || b.count() != 2 {
					t.Errorf("after %d requests: session is %+v", b.count(), session)
				}
			})
		})
	}
}

func TestWait_UnsendableRequestReturnsAtOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, []reply{sessionIn("open")}, func(t *testing.T, b *bubbleServer) {
		sessions := b.client().CheckoutSessions
		if _, err := sessions.Wait(t.Context(), "", plugipay.WaitOptions{}); !errors.Is(err, plugipay.ErrInvalidRequest) {
			t.Errorf("error is %v", err)
		}
		var nilContext context.Context
		if _, err := sessions.Wait(nilContext, "cs_01HX", plugipay.WaitOptions{}); !errors.Is(err, plugipay.ErrInvalidRequest) {
			t.Errorf("error is %v", err)
		}
		if b.count() != 0 {
			t.Errorf("there were %d requests", b.count())
		}
		b.dial = func(context.Context) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}
		}
		_, err := sessions.Wait(t.Context(), "cs_01HX", plugipay.WaitOptions{})
		if wantError(t, err, 0, "network_error"); b.dials != 1 {
			t.Errorf("%d connections were tried", b.dials)
		}
	})
}

func TestWait_InvalidCertificateReturnsAtOnce(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = discardLog()
	s.StartTLS()
	defer s.Close()
	client, err := plugipay.NewClient(plugipay.ClientOptions{KeyID: testKeyID, Secret: testSecret, BaseURL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.CheckoutSessions.Wait(t.Context(), "cs_01HX", plugipay.WaitOptions{FirstInterval: time.Hour})
	if pe := wantError(t, err, 0, "network_error"); pe.Attempts != 1 {
		t.Errorf("%d attempts", pe.Attempts)
	}
}

func TestWait_ObeysRetryAfter(t *testing.T) {
	t.Parallel()
	tests := map[string]time.Duration{"45": 45 * time.Second, "3600": time.Hour} // longer than a call waits
	for value, want := range tests {
		for _, status := range []int{429, 503} {
			inBubble(t, []reply{{status, "", after(value)}, sessionIn("completed")}, func(t *testing.T, b *bubbleServer) {
				if _, err := b.client().CheckoutSessions.Wait(t.Context(), "cs_01HX", plugipay.WaitOptions{}); err != nil {
					t.Fatal(err)
				}
				if waits := b.waits(); len(waits) != 1 || waits[0] != want {
					t.Errorf("Retry-After %s: the waits are %v", value, waits)
				}
			})
		}
	}
	shorter := reply{429, "", after("1")} // Retry-After is shorter than the interval
	inBubble(t, []reply{shorter, sessionIn("completed")}, func(t *testing.T, b *bubbleServer) {
		options := plugipay.WaitOptions{FirstInterval: 10 * time.Second}
		if _, err := b.client(noRetries).CheckoutSessions.Wait(t.Context(), "cs_01HX", options); err != nil {
			t.Fatal(err)
		}
		wantPauses(t, b.waits(), 10*time.Second)
	})
}

func TestWait_RetryAfterOverAnHourReturnsAtOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, []reply{sessionIn("open"), {429, errorBody("rate_limited"), after("3601")}}, func(t *testing.T, b *bubbleServer) {
		session, err := b.client().CheckoutSessions.Wait(t.Context(), "cs_01HX", plugipay.WaitOptions{})
		pe := wantError(t, err, 429, "rate_limited")
		if pe.RetryAfter != 3601*time.Second || session == nil || b.count() != 2 {
			t.Errorf("after %d requests: session is %+v, RetryAfter %s", b.count(), session, pe.RetryAfter)
		}
	})
}

func TestWait_ErrorHasTheLastStatus(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		script []reply
		status int    // of the error
		last   string // status of the session; empty for no session
		says   string
		finds  error // in addition to the error of the context
	}{
		"between polls":                 {[]reply{sessionIn("open"), sessionIn("pending")}, 0, "pending", `its last status is "pending"`, nil},
		"in a poll":                     {[]reply{sessionIn("pending_review"), {status: -1}}, 0, "pending_review", `its last status is "pending_review"`, nil},
		"in the first poll":             {[]reply{{status: -1}}, 0, "", "its status was not seen", nil},
		"after a poll that failed":      {[]reply{sessionIn("open"), {status: 503, body: errorBody("service_unavailable")}}, 503, "open", `its last status is "open"; the last poll: plugipay: service_unavailable`, plugipay.ErrServiceUnavailable},
		"after polls that all failed":   {[]reply{{}}, 0, "", "its status was not seen; the last poll: plugipay: network_error", plugipay.ErrNetwork},
		"during a wait for Retry-After": {[]reply{sessionIn("open"), {429, errorBody("rate_limited"), after("50")}}, 429, "open", `its last status is "open"; the last poll: plugipay: rate_limited`, plugipay.ErrRateLimited},
	}
	const limit = 25 * time.Second // less than an attempt's timeout
	ends := map[string]struct {
		begin func(context.Context) (context.Context, context.CancelFunc)
		code  string
		is    error
		not   error
	}{
		"timeout": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, limit)
		}, "timeout", context.DeadlineExceeded, context.Canceled},
		"canceled": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(limit, cancel)
			return ctx, cancel
		}, "canceled", context.Canceled, context.DeadlineExceeded},
	}
	for name, test := range tests {
		for code, end := range ends {
			t.Run(name+" "+code, func(t *testing.T) {
				t.Parallel()
				inBubble(t, test.script, func(t *testing.T, b *bubbleServer) {
					ctx, cancel := end.begin(t.Context())
					defer cancel()
					start := time.Now()
					session, err := b.client(noRetries).CheckoutSessions.Wait(ctx, "cs_01HX", plugipay.WaitOptions{})
					if took := time.Since(start); took != limit {
						t.Errorf("Wait took %s", took)
					}
					pe := wantError(t, err, test.status, end.code)
					if !strings.Contains(pe.Message, test.says) {
						t.Errorf("the message is %q, want %q in it", pe.Message, test.says)
					}
					if !errors.Is(err, end.is) || errors.Is(err, end.not) || test.finds != nil && !errors.Is(err, test.finds) {
						t.Errorf("errors.Is is wrong for %v", err)
					}
					if test.status != 0 && pe.Attempts != 1 {
						t.Errorf("Attempts is %d, want 1 for the last poll", pe.Attempts)
					}
					if (session != nil) != (test.last != "") || session != nil && session.Status != test.last {
						t.Errorf("session is %+v, want status %q", session, test.last)
					}
				})
			})
		}
	}
}

func TestWait_CancelAfterAPollTimeoutIsNotADeadline(t *testing.T) {
	t.Parallel()
	inBubble(t, []reply{sessionIn("open"), {status: -1}}, func(t *testing.T, b *bubbleServer) {
		ctx, cancel := context.WithCancelCause(t.Context())
		closing := errors.New("the shop is closing")
		time.AfterFunc(8*time.Second, func() { cancel(closing) })
		client := b.client(noRetries, func(o *plugipay.ClientOptions) { o.Timeout = time.Second })
		_, err := client.CheckoutSessions.Wait(ctx, "cs_01HX", plugipay.WaitOptions{FirstInterval: 5 * time.Second})
		wantError(t, err, 0, "canceled")
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, plugipay.ErrTimeout) ||
			!errors.Is(err, context.Canceled) || !errors.Is(err, closing) {
			t.Errorf("error is %v", err)
		}
	})
}

func TestWait_EndedContextSendsNothing(t *testing.T) {
	t.Parallel()
	inBubble(t, []reply{sessionIn("open")}, func(t *testing.T, b *bubbleServer) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		session, err := b.client().CheckoutSessions.Wait(ctx, "cs_01HX", plugipay.WaitOptions{})
		wantError(t, err, 0, "canceled")
		if session != nil || b.count() != 0 {
			t.Errorf("after %d requests: session is %+v", b.count(), session)
		}
	})
}

func TestWait_EndedSessionTakesPrecedence(t *testing.T) {
	t.Parallel()
	inBubble(t, []reply{sessionIn("completed")}, func(t *testing.T, b *bubbleServer) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		session, err := b.client().CheckoutSessions.Wait(ctx, "cs_01HX", plugipay.WaitOptions{
			OnStatus: func(*plugipay.CheckoutSession) { cancel() },
		})
		if err != nil || session.Status != "completed" {
			t.Errorf("session is %+v, error %v", session, err)
		}
	})
}

func TestWait_LastsAsLongAsTheSession(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(t *testing.T, b *bubbleServer) {
		start := time.Now()
		b.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b.record(r)
			resp := sessionIn("open")
			if time.Since(start) >= 24*time.Hour {
				resp = sessionIn("expired")
			}
			resp.write(w, r)
		})
		session, err := b.client().CheckoutSessions.Wait(t.Context(), "cs_01HX", plugipay.WaitOptions{MaxInterval: time.Hour})
		if took := time.Since(start); err != nil || session.Status != "expired" || took > 25*time.Hour {
			t.Errorf("after %s: session is %+v, error %v", took, session, err)
		}
	})
}
