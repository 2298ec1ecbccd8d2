package plugipay

import (
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
	transport http.RoundTripper
	jar       http.CookieJar
	own       *http.Transport // nil if they are the user's
}

func newConnections(users *http.Client) *connections {
	if users != nil && users.Transport != nil {
		return &connections{transport: users.Transport, jar: users.Jar}
	}
	shared, ok := http.DefaultTransport.(*http.Transport)
	if users != nil || !ok {
		c := &connections{transport: http.DefaultTransport}
		if users != nil {
			c.jar = users.Jar
		}
		return c
	}
	own := shared.Clone()
	own.MaxIdleConns, own.MaxIdleConnsPerHost = idleConnections, idleConnections
	own.HTTP2 = &http.HTTP2Config{SendPingTimeout: silenceBeforePing, PingTimeout: pingTimeout}
	return &connections{transport: own, own: own}
}

// send sends a request once and returns its answer, with a body to read and close.
func (c *connections) send(req *http.Request) (*http.Response, error) {
	if c.jar != nil {
		for _, cookie := range c.jar.Cookies(req.URL) {
			req.AddCookie(cookie)
		}
	}
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp == nil {
		return nil, errors.New("the http.RoundTripper of ClientOptions.HTTP returned neither an answer nor an error")
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	if c.jar != nil {
		if cookies := resp.Cookies(); len(cookies) > 0 {
			c.jar.SetCookies(req.URL, cookies)
		}
	}
	return resp, nil
}

// closeIdle closes the connections that are kept for reuse, if they are our own.
func (c *connections) closeIdle() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}
