package plugipay

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// Client talks to Plugipay. Make one with [NewClient] and share it: it is safe for use by any number of goroutines, and
// it keeps connections open for reuse.
type Client struct {
	// CheckoutSessions creates, reads, lists, cancels and confirms checkout sessions.
	CheckoutSessions *CheckoutSessionsResource

	*shared
	onBehalfOf string
	// callErr is the error that every call returns, if it is not nil. ForMerchant sets it because it cannot return an error.
	callErr error
}

// shared holds the state that a client shares with the clients that ForMerchant returns.
type shared struct {
	http             *http.Client
	ownTransport     *http.Transport // nil if ClientOptions.HTTP is set
	closed           atomic.Bool
	credentials      credentials
	base             *url.URL
	timeout          time.Duration // of an attempt; less than zero for no timeout
	maxRetries       int
	maxResponseBytes int64
	budget           retryBudget
	buffers          sync.Pool // of *bytes.Buffer, for response bodies
	limits           limits
	logger           *slog.Logger // nil for no logging
	userAgent        string
}

// NewClient returns a client for the options. The environment fills in empty options; see [ClientOptions]. NewClient sends no
// request.
//
// The error is an [*Error]. Its code is missing_key_id or missing_secret when credentials are missing. Its code is
// invalid_request when an option cannot be used. The message names the option, but never repeats its value.
func NewClient(opts ClientOptions) (*Client, error) {
	opts = opts.withEnvironment()
	creds, err := newCredentials(opts)
	if err != nil {
		return nil, err
	}
	base, err := parseBaseURL(opts)
	if err != nil {
		return nil, err
	}
	if opts.OnBehalfOf != "" {
		if err := checkPublicHeader("ClientOptions.OnBehalfOf", opts.OnBehalfOf); err != nil {
			return nil, err
		}
	}
	agent, err := userAgent(opts.AppInfo)
	if err != nil {
		return nil, err
	}
	s := &shared{
		credentials:      creds,
		base:             base,
		timeout:          opts.Timeout,
		maxRetries:       opts.MaxRetries,
		maxResponseBytes: opts.MaxResponseBytes,
		buffers:          sync.Pool{New: func() any { return new(bytes.Buffer) }},
		limits:           newLimits(opts),
		logger:           opts.Logger,
		userAgent:        agent,
	}
	s.http, s.ownTransport = newHTTPClient(opts.HTTP)
	return newClient(s, opts.OnBehalfOf, nil), nil
}

func newClient(s *shared, onBehalfOf string, callErr error) *Client {
	c := &Client{shared: s, onBehalfOf: onBehalfOf, callErr: callErr}
	c.CheckoutSessions = &CheckoutSessionsResource{client: c}
	return c
}

// ForMerchant returns a client that acts for the merchant account (acc_…), with the same key and the same connections.
// The key must be a platform administrator's. c is not changed.
//
// If the account id is empty or cannot be sent in a header, every call of the returned client fails with invalid_request. So an
// empty variable cannot turn a merchant's payment into a payment of the platform.
func (c *Client) ForMerchant(accountID string) *Client {
	return newClient(c.shared, accountID, checkPublicHeader("the account id given to ForMerchant", accountID))
}

// Close closes idle connections, and makes the client keep none from now on. Calls in flight finish. A later call opens a
// new connection and closes it. The clients that [Client.ForMerchant] returned share the connections. Close does not touch
// the connections of ClientOptions.HTTP. The error is always nil.
func (c *Client) Close() error {
	c.closed.Store(true)
	c.closeIdleIfClosed()
	return nil
}

// closeIdleIfClosed closes idle connections if the client is closed. Each call uses it when it ends.
func (s *shared) closeIdleIfClosed() {
	if s.ownTransport != nil && s.closed.Load() {
		s.ownTransport.CloseIdleConnections()
	}
}

// KeyID returns the id of the key pair that requests are signed with. It is empty for a client with a dashboard key.
func (c *Client) KeyID() string { return c.credentials.keyID }

// BaseURL returns the URL of Plugipay, without a slash at its end.
func (c *Client) BaseURL() string { return c.base.String() }

// OnBehalfOf returns the merchant account that the client acts for. It is empty for the key's own workspace.
func (c *Client) OnBehalfOf() string { return c.onBehalfOf }

// Format prints the client without its secret, for every verb of package fmt.
func (c *Client) Format(f fmt.State, _ rune) {
	if c == nil || c.shared == nil {
		_, _ = fmt.Fprint(f, "plugipay.Client{}")
		return
	}
	_, _ = fmt.Fprintf(f, "plugipay.Client{KeyID:%q BaseURL:%q OnBehalfOf:%q}",
		c.KeyID(), c.BaseURL(), withoutSecret(c.OnBehalfOf()))
}

// LogValue gives slog the client without its secret.
func (c *Client) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// merchant returns the on-behalf-of parameter for package gen, or nil.
func (c *Client) merchant() *string {
	if c.onBehalfOf == "" {
		return nil
	}
	return &c.onBehalfOf
}

// address returns the URL of the path and query at Plugipay. The path of the base URL is the prefix of a gateway.
func (s *shared) address(path *url.URL) *url.URL {
	address := *path
	address.Scheme, address.Host = s.base.Scheme, s.base.Host
	if s.base.Path != "" {
		address.Path, address.RawPath = s.base.Path+path.Path, s.base.EscapedPath()+path.EscapedPath()
	}
	return &address
}

// withTimeout returns the context of an attempt.
func (s *shared) withTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	if s.timeout < 0 {
		return context.WithCancel(ctx) // releases resources of the attempt when it ends
	}
	return context.WithTimeout(ctx, s.timeout)
}

const (
	// idleConnections is the number of connections to Plugipay that are kept for reuse. By default net/http keeps two, so a
	// busy server would open a new connection for most requests.
	idleConnections = 256

	// An HTTP/2 connection is pinged after silenceBeforePing without data, and closed if no response comes within pingTimeout.
	// All calls share the connection. If a router dropped it, all of them would time out.
	silenceBeforePing = 10 * time.Second
	pingTimeout       = 5 * time.Second
)

// newHTTPClient returns a copy of ClientOptions.HTTP that follows no redirects and has no timeout, because each attempt has its
// own. If ClientOptions.HTTP is nil, newHTTPClient also returns the transport that it made.
func newHTTPClient(configured *http.Client) (*http.Client, *http.Transport) {
	client := &http.Client{}
	if configured != nil {
		*client = *configured
	}
	client.Timeout = 0
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	var own *http.Transport
	if standard, ok := http.DefaultTransport.(*http.Transport); ok && configured == nil {
		own = standard.Clone()
		own.MaxIdleConns, own.MaxIdleConnsPerHost = idleConnections, idleConnections
		own.HTTP2 = &http.HTTP2Config{SendPingTimeout: silenceBeforePing, PingTimeout: pingTimeout}
		client.Transport = own
	}
	if client.Transport == nil {
		client.Transport = http.DefaultTransport
	}
	client.Transport = withoutBadLocation{client.Transport}
	return client, own
}

// withoutBadLocation removes a Location header that is not a URL. With it, http.Client would return an error that repeats
// the header and drops the status.
type withoutBadLocation struct{ next http.RoundTripper }

func (t withoutBadLocation) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	if resp != nil && resp.StatusCode >= 300 && resp.StatusCode <= 399 {
		if _, parseErr := req.URL.Parse(resp.Header.Get("Location")); parseErr != nil {
			resp.Header.Del("Location")
		}
	}
	return resp, err
}
