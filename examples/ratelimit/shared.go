package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/plugipay/plugipay-go/plugipay"
)

// sharedLimiter is a plugipay.Limiter for all processes that use the same Redis and the same key. It is a token bucket:
// burst requests may be sent at once, and perSecond in the long run. A request that waits has a place in the line, kept by
// Redis, and asks Redis only once.
type sharedLimiter struct {
	redis     redis.Scripter
	key       string
	perSecond float64
	burst     int
	// unreachable replaces this limiter while Redis does not respond. Nil means that the call fails then.
	unreachable plugipay.Limiter
}

// errTooLate is the error of a call whose turn would come after its context's deadline.
var errTooLate = errors.New("the turn of the request would come after the context's deadline")

// takePlace takes the next place in the line and returns the microseconds until its turn. If that is longer than the caller can
// wait, it returns -1 and does not take the place. It stores one number, the time when the bucket will be full again ("generic cell
// rate algorithm"). The number is by the clock of Redis, so that the clocks of the processes do not matter.
//
// KEYS: the limiter's. ARGV: microseconds between two requests, burst, microseconds that the caller can wait.
var takePlace = redis.NewScript(`
local interval, burst, patience = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now) + interval
local wait = math.max(full - interval * burst - now, 0)
if wait > patience then
	return -1
end
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return math.ceil(wait)
`)

// Wait returns nil when the request's turn has come.
func (l *sharedLimiter) Wait(ctx context.Context) error {
	wait, err := l.takePlace(ctx)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && l.unreachable != nil:
		return l.unreachable.Wait(ctx)
	case err != nil:
		return fmt.Errorf("the rate limiter's Redis: %w", err)
	case wait < 0:
		return errTooLate
	}
	turn := time.NewTimer(wait)
	defer turn.Stop()
	select {
	case <-turn.C:
		return nil
	case <-ctx.Done(): // the place in the line stays taken, so the others wait a little longer than necessary
		return ctx.Err()
	}
}

// takePlace returns the time until the request's turn. A negative time means that it is too long for the context.
func (l *sharedLimiter) takePlace(ctx context.Context) (time.Duration, error) {
	const forever = math.MaxInt32 * int64(time.Second/time.Microsecond)
	patience := forever
	if deadline, ok := ctx.Deadline(); ok {
		patience = max(time.Until(deadline).Microseconds(), 0)
	}
	interval := int64(float64(time.Second/time.Microsecond) / l.perSecond)
	wait, err := takePlace.Run(ctx, l.redis, []string{l.key}, interval, l.burst, patience).Int64()
	return time.Duration(wait) * time.Microsecond, err
}
