package plugipay_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

var (
	usualVerbs = []string{"%v", "%+v", "%#v", "%s", "%q"}
	allVerbs   = append(usualVerbs, "%x", "%X", "%d", "%t", "%o")
)

// printed returns all text that printing and logging a value produces.
func printed(v any, verbs []string) string {
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("text", "value", v)
	slog.New(slog.NewTextHandler(&logged, nil)).Info("text", "value", v)
	text := logged.String()
	for _, verb := range verbs {
		text += fmt.Sprintf(verb+"\n", v)
	}
	if err, ok := v.(error); ok {
		text += err.Error()
	}
	return text
}

// wantNoSecret checks that printing and logging v does not show "hush", as text or in hex. Tests put "hush" into secrets and
// into the data of buyers.
func wantNoSecret(t *testing.T, v any, verbs []string) {
	t.Helper()
	if text := printed(v, verbs); strings.Contains(strings.ToLower(text), "hush") || strings.Contains(text, "68757368") {
		t.Errorf("%T shows a secret: %s", v, text)
	}
}

func TestSecrets_AreNotInPrintedOptionsOrClients(t *testing.T) {
	t.Parallel()
	pair := plugipay.ClientOptions{
		KeyID: testKeyID, Secret: "sk_hush", BaseURL: "https://plugipay.com",
		Logger:  slog.New(slog.DiscardHandler).With("token", "hush"),
		Limiter: limiterWithPassword{"hush"}, WriteLimiter: limiterWithPassword{"hush"},
	}
	dashboard := plugipay.ClientOptions{APIKey: "pk_hush"}
	values := []any{pair, &pair, dashboard, &dashboard}
	for _, opts := range []plugipay.ClientOptions{pair, dashboard} {
		client, err := plugipay.NewClient(opts)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, client, *client, client.ForMerchant("acc_01"), client.CheckoutSessions,
			struct{ C *plugipay.Client }{client})
	}
	for _, v := range values {
		wantNoSecret(t, v, allVerbs)
	}
	wantNoSecret(t, struct{ O plugipay.ClientOptions }{pair}, usualVerbs)
	if text, err := json.Marshal(pair); err != nil || strings.Contains(string(text), "hush") {
		t.Errorf("the options as JSON are %s (%v)", text, err)
	}
	for _, v := range []any{pair, &pair} {
		if !strings.Contains(fmt.Sprint(v), testKeyID) {
			t.Errorf("%v does not show the key id, which is not secret", v)
		}
	}
}

// secretReplies returns failing responses. Most of them repeat a secret of the request.
func secretReplies() map[string]reply {
	return map[string]reply{
		"an error":                  {status: 400, body: errorBody("validation_error")},
		"an error with details":     {status: 422, body: `{"data": null, "error": {"code": "x", "message": "m", "details": {"echo": "hush"}}, "meta": {}}`},
		"a page with the secret":    {status: 502, body: "<p>hush</p>"},
		"a success with the secret": {status: 200, body: `"hush"`},
		"the wrong type":            {status: 200, body: `{"data": {"amount": "hush"}}`},
		"the wrong type throughout": {status: 200, body: `{"data": ["hush"]}`},
		"a redirect":                {status: 307, header: http.Header{"Location": {"/hush"}}},
		"a media type":              {status: 200, body: "x", header: http.Header{"Content-Type": {"text/html; hush=hush"}}},
		"a lost connection":         {},
		"an attempt timeout":        {status: -1},
	}
}

// limiterWithPassword is a limiter that holds a password, for example of a Redis server.
type limiterWithPassword struct{ Password string }

func (limiterWithPassword) Wait(context.Context) error { return nil }

func TestSecrets_AreNotInErrors(t *testing.T) {
	t.Parallel()
	in := validInput()
	in.CustomerID = plugipay.Ptr("cus_hush")
	in.Metadata = map[string]string{"email": "hush@example.com"}
	in.LineItems = []plugipay.CheckoutSessionLineItem{{Name: "hush", Quantity: 1, UnitAmount: 1}}
	in.SuccessURL = "https://example.com/hush"
	for name, failing := range secretReplies() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, []reply{failing}, func(t *testing.T, b *bubbleServer) {
				client := b.client(func(o *plugipay.ClientOptions) { o.Secret = "sk_hush" })
				ctx := plugipay.WithIdempotencyKey(t.Context(), "cart_hush")
				_, createErr := client.CheckoutSessions.Create(ctx, in)
				_, listErr := client.CheckoutSessions.List(ctx, plugipay.CheckoutSessionListParams{CustomerID: plugipay.Ptr("cus_hush")})
				for _, err := range []error{createErr, listErr} {
					var pe *plugipay.Error
					if !errors.As(err, &pe) {
						t.Fatalf("error is %v", err)
					}
					wantNoSecret(t, err, allVerbs)
					wantNoSecret(t, *pe, allVerbs)
					wantNoSecret(t, fmt.Errorf("wrapped: %w", err), usualVerbs)
					wantNoSecret(t, struct{ Err error }{err}, usualVerbs)
				}
				if got := createErr.(*plugipay.Error).IdempotencyKey; got != "cart_hush" {
					t.Errorf("the error's key is %q, want cart_hush", got)
				}
			})
		})
	}
}

func TestSecrets_AreNotInTheLog(t *testing.T) {
	t.Parallel()
	in := validInput()
	in.Metadata = map[string]string{"email": "hush@example.com"}
	replies := secretReplies()
	replies["a secret as id and code"] = reply{status: 503, header: http.Header{"X-Hush": {"hush"}},
		body: `{"data": null, "error": {"code": "hush hush", "message": "hush", "field": "hush"}, "meta": {"requestId": "hush hush"}}`}
	replies["a success"] = reply{status: 200, body: sessionBody}
	for name, failing := range replies {
		for credentials, change := range map[string]func(*plugipay.ClientOptions){
			"a key pair":      func(o *plugipay.ClientOptions) { o.Secret = "sk_hush" },
			"a dashboard key": func(o *plugipay.ClientOptions) { o.KeyID, o.Secret, o.APIKey = "", "", "pk_hush" },
		} {
			t.Run(name+" with "+credentials, func(t *testing.T) {
				t.Parallel()
				inBubble(t, []reply{failing}, func(t *testing.T, b *bubbleServer) {
					var log logBuffer
					client := b.client(change, log.option(slog.LevelDebug))
					ctx := plugipay.WithIdempotencyKey(t.Context(), "cart_hush")
					_, _ = client.CheckoutSessions.Create(ctx, in)
					_, _ = client.CheckoutSessions.List(ctx, plugipay.CheckoutSessionListParams{CustomerID: plugipay.Ptr("cus_hush")})
					_, _ = client.CheckoutSessions.Get(ctx, "cs_hush")
					_, _ = client.ForMerchant("acc_hush").CheckoutSessions.Cancel(ctx, "cs_hush")
					_ = client.Do(ctx, plugipay.RequestOptions{
						Method: "POST", Path: "/hush?hush=hush", Body: in, IdempotencyKey: "hush", OnBehalfOf: "acc_hush"}, nil)
					_, _ = plugipay.DoList[any](ctx, client, plugipay.RequestOptions{Method: "GET", Path: "/hush?hush=hush"})
					if records := log.records(t); len(records) < 6 {
						t.Fatalf("the log has %d records", len(records))
					}
					synctest.Wait() // the server may still be working on a request that the client gave up
					text := log.text.String()
					if strings.Contains(strings.ToLower(text), "hush") {
						t.Errorf("the log contains a secret: %s", text)
					}
					for _, r := range b.requests {
						for _, proof := range []string{"Authorization", "X-Plugipay-Timestamp", "Idempotency-Key"} {
							_, signature, _ := strings.Cut(r.header.Get(proof), "signature=")
							for _, secret := range []string{r.header.Get(proof), signature} {
								if secret != "" && strings.Contains(text, secret) {
									t.Errorf("the log contains the %s: %s", proof, text)
								}
							}
						}
					}
				})
			})
		}
	}
}

// printsContexts is a limiter, a log handler and a round tripper. It prints each context that it receives.
type printsContexts struct {
	slog.Handler
	t *testing.T
}

func (p printsContexts) print(ctx context.Context) {
	for _, verb := range []string{"%v", "%+v", "%s", "%d"} { // %#v shows unexported memory by design
		if text := fmt.Sprintf(verb, ctx); strings.Contains(text, "hush") || strings.Contains(text, "idem_") {
			p.t.Errorf("with %s the context is %s", verb, text)
		}
	}
}

func (p printsContexts) Wait(ctx context.Context) error {
	p.print(ctx)
	return nil
}

func (p printsContexts) Enabled(ctx context.Context, _ slog.Level) bool {
	p.print(ctx)
	return false
}

func (p printsContexts) RoundTrip(r *http.Request) (*http.Response, error) {
	p.print(r.Context())
	return response(200, sessionBody), nil
}

func TestSecrets_AreNotInPrintedContexts(t *testing.T) {
	t.Parallel()
	for _, timeout := range []time.Duration{0, -1} {
		prints := printsContexts{t: t}
		client, err := plugipay.NewClient(plugipay.ClientOptions{
			KeyID: testKeyID, Secret: "sk_hush", Timeout: timeout,
			HTTP: &http.Client{Transport: prints}, Limiter: prints, Logger: slog.New(prints),
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, ctx := range []context.Context{t.Context(), plugipay.WithIdempotencyKey(t.Context(), "cart_hush")} {
			if _, err := client.CheckoutSessions.Create(ctx, validInput()); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestSecrets_AreNotInErrorsAboutInvalidInput(t *testing.T) {
	t.Parallel()
	for _, opts := range []plugipay.ClientOptions{
		{KeyID: testKeyID, Secret: "sk_hush\n"},
		{APIKey: "pk_hush key"},
		{KeyID: testKeyID, Secret: "sk", BaseURL: "https://user:hush@plugipay.com"},
		{KeyID: testKeyID, Secret: "sk", BaseURL: "https://user:hush@plugi pay.com:hush"},
	} {
		_, err := plugipay.NewClient(opts)
		if err == nil {
			t.Errorf("%v is accepted", opts)
		}
		wantNoSecret(t, err, allVerbs)
	}
	client := responding(t, 200, sessionBody).client(t)
	ctx := plugipay.WithIdempotencyKey(t.Context(), "hush\n")
	_, err := client.CheckoutSessions.Create(ctx, validInput())
	wantNoSecret(t, err, allVerbs)
	err = client.Do(t.Context(), plugipay.RequestOptions{Method: "POST", Path: "/a", Body: failsToMarshal{}}, nil)
	wantError(t, err, 0, "serialize_failed")
	wantNoSecret(t, err, allVerbs)
}

// failsToMarshal fails with the buyer's data in its error.
type failsToMarshal struct{}

func (failsToMarshal) MarshalJSON() ([]byte, error) { return nil, errors.New("cannot write hush") }

func TestSecrets_AreNotInErrorsOfOtherProtocols(t *testing.T) {
	t.Parallel()
	for name, respond := range map[string]func(net.Conn){
		"an echo": func(conn net.Conn) { _, _ = io.Copy(conn, conn) },
		"a broken header": func(conn net.Conn) {
			r, err := http.ReadRequest(bufio.NewReader(conn))
			if err == nil {
				_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n"+r.Header.Get("Idempotency-Key")+" hush\r\n\r\n")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, nil, func(t *testing.T, b *bubbleServer) {
				b.dial = func(context.Context) (net.Conn, error) {
					client, server := net.Pipe()
					go func() {
						respond(server)
						_ = server.Close()
					}()
					return client, nil
				}
				client := b.client(func(o *plugipay.ClientOptions) { o.MaxRetries = -1 })
				ctx := plugipay.WithIdempotencyKey(t.Context(), "cart_hush")
				_, err := client.CheckoutSessions.Create(ctx, validInput())
				wantError(t, err, 0, "network_error")
				wantNoSecret(t, err, allVerbs)
			})
		})
	}
}

func TestSecrets_URLIsNotInTransportErrors(t *testing.T) {
	t.Parallel()
	client, err := plugipay.NewClient(plugipay.ClientOptions{
		KeyID: testKeyID, Secret: testSecret, MaxRetries: -1,
		HTTP: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			once := &url.Error{Op: "Get", URL: r.URL.String(), Err: io.EOF} // the error of an http.Client
			// Another http.Client wraps the error.
			return nil, &url.Error{Op: "Get", URL: r.URL.String(), Err: fmt.Errorf("by a proxy: %w", once)}
		})},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.CheckoutSessions.List(t.Context(), plugipay.CheckoutSessionListParams{CustomerID: plugipay.Ptr("cus_hush")})
	wantError(t, err, 0, "network_error")
	wantNoSecret(t, err, allVerbs)
}
