// Observability shows how a program sees what its Plugipay client does: OpenTelemetry spans and metrics of every attempt,
// log records with the id of their trace, and the response to a call. The example writes spans, metrics and log to the
// terminal. A real program uses other exporters.
//
// It calls a sandbox in its own process, which fails twice before it succeeds. It is a separate module, so that programs that
// use the SDK without OpenTelemetry do not download it.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"

	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	box, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		return err
	}
	defer box.Close()
	if err := box.Inject(sandbox.Fault{Status: 503, Times: 2}); err != nil {
		return err
	}

	spans, err := stdouttrace.New(stdouttrace.WithWriter(out), stdouttrace.WithPrettyPrint())
	if err != nil {
		return err
	}
	traces := sdktrace.NewTracerProvider(sdktrace.WithBatcher(spans))
	figures, err := stdoutmetric.New(stdoutmetric.WithWriter(out), stdoutmetric.WithPrettyPrint())
	if err != nil {
		return err
	}
	metrics := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(figures)))

	opts := box.ClientOptions()
	opts.HTTP = observedHTTP(traces, metrics)
	opts.Logger = slog.New(withTrace{slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug})})
	client, err := plugipay.NewClient(opts)
	if err != nil {
		return err
	}
	if err := checkout(ctx, out, client, traces); err != nil {
		return err
	}
	if err := traces.Shutdown(ctx); err != nil { // writes what is left
		return err
	}
	return metrics.Shutdown(ctx)
}

// checkout creates a session in a new span.
func checkout(ctx context.Context, out io.Writer, client *plugipay.Client, traces *sdktrace.TracerProvider) error {
	ctx, span := traces.Tracer("shop").Start(ctx, "checkout")
	defer span.End()
	var info plugipay.ResponseInfo
	session, err := client.CheckoutSessions.Create(plugipay.WithResponse(ctx, &info), plugipay.CheckoutSessionCreateInput{
		Amount:     199_000_00, // IDR 199,000
		Currency:   plugipay.CurrencyIDR,
		Methods:    []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS},
		SuccessURL: "https://example.com/thank-you",
		CancelURL:  "https://example.com/cart",
	})
	if err != nil {
		span.RecordError(err) // the error contains no secret and no buyer's data
		return err
	}
	fmt.Fprintln(out, "created", session.ID, "by request", info.RequestID, "in", info.Attempts, "attempts")
	return nil
}
