package main

import (
	"sync"
	"sync/atomic"
)

const (
	callers = 64
	// loopbackCalls are made by all callers together in a turn.
	loopbackCalls = 2000
)

// compareOverLoopback measures how many sessions each client gets in a second, with many callers at once, each client on
// the transport that it has by default. The time of a call is that of the turn divided by the calls of all.
func compareOverLoopback(rounds int) ([]result, error) {
	baseURL, stop, err := startServer()
	if err != nil {
		return nil, err
	}
	defer stop()
	clients, err := openAll(baseURL, nil)
	if err != nil {
		return nil, err
	}
	var results []result
	var tasks []task
	for i, c := range clients {
		results = append(results, result{Client: contenders[i].name, Operation: get.name})
		tasks = append(tasks, task{calls: loopbackCalls, run: func(calls int) error {
			return atOnce(calls, func() error { return get.do(c) })
		}})
	}
	for _, t := range tasks { // opens the connections
		if err := t.run(loopbackCalls); err != nil {
			return nil, err
		}
	}
	times, err := measureTimes(wallTime, rounds, tasks)
	for i := range times {
		results[i].Times = times[i]
	}
	return results, err
}

// atOnce makes the calls from many goroutines and returns the first error.
func atOnce(calls int, call func() error) error {
	var left atomic.Int64
	left.Store(int64(calls))
	failed := make(chan error, callers)
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			for left.Add(-1) >= 0 {
				if err := call(); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	group.Wait()
	close(failed)
	return <-failed
}
