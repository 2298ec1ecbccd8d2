package main

import (
	"context"
	"net/http"
	"runtime/debug"

	"github.com/plugipay/plugipay-go/plugipay"
)

const merchantClients = 10_000

// aged is a client of ours that much was done with.
type aged struct {
	ours
	merchants []*plugipay.Client // alive
}

// newAged returns one that got 20,000 sessions and listed 100 pages.
func newAged(transport http.RoundTripper) (*aged, error) {
	fresh, err := newOurs("https://plugipay.com", transport)
	if err != nil {
		return nil, err
	}
	c := &aged{ours: *fresh.(*ours)}
	if err := get.repeated(c)(20_000); err != nil {
		return nil, err
	}
	return c, list.repeated(c)(100)
}

// makeMerchants makes the clients, and a call with each hundredth.
func (c *aged) makeMerchants() error {
	c.merchants = make([]*plugipay.Client, merchantClients)
	for i := range c.merchants {
		c.merchants[i] = c.ForMerchant("acc_01J8ZQ4S9K7T5R3P1N0M8K6J4H")
		if i%100 != 0 {
			continue
		}
		if _, err := c.merchants[i].CheckoutSessions.Get(context.Background(), sessionID); err != nil {
			return err
		}
	}
	return nil
}

// compareAges measures a get with a client that is new, and with one that made 20,000 calls and has 10,000 clients for
// merchants. Those are made for each turn and dropped after it, as the new client has to be measured without them.
func compareAges(rounds int) ([]result, error) {
	transport := stub{newAnswers()}
	fresh, err := newOurs("https://plugipay.com", transport)
	if err != nil {
		return nil, err
	}
	c, err := newAged(transport)
	if err != nil {
		return nil, err
	}
	var young, old result
	ofYoung := task{get.calls, get.repeated(fresh)}
	ofOld := task{get.calls, get.repeated(c)}
	// A collection costs more with so many clients alive, and is rarer: that is theirs, not the call's.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for range rounds {
		took, err := ofYoung.turn(processorTime)
		if err != nil {
			return nil, err
		}
		young.Times = append(young.Times, took)
		if err := c.makeMerchants(); err != nil {
			return nil, err
		}
		if took, err = ofOld.turn(processorTime); err != nil {
			return nil, err
		}
		old.Times = append(old.Times, took)
		c.merchants = nil
	}
	if young.Memory, err = measureMemory(50, ofYoung.run); err != nil {
		return nil, err
	}
	if err := c.makeMerchants(); err != nil {
		return nil, err
	}
	old.Memory, err = measureMemory(50, ofOld.run)
	return []result{young, old}, err
}
