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
	transport := stub{newAnswers()}
	c, err := newAged(transport)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.makeMerchants(); err != nil {
		t.Fatal(err)
	}
	for _, operation := range operations {
		young := measured(t, operation.repeated(openNamed(t, "ours")))
		old := measured(t, operation.repeated(c))
		if old.Allocations > young.Allocations+0.5 || old.Bytes > 1.01*young.Bytes {
			t.Errorf("%s: %.1f allocations and %.0f bytes, of a new client %.1f and %.0f",
				operation.name, old.Allocations, old.Bytes, young.Allocations, young.Bytes)
		}
	}
}

func TestGrowth_MerchantClientsShareOneConnection(t *testing.T) {
	var connections atomic.Int64
	server := httptest.NewUnstartedServer(newAnswers())
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
		t.Errorf("%d connections were opened for calls that were made one after the other, want 1", n)
	}
}

func TestGrowth_IterationHoldsOnePage(t *testing.T) {
	few, err := heldWhileIterating(5)
	if err != nil {
		t.Fatal(err)
	}
	many, err := heldWhileIterating(50)
	if err != nil {
		t.Fatal(err)
	}
	if many > few+few/4 {
		t.Errorf("50 pages hold %d bytes of the heap, 5 pages %d", many, few)
	}
}
