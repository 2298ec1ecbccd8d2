package sandbox_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
	"github.com/plugipay/plugipay-go/sandbox/internal/delivery"
)

// inBubbleWith is inBubble with options.
func inBubbleWith(t *testing.T, opts sandbox.Options, respond func(attempt) int,
	run func(t *testing.T, box *sandbox.Sandbox, c client, s *script),
) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		opts.OnContractBreach = failOnBreach(t).OnContractBreach
		opts.Endpoints = []sandbox.Endpoint{{URL: "http://receiver.example/hook", Secret: endpointSecret}}
		box := sandbox.New(opts)
		s := &script{t: t, begin: time.Now(), respond: respond}
		sandbox.SetDeliveryTransport(box, s)
		run(t, box, directClient(t, box), s)
		must(t, box.Close())
	})
}

func (s *script) times() []time.Duration {
	var at []time.Duration
	for _, a := range s.all() {
		at = append(at, a.at)
	}
	return at
}

func TestDeliverySchedule_FollowsTheOptions(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	tests := map[string]struct {
		opts   sandbox.Options
		status int
		want   []time.Duration
	}{
		"the default schedule": {sandbox.Options{}, 500, []time.Duration{
			0, 10 * time.Second, 70 * time.Second, 670 * time.Second, 4270 * time.Second, 15070 * time.Second,
			36670 * time.Second, 79870 * time.Second,
		}},
		"one attempt more than waits": {sandbox.Options{DeliverySchedule: seconds(1, 5)}, 500, seconds(0, 1, 6)},
		"the last wait repeats": {
			sandbox.Options{DeliverySchedule: seconds(1, 5), DeliveryAttempts: 4}, 500, seconds(0, 1, 6, 11),
		},
		"fewer attempts than waits": {sandbox.Options{DeliveryAttempts: 2}, 500, seconds(0, 10)},
		"no second attempt":         {sandbox.Options{DeliverySchedule: []time.Duration{}}, 500, seconds(0)},
		"no wait between attempts": {
			sandbox.Options{DeliverySchedule: []time.Duration{}, DeliveryAttempts: 3}, 500, seconds(0, 0, 0),
		},
		"a timeout": {sandbox.Options{DeliverySchedule: seconds(1), DeliveryTimeout: 3 * time.Second}, 0, seconds(0, 4)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubbleWith(t, tt.opts, always(tt.status), func(t *testing.T, box *sandbox.Sandbox, c client, s *script) {
				must(t, box.Pay(c.create().ID, plugipay.CheckoutMethodCard))
				time.Sleep(2 * day)
				synctest.Wait()
				if got := s.times(); !slices.Equal(got, tt.want) {
					t.Errorf("attempts at %v, want %v", got, tt.want)
				}
			})
		})
	}
}

func TestDeliverySchedule_AdvanceMakesDueAttempts(t *testing.T) {
	t.Parallel()
	n := 0
	untilTheSixth := func(attempt) int {
		if n++; n < 6 {
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	}
	inBubbleWith(t, sandbox.Options{}, untilTheSixth, func(t *testing.T, box *sandbox.Sandbox, c client, s *script) {
		must(t, box.Pay(c.create("expiresInSec", "604800").ID, plugipay.CheckoutMethodCard))
		synctest.Wait()
		box.Advance(9 * time.Second)
		synctest.Wait()
		if got := len(s.all()); got != 1 {
			t.Fatalf("%d attempts a second before the second one is due, want 1", got)
		}
		box.Advance(time.Second)
		synctest.Wait()
		if got := len(s.all()); got != 2 {
			t.Fatalf("%d attempts when the second one is due, want 2", got)
		}
		box.Advance(24 * time.Hour)
		synctest.Wait()
		if got := s.times(); !slices.Equal(got, seconds(0, 0, 0, 0, 0, 0)) {
			t.Errorf("attempts at %v in real time, want six at 0s", got)
		}
		if got := sandbox.Deliveries(box)[0]; got.State != delivery.Delivered || len(got.Attempts) != 6 {
			t.Errorf("the delivery is recorded as %+v", got)
		}
	})
}

func TestDeliverySchedule_AdvanceShortensTheWait(t *testing.T) {
	t.Parallel()
	opts := sandbox.Options{DeliverySchedule: seconds(60)}
	inBubbleWith(t, opts, always(500), func(t *testing.T, box *sandbox.Sandbox, c client, s *script) {
		must(t, box.Pay(c.create().ID, plugipay.CheckoutMethodCard))
		synctest.Wait()
		box.Advance(40 * time.Second)
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := s.times(); !slices.Equal(got, seconds(0, 20)) {
			t.Errorf("attempts at %v in real time, want the second at 20s", got)
		}
	})
}

func TestDeliverySchedule_NegativeOptionsAreRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]sandbox.Options{
		"a wait":    {DeliverySchedule: seconds(1, -1)},
		"attempts":  {DeliveryAttempts: -1},
		"a timeout": {DeliveryTimeout: -1},
	}
	for name, opts := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, err := sandbox.Start(opts)
			if err == nil {
				server.Close()
			}
			if err == nil || !strings.Contains(err.Error(), "cannot be negative") {
				t.Errorf("Start: %v, want an error with %q", err, "cannot be negative")
			}
		})
	}
}

func TestWaitDelivered_NamesTheFailedDeliveries(t *testing.T) {
	t.Parallel()
	respond := func(a attempt) int {
		if strings.Contains(a.body, "async_payment_failed") {
			return http.StatusTeapot
		}
		return http.StatusOK
	}
	opts := sandbox.Options{DeliverySchedule: seconds(3600)}
	inBubbleWith(t, opts, respond, func(t *testing.T, box *sandbox.Sandbox, c client, _ *script) {
		must(t, box.WaitDelivered(t.Context()))
		id := c.create("methods", `["va"]`).ID
		must(t, box.Pay(id, plugipay.CheckoutMethodVA))
		must(t, box.FailPayment(id))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := box.WaitDelivered(ctx)
		wantError(t, err, "is pending after 1 attempts", "the response was 418", "no tea today", id)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the error does not wrap context.DeadlineExceeded: %v", err)
		}
		box.Advance(time.Hour)
		err = box.WaitDelivered(t.Context())
		wantError(t, err, "is failed after 2 attempts", "the response was 418", "no tea today")
		if errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the error wraps context.DeadlineExceeded: %v", err)
		}
		if got := box.Deliveries(); len(got) != 1 || got[0].State != sandbox.DeliveryFailed ||
			got[0].Attempts[1].Response != "no tea\ntoday" || got[0].Attempts[1].Status != 418 {
			t.Errorf("deliveries = %+v", got)
		}
	})
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error does not say %q: %v", part, err)
		}
	}
}
