//go:build unix

package main

import (
	"syscall"
	"time"
)

// processorTime is the time that processors have spent on this process. Unlike that on the wall, it goes on only while they
// do, however much else the machine has to do.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return wallTime()
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
