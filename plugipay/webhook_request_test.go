package plugipay_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

func signedRequest(t *testing.T, body, secret string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Plugipay-Signature", plugipay.SignWebhook([]byte(body), secret, time.Now()))
	return r
}

func TestVerifyWebhookRequest_ReturnsTheEvent(t *testing.T) {
	t.Parallel()
	for _, secrets := range [][]string{{webhookSecret}, {"whsec_new", webhookSecret}} {
		event, err := plugipay.VerifyWebhookRequest(signedRequest(t, plainEvent, webhookSecret), secrets...)
		if err != nil || event.ID != "evt_1" {
			t.Errorf("event is %+v, error %v", event, err)
		}
	}
}

func TestVerifyWebhookRequest_JoinsTheHeader(t *testing.T) {
	t.Parallel()
	r := signedRequest(t, plainEvent, webhookSecret)
	r.Header["X-Plugipay-Signature"] = strings.SplitN(r.Header.Get("X-Plugipay-Signature"), ",", 2)
	if _, err := plugipay.VerifyWebhookRequest(r, webhookSecret); err != nil {
		t.Error(err)
	}
}

func TestVerifyWebhookRequest_PutsTheBodyBack(t *testing.T) {
	t.Parallel()
	large := strings.Repeat(" ", 1<<20) + plainEvent
	for name, r := range map[string]*http.Request{
		plainEvent: signedRequest(t, plainEvent, webhookSecret),
		"{}":       signedRequest(t, "{}", webhookSecret),
		"unsigned": httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader("unsigned")),
		large:      signedRequest(t, large, webhookSecret),
	} {
		_, _ = plugipay.VerifyWebhookRequest(r, webhookSecret)
		if body, err := io.ReadAll(r.Body); err != nil || string(body) != name {
			t.Errorf("the body has %d bytes afterward, want %d; error %v", len(body), len(name), err)
		}
	}
}

type closing struct {
	io.Reader
	closed *bool
}

func (c closing) Close() error {
	*c.closed = true
	return nil
}

func TestVerifyWebhookRequest_BodyCanBeClosed(t *testing.T) {
	t.Parallel()
	closed := false
	r := signedRequest(t, plainEvent, webhookSecret)
	r.Body = closing{strings.NewReader(plainEvent), &closed}
	if _, err := plugipay.VerifyWebhookRequest(r, webhookSecret); err != nil || closed {
		t.Fatalf("closed is %t, error %v", closed, err)
	}
	if _ = r.Body.Close(); !closed {
		t.Error("closing the body does not close the original body")
	}
}

func TestVerifyWebhookRequest_Fails(t *testing.T) {
	t.Parallel()
	cut := errors.New("connection reset")
	withBody := func(body io.Reader) *http.Request {
		r := signedRequest(t, plainEvent, webhookSecret)
		r.Body = io.NopCloser(body)
		return r
	}
	nilBody := signedRequest(t, "", webhookSecret)
	nilBody.Body = nil
	limit := strings.Repeat(" ", 1<<20)
	for name, test := range map[string]struct {
		r       *http.Request
		secrets []string
		status  int
		code    string
		cause   error
	}{
		"for a nil request":           {nil, []string{webhookSecret}, 0, "invalid_request", nil},
		"for a nil body":              {nilBody, []string{webhookSecret}, 400, "invalid_payload", nil},
		"for a body of 1 MiB":         {signedRequest(t, limit, webhookSecret), []string{webhookSecret}, 400, "invalid_payload", nil},
		"for a larger body":           {signedRequest(t, limit+" ", webhookSecret), []string{webhookSecret}, 413, "invalid_payload", nil},
		"for an endless body":         {withBody(endless{}), []string{webhookSecret}, 413, "invalid_payload", nil},
		"for a truncated body":        {withBody(io.MultiReader(strings.NewReader("{"), iotest.ErrReader(cut))), []string{webhookSecret}, 400, "invalid_payload", cut},
		"for another body":            {withBody(strings.NewReader("{}")), []string{webhookSecret}, 401, "signature_invalid", nil},
		"without secrets":             {signedRequest(t, plainEvent, webhookSecret), nil, 401, "signature_missing", nil},
		"with an empty secret":        {signedRequest(t, plainEvent, webhookSecret), []string{webhookSecret, ""}, 401, "signature_missing", nil},
		"with a line end in a secret": {signedRequest(t, plainEvent, webhookSecret), []string{webhookSecret + "\n"}, 0, "invalid_request", nil},
	} {
		event, err := plugipay.VerifyWebhookRequest(test.r, test.secrets...)
		wantError(t, err, test.status, test.code)
		if event != nil || test.cause != nil && !errors.Is(err, test.cause) {
			t.Errorf("%s: event is %+v, error %v", name, event, err)
		}
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return copy(p, bytes.Repeat([]byte(" "), len(p))), nil }
