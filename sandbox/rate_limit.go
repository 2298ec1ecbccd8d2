package sandbox

import (
	"net/http"
	"strconv"
	"sync"

	"github.com/plugipay/plugipay-go/gen"
)

// rateCounter counts requests in the current second.
type rateCounter struct {
	mu     sync.Mutex
	second int64 // unix seconds
	used   int
}

// rateState is what the X-RateLimit headers of an answer say.
type rateState struct {
	limit     int
	remaining int
	reset     int64 // unix seconds
}

// use counts a request and returns how many there have been in this second, this one included.
func (c *rateCounter) use(second int64) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turnTo(second)
	c.used++
	return c.used
}

// look returns how many requests there have been in this second.
func (c *rateCounter) look(second int64) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turnTo(second)
	return c.used
}

func (c *rateCounter) turnTo(second int64) {
	if c.second != second {
		c.second, c.used = second, 0
	}
}

// countRequest counts a request against the limit of the dataset, and refuses it when the limit is in force and used
// up. The seconds are those of the real clock, as clients compare X-RateLimit-Reset with theirs.
func (s *Sandbox) countRequest(data *dataset, method string) (*rateState, error) {
	second := s.clock.real().Unix()
	limit, inForce := s.limitFor(method)
	used := data.counter(method).use(second)
	state := newRateState(limit, used, second)
	if inForce && used > limit {
		return state, fail(gen.ErrorCodeRateLimited, "too many requests, retry in 1 second")
	}
	return state, nil
}

// seeRate returns the state of the dataset's limit without counting a request.
func (s *Sandbox) seeRate(data *dataset, method string) *rateState {
	second := s.clock.real().Unix()
	limit, _ := s.limitFor(method)
	return newRateState(limit, data.counter(method).look(second), second)
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

func (s *rateState) addTo(header http.Header) {
	header.Set("X-RateLimit-Limit", strconv.Itoa(s.limit))
	header.Set("X-RateLimit-Remaining", strconv.Itoa(s.remaining))
	header.Set("X-RateLimit-Reset", strconv.FormatInt(s.reset, 10))
}
