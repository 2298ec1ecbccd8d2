package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/sandbox"
)

func TestHostCheck_RefusesOtherHostsOnEveryRoute(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{AllowHosts: []string{"shop.test"}, PublicURL: "https://pay.example.com:8443"})
	id := c.create().ID
	for host, allowed := range map[string]bool{
		"localhost": true, "LOCALHOST:1": true, "127.0.0.1:4010": true, "[::1]:4010": true, "127.9.9.9": true,
		"plugipay.localhost": true, "a.b.localhost:99": true, "shop.test": true, "Shop.Test:4010": true, "pay.example.com": true,
		"evil.example": false, "localhost.evil.example": false, "evil-localhost": false, "192.0.2.1": false,
		"sub.shop.test": false, "example.com": false,
	} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			c := c.in(t)
			status := http.StatusOK
			if !allowed {
				status = http.StatusForbidden
			}
			as := change{afterSigning: func(r *http.Request) { r.Host = host }}
			listed := c.send("GET", sessionsPath, "", as).want(status)
			c.control("GET", "faults", "", "Host", host).want(status)
			if !allowed {
				listed.wantError(status, gen.ErrorCodeInsufficientScope, "")
				for _, part := range []string{strings.ToLower(host), "-allow-host"} {
					if !strings.Contains(listed.envelope.Error.Message, part) {
						t.Errorf("the message does not say %q: %s", part, listed.envelope.Error.Message)
					}
				}
				c.send("POST", sessionsPath, validInput, as).wantError(status, gen.ErrorCodeInsufficientScope, "")
			}
			for _, path := range []string{"/", "/c/" + id} {
				r := c.request("GET", path, "", as)
				response, err := c.http.Do(r)
				must(t, err)
				page := readBody(t, response)
				must(t, response.Body.Close())
				if response.StatusCode != status || !strings.HasPrefix(response.Header.Get("Content-Type"), "text/html") {
					t.Errorf("%s: status %d, %s", path, response.StatusCode, response.Header.Get("Content-Type"))
				}
				if !allowed && (!strings.Contains(page, "-allow-host") || strings.Contains(page, id)) {
					t.Errorf("%s: the page is %s", path, page)
				}
			}
		})
	}
}

// A handler does not check hosts. The server in front of it does, for example a reverse proxy.
func TestHostCheck_HandlerAcceptsEveryHost(t *testing.T) {
	t.Parallel()
	c := directClient(t, sandbox.New(failOnBreach(t)))
	c.url = "http://sandbox.example"
	c.send("GET", sessionsPath, "").want(200)
}
