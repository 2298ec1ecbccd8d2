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

// createOnce creates the session of a cart, and repeats a call whose result is unknown.
func createOnce(ctx context.Context, client *plugipay.Client, cartID string, in plugipay.CheckoutSessionCreateInput) (*plugipay.CheckoutSession, error) {
	//docs:begin errors
	session, err := client.CheckoutSessions.Create(plugipay.WithIdempotencyKey(ctx, "cart_"+cartID), in)
	var pe *plugipay.Error
	switch {
	case errors.As(err, &pe) && pe.MayHaveBeenProcessed():
		log.Print("the result is unknown: call again with the same key and the same input")
	case errors.As(err, &pe):
		log.Printf("%s: %s (field %q, request %s)", pe.Code, pe.Message, pe.Field, pe.RequestID)
	}
	//docs:end
	return session, err
}

func TestCreateOnce_CreatesOneSession(t *testing.T) {
	t.Parallel()
	box, client := start(t)
	if err := box.Inject(sandbox.Fault{Drop: true, Times: 3}); err != nil {
		t.Fatal(err)
	}
	_, err := createOnce(t.Context(), client, "42", order)
	var pe *plugipay.Error
	if !errors.As(err, &pe) || !pe.MayHaveBeenProcessed() {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := createOnce(t.Context(), client, "42", order); err != nil {
			t.Fatal(err)
		}
	}
	if page, err := client.CheckoutSessions.List(t.Context(), plugipay.CheckoutSessionListParams{}); len(page.Data) != 1 || err != nil {
		t.Errorf("the cart has %d sessions, want 1, error %v", len(page.Data), err)
	}
}

// printAndWait prints all sessions, and waits until one of them ends.
func printAndWait(ctx context.Context, client *plugipay.Client, id string) (*plugipay.CheckoutSession, error) {
	//docs:begin lists
	for session, err := range client.CheckoutSessions.All(ctx, plugipay.CheckoutSessionListParams{}) {
		if err != nil {
			return nil, err
		}
		fmt.Println(session.ID, session.Amount, session.Currency)
	}
	session, err := client.CheckoutSessions.Wait(ctx, id, plugipay.WaitOptions{})
	//docs:end
	return session, err
}

func TestPrintAndWait_ReturnsTheEndedSession(t *testing.T) {
	t.Parallel()
	box, client := start(t)
	id := create(t, client).ID
	if err := box.Pay(id, plugipay.CheckoutMethodQRIS); err != nil {
		t.Fatal(err)
	}
	if session, err := printAndWait(t.Context(), client, id); err != nil || !session.HasEnded() {
		t.Error(session, err)
	}
}
