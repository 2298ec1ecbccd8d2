// Ratelimit shows how programs stay below Plugipay's rate limit of 100 reads and 20 writes a second for each workspace, so
// that no call fails with rate_limited: one process with golang.org/x/time/rate, and many processes with a shared limiter in
// Redis.
//
//	go run .                                  # one process
//	REDIS_URL=redis://localhost:6379 go run . # any number of processes
//
// It calls a sandbox in its own process. It is a separate module, so that programs that use the SDK without these libraries do
// not download them.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/time/rate"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, os.Getenv("REDIS_URL")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, redisURL string) error {
	box, err := sandbox.Start(sandbox.Options{RateLimit: sandbox.DocumentedRateLimit()})
	if err != nil {
		return err
	}
	defer box.Close()
	opts := box.ClientOptions()
	opts.MaxRetries = -1 // to see whether any call is refused
	limitInProcess(&opts)
	if redisURL != "" {
		server, err := openRedis(redisURL)
		if err != nil {
			return err
		}
		defer func() { _ = server.Close() }()
		limitTogether(&opts, server)
	}
	client, err := plugipay.NewClient(opts)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()

	started := time.Now()
	for range 40 {
		if _, err := client.CheckoutSessions.Create(ctx, order()); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "40 sessions in %.1f s, none refused\n", time.Since(started).Seconds())
	return nil
}

// limitInProcess keeps one process below the limits. A bucket allows its burst at once and then its rate. The sum of both must
// not exceed the limit of a second.
func limitInProcess(opts *plugipay.ClientOptions) {
	opts.Limiter = rate.NewLimiter(80, 20)
	opts.WriteLimiter = rate.NewLimiter(15, 5)
}

// limitTogether keeps all processes that use the same Redis below the limits. While Redis is not reachable, each process
// limits itself. The key's id separates test and live data, which Plugipay counts separately.
func limitTogether(opts *plugipay.ClientOptions, server redis.Scripter) {
	opts.Limiter = &sharedLimiter{
		redis: server, key: "plugipay:reads:" + opts.KeyID, perSecond: 80, burst: 20, unreachable: opts.Limiter}
	opts.WriteLimiter = &sharedLimiter{
		redis: server, key: "plugipay:writes:" + opts.KeyID, perSecond: 15, burst: 5, unreachable: opts.WriteLimiter}
}

// openRedis returns a client that obeys the deadlines of contexts, and gives up soon: a buyer waits.
func openRedis(url string) (*redis.Client, error) {
	opts, err := redis.ParseURL(url)
	if err != nil {
		return nil, err
	}
	opts.ContextTimeoutEnabled = true
	opts.DialTimeout, opts.ReadTimeout, opts.WriteTimeout = time.Second, time.Second, time.Second
	opts.MaxRetries, opts.DialerRetries = -1, 1
	return redis.NewClient(opts), nil
}

func order() plugipay.CheckoutSessionCreateInput {
	return plugipay.CheckoutSessionCreateInput{
		Amount:     199_000_00, // IDR 199,000
		Currency:   plugipay.CurrencyIDR,
		Methods:    []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS},
		SuccessURL: "https://example.com/thank-you",
		CancelURL:  "https://example.com/cart",
	}
}
