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
		"any error":                    cause,
		"several":                      errors.Join(dial, cause),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := clientWith(t, func(*http.Request) (*http.Response, error) { return nil, failure })
				_, err := client.CheckoutSessions.Get(t.Context(), "cs_hush")
				wantHushed(t, err, allVerbs)
				if name == "any error" && !errors.Is(err, cause) {
					t.Errorf("the cause is not found in %v", err)
				}
			})
		})
	}
}

// failingBefore makes the client of a server whose connections fail before anything is sent.

func failingBefore(t *testing.T, baseURL string, transport *http.Transport) *plugipay.Client {
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

// closingAfter starts a server that closes each connection after it read something.

func closingAfter(t *testing.T, answer string) string {
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
			_, _ = io.WriteString(conn, answer)
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
		"a proxy refuses to connect": failingBefore(t, "https://plugipay.com", &http.Transport{
			Proxy: proxyURL(t, "http://"+closingAfter(t, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"))}),
		"a SOCKS proxy fails": failingBefore(t, "https://plugipay.com", &http.Transport{
			Proxy: proxyURL(t, "socks5://"+closingAfter(t, "\x05\xff"))}),
		"TLS fails":           failingBefore(t, "https://"+closingAfter(t, ""), &http.Transport{}),
		"a wrong certificate": failingBefore(t, server.URL, &http.Transport{}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := client.CheckoutSessions.Create(t.Context(), validInput())
			pe := wantError(t, err, 0, "network_error")
			if pe.MayHaveBeenProcessed() || strings.Contains(pe.Message, "HTTP;") {
				t.Errorf("may have been processed %t: %v", pe.MayHaveBeenProcessed(), pe)
			}
		})
	}
}

func TestTimeout_OfDialerOrHandshakeIsATimeout(t *testing.T) {
	t.Parallel()
	for name, transport := range map[string]*http.Transport{
		"of the TLS handshake": {DialContext: stalling, TLSHandshakeTimeout: time.Second},
		"of the dialer": {DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: context.DeadlineExceeded}
		}},
	} {
		synctest.Test(t, func(t *testing.T) {
			_, err := failingBefore(t, "https://plugipay.com", transport).CheckoutSessions.Get(t.Context(), "cs_01HX")
			if pe := wantError(t, err, 0, "timeout"); !strings.Contains(pe.Message, "timeout") || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: error is %v", name, err)
			}
			transport.CloseIdleConnections()
		})
	}
}

func TestError_MessageReportsAProxyWithoutCredentials(t *testing.T) {
	t.Parallel()
	_, err := answering(t, 407, htmlBody).client(t).CheckoutSessions.Get(t.Context(), "cs_01HX")
	if pe := wantError(t, err, 407, "invalid_response"); !strings.Contains(pe.Message, "proxy") {
		t.Errorf("the message is %q", pe.Message)
	}
}

// TestMayHaveBeenProcessed_CoversAllAttempts looks at what the last attempt met, and at what those before it met.

func TestMayHaveBeenProcessed_CoversAllAttempts(t *testing.T) {
	t.Parallel()
	refused := func(status int, code string) reply { return reply{status: status, body: errorBody(code)} }
	for name, test := range map[string]struct {
		script []reply
		want   bool
	}{
		"refused for its parameters":         {[]reply{refused(400, "validation_error")}, false},
		"refused for its key":                {[]reply{refused(401, "invalid_key")}, false},
		"a key with other parameters":        {[]reply{refused(409, "idempotency_mismatch")}, false},
		"a conflict":                         {[]reply{refused(409, "conflict")}, false},
		"too fast, each time":                {[]reply{refused(429, "rate_limited")}, false},
		"a page of a gateway that refuses":   {[]reply{{status: 403, body: htmlBody}}, false},
		"an internal error":                  {[]reply{refused(500, "internal_error")}, true},
		"a gateway without a response":       {[]reply{{status: 504, body: htmlBody}}, true},
		"a timeout of the server":            {[]reply{{status: 408}}, true},
		"the key is in progress":             {[]reply{refused(409, "idempotency_in_progress")}, true},
		"a lost response":                    {[]reply{{}}, true},
		"no response in time":                {[]reply{{status: -1}}, true},
		"a success that cannot be read":      {[]reply{{status: 200, body: htmlBody}}, true},
		"a success without a session":        {[]reply{{status: 200, body: `{"data": null}`}}, true},
		"a redirect":                         {[]reply{{status: 307}}, true},
		"a lost response, then a refusal":    {[]reply{{}, refused(400, "validation_error")}, true},
		"an outage, then too fast":           {[]reply{{status: 503}, refused(429, "rate_limited")}, true},
		"too fast, then refused":             {[]reply{refused(429, "rate_limited"), refused(422, "adapter_not_configured")}, false},
		"an outage, then the deadline comes": {[]reply{{503, "", after("20")}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, test.script, func(t *testing.T, b *bubble) {
				ctx := t.Context()
				if strings.Contains(name, "deadline") {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, 10*time.Second)
					defer cancel()
				}
				_, err := b.client().CheckoutSessions.Create(ctx, validInput())
				var pe *plugipay.Error
				if !errors.As(err, &pe) || pe.MayHaveBeenProcessed() != test.want {
					t.Errorf("may have been processed is not %t for %v", test.want, err)
				}
			})
		})
	}
	if (&plugipay.Error{Code: "network_error"}).MayHaveBeenProcessed() {
		t.Error("an error of a program's own may have been processed")
	}
}

// TestRetry_NotForADialErrorJoinedWithAnother: a transport that tries two gateways joins what each met.

func TestRetry_NotForADialErrorJoinedWithAnother(t *testing.T) {
	t.Parallel()
	s := serving(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	s.Config.ErrorLog = discardLog()
	next := &http.Transport{}
	t.Cleanup(next.CloseIdleConnections)
	dial := &net.OpError{Op: "dial", Err: errors.New("refused")}
	for name, failed := range map[string]func(error) error{
		"joined":     func(sent error) error { return errors.Join(sent, dial) },
		"the last":   func(error) error { return dial },
		"of several": func(sent error) error { return fmt.Errorf("%w, %w", dial, sent) },
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
			t.Errorf("%s: %d requests, may have been processed %t", name, n, pe.MayHaveBeenProcessed())
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
		_, err := answering(t, 400, body).client(t).CheckoutSessions.Create(t.Context(), validInput())
		if pe := wantError(t, err, 400, "validation_error"); pe.Field != want {
			t.Errorf("%s: Field is %q", sent, pe.Field)
		}
	}
}
