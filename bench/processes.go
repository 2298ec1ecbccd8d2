package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
)

// processes is how many processes measure, one after the other. What memory the kernel gives to a process makes some of its
// code faster or slower by some per cent for as long as it runs, and another part in the next.
const processes = 10

// roundsVariable makes this program, when it is set in the environment, one of those that measure.
const roundsVariable = "PLUGIPAY_BENCH_ROUNDS"

// measurements are the results of everything that is timed.
type measurements struct {
	Calls, Loopback []result
	Webhooks, Ages  []result // what they are compared with, and ours
}

// groups returns its parts, to be merged.
func (m *measurements) groups() []*[]result {
	return []*[]result{&m.Calls, &m.Loopback, &m.Webhooks, &m.Ages}
}

// measure measures everything in this process.
func measure(rounds int) (m measurements, err error) {
	if err := m.measureOneCaller(rounds); err != nil {
		return m, err
	}
	// The last, as it leaves hundreds of connections behind, which would make every collection of garbage dearer.
	m.Loopback, err = compareOverLoopback(rounds)
	return m, err
}

// measureOneCaller measures what one goroutine does, with one processor: another one, with nothing else to do, would spend
// its time on helping to collect garbage.
func (m *measurements) measureOneCaller(rounds int) (err error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if m.Calls, err = compareCalls(rounds); err != nil {
		return err
	}
	if m.Webhooks, err = compareWebhooks(rounds); err != nil {
		return err
	}
	m.Ages, err = compareAges(rounds)
	return err
}

// measureIfAsked measures, prints the measurements as JSON and ends the process, if it was started for that; otherwise it
// returns at once.
func measureIfAsked() {
	asked := os.Getenv(roundsVariable)
	if asked == "" {
		return
	}
	rounds, err := strconv.Atoi(asked)
	if err == nil {
		var m measurements
		if m, err = measure(rounds); err == nil {
			err = json.NewEncoder(os.Stdout).Encode(m)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// measureInProcesses measures everything in several processes, with so many rounds in each.
func measureInProcesses(count, rounds int) (all measurements, err error) {
	for range count {
		one, err := measureInProcess(rounds)
		if err != nil {
			return all, err
		}
		groups := one.groups()
		for i, into := range all.groups() {
			*into = merge(*into, *groups[i])
		}
	}
	return all, nil
}

func measureInProcess(rounds int) (m measurements, err error) {
	program, err := os.Executable()
	if err != nil {
		return m, err
	}
	process := exec.Command(program)
	process.Env = append(os.Environ(), roundsVariable+"="+strconv.Itoa(rounds))
	process.Stderr = os.Stderr
	output, err := process.Output()
	if err != nil {
		return m, fmt.Errorf("a process that measures failed: %w", err)
	}
	return m, json.Unmarshal(output, &m)
}

// merge adds the rounds of other results to those of the same clients and operations, which come in the same order.
func merge(results, others []result) []result {
	if results == nil {
		return others
	}
	for i := range results {
		results[i].Times = append(results[i].Times, others[i].Times...)
	}
	return results
}
