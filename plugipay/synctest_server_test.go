package plugipay_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// bubble is a server in virtual time: waits take none, and last exactly as long as they are told to. It is a real
// http.Server on connections in memory.
type bubble struct {
	t        *testing.T
	handler  http.Handler
	listener pipes

	mu       sync.Mutex
	requests []received
	times    []time.Time
	dials    int
	// http2 makes clients speak HTTP/2.
	http2 bool
	// dial, if set, stands before the connection to the server.
	dial func(context.Context) (net.Conn, error)
}

// reply is one answer of a bubble's script. The zero status means to drop the connection, a negative one to say nothing
// until the client gives up.
type reply struct {
	status int
	body   string
	header http.Header
}

// inBubble runs a test with a server that gives the replies one after the other, the last one again and again.
func inBubble(t *testing.T, script []reply, test func(*testing.T, *bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bubble{t: t, listener: pipes{conns: make(chan net.Conn), closed: make(chan struct{})}}
		b.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if b.http2 != (r.ProtoMajor == 2) {
				t.Errorf("the request is %s", r.Proto)
			}
			script[min(b.record(r), len(script))-1].write(w, r)
		})
		server := &http.Server{
			Handler:   http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.handler.ServeHTTP(w, r) }),
			Protocols: protocols(true, true),
			ErrorLog:  discardLog(),
		}
		served := make(chan struct{})
		go func() {
			defer close(served)
			_ = server.Serve(&b.listener)
		}()
		defer func() {
			_ = server.Close()
			<-served
		}()
		test(t, b)
	})
}

// protocols are those of HTTP that a client or a server speaks.
func protocols(http1, http2 bool) *http.Protocols {
	p := &http.Protocols{}
	p.SetHTTP1(http1)
	p.SetUnencryptedHTTP2(http2)
	return p
}

// record keeps a request and returns how many there have been.
func (b *bubble) record(r *http.Request) int {
	body, _ := io.ReadAll(r.Body)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.requests = append(b.requests, received{r.Method, r.RequestURI, r.Header.Clone(), string(body)})
	b.times = append(b.times, time.Now())
	return len(b.requests)
}

func (p reply) write(w http.ResponseWriter, r *http.Request) {
	for name, values := range p.header {
		w.Header()[name] = values
	}
	switch {
	case p.status == 0:
		panic(http.ErrAbortHandler)
	case p.status < 0:
		<-r.Context().Done()
		return
	}
	w.WriteHeader(p.status)
	_, _ = io.WriteString(w, p.body)
}

// client returns a client of the server with the default retries; change changes the options before.
func (b *bubble) client(change ...func(*plugipay.ClientOptions)) *plugipay.Client {
	b.t.Helper()
	transport := &http.Transport{DialContext: b.dialContext, Protocols: protocols(!b.http2, b.http2)}
	opts := plugipay.ClientOptions{
		KeyID: testKeyID, Secret: testSecret, BaseURL: "http://localhost", HTTP: &http.Client{Transport: transport}}
	for _, c := range change {
		c(&opts)
	}
	client, err := plugipay.NewClient(opts)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(transport.CloseIdleConnections)
	return client
}

func (b *bubble) dialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	b.mu.Lock()
	b.dials++
	b.mu.Unlock()
	if b.dial != nil {
		if conn, err := b.dial(ctx); conn != nil || err != nil {
			return conn, err
		}
	}
	return b.listener.dial(ctx)
}

// count returns how many requests the server has received.
func (b *bubble) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.requests)
}

// waits returns the time between each request and the next.
func (b *bubble) waits() []time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	var waits []time.Duration
	for i := 1; i < len(b.times); i++ {
		waits = append(waits, b.times[i].Sub(b.times[i-1]))
	}
	return waits
}

// pipes is a listener whose connections are made in memory.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) dial(ctx context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }
