package sandbox

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"time"

	"github.com/plugipay/plugipay-go/sandbox/internal/delivery"
)

// newDeliveryClient returns a client that does not follow redirects.
func newDeliveryClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// newDeliveryTransport returns a transport with separate connections. It trusts the certificates in addition to the system's
// certificates.
func newDeliveryTransport(trusted ...*x509.Certificate) *http.Transport {
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		MaxIdleConnsPerHost: delivery.MaxWorkers,
		IdleConnTimeout:     time.Minute,
	}
	if len(trusted) > 0 {
		transport.TLSClientConfig = &tls.Config{RootCAs: rootsWith(trusted), MinVersion: tls.VersionTLS12}
	}
	return transport
}

func rootsWith(trusted []*x509.Certificate) *x509.CertPool {
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool() // the system has no certificates
	}
	for _, certificate := range trusted {
		if certificate != nil {
			roots.AddCert(certificate)
		}
	}
	return roots
}

// clientFor returns the client that sends events to an endpoint. An endpoint with a CA has a separate client. The caller holds
// the lock.
func (f *feed) clientFor(e Endpoint) *http.Client {
	if e.CA == nil {
		return f.client
	}
	client := newDeliveryClient(newDeliveryTransport(append(f.trusted, e.CA)...))
	f.ownClients = append(f.ownClients, client)
	return client
}

// close ends all deliveries.
func (f *feed) close() {
	f.deliveries.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, client := range f.ownClients {
		client.CloseIdleConnections()
	}
}
