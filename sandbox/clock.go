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

// clock is a time that may be ahead of the one that it is based on. The sandbox's clock is based on the real time, and
// the clock of each workspace on the sandbox's.
type clock struct {
	base func() time.Time

	mu    sync.Mutex
	ahead time.Duration
}

func newClock(base func() time.Time) *clock { return &clock{base: base} }

// now returns the time to the millisecond, which is what the API shows.
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

// set puts the clock so far ahead of its base.
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

// formatTime writes a time as the API does.
func formatTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// afterSeconds returns t and some seconds more, but no time that cannot be written.
func afterSeconds(t time.Time, seconds int64) time.Time {
	if seconds > latestTime.Unix()-t.Unix() {
		return latestTime
	}
	return time.Unix(t.Unix()+seconds, int64(t.Nanosecond())).UTC()
}

// newID returns an id that cannot be guessed: the prefix and a ULID.
func newID(prefix string, now time.Time) string {
	// MustNew panics for times after the year 10889 or when there are no random bytes. The clock cannot get there, and
	// crypto/rand ends the program before it returns an error.
	return prefix + ulid.MustNew(ulid.Timestamp(now), rand.Reader).String()
}
