package plugipay_test

import (
	"bytes"
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

func TestMessage_RepeatsNoTextOfTheTransport(t *testing.T) {
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

func TestMayHaveBeenProcessed_FalseBeforeAConnection(t *testing.T) {
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

func TestMessage_SaysWhichTimeoutItWas(t *testing.T) {
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

func TestMessage_ProxyThatAsksForCredentials(t *testing.T) {
	t.Parallel()
	_, err := answering(t, 407, htmlBody).client(t).CheckoutSessions.Get(t.Context(), "cs_01HX")
	if pe := wantError(t, err, 407, "invalid_response"); !strings.Contains(pe.Message, "proxy") {
		t.Errorf("the message is %q", pe.Message)
	}
}

// TestMayHaveBeenProcessed_KnowsAllAttempts looks at what the last attempt met, and at what those before it met.
func TestMayHaveBeenProcessed_KnowsAllAttempts(t *testing.T) {
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

// TestRetry_DialErrorBesideASentRequest: a transport that tries two gateways joins what each met.
func TestRetry_DialErrorBesideASentRequest(t *testing.T) {
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

func TestCreate_InvalidUTF8IsRefusedByName(t *testing.T) {
	t.Parallel()
	s := answering(t, 200, sessionBody)
	client := s.client(t)
	input := func(change func(*plugipay.CheckoutSessionCreateInput)) func() error {
		in := validInput()
		change(&in)
		return func() error {
			_, err := client.CheckoutSessions.Create(t.Context(), in)
			return err
		}
	}
	do := func(body any) func() error {
		return func() error {
			return client.Do(t.Context(), plugipay.RequestOptions{Method: "POST", Path: "/a", Body: body}, nil)
		}
	}
	for name, test := range map[string]struct {
		call func() error
		says string
	}{
		"a value of metadata": {input(func(in *plugipay.CheckoutSessionCreateInput) { in.Metadata = map[string]string{"a": "Gar\xe7on-42"} }), "metadata"},
		"two keys of metadata": {input(func(in *plugipay.CheckoutSessionCreateInput) {
			in.Metadata = map[string]string{"\xe7": "1", "\xe8": "2"}
		}), "metadata"},
		"a line item": {input(func(in *plugipay.CheckoutSessionCreateInput) {
			in.LineItems = []plugipay.CheckoutSessionLineItem{{Name: "\xff"}}
		}), "lineItems"},
		"a URL":              {input(func(in *plugipay.CheckoutSessionCreateInput) { in.CancelURL = "https://example.com/\xc3" }), "cancelUrl"},
		"a name":             {do(map[string]int{"\xff": 1}), "name"},
		"a list":             {do([]string{"\xff"}), "body"},
		"JSON that is as is": {do(struct{ A any }{rawBytes("\"\xff\"")}), "A"},
	} {
		pe := wantError(t, test.call(), 0, "invalid_request")
		if !strings.HasPrefix(pe.Message, test.says) && !strings.Contains(pe.Message, test.says+" ") {
			t.Errorf("%s: the message is %q", name, pe.Message)
		}
	}
	if n := s.count(); n != 0 {
		t.Fatalf("%d requests were sent", n)
	}
	good := validInput()
	good.Metadata = map[string]string{"a": "Garçon � \\ufffd ☕"}
	if _, err := client.CheckoutSessions.Create(t.Context(), good); err != nil {
		t.Error(err)
	}
	if got := s.only(t).body; !strings.Contains(got, `Garçon � \\ufffd ☕`) {
		t.Errorf("sent %s", got)
	}
}

// rawBytes is written as it is.
type rawBytes string

func (r rawBytes) MarshalJSON() ([]byte, error) { return []byte(r), nil }

func TestCreate_OddOptionalPropertyKeepsTheSession(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		old, odd string
		check    func(*plugipay.CheckoutSession) bool
	}{
		"a number in metadata":    {`{"order_id": "ord_42"}`, `{"n": 1, "order_id": "ord_42"}`, func(s *plugipay.CheckoutSession) bool { return s.Metadata["n"] == "" }},
		"a customer as an object": {`"cus_01"`, `{"id": "cus_01"}`, func(s *plugipay.CheckoutSession) bool { return s.CustomerID == nil }},
		"methods as text":         {`["qris", "va"]`, `"qris"`, func(s *plugipay.CheckoutSession) bool { return s.Methods == nil }},
		"a time as a number":      {`"2026-09-22T14:13:20.000Z"`, `1790000000`, func(s *plugipay.CheckoutSession) bool { return s.ExpiresAt == "" }},
		"two odd ones": {`"cus_01", "amount"`, `7, "adapter": [], "amount"`,
			func(s *plugipay.CheckoutSession) bool { return s.CustomerID == nil }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := strings.Replace(sessionBody, test.old, test.odd, 1)
			if body == sessionBody {
				t.Fatal("nothing was changed")
			}
			client := answering(t, 201, body).client(t)
			var info plugipay.ResponseInfo
			session, err := client.CheckoutSessions.Create(plugipay.WithResponse(t.Context(), &info), validInput())
			if err != nil {
				t.Fatal(err)
			}
			var done plugipay.CheckoutSession
			if err := client.Do(t.Context(), plugipay.RequestOptions{Method: "POST", Path: "/a", Body: validInput()}, &done); err != nil {
				t.Fatal(err)
			}
			listBody := `{"data": [` + sessionJSON + `,` + strings.Replace(sessionJSON, test.old, test.odd, 1) + `], "meta": {}}`
			page, err := answering(t, 200, listBody).client(t).CheckoutSessions.List(t.Context(), plugipay.CheckoutSessionListParams{})
			if err != nil || len(page.Data) != 2 {
				t.Fatalf("page is %+v, error %v", page, err)
			}
			for _, got := range []*plugipay.CheckoutSession{session, &done, &page.Data[1]} {
				if got.ID != "cs_01HX" || got.Amount != 19900000 || got.Currency != "IDR" || got.Status != "open" ||
					got.HostedURL == "" || got.SuccessURL == "" || !test.check(got) {
					t.Errorf("session is %+v", got)
				}
			}
			if !bytes.Equal(info.Body, []byte(body)) {
				t.Errorf("the bytes are %s", info.Body)
			}
		})
	}
}

func TestCreate_OddEssentialPropertyIsAnError(t *testing.T) {
	t.Parallel()
	for property, value := range map[string]string{
		"id": `"cs_01HX"`, "amount": "19900000", "currency": `"IDR"`, "status": `"open"`, "hostedUrl": `"https://plugipay.com/c/cs_01HX"`,
	} {
		for _, odd := range []string{`{"secret value": 1}`, `["secret value"]`, "1.5", "1e400"} {
			was := `"` + property + `": ` + value
			// An odd property before it must not hide it.
			body := strings.Replace(sessionBody, was, `"adapter": 7, "`+property+`": `+odd, 1)
			if body == sessionBody {
				t.Fatalf("%s was not changed", property)
			}
			_, err := answering(t, 201, body).client(t).CheckoutSessions.Create(t.Context(), validInput())
			pe := wantError(t, err, 201, "invalid_response")
			if !strings.Contains(pe.Message, "data."+property) || strings.Contains(pe.Error(), "secret value") || !pe.MayHaveBeenProcessed() {
				t.Errorf("%s: error is %v", property, err)
			}
		}
	}
}

func TestCancelOrGet_EndsOrReturnsWhatEnded(t *testing.T) {
	t.Parallel()
	conflict := reply{status: 409, body: errorBody("conflict")}
	session := func(status string) reply {
		return reply{status: 200, body: strings.Replace(sessionBody, `"status": "open"`, `"status": "`+status+`"`, 1)}
	}
	for name, test := range map[string]struct {
		script []reply
		status string // of the session; empty for an error
		code   string
		sent   int
	}{
		"it is canceled now":           {[]reply{session("canceled")}, "canceled", "", 1},
		"it was paid":                  {[]reply{conflict, session("completed")}, "completed", "", 2},
		"it had expired":               {[]reply{conflict, session("expired")}, "expired", "", 2},
		"it was canceled before":       {[]reply{conflict, session("canceled")}, "canceled", "", 2},
		"it had failed":                {[]reply{conflict, session("failed")}, "failed", "", 2},
		"refused although it is open":  {[]reply{conflict, session("open")}, "", "conflict", 2},
		"there is no such session":     {[]reply{{status: 404, body: errorBody("not_found")}}, "", "not_found", 1},
		"it cannot be read afterwards": {[]reply{conflict, {status: 404, body: errorBody("not_found")}}, "", "not_found", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, test.script, func(t *testing.T, b *bubble) {
				ended, err := b.client().CheckoutSessions.CancelOrGet(t.Context(), "cs_01HX")
				var pe *plugipay.Error
				switch {
				case test.status != "" && (err != nil || ended.Status != test.status):
					t.Errorf("session is %+v, error %v", ended, err)
				case test.status == "" && (ended != nil || !errors.As(err, &pe) || pe.Code != test.code):
					t.Errorf("session is %+v, error %v", ended, err)
				}
				if n := b.count(); n != test.sent {
					t.Errorf("%d requests, want %d", n, test.sent)
				}
			})
		})
	}
}

func TestCheck_NamesTheFirstPropertyThatDiffers(t *testing.T) {
	t.Parallel()
	session := plugipay.CheckoutSession{Amount: 7777, Currency: "IDR", AccountID: "acc_hush", Mode: "test"}
	want := plugipay.CheckoutSessionExpectation{Amount: 7777, Currency: "IDR"}
	with := func(change func(*plugipay.CheckoutSessionExpectation)) plugipay.CheckoutSessionExpectation {
		changed := want
		change(&changed)
		return changed
	}
	for name, test := range map[string]struct {
		want  plugipay.CheckoutSessionExpectation
		field string
	}{
		"all that was given": {want, ""},
		"the mode, too":      {with(func(w *plugipay.CheckoutSessionExpectation) { w.Mode = "test" }), ""},
		"the account, too":   {with(func(w *plugipay.CheckoutSessionExpectation) { w.AccountID = "acc_hush" }), ""},
		"another amount":     {with(func(w *plugipay.CheckoutSessionExpectation) { w.Amount, w.Currency = 7778, "USD" }), "amount"},
		"another currency":   {with(func(w *plugipay.CheckoutSessionExpectation) { w.Currency, w.AccountID = "USD", "x" }), "currency"},
		"another account":    {with(func(w *plugipay.CheckoutSessionExpectation) { w.AccountID, w.Mode = "acc_other", "x" }), "accountId"},
		"another mode":       {with(func(w *plugipay.CheckoutSessionExpectation) { w.Mode = "live" }), "mode"},
	} {
		err := session.Check(test.want)
		if test.field == "" {
			if err != nil {
				t.Errorf("%s: error is %v", name, err)
			}
			continue
		}
		pe := wantError(t, err, 0, "session_mismatch")
		if pe.Field != test.field || !errors.Is(err, plugipay.ErrSessionMismatch) || strings.Contains(fmt.Sprint(err), "777") {
			t.Errorf("%s: error is %v", name, err)
		}
		wantHushed(t, err, allVerbs)
	}
	for _, incomplete := range []plugipay.CheckoutSessionExpectation{{}, {Amount: 7777}, {Currency: "IDR"}} {
		wantError(t, session.Check(incomplete), 0, "invalid_request")
	}
}

func TestError_ParamIsReadWhereFieldIsMissing(t *testing.T) {
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
