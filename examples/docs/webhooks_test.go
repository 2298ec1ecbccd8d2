package docs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// newPlainHandler returns a handler without an inbox.
func newPlainHandler(secret string) (*plugipay.WebhookHandler, error) {
	//docs:begin plain
	webhook, err := plugipay.NewWebhookHandler(plugipay.WebhookHandlerOptions{
		Secrets: []string{secret},
		Handle: func(ctx context.Context, event *plugipay.WebhookEvent) error {
			if event.Name() != plugipay.EventCheckoutSessionCompleted {
				return nil
			}
			session, err := event.CheckoutSession()
			if err != nil {
				return err
			}
			return fulfill(ctx, session) // must be idempotent, because Plugipay may deliver the event again
		},
	})
	//docs:end
	return webhook, err
}

// newPlatformHandler returns a handler for the merchants of a platform.
func newPlatformHandler(merchants map[string]string) (*plugipay.WebhookHandler, error) {
	//docs:begin platform
	webhook, err := plugipay.NewWebhookHandler(plugipay.WebhookHandlerOptions{
		SecretsFor: func(ctx context.Context, accountID string) ([]string, error) {
			secret, ok := merchants[accountID] // in a program: a query
			if !ok {
				return nil, nil // the response is 401
			}
			return []string{secret}, nil
		},
		Handle: func(ctx context.Context, event *plugipay.WebhookEvent) error {
			return handleFor(ctx, event.AccountID, event) // AccountID is verified here
		},
	})
	//docs:end
	return webhook, err
}

func handleFor(_ context.Context, accountID string, event *plugipay.WebhookEvent) error {
	if accountID != "acc_a" {
		return fmt.Errorf("event %s is handled for %s", event.ID, accountID)
	}
	return nil
}

//docs:begin verify

// receive verifies a delivery in your own handler.
func receive(w http.ResponseWriter, r *http.Request, secret string) {
	event, err := plugipay.VerifyWebhookRequest(r, secret)
	var pe *plugipay.Error
	if errors.As(err, &pe) {
		http.Error(w, pe.Code, pe.Status)
		return
	}
	fmt.Println(event.ID, event.Name()) // handle the event before you respond with 200
}

//docs:end

//docs:begin sign

// delivery returns a request that looks like a delivery from Plugipay.
func delivery(body, secret string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/webhooks/plugipay", strings.NewReader(body))
	r.Header.Set("X-Plugipay-Signature", plugipay.SignWebhook([]byte(body), secret, time.Now()))
	return r
}

//docs:end

const completedEvent = `{"id": "evt_1", "type": "plugipay.checkout_session.completed.v1", "accountId": "acc_a",
	"data": {"object": {"id": "cs_1", "accountId": "acc_a", "status": "completed"}}}`

func TestWebhooks_HandlersCheckTheSignature(t *testing.T) {
	t.Parallel()
	plain, err := newPlainHandler("whsec_a")
	if err != nil {
		t.Fatal(err)
	}
	platform, err := newPlatformHandler(map[string]string{"acc_a": "whsec_a", "acc_b": "whsec_b"})
	if err != nil {
		t.Fatal(err)
	}
	own := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { receive(w, r, "whsec_a") })
	for name, handler := range map[string]http.Handler{"plain": plain, "platform": platform, "own": own} {
		for secret, want := range map[string]int{"whsec_a": 200, "whsec_b": 401} {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, delivery(completedEvent, secret))
			if w.Code != want {
				t.Errorf("%s: the response to an event signed with %s is %d, want %d", name, secret, w.Code, want)
			}
		}
	}
}
