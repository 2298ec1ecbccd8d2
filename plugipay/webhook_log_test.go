package plugipay_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
)

func TestWebhookHandler_LogsFailures(t *testing.T) { // not parallel: it changes the default logger
	before := slog.Default()
	defer slog.SetDefault(before)
	event, large := eventBody("evt_1"), eventBody("evt_1")+strings.Repeat(" ", 2<<10)
	failing := func(err error) func(*plugipay.WebhookHandlerOptions) {
		return func(o *plugipay.WebhookHandlerOptions) {
			o.Handle = func(context.Context, *plugipay.WebhookEvent) error { return err }
		}
	}
	for name, c := range map[string]struct {
		body, secret string
		change       func(*plugipay.WebhookHandlerOptions)
		logged       []string
	}{
		"another secret is a warning":             {event, "whsec_other", failing(nil), []string{"level=WARN", "signature_invalid", "status=401"}},
		"a body that is too large is a warning":   {large, webhookSecret, failing(nil), []string{"level=WARN", "larger than 1024 bytes"}},
		"a signed body that is not an event":      {"{}", webhookSecret, failing(nil), []string{"level=ERROR", "invalid_payload"}},
		"an event that was not handled":           {event, webhookSecret, failing(errors.New("no database")), []string{"level=ERROR", "no database", "eventId=evt_1", "type=checkout_session.completed", "duration="}},
		"an *Error with 503 is logged":            {event, webhookSecret, failing(&plugipay.Error{Status: 503}), []string{"level=ERROR", "status=503"}},
		"an *Error of a call is logged":           {event, webhookSecret, failing(&plugipay.Error{Code: "not_found"}), []string{"level=ERROR", "not_found", "status=500"}},
		"a success is not logged":                 {event, webhookSecret, failing(nil), nil},
		"a session of another account":            {merchantEvent("evt_1", "acc_B", "acc_A"), "whsec_B", platform, []string{"level=ERROR", "status=401"}},
		"the account is in the log":               {merchantEvent("evt_1", "acc_B", "acc_B"), "whsec_B", func(o *plugipay.WebhookHandlerOptions) { platform(o); failing(errors.New("x"))(o) }, []string{"accountId=acc_B"}},
		"a failing lookup is an error":            {merchantEvent("evt_1", "acc_down", ""), "whsec_B", platform, []string{"level=ERROR", "database is away", "acc_down"}},
		"an unknown account is a warning":         {merchantEvent("evt_1", "acc_C", ""), "whsec_B", platform, []string{"level=WARN", "signature_missing"}},
		"a panicking OnError is logged with both": {event, webhookSecret, func(o *plugipay.WebhookHandlerOptions) { failing(errors.New("no database"))(o); o.OnError = panicking }, []string{"level=ERROR", "no database", "OnError failed: panic: out of paper", "eventId=evt_1"}},
	} {
		var log bytes.Buffer
		slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
		handler := newHandler(t, nil, func(o *plugipay.WebhookHandlerOptions) {
			o.OnError, o.MaxBodyBytes = nil, 1<<10
			c.change(o)
		})
		serveSigned(t.Context(), handler, c.body, c.secret)
		if c.logged == nil && log.Len() > 0 {
			t.Errorf("%s: the log is %s, want nothing", name, log.String())
		}
		for _, part := range c.logged {
			if !strings.Contains(log.String(), part) {
				t.Errorf("%s: the log is %s, want %s in it", name, log.String(), part)
			}
		}
	}
}

func platform(o *plugipay.WebhookHandlerOptions) { o.Secrets, o.SecretsFor = nil, platformSecrets }

func panicking(*http.Request, error) { panic("out of paper") }

func TestWebhookHandler_PanicInOnErrorAllowsARetry(t *testing.T) {
	t.Parallel()
	results := make(chan error, 2)
	results <- errors.New("no database")
	results <- nil
	handler := newHandler(t, func(context.Context, *plugipay.WebhookEvent) error { return <-results },
		func(o *plugipay.WebhookHandlerOptions) { o.OnError = panicking })
	for _, want := range []int{500, 200} {
		if status := serve(t.Context(), handler, eventBody("evt_1")); status != want {
			t.Errorf("status is %d, want %d", status, want)
		}
	}
}
