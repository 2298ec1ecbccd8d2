package main

import (
	"os"
	"strings"
	"testing"
)

// No test of this package is parallel: some of them count allocations, of which there is one count for all.

func TestMain(m *testing.M) {
	serveIfAsked()
	os.Exit(m.Run())
}

// TestTheProgramMeasuresEverything runs all of it once; what it measures decides nothing here.
func TestTheProgramMeasuresEverything(t *testing.T) {
	text, err := report(1)
	if err != nil {
		t.Fatal(err)
	}
	for _, contender := range contenders {
		if want, got := len(operations)+1, strings.Count(text, "| "+contender.name+" "); got != want {
			t.Errorf("%s is in the tables %d times, want %d:\n%s", contender.name, got, want, text)
		}
	}
}
