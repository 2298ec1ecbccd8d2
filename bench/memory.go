package main

import (
	"runtime"
	"runtime/debug"
)

// measureMemory returns what a call allocates, on average. Nothing else runs meanwhile, not even the garbage collector,
// which would empty the pools at times of its own: the figures are the same each time.
func measureMemory(calls int, call func() error) memory {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for range 3 { // fills the pools again
		_ = call()
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range calls {
		_ = call()
	}
	runtime.ReadMemStats(&after)
	return memory{
		bytes:       float64(after.TotalAlloc-before.TotalAlloc) / float64(calls),
		allocations: float64(after.Mallocs-before.Mallocs) / float64(calls),
	}
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
