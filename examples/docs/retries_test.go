package docs

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// createInTime creates a session within ten seconds.
func createInTime(ctx context.Context, client *plugipay.Client, in plugipay.CheckoutSessionCreateInput) (*plugipay.CheckoutSession, error) {
	//docs:begin deadline
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	session, err := client.CheckoutSessions.Create(ctx, in)
	//docs:end
	return session, err
}

func TestRetries_TwoFailuresAreRetried(t *testing.T) {
	t.Parallel()
	box, client := start(t)
	if err := box.Inject(sandbox.Fault{Status: 503, Times: 2}); err != nil {
		t.Fatal(err)
	}
	if _, err := createInTime(t.Context(), client, order); err != nil {
		t.Error(err)
	}
}

// createForCart creates the session of a cart once.
func createForCart(ctx context.Context, client *plugipay.Client, cartID string, in plugipay.CheckoutSessionCreateInput) (*plugipay.CheckoutSession, error) {
	//docs:begin key
	ctx = plugipay.WithIdempotencyKey(ctx, "cart_"+cartID)
	session, err := client.CheckoutSessions.Create(ctx, in)
	//docs:end
	return session, err
}

func TestRetries_OwnKeyCreatesOneSession(t *testing.T) {
	t.Parallel()
	box, client := start(t)
	ids := map[string]bool{}
	for range 2 {
		session, err := createForCart(t.Context(), client, "42", order)
		if err != nil {
			t.Fatal(err)
		}
		ids[session.ID] = true
		_ = box.Expire(session.ID)                                // fails in the second round, because the session has expired
		if session.Status != plugipay.CheckoutSessionStatusOpen { // the status of the first response
			t.Errorf("the session is %s", session.Status)
		}
	}
	if len(ids) != 1 {
		t.Errorf("the cart has %d sessions, want 1", len(ids))
	}
	changed := order
	changed.Amount++
	if _, err := createForCart(t.Context(), client, "42", changed); !errors.Is(err, plugipay.ErrIdempotencyMismatch) {
		t.Errorf("the error for another amount is %v", err)
	}
}
