package main

import (
	"net/http"
	"os"
	"strings"
	"testing"
)

// The tests of this package are not parallel, because some of them count the allocations of the process.

func TestMain(m *testing.M) {
	serveIfAsked()
	measureIfAsked()
	os.Exit(m.Run())
}

func open(t *testing.T, of contender, baseURL string, transport http.RoundTripper) client {
	t.Helper()
	c, err := of.open(baseURL, transport)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// measured returns the allocations of a call. With the race detector it skips the test.
func measured(t *testing.T, run func(calls int) error) memory {
	t.Helper()
	if raceDetector {
		t.Skip("the race detector changes the number of allocations")
	}
	used, err := measureMemory(50, run)
	if err != nil {
		t.Fatal(err)
	}
	return used
}

func openNamed(t *testing.T, name string) client {
	t.Helper()
	for _, contender := range contenders {
		if contender.name == name {
			return open(t, contender, "https://plugipay.com", stub{newResponses()})
		}
	}
	t.Fatalf("no client has the name %s", name)
	return nil
}

// TestReport_CoversEveryClient measures everything once. It does not check the measured values.
func TestReport_CoversEveryClient(t *testing.T) {
	timed, err := measureInProcesses(2, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range timed.groups() {
		for _, r := range *group {
			if len(r.Times) != 2 {
				t.Errorf("%s of %s has %d rounds, want one in each process", r.Operation, r.Client, len(r.Times))
			}
		}
	}
	text, err := report(timed)
	if err != nil {
		t.Fatal(err)
	}
	for _, contender := range contenders {
		want := 1 // over loopback
		for _, operation := range operations {
			if contender.supports(operation) {
				want++
			}
		}
		if got := strings.Count(text, "| "+contender.name+" "); got != want {
			t.Errorf("%s is in the tables %d times, want %d:\n%s", contender.name, got, want, text)
		}
	}
}
