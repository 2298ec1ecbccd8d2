package plugipay_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

func TestError_MessageRepeatsNoTransportText(t *testing.T) {
	t.Parallel()
	dial := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("hush")}
	cause := errors.New("hush")
	for name, failure := range map[string]error{
		"a URL in a wrapper of a dial": fmt.Errorf("request to https://plugipay.com/?customerId=hush failed: %w", dial),
		"a URL and an end of file":     fmt.Errorf("https://plugipay.com/?customerId=hush: %w", io.EOF),
		"a lookup":                     &net.DNSError{Err: "hush", Name: "hush.example"},
		"a timeout":                    &url.Error{Op: "Get", URL: "https://hush", Err: context.DeadlineExceeded},
		"another error":                cause,
		"joined errors":                errors.Join(dial, cause),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := clientWith(t, func(*http.Request) (*http.Response, error) { return nil, failure })
				_, err := client.CheckoutSessions.Get(t.Context(), "cs_hush")
				wantNoSecret(t, err, allVerbs)
				if name == "another error" && !errors.Is(err, cause) {
					t.Errorf("the cause is not found in %v", err)
				}
			})
		})
	}
}

// clientOn returns a client that makes one attempt over the transport.
func clientOn(t *testing.T, baseURL string, transport *http.Transport) *plugipay.Client {
	t.Helper()
	client, err := plugipay.NewClient(plugipay.ClientOptions{
		KeyID: testKeyID, Secret: testSecret, BaseURL: baseURL, MaxRetries: -1, HTTP: &http.Client{Transport: transport}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	return client
}

func proxyURL(t *testing.T, text string) func(*http.Request) (*url.URL, error) {
	t.Helper()
	proxy, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return http.ProxyURL(proxy)
}

// closingServer starts a server that writes the response to each connection after the first read and closes the connection.
// It returns the address of the server.
func closingServer(t *testing.T, response string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = io.WriteString(conn, response)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	return listener.Addr().String()
}

func TestMayHaveBeenProcessed_IsFalseBeforeAConnection(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = discardLog()
	server.StartTLS()
	t.Cleanup(server.Close)
	for name, client := range map[string]*plugipay.Client{
		"a proxy refuses to connect": clientOn(t, "https://plugipay.com", &http.Transport{
			Proxy: proxyURL(t, "http://"+closingServer(t, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"))}),
		"a SOCKS proxy fails": clientOn(t, "https://plugipay.com", &http.Transport{
			Proxy: proxyURL(t, "socks5://"+closingServer(t, "\x05\xff"))}),
		"TLS fails":           clientOn(t, "https://"+closingServer(t, ""), &http.Transport{}),
		"a wrong certificate": clientOn(t, server.URL, &http.Transport{}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := client.CheckoutSessions.Create(t.Context(), validInput())
			pe := wantError(t, err, 0, "network_error")
			if pe.MayHaveBeenProcessed() || strings.Contains(pe.Message, "HTTP;") {
				t.Errorf("MayHaveBeenProcessed is %t: %v", pe.MayHaveBeenProcessed(), pe)
			}
		})
	}
}

func TestTimeout_OfDialerOrHandshakeIsATimeout(t *testing.T) {
	t.Parallel()
	for name, transport := range map[string]*http.Transport{
		"TLS handshake": {DialContext: dialSilent, TLSHandshakeTimeout: time.Second},
		"dialer": {DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: context.DeadlineExceeded}
		}},
	} {
		synctest.Test(t, func(t *testing.T) {
			_, err := clientOn(t, "https://plugipay.com", transport).CheckoutSessions.Get(t.Context(), "cs_01HX")
			pe := wantError(t, err, 0, "timeout")
			if !strings.Contains(pe.Message, "timeout") || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: error is %v", name, err)
			}
			transport.CloseIdleConnections()
		})
	}
}

func TestError_MessageReportsAProxyWithoutCredentials(t *testing.T) {
	t.Parallel()
	_, err := responding(t, 407, htmlBody).client(t).CheckoutSessions.Get(t.Context(), "cs_01HX")
	if pe := wantError(t, err, 407, "invalid_response"); !strings.Contains(pe.Message, "proxy") {
		t.Errorf("the message is %q", pe.Message)
	}
}

// TestMayHaveBeenProcessed_CoversAllAttempts checks that earlier attempts count as well as the last one.
func TestMayHaveBeenProcessed_CoversAllAttempts(t *testing.T) {
	t.Parallel()
	refused := func(status int, code string) reply { return reply{status: status, body: errorBody(code)} }
	for name, test := range map[string]struct {
		script []reply
		want   bool
	}{
		"refused for its parameters":      {[]reply{refused(400, "validation_error")}, false},
		"refused for its key":             {[]reply{refused(401, "invalid_key")}, false},
		"a key with other parameters":     {[]reply{refused(409, "idempotency_mismatch")}, false},
		"a conflict":                      {[]reply{refused(409, "conflict")}, false},
		"rate limited each time":          {[]reply{refused(429, "rate_limited")}, false},
		"a refusal of a gateway":          {[]reply{{status: 403, body: htmlBody}}, false},
		"an internal error":               {[]reply{refused(500, "internal_error")}, true},
		"a gateway without a response":    {[]reply{{status: 504, body: htmlBody}}, true},
		"a timeout of the server":         {[]reply{{status: 408}}, true},
		"the key is in progress":          {[]reply{refused(409, "idempotency_in_progress")}, true},
		"a lost response":                 {[]reply{{}}, true},
		"no response in time":             {[]reply{{status: -1}}, true},
		"a success that cannot be read":   {[]reply{{status: 200, body: htmlBody}}, true},
		"a success without a session":     {[]reply{{status: 200, body: `{"data": null}`}}, true},
		"a redirect":                      {[]reply{{status: 307}}, true},
		"a lost response, then a refusal": {[]reply{{}, refused(400, "validation_error")}, true},
		"an outage, then rate limited":    {[]reply{{status: 503}, refused(429, "rate_limited")}, true},
		"rate limited, then refused":      {[]reply{refused(429, "rate_limited"), refused(422, "adapter_not_configured")}, false},
		"an outage, then the deadline":    {[]reply{{503, "", after("20")}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, test.script, func(t *testing.T, b *bubbleServer) {
				ctx := t.Context()
				if strings.Contains(name, "deadline") {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, 10*time.Second)
					defer cancel()
				}
				_, err := b.client().CheckoutSessions.Create(ctx, validInput())
				var pe *plugipay.Error
				if !errors.As(err, &pe) || pe.MayHaveBeenProcessed() != test.want {
					t.Errorf("MayHaveBeenProcessed is not %t for %v", test.want, err)
				}
			})
		})
	}
	if (&plugipay.Error{Code: "network_error"}).MayHaveBeenProcessed() {
		t.Error("MayHaveBeenProcessed is true for an Error that the program created")
	}
}

// TestRetry_NotForADialErrorJoinedWithAnother covers a transport that tries two gateways and joins their errors. One of them
// received the request.
func TestRetry_NotForADialErrorJoinedWithAnother(t *testing.T) {
	t.Parallel()
	s := serving(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	s.Config.ErrorLog = discardLog()
	next := &http.Transport{}
	t.Cleanup(next.CloseIdleConnections)
	dial := &net.OpError{Op: "dial", Err: errors.New("refused")}
	for name, failed := range map[string]func(error) error{
		"joined":        func(sent error) error { return errors.Join(sent, dial) },
		"only the last": func(error) error { return dial },
		"both wrapped":  func(sent error) error { return fmt.Errorf("%w, %w", dial, sent) },
	} {
		before := s.count()
		client := s.client(t, func(o *plugipay.ClientOptions) {
			o.MaxRetries = 0
			o.HTTP = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				_, err := next.RoundTrip(r)
				return nil, failed(err)
			})}
		})
		err := writeWithoutKey(t.Context(), client, "POST")
		pe := wantError(t, err, 0, "network_error")
		if n := s.count() - before; n != 1 || !pe.MayHaveBeenProcessed() {
			t.Errorf("%s: %d requests, MayHaveBeenProcessed is %t", name, n, pe.MayHaveBeenProcessed())
		}
	}
}

func TestError_FieldFallsBackToParam(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		`"param": "amount"`: "amount", `"field": "amount", "param": "other"`: "amount", `"field": null, "param": "amount"`: "amount",
		`"field": "amount"`: "amount", `"message": "m"`: "",
	} {
		body := `{"data": null, "error": {"code": "validation_error", ` + sent + `}, "meta": {}}`
		_, err := responding(t, 400, body).client(t).CheckoutSessions.Create(t.Context(), validInput())
		if pe := wantError(t, err, 400, "validation_error"); pe.Field != want {
			t.Errorf("%s: Field is %q", sent, pe.Field)
		}
	}
}
