package main

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"time"
)

// result is what one client needs for one operation.
type result struct {
	Client    string
	Operation string
	Times     []time.Duration // of a call, by round
	Memory    memory
}

// time returns the time of a call, the median of the rounds.
func (r result) time() time.Duration { return median(r.Times) }

// timesThatOf returns how many times the time of another result it is: the median of what it is in each round, so that a
// machine that is slow for a while is so for both.
func (r result) timesThatOf(other result) float64 {
	ratios := make([]float64, len(r.Times))
	for i := range ratios {
		ratios[i] = float64(r.Times[i]) / float64(other.Times[i])
	}
	return median(ratios)
}

// task is something to be timed.
type task struct {
	calls int // in a turn
	run   func(calls int) error
}

// repeat makes calls one after the other.
func repeat(call func() error) func(calls int) error {
	return func(calls int) error {
		for range calls {
			if err := call(); err != nil {
				return err
			}
		}
		return nil
	}
}

// clock tells a time that goes on; only differences mean something.
type clock func() time.Duration

var started = time.Now()

func wallTime() time.Duration { return time.Since(started) }

// turn returns the time of one call of a task. It begins with a clean heap, so that every turn of a task pays for as many
// collections of its own garbage, and a call that fills the pools again.
func (t task) turn(now clock) (time.Duration, error) {
	runtime.GC()
	if err := t.run(1); err != nil {
		return 0, err
	}
	start := now()
	err := t.run(t.calls)
	return (now() - start) / time.Duration(t.calls), err
}

// measureTimes returns the time of a call for each task, by round. In each round every task has its turn, in an order of its
// own, so that what else happens on the machine hits all alike.
func measureTimes(now clock, rounds int, tasks []task) ([][]time.Duration, error) {
	order := rand.New(rand.NewPCG(1, 2))
	times := make([][]time.Duration, len(tasks))
	for range rounds {
		for _, i := range order.Perm(len(tasks)) {
			took, err := tasks[i].turn(now)
			if err != nil {
				return nil, err
			}
			times[i] = append(times[i], took)
		}
	}
	return times, nil
}

func median[T time.Duration | float64](values []T) T {
	return slices.Sorted(slices.Values(values))[len(values)/2]
}
