package plugipay

import (
	"fmt"
	"log/slog"

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
	agent, err := userAgent(opts.AppInfo)
	if err != nil {
		return nil, err
	}
	t := &transport{
		connections:      newConnections(opts.HTTP),
		credentials:      creds,
		base:             base,
		timeout:          opts.Timeout,
		maxRetries:       opts.MaxRetries,
		maxResponseBytes: opts.MaxResponseBytes,
		budget:           newRetryBudget(),
		limits:           newLimits(opts),
		logger:           opts.Logger,
		userAgent:        agent,
	}
	// gen.NewClient is not called, as every program would link an http.Client for it.
	lowLevel := &gen.Client{Server: base.String() + "/", Client: t}
	return newClient(t, lowLevel, opts.OnBehalfOf, nil), nil
}

func newClient(t *transport, lowLevel *gen.Client, onBehalfOf string, unusable error) *Client {
	c := &Client{transport: t, lowLevel: lowLevel, onBehalfOf: onBehalfOf, unusable: unusable}
	c.CheckoutSessions = &CheckoutSessionsResource{client: c}
	return c
}

// ForMerchant returns a client that acts for the merchant account (acc_…), with the same key and the same connections.
// The key must be a platform administrator's. The client that it is called on is not changed.
//
// An account id that is empty or that cannot be a header's value makes every call of the returned client fail with
// invalid_request: an empty variable must not turn a merchant's payment into one of the platform's own.
func (c *Client) ForMerchant(accountID string) *Client {
	return newClient(c.transport, c.lowLevel, accountID, checkHeaderValue("the account id given to ForMerchant", accountID))
}

// Close closes the connections that are kept for reuse, and makes the client keep none from now on: calls in flight
// finish, and a later call opens a connection of its own, which is closed after it. The clients that
// [Client.ForMerchant] returned share the connections. Those of a ClientOptions.HTTP are left to its owner. The error is
// always nil.
func (c *Client) Close() error {
	c.transport.closed.Store(true)
	c.transport.connections.closeIdle()
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
