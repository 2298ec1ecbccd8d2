package tests

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// hostileClient returns a client that sends its requests through the proxy. Its timeout is long enough for any response.
func hostileClient(
	t *testing.T, p *hostileProxy, dial func(context.Context, string, string) (net.Conn, error),
	change ...func(*plugipay.ClientOptions),
) *plugipay.Client {
	t.Helper()
	transport := &http.Transport{DialContext: dial, MaxIdleConnsPerHost: 64}
	opts := plugipay.ClientOptions{
		KeyID: sandbox.TestKeyID, Secret: sandbox.TestSecret, BaseURL: p.url(),
		Timeout: time.Minute, MaxRetries: 5, HTTP: &http.Client{Transport: transport},
	}
	for _, c := range change {
		c(&opts)
	}
	client, err := plugipay.NewClient(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	return client
}

// shortTimeoutFor sets a short timeout if the fault stalls the response.
func shortTimeoutFor(f fault) func(*plugipay.ClientOptions) {
	return func(o *plugipay.ClientOptions) {
		if f == stallHeaders || f == stallBody {
			o.Timeout = time.Second
		}
	}
}

func singleAttempt(o *plugipay.ClientOptions) { o.MaxRetries = -1 }

// once returns a plan that applies the fault to the first exchange after a call of arm, and to no other. The fault
// closePooled is applied to the first exchange over a reused connection.
func once(f fault) (plan func(reused bool) fault, arm func()) {
	var armed atomic.Bool
	return func(reused bool) fault {
		if (f != closePooled || reused) && armed.CompareAndSwap(true, false) {
			return f
		}
		return noFault
	}, func() { armed.Store(true) }
}

// TestHostileNetwork_EveryOperationSurvivesEveryFault applies each fault to the first attempt. The call must succeed and
// return the right session, and the server must process the operation once.
func TestHostileNetwork_EveryOperationSurvivesEveryFault(t *testing.T) {
	t.Parallel()
	operations := map[string]func(*testing.T, *plugipay.Client, *plugipay.CheckoutSession) (id, status string){
		"Create": func(t *testing.T, c *plugipay.Client, _ *plugipay.CheckoutSession) (string, string) {
			return found(c.CheckoutSessions.Create(t.Context(), newSession()))(t)
		},
		"Get": func(t *testing.T, c *plugipay.Client, s *plugipay.CheckoutSession) (string, string) {
			return found(c.CheckoutSessions.Get(t.Context(), s.ID))(t)
		},
		"List": func(t *testing.T, c *plugipay.Client, _ *plugipay.CheckoutSession) (string, string) {
			page, err := c.CheckoutSessions.List(t.Context(), plugipay.CheckoutSessionListParams{})
			if err != nil || len(page.Data) != 1 {
				t.Fatalf("page is %+v, error %v", page, err)
			}
			return page.Data[0].ID, page.Data[0].Status
		},
		"Cancel": func(t *testing.T, c *plugipay.Client, s *plugipay.CheckoutSession) (string, string) {
			return found(c.CheckoutSessions.Cancel(t.Context(), s.ID))(t)
		},
		"Confirm": func(t *testing.T, c *plugipay.Client, s *plugipay.CheckoutSession) (string, string) {
			return found(c.CheckoutSessions.Confirm(t.Context(), s.ID))(t)
		},
	}
	statuses := map[string]string{"Create": "open", "Get": "open", "List": "open", "Cancel": "canceled", "Confirm": "completed"}
	for name, call := range operations {
		for _, f := range append(proxyFaults, closePooled) {
			t.Run(name+": "+string(f), func(t *testing.T) {
				t.Parallel()
				box := sandbox.StartTest(t, sandbox.Options{})
				plan, arm := once(f)
				proxy := startHostileProxy(t, box.URL, plan)
				client := hostileClient(t, proxy, nil, shortTimeoutFor(f))
				before := createOne(t, client)

				arm()
				id, status := call(t, client, before)
				proxy.wantFired(t, f)
				if status != statuses[name] || (name != "Create" && id != before.ID) {
					t.Errorf("session %s is %s, want %s; the session created before is %s", id, status, statuses[name], before.ID)
				}
				want := 1
				if name == "Create" {
					want = 2
				}
				if got := sessionsAt(t, box); got != want {
					t.Errorf("the server has %d sessions, want %d", got, want)
				}
			})
		}
	}
}

func found(session *plugipay.CheckoutSession, err error) func(*testing.T) (id, status string) {
	return func(t *testing.T) (string, string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return session.ID, session.Status
	}
}

// sessionsAt returns the number of sessions in the sandbox. Its request does not go through the proxy.
func sessionsAt(t *testing.T, box *sandbox.Server) (count int) {
	t.Helper()
	for range allSessions(t, box) {
		count++
	}
	return count
}

func allSessions(t *testing.T, box *sandbox.Server) []plugipay.CheckoutSession {
	t.Helper()
	client, err := plugipay.NewClient(box.ClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	var all []plugipay.CheckoutSession
	params := plugipay.CheckoutSessionListParams{Limit: plugipay.Ptr(100)}
	for {
		page, err := client.CheckoutSessions.List(t.Context(), params)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Data...)
		if !page.HasMore {
			return all
		}
		params.Cursor = page.Cursor
	}
}

// errRefused is the error of dialing an address without a listener.
var errRefused = &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}

// TestHostileNetwork_EachFaultReachesTheClient checks that a call with a single attempt fails with each fault. Otherwise
// the test of the retries would prove nothing.
func TestHostileNetwork_EachFaultReachesTheClient(t *testing.T) {
	t.Parallel()
	for _, f := range append(proxyFaults, closePooled) {
		if f == dribble {
			continue // a client with a long timeout succeeds
		}
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			box := sandbox.StartTest(t, sandbox.Options{})
			plan, arm := once(f)
			proxy := startHostileProxy(t, box.URL, plan)
			client := hostileClient(t, proxy, nil, singleAttempt)
			session := createOne(t, client) // the connection stays in the pool
			if f != closePooled {
				client = hostileClient(t, proxy, nil, singleAttempt, shortTimeoutFor(f))
			}
			arm()
			if _, err := client.CheckoutSessions.Cancel(t.Context(), session.ID); err == nil {
				t.Error("the call succeeded, want an error")
			}
			proxy.wantFired(t, f)
		})
	}
}

func TestHostileNetwork_KeylessWriteIsRetriedIfRefused(t *testing.T) {
	t.Parallel()
	box := sandbox.StartTest(t, sandbox.Options{})
	proxy := startHostileProxy(t, box.URL, func(bool) fault { return noFault })
	var dials atomic.Int32
	client := hostileClient(t, proxy, func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials.Add(1) <= 2 {
			return nil, errRefused
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	})
	err := client.Do(t.Context(), confirmOne(t, box), nil)
	if status := allSessions(t, box)[0].Status; err != nil || dials.Load() != 3 || status != "completed" {
		t.Errorf("there were %d dials, the session is %s, error %v", dials.Load(), status, err)
	}
}

func TestHostileNetwork_KeylessWriteIsNotSentTwice(t *testing.T) {
	t.Parallel()
	for _, f := range []fault{resetAfterwards, cutResponse, garbage, gatewayError} {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			box := sandbox.StartTest(t, sandbox.Options{})
			plan, arm := once(f)
			proxy := startHostileProxy(t, box.URL, plan)
			confirm := confirmOne(t, box)
			arm()
			err := hostileClient(t, proxy, nil).Do(t.Context(), confirm, nil)
			proxy.wantFired(t, f)
			var pe *plugipay.Error
			if status := allSessions(t, box)[0].Status; !errors.As(err, &pe) || pe.Attempts != 1 || status != "completed" {
				t.Errorf("the session is %s, error %v", status, err)
			}
		})
	}
}

// confirmOne creates a session and returns the request that confirms it: a write without an idempotency key.
func confirmOne(t *testing.T, box *sandbox.Server) plugipay.RequestOptions {
	t.Helper()
	client, err := plugipay.NewClient(box.ClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	return plugipay.RequestOptions{Method: "POST", Path: "/api/v1/checkout-sessions/" + createOne(t, client).ID + "/confirm"}
}
