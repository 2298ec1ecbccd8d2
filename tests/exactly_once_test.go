package tests

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

var carts = flag.Int("carts", 500, "number of carts that TestExactlyOnce checks out")

const (
	cartOwners  = 32
	faultShare  = 0.38 // of the exchanges have a fault: a third of all fails, the rest is slow, byte by byte
	cancelShare = 0.1  // of the calls are canceled midway and repeated
)

// TestExactlyOnce checks out carts through a network that fails a third of the exchanges. Each owner repeats the call with
// the cart's idempotency key until it has a session. Some calls are canceled midway and repeated. In the end each cart
// has exactly one session, and its owner has the ID of that session.
func TestExactlyOnce(t *testing.T) {
	t.Parallel()
	box, err := sandbox.Start(sandbox.Options{}) // without validation; other tests check responses against the contract
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(box.Close)
	network := newHostileNetwork(t, box)
	var calls, canceled atomic.Int64
	held := make([]string, *carts) // the session ID that each cart's owner has
	checkOut := func(cart int, random *rand.Rand) {
		ctx := plugipay.WithIdempotencyKey(t.Context(), fmt.Sprint("cart_", cart))
		in := newSession()
		in.Metadata = map[string]string{"cart": fmt.Sprint(cart)}
		for held[cart] == "" && t.Context().Err() == nil {
			attempt, cancel := ctx, context.CancelFunc(func() {})
			if random.Float64() < cancelShare {
				attempt, cancel = context.WithTimeout(ctx, time.Duration(random.Int64N(int64(20*time.Millisecond))))
			}
			calls.Add(1)
			session, err := network.client.CheckoutSessions.Create(attempt, in)
			if attempt.Err() != nil {
				canceled.Add(1)
			}
			cancel()
			if err == nil {
				held[cart] = session.ID
			} else {
				wantRepeatable(t, err)
			}
		}
	}

	next := make(chan int)
	var owners sync.WaitGroup
	for owner := range cartOwners {
		owners.Go(func() {
			random := rand.New(rand.NewPCG(uint64(owner), 1))
			for cart := range next {
				checkOut(cart, random)
			}
		})
	}
	for cart := range *carts {
		next <- cart
	}
	close(next)
	owners.Wait()

	checkCarts(t, allSessions(t, box), held)
	network.proxy.wantFired(t, append(proxyFaults, closePooled)...)
	if network.refused.Load() == 0 {
		t.Errorf("the fault %q did not happen", refuseConnection)
	}
	exchanges, failed := network.proxy.counts()
	if *carts >= 500 && (failed < exchanges*3/10 || canceled.Load() == 0) {
		t.Errorf("%d of %d exchanges failed and %d calls were canceled: too few for this test", failed, exchanges, canceled.Load())
	}
	t.Logf("%d carts, %d calls, %d of them canceled midway; %d exchanges, %d of them failed; %s",
		*carts, calls.Load(), canceled.Load(), exchanges, failed, network.faults())
}

// wantRepeatable checks that a repeated call may succeed after the error.
func wantRepeatable(t *testing.T, err error) {
	t.Helper()
	pe, ok := err.(*plugipay.Error)
	if !ok || !slices.Contains([]string{"timeout", "canceled", "network_error", "invalid_response"}, pe.Code) {
		t.Errorf("error is %v, want a transient one", err)
	}
}

// checkCarts checks that each cart has exactly one session and that its owner has the ID of that session.
func checkCarts(t *testing.T, sessions []plugipay.CheckoutSession, held []string) {
	t.Helper()
	ofCart := map[string][]string{}
	for _, session := range sessions {
		ofCart[session.Metadata["cart"]] = append(ofCart[session.Metadata["cart"]], session.ID)
	}
	for cart, id := range held {
		if got := ofCart[fmt.Sprint(cart)]; len(got) != 1 || got[0] != id {
			t.Errorf("cart %d has the sessions %v, its owner has %q", cart, got, id)
		}
	}
	if len(sessions) != len(held) {
		t.Errorf("there are %d sessions for %d carts", len(sessions), len(held))
	}
}

// hostileNetwork has a client, a proxy that applies faults to exchanges, and a dialer that refuses some connections.
type hostileNetwork struct {
	proxy   *hostileProxy
	client  *plugipay.Client
	refused atomic.Int64
}

func newHostileNetwork(t *testing.T, box *sandbox.Server) *hostileNetwork {
	t.Helper()
	n := &hostileNetwork{}
	random := rand.New(rand.NewPCG(2, 3)) // needs no lock: the proxy calls the plan under its own
	n.proxy = startHostileProxy(t, box.URL, func(reused bool) fault {
		if random.Float64() >= faultShare {
			return noFault
		}
		if reused && random.IntN(len(proxyFaults)+1) == 0 {
			return closePooled
		}
		return proxyFaults[random.IntN(len(proxyFaults))]
	})
	var dials atomic.Int64
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials.Add(1)%10 == 0 {
			n.refused.Add(1)
			return nil, errRefused
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: cartOwners, DialContext: dial}
	client, err := plugipay.NewClient(plugipay.ClientOptions{
		KeyID: sandbox.TestKeyID, Secret: sandbox.TestSecret, BaseURL: n.proxy.url(),
		Timeout: 500 * time.Millisecond, HTTP: &http.Client{Transport: transport},
	})
	if err != nil {
		t.Fatal(err)
	}
	n.client = client
	t.Cleanup(transport.CloseIdleConnections)
	return n
}

// faults returns a list of the faults and their counts.
func (n *hostileNetwork) faults() string {
	n.proxy.mu.Lock()
	defer n.proxy.mu.Unlock()
	lines := []string{fmt.Sprintf("%s: %d", refuseConnection, n.refused.Load())}
	for _, f := range slices.Sorted(maps.Keys(n.proxy.fired)) {
		lines = append(lines, fmt.Sprintf("%s: %d", f, n.proxy.fired[f]))
	}
	return strings.Join(lines, ", ")
}
