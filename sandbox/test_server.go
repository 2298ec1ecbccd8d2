package sandbox

import "sync"

// TB has the methods of *testing.T and *testing.B that [StartTest] needs. It is an interface so that a program with a sandbox
// does not link package testing.
type TB interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// StartTest is [Start] for a test. It closes the server when the test ends. The test fails if a response of the sandbox breaks
// openapi.yaml. opts.OnContractBreach is called as well.
func StartTest(t TB, opts Options) *Server {
	t.Helper()
	report := &testReport{t: t}
	onBreach := opts.OnContractBreach
	opts.OnContractBreach = func(err error) {
		report.breach(err)
		if onBreach != nil {
			onBreach(err)
		}
	}
	server, err := Start(opts)
	if err != nil {
		t.Fatalf("%v", err)
		return nil
	}
	t.Cleanup(func() {
		server.Close()
		report.end()
	})
	return server
}

// testReport fails a test only while the test runs. A request may outlive its test, and package testing would panic.
type testReport struct {
	mu    sync.Mutex
	t     TB
	ended bool
}

func (r *testReport) breach(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ended {
		r.t.Errorf("%v", err)
	}
}

func (r *testReport) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
}
