package plugipay_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// testLimiter is a Limiter that counts its calls, takes a fixed time, and returns the error of refuses.
type testLimiter struct {
	takes   time.Duration // ignores the context
	refuses func(nth int) error

	mu    sync.Mutex
	waits int
}

func (l *testLimiter) Wait(context.Context) error {
	l.mu.Lock()
	l.waits++
	nth := l.waits
	l.mu.Unlock()
	time.Sleep(l.takes)
	if l.refuses == nil {
		return nil
	}
	return l.refuses(nth)
}

func limitedBy(limiter, writeLimiter plugipay.Limiter) func(*plugipay.ClientOptions) {
	return func(o *plugipay.ClientOptions) { o.Limiter, o.WriteLimiter = limiter, writeLimiter }
}

var errNoSlot = errors.New("no slot before the deadline")

func TestLimiter_IsCalledBeforeEveryAttempt(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, []reply{{status: 429}, {status: 429}, {status: 200, body: op.body()}}, func(t *testing.T, b *bubbleServer) {
				limiter := &testLimiter{takes: time.Hour}
				if err := op.call(t, b.client(limitedBy(limiter, nil))); err != nil {
					t.Fatal(err)
				}
				if limiter.waits != 3 || b.count() != 3 {
					t.Errorf("%d waits for %d attempts", limiter.waits, b.count())
				}
				for _, between := range b.waits() {
					if between < time.Hour {
						t.Errorf("the time between two attempts was %s, want at least an hour", between)
					}
				}
			})
		})
	}
}

func TestLimiter_RequestIsSignedAfterTheWait(t *testing.T) {
	t.Parallel()
	inBubble(t, []reply{{status: 429}, {status: 200, body: sessionBody}}, func(t *testing.T, b *bubbleServer) {
		if _, err := b.client(limitedBy(&testLimiter{takes: time.Hour}, nil)).CheckoutSessions.Get(t.Context(), "cs_01HX"); err != nil {
			t.Fatal(err)
		}
		for i, r := range b.requests {
			checkSigned(t, r, "")
			if got, want := r.header.Get("X-Plugipay-Timestamp"), strconv.FormatInt(b.times[i].Unix(), 10); got != want {
				t.Errorf("attempt %d was sent at %s with the timestamp %s", i+1, want, got)
			}
		}
	})
}

func TestLimiter_WaitIsNotPartOfTheTimeout(t *testing.T) {
	t.Parallel()
	inBubble(t, []reply{{status: 200, body: sessionBody}}, func(t *testing.T, b *bubbleServer) {
		delayed(b, 900*time.Millisecond)
		limited := limitedBy(&testLimiter{takes: time.Minute}, nil)
		client := b.client(limited, func(o *plugipay.ClientOptions) { o.Timeout = time.Second })
		if _, err := client.CheckoutSessions.Get(t.Context(), "cs_01HX"); err != nil || b.count() != 1 {
			t.Errorf("%d attempts, error %v", b.count(), err)
		}
	})
}

func TestLimiter_WritesUseWriteLimiter(t *testing.T) {
	t.Parallel()
	do := func(method string) operation {
		return operation{name: method, with: func(ctx context.Context, c *plugipay.Client) error {
			return c.Do(ctx, plugipay.RequestOptions{Method: method, Path: "/a"}, nil)
		}}
	}
	all := operations()
	for _, method := range []string{"GET", "get", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "delete", "PURGE"} {
		all = append(all, do(method))
	}
	for _, op := range all {
		for name, test := range map[string]struct{ limiter, writeLimiter *testLimiter }{
			"both":          {&testLimiter{}, &testLimiter{}},
			"Limiter alone": {&testLimiter{}, nil},
			"WriteLimiter":  {nil, &testLimiter{}},
		} {
			t.Run(op.name+" "+name, func(t *testing.T) {
				t.Parallel()
				s := responding(t, 200, op.body())
				client := s.client(t, func(o *plugipay.ClientOptions) {
					if test.limiter != nil {
						o.Limiter = test.limiter
					}
					if test.writeLimiter != nil {
						o.WriteLimiter = test.writeLimiter
					}
				})
				if err := op.call(t, client); err != nil {
					t.Fatal(err)
				}
				want := map[bool]int{true: 1}
				isRead := slices.Contains([]string{"GET", "OPTIONS"}, s.only(t).method)
				if got := test.limiter; got != nil && got.waits != want[isRead || test.writeLimiter == nil] {
					t.Errorf("%d waits for Limiter", got.waits)
				}
				if got := test.writeLimiter; got != nil && got.waits != want[!isRead] {
					t.Errorf("%d waits for WriteLimiter", got.waits)
				}
			})
		}
	}
}

func TestLimiter_ErrorBeforeFirstAttemptSendsNothing(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			s := responding(t, 200, op.body())
			limiter := &testLimiter{refuses: func(int) error { return errNoSlot }}
			var info plugipay.ResponseInfo
			ctx := plugipay.WithResponse(t.Context(), &info)
			err := op.with(ctx, s.client(t, limitedBy(limiter, nil), func(o *plugipay.ClientOptions) { o.MaxRetries = 2 }))
			pe := wantError(t, err, 0, "rate_limited")
			if !errors.Is(err, errNoSlot) || !errors.Is(err, plugipay.ErrRateLimited) || !strings.Contains(pe.Message, errNoSlot.Error()) {
				t.Errorf("error is %v", err)
			}
			if pe.Attempts != 0 || info.Attempts != 0 || s.count() != 0 || limiter.waits != 1 {
				t.Errorf("%d attempts, info %+v, %d requests, %d waits", pe.Attempts, info, s.count(), limiter.waits)
			}
		})
	}
}

func TestLimiter_ErrorBeforeRetryKeepsTheLastError(t *testing.T) {
	t.Parallel()
	onlyOne := func(nth int) error {
		if nth > 1 {
			return errNoSlot
		}
		return nil
	}
	failing := `{"data": null, "error": {"code": "internal_error", "message": "as said", "field": "f", "details": [1], "docUrl": "u"},
		"meta": {"requestId": "req_42"}}`
	for name, test := range map[string]struct {
		failing reply
		status  int
		code    string
		says    string
	}{
		"an error of Plugipay": {reply{status: 500, body: failing}, 500, "internal_error", "as said"},
		"an HTML page":         {reply{status: 502, body: htmlBody}, 502, "invalid_response", "JSON"},
		"a lost connection":    {reply{}, 0, "network_error", "EOF"},
		"an attempt timeout":   {reply{status: -1}, 0, "timeout", "Timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, []reply{test.failing}, func(t *testing.T, b *bubbleServer) {
				var info plugipay.ResponseInfo
				limiter := &testLimiter{refuses: onlyOne}
				ctx := plugipay.WithResponse(t.Context(), &info)
				_, err := b.client(limitedBy(limiter, nil)).CheckoutSessions.Create(ctx, validInput())
				pe := wantError(t, err, test.status, test.code)
				if !errors.Is(err, errNoSlot) || !strings.Contains(pe.Message, test.says) ||
					!strings.Contains(pe.Message, errNoSlot.Error()) {
					t.Errorf("error is %v", err)
				}
				if pe.Attempts != 1 || info.Attempts != 1 || info.Status != test.status || b.count() != 1 || pe.IdempotencyKey == "" {
					t.Errorf("%d attempts, info %+v, %d requests, key %q", pe.Attempts, info, b.count(), pe.IdempotencyKey)
				}
				if test.code == "internal_error" &&
					(pe.Field != "f" || string(pe.Details) != "[1]" || pe.DocURL != "u" || pe.RequestID != "req_42") {
					t.Errorf("error is %+v", *pe)
				}
				if test.code == "timeout" && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("the cause of %v is lost", err)
				}
			})
		})
	}
}

func TestLimiter_ContextEndsTheWait(t *testing.T) {
	t.Parallel()
	errClosing := errors.New("the shop is closing")
	ends := map[string]struct {
		context func(context.Context) (context.Context, context.CancelFunc)
		code    string
		is      error
	}{
		"a deadline": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Minute)
		}, "timeout", context.DeadlineExceeded},
		"a cancellation": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			time.AfterFunc(time.Minute, func() { cancel(errClosing) })
			return ctx, func() { cancel(nil) }
		}, "canceled", errClosing},
	}
	for name, end := range ends {
		for attempts, status := range map[int]int{0: 0, 1: 503} {
			for how, refuses := range map[string]func(context.Context) error{
				"with its error": context.Context.Err,
				"without error":  func(context.Context) error { return nil },
			} {
				t.Run(name+" "+how+" before attempt "+strconv.Itoa(attempts+1), func(t *testing.T) {
					t.Parallel()
					inBubble(t, []reply{{status: 503, body: errorBody("service_unavailable")}}, func(t *testing.T, b *bubbleServer) {
						ctx, cancel := end.context(t.Context())
						defer cancel()
						limiter := &testLimiter{}
						limiter.refuses = func(nth int) error {
							if nth > attempts {
								time.Sleep(time.Hour)
								return refuses(ctx)
							}
							return nil
						}
						_, err := b.client(limitedBy(limiter, nil)).CheckoutSessions.Get(ctx, "cs_01HX")
						pe := wantError(t, err, status, end.code)
						if !errors.Is(err, end.is) || pe.Attempts != attempts || b.count() != attempts {
							t.Errorf("%d attempts, %d requests, error %v", pe.Attempts, b.count(), err)
						}
						synctest.Wait()
					})
				})
			}
		}
	}
}

// limiterFunc is a function as a Limiter.
type limiterFunc func(context.Context) error

func (f limiterFunc) Wait(ctx context.Context) error { return f(ctx) }

// TestLimiter_ReceivesTheCallersContext checks that a limiter can see the deadline. A *rate.Limiter refuses at once if the
// deadline is too close.
func TestLimiter_ReceivesTheCallersContext(t *testing.T) {
	t.Parallel()
	type shop struct{}
	ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), shop{}, "north"), time.Hour)
	defer cancel()
	client := responding(t, 200, sessionBody).client(t, limitedBy(limiterFunc(func(got context.Context) error {
		deadline, _ := got.Deadline()
		if want, _ := ctx.Deadline(); !deadline.Equal(want) || got.Value(shop{}) != "north" || got.Done() != ctx.Done() {
			t.Errorf("the limiter's context is %v with the deadline %v", got, deadline)
		}
		return nil
	}), nil))
	if _, err := client.CheckoutSessions.Get(ctx, "cs_01HX"); err != nil {
		t.Error(err)
	}
}

func TestLimiter_RefusedRetryIsReturnedToTheBudget(t *testing.T) {
	t.Parallel()
	inBubble(t, []reply{{status: 503}}, func(t *testing.T, b *bubbleServer) {
		open := true
		limiter := &testLimiter{refuses: func(nth int) error {
			if nth%2 == 0 && open {
				return errNoSlot
			}
			return nil
		}}
		client := b.client(limitedBy(limiter, nil))
		for range 150 { // more than the budget allows
			_, err := client.CheckoutSessions.Get(t.Context(), "cs_01HX")
			wantError(t, err, 503, "invalid_response")
		}
		open = false
		before := b.count()
		if _, err := client.CheckoutSessions.Get(t.Context(), "cs_01HX"); err == nil || b.count()-before != 3 {
			t.Errorf("after the limiter allows attempts again there are %d, want 3; error %v", b.count()-before, err)
		}
	})
}

func TestLimiter_IsSharedWithForMerchant(t *testing.T) {
	t.Parallel()
	limiter := &testLimiter{}
	client := responding(t, 200, sessionBody).client(t, limitedBy(limiter, nil))
	for _, c := range []*plugipay.Client{client, client.ForMerchant("acc_1"), client.ForMerchant("acc_2")} {
		if _, err := c.CheckoutSessions.Get(t.Context(), "cs_01HX"); err != nil {
			t.Fatal(err)
		}
	}
	if limiter.waits != 3 {
		t.Errorf("%d waits", limiter.waits)
	}
}
