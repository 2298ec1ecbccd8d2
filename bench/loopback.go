package main

import (
	"sync"
	"sync/atomic"
)

const (
	callers = 64
	// loopbackCalls is the number of calls in a turn, of all callers together.
	loopbackCalls = 2000
)

// compareOverLoopback measures how many sessions each client gets per second with many concurrent callers. Each client uses its
// default transport. The time of a call is the time of the turn divided by the number of calls.
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
			return concurrently(calls, func() error { return get.do(c) })
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

// concurrently makes the calls from many goroutines and returns the first error.
func concurrently(calls int, call func() error) error {
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
