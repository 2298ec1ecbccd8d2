package main

import (
	"runtime"
	"testing"
)

// TestAProgramWithTheFacadeIsHardlyLarger: what it is compared with does the same with nothing but the standard library.
func TestAProgramWithTheFacadeIsHardlyLarger(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the goal was set for linux/amd64")
	}
	facade, err := programSize("facade")
	if err != nil {
		t.Fatal(err)
	}
	standard, err := programSize("standard")
	if err != nil {
		t.Fatal(err)
	}
	if float64(facade) > 1.05*float64(standard) {
		t.Errorf("a program with plugipay has %d bytes, more than 5 %% above the %d of one without", facade, standard)
	}
}
