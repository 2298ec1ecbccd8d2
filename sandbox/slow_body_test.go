package sandbox_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/sandbox"
)

func TestSlowBody_StalledBodyIsRefused(t *testing.T) {
	t.Parallel()
	server := sandbox.StartWithBodyTimeout(t, 50*time.Millisecond)
	for _, path := range []string{"/_sandbox/clock", sessionsPath, "/nothing"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
		must(t, err)
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", path)
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		must(t, err)
		if response.StatusCode < 400 || response.StatusCode > 499 {
			t.Errorf("%s: status %d", path, response.StatusCode)
		}
		must(t, conn.Close())
	}
}

// The deadline applies only to the body of a request. A fault can delay the response for longer.
func TestSlowBody_SlowResponseIsAllowed(t *testing.T) {
	t.Parallel()
	server := sandbox.StartWithBodyTimeout(t, 20*time.Millisecond)
	c := clientOf(t, server)
	must(t, server.Inject(sandbox.Fault{Delay: 100 * time.Millisecond, Times: 2}))
	c.create()
	c.send("GET", sessionsPath, "").want(200)
}
