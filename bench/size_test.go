package main

import (
	"runtime"
	"testing"
)

// TestSize_FacadeAddsAtMostSixPercent compares a program that uses plugipay with a program that does the same with the standard
// library. In the difference, slog accounts for 1.1 %, oapi-codegen's runtime for 1.0 %, and net/http/httptrace, which detects
// unsent writes, for 0.5 %.
func TestSize_FacadeAddsAtMostSixPercent(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the limit applies to linux/amd64 only")
	}
	facade, err := programSize("facade")
	if err != nil {
		t.Fatal(err)
	}
	standard, err := programSize("standard")
	if err != nil {
		t.Fatal(err)
	}
	if float64(facade) > 1.06*float64(standard) {
		t.Errorf("the program with plugipay has %d bytes, more than 6 %% above the %d without it", facade, standard)
	}
}
