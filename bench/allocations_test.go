package main

import "testing"

// What plugipay may allocate. The generated client, retries and the mapping of errors cost a few allocations more
// than limit's; a list's bytes are its sessions, and the slices that encoding/json outgrows on the way to them.
const (
	allocationsBeyondLimit  = 30
	bytesOfAList            = 220_000
	allocationsBeyondByHand = 5 // of verifying a webhook
)

func TestAllocations_OfACallAreNearTheMinimum(t *testing.T) {
	for _, operation := range operations {
		t.Run(operation.name, func(t *testing.T) {
			limit := measured(t, operation.repeated(openNamed(t, "limit")))
			ours := measured(t, operation.repeated(openNamed(t, "ours")))
			t.Logf("limit %.1f, ours %.1f", limit.Allocations, ours.Allocations)
			if ours.Allocations > limit.Allocations+allocationsBeyondLimit {
				t.Errorf("%.1f allocations, want at most %d more than the %.1f of limit",
					ours.Allocations, allocationsBeyondLimit, limit.Allocations)
			}
		})
	}
}

func TestAllocations_OfAListAreNearItsSessions(t *testing.T) {
	ours := measured(t, list.repeated(openNamed(t, "ours")))
	t.Logf("%.0f bytes", ours.Bytes)
	if ours.Bytes > bytesOfAList {
		t.Errorf("%.0f bytes, want at most %d", ours.Bytes, bytesOfAList)
	}
}

func TestAllocations_OfAWebhookAreNearTheMinimum(t *testing.T) {
	d, err := newDelivery()
	if err != nil {
		t.Fatal(err)
	}
	byHand := measured(t, repeat(func() error { return verifyByHand(d) }))
	ours := measured(t, repeat(func() error { return verifyByOurs(d) }))
	t.Logf("by hand %.1f, ours %.1f", byHand.Allocations, ours.Allocations)
	if ours.Allocations > byHand.Allocations+allocationsBeyondByHand {
		t.Errorf("%.1f allocations, want at most %d more than the %.1f of doing it by hand",
			ours.Allocations, allocationsBeyondByHand, byHand.Allocations)
	}
}
