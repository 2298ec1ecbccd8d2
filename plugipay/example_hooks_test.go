package plugipay_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

func ExampleWithResponse() {
	client, closeSandbox := sandboxClient()
	defer closeSandbox()
	ctx := context.Background()

	var info plugipay.ResponseInfo
	if _, err := client.CheckoutSessions.Create(plugipay.WithResponse(ctx, &info), proPlan()); err != nil {
		log.Fatal(err)
	}
	fmt.Println("status", info.Status, "after", info.Attempts, "attempt")
	fmt.Println("request id", info.RequestID[:4]+"…")
	if info.RateLimit.Known {
		fmt.Println(info.RateLimit.Remaining, "of", info.RateLimit.Limit, "writes are left")
	}
	// Output:
	// status 201 after 1 attempt
	// request id req_…
	// 19 of 20 writes are left
}

func ExampleClientOptions_logger() {
	box, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer box.Close()
	if err := box.Inject(sandbox.Fault{Status: 503, Times: 1}); err != nil {
		log.Fatal(err)
	}

	opts := box.ClientOptions()
	opts.Logger = slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr { // removes values that differ between runs
			switch a.Key {
			case slog.TimeKey, "duration", "wait", "requestId":
				return slog.Attr{}
			}
			return a
		},
	}))
	client, err := plugipay.NewClient(opts)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.CheckoutSessions.Create(context.Background(), proPlan()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// level=DEBUG msg="plugipay: attempt" method=POST operation=createCheckoutSession attempt=1 status=503 code=service_unavailable
	// level=WARN msg="plugipay: attempt failed, retrying" method=POST operation=createCheckoutSession attempt=1 status=503 code=service_unavailable
	// level=DEBUG msg="plugipay: attempt" method=POST operation=createCheckoutSession attempt=2 status=201
}

// quota is a Limiter that allows a fixed number of requests. For a limiter that waits, use *rate.Limiter of
// golang.org/x/time/rate.
type quota chan struct{}

func (q quota) Wait(ctx context.Context) error {
	select {
	case q <- struct{}{}:
		return nil
	default:
		return errors.New("the quota is used up")
	}
}

func ExampleLimiter() {
	box, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer box.Close()

	opts := box.ClientOptions()
	opts.WriteLimiter = make(quota, 2) // reads do not wait
	client, err := plugipay.NewClient(opts)
	if err != nil {
		log.Fatal(err)
	}
	for range 3 {
		_, err := client.CheckoutSessions.Create(context.Background(), proPlan())
		fmt.Println(err)
	}
	// Output:
	// <nil>
	// <nil>
	// plugipay: rate_limited: the limiter (ClientOptions) allows no request; nothing was sent: the quota is used up
}

func ExampleAppInfo() {
	client, err := plugipay.NewClient(plugipay.ClientOptions{
		KeyID:   "pk_test_0001",
		Secret:  "sk_test_alpha",
		AppInfo: plugipay.AppInfo{Name: "MyPlugin", Version: "2.1", URL: "https://example.com"},
	})
	if err != nil {
		log.Fatal(err)
	}
	// Requests have the header "User-Agent: plugipay-go/0.1.0-dev go/1.25.0 MyPlugin/2.1 (https://example.com)".
	fmt.Println(client.BaseURL())
	// Output: https://plugipay.com
}
