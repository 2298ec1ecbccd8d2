package sandbox_test

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// The properties that a test in another language reads from the control routes.
type (
	controlledEvent struct {
		ID, Type, SessionID, AccountID, Mode, At string
		Object                                   plugipay.CheckoutSession
	}
	controlledDelivery struct {
		ID, EventID, Type, SessionID, State, NextAt, URL, Body string
		Attempts                                               []struct {
			Status                 int
			Response, Error, Fault string
			DurationMs             float64
		}
	}
	controlledRequest struct {
		Method, Path, SessionID, Operation, KeyID, IdempotencyKey string
		Status                                                    int
		Replayed                                                  bool
	}
)

func TestControlRoutes_HealthReportsOK(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	got := decoded[map[string]string](c.control("GET", "health", "").want(200))
	if _, err := time.Parse(time.RFC3339, got["now"]); err != nil || got["status"] != "ok" {
		t.Errorf("health = %v", got)
	}
}

func TestControlRoutes_ListRequests(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	id := c.send("POST", sessionsPath, validInput, header("Idempotency-Key", "idem_1")).want(201).session().ID
	c.get(id)
	c.send("GET", sessionsPath+"?limit=5", "").want(200)
	c.send("GET", "/api/v1/none", "").want(404)
	for query, want := range map[string][]string{
		"":                                  {"/api/v1/none", sessionsPath + "?limit=5", sessionsPath + "/" + id, sessionsPath},
		"limit=1":                           {"/api/v1/none"},
		"status=404":                        {"/api/v1/none"},
		"method=POST":                       {sessionsPath},
		"sessionId=" + id:                   {sessionsPath + "/" + id, sessionsPath},
		"path=" + sessionsPath:              {sessionsPath + "?limit=5", sessionsPath},
		"path=" + sessionsPath + "/*":       {sessionsPath + "/" + id},
		"path=" + sessionsPath + "?limit=5": {sessionsPath + "?limit=5"},
		"keyId=" + sandbox.TestKeyID:        {sessionsPath + "?limit=5", sessionsPath + "/" + id, sessionsPath},
		"path=/nothing":                     nil,
	} {
		if strings.Contains(query, "?limit") {
			query = strings.Replace(query, "?", "%3F", 1)
		}
		got := decoded[[]controlledRequest](c.control("GET", "requests?"+query, "").want(200))
		var paths []string
		for _, r := range got {
			paths = append(paths, r.Path)
		}
		if !slices.Equal(paths, want) {
			t.Errorf("%s: paths = %v, want %v", query, paths, want)
		}
	}
	got := decoded[[]controlledRequest](c.control("GET", "requests?method=POST", ""))[0]
	want := controlledRequest{
		Method: "POST", Path: sessionsPath, SessionID: id, Operation: "createCheckoutSession", KeyID: sandbox.TestKeyID,
		IdempotencyKey: "idem_1", Status: 201,
	}
	if got != want {
		t.Errorf("request = %+v, want %+v", got, want)
	}
}

// newTestReceiver starts an endpoint that responds with the status that the test chooses. It returns the URL.
func newTestReceiver(t *testing.T, status func(*http.Request) int) string {
	t.Helper()
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status(r))
		fmt.Fprint(w, "the receiver's words")
	}))
	t.Cleanup(receiver.Close)
	return receiver.URL
}

func TestControlRoutes_SupportACompleteTest(t *testing.T) {
	t.Parallel()
	refusals := make(chan struct{}, 1)
	refusals <- struct{}{}
	url := newTestReceiver(t, func(*http.Request) int {
		select {
		case <-refusals:
			return 503
		default:
			return 200
		}
	})
	_, c := start(t, sandbox.Options{})
	endpoint := `{"url":"` + url + `","secret":"whsec_1","events":["checkout_session.completed"],"mode":"test"}`
	c.control("POST", "endpoints", endpoint).want(201)
	id := c.create().ID
	c.control("POST", "sessions/"+id+"/pay", `{"method":"card"}`).want(200)

	type waited struct{ Pending, Failed []controlledDelivery }
	got := decoded[waited](c.control("POST", "deliveries/wait", `{"timeoutMs":0}`).want(200))
	if len(got.Failed) != 0 || len(got.Pending) != 1 {
		t.Errorf("without waiting: %+v, want one pending delivery", got)
	}
	for range 3 { // an attempt, the clock, and an attempt
		c.control("POST", "clock", `{"advanceSec":20}`).want(200)
		got = decoded[waited](c.control("POST", "deliveries/wait", `{"timeoutMs":300}`).want(200))
	}
	if len(got.Pending)+len(got.Failed) != 0 {
		t.Fatalf("after the last wait: %+v, want none", got)
	}
	deliveries := decoded[[]controlledDelivery](c.control("GET", "deliveries?sessionId="+id, "").want(200))
	if len(deliveries) != 1 || deliveries[0].State != "delivered" || len(deliveries[0].Attempts) != 2 {
		t.Fatalf("deliveries = %+v", deliveries)
	}
	first := deliveries[0].Attempts[0]
	if first.Status != 503 || first.Response != "the receiver's words" || first.Error != "the response was 503, not a 2xx" {
		t.Errorf("the first attempt is %+v", first)
	}
	events := decoded[[]controlledEvent](c.control("GET", "events?type=checkout_session.completed&sessionId="+id, "").want(200))
	if len(events) != 1 || events[0].ID != deliveries[0].EventID || events[0].Object.ID != id || events[0].Mode != "test" {
		t.Fatalf("events = %+v", events)
	}
	again := decoded[[]controlledDelivery](c.control("POST", "events/"+events[0].ID+"/redeliver", "").want(200))
	if len(again) != 1 || again[0].ID == deliveries[0].ID || again[0].EventID != events[0].ID {
		t.Errorf("redelivered = %+v", again)
	}
	c.control("POST", "deliveries/wait", ``).want(200)
	delivered := c.control("GET", "deliveries?state=delivered&eventId="+events[0].ID, "")
	if got := decoded[[]controlledDelivery](delivered); len(got) != 2 {
		t.Errorf("deliveries of the event = %+v", got)
	}
	sessions := decoded[[]gen.CheckoutSession](c.control("GET", "sessions?status=completed", "").want(200))
	if len(sessions) != 1 || sessions[0].ID != id {
		t.Errorf("sessions = %+v", sessions)
	}
	c.control("POST", "reset", "").want(204)
	for _, list := range []string{"sessions", "requests", "events", "deliveries", "faults", "delivery-faults"} {
		if got := c.control("GET", list, "").want(200); string(got.envelope.Data) != "[]" {
			t.Errorf("after the reset %s = %s", list, got.envelope.Data)
		}
	}
	endpoints := c.control("GET", "endpoints", "").want(200)
	if !strings.Contains(endpoints.body, url) || strings.Contains(endpoints.body, "whsec_1") {
		t.Errorf("endpoints = %s", endpoints.body)
	}
}

func TestControlRoutes_TriggerCreatesASession(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	got := decoded[controlledEvent](c.control("POST", "trigger",
		`{"type":"checkout_session.completed","amount":4200,"currency":"USD","customerId":"cus_1","metadata":{"order":"7"}}`).
		want(201))
	session := c.get(got.SessionID)
	if got.Type != "checkout_session.completed" || session.Amount != 4200 || session.Currency != "USD" ||
		session.Metadata["order"] != "7" || pointed(session.CustomerID) != "cus_1" || session.Status != "completed" {
		t.Errorf("the event %+v has the session %+v", got, session)
	}
	other := c.control("POST", "trigger", `{"type":"refund.succeeded","object":{"id":"re_1"}}`).want(201)
	if !strings.Contains(other.body, `"object":{"id":"re_1"}`) || !strings.Contains(other.body, `"sessionId":null`) {
		t.Errorf("the event is %s", other.body)
	}
	c.control("POST", "trigger", `{}`).wantError(400, gen.ErrorCodeValidationError, "type")
	c.control("POST", "trigger", `{"type":"refund.succeeded"}`).wantError(400, gen.ErrorCodeValidationError, "type")
	c.control("POST", "trigger", `{"type":"checkout_session.completed","amount":"many"}`).
		wantError(400, gen.ErrorCodeValidationError, "amount")
}

func TestControlRoutes_WorkspacesAreIndependent(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	type keys struct{ AccountID, KeyID, Secret, APIKey string }
	one := decoded[keys](c.control("POST", "workspaces", "").want(201))
	other := decoded[keys](c.control("POST", "workspaces", `{"name":"Other","mode":"live","accountId":"acc_other"}`).want(201))
	if other.AccountID != "acc_other" || !strings.HasPrefix(other.KeyID, "pk_live_") || !strings.HasPrefix(one.Secret, "sk_test_") {
		t.Errorf("keys = %+v, %+v", one, other)
	}
	c1, c2 := c.as(one.KeyID, one.Secret), c.as(other.KeyID, other.Secret)
	withAPIKey, err := plugipay.NewClient(plugipay.ClientOptions{BaseURL: server.URL, APIKey: one.APIKey})
	must(t, err)
	id1, id2 := c1.create().ID, c2.create().ID
	if got, err := withAPIKey.CheckoutSessions.Get(t.Context(), id1); err != nil || got.AccountID != one.AccountID {
		t.Errorf("with the dashboard key: %+v, %v", got, err)
	}
	c2.send("GET", sessionsPath+"/"+id1, "").wantError(404, gen.ErrorCodeNotFound, "")

	// Faults.
	c.control("POST", "faults", `{"status":503,"keyId":"`+one.KeyID+`","times":-1}`).want(201)
	c.control("POST", "faults?keyId="+other.KeyID, `{"status":502,"times":-1}`).want(201)
	c.send("GET", sessionsPath, "").want(200)
	c1.send("GET", sessionsPath, "").want(503)
	c2.send("GET", sessionsPath, "").want(502)
	faults := decoded[[]map[string]any](c.control("GET", "faults?keyId="+one.KeyID, ""))
	if len(faults) != 1 || faults[0]["status"] != 503.0 {
		t.Errorf("faults of one = %v", faults)
	}
	c.control("DELETE", "faults?keyId="+one.KeyID, "").want(204)
	c1.send("GET", sessionsPath, "").want(200)
	c2.send("GET", sessionsPath, "").want(502)

	// The clock.
	c.control("POST", "clock", `{"advanceSec":86400,"keyId":"`+one.KeyID+`"}`).want(200)
	if got := c1.get(id1).Status; got != "expired" {
		t.Errorf("the session is %s, want expired", got)
	}
	now := decoded[map[string]string](c.control("GET", "clock", ""))["now"]
	ahead := decoded[map[string]string](c.control("GET", "clock?keyId="+one.KeyID, ""))["now"]
	if now >= ahead {
		t.Errorf("the clocks are %s and %s, want the second ahead", now, ahead)
	}

	// Records and reset.
	if got := decoded[[]controlledEvent](c.control("GET", "events?keyId="+one.KeyID, "")); len(got) != 1 || got[0].SessionID != id1 {
		t.Errorf("events of one = %+v", got)
	}
	c.control("POST", "reset", `{"keyId":"`+one.KeyID+`"}`).want(204)
	c1.send("GET", sessionsPath+"/"+id1, "").wantError(404, gen.ErrorCodeNotFound, "")
	if got := decoded[map[string]string](c.control("GET", "clock?keyId="+one.KeyID, ""))["now"]; got >= ahead {
		t.Errorf("after the reset the clock shows %s", got)
	}
	c2.send("GET", sessionsPath+"/"+id2, "").want(502) // the reset kept the fault of the other workspace
	c.control("DELETE", "faults", "").want(204)
	if got := c2.get(id2).Status; got != "open" {
		t.Errorf("the session of the other workspace is %s", got)
	}
	if got := decoded[[]controlledRequest](c.control("GET", "requests?keyId="+other.KeyID, "")); len(got) == 0 {
		t.Error("the reset removed the requests of the other workspace")
	}

	// Endpoints and delivery faults.
	c.control("POST", "endpoints?keyId="+other.KeyID, `{"url":"http://127.0.0.1:1/","secret":"s"}`).want(201)
	if got := c.control("GET", "endpoints?keyId="+one.KeyID, ""); string(got.envelope.Data) != "[]" {
		t.Errorf("endpoints of one = %s", got.envelope.Data)
	}
	c.control("POST", "delivery-faults", `{"kind":"late","delayMs":60000,"keyId":"`+other.KeyID+`"}`).want(201)
	c.control("POST", "delivery-faults", `{"kind":"twice","times":-1}`).want(201)
	faults = decoded[[]map[string]any](c.control("GET", "delivery-faults?keyId="+other.KeyID, ""))
	if len(faults) != 1 || faults[0]["kind"] != "late" {
		t.Errorf("delivery faults = %v", faults)
	}
	c.control("DELETE", "delivery-faults?keyId="+other.KeyID, "").want(204)
	c.control("DELETE", "delivery-faults", "").want(204)
	if got := c.control("GET", "delivery-faults", ""); string(got.envelope.Data) != "[]" {
		t.Errorf("delivery faults = %s", got.envelope.Data)
	}
	c.control("POST", "workspaces", `{"accountId":"acc_other"}`).wantError(409, gen.ErrorCodeConflict, "")
}

func TestControlRoutes_RefuseUnknownKeysAndValues(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	tests := map[string]struct {
		method, path, body string
		status             int
		field              string
	}{
		"clock of an unknown key":           {"POST", "clock", `{"advanceSec":1,"keyId":"pk_none"}`, 400, "keyId"},
		"time of an unknown key":            {"GET", "clock?keyId=pk_none", "", 400, "keyId"},
		"reset of an unknown key":           {"POST", "reset?keyId=pk_none", "", 400, "keyId"},
		"faults of an unknown key":          {"GET", "faults?keyId=pk_none", "", 400, "keyId"},
		"clear of an unknown key":           {"DELETE", "faults?keyId=pk_none", "", 400, "keyId"},
		"deliveries of an unknown key":      {"GET", "deliveries?keyId=pk_none", "", 400, "keyId"},
		"wait of an unknown key":            {"POST", "deliveries/wait?keyId=pk_none", "", 400, "keyId"},
		"events of an unknown key":          {"GET", "events?keyId=pk_none", "", 400, "keyId"},
		"requests of an unknown key":        {"GET", "requests?keyId=pk_none", "", 400, "keyId"},
		"sessions of an unknown key":        {"GET", "sessions?keyId=pk_none", "", 400, "keyId"},
		"endpoint of an unknown key":        {"POST", "endpoints", `{"url":"http://h/","secret":"s","keyId":"x"}`, 400, "keyId"},
		"endpoints of an unknown key":       {"GET", "endpoints?keyId=x", "", 400, "keyId"},
		"trigger of an unknown key":         {"POST", "trigger", `{"type":"checkout_session.expired","keyId":"x"}`, 400, "keyId"},
		"fault of an unknown key":           {"POST", "faults", `{"drop":true,"keyId":"pk_none"}`, 400, ""},
		"delivery fault of an unknown key":  {"POST", "delivery-faults", `{"kind":"twice","keyId":"pk_none"}`, 400, ""},
		"delivery faults of an unknown key": {"GET", "delivery-faults?keyId=x", "", 400, "keyId"},
		"delivery clear of an unknown key":  {"DELETE", "delivery-faults?keyId=x", "", 400, "keyId"},
		"an unknown kind":                   {"POST", "delivery-faults", `{"kind":"often"}`, 400, ""},
		"a negative delay":                  {"POST", "delivery-faults", `{"kind":"late","delayMs":-1}`, 400, "delayMs"},
		"a delay of the kind twice":         {"POST", "delivery-faults", `{"kind":"twice","delayMs":5}`, 400, ""},
		"limit 0":                           {"GET", "events?limit=0", "", 400, "limit"},
		"limit 1001":                        {"GET", "requests?limit=1001", "", 400, "limit"},
		"limit x":                           {"GET", "sessions?limit=x", "", 400, "limit"},
		"status x":                          {"GET", "requests?status=x", "", 400, "status"},
		"a long wait":                       {"POST", "deliveries/wait", `{"timeoutMs":600001}`, 400, "timeoutMs"},
		"a negative wait":                   {"POST", "deliveries/wait", `{"timeoutMs":-1}`, 400, "timeoutMs"},
		"an unknown event":                  {"POST", "events/evt_none/redeliver", ``, 404, ""},
		"a relative endpoint URL":           {"POST", "endpoints", `{"url":"nowhere","secret":"s"}`, 400, ""},
		"a missing endpoint secret":         {"POST", "endpoints", `{"url":"http://h/"}`, 400, ""},
		"an unknown endpoint mode":          {"POST", "endpoints", `{"url":"http://h/","secret":"s","mode":"both"}`, 400, ""},
		"a certificate that is not PEM":     {"POST", "endpoints", `{"url":"https://h/","secret":"s","ca":"x"}`, 400, ""},
		"PEM that is not a certificate": {
			"POST", "endpoints", `{"url":"https://h/","secret":"s","ca":"-----BEGIN X-----\n-----END X-----\n"}`, 400, "",
		},
		"an unknown mode":     {"POST", "workspaces", `{"mode":"both"}`, 400, "mode"},
		"an unknown property": {"POST", "reset", `{"all":true}`, 400, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code := gen.ErrorCodeValidationError
			if tt.status == 404 {
				code = gen.ErrorCodeNotFound
			}
			c.in(t).control(tt.method, tt.path, tt.body).wantError(tt.status, code, tt.field)
		})
	}
}

func TestControlRoutes_AddEndpointWithACertificate(t *testing.T) {
	t.Parallel()
	receiver := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(receiver.Close)
	server, c := start(t, sandbox.Options{})
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: receiver.Certificate().Raw}))
	c.control("POST", "endpoints", fmt.Sprintf(`{"url":%q,"secret":"s","ca":%q}`, receiver.URL, ca)).want(201)
	must(t, server.Confirm(c.create().ID))
	must(t, server.WaitDelivered(t.Context()))
}

func TestControlRoutes_InjectFaultsWithABody(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	for in, want := range map[string]string{`"{broken"`: "{broken", `{"data":5}`: `{"data":5}`} {
		c.control("POST", "faults", `{"status":200,"body":`+in+`,"contentType":"text/html"}`).want(201)
		response, err := c.http.Do(c.request("GET", sessionsPath, ""))
		must(t, err)
		if got := readBody(t, response); got != want || response.Header.Get("Content-Type") != "text/html" {
			t.Errorf("the body is %q, %v", got, response.Header)
		}
		must(t, response.Body.Close())
	}
}
