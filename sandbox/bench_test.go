package sandbox_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// The figures of the sandbox: go test ./sandbox -run '^$' -bench . -benchtime 200x
//
// A request is made in the process, without a network, so that only the sandbox's own time counts.

// inside is a sandbox that is called without a network.
type inside struct {
	box *sandbox.Sandbox
	key string // a dashboard key, which needs no signature
}

func openInside(opts sandbox.Options) inside {
	opts.Workspaces = []sandbox.Workspace{{AccountID: sandbox.TestAccountID, Keys: []sandbox.Key{{ID: "pk_test_dashboard"}}}}
	return inside{sandbox.New(opts), "pk_test_dashboard"}
}

const newSessionBody = `{"amount":19900000,"currency":"IDR","methods":["qris","va"],"lineItems":[{"name":"Annual Pro plan",` +
	`"quantity":1,"unitAmount":19900000}],"successUrl":"https://example.com/ok","cancelUrl":"https://example.com/no","metadata":{"order_id":"ord_42"}}`

// call makes a request and returns the body of its response.
func (i inside) call(b *testing.B, method, path, body, idempotencyKey string) []byte {
	request := httptest.NewRequestWithContext(b.Context(), method, path, bytes.NewReader([]byte(body)))
	request.Header.Set("Authorization", "Bearer "+i.key)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Idempotency-Key", idempotencyKey)
	}
	response := httptest.NewRecorder()
	i.box.ServeHTTP(response, request)
	if response.Code >= 300 {
		b.Fatalf("status %d: %s", response.Code, response.Body)
	}
	return response.Body.Bytes()
}

func (i inside) create(b *testing.B, n int) {
	i.call(b, http.MethodPost, "/api/v1/checkout-sessions", newSessionBody, "key_"+strconv.Itoa(n))
}

// checked are the options that StartTest adds: each response is checked against the contract.
func checked(b *testing.B) sandbox.Options {
	return sandbox.Options{OnContractBreach: func(err error) { b.Error(err) }}
}

func BenchmarkCreate(b *testing.B) {
	box := openInside(sandbox.Options{})
	defer func() { _ = box.box.Close() }()
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		box.create(b, n)
	}
}

func BenchmarkGet(b *testing.B) {
	for name, opts := range map[string]sandbox.Options{"plain": {}, "checked": checked(b)} {
		b.Run(name, func(b *testing.B) {
			box := openInside(opts)
			defer func() { _ = box.box.Close() }()
			event, err := box.box.Trigger(plugipay.EventCheckoutSessionExpired, nil)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				box.call(b, http.MethodGet, "/api/v1/checkout-sessions/"+event.SessionID, "", "")
			}
		})
	}
}

// BenchmarkStart starts 200 sandboxes, as the tests of a program do.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		for range 200 {
			box, err := sandbox.Start(sandbox.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer box.Close()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/200")
}

// BenchmarkList lists pages of a sandbox with many sessions.
func BenchmarkList(b *testing.B) {
	const many = 100_000
	box := openInside(sandbox.Options{MaxSessions: -1})
	defer func() { _ = box.box.Close() }()
	for n := range many {
		box.create(b, n)
	}
	for name, query := range map[string]string{"all": "", "status": "&status=completed", "customer": "&customerId=cus_00000000000000000000000000"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				box.call(b, http.MethodGet, "/api/v1/checkout-sessions?limit=50"+query, "", "")
			}
		})
	}
}

// BenchmarkWeek reports the memory of a sandbox that has created three times as many sessions as it keeps, and had a request
// for each.
func BenchmarkWeek(b *testing.B) {
	box := openInside(sandbox.Options{})
	defer func() { _ = box.box.Close() }()
	for b.Loop() {
		for n := range 300_000 {
			box.create(b, n)
		}
	}
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	b.ReportMetric(float64(memory.HeapAlloc)/(1<<20), "MB")
}
