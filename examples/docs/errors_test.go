package docs

import (
	"context"
	"errors"
	"fmt"
	"log"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// cancelOrder cancels the session of an order.
func cancelOrder(ctx context.Context, client *plugipay.Client, id string) error {
	//docs:begin cancel
	session, err := client.CheckoutSessions.Cancel(ctx, id)
	var pe *plugipay.Error
	switch {
	case err == nil:
		return release(ctx, session)
	case errors.Is(err, plugipay.ErrConflict):
		return reload(ctx, client, id) // the session has ended, and may be paid
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no response in time: the session may be canceled: %w", err)
	case errors.As(err, &pe):
		log.Printf("%s: %s (field %q, request %s)", pe.Code, pe.Message, pe.Field, pe.RequestID)
	}
	return err
	//docs:end
}

func TestErrors_CancelHandlesEachError(t *testing.T) {
	t.Parallel()
	_, client := start(t)
	id := create(t, client).ID
	for _, want := range []error{errRelease, nil} {
		if err := cancelOrder(t.Context(), client, id); !errors.Is(err, want) {
			t.Errorf("error is %v, want %v", err, want)
		}
	}
	if err := cancelOrder(t.Context(), client, "cs_unknown"); !errors.Is(err, plugipay.ErrNotFound) {
		t.Error(err)
	}
}

// createAgain repeats a call whose result is unknown.
func createAgain(ctx context.Context, client *plugipay.Client, in plugipay.CheckoutSessionCreateInput) (*plugipay.CheckoutSession, error) {
	//docs:begin repeat
	session, err := client.CheckoutSessions.Create(ctx, in)
	var pe *plugipay.Error
	if errors.As(err, &pe) && pe.MayHaveBeenProcessed() && pe.IdempotencyKey != "" {
		session, err = client.CheckoutSessions.Create(plugipay.WithIdempotencyKey(ctx, pe.IdempotencyKey), in)
	}
	//docs:end
	return session, err
}

func TestErrors_RepeatedCallCreatesOneSession(t *testing.T) {
	t.Parallel()
	box, client := start(t)
	if err := box.Inject(sandbox.Fault{Drop: true, Times: 3}); err != nil {
		t.Fatal(err)
	}
	session, err := createAgain(t.Context(), client, order)
	if err != nil {
		t.Fatal(err)
	}
	page, err := client.CheckoutSessions.List(t.Context(), plugipay.CheckoutSessionListParams{})
	if err != nil || len(page.Data) != 1 || page.Data[0].ID != session.ID {
		t.Errorf("%d sessions exist, want 1, error %v", len(page.Data), err)
	}
}
