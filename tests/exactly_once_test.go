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

var carts = flag.Int("carts", 500, "how many carts TestExactlyOnce checks out")

const (
	cartOwners   = 32
	spoiledShare = 0.38 // of the exchanges: a third fails, the others arrive byte by byte
	hastyShare   = 0.1  // of the owners, who give up midway and start again
)

// TestExactlyOnce checks out carts through a network that fails a third of the exchanges. Each owner tries until it has
// a session, always with the cart's key; some are canceled midway and start again. In the end each cart has exactly one
// session, and its owner holds that one.
func TestExactlyOnce(t *testing.T) {
	t.Parallel()
	box, err := sandbox.Start(sandbox.Options{}) // other tests check its responses against the contract
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(box.Close)
	network := newHostileNetwork(t, box)
	var calls, givenUp atomic.Int64
	held := make([]string, *carts) // the session that each cart's owner holds
	checkOut := func(cart int, random *rand.Rand) {
		ctx := plugipay.WithIdempotencyKey(t.Context(), fmt.Sprint("cart_", cart))
		in := newSession()
		in.Metadata = map[string]string{"cart": fmt.Sprint(cart)}
		for held[cart] == "" && t.Context().Err() == nil {
			attempt, cancel := ctx, context.CancelFunc(func() {})
			if random.Float64() < hastyShare {
				attempt, cancel = context.WithTimeout(ctx, time.Duration(random.Int64N(int64(20*time.Millisecond))))
			}
			calls.Add(1)
			session, err := network.client.CheckoutSessions.Create(attempt, in)
			if attempt.Err() != nil {
				givenUp.Add(1)
			}
			cancel()
			if err == nil {
				held[cart] = session.ID
			} else {
				wantCurable(t, err)
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
		t.Errorf("the fault %q was planned and never happened", refuseConnection)
	}
	exchanges, failed := network.proxy.figures()
	if *carts >= 500 && (failed < exchanges*3/10 || givenUp.Load() == 0) {
		t.Errorf("of %d exchanges %d failed, and %d calls were given up: too few to prove anything", exchanges, failed, givenUp.Load())
	}
	t.Logf("%d carts, %d calls, %d of them cancelled midway; %d exchanges, %d of them failed; %s",
		*carts, calls.Load(), givenUp.Load(), exchanges, failed, network.faults())
}

// wantCurable checks that another call may succeed after the error.
func wantCurable(t *testing.T, err error) {
	t.Helper()
	pe, ok := err.(*plugipay.Error)
	if !ok || !slices.Contains([]string{"timeout", "canceled", "network_error", "invalid_response"}, pe.Code) {
		t.Errorf("error is %v", err)
	}
}

// checkCarts checks that each cart has one session, the one that its owner holds.
func checkCarts(t *testing.T, sessions []plugipay.CheckoutSession, held []string) {
	t.Helper()
	ofCart := map[string][]string{}
	for _, session := range sessions {
		ofCart[session.Metadata["cart"]] = append(ofCart[session.Metadata["cart"]], session.ID)
	}
	for cart, id := range held {
		if got := ofCart[fmt.Sprint(cart)]; len(got) != 1 || got[0] != id {
			t.Errorf("cart %d has the sessions %v, its owner holds %q", cart, got, id)
		}
	}
	if len(sessions) != len(held) {
		t.Errorf("%d sessions for %d carts", len(sessions), len(held))
	}
}

// hostileNetwork is a client, a proxy that spoils exchanges, and a dialer whose connections are sometimes refused.
type hostileNetwork struct {
	proxy   *hostileProxy
	client  *plugipay.Client
	refused atomic.Int64
}

func newHostileNetwork(t *testing.T, box *sandbox.Server) *hostileNetwork {
	t.Helper()
	n := &hostileNetwork{}
	random := rand.New(rand.NewPCG(2, 3)) // the proxy asks for one plan at a time
	n.proxy = startHostileProxy(t, box.URL, func(reused bool) fault {
		if random.Float64() >= spoiledShare {
			return noFault
		}
		if reused && random.IntN(len(proxyFaults)+1) == 0 {
			return closePooled
		}
		return proxyFaults[random.IntN(len(proxyFaults))]
	})
	var dials atomic.Int64
	transport := &http.Transport{MaxIdleConnsPerHost: cartOwners, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials.Add(1)%10 == 0 {
			n.refused.Add(1)
			return nil, errRefused
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
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

// faults lists how often each fault happened.
func (n *hostileNetwork) faults() string {
	n.proxy.mu.Lock()
	defer n.proxy.mu.Unlock()
	lines := []string{fmt.Sprintf("%s: %d", refuseConnection, n.refused.Load())}
	for _, f := range slices.Sorted(maps.Keys(n.proxy.fired)) {
		lines = append(lines, fmt.Sprintf("%s: %d", f, n.proxy.fired[f]))
	}
	return strings.Join(lines, ", ")
}
