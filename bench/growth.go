package main

import (
	"context"
	"net/http"
	"runtime/debug"

	"github.com/plugipay/plugipay-go/plugipay"
)

const merchantClients = 10_000

// usedClient is a plugipayClient that has made many calls.
type usedClient struct {
	plugipayClient
	merchants []*plugipay.Client // keeps them reachable
}

// newUsedClient returns a client that got 20,000 sessions and listed 100 pages.
func newUsedClient(transport http.RoundTripper) (*usedClient, error) {
	fresh, err := newPlugipay("https://plugipay.com", transport)
	if err != nil {
		return nil, err
	}
	c := &usedClient{plugipayClient: *fresh.(*plugipayClient)}
	if err := get.repeated(c)(20_000); err != nil {
		return nil, err
	}
	return c, list.repeated(c)(100)
}

// makeMerchants makes the clients for merchants, and a call with every hundredth client.
func (c *usedClient) makeMerchants() error {
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

// compareUsedClient measures a get with a new client, and with a client that made 20,000 calls and has 10,000 clients for
// merchants. The clients for merchants exist only during a turn of the used client, because the new client must be measured
// without them.
func compareUsedClient(rounds int) ([]result, error) {
	transport := stub{newResponses()}
	newClient, err := newPlugipay("https://plugipay.com", transport)
	if err != nil {
		return nil, err
	}
	c, err := newUsedClient(transport)
	if err != nil {
		return nil, err
	}
	var fresh, used result
	freshTask := task{get.calls, get.repeated(newClient)}
	usedTask := task{get.calls, get.repeated(c)}
	// With so many clients, a garbage collection takes longer and is less frequent. That is not a cost of the call.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for range rounds {
		took, err := freshTask.turn(processorTime)
		if err != nil {
			return nil, err
		}
		fresh.Times = append(fresh.Times, took)
		if err := c.makeMerchants(); err != nil {
			return nil, err
		}
		if took, err = usedTask.turn(processorTime); err != nil {
			return nil, err
		}
		used.Times = append(used.Times, took)
		c.merchants = nil
	}
	if fresh.Memory, err = measureMemory(50, freshTask.run); err != nil {
		return nil, err
	}
	if err := c.makeMerchants(); err != nil {
		return nil, err
	}
	used.Memory, err = measureMemory(50, usedTask.run)
	return []result{fresh, used}, err
}
