package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// observatory is a sandbox with a client. It keeps the client's spans, metrics and log.
type observatory struct {
	box     *sandbox.Server
	client  *plugipay.Client
	spans   *tracetest.InMemoryExporter
	traces  *sdktrace.TracerProvider
	metrics *sdkmetric.ManualReader
	log     bytes.Buffer
	mu      sync.Mutex
	sent    []http.Header // the headers of each attempt that the server received
}

func observe(t *testing.T) *observatory {
	t.Helper()
	o := &observatory{
		box:     sandbox.StartTest(t, sandbox.Options{}),
		spans:   tracetest.NewInMemoryExporter(),
		metrics: sdkmetric.NewManualReader(),
	}
	o.traces = sdktrace.NewTracerProvider(sdktrace.WithSyncer(o.spans))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		o.sent = append(o.sent, r.Header.Clone())
		o.mu.Unlock()
		o.box.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	opts := o.box.ClientOptions()
	opts.BaseURL = server.URL
	opts.HTTP = observedHTTP(o.traces, sdkmetric.NewMeterProvider(sdkmetric.WithReader(o.metrics)))
	opts.Logger = slog.New(withTrace{slog.NewJSONHandler(&o.log, &slog.HandlerOptions{Level: slog.LevelDebug})})
	client, err := plugipay.NewClient(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(opts.HTTP.CloseIdleConnections)
	o.client = client
	return o
}

// received returns the headers of the attempts that reached the server.
func (o *observatory) received() []http.Header {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.sent)
}

// inSpan makes a call in a new span and returns the span.
func (o *observatory) inSpan(ctx context.Context, call func(context.Context)) trace.SpanContext {
	ctx, span := o.traces.Tracer("test").Start(ctx, "caller")
	defer span.End()
	call(ctx)
	return span.SpanContext()
}

func (o *observatory) inject(t *testing.T, fault sandbox.Fault) {
	t.Helper()
	if err := o.box.Inject(fault); err != nil {
		t.Fatal(err)
	}
}

func order() plugipay.CheckoutSessionCreateInput {
	return plugipay.CheckoutSessionCreateInput{
		Amount:     199_000_00,
		Currency:   plugipay.CurrencyIDR,
		Methods:    []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS},
		SuccessURL: "https://example.com/hush",
		CancelURL:  "https://example.com/cart",
		Metadata:   map[string]string{"email": "hush@example.com"},
	}
}

// attempts returns the spans of the attempts, in order.
func (o *observatory) attempts() (spans tracetest.SpanStubs) {
	for _, span := range o.spans.GetSpans() {
		if span.SpanKind == trace.SpanKindClient {
			spans = append(spans, span)
		}
	}
	return spans
}

func attributeOf(attributes []attribute.KeyValue, key attribute.Key) string {
	for _, a := range attributes {
		if a.Key == key {
			return a.Value.String()
		}
	}
	return ""
}

func TestTrace_AttemptIsASpanUnderTheCallers(t *testing.T) {
	t.Parallel()
	o := observe(t)
	o.inject(t, sandbox.Fault{Status: 503, Times: 2})
	caller := o.inSpan(t.Context(), func(ctx context.Context) {
		if _, err := o.client.CheckoutSessions.Create(ctx, order()); err != nil {
			t.Error(err)
		}
	})
	var statuses []string
	for _, span := range o.attempts() {
		if span.Parent.SpanID() != caller.SpanID() || span.SpanContext.TraceID() != caller.TraceID() {
			t.Errorf("the parent of %s is %s, want the caller's span %s", span.Name, span.Parent.SpanID(), caller.SpanID())
		}
		statuses = append(statuses, attributeOf(span.Attributes, "http.response.status_code"))
	}
	if !slices.Equal(statuses, []string{"503", "503", "201"}) {
		t.Errorf("the statuses of the spans are %v", statuses)
	}
	if n := strings.Count(o.log.String(), `"traceId":"`+caller.TraceID().String()+`","spanId":"`+caller.SpanID().String()+`"`); n != 5 {
		t.Errorf("%d log records have the trace id, want 5, of 3 attempts and 2 retries:\n%s", n, &o.log)
	}
}

func TestMetrics_CountEachAttempt(t *testing.T) {
	t.Parallel()
	o := observe(t)
	o.inject(t, sandbox.Fault{Status: 503, Times: 2})
	if _, err := o.client.CheckoutSessions.Create(t.Context(), order()); err != nil {
		t.Fatal(err)
	}
	var collected metricdata.ResourceMetrics
	if err := o.metrics.Collect(t.Context(), &collected); err != nil {
		t.Fatal(err)
	}
	attempts := map[string]uint64{}
	for _, scope := range collected.ScopeMetrics {
		for _, m := range scope.Metrics {
			if durations, ok := m.Data.(metricdata.Histogram[float64]); ok && m.Name == "http.client.request.duration" {
				for _, point := range durations.DataPoints {
					attempts[attributeOf(point.Attributes.ToSlice(), "http.response.status_code")] += point.Count
				}
			}
		}
	}
	if len(attempts) != 2 || attempts["503"] != 2 || attempts["201"] != 1 {
		t.Errorf("the counted attempts by status are %v, want 2 with 503 and 1 with 201", attempts)
	}
}

func TestTelemetry_ContainsNoSecrets(t *testing.T) {
	t.Parallel()
	o := observe(t)
	o.inject(t, sandbox.Fault{Status: 503, Times: 1})
	hush := "cus_hush"
	o.inSpan(plugipay.WithIdempotencyKey(t.Context(), "cart_hush"), func(ctx context.Context) {
		if _, err := o.client.CheckoutSessions.Create(ctx, order()); err != nil {
			t.Error(err)
		}
		_, err := o.client.CheckoutSessions.List(ctx, plugipay.CheckoutSessionListParams{CustomerID: &hush})
		if err != nil {
			t.Error(err)
		}
		o.inject(t, sandbox.Fault{Drop: true, Times: 3})
		if _, err := o.client.CheckoutSessions.Create(ctx, order()); !errors.Is(err, plugipay.ErrNetwork) {
			t.Errorf("error is %v", err)
		}
	})
	var collected metricdata.ResourceMetrics
	if err := o.metrics.Collect(t.Context(), &collected); err != nil {
		t.Fatal(err)
	}
	shown := fmt.Sprintf("%+v %+v %s", o.spans.GetSpans().Snapshots(), collected, &o.log)
	for _, span := range o.spans.GetSpans() {
		shown += fmt.Sprintf("%v %v %v %v %v", span.Name, span.Status, span.Attributes, span.Events, span.Links)
		for _, a := range span.Attributes {
			shown += a.Value.String() + "\n"
		}
	}
	secrets := []string{"hush", o.box.ClientOptions().Secret, "signature="}
	for _, header := range o.received() {
		_, signature, _ := strings.Cut(header.Get("Authorization"), "signature=")
		secrets = append(secrets, signature)
	}
	if sent := o.received(); len(sent) != 6 || len(o.attempts()) != 6 {
		t.Fatalf("%d attempts and %d spans, want 6 of each", len(sent), len(o.attempts()))
	}
	for _, secret := range secrets {
		if secret == "" || strings.Contains(shown, secret) {
			t.Errorf("the secret %q is empty or in the telemetry:\n%s", secret, shown)
		}
	}
	if !strings.Contains(shown, "/api/v1/checkout-sessions") {
		t.Error("the path is missing, so the check does not prove anything")
	}
}

// TestTraceAndBaggage_AreNotSentToPlugipay sets a propagator, as programs do for calls between their own services. The test runs
// before the parallel tests, because the propagator is global.
func TestTraceAndBaggage_AreNotSentToPlugipay(t *testing.T) {
	before := otel.GetTextMapPropagator()
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
	defer otel.SetTextMapPropagator(before)
	member, err := baggage.NewMember("customer", "hush")
	if err != nil {
		t.Fatal(err)
	}
	bag, err := baggage.New(member)
	if err != nil {
		t.Fatal(err)
	}
	o := observe(t)
	o.inSpan(baggage.ContextWithBaggage(t.Context(), bag), func(ctx context.Context) {
		if _, err := o.client.CheckoutSessions.Create(ctx, order()); err != nil {
			t.Error(err)
		}
	})
	if sent := o.received(); len(sent) != 1 || sent[0].Get("Traceparent") != "" || sent[0].Get("Baggage") != "" {
		t.Errorf("the headers are %v", sent)
	}
}

func TestProgram_PrintsSpansMetricsAndLog(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{"in 3 attempts", `"Name": "HTTP POST"`, "http.client.request.duration", "level=WARN", "traceId="} {
		if !strings.Contains(out.String(), shown) {
			t.Errorf("the output does not contain %q:\n%s", shown, &out)
		}
	}
}
