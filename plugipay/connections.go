package plugipay

import (
	"crypto/tls"
	"errors"
	"net/http"
	"time"
)

// idleConnections is how many connections to Plugipay are kept for reuse. net/http's own default is two, which makes
// a busy server open a new connection for most requests.
const idleConnections = 256

// An HTTP/2 connection is asked for a sign of life when nothing came over it for a while, and given up without one: all
// calls share it, and on one that a router has forgotten they would all run into their timeouts.
const (
	silenceBeforePing = 10 * time.Second
	pingTimeout       = 5 * time.Second
)

// connections send requests: over connections of our own or over those of a user's http.Client, of which they use the
// Transport and the Jar. The rest of an http.Client is not for here: its Timeout is the transport's to keep, and
// following redirects, which it prepares for at each request, would send what nobody signed.
type connections struct {
	roundTrip func(*http.Request) (*http.Response, error)
	own       *http.Transport // nil if they are the user's
}

func newConnections(users *http.Client) *connections {
	var roundTripper http.RoundTripper
	if users != nil {
		roundTripper = users.Transport
	} else if shared, ok := http.DefaultTransport.(*http.Transport); ok {
		own := shared.Clone()
		own.MaxIdleConns, own.MaxIdleConnsPerHost = idleConnections, idleConnections
		own.HTTP2 = &http.HTTP2Config{SendPingTimeout: silenceBeforePing, PingTimeout: pingTimeout}
		return &connections{roundTrip: own.RoundTrip, own: own}
	}
	if roundTripper == nil {
		roundTripper = http.DefaultTransport
	}
	if users != nil && users.Jar != nil {
		return &connections{roundTrip: withCookies(users.Jar, roundTripper)}
	}
	return &connections{roundTrip: roundTripper.RoundTrip}
}

// withCookies sends the jar's cookies with each request, and keeps those of its answer.
func withCookies(jar http.CookieJar, next http.RoundTripper) func(*http.Request) (*http.Response, error) {
	return func(req *http.Request) (*http.Response, error) {
		for _, cookie := range jar.Cookies(req.URL) {
			req.AddCookie(cookie)
		}
		resp, err := next.RoundTrip(req)
		if resp != nil {
			if cookies := resp.Cookies(); len(cookies) > 0 { // as with an http.Client, no jar gets none
				jar.SetCookies(req.URL, cookies)
			}
		}
		return resp, err
	}
}

// send sends a request once and returns its answer, with a body to read and close.
func (c *connections) send(req *http.Request) (*http.Response, error) {
	resp, err := c.roundTrip(req)
	if err != nil {
		if plain, ok := err.(tls.RecordHeaderError); ok && string(plain.RecordHeader[:]) == "HTTP/" {
			return nil, http.ErrSchemeMismatch // as an http.Client says it, and without the connection that the other one holds
		}
		return nil, err
	}
	if resp == nil {
		return nil, errors.New("the http.RoundTripper of ClientOptions.HTTP returned neither an answer nor an error")
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	return resp, nil
}

// closeIdle closes the connections that are kept for reuse, if they are our own.
func (c *connections) closeIdle() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}
