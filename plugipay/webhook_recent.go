package plugipay

import (
	"context"
	"net/http"
	"sync"
)

// recentEventCount is how many events a handler remembers.
const recentEventCount = 10_000

// recentEvents handles each event once, as far as one process can remember.
type recentEvents struct {
	mu   sync.Mutex
	runs map[string]*eventRun // of the events that are being handled, and of those that were
	ring []string             // the events that were handled, the oldest at next
	next int
}

// eventRun is the handling of an event. err is set before done is closed.
type eventRun struct {
	done chan struct{}
	err  error
}

func newRecentEvents() *recentEvents { return &recentEvents{runs: map[string]*eventRun{}} }

// once calls handle, unless the event was handled before. While another call handles the event, once waits for the result
// of that call, until ctx ends. handle must not panic.
func (e *recentEvents) once(ctx context.Context, key string, handle func() error) error {
	run, first := e.run(key)
	if first {
		run.err = handle()
		e.end(key, run)
		return run.err
	}
	select {
	case <-run.done:
		return run.err
	case <-ctx.Done():
		return &Error{Status: http.StatusServiceUnavailable, Code: ErrorCodeServiceUnavailable,
			Message: "another delivery of the event is still being handled", cause: ctx.Err()}
	}
}

// run returns the run of an event, and reports whether it is a new one, for the caller to handle.
func (e *recentEvents) run(key string) (run *eventRun, first bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if run, ok := e.runs[key]; ok {
		return run, false
	}
	run = &eventRun{done: make(chan struct{})}
	e.runs[key] = run
	return run, true
}

// end remembers an event that was handled, and forgets one that was not.
func (e *recentEvents) end(key string, run *eventRun) {
	e.mu.Lock()
	defer e.mu.Unlock()
	close(run.done)
	switch {
	case run.err != nil:
		delete(e.runs, key)
	case len(e.ring) < recentEventCount:
		e.ring = append(e.ring, key)
	default:
		delete(e.runs, e.ring[e.next])
		e.ring[e.next] = key
		e.next = (e.next + 1) % recentEventCount
	}
}
