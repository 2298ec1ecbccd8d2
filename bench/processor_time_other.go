//go:build !unix

package main

import "time"

// processorTime returns the wall time, because this platform does not report the processor time of a process.
func processorTime() time.Duration { return wallTime() }
