package inbox

import (
	"context"
	"sync"
)

// unlimitedSlots is the number of transactions at once if the pool has no limit.
const unlimitedSlots = 16

// gate makes calls wait in memory rather than in the database, where each of them would hold a connection: those with the
// same key for each other, and all of them for a free transaction.
type gate struct {
	slots chan struct{}
	mu    sync.Mutex
	turns map[string]*turn // of the keys that are in use
}

// turn belongs to the calls with one key.
type turn struct {
	taken chan struct{} // full while one of the calls is in
	calls int           // inside or waiting
}

// newGate returns a gate for a pool, whose limit is 0 if it has none. It leaves one connection to the handlers.
func newGate(maxOpenConnections int) *gate {
	slots := unlimitedSlots
	if maxOpenConnections > 0 {
		slots = max(1, maxOpenConnections-1)
	}
	return &gate{slots: make(chan struct{}, slots), turns: map[string]*turn{}}
}

// enter waits for the turn of a key and for a free transaction, until ctx ends. leave must be called, unless it is nil.
func (g *gate) enter(ctx context.Context, key string) (leave func(), err error) {
	t := g.join(key)
	select {
	case t.taken <- struct{}{}:
	case <-ctx.Done():
		g.quit(key, t)
		return nil, context.Cause(ctx)
	}
	select {
	case g.slots <- struct{}{}:
	case <-ctx.Done():
		<-t.taken
		g.quit(key, t)
		return nil, context.Cause(ctx)
	}
	return func() {
		<-g.slots
		<-t.taken
		g.quit(key, t)
	}, nil
}

func (g *gate) join(key string) *turn {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.turns[key]
	if t == nil {
		t = &turn{taken: make(chan struct{}, 1)}
		g.turns[key] = t
	}
	t.calls++
	return t
}

func (g *gate) quit(key string, t *turn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t.calls--; t.calls == 0 {
		delete(g.turns, key)
	}
}
