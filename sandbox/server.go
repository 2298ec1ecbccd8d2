package sandbox

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// Server is a sandbox that listens on a port of this machine. Close it after use.
type Server struct {
	*Sandbox

	// URL is the server's address, such as "http://127.0.0.1:34567". It has no slash at the end.
	URL string

	// CA is the certificate to trust if the server listens for https; see Options.TLS. Nil means plain http.
	CA *x509.Certificate

	http    *http.Server
	stopped chan struct{} // closed when the server has stopped listening
}

// Start serves a new sandbox at opts.Addr, or on a free port of the loopback interface. It fails if it cannot listen
// there, or if an option is not valid.
func Start(opts Options) (*Server, error) {
	if err := opts.check(); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	listener, err := net.Listen("tcp", cmp.Or(opts.Addr, "127.0.0.1:0"))
	if err != nil {
		return nil, fmt.Errorf("sandbox: cannot listen: %w", err)
	}
	box := New(opts)
	s := &Server{
		Sandbox: box,
		URL:     "http://" + reachable(listener.Addr()),
		http:    &http.Server{Handler: box, ReadHeaderTimeout: 10 * time.Second},
		stopped: make(chan struct{}),
	}
	if opts.TLS {
		certificate, authority, err := newCertificate(opts.allowedHosts())
		if err != nil {
			_ = listener.Close()
			return nil, fmt.Errorf("sandbox: %w", err)
		}
		s.URL, s.CA = "https://"+reachable(listener.Addr()), authority
		s.http.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}}
	}
	go s.serve(listener)
	return s, nil
}

// reachable returns the address at which this machine reaches a listener. For a listener on all interfaces it is a loopback
// address.
func reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(tcp.Port))
}

func (s *Server) serve(listener net.Listener) {
	defer close(s.stopped)
	serve := s.http.Serve
	if s.http.TLSConfig != nil {
		serve = func(l net.Listener) error { return s.http.ServeTLS(l, "", "") } // the certificate is in the configuration
	}
	if err := serve(listener); !errors.Is(err, http.ErrServerClosed) {
		_ = s.http.Close() // the listener failed: clients get connection errors from now on
	}
}

// ClientOptions returns options for plugipay.NewClient: the server's URL and the first key of the first workspace. The key is an
// id and a secret, or a dashboard key.
func (s *Server) ClientOptions() plugipay.ClientOptions {
	key := s.directory.firstKey
	opts := plugipay.ClientOptions{BaseURL: s.URL}
	if key.secret == "" {
		opts.APIKey = key.id
	} else {
		opts.KeyID, opts.Secret = key.id, key.secret
	}
	if s.CA != nil {
		trusted := x509.NewCertPool()
		trusted.AddCert(s.CA)
		opts.HTTP = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}, ForceAttemptHTTP2: true}}
	}
	if os.Getenv("PLUGIPAY_ON_BEHALF_OF") != "" { // names an account of the real Plugipay, and NewClient would use it
		opts.OnBehalfOf = key.home.accountID
	}
	return opts
}

// Close stops listening, and ends all connections and all deliveries of events, also in the middle of a request. Further calls
// do nothing.
func (s *Server) Close() {
	_ = s.http.Close() // an error only means that the listener was closed before
	<-s.stopped
	_ = s.Sandbox.Close()
}
