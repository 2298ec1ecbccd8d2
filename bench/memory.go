package main

import (
	"runtime"
	"runtime/debug"
)

// memory is what a call allocates.
type memory struct {
	Bytes, Allocations float64
}

// measureMemory returns what a call allocates, on average. Nothing else runs meanwhile, not even the garbage collector,
// which would empty the pools at times of its own: the figures are the same each time.
func measureMemory(calls int, run func(calls int) error) (memory, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	if err := run(3); err != nil { // fills the pools again
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

// heap returns how many bytes the heap holds once all garbage is collected, and the pools are empty.
func heap() uint64 {
	for range 3 { // a pool gives its content up in two collections
		runtime.GC()
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
