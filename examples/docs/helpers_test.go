package docs

import (
	"context"
	"errors"
	"testing"

	"go.uber.org/goleak"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start starts a sandbox for a test and returns it with a client.
func start(t *testing.T) (*sandbox.Server, *plugipay.Client) {
	t.Helper()
	box := sandbox.StartTest(t, sandbox.Options{})
	client, err := plugipay.NewClient(box.ClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return box, client
}

// order is the input for the sessions of the tests.
var order = plugipay.CheckoutSessionCreateInput{
	Amount:     199_000_00,
	Currency:   plugipay.CurrencyIDR,
	Methods:    []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS, plugipay.CheckoutMethodVA},
	SuccessURL: "https://example.com/thank-you",
	CancelURL:  "https://example.com/cart",
}

func create(t *testing.T, client *plugipay.Client) *plugipay.CheckoutSession {
	t.Helper()
	session, err := client.CheckoutSessions.Create(t.Context(), order)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// The code on the pages calls fulfill and release.
var errRelease = errors.New("the order is released")

func fulfill(context.Context, *plugipay.CheckoutSession) error { return nil }
func release(context.Context, *plugipay.CheckoutSession) error { return errRelease }

func reload(ctx context.Context, client *plugipay.Client, id string) error {
	_, err := client.CheckoutSessions.Get(ctx, id)
	return err
}
