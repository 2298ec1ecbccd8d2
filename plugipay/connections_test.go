package plugipay_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
)

// connections is a server that counts its connections. ended receives a value for each connection that closes.
type connections struct {
	*httptest.Server
	mu     sync.Mutex
	opened int
	ended  chan struct{}
}

func countingConnections(t *testing.T, handler http.HandlerFunc) *connections {
	t.Helper()
	c := &connections{Server: httptest.NewUnstartedServer(handler), ended: make(chan struct{}, 1000)}
	c.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			c.mu.Lock()
			c.opened++
			c.mu.Unlock()
		case http.StateClosed:
			c.ended <- struct{}{}
		}
	}
	c.Start()
	t.Cleanup(c.Close)
	return c
}

func (c *connections) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.opened
}

func (c *connections) options() plugipay.ClientOptions {
	return plugipay.ClientOptions{KeyID: testKeyID, Secret: testSecret, BaseURL: c.URL}
}

func getOnce(t *testing.T, client *plugipay.Client) {
	t.Helper()
	if _, err := client.CheckoutSessions.Get(t.Context(), "cs_01HX"); err != nil {
		t.Error(err)
	}
}

func writeSession(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, sessionBody) }

func TestClose_ClosesEveryConnection(t *testing.T) {
	t.Parallel()
	c := countingConnections(t, writeSession)
	client, err := plugipay.NewClient(c.options())
	if err != nil {
		t.Fatal(err)
	}
	merchant := client.ForMerchant("acc_01")
	getOnce(t, client)
	getOnce(t, merchant)
	if n := c.count(); n != 1 {
		t.Errorf("%d connections were opened, want one for both clients", n)
	}
	if err := merchant.Close(); err != nil {
		t.Error(err)
	}
	<-c.ended
	getOnce(t, client) // opens a new connection
	<-c.ended          // the connection closes without another Close
	if n := c.count(); n != 2 {
		t.Errorf("%d connections were opened, want 2", n)
	}
}

func TestClose_DisconnectsAfterACallInFlight(t *testing.T) {
	t.Parallel()
	arrived, respond := make(chan struct{}), make(chan struct{})
	c := countingConnections(t, func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-respond
		writeSession(w, r)
	})
	client, err := plugipay.NewClient(c.options())
	if err != nil {
		t.Fatal(err)
	}
	var call sync.WaitGroup
	call.Go(func() { getOnce(t, client) })
	<-arrived
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	respond <- struct{}{}
	call.Wait()
	<-c.ended
}

func TestNewClient_DoesNotChangeDefaultTransport(t *testing.T) {
	t.Parallel()
	shared := http.DefaultTransport.(*http.Transport)
	idle, perHost := shared.MaxIdleConns, shared.MaxIdleConnsPerHost
	if _, err := plugipay.NewClient(plugipay.ClientOptions{KeyID: testKeyID, Secret: testSecret}); err != nil {
		t.Fatal(err)
	}
	pings := shared.HTTP2 != nil && shared.HTTP2.SendPingTimeout != 0 // net/http itself sets HTTP2 from Go 1.27 on
	if shared.MaxIdleConns != idle || shared.MaxIdleConnsPerHost != perHost || pings {
		t.Error("http.DefaultTransport was changed")
	}
}

func TestClose_KeepsConnectionsOfTheHTTPOption(t *testing.T) {
	t.Parallel()
	c := countingConnections(t, writeSession)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	opts := c.options()
	opts.HTTP = &http.Client{Transport: transport}
	client, err := plugipay.NewClient(opts)
	if err != nil {
		t.Fatal(err)
	}
	getOnce(t, client)
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	getOnce(t, client)
	if n := c.count(); n != 1 {
		t.Errorf("%d connections were opened, want 1", n)
	}
}

// TestConnections_AreReusedByConcurrentCalls checks that waves of calls reuse their connections. By default, net/http keeps
// two idle connections per host and opens new ones for every wave.
func TestConnections_AreReusedByConcurrentCalls(t *testing.T) {
	t.Parallel()
	const callers = 150        // more than net/http keeps by default
	var arrived sync.WaitGroup // all callers are at the server at once
	c := countingConnections(t, func(w http.ResponseWriter, r *http.Request) {
		arrived.Done()
		arrived.Wait()
		writeSession(w, r)
	})
	client, err := plugipay.NewClient(c.options())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	for range 3 {
		arrived.Add(callers)
		var calls sync.WaitGroup
		for range callers {
			calls.Go(func() { getOnce(t, client) })
		}
		calls.Wait()
	}
	// net/http drops a connection whose writer reports 50 ms late. That happens on a busy machine.
	if n := c.count(); n > callers+callers/10 {
		t.Errorf("%d connections were opened for waves of %d calls", n, callers)
	}
}

// watchedBody records whether it was closed.
type watchedBody struct {
	io.Reader
	closed bool
}

func (b *watchedBody) Close() error {
	b.closed = true
	return nil
}

// countingWrites is a connection that counts its writes.
type countingWrites struct {
	net.Conn
	writes *atomic.Int64
}

func (c countingWrites) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(p)
}

// TestRequest_IsSentInOneWrite checks that header and body share a write. Two writes would be two packets and two TLS records.
func TestRequest_IsSentInOneWrite(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			var writes atomic.Int64
			dial := func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
				return countingWrites{conn, &writes}, err
			}
			s := responding(t, 400, errorBody("validation_error"))
			client := s.client(t, func(o *plugipay.ClientOptions) {
				o.HTTP = &http.Client{Transport: &http.Transport{DialContext: dial}}
			})
			wantError(t, op.call(t, client), 400, "validation_error")
			if got := writes.Load(); got != 1 {
				t.Errorf("%d writes, want 1", got)
			}
			s.CloseClientConnections()
		})
	}
}

// TestRequest_HasContentLength checks that a body is not sent in chunks. Some gateways refuse chunked bodies.
func TestRequest_HasContentLength(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			var lengths []int64
			s := serving(t, func(w http.ResponseWriter, r *http.Request) {
				lengths = append(lengths, r.ContentLength)
				_, _ = io.WriteString(w, op.body())
			})
			if err := op.call(t, s.client(t)); err != nil {
				t.Fatal(err)
			}
			if want := int64(len(s.only(t).body)); len(lengths) != 1 || lengths[0] != want {
				t.Errorf("Content-Length is %d, want %d", lengths, want)
			}
		})
	}
}

func TestResponse_BodyIsAlwaysClosed(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]io.Reader{
		"a session":        strings.NewReader(sessionBody),
		"HTML":             strings.NewReader("<html>"),
		"too large":        strings.NewReader(strings.Repeat("x", 10<<20)),
		"a truncated body": io.MultiReader(strings.NewReader("{"), failingReader{}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := &watchedBody{Reader: content}
			client, err := plugipay.NewClient(plugipay.ClientOptions{
				KeyID: testKeyID, Secret: testSecret, MaxRetries: -1,
				HTTP: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
					return &http.Response{StatusCode: 200, Header: http.Header{}, Body: body}, nil
				})},
			})
			if err != nil {
				t.Fatal(err)
			}
			_, _ = client.CheckoutSessions.Get(t.Context(), "cs_01HX")
			if !body.closed {
				t.Error("the body was not closed")
			}
		})
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errors.New("connection lost") }
