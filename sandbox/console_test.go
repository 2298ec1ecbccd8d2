package sandbox_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

var (
	sessionRow  = regexp.MustCompile(`<a class="mono" href="c/(cs_[0-9A-Z]+)">`)
	requestLine = regexp.MustCompile(`<span class="mono line">([A-Z]+ [^<]*)</span>`)
)

// firstGroups returns the matches of a pattern's first group on a page, in order.
func firstGroups(pattern *regexp.Regexp, body string) []string {
	var found []string
	for _, match := range pattern.FindAllStringSubmatch(body, -1) {
		found = append(found, match[1])
	}
	return found
}

func TestConsole_ShowsAllWorkspacesNewestFirst(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{Workspaces: []sandbox.Workspace{
		{Name: "One", Keys: []sandbox.Key{{ID: "pk_test_1", Secret: "s"}, {ID: "pk_live_1", Secret: "s"}}},
		{Name: "Two", Keys: []sandbox.Key{{ID: "pk_test_2", Secret: "s"}}},
	}})
	var want []string
	for _, key := range []string{"pk_test_1", "pk_live_1", "pk_test_2", "pk_test_1"} {
		want = append(want, c.as(key, "s").create("methods", `["card","va"]`).ID)
		server.Advance(time.Second)
	}
	slices.Reverse(want)
	submit(t, server.URL+"/c/"+want[0], "pay", "va")
	got := open(t, server.URL+"/").want(http.StatusOK).shows(
		"One", "Two", "One (live)", "USD 49.99", "card, va", "xendit", `<span class="pill pending">pending</span>`)
	if shown := firstGroups(sessionRow, got.body); !slices.Equal(shown, want) {
		t.Errorf("sessions = %v, want %v", shown, want)
	}
}

func TestConsole_ShowsFiftySessionsPerPage(t *testing.T) {
	t.Parallel()
	box := sandbox.New(sandbox.Options{})
	c := directClient(t, box)
	for range 101 {
		c.create()
	}
	shown := map[string]bool{}
	for address, want := range map[string]int{"/": 50, "/?page=2": 50, "/?page=3": 1, "/?page=4": 0} {
		page := firstGroups(sessionRow, consoleOf(box, address))
		if len(page) != want {
			t.Errorf("%s shows %d sessions, want %d", address, len(page), want)
		}
		for _, id := range page {
			shown[id] = true
		}
	}
	if len(shown) != 101 {
		t.Errorf("the pages show %d sessions, want 101", len(shown))
	}
}

// consoleOf returns a page of the console of a sandbox without a listener.
func consoleOf(box *sandbox.Sandbox, address string) string {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, address, nil)
	r.Host = "localhost:8080"
	box.ServeHTTP(w, r)
	return w.Body.String()
}

func TestConsole_ShowsEachAPICallWithItsResponse(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	input := strings.Replace(validInput, `[]}`, `[],"metadata":{"order_id":"ord_<42>"}}`, 1)
	made := c.send(http.MethodPost, sessionsPath, input).want(http.StatusCreated)
	created := made.session()
	refused := c.send(http.MethodPost, sessionsPath, with("amount", "0")).want(http.StatusBadRequest)
	c.send(http.MethodGet, sessionsPath+"?limit=1", "").want(http.StatusOK)
	c.send(http.MethodGet, "/api/v2/<b>", "").want(http.StatusNotFound)
	open(t, created.HostedURL)
	submit(t, created.HostedURL, "pay", "card")
	got := open(t, server.URL+"/?tab=requests").shows(
		"createCheckoutSession", "listCheckoutSessions", "no operation", refused.envelope.Meta.RequestID,
		"validation_error amount", `<span class="pill bad">400</span>`, `<span class="pill good">201</span>`)
	want := []string{
		"GET /api/v2/%3Cb%3E", "GET " + sessionsPath + "?limit=1", "POST " + sessionsPath, "POST " + sessionsPath,
	}
	if shown := firstGroups(requestLine, got.body); !slices.Equal(shown, want) {
		t.Errorf("requests = %q, want %q", shown, want)
	}
	call := open(t, server.URL+"/?request="+made.envelope.Meta.RequestID).shows(
		`"order_id": "ord_<42>"`, `"id": "`+created.ID+`"`, "Idempotency-Key: ", "X-Plugipay-Timestamp: ", "X-Ratelimit-Limit: ",
		"Content-Type: application/json", sandbox.TestKeyID, "?session="+created.ID)
	if strings.Contains(call.body, "ord_<42>") {
		t.Errorf("the page does not escape bodies")
	}
	open(t, server.URL+"/?request="+refused.envelope.Meta.RequestID).shows(`"field": "amount"`)
}

// onResponse is an http.ResponseWriter that calls a function before it sends the response.
type onResponse struct {
	*httptest.ResponseRecorder
	call func()
}

func (w onResponse) WriteHeader(status int) {
	w.call()
	w.ResponseRecorder.WriteHeader(status)
}

func TestConsole_ShowsACallBeforeItsResponse(t *testing.T) {
	t.Parallel()
	box := sandbox.New(failOnBreach(t))
	responded := false
	w := onResponse{httptest.NewRecorder(), func() {
		responded = true
		if shown := firstGroups(requestLine, consoleOf(box, "/?tab=requests")); len(shown) != 1 {
			t.Errorf("the console shows %q before the response is sent, want one request", shown)
		}
	}}
	box.ServeHTTP(w, directClient(t, nil).request(http.MethodPost, sessionsPath, validInput))
	if !responded || w.Code != http.StatusCreated {
		t.Errorf("status = %d, want 201", w.Code)
	}
}

func TestConsole_ShowsFiftyRequestsPerPage(t *testing.T) {
	t.Parallel()
	box := sandbox.New(sandbox.Options{})
	c := directClient(t, box)
	var want []string
	for i := range 120 {
		c.send(http.MethodGet, fmt.Sprintf("/api/%03d", i), "")
		want = append(want, fmt.Sprintf("GET /api/%03d", i))
	}
	slices.Reverse(want)
	var shown []string
	for page := 1; page <= 3; page++ {
		shown = append(shown, firstGroups(requestLine, consoleOf(box, fmt.Sprintf("/?tab=requests&page=%d", page)))...)
	}
	if !slices.Equal(shown, want) {
		t.Errorf("requests = %q, want %q", shown, want)
	}
}

func TestConsole_KeepsTheBeginningOfLongBodies(t *testing.T) {
	t.Parallel()
	box := sandbox.New(sandbox.Options{})
	c := directClient(t, box)
	c.create("lineItems", `[{"name":"`+strings.Repeat("é", 100_000)+`","quantity":1,"unitAmount":1}]`)
	id := box.Requests()[0].ID
	if body := consoleOf(box, "/?request="+id); len(body) > 200_000 || !strings.Contains(body, "(cut here)") {
		t.Errorf("the page has %d bytes", len(body))
	}
}

func TestConsole_PagesStaySmallWithLongTexts(t *testing.T) {
	t.Parallel()
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, strings.Repeat("the database is down ", 500), http.StatusInternalServerError)
	}))
	defer refusing.Close()
	server, c := start(t, sandbox.Options{
		Endpoints:        []sandbox.Endpoint{{URL: refusing.URL, Secret: endpointSecret}},
		DeliverySchedule: []time.Duration{}, DeliveryAttempts: 1,
	})
	long := strings.Repeat("x", 10_000)
	for range 60 {
		created := c.create("metadata", `{"order_id":"`+long+`"}`,
			"lineItems", `[{"name":"`+long+`","quantity":1,"unitAmount":1}]`)
		c.send(http.MethodGet, "/api/v1/"+long, "").want(http.StatusNotFound)
		must(t, server.Pay(created.ID, plugipay.CheckoutMethodCard))
	}
	_ = server.WaitDelivered(t.Context()) // returns an error because all deliveries failed
	for _, tab := range []string{"sessions", "requests", "events", "deliveries", "tools"} {
		if size := len(open(t, server.URL+"/?tab="+tab).want(http.StatusOK).body); size > 300_000 {
			t.Errorf("the tab %s has %d bytes", tab, size)
		}
	}
}

func TestConsole_ShowsNoSecret(t *testing.T) {
	t.Parallel()
	const dashboardKey = "pk_test_dashboard"
	receiver := httptest.NewServer(http.NotFoundHandler())
	defer receiver.Close()
	server, c := start(t, sandbox.Options{
		Workspaces: []sandbox.Workspace{{Keys: []sandbox.Key{
			{ID: "pk_test_1", Secret: "sk_test_a"}, {ID: "pk_test_2", Secret: "sk_test_a_longer"}, {ID: dashboardKey},
		}}},
		Endpoints: []sandbox.Endpoint{{URL: receiver.URL + "/sk_test_a", Secret: endpointSecret}},
	})
	metadata := `{"mistake":"sk_test_a_longer sk_test_a ` + dashboardKey + `"}`
	signed := c.request(http.MethodPost, sessionsPath, with("metadata", metadata), header("Idempotency-Key", "idem_42"))
	response, err := c.http.Do(signed)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	c.confirm(readReply(t, response).want(http.StatusCreated).session().ID).want(http.StatusOK)
	c.send(http.MethodGet, sessionsPath+"?x=sk_test_a", "")
	authorization := signed.Header.Get("Authorization")
	signature := authorization[strings.Index(authorization, "signature="):]
	secrets := []string{"sk_test_a", "_longer", dashboardKey, signature, endpointSecret}
	for tab, want := range map[string]string{
		"sessions": "cs_", "requests": "?x=[secret]", "events": "checkout_session.completed",
		"deliveries": receiver.URL + "/[secret]", "tools": receiver.URL + "/[secret]",
	} {
		open(t, server.URL+"/?tab="+tab).shows(want).showsNot(secrets...)
	}
	for _, r := range server.Requests() {
		open(t, server.URL+"/?request="+r.ID).want(http.StatusOK).showsNot(secrets...)
		if r.SessionID != "" {
			open(t, server.URL+"/?session="+r.SessionID).want(http.StatusOK).showsNot(secrets...)
		}
	}
	created := server.Requests()[2]
	open(t, server.URL+"/?request="+created.ID).shows(`"mistake": "[secret] [secret] [secret]"`, "idem_42", "signature=")
	for _, d := range server.Deliveries() {
		open(t, server.URL+"/?delivery="+d.ID).want(http.StatusOK).showsNot(secrets...)
		open(t, server.URL+"/?event="+d.EventID).want(http.StatusOK).showsNot(secrets...)
	}
}

func TestConsole_ShowsNoPartOfATruncatedSecret(t *testing.T) {
	t.Parallel()
	box := sandbox.New(failOnBreach(t))
	c := directClient(t, box)
	before := func(size int) string { return strings.Repeat("x", size-len("sk_test")) + sandbox.TestSecret }
	c.send(http.MethodPost, sessionsPath, before(16<<10)).want(http.StatusBadRequest)
	path := sessionsPath + "?x="
	c.send(http.MethodGet, path+before(2<<10-len(path)), "").want(http.StatusOK)
	for _, r := range box.Requests() {
		if shown := consoleOf(box, "/?request="+r.ID); strings.Contains(shown, "sk_test") || !strings.Contains(shown, "(cut here)") {
			t.Errorf("the console shows part of a secret, or does not truncate the text")
		}
	}
}

func TestConsole_RefreshesUnlessPaused(t *testing.T) {
	t.Parallel()
	server, _ := start(t, sandbox.Options{})
	const refresh = `<meta http-equiv="refresh" content="3">`
	open(t, server.URL+"/").shows(refresh, `href="?pause"`, "No checkout session")
	open(t, server.URL+"/?pause").showsNot(refresh).shows(`href="?"`)
	open(t, server.URL+"/?tab=requests&q=x").shows(refresh, `href="?pause=1&q=x&tab=requests"`)
	open(t, server.URL+"/?tab=requests&q=x&pause=1").showsNot(refresh).shows(`href="?q=x&tab=requests"`)
}

func TestConsole_AcceptsOnlyLocalHosts(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	c.create()
	for host, want := range map[string]int{
		"localhost":              http.StatusOK,
		"LOCALHOST:8080":         http.StatusOK,
		"127.0.0.1:8080":         http.StatusOK,
		"127.1.2.3":              http.StatusOK,
		"[::1]:8080":             http.StatusOK,
		"[::1]":                  http.StatusOK,
		"evil.example":           http.StatusForbidden,
		"localhost.evil":         http.StatusForbidden,
		"127.0.0.1.evil:8080":    http.StatusForbidden,
		"192.168.1.7:8080":       http.StatusForbidden,
		"0.0.0.0:8080":           http.StatusForbidden,
		"[::ffff:192.168.1.7]":   http.StatusForbidden,
		"localhost@evil.example": http.StatusForbidden,
	} {
		r := browserRequest(t, http.MethodGet, server.URL+"/", "")
		r.Host = host
		got := browse(t, r)
		if got.status != want {
			t.Errorf("Host %s: status = %d, want %d", host, got.status, want)
		}
		if want == http.StatusForbidden {
			got.showsNot("cs_", sessionsPath)
		}
	}
}

func TestConsole_RestrictsMethodsAndContent(t *testing.T) {
	t.Parallel()
	server, _ := start(t, sandbox.Options{})
	for _, method := range []string{http.MethodPatch, http.MethodPut, http.MethodDelete} {
		got := browse(t, browserRequest(t, method, server.URL+"/", "")).want(http.StatusMethodNotAllowed)
		if allow := got.header.Get("Allow"); allow != "GET, HEAD, POST" {
			t.Errorf("Allow = %q", allow)
		}
	}
	if head := browse(t, browserRequest(t, http.MethodHead, server.URL+"/", "")).want(http.StatusOK); head.body != "" {
		t.Errorf("HEAD has a body")
	}
	page := open(t, server.URL+"/")
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff",
	} {
		if page.header.Get(name) != want {
			t.Errorf("%s = %q, want %q", name, page.header.Get(name), want)
		}
	}
	script := regexp.MustCompile(`(?s)<script>(.*?)</script>`).FindStringSubmatch(page.body)
	sum := sha256.Sum256([]byte(script[1]))
	policy := strings.Split(page.header.Get("Content-Security-Policy"), "; ")
	for _, directive := range []string{
		"default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "connect-src 'self'",
		"script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'",
	} {
		if !slices.Contains(policy, directive) {
			t.Errorf("the policy lacks %q: %q", directive, policy)
		}
	}
}

func TestConsole_ShowsDeliveries(t *testing.T) {
	t.Parallel()
	received := make(chan struct{}, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { received <- struct{}{} }))
	defer receiver.Close()
	box := sandbox.StartTest(t, sandbox.Options{Endpoints: []sandbox.Endpoint{{URL: receiver.URL, Secret: "whsec_of_the_console"}}})
	client, err := plugipay.NewClient(box.ClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	session, err := client.CheckoutSessions.Create(t.Context(), plugipay.CheckoutSessionCreateInput{
		Amount: 1, Currency: plugipay.CurrencyIDR, Methods: []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS},
		SuccessURL: "https://example.com/ok", CancelURL: "https://example.com/no",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := box.Pay(session.ID, plugipay.CheckoutMethodQRIS); err != nil {
		t.Fatal(err)
	}
	<-received
	resp, err := http.Get(box.URL + "/?tab=deliveries")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"checkout_session.completed", "evt_", session.ID, receiver.URL} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the console does not show %s", want)
		}
	}
	if strings.Contains(string(text), "whsec_of_the_console") {
		t.Error("the console shows a secret")
	}
}
