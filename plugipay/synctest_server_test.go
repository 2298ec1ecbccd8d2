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

// bubbleServer is a server in the virtual time of a synctest bubble. A wait takes no real time, and lasts exactly as long as
// requested. bubbleServer is a real http.Server on connections in memory.
type bubbleServer struct {
	t        *testing.T
	handler  http.Handler
	listener pipes

	mu       sync.Mutex
	requests []received
	times    []time.Time
	dials    int
	// http2 makes clients speak HTTP/2.
	http2 bool
	// dial, if not nil, is called before a connection is made. It may return a connection or an error instead.
	dial func(context.Context) (net.Conn, error)
}

// reply is one response of a script. Status 0 drops the connection. A negative status sends nothing until the client gives
// up.
type reply struct {
	status int
	body   string
	header http.Header
}

// inBubble runs a test with a server that sends the replies of the script in order, and then repeats the last one.
func inBubble(t *testing.T, script []reply, test func(*testing.T, *bubbleServer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bubbleServer{t: t, listener: pipes{conns: make(chan net.Conn), closed: make(chan struct{})}}
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

// protocols returns the versions of HTTP that a client or a server speaks.
func protocols(http1, http2 bool) *http.Protocols {
	p := &http.Protocols{}
	p.SetHTTP1(http1)
	p.SetUnencryptedHTTP2(http2)
	return p
}

// record keeps a request and returns the number of requests so far.
func (b *bubbleServer) record(r *http.Request) int {
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

// client returns a client of the server with the default retries. change changes the options.
func (b *bubbleServer) client(change ...func(*plugipay.ClientOptions)) *plugipay.Client {
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

func (b *bubbleServer) dialContext(ctx context.Context, _, _ string) (net.Conn, error) {
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
func (b *bubbleServer) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.requests)
}

// waits returns the time between each request and the next.
func (b *bubbleServer) waits() []time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	var waits []time.Duration
	for i := 1; i < len(b.times); i++ {
		waits = append(waits, b.times[i].Sub(b.times[i-1]))
	}
	return waits
}

// pipes is a listener for connections in memory.
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
