package plugipay_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// endpoint is a webhook endpoint over real HTTP. It records the events and errors of its handler.
type endpoint struct {
	t   *testing.T
	url string

	mu      sync.Mutex
	handled []string // ids
	errs    []error
}

// newEndpoint starts an endpoint. A nil handle always succeeds. change changes the options.
func newEndpoint(
	t *testing.T, handle func(context.Context, *plugipay.WebhookEvent) error, change ...func(*plugipay.WebhookHandlerOptions),
) *endpoint {
	t.Helper()
	e := &endpoint{t: t}
	opts := plugipay.WebhookHandlerOptions{
		Secrets: []string{webhookSecret},
		Handle: func(ctx context.Context, event *plugipay.WebhookEvent) error {
			e.mu.Lock()
			e.handled = append(e.handled, event.ID)
			e.mu.Unlock()
			if handle != nil {
				return handle(ctx, event)
			}
			return nil
		},
		OnError: func(_ *http.Request, err error) {
			e.mu.Lock()
			e.errs = append(e.errs, err)
			e.mu.Unlock()
		},
	}
	for _, c := range change {
		c(&opts)
	}
	handler, err := plugipay.NewWebhookHandler(opts)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	e.url = server.URL
	return e
}

func eventBody(id string) string {
	return `{"id": "` + id + `", "type": "checkout_session.completed", "data": ` + sessionJSON + `}`
}

// deliver sends a body signed with the secret, and returns the status.
func (e *endpoint) deliver(body, secret string) int {
	e.t.Helper()
	return e.post(body, http.Header{"X-Plugipay-Signature": {plugipay.SignWebhook([]byte(body), secret, time.Now())}})
}

func (e *endpoint) post(body string, header http.Header) int {
	e.t.Helper()
	r, err := http.NewRequestWithContext(e.t.Context(), http.MethodPost, e.url, strings.NewReader(body))
	if err != nil {
		e.t.Fatal(err)
	}
	r.Header = header
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		e.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

func (e *endpoint) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.handled)
}

func TestWebhookHandler_HandlesARepeatedEventOnce(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, nil)
	for range 3 {
		if status := e.deliver(eventBody("evt_1"), webhookSecret); status != 200 {
			t.Errorf("status is %d, want 200", status)
		}
	}
	if status := e.deliver(eventBody("evt_2"), webhookSecret); status != 200 || e.count() != 2 || len(e.errs) != 0 {
		t.Errorf("status is %d, handled %v, errors %v", status, e.handled, e.errs)
	}
}

func TestWebhookHandler_HandlesAFailedEventAgain(t *testing.T) {
	t.Parallel()
	failures := map[string]func() error{
		"an error":        func() error { return errors.New("no database") },
		"a panic":         func() error { panic("nil map") },
		"ErrAbortHandler": func() error { panic(http.ErrAbortHandler) },
		"a Goexit":        func() error { runtime.Goexit(); return nil },
		"a wrapped error": func() error { return fmt.Errorf("shop: %w", context.Canceled) },
	}
	for name, fail := range failures {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var e *endpoint
			e = newEndpoint(t, func(context.Context, *plugipay.WebhookEvent) error {
				if e.count() < 3 {
					return fail()
				}
				return nil
			})
			for delivery, want := range []int{500, 500, 200, 200} {
				if status := e.deliver(eventBody("evt_1"), webhookSecret); status != want {
					t.Errorf("the response to delivery %d is %d, want %d", delivery+1, status, want)
				}
			}
			if e.count() != 3 || len(e.errs) != 2 || !strings.Contains(e.errs[0].Error(), "evt_1") {
				t.Errorf("handled %d times, errors %v", e.count(), e.errs)
			}
		})
	}
}

func TestWebhookHandler_RefusesOtherDeliveries(t *testing.T) {
	t.Parallel()
	good := eventBody("evt_1")
	signed := func(body, secret string, at time.Time) http.Header {
		return http.Header{"X-Plugipay-Signature": {plugipay.SignWebhook([]byte(body), secret, at)}}
	}
	now := time.Now()
	tests := map[string]struct {
		body   string
		header http.Header
		status int
	}{
		"no header":         {good, http.Header{}, 401},
		"an empty header":   {good, http.Header{"X-Plugipay-Signature": {""}}, 401},
		"garbage":           {good, http.Header{"X-Plugipay-Signature": {"garbage"}}, 401},
		"another secret":    {good, signed(good, "whsec_other", now), 401},
		"an empty secret":   {good, signed(good, "", now), 401},
		"another body":      {eventBody("evt_2"), signed(good, webhookSecret, now), 401},
		"an old delivery":   {good, signed(good, webhookSecret, now.Add(-time.Hour)), 401},
		"a future delivery": {good, signed(good, webhookSecret, now.Add(time.Hour)), 401},
		"not JSON":          {"x", signed("x", webhookSecret, now), 400},
		"not an event":      {"{}", signed("{}", webhookSecret, now), 400},
		"an empty body":     {"", signed("", webhookSecret, now), 400},
		"larger than 1 MiB": {strings.Repeat(" ", 1<<20+1), signed(strings.Repeat(" ", 1<<20+1), webhookSecret, now), 413},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEndpoint(t, nil)
			if status := e.post(test.body, test.header); status != test.status || e.count() != 0 || len(e.errs) != 1 {
				t.Errorf("status is %d, want %d; handled %v, errors %v", status, test.status, e.handled, e.errs)
			}
		})
	}
}

func TestWebhookHandler_TakesPOSTOnly(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, nil)
	resp, err := http.Get(e.url)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 405 || resp.Header.Get("Allow") != "POST" || e.count() != 0 {
		t.Errorf("status is %d, Allow %q", resp.StatusCode, resp.Header.Get("Allow"))
	}
}

func TestWebhookHandler_ReadsUpToMaxBodyBytes(t *testing.T) {
	t.Parallel()
	body := eventBody("evt_1")
	for limit, want := range map[int64]int{int64(len(body)): 200, int64(len(body)) - 1: 413, 0: 200, -1: 200} {
		e := newEndpoint(t, nil, func(o *plugipay.WebhookHandlerOptions) { o.MaxBodyBytes = limit })
		if status := e.deliver(body, webhookSecret); status != want {
			t.Errorf("with a limit of %d the status is %d, want %d", limit, status, want)
		}
	}
}

func TestWebhookHandler_ReadsBothNamesOfTheHeader(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"X-Plugipay-Signature", "Plugipay-Signature"} {
		e := newEndpoint(t, nil)
		body := eventBody("evt_1")
		header := http.Header{}
		header.Set(name, plugipay.SignWebhook([]byte(body), webhookSecret, time.Now()))
		if status := e.post(body, header); status != 200 || e.count() != 1 {
			t.Errorf("%s: status is %d", name, status)
		}
	}
}

func TestWebhookHandler_AcceptsEachOfItsSecrets(t *testing.T) {
	t.Parallel()
	secrets := []string{"whsec_old", "whsec_new"}
	e := newEndpoint(t, nil, func(o *plugipay.WebhookHandlerOptions) { o.Secrets = secrets })
	secrets[0] = "changed later"
	for secret, want := range map[string]int{"whsec_old": 200, "whsec_new": 200, "whsec_other": 401, "changed later": 401} {
		if status := e.deliver(eventBody("evt_"+secret), secret); status != want {
			t.Errorf("%s: status is %d, want %d", secret, status, want)
		}
	}
}

func TestNewWebhookHandler_RefusesOptions(t *testing.T) {
	t.Parallel()
	handle := func(context.Context, *plugipay.WebhookEvent) error { return nil }
	lookup := func(context.Context, string) ([]string, error) { return nil, nil }
	for name, test := range map[string]struct {
		opts plugipay.WebhookHandlerOptions
		says string
	}{
		"without secrets":           {plugipay.WebhookHandlerOptions{Handle: handle}, "empty"},
		"with an empty secret":      {plugipay.WebhookHandlerOptions{Handle: handle, Secrets: []string{"whsec_1", ""}}, "empty"},
		"with a line end":           {plugipay.WebhookHandlerOptions{Handle: handle, Secrets: []string{"whsec_1", "whsec_test\n"}}, "begins or ends with white space, as a secret read from a file may"},
		"with a leading space":      {plugipay.WebhookHandlerOptions{Handle: handle, Secrets: []string{" whsec_test"}}, "white space"},
		"with a blank secret":       {plugipay.WebhookHandlerOptions{Handle: handle, Secrets: []string{" \t"}}, "white space"},
		"with both kinds":           {plugipay.WebhookHandlerOptions{Handle: handle, Secrets: []string{"whsec_1"}, SecretsFor: lookup}, "both"},
		"without a function Handle": {plugipay.WebhookHandlerOptions{Secrets: []string{"whsec_1"}}, "Handle"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler, err := plugipay.NewWebhookHandler(test.opts)
			pe := wantError(t, err, 0, "invalid_request")
			if handler != nil || !strings.Contains(pe.Message, test.says) || strings.Contains(pe.Message, "whsec") {
				t.Errorf("handler is %v, error %v", handler, pe)
			}
		})
	}
}

// TestWebhookHandler_SecondDeliveryWaits checks that a second delivery of an event waits and gets the result of the first.
func TestWebhookHandler_SecondDeliveryWaits(t *testing.T) {
	t.Parallel()
	busy := &plugipay.Error{Status: 503, Code: "service_unavailable", Message: "the database is down"}
	for name, test := range map[string]struct {
		result       error
		status, next int // of both deliveries, and of a later one
	}{
		"for a success":          {nil, 200, 200},
		"for a failure":          {errors.New("no database"), 500, 200},
		"for an *Error with 503": {fmt.Errorf("shop: %w", busy), 503, 200},
		"for an *Error with 404": {&plugipay.Error{Status: 404, Code: "not_found"}, 500, 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				handled := 0
				finish := make(chan error, 1)
				handler := newHandler(t, func(context.Context, *plugipay.WebhookEvent) error {
					handled++
					return <-finish
				})
				statuses := make(chan int, 2)
				for range 2 {
					go func() { statuses <- serve(t.Context(), handler, eventBody("evt_1")) }()
				}
				synctest.Wait()
				if len(statuses) != 0 || handled != 1 {
					t.Fatalf("%d responses during the handling, want 0; handled %d times, want 1", len(statuses), handled)
				}
				finish <- test.result
				for range 2 {
					if status := <-statuses; status != test.status {
						t.Errorf("status is %d, want %d", status, test.status)
					}
				}
				finish <- nil
				if status := serve(t.Context(), handler, eventBody("evt_1")); status != test.next {
					t.Errorf("status of the next delivery is %d, want %d", status, test.next)
				}
			})
		})
	}
}

func TestWebhookHandler_WaitEndsWithTheSender(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		finish := make(chan error)
		var reported []error
		handler := newHandler(t, func(context.Context, *plugipay.WebhookEvent) error { return <-finish },
			func(o *plugipay.WebhookHandlerOptions) {
				o.OnError = func(_ *http.Request, err error) { reported = append(reported, err) }
			})
		first := make(chan int)
		go func() { first <- serve(t.Context(), handler, eventBody("evt_1")) }()
		synctest.Wait()
		senderCtx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if status := serve(senderCtx, handler, eventBody("evt_1")); status != 503 {
			t.Errorf("status of the second delivery is %d, want 503", status)
		}
		finish <- nil
		if status := <-first; status != 200 {
			t.Errorf("status of the first delivery is %d, want 200", status)
		}
		if len(reported) != 1 || !errors.Is(reported[0], context.DeadlineExceeded) ||
			!errors.Is(reported[0], plugipay.ErrServiceUnavailable) {
			t.Errorf("errors are %v", reported)
		}
	})
}

// TestWebhookHandler_SlowHandleFinishes checks that Handle can take longer than the sender waits. Handle takes 12 seconds and
// obeys its context. The sender waits for 10 seconds.
func TestWebhookHandler_SlowHandleFinishes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		done := 0
		handler := newHandler(t, func(ctx context.Context, _ *plugipay.WebhookEvent) error {
			select {
			case <-time.After(12 * time.Second):
				done++
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		for range 2 {
			senderCtx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			serve(senderCtx, handler, eventBody("evt_1"))
			cancel()
		}
		if status := serve(t.Context(), handler, eventBody("evt_1")); status != 200 || done != 1 {
			t.Errorf("status is %d, done %d times", status, done)
		}
	})
}

func TestWebhookHandler_TimeoutEndsTheContext(t *testing.T) {
	t.Parallel()
	type key struct{}
	for name, test := range map[string]struct {
		timeout, lasts time.Duration
		want           error // the error of Handle's context
	}{
		"the default":            {0, 30 * time.Second, context.DeadlineExceeded},
		"a timeout of 5 seconds": {5 * time.Second, 5 * time.Second, context.DeadlineExceeded},
		"less than zero":         {-1, 10 * time.Second, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				started := time.Now()
				handler := newHandler(t, func(ctx context.Context, _ *plugipay.WebhookEvent) error {
					<-ctx.Done()
					if lasted := time.Since(started); lasted != test.lasts || ctx.Err() != test.want || ctx.Value(key{}) != "value" {
						t.Errorf("the context ended after %s with %v and has the value %v", lasted, ctx.Err(), ctx.Value(key{}))
					}
					return ctx.Err()
				}, func(o *plugipay.WebhookHandlerOptions) { o.Timeout = test.timeout })
				ctx, disconnect := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
				time.AfterFunc(10*time.Second, disconnect)
				if status := serve(ctx, handler, eventBody("evt_1")); status != 500 {
					t.Errorf("status is %d, want 500", status)
				}
				disconnect()
			})
		})
	}
}

func TestWebhookHandler_NegativeTimeoutRemembersNothing(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, nil, func(o *plugipay.WebhookHandlerOptions) { o.Timeout = -1 })
	for range 2 {
		if status := e.deliver(eventBody("evt_1"), webhookSecret); status != 200 {
			t.Errorf("status is %d, want 200", status)
		}
	}
	if e.count() != 2 {
		t.Errorf("handled %v", e.handled)
	}
}

func TestWebhookHandler_RemembersTheLastEvents(t *testing.T) {
	t.Parallel()
	handled := map[string]int{}
	handler := newHandler(t, func(_ context.Context, event *plugipay.WebhookEvent) error {
		handled[event.ID]++
		return nil
	})
	deliver := func(number int) string {
		id := fmt.Sprint("evt_", number)
		if status := serve(t.Context(), handler, `{"id":"`+id+`","type":"a.b"}`); status != 200 {
			t.Fatalf("status is %d, want 200", status)
		}
		return id
	}
	const events = 12_000
	for number := range events {
		deliver(number)
	}
	for _, test := range []struct{ number, handled int }{{events - 1, 1}, {events - 10_000, 1}, {events - 10_001, 2}, {0, 2}} {
		if id := deliver(test.number); handled[id] != test.handled {
			t.Errorf("%s is handled %d times, want %d", id, handled[id], test.handled)
		}
	}
}

func TestWebhookHandler_PanicHasCauseAndStack(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, func(context.Context, *plugipay.WebhookEvent) error {
		panic(fmt.Errorf("shop: %w", io.ErrUnexpectedEOF))
	})
	if status := e.deliver(eventBody("evt_1"), webhookSecret); status != 500 || len(e.errs) != 1 {
		t.Fatalf("status is %d, errors %v", status, e.errs)
	}
	if text := e.errs[0].Error(); !errors.Is(e.errs[0], io.ErrUnexpectedEOF) || !strings.Contains(text, "webhook_handler_test.go:") {
		t.Errorf("error is %s", text)
	}
}

func TestWebhookHandler_NilBodyIsEmpty(t *testing.T) {
	t.Parallel()
	handler := newHandler(t, nil)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
	r.Body = nil
	r.Header.Set("X-Plugipay-Signature", plugipay.SignWebhook(nil, webhookSecret, time.Now()))
	w := httptest.NewRecorder()
	if handler.ServeHTTP(w, r); w.Code != 400 {
		t.Errorf("status is %d", w.Code)
	}
}

func TestWebhookHandler_SplitSignatureIsJoined(t *testing.T) {
	t.Parallel()
	body := eventBody("evt_1")
	good := plugipay.SignWebhook([]byte(body), webhookSecret, time.Now())
	timestamp, v1, _ := strings.Cut(good, ",")
	bad := plugipay.SignWebhook([]byte(body), "whsec_other", time.Now())
	for name, test := range map[string]struct {
		header http.Header
		status int
	}{
		"at its comma":              {http.Header{"X-Plugipay-Signature": {timestamp, v1}}, 200},
		"at its comma, reversed":    {http.Header{"X-Plugipay-Signature": {v1, timestamp}}, 200},
		"with a repeated line":      {http.Header{"X-Plugipay-Signature": {good, good}}, 200},
		"as one line, repeated":     {http.Header{"X-Plugipay-Signature": {good + ", " + good}}, 200},
		"a bad line first":          {http.Header{"X-Plugipay-Signature": {bad, good}}, 200},
		"a bad line last":           {http.Header{"X-Plugipay-Signature": {good, bad}}, 200},
		"garbage first":             {http.Header{"X-Plugipay-Signature": {"garbage", good}}, 200},
		"an empty line first":       {http.Header{"X-Plugipay-Signature": {"", good}}, 200},
		"of both names":             {http.Header{"X-Plugipay-Signature": {good}, "Plugipay-Signature": {good}}, 200},
		"a bad line of one name":    {http.Header{"X-Plugipay-Signature": {bad}, "Plugipay-Signature": {good}}, 200},
		"split over both names":     {http.Header{"X-Plugipay-Signature": {timestamp}, "Plugipay-Signature": {v1}}, 200},
		"two times over two lines":  {http.Header{"X-Plugipay-Signature": {timestamp, good}}, 401},
		"a bad line alone":          {http.Header{"X-Plugipay-Signature": {bad, bad}}, 401},
		"a time without a v1 first": {http.Header{"X-Plugipay-Signature": {"t=1", timestamp, v1}}, 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if status := newEndpoint(t, nil).post(body, test.header); status != test.status {
				t.Errorf("status is %d, want %d", status, test.status)
			}
		})
	}
}

func TestWebhookHandler_MalformedPropertiesAreHandled(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"id":"evt_1","type":"checkout_session.completed","data":{"id":"cs_1"},"previousAttributes":[]}`,
		`{"id":"evt_1","type":"checkout_session.completed","data":{"id":"cs_1"},"createdAt":1790000000}`,
		`{"id":"evt_1","type":"checkout_session.completed","data":{"id":"cs_1"},"workspaceId":{}}`,
		`{"id":"evt_1","type":"plugipay.checkout_session.completed.v1","accountId":7,"data":[]}`,
	} {
		if e := newEndpoint(t, nil); e.deliver(body, webhookSecret) != 200 || e.count() != 1 {
			t.Errorf("%s is not handled: %v", body, e.errs)
		}
	}
}

// newHandler returns a handler to call without a network. A nil handle always succeeds.
func newHandler(
	t *testing.T, handle func(context.Context, *plugipay.WebhookEvent) error, change ...func(*plugipay.WebhookHandlerOptions),
) *plugipay.WebhookHandler {
	t.Helper()
	opts := plugipay.WebhookHandlerOptions{
		Secrets: []string{webhookSecret},
		Handle: func(ctx context.Context, event *plugipay.WebhookEvent) error {
			if handle == nil {
				return nil
			}
			return handle(ctx, event)
		},
		OnError: func(*http.Request, error) {},
	}
	for _, c := range change {
		c(&opts)
	}
	handler, err := plugipay.NewWebhookHandler(opts)
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

// serve passes a signed body to a handler, and returns the status of its response.
func serve(ctx context.Context, handler http.Handler, body string) int {
	return serveSigned(ctx, handler, body, webhookSecret)
}

func serveSigned(ctx context.Context, handler http.Handler, body, secret string) int {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Plugipay-Signature", plugipay.SignWebhook([]byte(body), secret, time.Now()))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Code
}

func TestWebhookHandler_PrintsNoSecret(t *testing.T) {
	t.Parallel()
	opts := plugipay.WebhookHandlerOptions{
		Secrets: []string{"whsec_hush"},
		Handle:  func(context.Context, *plugipay.WebhookEvent) error { return nil },
	}
	handler, err := plugipay.NewWebhookHandler(opts)
	if err != nil {
		t.Fatal(err)
	}
	wantNoSecret(t, opts, usualVerbs)
	wantNoSecret(t, &opts, usualVerbs)
	wantNoSecret(t, handler, usualVerbs)
}
