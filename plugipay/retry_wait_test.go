package plugipay_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

func TestRetryWait_GrowsWithFullJitter(t *testing.T) {
	t.Parallel()
	const floor, cap = 100 * time.Millisecond, 8 * time.Second
	inBubble(t, []reply{{status: 503}}, func(t *testing.T, b *bubbleServer) {
		different, low := map[time.Duration]bool{}, 0
		longest := make([]time.Duration, 9)
		client := b.client(func(o *plugipay.ClientOptions) { o.MaxRetries = 9 })
		for range 10 { // 90 retries, which the budget allows
			before := b.count()
			if _, err := client.CheckoutSessions.Get(t.Context(), "cs_01HX"); err == nil {
				t.Fatal("the call succeeded")
			}
			for i, wait := range b.waits()[before:] {
				ceiling := min(500*time.Millisecond<<i, cap)
				if wait < floor || wait > ceiling {
					t.Errorf("wait %d is %s, want %s to %s", i+1, wait, floor, ceiling)
				}
				different[wait] = true
				if wait < ceiling/2 {
					low++
				}
				longest[i] = max(longest[i], wait)
			}
		}
		if len(different) < 80 {
			t.Errorf("only %d of 90 waits differ", len(different))
		}
		if longest[8] < 1500*time.Millisecond { // with full jitter, this fails once in ten million runs
			t.Errorf("the longest waits are %v and do not grow", longest)
		}
		if low < 10 { // as unlikely with full jitter
			t.Errorf("only %d of 90 waits are in the lower half of their range", low)
		}
	})
}

func TestRetryAfter_IsObeyed(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 9, 21, 14, 13, 20, 0, time.UTC)
	date := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	tests := map[string]struct {
		value string
		wait  time.Duration
	}{
		"seconds":                 {"7", 7 * time.Second},
		"one second":              {"1", time.Second},
		"the maximum":             {"30", 30 * time.Second},
		"a date":                  {date(7 * time.Second), 7 * time.Second},
		"a date in an older form": {now.Add(9 * time.Second).Format("Monday, 02-Jan-06 15:04:05 GMT"), 9 * time.Second},
	}
	for name, test := range tests {
		for _, status := range []int{408, 429, 503} {
			t.Run(fmt.Sprint(name, " ", status), func(t *testing.T) {
				t.Parallel()
				header := http.Header{"Retry-After": {test.value}, "Date": {date(0)}} // the server's clock differs
				inBubble(t, []reply{{status, "", header}, {status: 200, body: sessionBody}}, func(t *testing.T, b *bubbleServer) {
					if _, err := b.client().CheckoutSessions.Get(t.Context(), "cs_01HX"); err != nil {
						t.Fatal(err)
					}
					if wait := b.waits()[0]; wait != test.wait {
						t.Errorf("waited %s, want %s", wait, test.wait)
					}
				})
			})
		}
	}
}

func TestRetryAfter_DateUsesLocalClockWithoutDateHeader(t *testing.T) {
	t.Parallel()
	inBubble(t, []reply{{status: 200, body: sessionBody}}, func(t *testing.T, b *bubbleServer) {
		succeeding := b.handler
		b.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if b.count() > 0 {
				succeeding.ServeHTTP(w, r)
				return
			}
			b.record(r)
			w.Header()["Date"] = nil // sends no Date
			w.Header().Set("Retry-After", time.Now().Add(5*time.Second).UTC().Format(http.TimeFormat))
			w.WriteHeader(503)
		})
		if _, err := b.client().CheckoutSessions.Get(t.Context(), "cs_01HX"); err != nil {
			t.Fatal(err)
		}
		if wait := b.waits()[0]; wait < 4*time.Second || wait > 5*time.Second { // the header has whole seconds
			t.Errorf("waited %s", wait)
		}
	})
}

func TestRetryAfter_InvalidValueIsIgnored(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		"", "0", "-1", "-9999999999", "soon", "1.5", "+3", "3 s", "1e3", "0x10", "NaN", "2026-09-21",
		"Tue, 21 Sep 1999 14:13:20 GMT",
	} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			inBubble(t, []reply{{503, "", after(value)}, {status: 200, body: sessionBody}}, func(t *testing.T, b *bubbleServer) {
				if _, err := b.client().CheckoutSessions.Get(t.Context(), "cs_01HX"); err != nil {
					t.Fatal(err)
				}
				if wait := b.waits()[0]; wait > 500*time.Millisecond {
					t.Errorf("waited %s", wait)
				}
			})
		})
	}
}

func TestRetryAfter_TooLongReturnsTheErrorAtOnce(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		"31":                    31 * time.Second,
		"3600":                  time.Hour,
		"9223372036854775807":   9223372036 * time.Second,
		"99999999999999999999":  9223372036 * time.Second,
		"184467440737095516150": 9223372036 * time.Second,
	} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			inBubble(t, []reply{{429, errorBody("rate_limited"), after(value)}}, func(t *testing.T, b *bubbleServer) {
				start := time.Now()
				_, err := b.client().CheckoutSessions.Get(t.Context(), "cs_01HX")
				pe := wantError(t, err, 429, "rate_limited")
				if took := time.Since(start); took != 0 || pe.RetryAfter != want || pe.Attempts != 1 {
					t.Errorf("after %s: RetryAfter is %s, want %s, attempts %d", took, pe.RetryAfter, want, pe.Attempts)
				}
			})
		})
	}
}

func TestRetryAfter_OfTheLastAttemptIsInTheError(t *testing.T) {
	t.Parallel()
	limited := errorBody("rate_limited")
	script := []reply{{429, limited, after("3")}, {429, limited, after("4")}, {429, limited, after("5")}}
	inBubble(t, script, func(t *testing.T, b *bubbleServer) {
		_, err := b.client().CheckoutSessions.Get(t.Context(), "cs_01HX")
		pe := wantError(t, err, 429, "rate_limited")
		if pe.RetryAfter != 5*time.Second || pe.Attempts != 3 {
			t.Errorf("RetryAfter is %s, attempts %d", pe.RetryAfter, pe.Attempts)
		}
	})
	inBubble(t, []reply{{429, "", after("3")}, {}}, func(t *testing.T, b *bubbleServer) {
		_, err := b.client().CheckoutSessions.Get(t.Context(), "cs_01HX")
		if pe := wantError(t, err, 0, "network_error"); pe.RetryAfter != 0 {
			t.Errorf("RetryAfter is %s, but there was no response", pe.RetryAfter)
		}
	})
}

func TestRetryWait_EndsWithTheContext(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		end  func(context.Context) (context.Context, context.CancelFunc)
		code string
		is   error
		took time.Duration
	}{
		"canceled": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(3*time.Second, cancel)
			return ctx, cancel
		}, "canceled", context.Canceled, 3 * time.Second},
		"a deadline": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 3*time.Second)
		}, "timeout", context.DeadlineExceeded, 0},
	}
	for name, test := range tests {
		for body, failing := range map[string]reply{
			"an error": {503, errorBody("service_unavailable"), after("20")},
			"HTML":     {503, htmlBody, after("20")},
		} {
			t.Run(name+" after "+body, func(t *testing.T) {
				t.Parallel()
				inBubble(t, []reply{failing}, func(t *testing.T, b *bubbleServer) {
					ctx, cancel := test.end(t.Context())
					defer cancel()
					start := time.Now()
					_, err := b.client().CheckoutSessions.Create(ctx, validInput())
					if took := time.Since(start); took != test.took {
						t.Errorf("the call took %s", took)
					}
					pe := wantError(t, err, 503, test.code)
					if !errors.Is(err, test.is) || pe.Attempts != 1 || pe.IdempotencyKey == "" || pe.RetryAfter != 20*time.Second {
						t.Errorf("error is %v, %s", err, fields(pe))
					}
					last := plugipay.ErrServiceUnavailable
					if body == "HTML" {
						last = plugipay.ErrInvalidResponse
					}
					if !errors.Is(err, last) {
						t.Errorf("errors.Is does not find the last attempt's error in %v", err)
					}
				})
			})
		}
	}
}

func TestRetryWait_ShorterThanTheDeadlineIsMade(t *testing.T) {
	t.Parallel()
	script := []reply{{503, errorBody("service_unavailable"), after("20")}, {status: 200, body: sessionBody}}
	inBubble(t, script, func(t *testing.T, b *bubbleServer) {
		ctx, cancel := context.WithTimeout(t.Context(), 21*time.Second)
		defer cancel()
		if _, err := b.client().CheckoutSessions.Create(ctx, validInput()); err != nil {
			t.Errorf("a wait that ends before the deadline fails: %v", err)
		}
	})
}

func TestRetryWait_DeadlineKeepsTheNetworkError(t *testing.T) {
	t.Parallel()
	inBubble(t, []reply{{}}, func(t *testing.T, b *bubbleServer) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond) // shorter than the shortest wait
		defer cancel()
		_, err := b.client().CheckoutSessions.Create(ctx, validInput())
		wantError(t, err, 0, "timeout")
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, plugipay.ErrNetwork) {
			t.Errorf("error is %v", err)
		}
	})
}

func TestRetryWait_CancelIsNotADeadline(t *testing.T) {
	t.Parallel()
	inBubble(t, []reply{{status: -1}}, func(t *testing.T, b *bubbleServer) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second+50*time.Millisecond, cancel) // after the first attempt's timeout
		_, err := b.client(func(o *plugipay.ClientOptions) { o.Timeout = 5 * time.Second }).CheckoutSessions.Create(ctx, validInput())
		wantError(t, err, 0, "canceled")
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, plugipay.ErrTimeout) || !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v", err)
		}
	})
}
