package sandbox

// Reset restores the state before the first request. It removes all sessions, responses to idempotency keys, requests, events
// and faults, and all deliveries, also in the middle of an attempt. The clock shows the real time again. Workspaces, keys,
// endpoints and routes stay, including the ones that were added after the start.
func (s *Sandbox) Reset() {
	s.faults.clear("")
	s.deliveryFaults.Clear("")
	s.requests.clear("")
	s.activities.clear("")
	s.clock.set(0)
	for _, w := range s.directory.all() {
		w.reset()
	}
}

// resetWorkspace is Reset for one workspace. It resets the workspace's data, faults and clock.
func (s *Sandbox) resetWorkspace(w *workspace) {
	s.faults.clear(w.accountID)
	s.deliveryFaults.Clear(w.accountID)
	s.requests.clear(w.accountID)
	s.activities.clear(w.accountID)
	w.reset()
}

func (w *workspace) reset() {
	w.restore(workspaceSnapshot{})
}
