package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/time/rate"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// hourly returns a process's limiter, which shares its rate with other processes: three requests at once, then one an hour.
func hourly(server redis.Scripter) *sharedLimiter {
	return &sharedLimiter{redis: server, key: "plugipay:test", perSecond: 1.0 / 3600, burst: 3}
}

func TestSharedLimiter_ProcessesShareTheRate(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute) // shorter than an hour
	defer cancel()
	var allowed, refused atomic.Int64
	var callers sync.WaitGroup
	for range 4 {
		process := hourly(server.client(t))
		for range 25 {
			callers.Go(func() {
				switch err := process.Wait(ctx); {
				case err == nil:
					allowed.Add(1)
				case errors.Is(err, errTooLate):
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
	}
	callers.Wait()
	if allowed.Load() != 3 || refused.Load() != 97 {
		t.Errorf("of 100 requests of 4 processes, %d were allowed and %d refused, want 3 and 97", allowed.Load(), refused.Load())
	}
}

func TestSharedLimiter_TurnsFollowAtTheRate(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	processes := []*sharedLimiter{hourly(server.client(t)), hourly(server.client(t))}
	for nth, hours := range []time.Duration{0, 0, 0, 1, 2, 3} {
		wait, err := processes[nth%2].takePlace(t.Context())
		if err != nil || wait.Round(time.Minute) != hours*time.Hour {
			t.Errorf("request %d waits %s, want %d h, error %v", nth+1, wait, hours, err)
		}
	}
}

// fixedTurn is a Redis whose script always returns the same turn, for tests in virtual time.
type fixedTurn struct {
	redis.Scripter
	turn time.Duration
}

func (f fixedTurn) EvalSha(context.Context, string, []string, ...any) *redis.Cmd {
	return redis.NewCmdResult(f.turn.Microseconds(), nil)
}

func TestSharedLimiter_WaitLastsUntilTheTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		if err := hourly(fixedTurn{turn: time.Hour}).Wait(t.Context()); err != nil || time.Since(started) != time.Hour {
			t.Errorf("Wait took %s, error %v", time.Since(started), err)
		}
	})
}

func TestSharedLimiter_WaitEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		started := time.Now()
		time.AfterFunc(time.Minute, cancel)
		err := hourly(fixedTurn{turn: time.Hour}).Wait(ctx)
		if !errors.Is(err, context.Canceled) || time.Since(started) != time.Minute {
			t.Errorf("Wait took %s, error %v", time.Since(started), err)
		}
	})
}

func TestSharedLimiter_KeyExpiresWhenUnused(t *testing.T) {
	t.Parallel()
	client := startRedis(t).client(t)
	limiter := hourly(client)
	if err := limiter.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	left, err := client.PTTL(t.Context(), limiter.key).Result()
	if err != nil || left <= 0 || left > time.Hour {
		t.Errorf("the key expires in %s, want at most an hour, when the bucket is full again; error %v", left, err)
	}
}

func TestSharedLimiter_ClientsShareTheRate(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	box := sandbox.StartTest(t, sandbox.Options{})
	clients := make([]*plugipay.Client, 2)
	for i := range clients {
		opts := box.ClientOptions()
		opts.WriteLimiter = hourly(server.client(t))
		client, err := plugipay.NewClient(opts)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close() })
		clients[i] = client
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	for nth := range 6 {
		_, err := clients[nth%2].CheckoutSessions.Create(ctx, order())
		if nth < 3 {
			if err != nil {
				t.Errorf("session %d: %v", nth+1, err)
			}
			continue
		}
		var pe *plugipay.Error
		if !errors.As(err, &pe) || pe.Code != plugipay.ErrorCodeRateLimited || pe.Status != 0 || pe.Attempts != 0 || !errors.Is(err, errTooLate) {
			t.Errorf("session %d: %v", nth+1, err)
		}
	}
	page, err := clients[0].CheckoutSessions.List(ctx, plugipay.CheckoutSessionListParams{}) // reads are not limited here
	if err != nil || len(page.Data) != 3 {
		t.Errorf("%d sessions were created, want 3, error %v", len(page.Data), err)
	}
}

func TestSharedLimiter_WithoutRedisUsesTheOtherLimiter(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	limiter := hourly(server.client(t))
	server.stop()
	if err := limiter.Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "Redis") {
		t.Errorf("without Redis and another limiter the error is %v", err)
	}
	limiter.unreachable = rate.NewLimiter(rate.Every(time.Hour), 1)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	if err := limiter.Wait(ctx); err != nil {
		t.Error(err)
	}
	if err := limiter.Wait(ctx); err == nil {
		t.Error("the other limiter was not called")
	}
}

// inMemory returns a client that calls a sandbox without a network, for tests in virtual time.
func inMemory(t *testing.T, change func(*plugipay.ClientOptions)) *plugipay.Client {
	t.Helper()
	key := sandbox.Key{ID: "pk_test_0001", Secret: "sk_test_alpha"}
	box := sandbox.New(sandbox.Options{Workspaces: []sandbox.Workspace{{Keys: []sandbox.Key{key}}}})
	opts := plugipay.ClientOptions{
		KeyID: key.ID, Secret: key.Secret, BaseURL: "http://localhost",
		HTTP: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			response := httptest.NewRecorder()
			box.ServeHTTP(response, r)
			return response.Result(), nil
		})},
	}
	change(&opts)
	client, err := plugipay.NewClient(opts)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestLimiter_SetsTheRateOfOneProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := inMemory(t, func(o *plugipay.ClientOptions) { o.Limiter = rate.NewLimiter(rate.Every(time.Hour), 2) })
		started := time.Now()
		for range 5 {
			if _, err := client.CheckoutSessions.List(t.Context(), plugipay.CheckoutSessionListParams{}); err != nil {
				t.Fatal(err)
			}
		}
		if waited := time.Since(started).Round(time.Minute); waited != 3*time.Hour {
			t.Errorf("5 calls with a burst of 2 and one an hour took %s, want 3 h", waited)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := client.CheckoutSessions.List(ctx, plugipay.CheckoutSessionListParams{})
		if !errors.Is(err, plugipay.ErrRateLimited) || !strings.Contains(err.Error(), "deadline") {
			t.Errorf("a call whose turn is after its deadline fails with %v", err)
		}
	})
}

func TestProgram_StaysBelowTheLimits(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := run(t.Context(), &out, "unix://"+startRedis(t).socket); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "40 sessions") {
		t.Errorf("the output is %s", &out)
	}
}
