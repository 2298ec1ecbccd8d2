package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"time"
)

// result is what one client needs for one operation.
type result struct {
	client    string
	operation string
	time      time.Duration // per call, the median of the rounds
	memory
}

// memory is what a call allocates.
type memory struct {
	bytes, allocations float64
}

// compare measures every client over the stub: first the memory, then, in one run for all, the time.
func compare(rounds int) ([]result, error) {
	clients, err := openAll("https://plugipay.com", stub{newAnswers()})
	if err != nil {
		return nil, err
	}
	var results []result
	var tasks []task
	for _, operation := range operations {
		for i, c := range clients {
			call := func() error { return check(operation, c) }
			if err := call(); err != nil {
				return nil, fmt.Errorf("%s of %s: %w", operation.name, contenders[i].name, err)
			}
			results = append(results, result{
				client:    contenders[i].name,
				operation: operation.name,
				memory:    measureMemory(operation.calls/10, call),
			})
			tasks = append(tasks, task{operation.calls, call})
		}
	}
	times, err := measureTimes(rounds, tasks)
	for i := range times {
		results[i].time = times[i]
	}
	return results, err
}

// openAll returns the clients of all contenders.
func openAll(baseURL string, transport http.RoundTripper) ([]client, error) {
	var clients []client
	for _, contender := range contenders {
		c, err := contender.open(baseURL, transport)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", contender.name, err)
		}
		clients = append(clients, c)
	}
	return clients, nil
}

// check makes a call and compares what came of it with what has to.
func check(o operation, c client) error {
	got, err := o.call(context.Background(), c)
	if err == nil && got != o.want {
		err = fmt.Errorf("the answer was read as %+v, and is %+v", got, o.want)
	}
	return err
}

// task is something to be timed.
type task struct {
	calls int // in a round
	call  func() error
}

// measureTimes returns the time of a call for each task, the median of the rounds. In each round every task has its turn,
// in an order of its own, so that what else happens on the machine hits all alike. A turn begins with a clean heap, and is
// long enough for the task to pay for collecting its own garbage.
func measureTimes(rounds int, tasks []task) ([]time.Duration, error) {
	order := rand.New(rand.NewPCG(1, 2))
	times := make([][]time.Duration, len(tasks))
	for range rounds {
		for _, i := range order.Perm(len(tasks)) {
			runtime.GC()
			start := time.Now()
			for range tasks[i].calls {
				if err := tasks[i].call(); err != nil {
					return nil, err
				}
			}
			times[i] = append(times[i], time.Since(start)/time.Duration(tasks[i].calls))
		}
	}
	medians := make([]time.Duration, len(tasks))
	for i := range times {
		medians[i] = median(times[i])
	}
	return medians, nil
}

func median[T time.Duration | float64](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}
