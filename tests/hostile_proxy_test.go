package tests

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// fault is what a hostile proxy does to an exchange.
type fault string

const (
	noFault          fault = "none"
	resetBeforeRead  fault = "reset before the request is read"
	closePooled      fault = "close a pooled connection just before its reuse"
	resetAfterwards  fault = "reset after the server has processed the request"
	cutResponse      fault = "truncate the response in the middle"
	stallHeaders     fault = "stall the headers"
	stallBody        fault = "stall the body"
	dribble          fault = "send the response byte by byte"
	garbage          fault = "garbage instead of HTTP"
	gatewayError     fault = "error page of a gateway"
	refuseConnection fault = "refuse the connection" // by the dialer; the proxy does not see it
)

// proxyFaults are the faults that the proxy can apply to any exchange.
var proxyFaults = []fault{
	resetBeforeRead, resetAfterwards, cutResponse, stallHeaders, stallBody, dribble, garbage, gatewayError,
}

// hostileProxy is a proxy between a client and a server. It reads whole exchanges and applies the faults of its plan.
type hostileProxy struct {
	listener net.Listener
	upstream *http.Transport
	server   string // host and port
	// plan returns the fault for the next exchange. reused reports whether the connection has carried one before. plan is
	// called under mu.
	plan func(reused bool) fault

	mu        sync.Mutex
	fired     map[fault]int
	exchanges int
	conns     map[net.Conn]bool
	serving   sync.WaitGroup
}

// startHostileProxy starts a proxy for the server at the URL and stops it when the test ends.
func startHostileProxy(t *testing.T, serverURL string, plan func(reused bool) fault) *hostileProxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &hostileProxy{
		listener: listener,
		upstream: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64},
		server:   strings.TrimPrefix(serverURL, "http://"),
		plan:     plan,
		fired:    map[fault]int{},
		conns:    map[net.Conn]bool{},
	}
	p.serving.Go(p.accept)
	t.Cleanup(p.stop)
	return p
}

func (p *hostileProxy) url() string { return "http://" + p.listener.Addr().String() }

func (p *hostileProxy) stop() {
	_ = p.listener.Close()
	p.mu.Lock()
	for conn := range p.conns {
		_ = conn.Close()
	}
	p.mu.Unlock()
	p.serving.Wait()
	p.upstream.CloseIdleConnections()
}

func (p *hostileProxy) accept() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.conns[conn] = true
		p.mu.Unlock()
		p.serving.Go(func() { p.serve(conn.(*net.TCPConn)) })
	}
}

func (p *hostileProxy) serve(conn *net.TCPConn) {
	defer func() {
		_ = conn.Close()
		p.mu.Lock()
		delete(p.conns, conn)
		p.mu.Unlock()
	}()
	reader := bufio.NewReader(conn)
	for reused := false; ; reused = true {
		if _, err := reader.Peek(1); err != nil {
			return
		}
		p.mu.Lock()
		applied := p.plan(reused)
		p.fired[applied]++
		p.exchanges++
		p.mu.Unlock()
		switch applied {
		case resetBeforeRead:
			reset(conn)
			return
		case closePooled:
			return
		}
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		response, err := p.forward(request)
		if err != nil || !deliver(conn, reader, response, applied) {
			return
		}
	}
}

// forward sends a request to the server and returns the bytes of its response.
func (p *hostileProxy) forward(request *http.Request) ([]byte, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	request.RequestURI = ""
	request.URL.Scheme, request.URL.Host = "http", p.server
	request.Body = io.NopCloser(bytes.NewReader(body))
	response, err := p.upstream.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	var whole bytes.Buffer
	err = response.Write(&whole)
	return whole.Bytes(), err
}

// deliver writes the response with the fault. It reports whether the connection can be reused.
func deliver(conn *net.TCPConn, reader *bufio.Reader, response []byte, applied fault) bool {
	headers := bytes.Index(response, []byte("\r\n\r\n")) + 4
	write := func(p []byte) bool { _, err := conn.Write(p); return err == nil }
	waitForClose := func() { _, _ = reader.Peek(reader.Buffered() + 1) }
	switch applied {
	case resetAfterwards:
		reset(conn)
		return false
	case cutResponse:
		write(response[:headers+(len(response)-headers)/2])
		return false
	case stallHeaders:
		write(response[:headers/2])
		waitForClose()
		return false
	case stallBody:
		write(response[:headers+(len(response)-headers)/2])
		waitForClose()
		return false
	case dribble:
		for i := range response {
			if !write(response[i : i+1]) {
				return false
			}
		}
		return true
	case garbage:
		write([]byte("\x16\x03\x01 this is not HTTP\r\n\r\n"))
		return false
	case gatewayError:
		const page = "<html>504 Gateway Timeout</html>"
		const format = "HTTP/1.1 504 Gateway Timeout\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s"
		return write(fmt.Appendf(nil, format, len(page), page))
	case noFault:
		return write(response)
	}
	panic("the proxy does not support the fault: " + applied)
}

// reset ends the connection with a TCP RST.
func reset(conn *net.TCPConn) {
	_ = conn.SetLinger(0)
	_ = conn.Close()
}

// counts returns the numbers of all exchanges and of failed exchanges.
func (p *hostileProxy) counts() (exchanges, failed int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.exchanges, p.exchanges - p.fired[noFault] - p.fired[dribble]
}

// wantFired checks that each of the faults has happened.
func (p *hostileProxy) wantFired(t *testing.T, faults ...fault) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range faults {
		if p.fired[f] == 0 {
			t.Errorf("the fault %q did not happen", f)
		}
	}
}
