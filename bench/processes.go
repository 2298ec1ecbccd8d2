package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
)

// processes is the number of processes that measure, one after the other. The memory layout of a process makes parts of its code
// a few percent faster or slower. Other parts are affected in the next process.
const processes = 10

// roundsVariable is the environment variable that starts this program as a measuring process.
const roundsVariable = "PLUGIPAY_BENCH_ROUNDS"

// measurements holds all timed results.
type measurements struct {
	Calls, Loopback      []result
	Webhooks, UsedClient []result // each has the value to compare with first, and then that of plugipay
}

// groups returns the groups of results, for merging.
func (m *measurements) groups() []*[]result {
	return []*[]result{&m.Calls, &m.Loopback, &m.Webhooks, &m.UsedClient}
}

// measure measures everything in this process.
func measure(rounds int) (m measurements, err error) {
	if err := m.measureOneCaller(rounds); err != nil {
		return m, err
	}
	// Loopback comes last, because it leaves hundreds of connections, which slow down garbage collections.
	m.Loopback, err = compareOverLoopback(rounds)
	return m, err
}

// measureOneCaller measures a single goroutine on one processor. A second, idle processor would spend its time on collecting
// garbage.
func (m *measurements) measureOneCaller(rounds int) (err error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if m.Calls, err = compareCalls(rounds); err != nil {
		return err
	}
	if m.Webhooks, err = compareWebhooks(rounds); err != nil {
		return err
	}
	m.UsedClient, err = compareUsedClient(rounds)
	return err
}

// measureIfAsked measures, prints the measurements as JSON and exits if roundsVariable is set. Otherwise it returns at once.
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

// measureInProcesses measures everything in count processes, with the number of rounds in each.
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
		return m, fmt.Errorf("a measuring process failed: %w", err)
	}
	return m, json.Unmarshal(output, &m)
}

// merge appends the rounds of the other results. Both slices have the same clients and operations in the same order.
func merge(results, others []result) []result {
	if results == nil {
		return others
	}
	for i := range results {
		results[i].Times = append(results[i].Times, others[i].Times...)
	}
	return results
}
