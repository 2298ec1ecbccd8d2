package sandbox_test

import (
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

func TestDeliveryPending_OldestFailAboveTheLimit(t *testing.T) {
	t.Parallel()
	const pending, delivered, failed = sandbox.DeliveryPending, sandbox.DeliveryDelivered, sandbox.DeliveryFailed
	tests := map[string]struct {
		limit         int
		before, after []sandbox.DeliveryState // newest first
	}{
		"the oldest fail": {3,
			[]sandbox.DeliveryState{pending, pending, pending, failed, failed},
			[]sandbox.DeliveryState{delivered, delivered, delivered, failed, failed}},
		"no limit": {-1,
			[]sandbox.DeliveryState{pending, pending, pending, pending, pending},
			[]sandbox.DeliveryState{delivered, delivered, delivered, delivered, delivered}},
		"the default limit is higher": {0,
			[]sandbox.DeliveryState{pending, pending, pending, pending, pending},
			[]sandbox.DeliveryState{delivered, delivered, delivered, delivered, delivered}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var up atomic.Bool
			respond := func(attempt) int {
				if up.Load() {
					return 204
				}
				return 503
			}
			opts := sandbox.Options{DeliverySchedule: []time.Duration{time.Hour}, MaxPendingDeliveries: tt.limit}
			inBubbleWith(t, opts, respond, func(t *testing.T, box *sandbox.Sandbox, _ client, _ *script) {
				for range 5 {
					_, err := box.Trigger(plugipay.EventCheckoutSessionCompleted, nil)
					must(t, err)
					synctest.Wait()
				}
				if got := deliveryStates(box); !slices.Equal(got, tt.before) {
					t.Errorf("while the endpoint is down the deliveries are %v, want %v", got, tt.before)
				}
				up.Store(true)
				time.Sleep(2 * time.Hour)
				synctest.Wait()
				if got := deliveryStates(box); !slices.Equal(got, tt.after) {
					t.Errorf("when the endpoint is back the deliveries are %v, want %v", got, tt.after)
				}
			})
		})
	}
}

func TestDeliveryPending_LimitSparesRunningAttempts(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	opts := sandbox.Options{MaxPendingDeliveries: 20}
	respond := func(attempt) int { <-release; return 204 }
	inBubbleWith(t, opts, respond, func(t *testing.T, box *sandbox.Sandbox, _ client, s *script) {
		release = make(chan struct{}) // made in the bubble, as synctest requires
		for range 25 {
			_, err := box.Trigger(plugipay.EventCheckoutSessionCompleted, nil)
			must(t, err)
			synctest.Wait()
		}
		if now, _ := s.atOnce(); now != 16 {
			t.Errorf("%d attempts are open, want 16", now)
		}
		close(release)
		synctest.Wait()
		got := deliveryStates(box)
		slices.Reverse(got)
		for i, state := range got {
			want := sandbox.DeliveryDelivered
			if i >= 16 && i < 21 { // the oldest that wait for a worker
				want = sandbox.DeliveryFailed
			}
			if state != want {
				t.Errorf("delivery %d is %s, want %s", i, state, want)
			}
		}
	})
}

func deliveryStates(box *sandbox.Sandbox) []sandbox.DeliveryState {
	var states []sandbox.DeliveryState
	for _, d := range box.Deliveries() {
		states = append(states, d.State)
	}
	return states
}
