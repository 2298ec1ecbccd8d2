package sandbox

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

// rateCounter counts requests in the current second.
type rateCounter struct {
	mu     sync.Mutex
	second int64 // unix seconds
	used   int
}

// rateState is what the X-RateLimit headers of a response say.
type rateState struct {
	limit     int
	remaining int
	reset     int64 // unix seconds
}

// count adds a number of requests and returns the total in the current second. It reads the clock with the lock held, so that a
// slow request cannot go back to an earlier second.
func (c *rateCounter) count(requests int, now func() time.Time) (used int, second int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if second = now().Unix(); second != c.second {
		c.second, c.used = second, 0
	}
	c.used += requests
	return c.used, second
}

// countRequest counts a request against the limit of the dataset. It refuses the request if the limit is in force and exhausted.
// It uses the real clock, because clients compare X-RateLimit-Reset with their clock.
func (s *Sandbox) countRequest(data *dataset, method string) (*rateState, error) {
	limit, inForce := s.limitFor(method)
	used, second := data.counter(method).count(1, s.realTime)
	state := newRateState(limit, used, second)
	if inForce && used > limit {
		return state, fail(gen.ErrorCodeRateLimited, "too many requests, retry in 1 second")
	}
	return state, nil
}

// currentRate returns the state of the dataset's limit without counting a request.
func (s *Sandbox) currentRate(data *dataset, method string) *rateState {
	limit, _ := s.limitFor(method)
	used, second := data.counter(method).count(0, s.realTime)
	return newRateState(limit, used, second)
}

func newRateState(limit, used int, second int64) *rateState {
	return &rateState{limit: limit, remaining: max(limit-used, 0), reset: second + 1}
}

// limitFor returns the limit for a method and whether it is in force.
func (s *Sandbox) limitFor(method string) (limit int, inForce bool) {
	asked, documented := s.rateLimit.Writes, DocumentedRateLimit().Writes
	if isRead(method) {
		asked, documented = s.rateLimit.Reads, DocumentedRateLimit().Reads
	}
	if asked <= 0 {
		return documented, false
	}
	return asked, true
}

func (d *dataset) counter(method string) *rateCounter {
	if isRead(method) {
		return &d.reads
	}
	return &d.writes
}

// exhausted returns a state without remaining requests. It lasts for the wait, and at least for the rest of the second.
func (s *rateState) exhausted(wait time.Duration) *rateState {
	seconds := int64(wait / time.Second)
	return &rateState{limit: s.limit, remaining: 0, reset: s.reset + max(seconds-1, 0)}
}

func (s *rateState) addTo(header http.Header) {
	header.Set("X-RateLimit-Limit", strconv.Itoa(s.limit))
	header.Set("X-RateLimit-Remaining", strconv.Itoa(s.remaining))
	header.Set("X-RateLimit-Reset", strconv.FormatInt(s.reset, 10))
}
