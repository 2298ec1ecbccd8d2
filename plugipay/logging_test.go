package plugipay_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// logBuffer holds the log of a client, as JSON.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// option makes a client log records of the level and above.
func (l *logBuffer) option(level slog.Level) func(*plugipay.ClientOptions) {
	return func(o *plugipay.ClientOptions) {
		o.Logger = slog.New(slog.NewJSONHandler(l, &slog.HandlerOptions{Level: level}))
	}
}

// record is one record of the log, without its time.
type record map[string]any

func (l *logBuffer) records(t *testing.T) []record {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []record
	for line := range strings.Lines(l.text.String()) {
		r := record{}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		delete(r, "time")
		all = append(all, r)
	}
	return all
}

// delayed makes the server wait before each response.
func delayed(b *bubbleServer, d time.Duration) {
	next := b.handler
	b.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(d)
		next.ServeHTTP(w, r)
	})
}

func TestLogger_RecordsEachAttemptAndRetry(t *testing.T) {
	t.Parallel()
	script := []reply{
		{503, errorBody("SERVICE_UNAVAILABLE"), after("7")},
		{status: 0, header: nil},
		{status: 200, body: sessionBody},
	}
	inBubble(t, script, func(t *testing.T, b *bubbleServer) {
		delayed(b, 3*time.Second)
		var log logBuffer
		if _, err := b.client(log.option(slog.LevelDebug)).CheckoutSessions.Cancel(t.Context(), "cs_01HX"); err != nil {
			t.Fatal(err)
		}
		took := float64(3 * time.Second)
		attempt := func(n float64, more record) record {
			r := record{"level": "DEBUG", "msg": "plugipay: attempt", "method": "POST", "operation": "cancelCheckoutSession",
				"attempt": n, "duration": took}
			for name, value := range more {
				r[name] = value
			}
			return r
		}
		retry := func(n, wait float64, more record) record {
			r := attempt(n, more)
			r["level"], r["msg"], r["wait"] = "WARN", "plugipay: attempt failed, retrying", wait
			return r
		}
		unavailable := record{"status": 503.0, "requestId": "req_42", "code": "service_unavailable"}
		lost := record{"code": "network_error"}
		want := []record{
			attempt(1, unavailable),
			retry(1, float64(7*time.Second), unavailable),
			attempt(2, lost),
			retry(2, float64(b.waits()[1]-3*time.Second), lost),
			attempt(3, record{"status": 200.0, "requestId": "req_01"}),
		}
		if got := log.records(t); !reflect.DeepEqual(got, want) {
			t.Errorf("the log is\n%v\nwant\n%v", got, want)
		}
	})
}

func TestLogger_WarnsOnlyBeforeARetry(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		response reply
		retries  int
		attempts int
	}{
		"a permanent error":        {reply{status: 404, body: errorBody("not_found")}, 2, 1},
		"the last attempt":         {reply{status: 503, body: errorBody("service_unavailable")}, 1, 2},
		"retries are off":          {reply{status: 503, body: errorBody("service_unavailable")}, -1, 1},
		"a Retry-After of an hour": {reply{429, errorBody("rate_limited"), after("3600")}, 2, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, []reply{test.response}, func(t *testing.T, b *bubbleServer) {
				var log logBuffer
				client := b.client(log.option(slog.LevelDebug), func(o *plugipay.ClientOptions) { o.MaxRetries = test.retries })
				if _, err := client.CheckoutSessions.Get(t.Context(), "cs_01HX"); err == nil {
					t.Fatal("the call succeeded")
				}
				levels := map[any]int{}
				for _, r := range log.records(t) {
					levels[r["level"]]++
				}
				want := map[any]int{"DEBUG": test.attempts, "WARN": test.attempts - 1}
				if levels["DEBUG"] != want["DEBUG"] || levels["WARN"] != want["WARN"] {
					t.Errorf("records are %v, want %v", levels, want)
				}
			})
		})
	}
}

func TestLogger_ObeysTheLevel(t *testing.T) {
	t.Parallel()
	for level, want := range map[slog.Level]int{slog.LevelDebug: 5, slog.LevelInfo: 2, slog.LevelWarn: 2, slog.LevelError: 0} {
		inBubble(t, []reply{{status: 503, body: errorBody("service_unavailable")}}, func(t *testing.T, b *bubbleServer) {
			var log logBuffer
			if _, err := b.client(log.option(level)).CheckoutSessions.Get(t.Context(), "cs_01HX"); err == nil {
				t.Fatal("the call succeeded")
			}
			if got := len(log.records(t)); got != want {
				t.Errorf("%d records from %s on, want %d", got, level, want)
			}
		})
	}
}

func TestLogger_IsSilentIfNothingIsSent(t *testing.T) {
	t.Parallel()
	var log logBuffer
	client := responding(t, 200, sessionBody).client(t, log.option(slog.LevelDebug))
	if _, err := client.CheckoutSessions.Get(t.Context(), ".."); err == nil {
		t.Fatal("the call succeeded")
	}
	if got := log.records(t); len(got) != 0 {
		t.Errorf("the log is %v", got)
	}
}

// traceHandler adds a value of the context to each record, like the handlers of tracing libraries.
type traceHandler struct{ slog.Handler }

type traceInContext struct{}

func (h traceHandler) Handle(ctx context.Context, r slog.Record) error {
	r.AddAttrs(slog.Any("trace", ctx.Value(traceInContext{})))
	return h.Handler.Handle(ctx, r)
}

func TestLogger_HandlerReceivesTheCallersContext(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, []reply{{status: 429}, {status: 200, body: op.body()}}, func(t *testing.T, b *bubbleServer) {
				var log logBuffer
				client := b.client(log.option(slog.LevelDebug), func(o *plugipay.ClientOptions) {
					o.Logger = slog.New(traceHandler{o.Logger.Handler()})
				})
				if err := op.with(context.WithValue(t.Context(), traceInContext{}, "trace_7"), client); err != nil {
					t.Fatal(err)
				}
				records := log.records(t)
				for _, r := range records {
					if r["trace"] != "trace_7" {
						t.Errorf("record is %v", r)
					}
				}
				if len(records) != 3 {
					t.Errorf("%d records", len(records))
				}
			})
		})
	}
}

// TestLogger_UsesOperationIDsOfTheContract compares the logged operation with the contract's operationId for the request.
func TestLogger_UsesOperationIDsOfTheContract(t *testing.T) {
	t.Parallel()
	described := described(t)
	logged := map[string]bool{}
	for _, op := range operations() {
		var log logBuffer
		s := responding(t, 200, op.body())
		if err := op.call(t, s.client(t, log.option(slog.LevelDebug))); err != nil {
			t.Fatal(err)
		}
		r := s.only(t)
		want := ""
		if operation := described[r.method+" "+r.uri]; operation != nil {
			want = operation.OperationID
		}
		switch op.name {
		case "Do":
			want = "do" // for any request
		case "DoList":
			want = "doList"
		}
		got := log.records(t)[0]["operation"].(string)
		if got != want || want == "" {
			t.Errorf("%s is logged as %q, the contract calls it %q", op.name, got, want)
		}
		logged[got] = true
	}
	for _, operation := range described {
		if id := operation.OperationID; !logged[id] {
			t.Errorf("no method logs the operation %q: add its method to operations in plugipay/server_test.go", id)
		}
	}
}

func TestLogger_OmitsMalformedIDsAndCodes(t *testing.T) {
	t.Parallel()
	for _, malformed := range []string{"Plugipay-HMAC-SHA256 keyId=pk", `line\nbreak`, "ünïcode", strings.Repeat("x", 65), ""} {
		body := `{"data": null, "error": {"code": "` + malformed + `", "message": "m"}, "meta": {"requestId": "` + malformed + `"}}`
		var log logBuffer
		client := responding(t, 400, body).client(t, log.option(slog.LevelDebug))
		if _, err := client.CheckoutSessions.Get(t.Context(), "cs_01HX"); err == nil {
			t.Fatal("the call succeeded")
		}
		r := log.records(t)[0]
		if id, ok := r["requestId"]; ok {
			t.Errorf("the request id %q is logged", id)
		}
		if code, ok := r["code"]; ok && malformed != "" {
			t.Errorf("the code %q is logged", code)
		}
	}
}

func TestLogger_DoesNotChangeTheResult(t *testing.T) {
	t.Parallel()
	var log logBuffer
	client := responding(t, 200, sessionBody).client(t, log.option(slog.LevelDebug))
	session, err := client.CheckoutSessions.Get(t.Context(), "cs_01HX")
	if err != nil {
		t.Fatal(err)
	}
	wantSession(t, session)
	for _, op := range operations() {
		s := serving(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(422)
			_, _ = io.WriteString(w, `{"data": null,
				"error": {"code": "validation_error", "message": "m", "field": "amount", "details": [1]}}`)
		})
		pe := wantError(t, op.call(t, s.client(t, log.option(slog.LevelDebug))), 422, "validation_error")
		if pe.Field != "amount" || string(pe.Details) != "[1]" {
			t.Errorf("%s: error is %+v", op.name, pe)
		}
	}
}
