package plugipay_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/plugipay/plugipay-go/contract"
	"github.com/plugipay/plugipay-go/plugipay"
)

// sentinels maps each documented code to its sentinel.
var sentinels = map[string]error{
	plugipay.ErrorCodeValidationError:      plugipay.ErrValidation,
	plugipay.ErrorCodeInvalidSignature:     plugipay.ErrInvalidSignature,
	plugipay.ErrorCodeInvalidKey:           plugipay.ErrInvalidKey,
	plugipay.ErrorCodeInvalidTimestamp:     plugipay.ErrInvalidTimestamp,
	plugipay.ErrorCodeTimestampSkew:        plugipay.ErrTimestampSkew,
	plugipay.ErrorCodeInsufficientScope:    plugipay.ErrInsufficientScope,
	plugipay.ErrorCodeNotFound:             plugipay.ErrNotFound,
	plugipay.ErrorCodeConflict:             plugipay.ErrConflict,
	plugipay.ErrorCodeIdempotencyMismatch:  plugipay.ErrIdempotencyMismatch,
	plugipay.ErrorCodeAdapterNotConfigured: plugipay.ErrAdapterNotConfigured,
	plugipay.ErrorCodeRateLimited:          plugipay.ErrRateLimited,
	plugipay.ErrorCodeInternalError:        plugipay.ErrInternal,
	plugipay.ErrorCodeUpstreamError:        plugipay.ErrUpstream,
	plugipay.ErrorCodeServiceUnavailable:   plugipay.ErrServiceUnavailable,
	plugipay.ErrorCodeMissingKeyID:         plugipay.ErrMissingKeyID,
	plugipay.ErrorCodeMissingSecret:        plugipay.ErrMissingSecret,
	plugipay.ErrorCodeInvalidRequest:       plugipay.ErrInvalidRequest,
	plugipay.ErrorCodeSerializeFailed:      plugipay.ErrSerializeFailed,
	plugipay.ErrorCodeTimeout:              plugipay.ErrTimeout,
	plugipay.ErrorCodeCanceled:             plugipay.ErrCanceled,
	plugipay.ErrorCodeNetworkError:         plugipay.ErrNetwork,
	plugipay.ErrorCodeInvalidResponse:      plugipay.ErrInvalidResponse,
	plugipay.ErrorCodeSessionMismatch:      plugipay.ErrSessionMismatch,
	plugipay.ErrorCodeSignatureMissing:     plugipay.ErrSignatureMissing,
	plugipay.ErrorCodeSignatureMalformed:   plugipay.ErrSignatureMalformed,
	plugipay.ErrorCodeSignatureStale:       plugipay.ErrSignatureStale,
	plugipay.ErrorCodeSignatureInvalid:     plugipay.ErrSignatureInvalid,
	plugipay.ErrorCodeInvalidPayload:       plugipay.ErrInvalidPayload,
}

func TestSentinels_MatchTheirCodeOnly(t *testing.T) {
	t.Parallel()
	for code := range sentinels {
		err := fmt.Errorf("wrapped: %w", &plugipay.Error{Code: code})
		for other, sentinel := range sentinels {
			if got, want := errors.Is(err, sentinel), other == code; got != want {
				t.Errorf("errors.Is(%s, the sentinel of %s) is %t", code, other, got)
			}
		}
	}
}

func TestSentinels_CoverEveryCodeOfTheContract(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(contract.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range doc.Components.Schemas["ErrorCode"].Value.Enum {
		if sentinels[code.(string)] == nil {
			t.Errorf("%s has no sentinel", code)
		}
	}
}

func TestError_HasEveryPropertyThatWasSent(t *testing.T) {
	t.Parallel()
	const body = `{"data": null, "error": {"code": "VALIDATION_ERROR", "message": "amount must be at least 1", "field": "amount",
		"details": {"minimum": 1}, "docUrl": "https://plugipay.com/docs/api/errors", "new": true},
		"meta": {"requestId": "req_42", "timestamp": "2026-09-21T14:13:20.123Z"}}`
	want := plugipay.Error{
		Status: 400, Code: "validation_error", Message: "amount must be at least 1", RequestID: "req_42", Field: "amount",
		Details: json.RawMessage(`{"minimum": 1}`), DocURL: "https://plugipay.com/docs/api/errors", Attempts: 1,
	}
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			s := responding(t, 400, body)
			err := op.call(t, s.client(t))
			want := want
			want.IdempotencyKey = s.only(t).header.Get("Idempotency-Key")
			if got := wantError(t, err, 400, "validation_error"); !reflect.DeepEqual(*got, want) {
				t.Errorf("error is %s, want %s", fields(got), fields(&want))
			}
			if !errors.Is(err, plugipay.ErrValidation) {
				t.Error("errors.Is does not find ErrValidation")
			}
			const text = "plugipay: validation_error: amount must be at least 1 (status=400, field=amount, requestId=req_42)"
			if err.Error() != text {
				t.Errorf("text is %q, want %q", err.Error(), text)
			}
			if n := s.count(); n != 1 {
				t.Errorf("%d requests were sent, want 1", n)
			}
		})
	}
}

func TestError_NullsAndUnknownCodesAreAccepted(t *testing.T) {
	t.Parallel()
	s := responding(t, 418, `{"data": null,
		"error": {"code": "New_Code", "message": null, "field": null, "details": null, "docUrl": null}, "meta": null}`)
	_, err := s.client(t).CheckoutSessions.Get(t.Context(), "cs_01HX")
	got := wantError(t, err, 418, "new_code")
	if want := (plugipay.Error{Status: 418, Code: "new_code", Attempts: 1}); !reflect.DeepEqual(*got, want) {
		t.Errorf("error is %s, want %s", fields(got), fields(&want))
	}
}

// fields prints all fields of an error. Printing the error itself does not.
func fields(err *plugipay.Error) string {
	type everything plugipay.Error // the fields without the methods
	return fmt.Sprintf("%+v", everything(*err))
}

func TestError_WithSuccessfulStatusIsAnError(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, `{"data": null, "error": {"code": "conflict", "message": "ended"}, "meta": {"requestId": "req_1"}}`)
	for _, op := range operations() {
		if err := op.call(t, s.client(t)); !errors.Is(err, plugipay.ErrConflict) {
			t.Errorf("%s: error is %v", op.name, err)
		}
	}
}

func TestResponse_InvalidEnvelopeKeepsItsStatus(t *testing.T) {
	t.Parallel()
	bodies := map[string]string{
		"empty":              "",
		"HTML":               "<html><body>502 Bad Gateway</body></html>",
		"text":               "upstream connect error",
		"truncated":          sessionBody[:len(sessionBody)/2],
		"other JSON":         `{"message": "Not Found"}`,
		"data as a string":   `{"type": "data"}`,
		"nested data":        `{"result": {"data": {"id": "cs_01HX"}}}`,
		"an array":           `[]`,
		"a number":           `42`,
		"null":               `null`,
		"two values":         sessionBody + sessionBody,
		"error as text":      `{"data": null, "error": "boom", "meta": {}}`,
		"error without code": `{"data": null, "error": {"message": "boom"}, "meta": {}}`,
	}
	for name, body := range bodies {
		for _, status := range []int{200, 201, 400, 404, 500, 502} {
			for _, op := range operations() {
				if body == "" && status < 300 && op.name == "DoList" {
					continue // an empty page
				}
				t.Run(fmt.Sprint(op.name, " ", status, " ", name), func(t *testing.T) {
					t.Parallel()
					err := op.call(t, responding(t, status, body).client(t))
					pe := wantError(t, err, status, "invalid_response")
					if strings.Contains(pe.Error(), "Gateway") || strings.Contains(pe.Error(), "upstream") {
						t.Errorf("the error repeats the body: %v", pe)
					}
				})
			}
		}
	}
}

func TestRedirect_InvalidLocationIsNotRepeated(t *testing.T) {
	t.Parallel()
	s := serving(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://%zz")
		w.WriteHeader(302)
	})
	_, err := s.client(t).CheckoutSessions.Get(t.Context(), "cs_01HX")
	if pe := wantError(t, err, 302, "invalid_response"); strings.Contains(pe.Error(), "%zz") {
		t.Errorf("error is %v", err)
	}
}

func TestRedirect_IsNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{300, 301, 302, 303, 304, 307, 308} {
		for _, op := range operations() {
			t.Run(fmt.Sprint(op.name, " ", status), func(t *testing.T) {
				t.Parallel()
				s := serving(t, func(w http.ResponseWriter, r *http.Request) {
					if strings.HasPrefix(r.URL.Path, "/elsewhere") {
						w.WriteHeader(200)
						return
					}
					http.Redirect(w, r, "/elsewhere", status)
				})
				pe := wantError(t, op.call(t, s.client(t)), status, "invalid_response")
				if !strings.Contains(pe.Message, "redirect") {
					t.Errorf("message is %q", pe.Message)
				}
				if n := s.count(); n != 1 {
					t.Errorf("%d requests were sent, want 1", n)
				}
			})
		}
	}
}

func TestResponse_MissingSessionIsAnError(t *testing.T) {
	t.Parallel()
	for _, data := range []string{"null", "{}", `{"new": 1}`, `{"id": ""}`} {
		client := responding(t, 200, `{"data": `+data+`, "error": null, "meta": {"requestId": "req_42"}}`).client(t)
		for _, op := range operations() {
			if op.list || op.name == "Do" {
				continue
			}
			pe := wantError(t, op.call(t, client), 200, "invalid_response")
			if pe.RequestID != "req_42" {
				t.Errorf("%s: request id is %q", op.name, pe.RequestID)
			}
		}
	}
}

func TestResponse_ErrorNamesThePropertyOfWrongType(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, strings.Replace(sessionBody, "19900000", `"secret value"`, 1))
	_, err := s.client(t).CheckoutSessions.Get(t.Context(), "cs_01HX")
	pe := wantError(t, err, 200, "invalid_response")
	if !strings.Contains(pe.Message, "data.amount") || strings.Contains(pe.Error(), "secret value") {
		t.Errorf("message is %q", pe.Message)
	}
	if pe.RequestID != "req_01" {
		t.Errorf("request id is %q", pe.RequestID)
	}
}

func TestMaxResponseBytes_LargerResponseIsAnError(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, `{"data": "`+strings.Repeat("x", 9<<20)+`"}`)
	for _, op := range operations() {
		if pe := wantError(t, op.call(t, s.client(t)), 200, "invalid_response"); !strings.Contains(pe.Message, "larger") {
			t.Errorf("%s: message is %q", op.name, pe.Message)
		}
	}
}

func TestContext_CancelReturnsCanceledAndItsCause(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("the buyer left")
	s := serving(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel(cause)
		<-r.Context().Done()
	})
	_, err := s.client(t).CheckoutSessions.Get(ctx, "cs_01HX")
	wantError(t, err, 0, "canceled")
	for _, target := range []error{plugipay.ErrCanceled, context.Canceled, cause} {
		if !errors.Is(err, target) {
			t.Errorf("errors.Is(%v, %v) is false", err, target)
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		t.Error("a cancel matches context.DeadlineExceeded")
	}
}

func TestContext_EndedContextSendsNothing(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, sessionBody)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.client(t).CheckoutSessions.Create(ctx, validInput())
	if pe := wantError(t, err, 0, "canceled"); pe.Attempts != 0 {
		t.Errorf("Attempts is %d, want 0", pe.Attempts)
	}
	if n := s.count(); n != 0 {
		t.Errorf("%d requests were sent, want 0", n)
	}
}

// dialSilent returns a connection to a server that never responds.
func dialSilent(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	context.AfterFunc(ctx, func() { _ = client.Close(); _ = server.Close() })
	go func() { // read the request, so that the client waits for a response
		buffer := make([]byte, 1024)
		for {
			if _, err := server.Read(buffer); err != nil {
				return
			}
		}
	}()
	return client, nil
}

func TestTimeout_ShortestLimitEndsTheCall(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		timeout  time.Duration
		deadline time.Duration
		takes    time.Duration
		says     string
	}{
		{"the default timeout", 0, 0, 30 * time.Second, "30s (ClientOptions.Timeout)"},
		{"the client's timeout", 5 * time.Second, time.Minute, 5 * time.Second, "5s (ClientOptions.Timeout)"},
		{"the context's deadline", time.Minute, 3 * time.Second, 3 * time.Second, "context's deadline"},
		{"the context's deadline without a timeout", -1, time.Hour, time.Hour, "context's deadline"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := t.Context(), func() {}
				if test.deadline > 0 {
					ctx, cancel = context.WithTimeout(ctx, test.deadline)
				}
				defer cancel()
				transport := &http.Transport{DialContext: dialSilent}
				defer transport.CloseIdleConnections()
				client, err := plugipay.NewClient(plugipay.ClientOptions{
					KeyID: testKeyID, Secret: testSecret, BaseURL: "http://localhost", Timeout: test.timeout, MaxRetries: -1,
					HTTP: &http.Client{Transport: transport},
				})
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				_, err = client.CheckoutSessions.Get(ctx, "cs_01HX")
				if took := time.Since(start); took != test.takes { // virtual time
					t.Errorf("the call took %s, want %s", took, test.takes)
				}
				pe := wantError(t, err, 0, "timeout")
				if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, plugipay.ErrTimeout) {
					t.Errorf("errors.Is does not find the deadline in %v", err)
				}
				if !strings.Contains(pe.Message, test.says) {
					t.Errorf("the message %q does not contain %q", pe.Message, test.says)
				}
			})
		})
	}
}

func TestTimeout_DefaultsToTheHTTPOptionsTimeout(t *testing.T) {
	t.Parallel()
	for timeout, takes := range map[time.Duration]time.Duration{0: 7 * time.Second, 20 * time.Second: 20 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			transport := &http.Transport{DialContext: dialSilent}
			defer transport.CloseIdleConnections()
			client, err := plugipay.NewClient(plugipay.ClientOptions{
				KeyID: testKeyID, Secret: testSecret, BaseURL: "http://localhost", MaxRetries: -1, Timeout: timeout,
				HTTP: &http.Client{Transport: transport, Timeout: 7 * time.Second},
			})
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			_, err = client.CheckoutSessions.Get(t.Context(), "cs_01HX")
			wantError(t, err, 0, "timeout")
			if took := time.Since(start); took != takes {
				t.Errorf("the call took %s, want %s", took, takes)
			}
		})
	}
}

func TestTimeout_OfTransportDoesNotNameClientOptions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		transport := &http.Transport{DialContext: dialSilent, ResponseHeaderTimeout: 2 * time.Second}
		defer transport.CloseIdleConnections()
		client, err := plugipay.NewClient(plugipay.ClientOptions{
			KeyID: testKeyID, Secret: testSecret, BaseURL: "http://localhost", MaxRetries: -1, HTTP: &http.Client{Transport: transport},
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.CheckoutSessions.Get(t.Context(), "cs_01HX")
		pe := wantError(t, err, 0, "timeout")
		var cause net.Error
		if strings.Contains(pe.Message, "ClientOptions") || !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &cause) {
			t.Errorf("error is %v", err)
		}
	})
}

func TestError_CauseIsFoundByErrorsAs(t *testing.T) {
	t.Parallel()
	var syntax *json.SyntaxError
	_, err := responding(t, 200, "<html>").client(t).CheckoutSessions.Get(t.Context(), "cs_01HX")
	if !errors.As(err, &syntax) {
		t.Errorf("the cause of %v is not found", err)
	}
	var unsupported *json.UnsupportedTypeError
	opts := plugipay.RequestOptions{Method: "POST", Path: "/a", Body: make(chan int)}
	err = responding(t, 200, "").client(t).Do(t.Context(), opts, nil)
	if !errors.As(err, &unsupported) {
		t.Errorf("the cause of %v is not found", err)
	}
}

func TestError_RefusedConnectionIsANetworkError(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, sessionBody)
	client := s.client(t)
	s.Close()
	_, err := client.CheckoutSessions.List(t.Context(), plugipay.CheckoutSessionListParams{CustomerID: plugipay.Ptr("cus_secret")})
	wantError(t, err, 0, "network_error")
	var refused *net.OpError
	if !errors.As(err, &refused) {
		t.Errorf("the cause of %v is not found", err)
	}
	if strings.Contains(err.Error(), "cus_secret") {
		t.Errorf("the error contains the customer id: %v", err)
	}
}

func TestError_MessageReportsAServerWithoutTLS(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = discardLog()
	s.Start()
	t.Cleanup(s.Close)
	client, err := plugipay.NewClient(plugipay.ClientOptions{
		KeyID: testKeyID, Secret: testSecret, BaseURL: strings.Replace(s.URL, "http:", "https:", 1), MaxRetries: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.CheckoutSessions.Get(t.Context(), "cs_01HX")
	pe := wantError(t, err, 0, "network_error")
	if !errors.Is(err, http.ErrSchemeMismatch) || !strings.Contains(pe.Message, "HTTPS") {
		t.Errorf("error is %v, its cause %v", err, pe.Unwrap())
	}
}

func TestError_TruncatedResponseKeepsItsStatus(t *testing.T) {
	t.Parallel()
	s := serving(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.WriteHeader(201)
		_, _ = w.Write([]byte(sessionBody[:100]))
	})
	_, err := s.client(t).CheckoutSessions.Create(t.Context(), validInput())
	wantError(t, err, 201, "network_error")
}
