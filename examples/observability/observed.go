package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// observedHTTP returns a client for ClientOptions.HTTP that makes a span of each attempt, under the span of the call's
// context, and records OpenTelemetry's http.client metrics.
func observedHTTP(traces trace.TracerProvider, metrics metric.MeterProvider) *http.Client {
	connections := http.DefaultTransport.(*http.Transport).Clone()
	connections.MaxIdleConnsPerHost = 100 // net/http keeps two by default, and a busy server opens new ones all the time
	return &http.Client{Transport: otelhttp.NewTransport(withoutQuery{connections},
		otelhttp.WithTracerProvider(traces),
		otelhttp.WithMeterProvider(metrics),
		// Do not send trace ids and baggage to Plugipay.
		otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator()),
	)}
}

// withoutQuery removes the query from the span's URL, because the query of a filtered list contains the customer's id.
type withoutQuery struct{ next http.RoundTripper }

func (t withoutQuery) RoundTrip(r *http.Request) (*http.Response, error) {
	shown := url.URL{Scheme: r.URL.Scheme, Host: r.URL.Host, Path: r.URL.Path, RawPath: r.URL.RawPath}
	trace.SpanFromContext(r.Context()).SetAttributes(attribute.String("url.full", shown.String()))
	return t.next.RoundTrip(r)
}

// withTrace adds the trace id of the context to log records, so that the records of a call are found with its spans.
type withTrace struct{ slog.Handler }

func (h withTrace) Handle(ctx context.Context, r slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		r = r.Clone()
		r.AddAttrs(slog.String("traceId", span.TraceID().String()), slog.String("spanId", span.SpanID().String()))
	}
	return h.Handler.Handle(ctx, r)
}

func (h withTrace) WithAttrs(attrs []slog.Attr) slog.Handler {
	return withTrace{h.Handler.WithAttrs(attrs)}
}

func (h withTrace) WithGroup(name string) slog.Handler { return withTrace{h.Handler.WithGroup(name)} }
