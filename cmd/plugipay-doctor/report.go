package main

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// outcome is the result of a check.
type outcome string

const (
	ok      outcome = "ok"
	differs outcome = "differs"
	unknown outcome = "could not tell"
)

// finding is one line of the report.
type finding struct {
	Check   string  `json:"check"`
	Outcome outcome `json:"outcome"`
	Seen    string  `json:"seen"`
	Do      string  `json:"do,omitempty"` // the advice, or empty
}

// isAsExpected is the finding of a check without a problem.
func isAsExpected(seen string, values ...any) finding {
	return finding{Outcome: ok, Seen: fmt.Sprintf(seen, values...)}
}

// isDifferent is the finding of a check that found a problem.
func isDifferent(do, seen string, values ...any) finding {
	return finding{Outcome: differs, Do: do, Seen: fmt.Sprintf(seen, values...)}
}

// isUnknown is the finding of a check that could not be made.
func isUnknown(do, seen string, values ...any) finding {
	return finding{Outcome: unknown, Do: do, Seen: fmt.Sprintf(seen, values...)}
}

// report collects findings, and prints each at once unless it is a report in JSON.
type report struct {
	out    io.Writer
	asJSON bool

	mu    sync.Mutex
	lines document
}

// document is the report in JSON.
type document struct {
	Version string    `json:"version"` // of the SDK
	Time    time.Time `json:"time"`
	BaseURL string    `json:"baseUrl"`
	Checks  []finding `json:"checks"`
}

func newReport(out io.Writer, asJSON bool, baseURL string) *report {
	r := &report{out: out, asJSON: asJSON, lines: document{
		Version: plugipay.Version, Time: time.Now().UTC().Truncate(time.Second), BaseURL: baseURL,
	}}
	r.note("Plugipay at %s\n", baseURL)
	return r
}

// add adds the finding of a check.
func (r *report) add(check string, f finding) {
	f.Check = check
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines.Checks = append(r.lines.Checks, f)
	if r.asJSON {
		return
	}
	fmt.Fprintf(r.out, "%-14s  %-22s  %s\n", f.Outcome, f.Check, f.Seen)
	if f.Do != "" {
		fmt.Fprintf(r.out, "%-14s  %-22s  → %s\n", "", "", f.Do)
	}
}

// note prints text that is not a finding.
func (r *report) note(text string, values ...any) {
	if !r.asJSON {
		fmt.Fprintf(r.out, text+"\n", values...)
	}
}

// finish ends the report and returns the exit code.
func (r *report) finish() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	counts := map[outcome]int{}
	for _, f := range r.lines.Checks {
		counts[f.Outcome]++
	}
	if r.asJSON {
		text, _ := json.MarshalIndent(r.lines, "", "  ") // text and numbers, which are always valid
		fmt.Fprintf(r.out, "%s\n", text)
	} else {
		fmt.Fprintf(r.out, "\n%d ok, %d differ, %d could not tell\n", counts[ok], counts[differs], counts[unknown])
	}
	if counts[differs] > 0 {
		return exitDiffers
	}
	return exitOK
}
