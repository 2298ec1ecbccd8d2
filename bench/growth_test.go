package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
)

func TestGrowth_AllocationsStayTheSame(t *testing.T) {
	transport := stub{newResponses()}
	c, err := newUsedClient(transport)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.makeMerchants(); err != nil {
		t.Fatal(err)
	}
	for _, operation := range operations {
		fresh := measured(t, operation.repeated(openNamed(t, "plugipay")))
		used := measured(t, operation.repeated(c))
		if used.Allocations > fresh.Allocations+0.5 || used.Bytes > 1.01*fresh.Bytes {
			t.Errorf("%s: %.1f allocations and %.0f bytes, want the %.1f and %.0f of a new client",
				operation.name, used.Allocations, used.Bytes, fresh.Allocations, fresh.Bytes)
		}
	}
}

func TestGrowth_MerchantClientsShareOneConnection(t *testing.T) {
	var connections atomic.Int64
	server := httptest.NewUnstartedServer(newResponses())
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	options := plugipay.ClientOptions{KeyID: keyID, Secret: secret, BaseURL: server.URL}
	platform, err := plugipay.NewClient(options)
	if err != nil {
		t.Fatal(err)
	}
	defer platform.Close()
	for range merchantClients / 10 {
		if _, err := platform.ForMerchant("acc_01").CheckoutSessions.Get(t.Context(), sessionID); err != nil {
			t.Fatal(err)
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections were opened for sequential calls, want 1", n)
	}
}

func TestGrowth_IterationHoldsOnePage(t *testing.T) {
	few, err := heapWhileIterating(5)
	if err != nil {
		t.Fatal(err)
	}
	many, err := heapWhileIterating(50)
	if err != nil {
		t.Fatal(err)
	}
	if many > few+few/4 {
		t.Errorf("iterating over 50 pages holds %d bytes of the heap, want about the %d of 5 pages", many, few)
	}
}
