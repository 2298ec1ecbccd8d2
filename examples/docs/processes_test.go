package docs

import (
	"context"
	"log"
	"net/http"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// clientWithOwnConnections returns a client with its own connection pool.
func clientWithOwnConnections() (*plugipay.Client, error) {
	//docs:begin connections
	connections := http.DefaultTransport.(*http.Transport).Clone()
	connections.MaxIdleConns, connections.MaxIdleConnsPerHost = 256, 256
	connections.HTTP2 = &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second}

	client, err := plugipay.NewClient(plugipay.ClientOptions{
		HTTP: &http.Client{Transport: connections}, // or a transport that wraps it
	})
	//docs:end
	return client, err
}

func TestProcesses_OwnConnectionsAreValid(t *testing.T) {
	t.Setenv("PLUGIPAY_KEY_ID", "pk_test_0001")
	t.Setenv("PLUGIPAY_SECRET", "sk_test_alpha")
	if _, err := clientWithOwnConnections(); err != nil {
		t.Error(err)
	}
}

// compareClocks returns how far this machine's clock is ahead of Plugipay's.
func compareClocks(ctx context.Context, client *plugipay.Client) time.Duration {
	//docs:begin clock
	var info plugipay.ResponseInfo
	_, err := client.CheckoutSessions.List(plugipay.WithResponse(ctx, &info), plugipay.CheckoutSessionListParams{})
	if err != nil {
		log.Print(err) // timestamp_skew, if the difference is too large
	}
	theirs, err := http.ParseTime(info.Header.Get("Date"))
	if err != nil {
		return 0
	}
	return time.Since(theirs)
	//docs:end
}

func TestProcesses_ClockDifferenceIsSmall(t *testing.T) {
	t.Parallel()
	_, client := start(t)
	if ahead := compareClocks(t.Context(), client); ahead == 0 || ahead > time.Hour || ahead < -time.Hour {
		t.Errorf("the clock is %s ahead", ahead)
	}
}
