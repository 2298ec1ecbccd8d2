package sandbox

import "sync"

// TB is what [StartTest] needs of a test. *testing.T and *testing.B have it. It is an interface so that a program with
// a sandbox in it does not link package testing.
type TB interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// StartTest is [Start] for a test. The server is closed when the test ends, and the test fails when an answer of the
// sandbox is not what openapi.yaml allows, in addition to whatever opts.OnContractBreach does.
func StartTest(t TB, opts Options) *Server {
	t.Helper()
	report := &testReport{t: t}
	alsoTell := opts.OnContractBreach
	opts.OnContractBreach = func(err error) {
		report.breach(err)
		if alsoTell != nil {
			alsoTell(err)
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

// testReport fails a test as long as that runs: package testing panics when it is told later, and a request may outlive
// the test that made it.
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
