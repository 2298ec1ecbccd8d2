package main

import (
	"runtime"
	"runtime/debug"
)

// memory holds the allocations of a call.
type memory struct {
	Bytes, Allocations float64
}

// measureMemory returns the average allocations of a call. Nothing else runs at the same time. The garbage collector is off,
// because it would empty the pools at random times. So the result is the same in each run.
func measureMemory(calls int, run func(calls int) error) (memory, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	if err := run(3); err != nil { // refills the pools
		return memory{}, err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := run(calls)
	runtime.ReadMemStats(&after)
	return memory{
		Bytes:       float64(after.TotalAlloc-before.TotalAlloc) / float64(calls),
		Allocations: float64(after.Mallocs-before.Mallocs) / float64(calls),
	}, err
}

// heap returns the bytes of the heap after all garbage is collected and the pools are empty.
func heap() uint64 {
	for range 3 { // a pool is empty after two collections
		runtime.GC()
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
