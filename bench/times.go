package main

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"time"
)

// result holds the measurements of one operation of one client.
type result struct {
	Client    string
	Operation string
	Times     []time.Duration // of a call, by round
	Memory    memory
}

// time returns the time of a call, the median of the rounds.
func (r result) time() time.Duration { return median(r.Times) }

// ratioTo returns the ratio of the times to those of another result. It is the median of the ratios of all rounds, so that a
// machine that is slow for a while slows down both.
func (r result) ratioTo(other result) float64 {
	ratios := make([]float64, len(r.Times))
	for i := range ratios {
		ratios[i] = float64(r.Times[i]) / float64(other.Times[i])
	}
	return median(ratios)
}

// task is a task to time.
type task struct {
	calls int // per turn
	run   func(calls int) error
}

// repeat returns a function that makes calls one after the other.
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

// clock returns an increasing time. Only differences have a meaning.
type clock func() time.Duration

var started = time.Now()

func wallTime() time.Duration { return time.Since(started) }

// turn returns the time of one call of a task. It begins with a garbage collection and a call that refills the pools. So every
// turn of a task collects only its own garbage.
func (t task) turn(now clock) (time.Duration, error) {
	runtime.GC()
	if err := t.run(1); err != nil {
		return 0, err
	}
	start := now()
	err := t.run(t.calls)
	return (now() - start) / time.Duration(t.calls), err
}

// measureTimes returns the time of a call for each task, by round. Each round runs every task once, in random order, so that
// other load on the machine affects all tasks alike.
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
