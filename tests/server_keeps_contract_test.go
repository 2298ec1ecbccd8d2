package tests

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// environment is the server that the contract tests run against.
type environment struct {
	options plugipay.ClientOptions
	real    bool
}

func testEnvironment(t *testing.T) environment {
	t.Helper()
	if base := os.Getenv("PLUGIPAY_CONTRACT_BASE_URL"); base != "" {
		return environment{options: plugipay.ClientOptions{BaseURL: base}, real: true}
	}
	return environment{options: sandbox.StartTest(t, sandbox.Options{}).ClientOptions()}
}

// client returns a client whose exchanges are all checked against the contract.
func (e environment) client(t *testing.T, change ...func(*plugipay.ClientOptions)) (*plugipay.Client, *validatingTransport) {
	t.Helper()
	transport := newValidatingTransport(t)
	opts := e.options
	opts.HTTP = &http.Client{Transport: transport}
	for _, c := range change {
		c(&opts)
	}
	client, err := plugipay.NewClient(opts)
	if err != nil {
		t.Fatal(err)
	}
	return client, transport
}

func newSession() plugipay.CheckoutSessionCreateInput {
	return plugipay.CheckoutSessionCreateInput{
		Amount:     199_000_00,
		Currency:   plugipay.CurrencyIDR,
		Methods:    []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS, plugipay.CheckoutMethodVA},
		SuccessURL: "https://example.com/thank-you",
		CancelURL:  "https://example.com/cart",
		LineItems:  []plugipay.CheckoutSessionLineItem{{Name: "Annual Pro plan", Quantity: 1, UnitAmount: 199_000_00}},
		Metadata:   map[string]string{"order_id": "ord_42"},
	}
}

// wantValidated checks that the exchanges were validated.
func wantValidated(t *testing.T, transport *validatingTransport, exchanges ...string) {
	t.Helper()
	for _, exchange := range exchanges {
		if transport.seen[exchange] == 0 {
			t.Errorf("the exchange %q was not validated, only %v", exchange, transport.seen)
		}
	}
}

func TestContractCreate(t *testing.T) {
	t.Parallel()
	client, transport := testEnvironment(t).client(t)
	session, err := client.CheckoutSessions.Create(t.Context(), newSession())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(session.ID, "cs_") || session.Status != plugipay.CheckoutSessionStatusOpen ||
		session.Amount != 199_000_00 || session.Currency != plugipay.CurrencyIDR ||
		session.Metadata["order_id"] != "ord_42" || session.CompletedAt != nil {
		t.Errorf("session is %+v", session)
	}
	if hosted, err := url.Parse(session.HostedURL); err != nil || !hosted.IsAbs() || hosted.Host == "" {
		t.Errorf("the hosted URL is %q, want an absolute one", session.HostedURL)
	}
	wantValidated(t, transport, "createCheckoutSession 201")
}

func TestContractCreateWithEveryField(t *testing.T) {
	t.Parallel()
	env := testEnvironment(t)
	client, transport := env.client(t)
	in := newSession()
	in.LineItems = nil
	in.ExpiresInSec = plugipay.Ptr(1800)
	if !env.real { // a real Plugipay requires that the customer and the template exist
		in.CustomerID, in.TemplateID = plugipay.Ptr("cus_00000000000000000000000000"), plugipay.Ptr("a-template-id")
	}
	in.Currency, in.Amount = plugipay.CurrencyUSD, 49_99
	in.Methods = []plugipay.CheckoutMethod{plugipay.CheckoutMethodCard}
	session, err := client.CheckoutSessions.Create(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	created, createdErr := time.Parse(time.RFC3339, session.CreatedAt)
	expires, expiresErr := time.Parse(time.RFC3339, session.ExpiresAt)
	if createdErr != nil || expiresErr != nil || expires.Sub(created) != 30*time.Minute {
		t.Errorf("created %s, expires %s, want 30 minutes between", session.CreatedAt, session.ExpiresAt)
	}
	wantValidated(t, transport, "createCheckoutSession 201")
}

func TestContractGet(t *testing.T) {
	t.Parallel()
	client, transport := testEnvironment(t).client(t)
	created, err := client.CheckoutSessions.Create(t.Context(), newSession())
	if err != nil {
		t.Fatal(err)
	}
	got, err := client.CheckoutSessions.Get(t.Context(), created.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != created.ID || got.HostedURL != created.HostedURL || string(got.LineItems) != string(created.LineItems) {
		t.Errorf("got %+v, created %+v", got, created)
	}
	_, err = client.CheckoutSessions.Get(t.Context(), "cs_00000000000000000000000000")
	if !errors.Is(err, plugipay.ErrNotFound) {
		t.Errorf("error for an unknown id is %v", err)
	}
	wantValidated(t, transport, "getCheckoutSession 200", "getCheckoutSession 404")
}

func TestContractListPagesThroughEverySession(t *testing.T) {
	t.Parallel()
	env := testEnvironment(t)
	client, transport := env.client(t)
	start := time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)
	created := map[string]bool{}
	for range 5 {
		session, err := client.CheckoutSessions.Create(t.Context(), newSession())
		if err != nil {
			t.Fatal(err)
		}
		created[session.ID] = true
	}
	params := plugipay.CheckoutSessionListParams{Limit: plugipay.Ptr(2), CreatedAfter: &start}
	listed := map[string]bool{}
	for pages := 0; pages < 1000; pages++ {
		page, err := client.CheckoutSessions.List(t.Context(), params)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Data) > 2 {
			t.Fatalf("a page has %d sessions, want at most 2", len(page.Data))
		}
		for _, session := range page.Data {
			if listed[session.ID] {
				t.Fatalf("%s is listed twice", session.ID)
			}
			listed[session.ID] = true
			delete(created, session.ID)
		}
		if !page.HasMore {
			break
		}
		params.Cursor = page.Cursor
	}
	if len(created) != 0 {
		t.Errorf("not listed: %v", created)
	}
	wantValidated(t, transport, "listCheckoutSessions 200")
}

func TestContractListWithEveryFilter(t *testing.T) {
	t.Parallel()
	client, transport := testEnvironment(t).client(t)
	if _, err := client.CheckoutSessions.Create(t.Context(), newSession()); err != nil {
		t.Fatal(err)
	}
	page, err := client.CheckoutSessions.List(t.Context(), plugipay.CheckoutSessionListParams{
		Limit:         plugipay.Ptr(100),
		Status:        plugipay.Ptr(plugipay.CheckoutSessionStatusOpen),
		CustomerID:    plugipay.Ptr("cus_00000000000000000000000000"),
		CreatedAfter:  plugipay.Ptr("2020-01-01T00:00:00Z"),
		CreatedBefore: plugipay.Ptr("2100-01-01T00:00:00Z"),
		Order:         plugipay.Ptr(plugipay.ListOrderAsc),
	})
	if err != nil || len(page.Data) != 0 || page.HasMore {
		t.Errorf("page is %+v, error %v", page, err)
	}
	wantValidated(t, transport, "listCheckoutSessions 200")
}

// TestContractListObeysEachFilter sets one filter at a time.
func TestContractListObeysEachFilter(t *testing.T) {
	t.Parallel()
	client, transport := testEnvironment(t).client(t)
	open, canceled := createOne(t, client), createOne(t, client)
	if _, err := client.CheckoutSessions.Cancel(t.Context(), canceled.ID); err != nil {
		t.Fatal(err)
	}
	past, future := plugipay.Ptr("2020-01-01T00:00:00Z"), plugipay.Ptr("2100-01-01T00:00:00Z")
	type params = plugipay.CheckoutSessionListParams
	for filter, test := range map[string]struct {
		params                 plugipay.CheckoutSessionListParams
		wantOpen, wantCanceled bool
	}{
		"status":                      {params{Status: plugipay.Ptr(plugipay.CheckoutSessionStatusCanceled)}, false, true},
		"another status":              {params{Status: plugipay.Ptr(plugipay.CheckoutSessionStatusOpen)}, true, false},
		"customerId":                  {params{CustomerID: plugipay.Ptr("cus_00000000000000000000000000")}, false, false},
		"createdAfter in the past":    {params{CreatedAfter: past}, true, true},
		"createdAfter in the future":  {params{CreatedAfter: future}, false, false},
		"createdBefore in the past":   {params{CreatedBefore: past}, false, false},
		"createdBefore in the future": {params{CreatedBefore: future}, true, true},
	} {
		test.params.Limit = plugipay.Ptr(100)
		page, err := client.CheckoutSessions.List(t.Context(), test.params)
		if err != nil {
			t.Fatalf("%s: %v", filter, err)
		}
		ids := idsOf(page.Data)
		if slices.Contains(ids, open.ID) != test.wantOpen || slices.Contains(ids, canceled.ID) != test.wantCanceled {
			t.Errorf("%s lists %v; the open session is %s, the canceled session is %s", filter, ids, open.ID, canceled.ID)
		}
	}
	wantValidated(t, transport, "listCheckoutSessions 200")
}

func TestContractListObeysTheOrder(t *testing.T) {
	t.Parallel()
	client, transport := testEnvironment(t).client(t)
	start := time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)
	created := []string{createOne(t, client).ID, createOne(t, client).ID, createOne(t, client).ID}
	orders := map[string][]string{}
	for _, order := range []string{plugipay.ListOrderAsc, plugipay.ListOrderDesc} {
		page, err := client.CheckoutSessions.List(t.Context(), plugipay.CheckoutSessionListParams{
			Limit: plugipay.Ptr(100), CreatedAfter: &start, Order: &order,
		})
		if err != nil {
			t.Fatal(err)
		}
		inOrder := func(a, b plugipay.CheckoutSession) int { return strings.Compare(a.CreatedAt, b.CreatedAt) }
		if order == plugipay.ListOrderDesc {
			inOrder = func(a, b plugipay.CheckoutSession) int { return strings.Compare(b.CreatedAt, a.CreatedAt) }
		}
		if !slices.IsSortedFunc(page.Data, inOrder) {
			t.Errorf("with %s the sessions are not sorted by creation time", order)
		}
		orders[order] = slices.DeleteFunc(idsOf(page.Data), func(id string) bool { return !slices.Contains(created, id) })
	}
	slices.Reverse(orders[plugipay.ListOrderDesc])
	if asc := orders[plugipay.ListOrderAsc]; len(asc) != len(created) || !slices.Equal(asc, orders[plugipay.ListOrderDesc]) {
		t.Errorf("asc lists %v, desc in reverse order lists %v, want all of %v in both", asc, orders[plugipay.ListOrderDesc], created)
	}
	wantValidated(t, transport, "listCheckoutSessions 200")
}

func idsOf(sessions []plugipay.CheckoutSession) (ids []string) {
	for _, session := range sessions {
		ids = append(ids, session.ID)
	}
	return ids
}

func TestContractCancel(t *testing.T) {
	t.Parallel()
	client, transport := testEnvironment(t).client(t)
	session, err := client.CheckoutSessions.Create(t.Context(), newSession())
	if err != nil {
		t.Fatal(err)
	}
	canceled, err := client.CheckoutSessions.Cancel(t.Context(), session.ID)
	if err != nil || canceled.Status != plugipay.CheckoutSessionStatusCanceled {
		t.Fatalf("session is %+v, error %v", canceled, err)
	}
	if _, err := client.CheckoutSessions.Cancel(t.Context(), session.ID); !errors.Is(err, plugipay.ErrConflict) {
		t.Errorf("error of the second cancel is %v", err)
	}
	wantValidated(t, transport, "cancelCheckoutSession 200", "cancelCheckoutSession 409")
}

func TestContractConfirm(t *testing.T) {
	t.Parallel()
	env := testEnvironment(t)
	client, transport := env.client(t)
	session, err := client.CheckoutSessions.Create(t.Context(), newSession())
	if err != nil {
		t.Fatal(err)
	}
	confirmed, err := client.CheckoutSessions.Confirm(t.Context(), session.ID)
	var refused *plugipay.Error
	if env.real && errors.As(err, &refused) && refused.Code == plugipay.ErrorCodeConflict {
		t.Skipf("this Plugipay confirms only sessions whose buyer reported the payment: %v", err)
	}
	if err != nil || confirmed.Status != plugipay.CheckoutSessionStatusCompleted || confirmed.CompletedAt == nil {
		t.Fatalf("session is %+v, error %v", confirmed, err)
	}
	if _, err := client.CheckoutSessions.Confirm(t.Context(), session.ID); !errors.Is(err, plugipay.ErrConflict) {
		t.Errorf("error of the second confirm is %v", err)
	}
	wantValidated(t, transport, "confirmCheckoutSession 200", "confirmCheckoutSession 409")
}

func TestContractSameKeyMakesOneSession(t *testing.T) {
	t.Parallel()
	client, transport := testEnvironment(t).client(t)
	ctx := plugipay.WithIdempotencyKey(t.Context(), fmt.Sprint("contract_", time.Now().UnixNano()))
	first, err := client.CheckoutSessions.Create(ctx, newSession())
	if err != nil {
		t.Fatal(err)
	}
	second, err := client.CheckoutSessions.Create(ctx, newSession())
	if err != nil || second.ID != first.ID {
		t.Errorf("second session is %+v, error %v, want %s", second, err, first.ID)
	}
	other := newSession()
	other.Metadata = map[string]string{"order_id": "ord_43"}
	if _, err := client.CheckoutSessions.Create(ctx, other); !errors.Is(err, plugipay.ErrIdempotencyMismatch) {
		t.Errorf("error with other parameters is %v", err)
	}
	wantValidated(t, transport, "createCheckoutSession 201", "createCheckoutSession 409")
}

func TestContractWrongSecretIsRefused(t *testing.T) {
	t.Parallel()
	env := testEnvironment(t)
	if env.real && os.Getenv("PLUGIPAY_KEY_ID") == "" {
		t.Skip("needs a key pair")
	}
	client, transport := env.client(t, func(o *plugipay.ClientOptions) { o.Secret = "sk_test_wrong" })
	_, err := client.CheckoutSessions.Get(t.Context(), "cs_00000000000000000000000000")
	if !errors.Is(err, plugipay.ErrInvalidSignature) {
		t.Errorf("error is %v", err)
	}
	wantValidated(t, transport, "getCheckoutSession 401")
}

// TestContractValidationErrorsNameTheField sends requests that break the contract. The responses must keep it.
func TestContractValidationErrorsNameTheField(t *testing.T) {
	t.Parallel()
	client, transport := testEnvironment(t).client(t)
	transport.badRequests = true
	for field, change := range map[string]func(*plugipay.CheckoutSessionCreateInput){
		"amount":     func(in *plugipay.CheckoutSessionCreateInput) { in.Amount = 0 },
		"methods":    func(in *plugipay.CheckoutSessionCreateInput) { in.Methods = []plugipay.CheckoutMethod{"barter"} },
		"successUrl": func(in *plugipay.CheckoutSessionCreateInput) { in.SuccessURL = "javascript:alert(1)" },
		"currency":   func(in *plugipay.CheckoutSessionCreateInput) { in.Currency = "XXX" },
	} {
		in := newSession()
		change(&in)
		_, err := client.CheckoutSessions.Create(t.Context(), in)
		var pe *plugipay.Error
		if !errors.As(err, &pe) || pe.Code != plugipay.ErrorCodeValidationError ||
			!strings.HasPrefix(pe.Field, field) || pe.RequestID == "" {
			t.Errorf("%s: error is %v", field, err)
		}
	}
	wantValidated(t, transport, "createCheckoutSession 400")
}

// TestContractRefusals checks the errors that depend on a merchant's settings. A real Plugipay would need these settings,
// so the test always runs against the sandbox.
func TestContractRefusals(t *testing.T) {
	t.Parallel()
	box := sandbox.StartTest(t, sandbox.Options{
		Workspaces: []sandbox.Workspace{{
			Keys: []sandbox.Key{
				{ID: "pk_test_all", Secret: "sk_test_all"},
				{ID: "pk_test_reader", Secret: "sk_test_reader", Scopes: []string{}},
			},
			Adapters: []sandbox.Adapter{{Name: plugipay.CheckoutAdapterPaypal}},
		}},
		RateLimit: sandbox.RateLimit{Reads: 1},
	})
	env := environment{options: box.ClientOptions()}
	noRetries := func(o *plugipay.ClientOptions) { o.MaxRetries = -1 }
	client, transport := env.client(t, noRetries)
	asReader := func(o *plugipay.ClientOptions) { o.KeyID, o.Secret = "pk_test_reader", "sk_test_reader" }
	reader, readerTransport := env.client(t, noRetries, asReader)

	if _, err := client.CheckoutSessions.Create(t.Context(), newSession()); !errors.Is(err, plugipay.ErrAdapterNotConfigured) {
		t.Errorf("without an adapter the error is %v", err)
	}
	if _, err := reader.CheckoutSessions.Create(t.Context(), newSession()); !errors.Is(err, plugipay.ErrInsufficientScope) {
		t.Errorf("without the scope the error is %v", err)
	}
	var err error
	for range 1000 { // the limit is one read per second, and reads are faster
		if _, err = client.CheckoutSessions.List(t.Context(), plugipay.CheckoutSessionListParams{}); err != nil {
			break
		}
	}
	var pe *plugipay.Error
	if !errors.As(err, &pe) || pe.Code != plugipay.ErrorCodeRateLimited || pe.RetryAfter != time.Second {
		t.Errorf("over the limit the error is %v", err)
	}
	wantValidated(t, transport, "createCheckoutSession 422", "listCheckoutSessions 429")
	wantValidated(t, readerTransport, "createCheckoutSession 403")
}
