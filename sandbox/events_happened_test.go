package sandbox_test

import (
	"crypto/x509"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

func TestRequests_AreRecorded(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	if got := server.Requests(); got == nil || len(got) != 0 {
		t.Errorf("requests = %v, want none", got)
	}
	key := header("Idempotency-Key", "idem_1")
	id := c.send(http.MethodPost, sessionsPath, validInput, key).want(201).session().ID
	c.send(http.MethodPost, sessionsPath, validInput, key).want(201)
	must(t, server.Inject(sandbox.Fault{Status: 503}))
	c.send(http.MethodGet, sessionsPath+"/"+id+"?a=b", "").want(503)
	c.send(http.MethodGet, sessionsPath, "").want(200)
	c.send(http.MethodGet, "/api/v1/none", "", tampered("Authorization", "")).want(404)
	got := server.Requests()
	want := []sandbox.Request{
		{Method: "GET", Path: "/api/v1/none", Status: 404},
		{Method: "GET", Path: sessionsPath, Status: 200, Operation: "listCheckoutSessions"},
		{
			Method: "GET", Path: sessionsPath + "/" + id + "?a=b", Status: 503, Operation: "getCheckoutSession",
			SessionID: id, Injected: true,
		},
		{
			Method: "POST", Path: sessionsPath, Status: 201, Operation: "createCheckoutSession",
			SessionID: id, IdempotencyKey: "idem_1", Replayed: true,
		},
		{
			Method: "POST", Path: sessionsPath, Status: 201, Operation: "createCheckoutSession",
			SessionID: id, IdempotencyKey: "idem_1",
		},
	}
	if len(got) != len(want) {
		t.Fatalf("%d requests, want %d", len(got), len(want))
	}
	for i, r := range got {
		if known := r.KeyID == sandbox.TestKeyID && r.AccountID == sandbox.TestAccountID; known != (i > 0) {
			t.Errorf("request %d has the key %q and the account %q", i, r.KeyID, r.AccountID)
		}
		if !strings.HasPrefix(r.ID, "req_") || r.At.IsZero() || r.Duration < 0 || !json.Valid([]byte(r.Response)) {
			t.Errorf("request %d = %+v", i, r)
		}
		if hasBody := r.Body == validInput; hasBody != (r.Method == "POST") {
			t.Errorf("the body of request %d is %q", i, r.Body)
		}
		r.ID, r.At, r.Duration, r.KeyID, r.AccountID, r.Body, r.Response = "", time.Time{}, 0, "", "", "", ""
		if r != want[i] {
			t.Errorf("request %d = %+v, want %+v", i, r, want[i])
		}
	}
}

func TestEvents_AreRecordedWithoutEndpoints(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	id := c.create("methods", `["va"]`).ID
	must(t, server.Pay(id, plugipay.CheckoutMethodVA))
	must(t, server.Settle(id))
	expiring := c.create("expiresInSec", "3600").ID
	server.Advance(time.Hour)
	got := server.Events()
	var names []string
	for _, e := range got {
		names = append(names, e.Type)
		if !strings.HasPrefix(e.ID, "evt_") || e.AccountID != sandbox.TestAccountID || e.Live || e.At.IsZero() {
			t.Errorf("event = %+v", e)
		}
	}
	want := []string{
		plugipay.EventCheckoutSessionExpired, plugipay.EventCheckoutSessionCompleted,
		plugipay.EventCheckoutSessionAsyncPaymentSucceeded,
	}
	if !slices.Equal(names, want) || got[0].SessionID != expiring || got[1].SessionID != id {
		t.Fatalf("events = %+v, want %v", got, want)
	}
	var object plugipay.CheckoutSession
	if err := json.Unmarshal(got[1].Object, &object); err != nil || object.ID != id || object.Status != "completed" {
		t.Errorf("object = %+v: %v", object, err)
	}
	if err := server.Redeliver(got[0].ID); err == nil || !strings.Contains(err.Error(), "no endpoint wants the event") {
		t.Errorf("Redeliver without an endpoint: %v", err)
	}
	if err := server.Redeliver("evt_none"); err == nil || !strings.Contains(err.Error(), "no such event") {
		t.Errorf("Redeliver of an unknown event: %v", err)
	}
}

func TestRedeliver_SendsTheSameEvent(t *testing.T) {
	t.Parallel()
	inBubbleWith(t, sandbox.Options{}, always(200), func(t *testing.T, box *sandbox.Sandbox, c client, s *script) {
		must(t, box.Pay(c.create().ID, plugipay.CheckoutMethodCard))
		synctest.Wait()
		must(t, box.Redeliver(box.Events()[0].ID))
		synctest.Wait()
		if got := s.all(); len(got) != 2 || got[0].body != got[1].body {
			t.Errorf("attempts = %+v", got)
		}
		if got := box.Deliveries(); len(got) != 2 || got[0].ID == got[1].ID || got[0].EventID != got[1].EventID {
			t.Errorf("deliveries = %+v", got)
		}
	})
}

// WaitDelivered ignores the failure of a delivery after a successful redelivery.
func TestWaitDelivered_CountsTheLastDelivery(t *testing.T) {
	t.Parallel()
	n := 0
	respond := func(attempt) int {
		if n++; n == 1 {
			return 500
		}
		return 200
	}
	inBubbleWith(t, sandbox.Options{DeliveryAttempts: 1}, respond, func(t *testing.T, box *sandbox.Sandbox, c client, _ *script) {
		must(t, box.Pay(c.create().ID, plugipay.CheckoutMethodCard))
		if err := box.WaitDelivered(t.Context()); err == nil {
			t.Error("the delivery did not fail")
		}
		must(t, box.Redeliver(box.Events()[0].ID))
		must(t, box.WaitDelivered(t.Context()))
	})
}

func TestTrigger_SessionHasTheStateAfterTheEvent(t *testing.T) {
	t.Parallel()
	for name, status := range map[plugipay.EventName]string{
		plugipay.EventCheckoutSessionCompleted:             "completed",
		plugipay.EventCheckoutSessionExpired:               "expired",
		plugipay.EventCheckoutSessionAsyncPaymentSucceeded: "completed",
		plugipay.EventCheckoutSessionAsyncPaymentFailed:    "open",
		"plugipay.checkout_session.completed.v1":           "completed",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReceiver(t)
			server, c := start(t, sandbox.Options{Endpoints: []sandbox.Endpoint{r.endpoint(false)}})
			triggered, err := server.Trigger(name, func(s *plugipay.CheckoutSession) {
				s.Amount, s.Metadata = 42, map[string]string{"order_id": "7"}
			})
			must(t, err)
			got := r.next()
			about, err := got.CheckoutSession()
			must(t, err)
			must(t, sandbox.CheckEvent(server.Sandbox, false, got.Raw))
			if got.ID != triggered.ID || got.Name() != triggered.Type || about.ID != triggered.SessionID ||
				about.Status != status || about.Amount != 42 || about.Metadata["order_id"] != "7" {
				t.Errorf("the event %+v has the session %+v", triggered, about)
			}
			stored := c.get(about.ID)
			if stored.Status != status || stored.Amount != 42 || stored.AccountID != sandbox.TestAccountID {
				t.Errorf("the stored session is %+v", stored)
			}
			if events := server.Events(); len(events) != 1 {
				t.Errorf("%d events, want one", len(events))
			}
		})
	}
}

func TestTrigger_SendsAnyObject(t *testing.T) {
	t.Parallel()
	for _, plain := range []bool{false, true} {
		got := make(chan string, 1)
		receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			got <- readBody(t, &http.Response{Body: r.Body})
		}))
		t.Cleanup(receiver.Close)
		server, _ := start(t, sandbox.Options{Endpoints: []sandbox.Endpoint{
			{URL: receiver.URL, Secret: endpointSecret, PlainEvents: plain},
		}})
		e, err := server.Trigger("refund.succeeded", map[string]any{"id": "re_1", "amount": 5})
		must(t, err)
		if e.Type != "refund.succeeded" || e.SessionID != "" || string(e.Object) != `{"amount":5,"id":"re_1"}` {
			t.Errorf("event = %+v", e)
		}
		var body struct {
			ID, Type string
			Data     json.RawMessage
		}
		must(t, json.Unmarshal([]byte(<-got), &body))
		wantType, wantData := "plugipay.refund.succeeded.v1", `{"object":{"amount":5,"id":"re_1"}}`
		if plain {
			wantType, wantData = "refund.succeeded", `{"amount":5,"id":"re_1"}`
		}
		if body.ID != e.ID || body.Type != wantType || string(body.Data) != wantData {
			t.Errorf("plain=%t: the body is %+v with %s", plain, body, body.Data)
		}
	}
}

func TestTrigger_RefusesInvalidEvents(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	existing := c.create().ID
	completed := plugipay.EventCheckoutSessionCompleted
	tests := map[string]struct {
		name   plugipay.EventName
		object any
		want   string
	}{
		"no name":           {"", nil, "type is required"},
		"no object":         {"refund.succeeded", nil, "needs an object"},
		"not JSON":          {completed, make(chan int), "cannot be written as JSON"},
		"an existing id":    {completed, func(s *plugipay.CheckoutSession) { s.ID = existing }, "id must be the id of a new session"},
		"no id":             {completed, func(s *plugipay.CheckoutSession) { s.ID = "" }, "id must be the id of a new session"},
		"an invalid time":   {completed, func(s *plugipay.CheckoutSession) { s.ExpiresAt = "soon" }, "expiresAt is not a time"},
		"broken line items": {completed, func(s *plugipay.CheckoutSession) { s.LineItems = []byte("{") }, "cannot be written as JSON"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := server.Trigger(tt.name, tt.object); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Trigger: %v, want %q", err, tt.want)
			}
		})
	}
	if got := server.Events(); len(got) != 0 {
		t.Errorf("events = %+v, want none", got)
	}
}

func TestSampleEvent_IsACompleteDelivery(t *testing.T) {
	t.Parallel()
	for _, name := range append(plugipay.EventNames(), "checkout_session.of_tomorrow") {
		body, header := sandbox.SampleEvent(name, endpointSecret, func(s *plugipay.CheckoutSession) { s.Amount = 7 })
		event, err := plugipay.VerifyWebhook(body, header, endpointSecret, nil)
		must(t, err)
		session, err := event.CheckoutSession()
		must(t, err)
		if event.Name() != name || session.Amount != 7 || !strings.HasPrefix(session.ID, "cs_") {
			t.Errorf("%s: the event is %s with the session %+v", name, event.Name(), session)
		}
		must(t, sandbox.CheckEvent(sandbox.New(sandbox.Options{}), false, body))
	}
	one, _ := sandbox.SampleEvent(plugipay.EventCheckoutSessionCompleted, "s", nil)
	other, _ := sandbox.SampleEvent(plugipay.EventCheckoutSessionCompleted, "s", nil)
	if string(one) == string(other) {
		t.Error("two samples are equal")
	}
	broken := func(s *plugipay.CheckoutSession) { s.LineItems = []byte("{") }
	if body, header := sandbox.SampleEvent(plugipay.EventCheckoutSessionCompleted, "s", broken); body != nil || header != "" {
		t.Errorf("a session that is not valid JSON returns %q, %q", body, header)
	}
}

func TestEndpoint_ReceivesOnlyItsEventsAndMode(t *testing.T) {
	t.Parallel()
	inBubbleWith(t, sandbox.Options{}, always(200), func(t *testing.T, _ *sandbox.Sandbox, _ client, s *script) {
		opts := failOnBreach(t)
		endpoint := func(name, mode string, events ...plugipay.EventName) sandbox.Endpoint {
			return sandbox.Endpoint{URL: "http://" + name + ".example", Secret: endpointSecret, Mode: mode, Events: events}
		}
		opts.Workspaces = []sandbox.Workspace{{
			Keys: []sandbox.Key{{ID: "pk_test_1", Secret: "s"}, {ID: "pk_live_1", Secret: "s"}},
			Endpoints: []sandbox.Endpoint{
				endpoint("all", ""), endpoint("test", sandbox.ModeTest), endpoint("live", sandbox.ModeLive),
				endpoint("expired", "", plugipay.EventCheckoutSessionExpired),
				endpoint("completed-live", sandbox.ModeLive, plugipay.EventCheckoutSessionCompleted),
			},
		}}
		box := sandbox.New(opts)
		sandbox.SetDeliveryTransport(box, s)
		c := directClient(t, box)
		test, live := c.as("pk_test_1", "s"), c.as("pk_live_1", "s")
		must(t, box.Pay(test.create().ID, plugipay.CheckoutMethodCard))
		must(t, box.Expire(live.create().ID))
		must(t, box.Confirm(live.create().ID))
		synctest.Wait()
		got := map[string]int{}
		for _, d := range box.Deliveries() {
			got[strings.TrimSuffix(strings.TrimPrefix(d.URL, "http://"), ".example")]++
		}
		want := map[string]int{"all": 3, "test": 1, "live": 2, "expired": 1, "completed-live": 1}
		for name, n := range want {
			if got[name] != n {
				t.Errorf("%s got %d events, want %d", name, got[name], n)
			}
		}
		must(t, box.Close())
	})
}

func TestEndpoint_UnknownModeIsRefused(t *testing.T) {
	t.Parallel()
	box := sandbox.New(sandbox.Options{})
	err := box.AddEndpoint(sandbox.Endpoint{URL: "http://h/", Secret: "s", Mode: "both"})
	if err == nil || !strings.Contains(err.Error(), "must be test or live") {
		t.Errorf("AddEndpoint: %v", err)
	}
}

func TestEndpoint_DeliveriesTrustItsCertificate(t *testing.T) {
	t.Parallel()
	receiver := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	receiver.Config.ErrorLog = log.New(io.Discard, "", 0) // one case refuses the certificate
	receiver.StartTLS()
	t.Cleanup(receiver.Close)
	ca := receiver.Certificate()
	trusting := func(cas ...*x509.Certificate) sandbox.Options { return sandbox.Options{ReceiverCAs: cas} }
	for name, tt := range map[string]struct {
		opts     sandbox.Options
		endpoint sandbox.Endpoint
		want     sandbox.DeliveryState
	}{
		"no certificate":         {want: sandbox.DeliveryFailed},
		"endpoint certificate":   {endpoint: sandbox.Endpoint{CA: ca}, want: sandbox.DeliveryDelivered},
		"receiver certificate":   {opts: trusting(ca), want: sandbox.DeliveryDelivered},
		"nil among certificates": {opts: trusting(ca, nil), want: sandbox.DeliveryDelivered},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.opts.DeliveryAttempts = 1
			server, c := start(t, tt.opts)
			tt.endpoint.URL, tt.endpoint.Secret = receiver.URL, endpointSecret
			must(t, server.AddEndpoint(tt.endpoint))
			must(t, server.Pay(c.create().ID, plugipay.CheckoutMethodCard))
			err := server.WaitDelivered(t.Context())
			got := server.Deliveries()[0]
			if got.State != tt.want || (err == nil) != (tt.want == sandbox.DeliveryDelivered) {
				t.Errorf("the delivery is %+v: %v", got, err)
			}
		})
	}
}

func TestFaults_Injected429HasRateLimitHeaders(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	for name, fault := range map[string]sandbox.Fault{
		"a status":         {Status: 429},
		"a rate limit":     {RateLimit: true},
		"with Retry-After": {Status: 429, RetryAfter: 30 * time.Second},
	} {
		must(t, server.Inject(fault))
		got := c.send(http.MethodGet, sessionsPath, "").wantError(429, gen.ErrorCodeRateLimited, "")
		after := number(t, got.header, "Retry-After")
		reset := number(t, got.header, "X-RateLimit-Reset")
		if number(t, got.header, "X-RateLimit-Remaining") != 0 || number(t, got.header, "X-RateLimit-Limit") != 100 ||
			after != max(1, int(fault.RetryAfter/time.Second)) || int64(reset) < time.Now().Unix()+int64(after)-1 {
			t.Errorf("%s: headers = %v", name, got.header)
		}
	}
}
