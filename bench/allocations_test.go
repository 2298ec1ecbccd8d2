package main

import "testing"

// The limits for the allocations of plugipay. The generated client, retries and error mapping cost a few allocations more than
// limit. The bytes of a list are its sessions and the smaller slices that encoding/json allocates before.
const (
	allocationsBeyondLimit  = 30
	maxListBytes            = 220_000
	allocationsBeyondByHand = 5 // for verifying a webhook
)

func TestAllocations_OfACallAreNearTheMinimum(t *testing.T) {
	for _, operation := range operations {
		t.Run(operation.name, func(t *testing.T) {
			limit := measured(t, operation.repeated(openNamed(t, "limit")))
			got := measured(t, operation.repeated(openNamed(t, "plugipay")))
			t.Logf("limit %.1f, plugipay %.1f", limit.Allocations, got.Allocations)
			if got.Allocations > limit.Allocations+allocationsBeyondLimit {
				t.Errorf("%.1f allocations, want at most %d more than the %.1f of limit",
					got.Allocations, allocationsBeyondLimit, limit.Allocations)
			}
		})
	}
}

func TestAllocations_OfAListAreNearItsSessions(t *testing.T) {
	got := measured(t, list.repeated(openNamed(t, "plugipay")))
	t.Logf("%.0f bytes", got.Bytes)
	if got.Bytes > maxListBytes {
		t.Errorf("%.0f bytes, want at most %d", got.Bytes, maxListBytes)
	}
}

func TestAllocations_OfAWebhookAreNearTheMinimum(t *testing.T) {
	d, err := newDelivery()
	if err != nil {
		t.Fatal(err)
	}
	byHand := measured(t, repeat(func() error { return verifyByHand(d) }))
	got := measured(t, repeat(func() error { return verifyByPlugipay(d) }))
	t.Logf("by hand %.1f, plugipay %.1f", byHand.Allocations, got.Allocations)
	if got.Allocations > byHand.Allocations+allocationsBeyondByHand {
		t.Errorf("%.1f allocations, want at most %d more than the %.1f of verifying by hand",
			got.Allocations, allocationsBeyondByHand, byHand.Allocations)
	}
}
