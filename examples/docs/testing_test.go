package docs

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

//docs:begin function

type sessionCreator interface {
	Create(ctx context.Context, in plugipay.CheckoutSessionCreateInput) (*plugipay.CheckoutSession, error)
}

// payURL returns the page to which the shop sends the buyer.
func payURL(ctx context.Context, sessions sessionCreator, cartID string, amount int64) (string, error) {
	session, err := sessions.Create(plugipay.WithIdempotencyKey(ctx, "cart_"+cartID), plugipay.CheckoutSessionCreateInput{
		Amount:     amount,
		Currency:   plugipay.CurrencyIDR,
		Methods:    []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS, plugipay.CheckoutMethodVA},
		SuccessURL: "https://example.com/thank-you",
		CancelURL:  "https://example.com/cart",
	})
	if errors.Is(err, plugipay.ErrAdapterNotConfigured) {
		return "/pay-by-invoice", nil
	}
	if err != nil {
		return "", err
	}
	return session.HostedURL, nil
}

//docs:end

//docs:begin fake

type fakeSessions struct{ err error }

func (f fakeSessions) Create(context.Context, plugipay.CheckoutSessionCreateInput) (*plugipay.CheckoutSession, error) {
	return &plugipay.CheckoutSession{HostedURL: "https://example.com/pay"}, f.err
}

func TestPayURL_WithoutAProviderIsTheInvoice(t *testing.T) {
	sessions := fakeSessions{err: &plugipay.Error{Code: plugipay.ErrorCodeAdapterNotConfigured}}
	url, err := payURL(t.Context(), sessions, "42", 199_000_00)
	if err != nil || url != "/pay-by-invoice" {
		t.Errorf("the shop sends the buyer to %q: %v", url, err)
	}
}

//docs:end

//docs:begin sandbox

func TestPayURL_IsTheHostedPage(t *testing.T) {
	box := sandbox.StartTest(t, sandbox.Options{})
	client, err := plugipay.NewClient(box.ClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	url, err := payURL(t.Context(), client.CheckoutSessions, "42", 199_000_00)
	if err != nil || !strings.HasPrefix(url, box.URL+"/c/cs_") {
		t.Errorf("the shop sends the buyer to %q: %v", url, err)
	}
	if _, err := payURL(t.Context(), client.CheckoutSessions, "43", 0); !errors.Is(err, plugipay.ErrValidation) {
		t.Errorf("the error for a cart without a price is %v", err)
	}
}

//docs:end

func TestTesting_PayAndSettleCompletes(t *testing.T) {
	t.Parallel()
	box, client := start(t)
	session := create(t, client)
	//docs:begin pay
	err := errors.Join(
		box.Pay(session.ID, plugipay.CheckoutMethodVA), // the buyer gets the number of a virtual account
		box.Settle(session.ID),                         // the transfer settles
	)
	//docs:end
	if err != nil {
		t.Fatal(err)
	}
	if session, err := client.CheckoutSessions.Get(t.Context(), session.ID); err != nil || session.Status != "completed" {
		t.Error(session, err)
	}
}

//docs:begin webhook

func TestWebhook_ReportsThePayment(t *testing.T) {
	paid := make(chan string, 10)
	webhook, err := plugipay.NewWebhookHandler(plugipay.WebhookHandlerOptions{ // in your test: the endpoint of your shop
		Secrets: []string{"whsec_test"},
		Handle: func(_ context.Context, event *plugipay.WebhookEvent) error {
			session, err := event.CheckoutSession()
			if err == nil && session.Status == plugipay.CheckoutSessionStatusCompleted {
				paid <- session.ID
			}
			return err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	receiver := httptest.NewServer(webhook)
	defer receiver.Close()
	box := sandbox.StartTest(t, sandbox.Options{Endpoints: []sandbox.Endpoint{{URL: receiver.URL, Secret: "whsec_test"}}})
	client, err := plugipay.NewClient(box.ClientOptions())
	if err != nil {
		t.Fatal(err)
	}

	session, err := client.CheckoutSessions.Create(t.Context(), plugipay.CheckoutSessionCreateInput{
		Amount: 199_000_00, Currency: plugipay.CurrencyIDR, Methods: []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS},
		SuccessURL: "https://example.com/thank-you", CancelURL: "https://example.com/cart",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(box.Pay(session.ID, plugipay.CheckoutMethodQRIS), box.WaitDelivered(t.Context())); err != nil {
		t.Fatal(err)
	}
	if id := <-paid; id != session.ID {
		t.Errorf("the webhook reported %s, want %s", id, session.ID)
	}
}

//docs:end

func TestTesting_FaultsAreRetried(t *testing.T) {
	t.Parallel()
	box, client := start(t)
	//docs:begin fault
	err := box.Inject(sandbox.Fault{
		Operation: "createCheckoutSession", // an operationId of openapi.yaml. Empty: every operation
		Status:    503,
		Times:     2, // default: 1. Negative: until ClearFaults
	})
	//docs:end
	if err != nil {
		t.Fatal(err)
	}
	var info plugipay.ResponseInfo
	if _, err := client.CheckoutSessions.Create(plugipay.WithResponse(t.Context(), &info), order); err != nil || info.Attempts != 3 {
		t.Error(info.Attempts, err)
	}
}

func TestTesting_SessionExpires(t *testing.T) {
	t.Parallel()
	box, client := start(t)
	session := create(t, client)
	box.Advance(24 * time.Hour)
	if session, err := client.CheckoutSessions.Get(t.Context(), session.ID); err != nil || session.Status != "expired" {
		t.Error(session, err)
	}
}
