package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/plugipay/plugipay-go/contract"
	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

const createOperation = "createCheckoutSession"

func TestFaults_StatusReplacesTheOperation(t *testing.T) {
	t.Parallel()
	tests := []struct {
		fault      sandbox.Fault
		status     int
		code       gen.ErrorCode
		retryAfter string
	}{
		{sandbox.Fault{Status: 400}, 400, gen.ErrorCodeValidationError, ""},
		{sandbox.Fault{Status: 401}, 401, gen.ErrorCodeInvalidSignature, ""},
		{sandbox.Fault{Status: 403}, 403, gen.ErrorCodeInsufficientScope, ""},
		{sandbox.Fault{Status: 404}, 404, gen.ErrorCodeNotFound, ""},
		{sandbox.Fault{Status: 409}, 409, gen.ErrorCodeConflict, ""},
		{sandbox.Fault{Status: 418}, 418, gen.ErrorCodeInternalError, ""},
		{sandbox.Fault{Status: 422}, 422, gen.ErrorCodeAdapterNotConfigured, ""},
		{sandbox.Fault{Status: 429}, 429, gen.ErrorCodeRateLimited, "1"},
		{sandbox.Fault{RateLimit: true}, 429, gen.ErrorCodeRateLimited, "1"},
		{sandbox.Fault{RateLimit: true, RetryAfter: 1500 * time.Millisecond}, 429, gen.ErrorCodeRateLimited, "2"},
		{sandbox.Fault{Status: 500}, 500, gen.ErrorCodeInternalError, ""},
		{sandbox.Fault{Status: 502}, 502, gen.ErrorCodeUpstreamError, ""},
		{sandbox.Fault{Status: 503, RetryAfter: 30 * time.Second}, 503, gen.ErrorCodeServiceUnavailable, "30"},
		{sandbox.Fault{Status: 504}, 504, gen.ErrorCodeInternalError, ""},
		{sandbox.Fault{Status: 599}, 599, gen.ErrorCodeInternalError, ""},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%+v", tt.fault), func(t *testing.T) {
			t.Parallel()
			server, c := start(t, sandbox.Options{})
			must(t, server.Inject(tt.fault))
			got := c.send(http.MethodPost, sessionsPath, validInput).wantError(tt.status, tt.code, "")
			if after := got.header.Get("Retry-After"); after != tt.retryAfter {
				t.Errorf("Retry-After = %q, want %q", after, tt.retryAfter)
			}
			if sessions := c.send(http.MethodGet, sessionsPath, "").want(200).sessions(); len(sessions) != 0 {
				t.Errorf("the call was processed")
			}
		})
	}
}

func TestFaults_ApplyInOrderOnePerCall(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	inject := func(faults ...sandbox.Fault) {
		for _, f := range faults {
			must(t, server.Inject(f))
		}
	}
	list := func(want ...int) {
		t.Helper()
		for i, status := range want {
			if got := c.send(http.MethodGet, sessionsPath, "").status; got != status {
				t.Errorf("call %d: %d, want %d", i, got, status)
			}
		}
	}
	inject(
		sandbox.Fault{Operation: createOperation, Status: 418},
		sandbox.Fault{Operation: "listCheckoutSessions", Times: 2, Status: 500},
		sandbox.Fault{Status: 502},
		sandbox.Fault{Times: -1, Status: 503},
	)
	list(500, 500, 502, 503, 503, 503)
	c.as("pk_test_unknown", "s").send(http.MethodPost, sessionsPath, validInput).want(401) // uses no fault
	c.send(http.MethodGet, "/nowhere", "").want(404)
	c.send(http.MethodPost, sessionsPath, validInput).want(418)
	c.send(http.MethodPost, sessionsPath, validInput).want(503)
	server.ClearFaults()
	list(200)
}

func TestFaults_RateLimitedCallUsesNoFault(t *testing.T) {
	t.Parallel()
	clock := newStoppedAt(1_790_000_000)
	opts := failOnBreach(t)
	opts.RateLimit = sandbox.RateLimit{Reads: 1}
	box := sandbox.NewAt(opts, clock.now)
	c := directClient(t, box)
	read := func() reply { return c.send(http.MethodGet, sessionsPath, "", clock.stamp()) }
	read().want(200)
	must(t, box.Inject(sandbox.Fault{Status: 503}))
	read().want(429)
	clock.seconds.Add(1)
	read().want(503)
}

func TestFaults_AreCountedExactlyUnderConcurrency(t *testing.T) {
	t.Parallel()
	box := sandbox.New(failOnBreach(t))
	must(t, box.Inject(sandbox.Fault{Times: 30, Status: 500}))
	must(t, box.Inject(sandbox.Fault{Times: 20, Status: 502}))
	c := directClient(t, box)
	var counts [600]atomic.Int32
	var all sync.WaitGroup
	for range 80 {
		all.Go(func() { counts[c.send(http.MethodGet, sessionsPath, "").status].Add(1) })
	}
	all.Wait()
	for status, want := range map[int]int32{500: 30, 502: 20, 200: 30} {
		if got := counts[status].Load(); got != want {
			t.Errorf("%d responses have the status %d, want %d", got, status, want)
		}
	}
}

func TestFaults_DroppedCallIsProcessed(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	// Each request has a new connection. On a reused one, net/http itself retries a request with an idempotency key.
	c.http = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	must(t, server.Inject(sandbox.Fault{Operation: createOperation, Drop: true}))
	key := header("Idempotency-Key", "idem_1")
	response, err := c.http.Do(c.request(http.MethodPost, sessionsPath, validInput, key))
	if err == nil {
		response.Body.Close()
		t.Fatalf("the call got the response %d, want none", response.StatusCode)
	}
	if !errors.Is(err, io.EOF) {
		t.Errorf("the connection ended with %v, want EOF", err)
	}
	all := c.send(http.MethodGet, sessionsPath, "").sessions()
	if len(all) != 1 {
		t.Fatalf("there are %d sessions, want one from the dropped call", len(all))
	}
	if again := c.send(http.MethodPost, sessionsPath, validInput, key).want(201).session(); again.ID != all[0].ID {
		t.Errorf("the retry got %s, want %s, the session of the dropped call", again.ID, all[0].ID)
	}
	if shown := firstGroups(requestLine, consoleOf(server.Sandbox, "/?tab=requests")); len(shown) != 3 {
		t.Errorf("the console shows %q, want 3 requests with the dropped call", shown)
	}
}

// The module's client retries after each kind of fault. The retries create one session.
func TestFaults_ClientCreatesOneSessionDespiteFaults(t *testing.T) {
	t.Parallel()
	faults := map[string]sandbox.Fault{
		"an error":     {Operation: createOperation, Times: 2, Status: 503},
		"a drop":       {Operation: createOperation, Times: 2, Drop: true},
		"a rate limit": {Operation: createOperation, RateLimit: true},
		"a late 502":   {Operation: createOperation, Status: 502, Delay: time.Millisecond},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, c := start(t, sandbox.Options{})
			opts := server.ClientOptions()
			client, err := plugipay.NewClient(opts)
			must(t, err)
			defer func() { _ = client.Close() }()
			must(t, server.Inject(fault))
			created, err := client.CheckoutSessions.Create(t.Context(), plugipay.CheckoutSessionCreateInput{
				Amount: 4999, Currency: plugipay.CurrencyUSD, Methods: []plugipay.CheckoutMethod{plugipay.CheckoutMethodCard},
				SuccessURL: "https://example.com/ok", CancelURL: "https://example.com/no",
				LineItems: []plugipay.CheckoutSessionLineItem{},
			})
			must(t, err)
			if all := c.send(http.MethodGet, sessionsPath, "").sessions(); len(all) != 1 || all[0].ID != created.ID {
				t.Errorf("there are %d sessions, want one", len(all))
			}
		})
	}
}

func TestFaults_DelayedCallContinuesAfterTheDelay(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault  sandbox.Fault
		status int
	}{
		"without a status": {sandbox.Fault{Delay: time.Hour}, 200},
		"with a status":    {sandbox.Fault{Delay: time.Hour, Status: 500}, 500},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				box := sandbox.New(failOnBreach(t))
				must(t, box.Inject(tt.fault))
				begin := time.Now()
				directClient(t, box).send(http.MethodGet, sessionsPath, "").want(tt.status)
				if took := time.Since(begin); took != time.Hour {
					t.Errorf("the call took %v, want an hour", took)
				}
			})
		})
	}
}

func TestFaults_DelayEndsWithTheRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		box := sandbox.New(failOnBreach(t))
		must(t, box.Inject(sandbox.Fault{Operation: createOperation, Delay: time.Hour, Drop: true}))
		c := directClient(t, box)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begin := time.Now()
		w := httptest.NewRecorder()
		r := c.request(http.MethodPost, sessionsPath, validInput).WithContext(ctx)
		box.ServeHTTP(w, r)
		if took := time.Since(begin); took != time.Minute {
			t.Errorf("the call took %v, want a minute", took)
		}
		if all := c.send(http.MethodGet, sessionsPath, "").sessions(); len(all) != 0 {
			t.Errorf("the call was processed after its client disconnected")
		}
	})
}

func TestFaults_ServerClosesDuringADelay(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	must(t, server.Inject(sandbox.Fault{Delay: 24 * time.Hour}))
	done := make(chan error, 1)
	go func() {
		response, err := c.http.Do(c.request(http.MethodGet, sessionsPath, ""))
		if err == nil {
			response.Body.Close()
		}
		done <- err
	}()
	for len(sandbox.FaultsLeft(server.Sandbox)) > 0 { // until the fault applies to the call
		select {
		case err := <-done:
			t.Fatalf("the call returned during the delay: %v", err)
		default:
		}
	}
	server.Close()
	if err := <-done; err == nil {
		t.Errorf("the call got a response, want an error")
	}
}

// operationIDs returns the operationIds of the contract, sorted.
func operationIDs(t *testing.T) (ids []string) {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(contract.OpenAPI())
	must(t, err)
	for _, item := range doc.Paths.Map() {
		for _, operation := range item.Operations() {
			ids = append(ids, operation.OperationID)
		}
	}
	slices.Sort(ids)
	return ids
}

func TestFaults_InvalidFaultsAreRefused(t *testing.T) {
	t.Parallel()
	operations := strings.Join(operationIDs(t), ", ")
	statusRule := "the status of a fault must be from 400 to 599, for any of " + operations
	tests := map[string]struct {
		fault sandbox.Fault
		want  string
	}{
		"unknown operation":   {sandbox.Fault{Operation: "create", Status: 500}, "no such operation; the operations are " + operations},
		"low status":          {sandbox.Fault{Status: 399}, statusRule},
		"high status":         {sandbox.Fault{Status: 600}, statusRule},
		"negative status":     {sandbox.Fault{Status: -1}, statusRule},
		"negative delay":      {sandbox.Fault{Delay: -1}, "a fault cannot have a negative duration"},
		"negative RetryAfter": {sandbox.Fault{Status: 503, RetryAfter: -1}, "a fault cannot have a negative duration"},
		"a status and a drop": {
			sandbox.Fault{Status: 503, Drop: true}, "a fault can have only one of a status, a drop and a rate limit",
		},
		"a drop with RetryAfter": {
			sandbox.Fault{Drop: true, RetryAfter: 1}, "a fault without a status or a rate limit has no Retry-After header to set",
		},
		"no fault": {sandbox.Fault{Times: 3}, "a fault needs a status, a delay, a drop or a rate limit"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			box := sandbox.New(sandbox.Options{})
			if err := box.Inject(tt.fault); err == nil || strings.TrimPrefix(err.Error(), "sandbox: ") != tt.want {
				t.Errorf("Inject: %v, want %s", err, tt.want)
			}
			if left := sandbox.FaultsLeft(box); len(left) != 0 {
				t.Errorf("the refused fault was injected")
			}
		})
	}
}
