package sandbox_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/sandbox"
)

// The benchmarks measure a sandbox without the network. bench/README.md has the figures.

// handlerClient returns a client whose requests are for a sandbox without a server.
func handlerClient(tb testing.TB) client {
	return client{t: tb, keyID: sandbox.TestKeyID, secret: sandbox.TestSecret}
}

// serve passes a request to a handler without a network.
func serve(tb testing.TB, box http.Handler, r *http.Request, want int) *httptest.ResponseRecorder {
	tb.Helper()
	response := httptest.NewRecorder()
	box.ServeHTTP(response, r)
	if response.Code != want {
		tb.Fatalf("status %d, want %d: %s", response.Code, want, response.Body)
	}
	return response
}

// checked returns options that check responses against the contract, as [sandbox.StartTest] does.
func checked(tb testing.TB) sandbox.Options {
	return sandbox.Options{OnContractBreach: func(err error) { tb.Error(err) }}
}

func BenchmarkCreate(b *testing.B) {
	for name, opts := range map[string]sandbox.Options{"unchecked": {}, "checked": checked(b)} {
		b.Run(name, func(b *testing.B) { benchmarkCalls(b, opts, createRequest) })
	}
}

func BenchmarkGet(b *testing.B) {
	for name, opts := range map[string]sandbox.Options{"unchecked": {}, "checked": checked(b)} {
		b.Run(name, func(b *testing.B) { benchmarkCalls(b, opts, getRequest) })
	}
}

// benchmarkCalls measures the sandbox alone. It makes all requests before it starts the timer, because stopping the timer
// between calls costs more than a call.
func benchmarkCalls(b *testing.B, opts sandbox.Options, newRequest func(testing.TB, http.Handler) (func() *http.Request, int)) {
	box := sandbox.New(opts)
	next, status := newRequest(b, box)
	requests := make([]*http.Request, b.N)
	for i := range requests {
		requests[i] = next()
	}
	b.ReportAllocs()
	b.ResetTimer()
	for _, r := range requests {
		serve(b, box, r, status)
	}
}

func createRequest(tb testing.TB, _ http.Handler) (func() *http.Request, int) {
	c := handlerClient(tb)
	return func() *http.Request { return c.request("POST", sessionsPath, validInput) }, http.StatusCreated
}

func getRequest(tb testing.TB, box http.Handler) (func() *http.Request, int) {
	c := handlerClient(tb)
	created := serve(tb, box, c.request("POST", sessionsPath, validInput), http.StatusCreated)
	path := sessionsPath + "/" + readReply(tb, created.Result()).session().ID
	return func() *http.Request { return c.request("GET", path, "") }, http.StatusOK
}

// BenchmarkList reads a page of a million sessions.
func BenchmarkList(b *testing.B) {
	box := sandbox.New(sandbox.Options{MaxSessions: -1})
	sandbox.Fill(box, 1_000_000)
	c := handlerClient(b)
	queries := []string{
		"unfiltered", "status=canceled", "status=completed", "customerId=cus_7", "customerId=cus_7&status=open",
	}
	for _, query := range queries {
		b.Run(query, func(b *testing.B) {
			path := sessionsPath + "?" + strings.TrimPrefix(query, "unfiltered")
			r := c.request("GET", path, "")
			for b.Loop() {
				serve(b, box, r.Clone(b.Context()), http.StatusOK)
			}
		})
	}
}

// BenchmarkStart starts the sandboxes of a test binary that has many. It does not measure closing them.
func BenchmarkStart(b *testing.B) {
	const sandboxes = 200
	sandbox.New(sandbox.Options{}) // the first one compiles the contract
	b.ReportAllocs()
	for b.Loop() {
		servers := make([]*sandbox.Server, sandboxes)
		for i := range servers {
			servers[i] = startServer(b)
		}
		b.StopTimer()
		for _, s := range servers {
			s.Close()
		}
		b.StartTimer()
	}
}

func startServer(tb testing.TB) *sandbox.Server {
	server, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	return server
}

// BenchmarkWeek fills a sandbox to its limits, as a week with 20 requests a second does. The endpoint is down. The metric is
// the heap in use at the end.
func BenchmarkWeek(b *testing.B) {
	down := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, strings.Repeat("x", 200), http.StatusServiceUnavailable)
	}))
	defer down.Close()
	for b.Loop() {
		before := heapInUse()
		box := sandbox.New(sandbox.Options{
			Endpoints:        []sandbox.Endpoint{{URL: down.URL, Secret: "whsec_bench"}},
			DeliverySchedule: []time.Duration{24 * time.Hour},
		})
		for range 2 * 100_000 { // twice each limit
			payOne(b, box)
		}
		b.ReportMetric(float64(heapInUse()-before)/1e6, "MB")
		_ = box.Close()
	}
}

// payOne creates a session with metadata and confirms it, so that the sandbox delivers its event.
func payOne(tb testing.TB, box *sandbox.Sandbox) {
	c := handlerClient(tb)
	created := serve(tb, box, c.request("POST", sessionsPath, with("metadata", `{"orderId":"ord_1234567890"}`)), http.StatusCreated)
	id := readReply(tb, created.Result()).session().ID
	serve(tb, box, c.request("POST", sessionsPath+"/"+id+"/confirm", "{}"), http.StatusOK)
	_, _ = io.Copy(io.Discard, created.Body)
}

func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// The test is not parallel because testing.AllocsPerRun counts the allocations of all goroutines.
func TestCreate_AllocatesFewerThan800Times(t *testing.T) {
	box := sandbox.New(sandbox.Options{})
	c := handlerClient(t)
	allocations := testing.AllocsPerRun(20, func() { // including the allocations of the request
		serve(t, box, c.request("POST", sessionsPath, validInput), http.StatusCreated)
	})
	if allocations >= 800 {
		t.Errorf("a create allocates %.0f times, want fewer than 800", allocations)
	}
}
