package tests

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// These tests contain the code of the guide to checkout sessions: each signature, type and pattern.

var (
	_ func(*plugipay.CheckoutSessionsResource, context.Context, plugipay.CheckoutSessionCreateInput) (*plugipay.CheckoutSession, error)              = (*plugipay.CheckoutSessionsResource).Create
	_ func(*plugipay.CheckoutSessionsResource, context.Context, string) (*plugipay.CheckoutSession, error)                                           = (*plugipay.CheckoutSessionsResource).Get
	_ func(*plugipay.CheckoutSessionsResource, context.Context, plugipay.CheckoutSessionListParams) (plugipay.Page[plugipay.CheckoutSession], error) = (*plugipay.CheckoutSessionsResource).List
	_ func(*plugipay.CheckoutSessionsResource, context.Context, string) (*plugipay.CheckoutSession, error)                                           = (*plugipay.CheckoutSessionsResource).Cancel
	_ func(*plugipay.CheckoutSessionsResource, context.Context, string) (*plugipay.CheckoutSession, error)                                           = (*plugipay.CheckoutSessionsResource).Confirm
)

// guideSession and guideLineItem are the types as the guide prints them.
type guideSession struct {
	ID          string                    `json:"id"`
	AccountID   string                    `json:"accountId"`
	CustomerID  *string                   `json:"customerId"`
	Amount      int64                     `json:"amount"`
	Currency    plugipay.CurrencyCode     `json:"currency"`
	Status      string                    `json:"status"`
	Methods     []plugipay.CheckoutMethod `json:"methods"`
	Adapter     *string                   `json:"adapter"`
	LineItems   json.RawMessage           `json:"lineItems"`
	SuccessURL  string                    `json:"successUrl"`
	CancelURL   string                    `json:"cancelUrl"`
	HostedURL   string                    `json:"hostedUrl"`
	ExpiresAt   string                    `json:"expiresAt"`
	CompletedAt *string                   `json:"completedAt"`
	Metadata    map[string]string         `json:"metadata"`
	CreatedAt   string                    `json:"createdAt"`
	UpdatedAt   string                    `json:"updatedAt"`
}

type guideLineItem struct {
	Name       string `json:"name"`
	Quantity   int64  `json:"quantity"`
	UnitAmount int64  `json:"unitAmount"`
}

func TestGuide_TypesAreAsShown(t *testing.T) {
	t.Parallel()
	// The guide's fields are the first fields, in the guide's order. Newer fields may follow.
	for want, got := range map[reflect.Type]reflect.Type{
		reflect.TypeFor[guideSession]():  reflect.TypeFor[plugipay.CheckoutSession](),
		reflect.TypeFor[guideLineItem](): reflect.TypeFor[plugipay.CheckoutSessionLineItem](),
	} {
		for i := range want.NumField() {
			if i >= got.NumField() {
				t.Fatalf("%s has no field %s", got, want.Field(i).Name)
			}
			if g, w := got.Field(i), want.Field(i); g.Name != w.Name || g.Type != w.Type || g.Tag != w.Tag {
				t.Errorf("%s: field %v, want %v", got, g, w)
			}
		}
	}
	methods := []plugipay.CheckoutMethod{
		plugipay.CheckoutMethodQRIS, plugipay.CheckoutMethodVA, plugipay.CheckoutMethodEwallet,
		plugipay.CheckoutMethodCard, plugipay.CheckoutMethodRetail, plugipay.CheckoutMethodPaypal,
	}
	if want := []plugipay.CheckoutMethod{"qris", "va", "ewallet", "card", "retail", "paypal"}; !reflect.DeepEqual(methods, want) {
		t.Errorf("methods are %v", methods)
	}
}

// guideClient returns a client of a new sandbox.
func guideClient(t *testing.T) *plugipay.Client {
	t.Helper()
	client, err := plugipay.NewClient(sandbox.StartTest(t, sandbox.Options{}).ClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestGuide_CreateThenRedirectTheBuyer(t *testing.T) {
	t.Parallel()
	client := guideClient(t)
	var session *plugipay.CheckoutSession
	shop := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 10*time.Second)
		defer cancel()
		var err error
		session, err = client.CheckoutSessions.Create(ctx, newSession())
		if err != nil {
			t.Error(err)
			return
		}
		http.Redirect(w, r, session.HostedURL, http.StatusSeeOther)
	})
	response := httptest.NewRecorder()
	shop.ServeHTTP(response, httptest.NewRequestWithContext(t.Context(), "POST", "/pay", nil))
	if response.Code != http.StatusSeeOther || session == nil || response.Header().Get("Location") != session.HostedURL {
		t.Errorf("the shop responds %d to %q for %+v", response.Code, response.Header().Get("Location"), session)
	}
}

func TestGuide_StatusFollowsTheBuyer(t *testing.T) {
	t.Parallel()
	client := guideClient(t)
	state := func(id string) string {
		session, err := client.CheckoutSessions.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		switch session.Status {
		case "completed":
			return "paid"
		case "expired", "canceled":
			return "ended"
		case "open", "pending", "pending_review":
			return "live"
		}
		return "unknown status " + session.Status
	}
	paid, canceled, open := createOne(t, client), createOne(t, client), createOne(t, client)
	if _, err := client.CheckoutSessions.Confirm(t.Context(), paid.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CheckoutSessions.Cancel(t.Context(), canceled.ID); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{paid.ID: "paid", canceled.ID: "ended", open.ID: "live"} {
		if got := state(id); got != want {
			t.Errorf("%s is %s, want %s", id, got, want)
		}
	}
}

func createOne(t *testing.T, client *plugipay.Client) *plugipay.CheckoutSession {
	t.Helper()
	session, err := client.CheckoutSessions.Create(t.Context(), newSession())
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func TestGuide_ListsCompletedSessionsOfOneCustomer(t *testing.T) {
	t.Parallel()
	client := guideClient(t)
	customer := "cus_01HX"
	in := newSession()
	in.CustomerID = &customer
	paid, err := client.CheckoutSessions.Create(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CheckoutSessions.Confirm(t.Context(), paid.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CheckoutSessions.Create(t.Context(), in); err != nil { // open, so not listed
		t.Fatal(err)
	}
	createOne(t, client) // without a customer, so not listed
	status := "completed"
	params := plugipay.CheckoutSessionListParams{Status: &status, CustomerID: &customer}
	page, err := client.CheckoutSessions.List(t.Context(), params)
	if err != nil || len(page.Data) != 1 || page.Data[0].ID != paid.ID || page.HasMore || page.Cursor != nil {
		t.Errorf("page is %+v, error %v", page, err)
	}
}

func TestGuide_CancelOfAnEndedSessionIsAConflict(t *testing.T) {
	t.Parallel()
	client := guideClient(t)
	// cancelIfLive treats a session that has already ended as canceled.
	cancelIfLive := func(id string) error {
		_, err := client.CheckoutSessions.Cancel(t.Context(), id)
		var pe *plugipay.Error
		if errors.As(err, &pe) && pe.Code == "conflict" {
			if pe.Status != http.StatusConflict {
				t.Errorf("status of a conflict is %d, want 409", pe.Status)
			}
			return nil
		}
		return err
	}
	session := createOne(t, client)
	for range 2 {
		if err := cancelIfLive(session.ID); err != nil {
			t.Error(err)
		}
	}
	if err := cancelIfLive("cs_unknown"); !errors.Is(err, plugipay.ErrNotFound) {
		t.Errorf("error for an unknown session is %v", err)
	}
}

func TestGuide_ConfirmCompletes(t *testing.T) {
	t.Parallel()
	client := guideClient(t)
	session, err := client.CheckoutSessions.Confirm(t.Context(), createOne(t, client).ID)
	if err != nil || session.Status != "completed" {
		t.Errorf("session is %+v, error %v", session, err)
	}
}

// createSessionForCart creates one session for a cart, even if it is called several times for the cart.
func createSessionForCart(
	ctx context.Context, c *plugipay.Client, cartID string, in plugipay.CheckoutSessionCreateInput,
) (*plugipay.CheckoutSession, error) {
	if in.LineItems == nil {
		in.LineItems = []plugipay.CheckoutSessionLineItem{}
	}
	var out plugipay.CheckoutSession
	err := c.Do(ctx, plugipay.RequestOptions{
		Method: "POST", Path: "/api/v1/checkout-sessions", Body: in, IdempotencyKey: "cart_" + cartID,
	}, &out)
	if err != nil {
		return nil, err
	}
	return &out, nil
}

func TestGuide_CartHasOneSessionForADay(t *testing.T) {
	t.Parallel()
	box := sandbox.StartTest(t, sandbox.Options{})
	client, err := plugipay.NewClient(box.ClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	create := func(cartID string) {
		session, err := createSessionForCart(t.Context(), client, cartID, newSession())
		if err != nil {
			t.Fatal(err)
		}
		ids[session.ID] = true
	}
	create("42")
	create("42")
	box.Advance(23 * time.Hour)
	create("42")
	if len(ids) != 1 {
		t.Errorf("within a day the cart has %d sessions, want 1", len(ids))
	}
	create("43")
	box.Advance(2 * time.Hour)
	create("42")
	if len(ids) != 3 {
		t.Errorf("with a second cart and after a day there are %d sessions, want 3", len(ids))
	}
}

// pollUntilEnded polls with increasing intervals until the session ends.
func pollUntilEnded(ctx context.Context, c *plugipay.Client, id string) (*plugipay.CheckoutSession, error) {
	backoff := time.Second
	for {
		session, err := c.CheckoutSessions.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		switch session.Status {
		case "completed", "expired", "canceled":
			return session, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(backoff):
		}
		if backoff < 30*time.Second {
			backoff *= 2
		}
	}
}

func TestGuide_PollingEndsWithTheSession(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // with a virtual clock; the sandbox is called without a network
		box := sandbox.New(sandbox.Options{})
		client, err := plugipay.NewClient(plugipay.ClientOptions{
			KeyID: sandbox.TestKeyID, Secret: sandbox.TestSecret, BaseURL: "http://localhost",
			HTTP: &http.Client{Transport: inProcess{box}},
		})
		if err != nil {
			t.Fatal(err)
		}
		session := createOne(t, client)
		time.AfterFunc(5*time.Minute, func() {
			if _, err := client.CheckoutSessions.Confirm(t.Context(), session.ID); err != nil {
				t.Error(err)
			}
		})
		start := time.Now()
		ended, err := pollUntilEnded(t.Context(), client, session.ID)
		if err != nil || ended.Status != "completed" {
			t.Errorf("session is %+v, error %v", ended, err)
		}
		if took := time.Since(start); took < 5*time.Minute || took > 6*time.Minute {
			t.Errorf("polling took %s of virtual time, want 5 to 6 minutes", took)
		}

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := pollUntilEnded(ctx, client, createOne(t, client).ID); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error after the deadline is %v", err)
		}
	})
}

// inProcess passes requests to a handler without a network.
type inProcess struct{ handler http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	response := httptest.NewRecorder()
	p.handler.ServeHTTP(response, r)
	return response.Result(), nil
}

func TestGuide_OptionalFieldsArePointers(t *testing.T) {
	t.Parallel()
	client := guideClient(t)
	customer := "cus_01HX"
	expires := 30 * 60
	session, err := client.CheckoutSessions.Create(t.Context(), plugipay.CheckoutSessionCreateInput{
		Amount:       49_99,
		Currency:     plugipay.CurrencyUSD,
		Methods:      []plugipay.CheckoutMethod{plugipay.CheckoutMethodCard},
		SuccessURL:   "https://example.com/ok",
		CancelURL:    "https://example.com/no",
		CustomerID:   &customer,
		ExpiresInSec: &expires,
	})
	if err != nil || session.CustomerID == nil || *session.CustomerID != customer || session.Currency != "USD" {
		t.Errorf("session is %+v, error %v", session, err)
	}
}

func TestGuide_Errors(t *testing.T) {
	t.Parallel()
	box := sandbox.StartTest(t, sandbox.Options{Workspaces: []sandbox.Workspace{{
		Keys: []sandbox.Key{
			{ID: "pk_test_all", Secret: "sk_test_all"},
			{ID: "pk_test_reader", Secret: "sk_test_reader", Scopes: []string{}},
		},
		Adapters: []sandbox.Adapter{{Name: "xendit", Methods: []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS}}},
	}}})
	clientOf := func(keyID, secret string) *plugipay.Client {
		client, err := plugipay.NewClient(plugipay.ClientOptions{KeyID: keyID, Secret: secret, BaseURL: box.URL})
		if err != nil {
			t.Fatal(err)
		}
		return client
	}
	all, reader := clientOf("pk_test_all", "sk_test_all"), clientOf("pk_test_reader", "sk_test_reader")
	qris := newSession()
	qris.Methods = []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS}
	nothing, paypal := qris, qris
	nothing.Amount = 0
	paypal.Methods = []plugipay.CheckoutMethod{plugipay.CheckoutMethodPaypal}
	session, err := all.CheckoutSessions.Create(t.Context(), qris)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := all.CheckoutSessions.Cancel(t.Context(), session.ID); err != nil {
		t.Fatal(err)
	}
	create := func(client *plugipay.Client, in plugipay.CheckoutSessionCreateInput) error {
		_, err := client.CheckoutSessions.Create(t.Context(), in)
		return err
	}
	_, notFound := all.CheckoutSessions.Get(t.Context(), "cs_unknown")
	_, conflict := all.CheckoutSessions.Confirm(t.Context(), session.ID)
	for _, test := range []struct {
		err    error
		code   string
		status int
	}{
		{create(all, nothing), "validation_error", 400},
		{notFound, "not_found", 404},
		{conflict, "conflict", 409},
		{create(all, paypal), "adapter_not_configured", 422},
		{create(reader, qris), "insufficient_scope", 403},
	} {
		var pe *plugipay.Error
		if !errors.As(test.err, &pe) || pe.Code != test.code || pe.Status != test.status || pe.Message == "" || pe.RequestID == "" {
			t.Errorf("error is %v, want %s with status %d, a message and a request id", test.err, test.code, test.status)
		}
	}
}
