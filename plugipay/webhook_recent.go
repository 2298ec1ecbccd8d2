package plugipay

import (
	"context"
	"net/http"
	"sync"
)

// recentEventCount is the number of events that a handler remembers.
const recentEventCount = 10_000

// recentEvents remembers the last events of this process, so that each is handled once.
type recentEvents struct {
	mu   sync.Mutex
	runs map[string]*eventRun // of events that are being handled or were handled
	ring []string             // keys of handled events; the oldest is at next
	next int
}

// eventRun is the handling of an event. err is set before done is closed.
type eventRun struct {
	done chan struct{}
	err  error
}

func newRecentEvents() *recentEvents { return &recentEvents{runs: map[string]*eventRun{}} }

// once calls handle unless the event was handled before. While another call handles the event, once waits for its result or
// for the end of ctx. handle must not panic.
func (e *recentEvents) once(ctx context.Context, key string, handle func() error) error {
	run, first := e.begin(key)
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

// begin returns the run of an event. If first is true, the caller must handle the event.
func (e *recentEvents) begin(key string) (run *eventRun, first bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if run, ok := e.runs[key]; ok {
		return run, false
	}
	run = &eventRun{done: make(chan struct{})}
	e.runs[key] = run
	return run, true
}

// end remembers a handled event, and forgets an event whose handling failed.
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
