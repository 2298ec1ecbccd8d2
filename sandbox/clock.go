package sandbox

import (
	"crypto/rand"
	"math"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
)

// latestTime is the last time that the format below can write.
var latestTime = time.Date(9999, time.December, 31, 23, 59, 59, 999_000_000, time.UTC)

// clock is a clock that may be ahead of its base. The base of the sandbox's clock is the real time. The base of each
// workspace's clock is the sandbox's clock.
type clock struct {
	base func() time.Time

	mu    sync.Mutex
	ahead time.Duration
}

func newClock(base func() time.Time) *clock { return &clock{base: base} }

// now returns the time in whole milliseconds, the precision of the API.
func (c *clock) now() time.Time { return c.exact().UTC().Truncate(time.Millisecond) }

func (c *clock) exact() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base().Add(c.ahead)
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += min(max(d, 0), math.MaxInt64-c.ahead)
}

// set makes the clock run ahead of its base by the duration.
func (c *clock) set(ahead time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead = ahead
}

func (c *clock) aheadBy() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ahead
}

// formatTime returns a time in the format of the API.
func formatTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// afterSeconds returns the time some seconds after t, at most latestTime.
func afterSeconds(t time.Time, seconds int64) time.Time {
	if seconds > latestTime.Unix()-t.Unix() {
		return latestTime
	}
	return time.Unix(t.Unix()+seconds, int64(t.Nanosecond())).UTC()
}

// newID returns the prefix and a random ULID, an id that cannot be guessed.
func newID(prefix string, now time.Time) string {
	// MustNew panics for times after the year 10889, which the clock cannot reach, and without random bytes, for which crypto/rand
	// ends the program first.
	return prefix + ulid.MustNew(ulid.Timestamp(now), rand.Reader).String()
}
