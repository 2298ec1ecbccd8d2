//go:build go1.26

// Before Go 1.26, the HTTP/2 server of net/http moves channels between synctest bubbles. The program then crashes.

package plugipay_test

import (
	"net/http"
	"testing"
)

func TestHTTP2_ResetStreamIsRetried(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, []reply{{}, {503, "", after("2")}, {status: 200, body: op.body()}}, func(t *testing.T, b *bubbleServer) {
				b.http2 = true
				if err := op.call(t, b.client()); err != nil {
					t.Fatal(err)
				}
				if b.count() != 3 || b.dials != 1 { // a reset ends the stream but not the connection
					t.Errorf("%d attempts on %d connections", b.count(), b.dials)
				}
				checkSameRequest(t, b)
			})
		})
	}
}

func TestHTTP2_GOAWAYIsRetriedOnANewConnection(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			goAway := http.Header{"Connection": {"close"}, "Retry-After": {"2"}} // over HTTP/2, the server sends a GOAWAY
			inBubble(t, []reply{{503, "", goAway}, {status: 200, body: op.body()}}, func(t *testing.T, b *bubbleServer) {
				b.http2 = true
				if err := op.call(t, b.client()); err != nil {
					t.Fatal(err)
				}
				checkAttempts(t, b, 2)
				if b.dials != 2 {
					t.Errorf("%d connections, want a new one after GOAWAY", b.dials)
				}
			})
		})
	}
}
