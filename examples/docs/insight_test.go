package docs

import (
	"context"
	"io"
	"log"
	"log/slog"
	"os"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
)

// getAndLog gets a session, and logs what the response says about the call.
func getAndLog(ctx context.Context, client *plugipay.Client, id string) (*plugipay.CheckoutSession, error) {
	//docs:begin response
	var info plugipay.ResponseInfo
	session, err := client.CheckoutSessions.Get(plugipay.WithResponse(ctx, &info), id)
	log.Println(info.Status, info.RequestID, info.Attempts, info.Header.Get("Date"))
	if info.RateLimit.Known && info.RateLimit.Remaining == 0 {
		log.Print("the next read may be refused until ", info.RateLimit.Reset)
	}
	//docs:end
	return session, err
}

func TestInsight_ResponseIsLogged(t *testing.T) {
	t.Parallel()
	_, client := start(t)
	if _, err := getAndLog(t.Context(), client, create(t, client).ID); err != nil {
		t.Error(err)
	}
}

func TestInsight_ClientsOfThePageAreValid(t *testing.T) {
	t.Setenv("PLUGIPAY_KEY_ID", "pk_test_0001")
	t.Setenv("PLUGIPAY_SECRET", "sk_test_alpha")
	for name, newClient := range map[string]func() (*plugipay.Client, error){"logger": loggingClient, "plugin": pluginClient} {
		client, err := newClient()
		if err != nil {
			t.Fatal(name, err)
		}
		_ = client.Close()
	}
}

func loggingClient() (*plugipay.Client, error) {
	//docs:begin logger
	client, err := plugipay.NewClient(plugipay.ClientOptions{
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	//docs:end
	return client, err
}

func pluginClient() (*plugipay.Client, error) {
	//docs:begin appinfo
	client, err := plugipay.NewClient(plugipay.ClientOptions{
		AppInfo: plugipay.AppInfo{Name: "MyPlugin", Version: "2.1", URL: "https://example.com"},
	})
	//docs:end
	return client, err
}

func init() { log.SetOutput(io.Discard) } // the log is not part of the tests
