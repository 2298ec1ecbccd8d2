package plugipay_test

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// TestRetryBudget_LimitsRetriesInAnOutage checks that 500 calls in an outage make 600 attempts. Without the budget they would
// make 1,500. Later, each successful call returns a part of a retry to the budget.
func TestRetryBudget_LimitsRetriesInAnOutage(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(t *testing.T, b *bubbleServer) {
		var down atomic.Bool
		b.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b.record(r)
			if down.Load() {
				w.WriteHeader(503)
				return
			}
			_, _ = w.Write([]byte(sessionBody))
		})
		client := b.client()
		calls := func(n int) (attempts int) {
			before := b.count()
			for range n {
				_, _ = client.ForMerchant("acc_01").CheckoutSessions.Get(t.Context(), "cs_01HX") // ForMerchant shares the budget
			}
			return b.count() - before
		}
		down.Store(true)
		if got := calls(500); got != 600 {
			t.Errorf("500 calls in an outage made %d attempts, want 500 and the budget of 100", got)
		}
		if got := calls(100); got != 100 {
			t.Errorf("100 more calls made %d attempts, want one each", got)
		}
		down.Store(false)
		if got := calls(100); got != 100 {
			t.Errorf("100 successful calls made %d attempts, want 100", got)
		}
		down.Store(true)
		if got := calls(100); got != 120 {
			t.Errorf("after 100 successful calls, 100 calls in an outage made %d attempts, want 100 and 20 retries", got)
		}
		down.Store(false)
		calls(10_000)
		down.Store(true)
		if got := calls(500); got != 600 {
			t.Errorf("with a full budget, 500 calls made %d attempts, want 600", got)
		}
	})
}

func TestRetryBudget_SuccessfulRetryIsFree(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(t *testing.T, b *bubbleServer) {
		b.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if b.record(r)%2 == 1 {
				w.WriteHeader(503)
				return
			}
			_, _ = w.Write([]byte(sessionBody))
		})
		client := b.client()
		for range 500 {
			if _, err := client.CheckoutSessions.Get(t.Context(), "cs_01HX"); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestRetryBudget_PermanentErrorsRefillIt(t *testing.T) {
	t.Parallel()
	inBubble(t, nil, func(t *testing.T, b *bubbleServer) {
		status := 404
		b.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b.record(r)
			w.WriteHeader(status)
		})
		client := b.client(func(o *plugipay.ClientOptions) { o.MaxRetries = 1 })
		status = 503
		for range 500 { // uses up the budget
			_, _ = client.CheckoutSessions.Get(t.Context(), "cs_01HX")
		}
		status = 404
		for range 500 { // refills the budget
			_, _ = client.CheckoutSessions.Get(t.Context(), "cs_01HX")
		}
		status = 503
		before := b.count()
		for range 100 {
			_, _ = client.CheckoutSessions.Get(t.Context(), "cs_01HX")
		}
		if got := b.count() - before; got != 200 {
			t.Errorf("100 calls in an outage made %d attempts, want 200", got)
		}
	})
}

func TestRetryBudget_SkippedRetryIsFree(t *testing.T) {
	t.Parallel()
	inBubble(t, []reply{{status: 503}}, func(t *testing.T, b *bubbleServer) {
		client := b.client()
		for range 200 {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond) // shorter than the shortest wait
			_, _ = client.CheckoutSessions.Get(ctx, "cs_01HX")
			cancel()
		}
		before := b.count()
		_, _ = client.CheckoutSessions.Get(t.Context(), "cs_01HX")
		if got := b.count() - before; got != 3 {
			t.Errorf("a later call makes %d attempts, want 3", got)
		}
	})
}

func TestRetryBudget_OutageDoesNotRefillIt(t *testing.T) {
	t.Parallel()
	inBubble(t, []reply{{status: 503}}, func(t *testing.T, b *bubbleServer) {
		client := b.client()
		for range 500 { // uses up the budget
			_, _ = client.CheckoutSessions.Get(t.Context(), "cs_01HX")
		}
		for range 500 { // these calls are not retried and do not refill the budget
			_ = writeWithoutKey(t.Context(), client, "POST")
		}
		before := b.count()
		for range 100 {
			_, _ = client.CheckoutSessions.Get(t.Context(), "cs_01HX")
		}
		if got := b.count() - before; got != 100 {
			t.Errorf("100 calls made %d attempts, want 100", got)
		}
	})
}

func TestRetryBudget_IsExactUnderConcurrency(t *testing.T) {
	t.Parallel()
	inBubble(t, []reply{{status: 503}}, func(t *testing.T, b *bubbleServer) {
		client := b.client()
		var calls sync.WaitGroup
		for range 300 {
			calls.Go(func() { _, _ = client.CheckoutSessions.Get(t.Context(), "cs_01HX") })
		}
		calls.Wait()
		if got := b.count(); got != 400 {
			t.Errorf("300 calls at once made %d attempts, want 300 and the budget of 100", got)
		}
	})
}
