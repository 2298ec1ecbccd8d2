package sandbox_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/sandbox"
)

func withKey(key string) change { return header("Idempotency-Key", key) }

func TestIdempotency_SameKeyReplaysTheResponse(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	const input = `{"amount":9007199254740993,"currency":"IDR","methods":["qris","va"],` +
		`"successUrl":"https://a.example","cancelUrl":"https://b.example",` +
		`"lineItems":[{"name":"é","quantity":1,"unitAmount":2}]}`
	tests := map[string]string{
		"the same bytes": input,
		"white space":    strings.ReplaceAll(input, ",", " ,\n\t"),
		"other order of properties": `{"lineItems":[{"unitAmount":2,"quantity":1,"name":"é"}],` +
			`"cancelUrl":"https://b.example","successUrl":"https://a.example",` +
			`"methods":["qris","va"],"currency":"IDR","amount":9007199254740993}`,
		"other escapes": strings.ReplaceAll(strings.ReplaceAll(input, "é", `\u00e9`), "https://", `https:\/\/`),
	}
	first := c.send(http.MethodPost, sessionsPath, input, withKey("k")).want(http.StatusCreated)
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			again := c.in(t).send(http.MethodPost, sessionsPath, body, withKey("k")).want(http.StatusCreated)
			if again.body != first.body {
				t.Errorf("got  %s\nwant %s", again.body, first.body)
			}
		})
	}
	if listed := c.send(http.MethodGet, sessionsPath, "").sessions(); len(listed) != 1 {
		t.Errorf("there are %d sessions, want 1", len(listed))
	}
}

func TestIdempotency_OtherParametersAreAMismatch(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	canceled, other := c.create().ID, c.create().ID
	c.cancel(canceled, withKey("cancel")).want(http.StatusOK)
	c.send(http.MethodPost, sessionsPath, with("amount", "9007199254740993"), withKey("k")).want(http.StatusCreated)
	tests := map[string]struct{ key, path, body string }{
		"other amount":               {"k", sessionsPath, with("amount", "1")},
		"amount that a float rounds": {"k", sessionsPath, with("amount", "9007199254740992")},
		"additional property":        {"k", sessionsPath, with("amount", "9007199254740993", "note", `"x"`)},
		"other item of a list":       {"k", sessionsPath, with("amount", "9007199254740993", "methods", `["va"]`)},
		"other operation":            {"cancel", sessionsPath + "/" + canceled + "/confirm", "{}"},
		"other session":              {"cancel", sessionsPath + "/" + other + "/cancel", "{}"},
		"same path, other body":      {"cancel", sessionsPath + "/" + canceled + "/cancel", `{"a":1}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.in(t).send(http.MethodPost, tt.path, tt.body, withKey(tt.key)).
				wantError(http.StatusConflict, gen.ErrorCodeIdempotencyMismatch, "")
		})
	}
}

func TestIdempotency_CancelAndConfirmAreReplayed(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	canceled, confirmed := c.create().ID, c.create().ID
	first := c.cancel(canceled, withKey("cancel")).want(http.StatusOK)
	if again := c.cancel(canceled, withKey("cancel")).want(http.StatusOK); again.body != first.body {
		t.Errorf("got  %s\nwant %s", again.body, first.body)
	}
	first = c.confirm(confirmed, withKey("confirm")).want(http.StatusOK)
	if again := c.confirm(confirmed, withKey("confirm")).want(http.StatusOK); again.body != first.body {
		t.Errorf("got  %s\nwant %s", again.body, first.body)
	}
	c.cancel(canceled).wantError(http.StatusConflict, gen.ErrorCodeConflict, "")
}

func TestIdempotency_ErrorsOfAnOperationAreKept(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{Workspaces: []sandbox.Workspace{{Adapters: []sandbox.Adapter{
		{Name: gen.CheckoutAdapterPaypal},
	}}}})
	id := c.create("methods", `["paypal"]`).ID
	c.cancel(id).want(http.StatusOK)
	send := map[string]func() reply{
		gen.ErrorCodeConflict: func() reply { return c.cancel(id, withKey("a")) },
		gen.ErrorCodeNotFound: func() reply { return c.cancel("cs_0", withKey("b")) },
		gen.ErrorCodeAdapterNotConfigured: func() reply {
			return c.send(http.MethodPost, sessionsPath, validInput, withKey("c"))
		},
	}
	for code, again := range send {
		first := again()
		if first.envelope.Error == nil || first.envelope.Error.Code != code {
			t.Errorf("got %s, want the error %s", first.body, code)
		}
		if second := again(); second.body != first.body || second.status != first.status {
			t.Errorf("%s: got  %d %s\nwant %d %s", code, second.status, second.body, first.status, first.body)
		}
	}
}

func TestIdempotency_RefusalsBeforeAnOperationAreNotKept(t *testing.T) {
	t.Parallel()
	clock := newStoppedAt(1_790_000_000)
	opts := keyring()
	opts.OnContractBreach = failOnBreach(t).OnContractBreach
	opts.RateLimit = sandbox.RateLimit{Writes: 2}
	c := directClient(t, sandbox.NewAt(opts, clock.now))
	create := func(c client, body string, changes ...change) reply {
		return c.send(http.MethodPost, sessionsPath, body, append(changes, withKey("k"), clock.stamp())...)
	}
	create(c, validInput, tampered("X-Plugipay-Timestamp", "x")).want(http.StatusUnauthorized)
	create(c.as("pk_test_reader", "reader"), validInput).want(http.StatusForbidden)
	create(c, with("amount", "0")).want(http.StatusBadRequest)
	create(c, with("amount", "1e2")).want(http.StatusBadRequest)
	create(c, validInput).want(http.StatusTooManyRequests)
	clock.seconds.Add(1)
	create(c, validInput).want(http.StatusCreated)
}

func TestIdempotency_ReplayHasCurrentRateLimitHeaders(t *testing.T) {
	t.Parallel()
	clock := newStoppedAt(1_790_000_000)
	c := directClient(t, sandbox.NewAt(failOnBreach(t), clock.now))
	for _, reset := range []int{1_790_000_001, 1_790_000_002} {
		got := c.send(http.MethodPost, sessionsPath, validInput, withKey("k"), clock.stamp()).want(http.StatusCreated)
		wantRate(t, got, 20, 19, reset)
		clock.seconds.Add(1)
	}
}

func TestIdempotency_KeysBelongToTheirData(t *testing.T) {
	t.Parallel()
	_, c := start(t, keyring())
	createdBy := func(keyID, secret string) string {
		c := c.as(keyID, secret)
		return c.send(http.MethodPost, sessionsPath, validInput, withKey("k")).want(http.StatusCreated).session().ID
	}
	first := createdBy(sandbox.TestKeyID, sandbox.TestSecret)
	if createdBy("pk_test_star", "star") != first {
		t.Errorf("another API key of the same data created a new session")
	}
	if createdBy("pk_live_admin", "live") == first || createdBy("pk_test_merchant", "merchant") == first {
		t.Errorf("live data or another workspace got the kept response of this workspace's test data")
	}
}

func TestIdempotency_KeyExpiresAfterADay(t *testing.T) {
	t.Parallel()
	clock := newStoppedAt(1_790_000_000)
	box := sandbox.NewAt(failOnBreach(t), clock.now)
	c := directClient(t, box)
	create := func(body string) reply {
		return c.send(http.MethodPost, sessionsPath, body, withKey("k"), clock.stamp())
	}
	first := create(validInput).want(http.StatusCreated).session().ID
	box.Advance(24*time.Hour - time.Millisecond)
	if again := create(validInput).want(http.StatusCreated).session().ID; again != first {
		t.Errorf("the key created a new session before a day had passed")
	}
	box.Advance(time.Millisecond)
	if again := create(with("amount", "1")).want(http.StatusCreated).session().ID; again == first {
		t.Errorf("the key still has the old response after a day")
	}
}

func TestIdempotency_ExpiredKeysAreRemoved(t *testing.T) {
	t.Parallel()
	box := sandbox.New(failOnBreach(t))
	c := directClient(t, box)
	for _, key := range []string{"a", "b", "c"} {
		c.send(http.MethodPost, sessionsPath, validInput, withKey(key)).want(http.StatusCreated)
		box.Advance(10 * time.Hour)
	}
	if kept := sandbox.KeptResponses(box); kept != 3 {
		t.Fatalf("%d responses are kept, want 3", kept)
	}
	c.send(http.MethodPost, sessionsPath, validInput, withKey("d")).want(http.StatusCreated)
	if kept := sandbox.KeptResponses(box); kept != 3 {
		t.Errorf("%d responses are kept, want 3, for b, c and d", kept)
	}
}

func TestIdempotency_KeyIsIgnoredOnReads(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	c.send(http.MethodGet, sessionsPath, "", withKey("k")).want(http.StatusOK)
	id := c.send(http.MethodPost, sessionsPath, validInput, withKey("k")).want(http.StatusCreated).session().ID
	got := c.send(http.MethodGet, sessionsPath+"/"+id, "", withKey("k")).want(http.StatusOK).session()
	if got.ID != id {
		t.Errorf("id = %q, want %q", got.ID, id)
	}
}

func TestIdempotency_ConcurrentRequestsGetOneResponse(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	bodies := make([]string, 20)
	var all sync.WaitGroup
	for i := range bodies {
		all.Go(func() {
			response, err := http.DefaultClient.Do(c.request(http.MethodPost, sessionsPath, validInput, withKey("k")))
			if err != nil {
				t.Error(err)
				return
			}
			defer response.Body.Close()
			bodies[i] = readBody(t, response)
		})
	}
	all.Wait()
	for _, body := range bodies {
		if body != bodies[0] {
			t.Errorf("got %s\nand %s", body, bodies[0])
		}
	}
	if listed := c.send(http.MethodGet, sessionsPath, "").sessions(); len(listed) != 1 {
		t.Errorf("there are %d sessions, want 1", len(listed))
	}
}

// The next tests call the idempotency store itself, because the public methods cannot pause a request.

func TestIdempotency_SecondRequestWaitsForTheFirst(t *testing.T) {
	t.Parallel()
	store := sandbox.NewResponseStore()
	inFirst, goOn := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		store.Once(t.Context(), "k", "parameters", func() int { close(inFirst); <-goOn; return 201 })
	})
	<-inFirst
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := store.Once(ended, "k", "parameters", mustNotRun(t)); err == nil {
		t.Errorf("a request whose context has ended returns no error")
	}
	if _, err := store.Once(t.Context(), "k", "other parameters", mustNotRun(t)); err == nil {
		t.Errorf("a mismatch returns no error while the first request is in progress")
	}
	second := make(chan int)
	all.Go(func() {
		status, err := store.Once(t.Context(), "k", "parameters", mustNotRun(t))
		if err != nil {
			t.Error(err)
		}
		second <- status
	})
	close(goOn)
	if status := <-second; status != 201 {
		t.Errorf("status = %d, want that of the first request", status)
	}
	all.Wait()
}

func TestIdempotency_ServerErrorIsNotKept(t *testing.T) {
	t.Parallel()
	store := sandbox.NewResponseStore()
	inFirst, goOn := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		store.Once(t.Context(), "k", "parameters", func() int { close(inFirst); <-goOn; return 500 })
	})
	<-inFirst
	all.Go(func() {
		status, err := store.Once(t.Context(), "k", "parameters", func() int { return 201 })
		if status != 201 || err != nil {
			t.Errorf("the waiting request got %d, %v, want its own 201", status, err)
		}
	})
	close(goOn)
	all.Wait()
}

func TestIdempotency_PanicReleasesTheKey(t *testing.T) {
	t.Parallel()
	store := sandbox.NewResponseStore()
	func() {
		defer func() { _ = recover() }()
		store.Once(t.Context(), "k", "parameters", func() int { panic("bug") })
	}()
	status, err := store.Once(t.Context(), "k", "parameters", func() int { return 201 })
	if status != 201 || err != nil {
		t.Errorf("got %d, %v, want 201 from a new call", status, err)
	}
}

func mustNotRun(t *testing.T) func() int {
	return func() int {
		t.Errorf("the request was processed")
		return 0
	}
}
