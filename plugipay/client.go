package plugipay

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

// Client talks to Plugipay. Make one with [NewClient] and share it: it is safe for use by any number of goroutines, and
// it keeps connections open for reuse.
type Client struct {
	// CheckoutSessions creates, reads, lists, cancels and confirms checkout sessions.
	CheckoutSessions *CheckoutSessionsResource

	transport  *transport
	lowLevel   *gen.Client
	onBehalfOf string
	// unusable is what is wrong with the client, for calls to return; set by ForMerchant, which returns no error.
	unusable error
}

// NewClient returns a client for the options; see [ClientOptions] for what the environment adds to them. It sends
// nothing.
//
// It fails with an [*Error] whose code is missing_key_id or missing_secret when credentials are missing, and
// invalid_request, naming the option, when an option cannot be used.
func NewClient(opts ClientOptions) (*Client, error) {
	opts = opts.withEnvironment()
	creds, err := newCredentials(opts)
	if err != nil {
		return nil, err
	}
	base, err := parseBaseURL(opts.BaseURL)
	if err != nil {
		return nil, err
	}
	if opts.OnBehalfOf != "" {
		if err := checkHeaderValue("ClientOptions.OnBehalfOf", opts.OnBehalfOf); err != nil {
			return nil, err
		}
	}
	client, ownsHTTP := newHTTPClient(opts.HTTP)
	t := &transport{
		http:             client,
		ownsHTTP:         ownsHTTP,
		credentials:      creds,
		base:             base,
		timeout:          opts.Timeout,
		maxRetries:       opts.MaxRetries,
		maxResponseBytes: opts.MaxResponseBytes,
		budget:           newRetryBudget(),
	}
	return newClient(t, opts.OnBehalfOf, nil), nil
}

func newClient(t *transport, onBehalfOf string, unusable error) *Client {
	c := &Client{
		transport:  t,
		lowLevel:   &gen.Client{Server: t.base.String() + "/", Client: t},
		onBehalfOf: onBehalfOf,
		unusable:   unusable,
	}
	c.CheckoutSessions = &CheckoutSessionsResource{client: c}
	return c
}

// ForMerchant returns a client that acts for the merchant account (acc_…), with the same key and the same connections.
// The key must be a platform administrator's. The client that it is called on is not changed.
//
// An account id that is empty or that cannot be a header's value makes every call of the returned client fail with
// invalid_request: an empty variable must not turn a merchant's payment into one of the platform's own.
func (c *Client) ForMerchant(accountID string) *Client {
	return newClient(c.transport, accountID, checkHeaderValue("the account id given to ForMerchant", accountID))
}

// Close closes the connections that are kept for reuse, and makes the client keep none from now on: calls in flight
// finish, and a later call opens a connection of its own, which is closed after it. The clients that
// [Client.ForMerchant] returned share the connections. Those of a ClientOptions.HTTP are left to its owner. The error is
// always nil.
func (c *Client) Close() error {
	if c.transport.ownsHTTP {
		c.transport.closed.Store(true)
		c.transport.http.CloseIdleConnections()
	}
	return nil
}

// KeyID returns the id of the key pair that requests are signed with; empty for a client that sends a dashboard key.
func (c *Client) KeyID() string { return c.transport.credentials.keyID }

// BaseURL returns where Plugipay is, without a slash at its end.
func (c *Client) BaseURL() string { return c.transport.base.String() }

// OnBehalfOf returns the merchant account that the client acts for; empty for the key's own workspace.
func (c *Client) OnBehalfOf() string { return c.onBehalfOf }

// Format prints the client without its secret, for every verb of package fmt.
func (c *Client) Format(f fmt.State, _ rune) {
	if c == nil || c.transport == nil {
		_, _ = fmt.Fprint(f, "plugipay.Client{}")
		return
	}
	_, _ = fmt.Fprintf(f, "plugipay.Client{KeyID:%q BaseURL:%q OnBehalfOf:%q}", c.KeyID(), c.BaseURL(), c.OnBehalfOf())
}

// LogValue gives slog the client without its secret.
func (c *Client) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// merchant returns the on-behalf-of parameter for the low-level client; nil for none.
func (c *Client) merchant() *string {
	if c.onBehalfOf == "" {
		return nil
	}
	return &c.onBehalfOf
}

// idleConnections is how many connections to Plugipay are kept for reuse. net/http's own default is two, which makes
// a busy server open a new connection for most requests.
const idleConnections = 256

// An HTTP/2 connection is asked for a sign of life when nothing came over it for a while, and given up without one: all
// calls share it, and on one that a router has forgotten they would all run into their timeouts.
const (
	silenceBeforePing = 10 * time.Second
	pingTimeout       = 5 * time.Second
)

// newHTTPClient returns the client to send with, and whether its connections are ours: a copy of the user's client, or
// one of our own. It follows no redirects, as a redirected POST would not be the request that was signed, and has no
// Timeout, as the transport sets deadlines.
func newHTTPClient(users *http.Client) (client *http.Client, ours bool) {
	client = &http.Client{}
	if users != nil {
		*client = *users
	} else if shared, ok := http.DefaultTransport.(*http.Transport); ok {
		own := shared.Clone()
		own.MaxIdleConns, own.MaxIdleConnsPerHost = idleConnections, idleConnections
		own.HTTP2 = &http.HTTP2Config{SendPingTimeout: silenceBeforePing, PingTimeout: pingTimeout}
		client.Transport, ours = own, true
	}
	if client.Transport == nil {
		client.Transport = http.DefaultTransport
	}
	client.Transport = withoutRedirects{client.Transport}
	client.Timeout = 0
	return client, ours
}

// withoutRedirects takes the Location from a redirect, so that http.Client hands it on as it is. Its CheckRedirect would
// not do: a Location that is no URL is an error before it is asked, and the status is lost.
type withoutRedirects struct{ next http.RoundTripper }

func (t withoutRedirects) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(r)
	if err == nil && resp.StatusCode >= 300 && resp.StatusCode <= 399 {
		resp.Header.Del("Location")
	}
	return resp, err
}

// CloseIdleConnections is what http.Client.CloseIdleConnections calls.
func (t withoutRedirects) CloseIdleConnections() {
	(&http.Client{Transport: t.next}).CloseIdleConnections()
}
