package sandbox

import (
	"slices"
	"time"
)

// Snapshot is the state of a sandbox at one moment; see [Sandbox.Snapshot]. It does not change.
type Snapshot struct {
	ahead      time.Duration
	faults     []injectedFault
	workspaces map[string]workspaceSnapshot // by account id
}

type workspaceSnapshot struct {
	ahead      time.Duration
	test, live datasetSnapshot
}

type datasetSnapshot struct {
	sessions  []session // oldest first
	responses []*storedResponse
}

// Snapshot returns the state of the sandbox: its sessions, its responses to idempotency keys, its faults and its clock. A test
// that needs many sessions can create them once and call [Sandbox.Restore] before each of its parts.
func (s *Sandbox) Snapshot() *Snapshot {
	taken := &Snapshot{ahead: s.clock.aheadBy(), faults: s.faults.all(), workspaces: map[string]workspaceSnapshot{}}
	for _, w := range s.directory.all() {
		taken.workspaces[w.accountID] = w.snapshot()
	}
	return taken
}

// Restore resets the sandbox, like [Sandbox.Reset], and restores the state of the snapshot. A snapshot has no requests, events
// and deliveries, so Restore removes them. The snapshot may be of another sandbox. Workspaces that are not in the snapshot are
// empty afterwards. A nil snapshot is empty.
func (s *Sandbox) Restore(snapshot *Snapshot) {
	s.Reset()
	if snapshot == nil {
		return
	}
	s.clock.set(snapshot.ahead)
	for _, f := range snapshot.faults {
		s.faults.add(f.Fault, f.account)
	}
	for _, w := range s.directory.all() {
		w.restore(snapshot.workspaces[w.accountID])
	}
}

func (w *workspace) snapshot() workspaceSnapshot {
	return workspaceSnapshot{ahead: w.clock.aheadBy(), test: w.test.snapshot(), live: w.live.snapshot()}
}

func (w *workspace) restore(from workspaceSnapshot) {
	w.feed.reset()
	w.expiries.reset()
	w.clock.set(from.ahead)
	w.test.restore(from.test)
	w.live.restore(from.live)
}

func (d *dataset) snapshot() datasetSnapshot {
	return datasetSnapshot{sessions: d.sessions.snapshot(), responses: d.idempotency.snapshot()}
}

func (d *dataset) restore(from datasetSnapshot) {
	d.sessions.restore(from.sessions)
	d.idempotency.restore(from.responses)
}

// snapshot returns copies of all sessions.
func (s *sessionStore) snapshot() (sessions []session) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for n, ok := s.index.all.next(s.first); ok; n, ok = s.index.all.next(n + 1) {
		copied := *s.at(n)
		copied.expiry = nil
		sessions = append(sessions, copied)
	}
	return sessions
}

// restore replaces all sessions. The restored sessions get new numbers, so that an earlier cursor finds either all of them or
// none. The expiries of the earlier sessions must have been reset.
func (s *sessionStore) restore(sessions []session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, forgotten := range s.byID {
		forgotten.expiry = nil // makes an expiry that is just being processed do nothing
	}
	s.first, s.slots = s.first+len(s.slots), nil
	s.byID = map[string]*session{}
	s.index = newSessionIndex()
	s.index.forgetBefore(s.first)
	for _, copied := range sessions {
		s.insert(&copied)
	}
}

// snapshot returns the stored responses, oldest first. It leaves out requests that are still being processed.
func (k *idempotencyStore) snapshot() []*storedResponse {
	k.mu.Lock()
	defer k.mu.Unlock()
	finished := func(a *storedResponse) bool {
		select {
		case <-a.done:
			return a.kept
		default:
			return false
		}
	}
	return slices.DeleteFunc(slices.Clone(k.oldest), func(a *storedResponse) bool { return !finished(a) })
}

func (k *idempotencyStore) restore(responses []*storedResponse) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.byKey, k.oldest = make(map[string]*storedResponse, len(responses)), slices.Clone(responses)
	for _, a := range responses {
		k.byKey[a.key] = a
	}
}
