//go:build !unix

package main

import "time"

// processorTime is the time on the wall where there is no way to tell that of the processors.
func processorTime() time.Duration { return wallTime() }
