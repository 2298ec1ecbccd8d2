package inbox

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/plugipay/inbox"
	"github.com/plugipay/plugipay-go/sandbox"
)

const secret = "whsec_test"

// sent is a delivery of an event.
type sent struct{ body, signature string }

// event returns a delivery about a session, signed with a secret.
func event(name plugipay.EventName, secret string, change func(*plugipay.CheckoutSession)) sent {
	body, signature := sandbox.SampleEvent(name, secret, change)
	return sent{string(body), signature}
}

// deliver sends an event to a handler over HTTP, and returns the status of the response.
func deliver(t *testing.T, url string, e sent) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(e.body))
	require(t, err)
	request.Header.Set("X-Plugipay-Signature", e.signature)
	response, err := http.DefaultClient.Do(request)
	require(t, err)
	defer func() { _ = response.Body.Close() }()
	return response.StatusCode
}

// quiet ignores the errors of responses other than 200.
func quiet(*http.Request, error) {}

// endpoint serves a handler and returns its URL.
func endpoint(t *testing.T, handler http.Handler, err error) string {
	t.Helper()
	require(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

type handle = func(context.Context, *sql.Tx, *plugipay.WebhookEvent) error

// TestHandler_HandlesEachEventOnce delivers an event several times. Each response is 200.
func TestHandler_HandlesEachEventOnce(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		handler, err := s.Handler(plugipay.WebhookHandlerOptions{Secrets: []string{secret}, OnError: quiet},
			func(ctx context.Context, tx *sql.Tx, event *plugipay.WebhookEvent) error {
				return s.ship("order")(ctx, tx)
			})
		url := endpoint(t, handler, err)
		e := event(plugipay.EventCheckoutSessionCompleted, secret, nil)
		atOnce(10, func(int) {
			if status := deliver(t, url, e); status != 200 {
				t.Errorf("status %d", status)
			}
		})
		s.wantShipped(t, "order", 1)
		if status := deliver(t, url, event(plugipay.EventCheckoutSessionCompleted, "whsec_other", nil)); status != 401 {
			t.Errorf("another secret: status %d", status)
		}
		s.wantShipped(t, "order", 1)
	})
}

// TestHandler_FailureIsDeliveredAgain has a handler that fails, panics and ends its goroutine. No failure leaves an effect, and
// the next delivery is handled.
func TestHandler_FailureIsDeliveredAgain(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		var mu sync.Mutex
		failures := []func() error{
			func() error { return errors.New("no stock") },
			func() error { panic("no stock") },
			func() error { runtime.Goexit(); return nil },
			func() error { return nil },
		}
		handler, err := s.Handler(plugipay.WebhookHandlerOptions{Secrets: []string{secret}, OnError: quiet},
			func(ctx context.Context, tx *sql.Tx, event *plugipay.WebhookEvent) error {
				if err := s.ship("order")(ctx, tx); err != nil {
					return err
				}
				mu.Lock()
				defer mu.Unlock()
				fail := failures[0]
				failures = failures[1:]
				return fail()
			})
		url := endpoint(t, handler, err)
		e := event(plugipay.EventCheckoutSessionCompleted, secret, nil)
		for n, want := range []int{500, 500, 500, 200, 200} {
			if status := deliver(t, url, e); status != want {
				t.Errorf("delivery %d: status %d, want %d", n, status, want)
			}
		}
		s.wantShipped(t, "order", 1)
	})
}

// TestHandler_SlowWorkFinishes closes the connection of the first delivery while the handler runs. The second delivery waits for
// the handler, and its response is 200.
func TestHandler_SlowWorkFinishes(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		began, finish := make(chan struct{}), make(chan struct{})
		handler, err := s.Handler(plugipay.WebhookHandlerOptions{Secrets: []string{secret}, OnError: quiet},
			func(ctx context.Context, tx *sql.Tx, event *plugipay.WebhookEvent) error {
				close(began)
				<-finish
				return s.ship("order")(ctx, tx)
			})
		url := endpoint(t, handler, err)
		e := event(plugipay.EventCheckoutSessionCompleted, secret, nil)
		sender, cancel := context.WithCancel(t.Context())
		request, err := http.NewRequestWithContext(sender, http.MethodPost, url, strings.NewReader(e.body))
		require(t, err)
		request.Header.Set("X-Plugipay-Signature", e.signature)
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			if response, err := http.DefaultClient.Do(request); err == nil {
				_ = response.Body.Close()
			}
		}()
		<-began
		cancel()
		<-gone
		second := make(chan int, 1)
		go func() { second <- deliver(t, url, e) }()
		close(finish)
		if status := <-second; status != 200 {
			t.Errorf("the second delivery: status %d, want 200", status)
		}
		s.wantShipped(t, "order", 1)
	})
}

// TestHandler_503OnlyWhenTimeoutIsOver delivers an event while another process handles it.
func TestHandler_503OnlyWhenTimeoutIsOver(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		e := event(plugipay.EventCheckoutSessionCompleted, secret, nil)
		s.child(t, "inside", eventID(t, e), "")
		in := s.inbox(t, s.open(t, s.server.Port), inbox.Options{Timeout: 300 * time.Millisecond})
		handler, err := in.Handler(plugipay.WebhookHandlerOptions{Secrets: []string{secret}, OnError: quiet},
			func(ctx context.Context, tx *sql.Tx, event *plugipay.WebhookEvent) error { return nil })
		if status := deliver(t, endpoint(t, handler, err), e); status != 503 {
			t.Errorf("status %d", status)
		}
	})
}

func eventID(t *testing.T, e sent) string {
	t.Helper()
	read, err := plugipay.VerifyWebhook([]byte(e.body), e.signature, secret, nil)
	require(t, err)
	return read.ID
}

// TestHandler_KeysByAccountWithSecretsFor has two merchants that sign events with the same id. An event that one merchant signed
// about another merchant's session is refused.
func TestHandler_KeysByAccountWithSecretsFor(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		secrets := map[string][]string{"acc_A": {"whsec_A"}, "acc_B": {"whsec_B"}}
		handler, err := s.Handler(plugipay.WebhookHandlerOptions{OnError: quiet, SecretsFor: func(_ context.Context, account string) ([]string, error) {
			return secrets[account], nil
		}}, func(ctx context.Context, tx *sql.Tx, event *plugipay.WebhookEvent) error {
			return s.ship(event.AccountID)(ctx, tx)
		})
		url := endpoint(t, handler, err)
		of := func(account, session, secret string) sent {
			body := `{"id":"evt_1","type":"plugipay.checkout_session.completed.v1","accountId":"` + account +
				`","data":{"object":{"id":"cs_1","accountId":"` + session + `","status":"completed","amount":1,"currency":"IDR"}}}`
			return sent{body, plugipay.SignWebhook([]byte(body), secret, time.Now())}
		}
		for name, test := range map[string]struct {
			e    sent
			want int
		}{
			"from A":                           {of("acc_A", "acc_A", "whsec_A"), 200},
			"from B with the same id":          {of("acc_B", "acc_B", "whsec_B"), 200},
			"from B signed by A":               {of("acc_B", "acc_B", "whsec_A"), 401},
			"from B about a session of A":      {of("acc_B", "acc_A", "whsec_B"), 401},
			"from an account without a secret": {of("acc_C", "acc_C", "whsec_A"), 401},
		} {
			if status := deliver(t, url, test.e); status != test.want {
				t.Errorf("%s: status %d, want %d", name, status, test.want)
			}
		}
		s.wantShipped(t, "acc_A", 1)
		s.wantShipped(t, "acc_B", 1)
		s.wantOnceKeys(t, "acc_A/evt_1", "acc_B/evt_1")
	})
}

// wantOnceKeys checks that the keys are recorded.
func (s *shop) wantOnceKeys(t *testing.T, keys ...string) {
	t.Helper()
	for _, key := range keys {
		s.wantOnce(t, key, false)
	}
}

func TestHandler_RefusesOptionsThatTheInboxSets(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		ok := func(context.Context, *sql.Tx, *plugipay.WebhookEvent) error { return nil }
		for name, test := range map[string]struct {
			opts   plugipay.WebhookHandlerOptions
			handle handle
		}{
			"handle":  {plugipay.WebhookHandlerOptions{Secrets: []string{secret}}, nil},
			"Handle":  {plugipay.WebhookHandlerOptions{Secrets: []string{secret}, Handle: func(context.Context, *plugipay.WebhookEvent) error { return nil }}, ok},
			"Timeout": {plugipay.WebhookHandlerOptions{Secrets: []string{secret}, Timeout: time.Second}, ok},
			"Secrets": {plugipay.WebhookHandlerOptions{}, ok},
		} {
			if handler, err := s.Handler(test.opts, test.handle); handler != nil || !errors.Is(err, plugipay.ErrInvalidRequest) || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: handler %v, error %v", name, handler, err)
			}
			if _, err := s.Sessions(s.record).Handler(test.opts); name != "handle" && !errors.Is(err, plugipay.ErrInvalidRequest) {
				t.Errorf("%s of Sessions: error %v", name, err)
			}
		}
	})
}

// TestSessionsHandler_DecidesByStatus checks that the session's status decides, not the event's name. The response to other
// events is 200.
func TestSessionsHandler_DecidesByStatus(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		handler, err := s.Sessions(s.record).Handler(plugipay.WebhookHandlerOptions{Secrets: []string{secret}, OnError: quiet})
		url := endpoint(t, handler, err)
		about := func(id string, status plugipay.CheckoutSessionStatus) func(*plugipay.CheckoutSession) {
			return func(session *plugipay.CheckoutSession) { session.ID, session.Status = id, status }
		}
		for n, e := range []sent{
			event(plugipay.EventCheckoutSessionExpired, secret, about("cs_1", plugipay.CheckoutSessionStatusCompleted)),
			event(plugipay.EventCheckoutSessionExpired, secret, about("cs_1", plugipay.CheckoutSessionStatusExpired)),
			event(plugipay.EventCheckoutSessionCompleted, secret, about("cs_2", plugipay.CheckoutSessionStatusOpen)),
			event(plugipay.EventCheckoutSessionAsyncPaymentFailed, secret, about("cs_3", plugipay.CheckoutSessionStatusFailed)),
			otherEvent("refund.succeeded"),
			otherEvent("plugipay.refund.succeeded.v1"),
		} {
			if status := deliver(t, url, e); status != 200 {
				t.Errorf("event %d: status %d", n, status)
			}
		}
		for id, want := range map[string][]string{"cs_1": {"completed"}, "cs_2": nil, "cs_3": {"failed"}} {
			if got := s.handled(t, id); !slices.Equal(got, want) {
				t.Errorf("%s was handled as %v, want %v", id, got, want)
			}
		}
	})
}

// otherEvent returns a delivery of an event about something else.
func otherEvent(name string) sent {
	body := `{"id":"evt_` + name + `","type":"` + name + `","data":{"object":{"id":"re_1"}}}`
	return sent{body, plugipay.SignWebhook([]byte(body), secret, time.Now())}
}

// TestSessionsHandler_HandlesSandboxPaymentOnce reports one payment by an event, its duplicate and the reconciliation.
func TestSessionsHandler_HandlesSandboxPaymentOnce(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *shop) {
		sessions := s.Sessions(s.record)
		handler, err := sessions.Handler(plugipay.WebhookHandlerOptions{Secrets: []string{secret}, OnError: quiet})
		m := openMarket(t)
		require(t, m.box.AddEndpoint(sandbox.Endpoint{URL: endpoint(t, handler, err), Secret: secret}))
		require(t, m.box.InjectDelivery(sandbox.DeliveryFault{Kind: sandbox.FaultTwice}))
		id := m.session(t, "completed")
		require(t, m.box.WaitDelivered(t.Context()))
		paid, err := m.CheckoutSessions.Get(t.Context(), id)
		require(t, err)
		if ran, err := sessions.Ended(t.Context(), paid); ran || err != nil {
			t.Errorf("Ended ran: %t, error %v", ran, err)
		}
		if found, err := sessions.Reconcile(t.Context(), m.Client, time.Time{}); err != nil || found.Handled != 0 || found.Ended != 1 {
			t.Errorf("found %+v, error %v", found, err)
		}
		if got := s.handled(t, id); !slices.Equal(got, []string{"completed"}) {
			t.Errorf("handled as %v", got)
		}
	})
}
