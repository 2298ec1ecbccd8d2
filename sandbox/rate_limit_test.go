package sandbox_test

import (
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/sandbox"
)

// stoppedAt is a clock that only the test moves.
type stoppedAt struct{ seconds atomic.Int64 }

func newStoppedAt(second int64) *stoppedAt {
	s := &stoppedAt{}
	s.seconds.Store(second)
	return s
}

func (s *stoppedAt) now() time.Time { return time.Unix(s.seconds.Load(), 0) }

func (s *stoppedAt) stamp() change { return change{timestamp: s.seconds.Load()} }

func wantRate(t *testing.T, r reply, limit, remaining, reset int) {
	t.Helper()
	for name, want := range map[string]int{
		"X-RateLimit-Limit": limit, "X-RateLimit-Remaining": remaining, "X-RateLimit-Reset": reset,
	} {
		if got := number(t, r.header, name); got != want {
			t.Errorf("%s = %d, want %d", name, got, want)
		}
	}
}

func TestRateLimit_IsNotEnforcedByDefault(t *testing.T) {
	t.Parallel()
	clock := newStoppedAt(1_790_000_000)
	c := directClient(t, sandbox.NewAt(failOnBreach(t), clock.now))
	for i := range 25 {
		got := c.send(http.MethodPost, sessionsPath, validInput, clock.stamp()).want(http.StatusCreated)
		wantRate(t, got, 20, max(19-i, 0), 1_790_000_001)
	}
	got := c.send(http.MethodGet, sessionsPath, "", clock.stamp()).want(http.StatusOK)
	wantRate(t, got, 100, 99, 1_790_000_001)
}

func TestRateLimit_RefusesUntilTheNextSecond(t *testing.T) {
	t.Parallel()
	clock := newStoppedAt(1_790_000_000)
	opts := failOnBreach(t)
	opts.RateLimit = sandbox.RateLimit{Reads: 2, Writes: 1}
	c := directClient(t, sandbox.NewAt(opts, clock.now))
	read := func() reply { return c.send(http.MethodGet, sessionsPath, "", clock.stamp()) }
	write := func() reply { return c.send(http.MethodPost, sessionsPath, validInput, clock.stamp()) }

	wantRate(t, read().want(http.StatusOK), 2, 1, 1_790_000_001)
	wantRate(t, read().want(http.StatusOK), 2, 0, 1_790_000_001)
	got := read().wantError(http.StatusTooManyRequests, gen.ErrorCodeRateLimited, "")
	wantRate(t, got, 2, 0, 1_790_000_001)
	if got.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After = %q, want 1", got.header.Get("Retry-After"))
	}
	wantRate(t, write().want(http.StatusCreated), 1, 0, 1_790_000_001)
	write().wantError(http.StatusTooManyRequests, gen.ErrorCodeRateLimited, "")

	clock.seconds.Add(1)
	wantRate(t, write().want(http.StatusCreated), 1, 0, 1_790_000_002)
	wantRate(t, read().want(http.StatusOK), 2, 1, 1_790_000_002)
}

func TestRateLimit_CanBeEnforcedForWritesOnly(t *testing.T) {
	t.Parallel()
	clock := newStoppedAt(1_790_000_000)
	opts := failOnBreach(t)
	opts.RateLimit = sandbox.RateLimit{Writes: 1, Reads: -1}
	c := directClient(t, sandbox.NewAt(opts, clock.now))
	for range 3 {
		got := c.send(http.MethodGet, sessionsPath, "", clock.stamp()).want(http.StatusOK)
		if limit := number(t, got.header, "X-RateLimit-Limit"); limit != sandbox.DocumentedRateLimit().Reads {
			t.Errorf("X-RateLimit-Limit = %d, want the documented limit", limit)
		}
	}
	c.send(http.MethodPost, sessionsPath, validInput, clock.stamp()).want(http.StatusCreated)
	c.send(http.MethodPost, sessionsPath, validInput, clock.stamp()).want(http.StatusTooManyRequests)
}

func TestRateLimit_CountsModesAndWorkspacesApart(t *testing.T) {
	t.Parallel()
	clock := newStoppedAt(1_790_000_000)
	opts := keyring()
	opts.RateLimit = sandbox.RateLimit{Reads: 1}
	opts.OnContractBreach = failOnBreach(t).OnContractBreach
	c := directClient(t, sandbox.NewAt(opts, clock.now))
	read := func(keyID, secret string, changes ...change) reply {
		return c.as(keyID, secret).send(http.MethodGet, sessionsPath, "", append(changes, clock.stamp())...)
	}
	read("pk_test_admin", "admin").want(http.StatusOK)
	read("pk_test_star", "star").want(http.StatusTooManyRequests) // another key of the same workspace
	read("pk_live_admin", "live").want(http.StatusOK)
	read("pk_test_admin", "admin", header("X-Plugipay-On-Behalf-Of", merchantID)).want(http.StatusOK)
	read("pk_test_merchant", "merchant").want(http.StatusTooManyRequests)
}

func TestRateLimit_HoldsAtTheTurnOfASecond(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	opts := failOnBreach(t)
	opts.RateLimit = sandbox.RateLimit{Reads: 1}
	box := sandbox.NewAt(opts, func() time.Time {
		at := time.Unix(1_790_000_000+calls.Add(1)/20, 0)
		runtime.Gosched() // other goroutines read the clock before this one uses its time
		return at
	})
	c := directClient(t, box)
	var all sync.WaitGroup
	var accepted sync.Map // by second
	for range 8 {
		all.Go(func() {
			for range 20 {
				got := c.send(http.MethodGet, sessionsPath, "", change{timestamp: 1_790_000_100})
				if got.status != http.StatusOK {
					continue
				}
				if _, twice := accepted.LoadOrStore(got.header.Get("X-RateLimit-Reset"), true); twice {
					t.Errorf("two requests were accepted in one second, want one")
				}
			}
		})
	}
	all.Wait()
}

func TestRateLimit_UsesTheRealClock(t *testing.T) {
	t.Parallel()
	clock := newStoppedAt(1_790_000_000)
	opts := failOnBreach(t)
	opts.RateLimit = sandbox.RateLimit{Reads: 1}
	box := sandbox.NewAt(opts, clock.now)
	c := directClient(t, box)
	c.send(http.MethodGet, sessionsPath, "", clock.stamp()).want(http.StatusOK)
	box.Advance(time.Hour)
	c.send(http.MethodGet, sessionsPath, "", clock.stamp()).want(http.StatusTooManyRequests)
}
