package sandbox_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

func TestCheckoutSessions_CreatedWithInputAndDefaults(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	got := c.create()
	created, err := time.Parse("2006-01-02T15:04:05.000Z", got.CreatedAt)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(got.ID, "cs_") || len(got.ID) != len("cs_")+26 {
		t.Errorf("id = %q, want cs_ and a ULID", got.ID)
	}
	got.ID, got.LineItems = "", nil
	want := gen.CheckoutSession{
		AccountID: sandbox.TestAccountID, Amount: 4999, Currency: gen.CurrencyUSD,
		Status: gen.CheckoutSessionStatusOpen, Methods: []gen.CheckoutMethod{gen.CheckoutMethodCard},
		SuccessURL: "https://example.com/ok", CancelURL: "https://example.com/no",
		HostedURL: got.HostedURL, CreatedAt: got.CreatedAt, UpdatedAt: got.CreatedAt,
		ExpiresAt: created.Add(24 * time.Hour).Format("2006-01-02T15:04:05.000Z"),
		ARN:       got.ARN, Mode: "test", WorkspaceName: plugipay.Ptr("Sandbox Shop"),
	}
	if asJSON(t, got) != asJSON(t, want) {
		t.Errorf("got  %s\nwant %s", asJSON(t, got), asJSON(t, want))
	}
	if !strings.HasPrefix(got.HostedURL, server.URL+"/c/cs_") {
		t.Errorf("hostedUrl = %q, want a page of %s", got.HostedURL, server.URL)
	}
}

func TestCheckoutSessions_OptionalPropertiesAreKept(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{PublicURL: "https://pay.example.com/"})
	got := c.create("customerId", `"cus_1"`, "expiresInSec", `60`, "metadata", `{"order_id":"ord_42"}`,
		"templateId", `"tpl_1"`, "lineItems", `[{"name":"A","quantity":1,"unitAmount":2,"sku":1.50}]`)
	if pointed(got.CustomerID) != "cus_1" || got.Metadata["order_id"] != "ord_42" {
		t.Errorf("customerId = %q, metadata = %v", pointed(got.CustomerID), got.Metadata)
	}
	if want := `[{"name":"A","quantity":1,"unitAmount":2,"sku":1.50}]`; string(got.LineItems) != want {
		t.Errorf("lineItems = %s, want them as sent: %s", got.LineItems, want)
	}
	if want := "https://pay.example.com/c/" + got.ID; got.HostedURL != want {
		t.Errorf("hostedUrl = %q, want %q", got.HostedURL, want)
	}
	if sinceCreation(t, got, got.ExpiresAt) != time.Minute {
		t.Errorf("created %s and expires %s, want a minute between them", got.CreatedAt, got.ExpiresAt)
	}
	if read := c.get(got.ID); asJSON(t, read) != asJSON(t, got) {
		t.Errorf("get  %s\nwant %s", asJSON(t, read), asJSON(t, got))
	}
}

func TestCheckoutSessions_LargeNumbersKeepTheirPrecision(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	for _, amount := range []string{"9007199254740993", "9223372036854775807"} {
		got := c.send(http.MethodPost, sessionsPath, with("amount", amount,
			"lineItems", `[{"name":"A","quantity":1,"unitAmount":`+amount+`}]`)).want(http.StatusCreated)
		if strings.Count(got.body, amount) != 2 {
			t.Errorf("the amount %s was returned as %s", amount, got.body)
		}
	}
}

func TestCheckoutSessions_LongestLifetimeEndsInYear9999(t *testing.T) {
	if strconv.IntSize == 32 {
		t.Skip("an int of 32 bits cannot hold the lifetime")
	}
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	got := c.create("expiresInSec", "9223372036854775807")
	if want := "9999-12-31T23:59:59.999Z"; got.ExpiresAt != want {
		t.Errorf("expiresAt = %s, want %s", got.ExpiresAt, want)
	}
}

func TestCheckoutSessions_PropertyNamesAreCaseSensitive(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	body := strings.Replace(validInput, "{", `{"AMOUNT":-5,"Methods":7,`, 1)
	body = strings.Replace(body, `"lineItems":[]`, `"lineItems":[{"name":"A","quantity":1,"unitAmount":2,"NAME":3}]`, 1)
	got := c.send(http.MethodPost, sessionsPath, body).want(http.StatusCreated).session()
	if got.Amount != 4999 || len(got.Methods) != 1 {
		t.Errorf("amount = %d, methods = %v, want those of amount and methods", got.Amount, got.Methods)
	}
}

func TestCheckoutSessions_VisibleOnlyInTheirOwnData(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{Workspaces: []sandbox.Workspace{
		{Keys: []sandbox.Key{
			{ID: "pk_test_1", Secret: "s1"}, {ID: "pk_live_1", Secret: "s2"}, {ID: "ak_1", Secret: "s3"},
		}},
		{Keys: []sandbox.Key{{ID: "pk_test_2", Secret: "s4"}}},
	}})
	id := c.create().ID
	tests := map[string]struct {
		keyID, secret string
		found         bool
	}{
		"test key of the workspace":     {"pk_test_1", "s1", true},
		"older key, for test data":      {"ak_1", "s3", true},
		"live key of the workspace":     {"pk_live_1", "s2", false},
		"test key of another workspace": {"pk_test_2", "s4", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := c.in(t).as(tt.keyID, tt.secret)
			listed := c.send(http.MethodGet, sessionsPath, "").want(http.StatusOK).sessions()
			if tt.found {
				if c.get(id).ID != id || len(listed) != 1 {
					t.Errorf("the session was not found")
				}
				return
			}
			if len(listed) != 0 {
				t.Errorf("the list has %d sessions, want none", len(listed))
			}
			c.send(http.MethodGet, sessionsPath+"/"+id, "").wantError(http.StatusNotFound, gen.ErrorCodeNotFound, "")
			c.cancel(id).wantError(http.StatusNotFound, gen.ErrorCodeNotFound, "")
			c.confirm(id).wantError(http.StatusNotFound, gen.ErrorCodeNotFound, "")
		})
	}
	c.send(http.MethodGet, sessionsPath+"/cs_0", "").wantError(http.StatusNotFound, gen.ErrorCodeNotFound, "")
}

func TestCancel_EndsTheSessionWithoutPayment(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	created := c.create()
	server.Advance(time.Minute)
	got := c.cancel(created.ID).want(http.StatusOK).session()
	if got.Status != gen.CheckoutSessionStatusCanceled || got.CompletedAt != nil || got.Adapter != nil {
		t.Errorf("status = %q, completedAt = %v, adapter = %v", got.Status, got.CompletedAt, got.Adapter)
	}
	if since := sinceCreation(t, got, got.UpdatedAt); since < time.Minute {
		t.Errorf("updatedAt is %v after createdAt, want the time of the cancellation", since)
	}
}

func TestConfirm_CompletesTheSession(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	created := c.create()
	server.Advance(time.Minute)
	got := c.confirm(created.ID).want(http.StatusOK).session()
	if got.Status != gen.CheckoutSessionStatusCompleted || pointed(got.Adapter) != gen.CheckoutAdapterManual {
		t.Errorf("status = %q, adapter = %q", got.Status, pointed(got.Adapter))
	}
	if pointed(got.CompletedAt) != got.UpdatedAt || sinceCreation(t, got, got.UpdatedAt) < time.Minute {
		t.Errorf("completedAt = %q, updatedAt = %q, want the time of the confirmation",
			pointed(got.CompletedAt), got.UpdatedAt)
	}
	if read := c.get(created.ID); asJSON(t, read) != asJSON(t, got) {
		t.Errorf("get  %s\nwant %s", asJSON(t, read), asJSON(t, got))
	}
}

func TestCheckoutSessions_EndedSessionDoesNotChange(t *testing.T) {
	t.Parallel()
	ends := map[string]func(client, *sandbox.Server, string){
		gen.CheckoutSessionStatusCompleted: func(c client, _ *sandbox.Server, id string) { c.confirm(id).want(200) },
		gen.CheckoutSessionStatusCanceled:  func(c client, _ *sandbox.Server, id string) { c.cancel(id).want(200) },
		gen.CheckoutSessionStatusExpired:   func(_ client, s *sandbox.Server, _ string) { s.Advance(24 * time.Hour) },
	}
	for status, end := range ends {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			server, c := start(t, sandbox.Options{})
			id := c.create().ID
			end(c, server, id)
			before := c.get(id)
			if before.Status != status {
				t.Fatalf("status = %q, want %q", before.Status, status)
			}
			c.cancel(id).wantError(http.StatusConflict, gen.ErrorCodeConflict, "")
			c.confirm(id).wantError(http.StatusConflict, gen.ErrorCodeConflict, "")
			server.Advance(48 * time.Hour)
			if after := c.get(id); asJSON(t, after) != asJSON(t, before) {
				t.Errorf("the session changed from %s\nto %s", asJSON(t, before), asJSON(t, after))
			}
		})
	}
}

func TestCheckoutSessions_ExpireExactlyAtExpiresAt(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 9, 21, 14, 13, 20, 500_999_999, time.UTC)
	box := sandbox.NewAt(failOnBreach(t), func() time.Time { return now })
	c := directClient(t, box)
	at := change{timestamp: now.Unix()}
	created := c.send(http.MethodPost, sessionsPath, with("expiresInSec", "60"), at).want(http.StatusCreated).session()
	if want := "2026-09-21T14:13:20.500Z"; created.CreatedAt != want {
		t.Fatalf("createdAt = %s, want %s", created.CreatedAt, want)
	}
	get := func() gen.CheckoutSession {
		return c.send(http.MethodGet, sessionsPath+"/"+created.ID, "", at).want(http.StatusOK).session()
	}
	box.Advance(time.Minute - time.Millisecond)
	if got := get(); got.Status != gen.CheckoutSessionStatusOpen || got.UpdatedAt != created.CreatedAt {
		t.Errorf("a millisecond before expiresAt: status = %q, updatedAt = %s", got.Status, got.UpdatedAt)
	}
	box.Advance(time.Millisecond)
	if got := get(); got.Status != gen.CheckoutSessionStatusExpired || got.UpdatedAt != created.ExpiresAt {
		t.Errorf("at expiresAt %s: status = %q, updatedAt = %s", created.ExpiresAt, got.Status, got.UpdatedAt)
	}
}

func TestAdvance_NeverGoesBackAndNeverOverflows(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 9, 21, 14, 13, 20, 0, time.UTC)
	box := sandbox.NewAt(failOnBreach(t), func() time.Time { return now })
	c := directClient(t, box)
	const longest = time.Duration(1<<63 - 1)
	steps := []struct {
		advance time.Duration
		want    string
	}{
		{0, "2026-09-21T14:13:20.000Z"},
		{time.Hour, "2026-09-21T15:13:20.000Z"},
		{-time.Minute, "2026-09-21T15:13:20.000Z"},
		{longest, now.Add(longest).Truncate(time.Millisecond).Format("2006-01-02T15:04:05.000Z")},
		{longest, now.Add(longest).Truncate(time.Millisecond).Format("2006-01-02T15:04:05.000Z")},
	}
	for _, step := range steps {
		box.Advance(step.advance)
		got := c.send(http.MethodGet, sessionsPath, "", change{timestamp: now.Unix()}).want(http.StatusOK)
		if got.envelope.Meta.Timestamp != step.want {
			t.Errorf("after Advance(%v) the time is %s, want %s", step.advance, got.envelope.Meta.Timestamp, step.want)
		}
	}
}

func TestCheckoutSessions_MethodsNeedASupportingAdapter(t *testing.T) {
	t.Parallel()
	manual := sandbox.Adapter{Name: gen.CheckoutAdapterManual}
	xendit := sandbox.Adapter{Name: gen.CheckoutAdapterXendit}
	paypal := sandbox.Adapter{Name: gen.CheckoutAdapterPaypal}
	onlyCards := sandbox.Adapter{Name: gen.CheckoutAdapterMidtrans, Methods: []plugipay.CheckoutMethod{"card"}}
	tests := map[string]struct {
		adapters []sandbox.Adapter
		methods  string
		missing  string // empty: the session is created
	}{
		"all adapters support all methods":          {nil, `["qris","va","ewallet","card","retail","paypal"]`, ""},
		"xendit does not support paypal":            {[]sandbox.Adapter{xendit}, `["qris","paypal","paypal"]`, "paypal"},
		"paypal supports paypal":                    {[]sandbox.Adapter{paypal}, `["paypal"]`, ""},
		"paypal supports no other method":           {[]sandbox.Adapter{paypal}, `["card","va","paypal"]`, "card, va"},
		"manual alone supports every method":        {[]sandbox.Adapter{manual}, `["qris","paypal"]`, ""},
		"manual adds no methods to another adapter": {[]sandbox.Adapter{manual, paypal}, `["card"]`, "card"},
		"an adapter limited to the method":          {[]sandbox.Adapter{onlyCards}, `["card"]`, ""},
		"an adapter limited to another method":      {[]sandbox.Adapter{onlyCards}, `["qris"]`, "qris"},
		"no adapters":                               {[]sandbox.Adapter{}, `["card"]`, "card"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := start(t, sandbox.Options{Workspaces: []sandbox.Workspace{{Adapters: tt.adapters}}})
			got := c.send(http.MethodPost, sessionsPath, with("methods", tt.methods))
			if tt.missing == "" {
				got.want(http.StatusCreated)
				return
			}
			got.wantError(http.StatusUnprocessableEntity, gen.ErrorCodeAdapterNotConfigured, "")
			if want := "no adapter of the workspace supports " + tt.missing; got.envelope.Error.Message != want {
				t.Errorf("message = %q, want %q", got.envelope.Error.Message, want)
			}
			if listed := c.send(http.MethodGet, sessionsPath, "").sessions(); len(listed) != 0 {
				t.Errorf("a session was created")
			}
		})
	}
}

func TestCheckoutSessions_UnknownPathOrMethodIsNotFound(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	tests := []struct{ method, path string }{
		{http.MethodGet, "/api"},
		{http.MethodGet, "/api/v1/checkout-sessions/"},
		{http.MethodGet, "/api/v1//checkout-sessions"},
		{http.MethodGet, "/api/v1/checkout-sessions/../checkout-sessions"},
		{http.MethodGet, "/api/v1/checkout-sessions/cs_1/cancel"},
		{http.MethodPost, "/api/v1/checkout-sessions/cs_1"},
		{http.MethodPost, "/api/v1/checkout-sessions//cancel"},
		{http.MethodDelete, "/api/v1/checkout-sessions/cs_1"},
		{http.MethodPut, "/api/v1/checkout-sessions"},
		{http.MethodGet, "/api/v2/checkout-sessions"},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			t.Parallel()
			c.in(t).send(tt.method, tt.path, "").wantError(http.StatusNotFound, gen.ErrorCodeNotFound, "")
		})
	}
}

func TestCheckoutSessions_IDsAreUnescapedAsOneSegment(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	for _, id := range []string{"a%2Fb%3Fc", "%2E%2E", "a%20b", "%F0%9F%92%B8", "a+b", "a;b,c=d"} {
		c.send(http.MethodGet, sessionsPath+"/"+id, "").wantError(http.StatusNotFound, gen.ErrorCodeNotFound, "")
		got := c.cancel(id).wantError(http.StatusNotFound, gen.ErrorCodeNotFound, "")
		if want := "no such checkout session"; got.envelope.Error.Message != want {
			t.Errorf("canceling %s: message = %q, want %q", id, got.envelope.Error.Message, want)
		}
	}
	created := c.create().ID
	escaped := "%63" + strings.TrimPrefix(created, "c")
	if got := c.get(escaped); got.ID != created {
		t.Errorf("get %s returned %s", escaped, got.ID)
	}
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func sinceCreation(t *testing.T, s gen.CheckoutSession, later string) time.Duration {
	t.Helper()
	created, err := time.Parse(time.RFC3339, s.CreatedAt)
	if err != nil {
		t.Fatal(err)
	}
	end, err := time.Parse(time.RFC3339, later)
	if err != nil {
		t.Fatal(err)
	}
	return end.Sub(created)
}

func TestCheckoutSessions_HaveTheFieldsOfNewerServers(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{Workspaces: []sandbox.Workspace{{Keys: []sandbox.Key{
		{ID: "pk_live_a", Secret: "sk_live_a"},
	}}}})
	created := c.create("customerId", `"cus_1"`)
	if created.ARN == "" || created.Mode != "live" || created.WorkspaceName != nil {
		t.Errorf("arn %q, mode %q, workspaceName %v", created.ARN, created.Mode, created.WorkspaceName)
	}
	if created.Customer == nil || created.Customer.ID != "cus_1" || created.Customer.Email != nil {
		t.Errorf("customer is %+v", created.Customer)
	}
	if created.PaymentMethod != nil || created.PaymentID != nil {
		t.Errorf("an open session has paymentMethod %q, paymentId %q", pointed(created.PaymentMethod), pointed(created.PaymentID))
	}
	submit(t, server.URL+"/c/"+created.ID, "pay", "card")
	paid := c.get(created.ID)
	if pointed(paid.PaymentMethod) != "card" || pointed(paid.PaymentID) == "" {
		t.Errorf("a session paid by card has paymentMethod %q, paymentId %q", pointed(paid.PaymentMethod), pointed(paid.PaymentID))
	}
	if again := c.get(created.ID); pointed(again.PaymentID) != *paid.PaymentID {
		t.Errorf("paymentId was %s and is %s", *paid.PaymentID, pointed(again.PaymentID))
	}
	confirmed := c.confirm(c.create().ID).session()
	if confirmed.PaymentMethod != nil || confirmed.PaymentID == nil {
		t.Errorf("a confirmed session has paymentMethod %q, paymentId %q",
			pointed(confirmed.PaymentMethod), pointed(confirmed.PaymentID))
	}
}
