package plugipay_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// endpoint is a webhook endpoint over real HTTP. It counts what its handler does.
type endpoint struct {
	t   *testing.T
	url string

	mu      sync.Mutex
	handled []string // ids
	errs    []error
}

// newEndpoint starts an endpoint; handle may be nil for one that always succeeds, change changes the options before.
func newEndpoint(t *testing.T, handle func(context.Context, *plugipay.WebhookEvent) error, change ...func(*plugipay.WebhookHandlerOptions)) *endpoint {
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

func TestAnEventIsHandledOnceHoweverOftenItIsDelivered(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, nil)
	for range 3 {
		if status := e.deliver(eventBody("evt_1"), webhookSecret); status != 200 {
			t.Errorf("status is %d", status)
		}
	}
	if status := e.deliver(eventBody("evt_2"), webhookSecret); status != 200 || e.count() != 2 || len(e.errs) != 0 {
		t.Errorf("status is %d, handled %v, errors %v", status, e.handled, e.errs)
	}
}

func TestAnEventThatFailsIsHandledAtItsNextDelivery(t *testing.T) {
	t.Parallel()
	failures := map[string]func() error{
		"an error":        func() error { return errors.New("no database") },
		"a panic":         func() error { panic("nil map") },
		"an aborting one": func() error { panic(http.ErrAbortHandler) },
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
					t.Errorf("delivery %d is answered with %d, want %d", delivery+1, status, want)
				}
			}
			if e.count() != 3 || len(e.errs) != 2 || !strings.Contains(e.errs[0].Error(), "evt_1") {
				t.Errorf("handled %d times, errors %v", e.count(), e.errs)
			}
		})
	}
}

func TestADeliveryThatIsNotPlugipaysNeverReachesTheFunction(t *testing.T) {
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
		"no secret":         {good, signed(good, "", now), 401},
		"another body":      {eventBody("evt_2"), signed(good, webhookSecret, now), 401},
		"an old delivery":   {good, signed(good, webhookSecret, now.Add(-time.Hour)), 401},
		"from the future":   {good, signed(good, webhookSecret, now.Add(time.Hour)), 401},
		"no JSON":           {"x", signed("x", webhookSecret, now), 400},
		"no event":          {"{}", signed("{}", webhookSecret, now), 400},
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

func TestOnlyPOSTIsADelivery(t *testing.T) {
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

func TestADeliveryOfTheLargestSizeIsRead(t *testing.T) {
	t.Parallel()
	body := eventBody("evt_1")
	for limit, want := range map[int64]int{int64(len(body)): 200, int64(len(body)) - 1: 413, 0: 200, -1: 200} {
		e := newEndpoint(t, nil, func(o *plugipay.WebhookHandlerOptions) { o.MaxBodyBytes = limit })
		if status := e.deliver(body, webhookSecret); status != want {
			t.Errorf("with a limit of %d the status is %d, want %d", limit, status, want)
		}
	}
}

func TestBothNamesOfTheHeaderAreRead(t *testing.T) {
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

func TestAnyOfSeveralSecretsIsGood(t *testing.T) {
	t.Parallel()
	secrets := []string{"whsec_old", "whsec_new"}
	e := newEndpoint(t, nil, func(o *plugipay.WebhookHandlerOptions) { o.Secrets = secrets })
	secrets[0] = "changed afterwards"
	for secret, want := range map[string]int{"whsec_old": 200, "whsec_new": 200, "whsec_other": 401, "changed afterwards": 401} {
		if status := e.deliver(eventBody("evt_"+secret), secret); status != want {
			t.Errorf("%s: status is %d, want %d", secret, status, want)
		}
	}
}

func TestAHandlerWithoutASecretOrAFunctionIsNotMade(t *testing.T) {
	t.Parallel()
	handle := func(context.Context, *plugipay.WebhookEvent) error { return nil }
	for name, opts := range map[string]plugipay.WebhookHandlerOptions{
		"no secrets":      {Handle: handle},
		"an empty secret": {Handle: handle, Secrets: []string{"whsec_1", ""}},
		"no function":     {Secrets: []string{"whsec_1"}},
	} {
		handler, err := plugipay.NewWebhookHandler(opts)
		if wantError(t, err, 0, "invalid_request"); handler != nil {
			t.Errorf("%s: a handler was made", name)
		}
	}
}

func TestTwoDeliveriesAtOnceAreHandledOnce(t *testing.T) {
	t.Parallel()
	started, finish := make(chan struct{}), make(chan error)
	e := newEndpoint(t, func(context.Context, *plugipay.WebhookEvent) error {
		close(started)
		return <-finish
	})
	first := make(chan int)
	go func() { first <- e.deliver(eventBody("evt_1"), webhookSecret) }()
	<-started
	if status := e.deliver(eventBody("evt_1"), webhookSecret); status != 503 {
		t.Errorf("the second delivery is answered with %d while the first is being handled", status)
	}
	finish <- nil
	if status := <-first; status != 200 || e.count() != 1 {
		t.Errorf("status is %d, handled %v", status, e.handled)
	}
	if status := e.deliver(eventBody("evt_1"), webhookSecret); status != 200 || e.count() != 1 {
		t.Errorf("afterwards the status is %d, handled %v", status, e.handled)
	}
}

// failingStore is a database that is down for some of its methods.
type failingStore struct {
	plugipay.WebhookStore
	claim, done, release error
}

func (s failingStore) Claim(ctx context.Context, id string) (plugipay.WebhookClaim, error) {
	if s.claim != nil {
		return plugipay.WebhookClaimed, s.claim
	}
	return s.WebhookStore.Claim(ctx, id)
}

func (s failingStore) Done(ctx context.Context, id string) error {
	return errors.Join(s.done, s.WebhookStore.Done(ctx, id), ctx.Err())
}

func (s failingStore) Release(ctx context.Context, id string) error {
	return errors.Join(s.release, s.WebhookStore.Release(ctx, id), ctx.Err())
}

func TestAStoreThatFails(t *testing.T) {
	t.Parallel()
	down, failed := errors.New("database is down"), errors.New("shop failed")
	for name, test := range map[string]struct {
		store   failingStore
		handle  error
		status  int
		handled int
	}{
		"it cannot claim: not handled, delivered again":   {failingStore{claim: down}, nil, 500, 0},
		"it cannot record: handled, not delivered again":  {failingStore{done: down}, nil, 200, 1},
		"it cannot release: not handled, delivered again": {failingStore{release: down}, failed, 500, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.store.WebhookStore = plugipay.NewMemoryWebhookStore()
			e := newEndpoint(t, func(context.Context, *plugipay.WebhookEvent) error { return test.handle },
				func(o *plugipay.WebhookHandlerOptions) { o.Store = test.store })
			if status := e.deliver(eventBody("evt_1"), webhookSecret); status != test.status || e.count() != test.handled {
				t.Errorf("status is %d, handled %v", status, e.handled)
			}
			if len(e.errs) != 1 || !errors.Is(e.errs[0], down) || (test.handle != nil && !errors.Is(e.errs[0], failed)) {
				t.Errorf("errors are %v", e.errs)
			}
		})
	}
}

// TestADeliveryThatIsGivenUpIsStillRecorded: the deliverer hangs up while the function runs; the store learns how it
// ended, with a context that has not ended.
func TestADeliveryThatIsGivenUpIsStillRecorded(t *testing.T) {
	t.Parallel()
	store := failingStore{WebhookStore: plugipay.NewMemoryWebhookStore()}
	ctx, hangUp := context.WithCancel(t.Context())
	handler, err := plugipay.NewWebhookHandler(plugipay.WebhookHandlerOptions{
		Secrets: []string{webhookSecret},
		Store:   store,
		Handle: func(ctx context.Context, _ *plugipay.WebhookEvent) error {
			hangUp()
			<-ctx.Done()
			return nil
		},
		OnError: func(_ *http.Request, err error) { t.Error(err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	body := eventBody("evt_1")
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Plugipay-Signature", plugipay.SignWebhook([]byte(body), webhookSecret, time.Now()))
	handler.ServeHTTP(httptest.NewRecorder(), r)
	if claim, err := store.Claim(t.Context(), "evt_1"); claim != plugipay.WebhookHandled || err != nil {
		t.Errorf("claim is %v, error %v", claim, err)
	}
}

func TestTheMemoryStoreRemembersTheLastEventsOnly(t *testing.T) {
	t.Parallel()
	store := plugipay.NewMemoryWebhookStore()
	claim := func(id string) plugipay.WebhookClaim {
		got, err := store.Claim(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := claim("evt_open"); got != plugipay.WebhookClaimed {
		t.Errorf("the first claim is %v", got)
	}
	for i := range 25_000 {
		id := fmt.Sprint("evt_", i)
		if got := claim(id); got != plugipay.WebhookClaimed {
			t.Fatalf("the first claim of %s is %v", id, got)
		}
		if err := store.Done(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range map[string]plugipay.WebhookClaim{
		"evt_24999": plugipay.WebhookHandled,
		"evt_15000": plugipay.WebhookHandled,
		"evt_14999": plugipay.WebhookClaimed, // forgotten
		"evt_open":  plugipay.WebhookInProgress,
	} {
		if got := claim(id); got != want {
			t.Errorf("the claim of %s is %v, want %v", id, got, want)
		}
	}
}

func TestErrorsAreLoggedWhenNobodyElseIsTold(t *testing.T) { // not parallel: it changes the default logger
	before := slog.Default()
	defer slog.SetDefault(before)
	event, large := eventBody("evt_1"), eventBody("evt_1")+strings.Repeat(" ", 2<<10)
	for name, c := range map[string]struct {
		body, secret string
		failure      error // of Handle
		logged       []string
	}{
		"what is not Plugipay's is a warning":          {event, "whsec_other", nil, []string{"level=WARN", "signature_invalid"}},
		"what is too large is a warning":               {large, webhookSecret, nil, []string{"level=WARN", "larger than 1024 bytes"}},
		"what is no event is a warning":                {"{}", webhookSecret, nil, []string{"level=WARN", "invalid_payload"}},
		"an event that was not handled is an error":    {event, webhookSecret, errors.New("no database"), []string{"level=ERROR", "no database"}},
		"also where a call to Plugipay was the reason": {event, webhookSecret, &plugipay.Error{Code: "not_found"}, []string{"level=ERROR", "not_found"}},
		"what goes well is not logged":                 {event, webhookSecret, nil, nil},
	} {
		var log bytes.Buffer
		slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
		handler, err := plugipay.NewWebhookHandler(plugipay.WebhookHandlerOptions{
			Secrets:      []string{webhookSecret},
			Handle:       func(context.Context, *plugipay.WebhookEvent) error { return c.failure },
			MaxBodyBytes: 1 << 10,
		})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(c.body))
		r.Header.Set("X-Plugipay-Signature", plugipay.SignWebhook([]byte(c.body), c.secret, time.Now()))
		handler.ServeHTTP(httptest.NewRecorder(), r)
		if c.logged == nil && log.Len() > 0 {
			t.Errorf("%s: logged is %s", name, log.String())
		}
		for _, part := range c.logged {
			if !strings.Contains(log.String(), part) {
				t.Errorf("%s: logged is %s, which lacks %s", name, log.String(), part)
			}
		}
	}
}

func TestPrintingAHandlerTellsNoSecret(t *testing.T) {
	t.Parallel()
	opts := plugipay.WebhookHandlerOptions{
		Secrets: []string{"whsec_hush"},
		Handle:  func(context.Context, *plugipay.WebhookEvent) error { return nil },
	}
	handler, err := plugipay.NewWebhookHandler(opts)
	if err != nil {
		t.Fatal(err)
	}
	wantHushed(t, opts, usualVerbs)
	wantHushed(t, &opts, usualVerbs)
	wantHushed(t, handler, usualVerbs)
}
