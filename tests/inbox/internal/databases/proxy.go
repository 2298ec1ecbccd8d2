package databases

import (
	"bytes"
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// Proxy is a network between a client and a database. It can stop passing bytes on.
type Proxy struct {
	Port int

	listener net.Listener
	server   string
	silent   atomic.Bool // drop all bytes in both directions, but close no connection
	deaf     atomic.Bool // after a COMMIT, drop the responses of its connection
	mu       sync.Mutex
	open     []net.Conn
}

// StartProxy starts a proxy in front of the server at the address. Call Close at the end.
func StartProxy(server string) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{Port: listener.Addr().(*net.TCPAddr).Port, listener: listener, server: server}
	go p.accept()
	return p, nil
}

// Silence stops all bytes from now on, in both directions. The connections stay open.
func (p *Proxy) Silence() { p.silent.Store(true) }

// LoseCommits passes the next COMMIT of each connection on, and drops all responses after it.
func (p *Proxy) LoseCommits() { p.deaf.Store(true) }

// Close ends the proxy and its connections.
func (p *Proxy) Close() {
	_ = p.listener.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, connection := range p.open {
		_ = connection.Close()
	}
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.open = append(p.open, client, server)
		p.mu.Unlock()
		var committed atomic.Bool
		go p.pass(server, client, func(content []byte) bool {
			if p.deaf.Load() && bytes.Contains(bytes.ToUpper(content), []byte("COMMIT")) {
				committed.Store(true)
			}
			return !p.silent.Load()
		})
		go p.pass(client, server, func([]byte) bool { return !p.silent.Load() && !committed.Load() })
	}
}

// pass copies the bytes for which passes is true, and drops the others.
func (p *Proxy) pass(to io.WriteCloser, from io.ReadCloser, passes func([]byte) bool) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && passes(buffer[:n]) {
			if _, err := to.Write(buffer[:n]); err != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	_ = to.Close()
	_ = from.Close()
}
