package sandbox_test

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// screen is a response to a browser.
type screen struct {
	t      testing.TB
	status int
	header http.Header
	body   string
}

// browse sends a request as a browser does, but does not follow redirects.
func browse(t testing.TB, r *http.Request) screen {
	t.Helper()
	stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := stay.Do(r.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return screen{t: t, status: response.StatusCode, header: response.Header, body: readBody(t, response)}
}

func browserRequest(t testing.TB, method, address, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

func open(t testing.TB, address string) screen {
	t.Helper()
	return browse(t, browserRequest(t, http.MethodGet, address, ""))
}

// submit sends the form of a hosted page.
func submit(t testing.TB, address, action, method string) screen {
	t.Helper()
	form := url.Values{"action": {action}, "method": {method}}
	return browse(t, browserRequest(t, http.MethodPost, address, form.Encode()))
}

// main is the page without its style.
func (s screen) main() string {
	_, main, _ := strings.Cut(s.body, "</style>")
	return cmp.Or(main, s.body)
}

func (s screen) want(status int) screen {
	s.t.Helper()
	if s.status != status {
		s.t.Fatalf("status = %d, want %d\n%s", s.status, status, s.main())
	}
	return s
}

func (s screen) wantRedirect(to string) {
	s.t.Helper()
	s.want(http.StatusSeeOther)
	if got := s.header.Get("Location"); got != to {
		s.t.Errorf("Location = %q, want %q", got, to)
	}
}

func (s screen) shows(texts ...string) screen {
	s.t.Helper()
	for _, text := range texts {
		if !strings.Contains(html.UnescapeString(s.body), text) {
			s.t.Errorf("the page does not show %q\n%s", text, s.main())
		}
	}
	return s
}

func (s screen) showsNot(texts ...string) screen {
	s.t.Helper()
	for _, text := range texts {
		if strings.Contains(html.UnescapeString(s.body), text) {
			s.t.Errorf("the page shows %q\n%s", text, s.main())
		}
	}
	return s
}

// radio matches a method that the buyer can choose.
var radio = regexp.MustCompile(`<input type="radio" name="method" value="([a-z]+)" required( checked)?>`)

func (s screen) methods() (offered []string, checked string) {
	for _, match := range radio.FindAllStringSubmatch(s.body, -1) {
		offered = append(offered, match[1])
		if match[2] != "" {
			checked = match[1]
		}
	}
	return offered, checked
}

func (c client) wantStatus(id string, want gen.CheckoutSessionStatus) gen.CheckoutSession {
	c.t.Helper()
	got := c.get(id)
	if got.Status != want {
		c.t.Errorf("status = %q, want %q", got.Status, want)
	}
	return got
}

// manualOnly returns options with a merchant who confirms payments by hand.
func manualOnly() sandbox.Options {
	return sandbox.Options{Workspaces: []sandbox.Workspace{{
		Name:     "Toko Manual",
		Keys:     []sandbox.Key{{ID: "pk_test_manual", Secret: "s"}},
		Adapters: []sandbox.Adapter{{Name: plugipay.CheckoutAdapterManual}},
	}}}
}

const anyMethod = `["qris","va","ewallet","card","retail","paypal"]`

func TestHostedPage_ShowsMerchantAmountAndItems(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{Workspaces: []sandbox.Workspace{{
		Name: "Kopi <Tenang>", Keys: []sandbox.Key{{ID: "pk_test_1", Secret: "s"}},
	}}})
	created := c.create("amount", "19900000", "currency", `"IDR"`, "methods", anyMethod,
		"lineItems", `[{"name":"Annual <Pro> plan","quantity":2,"unitAmount":9950000}]`)
	got := open(t, created.HostedURL).want(http.StatusOK).shows(
		"Kopi <Tenang>", "IDR 199,000", "Annual <Pro> plan", "2 × IDR 99,500", "Sandbox", created.ExpiresAt,
		"<title>Pay IDR 199,000 · Kopi <Tenang> · Plugipay sandbox</title>")
	if strings.Contains(got.body, "<Pro>") || strings.Contains(got.body, "<Tenang>") {
		t.Errorf("the page does not escape text\n%s", got.body)
	}
	if offered, checked := got.methods(); checked != "qris" ||
		!slices.Equal(offered, []string{"qris", "va", "ewallet", "card", "retail", "paypal"}) {
		t.Errorf("methods = %v, checked %q", offered, checked)
	}
	got.showsNot(`role="alert"`, "<script")
}

func TestHostedPage_UnnamedMerchantShowsItsAccountID(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{Workspaces: []sandbox.Workspace{{
		AccountID: "acc_without_a_name", Keys: []sandbox.Key{{ID: sandbox.TestKeyID, Secret: sandbox.TestSecret}},
	}}})
	open(t, c.create().HostedURL).shows("acc_without_a_name")
}

func TestHostedPage_OmitsUndocumentedLineItems(t *testing.T) {
	t.Parallel()
	const good = `{"name":"Tea","quantity":3,"unitAmount":100000,"more":true}`
	tests := map[string]struct {
		items string
		want  []string
	}{
		"documented":                 {`[` + good + `]`, []string{"Tea: IDR 3,000"}},
		"a discount":                 {`[{"name":"Off","quantity":1,"unitAmount":-100}]`, []string{"Off: IDR -1"}},
		"null":                       {`null`, nil},
		"an object":                  {`{"name":"Tea"}`, nil},
		"among invalid items":        {`[1,null,"x",[],{},` + good + `]`, []string{"Tea: IDR 3,000"}},
		"no name":                    {`[{"quantity":1,"unitAmount":1}]`, nil},
		"a name that is not text":    {`[{"name":1,"quantity":1,"unitAmount":1}]`, nil},
		"no quantity":                {`[{"name":"x","unitAmount":1}]`, nil},
		"a quantity with a fraction": {`[{"name":"x","quantity":0.5,"unitAmount":1}]`, nil},
		"no amount":                  {`[{"name":"x","quantity":1}]`, nil},
		"a total above the range":    {`[{"name":"x","quantity":3,"unitAmount":9000000000000000000}]`, nil},
		"a total below the range":    {`[{"name":"x","quantity":3,"unitAmount":-9000000000000000000}]`, nil},
		"not JSON":                   {`[`, nil},
		"a quantity below zero":      {`[{"name":"x","quantity":-1,"unitAmount":1}]`, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := sandbox.LineItemTotals(tt.items); !slices.Equal(got, tt.want) {
				t.Errorf("shown = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestHostedPage_InstantMethodsCompleteTheSession(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	for method, adapter := range map[string]string{
		"card": "xendit", "qris": "xendit", "ewallet": "xendit", "paypal": "paypal",
	} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			c := c.in(t)
			created := c.create("methods", anyMethod)
			submit(t, created.HostedURL, "pay", method).wantRedirect(created.SuccessURL)
			if got := c.wantStatus(created.ID, "completed"); pointed(got.Adapter) != adapter || got.CompletedAt == nil {
				t.Errorf("adapter = %q, completedAt = %v", pointed(got.Adapter), got.CompletedAt)
			}
			open(t, created.HostedURL).want(http.StatusOK).shows("Payment complete", created.SuccessURL)
		})
	}
}

func TestHostedPage_DeclinedPaymentLeavesTheSessionOpen(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	created := c.create("methods", `["qris","card"]`)
	submit(t, created.HostedURL, "fail", "card").wantRedirect("./" + created.ID + "?failed=card")
	c.wantStatus(created.ID, "open")
	got := open(t, created.HostedURL+"?failed=card").want(http.StatusOK).shows(`role="alert"`, "declined")
	if _, checked := got.methods(); checked != "card" {
		t.Errorf("checked = %q, want the method that was tried", checked)
	}
	submit(t, created.HostedURL, "pay", "card").wantRedirect(created.SuccessURL)
	open(t, created.HostedURL+"?failed=card").showsNot("declined")
}

func TestHostedPage_SlowMethodsShowANumberAndWait(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	number := regexp.MustCompile(`<dd>(\d{4} ){3}\d{4}</dd>`)
	for _, method := range []string{"va", "retail"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			c := c.in(t)
			created := c.create("methods", `["card","`+method+`"]`)
			submit(t, created.HostedURL, "pay", method).wantRedirect("./" + created.ID)
			c.wantStatus(created.ID, "pending")
			first := number.FindString(open(t, created.HostedURL).want(http.StatusOK).body)
			if first == "" || first != number.FindString(open(t, created.HostedURL).body) {
				t.Errorf("the page does not show a constant number: %q", first)
			}

			submit(t, created.HostedURL, "fail", "").wantRedirect("./" + created.ID + "?failed=" + method)
			c.wantStatus(created.ID, "open")
			open(t, created.HostedURL+"?failed="+method).shows(`role="alert"`, "did not go through")

			submit(t, created.HostedURL, "pay", method).wantRedirect("./" + created.ID)
			submit(t, created.HostedURL, "settle", "").wantRedirect(created.SuccessURL)
			c.wantStatus(created.ID, "completed")
		})
	}
}

func TestHostedPage_ManualAdapterWaitsForTheMerchant(t *testing.T) {
	t.Parallel()
	_, c := start(t, manualOnly())
	created := c.create("methods", `["va"]`)
	submit(t, created.HostedURL, "pay", "va").wantRedirect("./" + created.ID)
	c.wantStatus(created.ID, "pending_review")
	open(t, created.HostedURL).want(http.StatusOK).shows("Toko Manual", "has to confirm", `role="status"`)
	for _, action := range []string{"pay", "settle", "fail"} {
		submit(t, created.HostedURL, action, "va").want(http.StatusConflict).shows("has to confirm", `role="alert"`)
	}
	c.confirm(created.ID).want(http.StatusOK)
	open(t, created.HostedURL).shows("Payment complete")
}

func TestConfirm_ConfirmsThePaymentInFlight(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	tests := map[string]struct {
		before          func(id string)
		adapter, method string
	}{
		"in flight": {
			func(id string) { must(t, server.Pay(id, plugipay.CheckoutMethodVA)) }, "xendit", "Method: Virtual account",
		},
		"failed": {
			func(id string) {
				must(t, server.Pay(id, plugipay.CheckoutMethodVA))
				must(t, server.FailPayment(id))
			}, "xendit", "",
		},
		"no payment": {func(string) {}, "manual", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := c.in(t)
			id := c.create("methods", anyMethod).ID
			tt.before(id)
			got := c.confirm(id).want(http.StatusOK).session()
			if pointed(got.Adapter) != tt.adapter {
				t.Errorf("adapter = %q, want %q", pointed(got.Adapter), tt.adapter)
			}
			page := open(t, got.HostedURL).shows("Payment complete", tt.method)
			if tt.method == "" {
				page.showsNot("Method:")
			}
		})
	}
}

func TestHostedPage_BuyerCanCancelAnOpenSession(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	for name, before := range map[string]string{"open": "", "pending": "va"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := c.in(t)
			created := c.create("methods", anyMethod)
			if before != "" {
				submit(t, created.HostedURL, "pay", before)
			}
			submit(t, created.HostedURL, "cancel", "").wantRedirect(created.CancelURL)
			c.wantStatus(created.ID, "canceled")
			open(t, created.HostedURL).want(http.StatusOK).shows("Payment canceled", created.CancelURL)
		})
	}
}

func TestHostedPage_EndedSessionTakesNoPayment(t *testing.T) {
	t.Parallel()
	tests := map[gen.CheckoutSessionStatus]struct {
		end     func(*sandbox.Server, client, gen.CheckoutSession)
		heading string
	}{
		"completed": {
			func(_ *sandbox.Server, c client, s gen.CheckoutSession) { submit(c.t, s.HostedURL, "pay", "card") },
			"Payment complete",
		},
		"canceled": {
			func(_ *sandbox.Server, c client, s gen.CheckoutSession) { c.cancel(s.ID).want(http.StatusOK) },
			"Payment canceled",
		},
		"expired": {
			func(server *sandbox.Server, _ client, _ gen.CheckoutSession) { server.Advance(25 * time.Hour) },
			"Payment expired",
		},
	}
	for status, tt := range tests {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			server, c := start(t, sandbox.Options{})
			created := c.create()
			tt.end(server, c, created)
			ended := c.wantStatus(created.ID, status)
			for _, action := range []string{"pay", "fail", "settle", "cancel", "unknown"} {
				submit(t, created.HostedURL, action, "card").want(http.StatusConflict).
					shows(tt.heading).showsNot("<form", `role="alert"`)
			}
			if got := c.get(created.ID); got.UpdatedAt != ended.UpdatedAt || got.Status != status {
				t.Errorf("the session has changed: %+v, was %+v", got, ended)
			}
		})
	}
}

func TestHostedPage_OneOfConcurrentPaymentsSucceeds(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	created := c.create()
	statuses := make([]int, 8)
	var all sync.WaitGroup
	for i := range statuses {
		all.Go(func() { statuses[i] = submit(t, created.HostedURL, "pay", "card").status })
	}
	all.Wait()
	slices.Sort(statuses)
	if statuses[0] != http.StatusSeeOther || statuses[1] != http.StatusConflict {
		t.Errorf("statuses = %v, want one 303", statuses)
	}
}

func TestHostedPage_InvalidPostChangesNothing(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	created := c.create("methods", `["card"]`)
	tests := map[string]struct {
		body string
		want int
	}{
		"a method that the session does not have":       {"action=pay&method=va", http.StatusBadRequest},
		"a decline with a method that it does not have": {"action=fail&method=va", http.StatusBadRequest},
		"no method":                                     {"action=pay", http.StatusBadRequest},
		"a method that does not exist":                  {"action=pay&method=%00", http.StatusBadRequest},
		"no action":                                     {"method=card", http.StatusBadRequest},
		"an action that does not exist":                 {"action=steal&method=card", http.StatusBadRequest},
		"a form with invalid escapes":                   {"action=pay&method=card&x=%", http.StatusBadRequest},
		"a form that is too large":                      {"action=pay&method=card&x=" + strings.Repeat("x", 1<<17), 400},
		"a settlement without a payment":                {"action=settle", http.StatusConflict},
		"an empty form":                                 {"", http.StatusBadRequest},
		"a form with the parameter of a failed payment": {"failed=card", http.StatusBadRequest},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			browse(t, browserRequest(t, http.MethodPost, created.HostedURL, tt.body)).
				want(tt.want).shows(`role="alert"`, "Choose how to pay")
			if got := c.in(t).get(created.ID); got.Status != "open" || got.UpdatedAt != created.UpdatedAt {
				t.Errorf("the session has changed: %+v", got)
			}
		})
	}
}

func TestHostedPage_IgnoresFormFieldsInTheQuery(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	created := c.create()
	address := created.HostedURL + "?action=pay&method=card"
	open(t, address).want(http.StatusOK)
	browse(t, browserRequest(t, http.MethodPost, address, "")).want(http.StatusBadRequest)
	c.wantStatus(created.ID, "open")
}

func TestHostedPage_RefusesPostsFromOtherSites(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	tests := map[string]struct {
		header http.Header
		want   int
	}{
		"another site":                    {http.Header{"Sec-Fetch-Site": {"cross-site"}}, http.StatusForbidden},
		"another origin of the site":      {http.Header{"Sec-Fetch-Site": {"same-site"}}, http.StatusForbidden},
		"another origin, old browser":     {http.Header{"Origin": {"https://evil.example"}}, http.StatusForbidden},
		"a hidden origin, old browser":    {http.Header{"Origin": {"null"}}, http.StatusForbidden},
		"the page itself":                 {http.Header{"Sec-Fetch-Site": {"same-origin"}}, http.StatusSeeOther},
		"the page itself, old browser":    {http.Header{"Origin": {server.URL}}, http.StatusSeeOther},
		"a program that is not a browser": {http.Header{}, http.StatusSeeOther},
		"the page itself, with both headers": {
			http.Header{"Sec-Fetch-Site": {"same-origin"}, "Origin": {server.URL}}, http.StatusSeeOther,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := c.in(t)
			created := c.create()
			r := browserRequest(t, http.MethodPost, created.HostedURL, "action=pay&method=card")
			for name, values := range tt.header {
				r.Header[name] = values
			}
			browse(t, r).want(tt.want)
			if tt.want == http.StatusForbidden {
				c.wantStatus(created.ID, "open")
			}
		})
	}
}

func TestHostedPage_RefusesUnknownPathsAndMethods(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	created := c.create()
	for _, path := range []string{"/c/", "/c/cs_unknown", "/c/" + created.ID + "/", "/c/%2e%2e"} {
		open(t, server.URL+path).want(http.StatusNotFound).shows("There is nothing to pay here")
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions} {
		got := browse(t, browserRequest(t, method, created.HostedURL, "")).want(http.StatusMethodNotAllowed)
		if allow := got.header.Get("Allow"); allow != "GET, HEAD, POST" {
			t.Errorf("Allow = %q", allow)
		}
	}
	head := browse(t, browserRequest(t, http.MethodHead, created.HostedURL, "")).want(http.StatusOK)
	if head.body != "" || head.header.Get("Content-Security-Policy") == "" {
		t.Errorf("HEAD returns the body %q and the header %v", head.body, head.header)
	}
}

func TestHostedPage_ServesEveryWorkspaceAndMode(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{Workspaces: []sandbox.Workspace{
		{Name: "One", Keys: []sandbox.Key{{ID: "pk_test_1", Secret: "s"}, {ID: "pk_live_1", Secret: "s"}}},
		{Name: "Two", Keys: []sandbox.Key{{ID: "pk_test_2", Secret: "s"}}},
	}})
	for key, merchant := range map[string]string{"pk_test_1": "One", "pk_live_1": "One", "pk_test_2": "Two"} {
		open(t, c.as(key, "s").create().HostedURL).want(http.StatusOK).shows(`<span class="merchant-name">` + merchant)
	}
}

func TestHostedPage_HasSecurityHeaders(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	created := c.create("successUrl", `"http://shop.example:8080/ok?a=b"`, "cancelUrl", `"https://shop.example/no"`)
	style := regexp.MustCompile(`(?s)<style>(.*?)</style>`)
	hosted := open(t, created.HostedURL)
	for name, got := range map[string]screen{
		"hosted page": hosted,
		"not found":   open(t, server.URL+"/c/unknown"),
		"refused":     submit(t, created.HostedURL, "pay", "va"),
		"redirect":    submit(t, created.HostedURL, "fail", "card"),
	} {
		for header, want := range map[string]string{
			"Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff",
		} {
			if value := got.header.Get(header); value != want {
				t.Errorf("%s: %s = %q, want %q", name, header, value, want)
			}
		}
		if got.status == http.StatusSeeOther {
			continue
		}
		sum := sha256.Sum256([]byte(style.FindStringSubmatch(got.body)[1]))
		policy := got.header.Get("Content-Security-Policy")
		for _, directive := range []string{
			"default-src 'none'", "style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'",
			"frame-ancestors 'none'", "base-uri 'none'",
		} {
			if !slices.Contains(strings.Split(policy, "; "), directive) {
				t.Errorf("%s: the policy lacks %q: %s", name, directive, policy)
			}
		}
	}
	if policy := hosted.header.Get("Content-Security-Policy"); !strings.Contains(policy,
		"form-action 'self' http://shop.example:8080 https://shop.example;") {
		t.Errorf("the policy does not allow the targets of the forms: %s", policy)
	}
	c.cancel(created.ID).want(http.StatusOK)
	if policy := open(t, created.HostedURL).header.Get("Content-Security-Policy"); !strings.Contains(policy,
		"form-action 'none'") {
		t.Errorf("a page without a form allows forms: %s", policy)
	}
}

func TestHostedPage_PolicyContainsOnlyValidSources(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://shop.example/ok":       "https://shop.example",
		"http://127.0.0.1:8080/ok":      "http://127.0.0.1:8080",
		"http://[::1]:8080/ok":          "http:",
		"https://toko-kopi-é.example/":  "https:",
		"https://a;script-src/x":        "https:",
		"https://*/x":                   "https:",
		"https://user:pw@shop.example/": "https://shop.example",
		"javascript:alert(1)":           "",
		"ftp://shop.example/":           "",
		"https:///ok":                   "",
		"::":                            "",
	} {
		if got := sandbox.FormActionSource(raw); got != want {
			t.Errorf("%s: source = %q, want %q", raw, got, want)
		}
	}
}

func TestHostedPage_WorksBehindAProxyWithAPath(t *testing.T) {
	t.Parallel()
	box := sandbox.New(sandbox.Options{PublicURL: "https://dev.example/plugipay"})
	c := directClient(t, box)
	created := c.create("methods", `["va"]`)
	r := httptest.NewRequest(http.MethodPost, "/c/"+created.ID, strings.NewReader("action=pay&method=va"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	box.ServeHTTP(w, r)
	page, err := url.Parse(created.HostedURL)
	if err != nil {
		t.Fatal(err)
	}
	next, err := page.Parse(w.Header().Get("Location"))
	if err != nil || next.String() != created.HostedURL {
		t.Errorf("the browser goes to %v, want %s (%v)", next, created.HostedURL, err)
	}
}

func TestHostedPage_SaysHowTheSessionEnded(t *testing.T) {
	t.Parallel()
	box := sandbox.New(sandbox.Options{})
	for status, want := range map[string][]string{
		"completed": {"Payment complete", "You paid <strong>USD 49.99", "https://example.com/ok"},
		"failed":    {"Payment failed", "This payment failed. Nothing was charged.", "https://example.com/no"},
		"expired":   {"Payment expired", "The time to pay ran out", "https://example.com/no"},
		"canceled":  {"Payment canceled", "This payment was canceled. Nothing was charged.", "https://example.com/no"},
	} {
		w := httptest.NewRecorder()
		sandbox.ShowHosted(w, box, status)
		for _, text := range want {
			if !strings.Contains(w.Body.String(), text) {
				t.Errorf("the page of a session with the status %s lacks %q:\n%s", status, text, w.Body)
			}
		}
	}
}

func TestList_AcceptsEachStatusAsAFilter(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	for _, status := range plugipay.CheckoutSessionStatuses() {
		c.send(http.MethodGet, sessionsPath+"?status="+status, "").want(http.StatusOK)
	}
}
