package docs

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
)

type customer struct{ ID, Email string }

//docs:begin customer

// customerOf gets a customer, for which this package has no method.
func customerOf(ctx context.Context, client *plugipay.Client, id string) (*customer, error) {
	var found customer
	err := client.Do(ctx, plugipay.RequestOptions{Method: "GET", Path: "/api/v1/customers/" + url.PathEscape(id)}, &found)
	if err != nil {
		return nil, err
	}
	return &found, nil
}

//docs:end

func TestMigration_DoReachesOtherResources(t *testing.T) {
	t.Parallel()
	_, client := start(t) // the sandbox has no customers
	if c, err := customerOf(t.Context(), client, "cus_01HX/.."); c != nil || !errors.Is(err, plugipay.ErrNotFound) {
		t.Error(c, err)
	}
}

//docs:begin node

// pay creates a checkout session and sends the buyer to its hosted page.
func pay(w http.ResponseWriter, r *http.Request, client *plugipay.Client) error {
	session, err := client.CheckoutSessions.Create(r.Context(), plugipay.CheckoutSessionCreateInput{
		Amount:     199_000_00, // IDR 199,000 in the unit of Plugipay's guide
		Currency:   plugipay.CurrencyIDR,
		Methods:    []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS, plugipay.CheckoutMethodVA},
		SuccessURL: "https://example.com/thank-you",
		CancelURL:  "https://example.com/cart",
		Metadata:   map[string]string{"order_id": "ord_42"},
	})
	if err != nil {
		return err
	}
	http.Redirect(w, r, session.HostedURL, http.StatusSeeOther)
	return nil
}

//docs:end

func TestMigration_PayRedirectsToTheHostedPage(t *testing.T) {
	t.Parallel()
	_, client := start(t)
	w := httptest.NewRecorder()
	err := pay(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/pay", http.NoBody), client)
	if err != nil || w.Code != http.StatusSeeOther || !strings.Contains(w.Header().Get("Location"), "/c/cs_") {
		t.Error(w.Code, w.Header(), err)
	}
}
