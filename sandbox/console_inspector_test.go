package sandbox_test

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// flakyReceiver starts a receiver of events. Its first responses are errors with the body failure.
func flakyReceiver(t *testing.T, failures int32, failure string) *httptest.Server {
	t.Helper()
	var count atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if count.Add(1) <= failures {
			http.Error(w, failure, http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(w, "thank you")
	}))
	t.Cleanup(server.Close)
	return server
}

// act posts a form of the console. fields are pairs of a name and a value.
func act(t testing.TB, address, action string, fields ...string) screen {
	t.Helper()
	form := url.Values{"action": {action}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return browse(t, browserRequest(t, http.MethodPost, address, form.Encode()))
}

// hrefs returns the targets of a page's links that have the prefix.
func (s screen) hrefs(prefix string) []string {
	var found []string
	for _, match := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(s.body, -1) {
		if address := html.UnescapeString(match[1]); strings.HasPrefix(address, prefix) {
			found = append(found, address)
		}
	}
	return found
}

func TestConsole_FailedDeliveryShowsTheResponse(t *testing.T) {
	t.Parallel()
	shop := flakyReceiver(t, 2, `no relation <"orders">`)
	server, c := start(t, sandbox.Options{
		Endpoints:        []sandbox.Endpoint{{URL: shop.URL, Secret: endpointSecret}},
		DeliverySchedule: []time.Duration{0}, DeliveryAttempts: 2,
	})
	created := c.create()
	must(t, server.Pay(created.ID, plugipay.CheckoutMethodCard))
	if err := server.WaitDelivered(t.Context()); err == nil {
		t.Fatal("WaitDelivered returned nil, want an error")
	}
	list := open(t, server.URL+"/?tab=deliveries").
		shows(`no relation <"orders">`, "Failed", "2 attempts", "2 failed", shop.URL)
	links := list.hrefs("?delivery=")
	if len(links) != 1 { // one click from the list of deliveries
		t.Fatalf("links = %q", links)
	}
	got := open(t, server.URL+"/"+links[0]).want(http.StatusOK).shows("The receiver's response", `no relation <"orders">`,
		"the response was 500, not a 2xx", created.ID, `"type": "plugipay.checkout_session.completed.v1"`)
	if n := strings.Count(got.body, "no relation"); n != 2 {
		t.Errorf("%d responses are shown, want one for each attempt", n)
	}
	checkDeliveryCurl(t, got, shop.URL)

	eventID := server.Deliveries()[0].EventID
	act(t, server.URL+"/"+links[0], "resend", "event", eventID).wantRedirect(links[0])
	must(t, server.WaitDelivered(t.Context()))
	open(t, server.URL+"/?event="+eventID).shows("Delivered", "Failed", "thank you")
	open(t, server.URL+"/?tab=deliveries&status=failed").shows("1–1 of 1").showsNot("thank you")
	open(t, server.URL+"/?tab=deliveries&failed=1&q=ORDERS").shows("1–1 of 1")
	act(t, server.URL+"/?tab=events", "resend", "event", "evt_none").want(http.StatusBadRequest).
		shows(`role="alert"`, "no such event")
}

var curlHeader = regexp.MustCompile(`-H '([^:']+): ([^']*)'`)

// curlOf returns the command that a page shows, and its headers.
func curlOf(t *testing.T, s screen) (command string, header http.Header) {
	t.Helper()
	command = html.UnescapeString(regexp.MustCompile(`(?s)<pre tabindex="0">(curl .*?)</pre>`).FindStringSubmatch(s.body)[1])
	header = http.Header{}
	for _, match := range curlHeader.FindAllStringSubmatch(command, -1) {
		header.Set(match[1], match[2])
	}
	return command, header
}

func curlBody(command string) string {
	_, body, _ := strings.Cut(command, "--data-binary '")
	return strings.ReplaceAll(strings.TrimSuffix(body, "'"), `'\''`, "'")
}

func checkDeliveryCurl(t *testing.T, page screen, address string) {
	t.Helper()
	command, header := curlOf(t, page)
	if !strings.HasPrefix(command, "curl -X POST '"+address+"'") {
		t.Errorf("the command is %s", command)
	}
	sent, signature := []byte(curlBody(command)), header.Get("X-Plugipay-Signature")
	if _, err := plugipay.VerifyWebhook(sent, signature, endpointSecret, nil); err != nil {
		t.Errorf("the command sends an invalid delivery: %v\n%s", err, command)
	}
}

func TestConsole_CurlCommandRepeatsTheRequest(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	made := c.send(http.MethodPost, sessionsPath, with("metadata", `{"note":"it's"}`)).want(http.StatusCreated)
	command, header := curlOf(t, open(t, server.URL+"/?request="+made.envelope.Meta.RequestID))
	body := strings.NewReader(curlBody(command))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+sessionsPath, body)
	must(t, err)
	r.Header = header
	response, err := http.DefaultClient.Do(r)
	must(t, err)
	defer response.Body.Close()
	if again := readReply(t, response).want(http.StatusCreated).session(); again.ID != made.session().ID {
		t.Errorf("the command created %s, want %s from the replayed response", again.ID, made.session().ID)
	}
	open(t, server.URL+"/?request="+server.Requests()[0].ID).shows("replayed")
	must(t, server.Inject(sandbox.Fault{Status: 503}))
	c.send(http.MethodGet, sessionsPath, "").want(http.StatusServiceUnavailable)
	open(t, server.URL+"/?tab=requests&failed=1").shows("injected fault", "service_unavailable", "1–1 of 1")
}

func TestConsole_TimelineOfAPaidOrder(t *testing.T) {
	t.Parallel()
	shop := flakyReceiver(t, 0, "")
	server, c := start(t, sandbox.Options{Endpoints: []sandbox.Endpoint{{URL: shop.URL, Secret: endpointSecret}}})
	created := c.create("methods", `["va"]`, "metadata", `{"order_id":"ORD-7"}`)
	c.create()
	step := func() { server.Advance(time.Millisecond) }
	step()
	for range 3 {
		open(t, created.HostedURL)
	}
	step()
	press(t, created.HostedURL, "start", "method", "va", "channel", "bni")
	step()
	c.control("POST", "clock", `{"advanceSec":60}`).want(http.StatusOK)
	step()
	c.control("POST", "sessions/"+created.ID+"/settle", `{}`).want(http.StatusOK)
	must(t, server.WaitDelivered(t.Context()))

	// Search, then one click.
	found := open(t, server.URL+"/?q=ord-7").shows("ORD-7", "1–1 of 1").hrefs("?session=")
	if len(found) != 1 {
		t.Fatalf("links = %q", found)
	}
	got := open(t, server.URL+"/"+found[0]).want(http.StatusOK).shows(`"id": "`+created.ID+`"`, "3 times", "posted start va bni",
		`{"advanceSec":60}`, "checkout_session.async_payment_succeeded", "attempt 1")
	kinds := firstGroups(regexp.MustCompile(`<span class="kind ([a-z]+)">`), got.body)
	want := []string{"request", "page", "page", "control", "control", "event", "event", "delivery", "delivery"}
	if !slices.Equal(kinds, want) {
		t.Errorf("the timeline is %q, want %q\n%s", kinds, want, got.main())
	}
	if links := got.hrefs("?delivery="); len(links) != 2 {
		t.Errorf("the timeline links to the deliveries %q", links)
	}
}

func TestConsole_SessionActionsDependOnTheStatus(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	for name, tt := range map[string]struct {
		steps []string
		want  gen.CheckoutSessionStatus
	}{
		"pay":           {[]string{"pay"}, "completed"},
		"settle":        {[]string{"pay va", "settle"}, "completed"},
		"fail":          {[]string{"pay va", "fail"}, "open"},
		"fail for good": {[]string{"fail_for_good"}, "failed"},
		"confirm":       {[]string{"confirm"}, "completed"},
		"expire":        {[]string{"expire"}, "expired"},
		"settle late":   {[]string{"expire", "settle_late"}, "completed"},
		"cancel":        {[]string{"cancel"}, "canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := c.in(t)
			created := c.create("methods", `["card","va"]`)
			address := server.URL + "/?session=" + created.ID
			for _, step := range tt.steps {
				action, method, _ := strings.Cut(step, " ")
				if method == "" {
					method = "card"
				}
				open(t, address).shows(`name="action" value="` + action + `"`)
				act(t, address, action, "session", created.ID, "method", method).wantRedirect("?session=" + created.ID)
			}
			c.wantStatus(created.ID, tt.want)
			open(t, address).shows(`<span class="kind console">console</span>`)
			if tt.want != "open" && tt.want != "expired" {
				act(t, address, "confirm", "session", created.ID).want(http.StatusConflict).shows(`role="alert"`, "cannot be confirmed")
			}
		})
	}
}

func TestConsole_ToolsControlTheSandbox(t *testing.T) {
	t.Parallel()
	shop := flakyReceiver(t, 0, "")
	server, c := start(t, sandbox.Options{})
	tools := server.URL + "/?tab=tools"
	do := func(action string, fields ...string) {
		t.Helper()
		act(t, tools, action, fields...).wantRedirect("?tab=tools")
	}
	do("advance", "number", "2", "unit", "days")
	open(t, tools).shows("(+48h)", "Sandbox's clock", "Real clock")
	do("fault", "operation", "getCheckoutSession", "kind", "503", "times", "2")
	do("fault", "kind", "429")
	do("fault", "kind", "drop", "times", "-1")
	open(t, tools).shows("getCheckoutSession: 503, 2 times", "any operation: 429, once", "any operation: the response is lost, always")
	do("clear_faults")
	do("delivery_fault", "kind", "dropped")
	open(t, tools).shows("dropped, once").showsNot("getCheckoutSession: 503")
	do("clear_delivery_faults")
	do("endpoint", "url", shop.URL, "secret", endpointSecret)
	open(t, tools).shows(shop.URL).showsNot(endpointSecret, "dropped, once")
	must(t, server.Confirm(c.create().ID))
	must(t, server.WaitDelivered(t.Context()))
	do("reset")
	open(t, tools).showsNot("(+").shows(shop.URL)
	open(t, server.URL+"/").shows("No checkout session")

	for name, fields := range map[string][]string{
		"an unknown action":            {"fly"},
		"a missing number":             {"advance", "unit", "days"},
		"a number below zero":          {"advance", "number", "-1", "unit", "days"},
		"too much time":                {"advance", "number", "9223372036854775807", "unit", "days"},
		"an unknown unit":              {"advance", "number", "1", "unit", "years"},
		"a status that is not a fault": {"fault", "kind", "200"},
		"an unknown operation":         {"fault", "kind", "503", "operation", "fly"},
		"an unknown kind":              {"delivery_fault", "kind", "fly"},
		"an endpoint without http":     {"endpoint", "url", "ftp://x", "secret", "s"},
		"no secret":                    {"endpoint", "url", shop.URL},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			act(t, tools, fields[0], fields[1:]...).want(http.StatusBadRequest).shows(`role="alert"`, "Nothing was changed")
		})
	}
}

func TestConsole_RefusesOtherSites(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	created := c.create()
	for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
		r := browserRequest(t, http.MethodPost, server.URL+"/", "action=cancel&session="+created.ID)
		r.Header.Set(name, value)
		browse(t, r).want(http.StatusForbidden)
	}
	r := browserRequest(t, http.MethodPost, server.URL+"/", "action=cancel&session="+created.ID)
	r.Host = "evil.example"
	browse(t, r).want(http.StatusForbidden)
	browse(t, browserRequest(t, http.MethodGet, server.URL+"/?action=cancel&session="+created.ID, ""))
	c.wantStatus(created.ID, "open")
}

func TestConsole_FiltersAndSearches(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	for i := range 3 {
		created := c.create("metadata", fmt.Sprintf(`{"order_id":"ORD-%d"}`, i), "customerId", `"cus_`+fmt.Sprint(i)+`"`)
		if i == 1 {
			c.cancel(created.ID).want(http.StatusOK)
		}
	}
	c.send(http.MethodGet, "/api/v1/unknown", "").want(http.StatusNotFound)
	for query, want := range map[string]string{
		"":                              "1–3 of 3",
		"q=ORD-2":                       "1–1 of 1",
		"q=cus_0":                       "1–1 of 1",
		"status=canceled":               "1–1 of 1",
		"status=open":                   "1–2 of 2",
		"status=open&q=order":           "1–2 of 2",
		"q=nothing":                     "No session is like that",
		"tab=requests":                  "1–5 of 5",
		"tab=requests&q=ord-1":          "1–2 of 2", // created and canceled
		"tab=requests&q=/cancel":        "1–1 of 1",
		"tab=requests&status=4xx":       "1–1 of 1",
		"tab=requests&status=404":       "1–1 of 1",
		"tab=requests&status=201":       "1–3 of 3",
		"tab=requests&failed=1":         "1–1 of 1",
		"tab=requests&q=nothing":        "No request is like that",
		"tab=requests&page=9":           "of 5",
		"tab=requests&page=-1":          "1–5 of 5",
		"tab=events&q=x":                "No event is like that",
		"tab=deliveries&status=pending": "No delivery is like that",
		"tab=fly":                       "1–3 of 3",
	} {
		open(t, server.URL+"/?"+query).want(http.StatusOK).shows(want)
	}
}

func TestConsole_UnknownIDIsNotFound(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	c.create()
	for _, kind := range []string{"session", "request", "event", "delivery"} {
		open(t, server.URL+"/?"+kind+"=<b>").want(http.StatusNotFound).shows("There is no such " + kind).showsNot("<b>")
	}
}

func TestConsole_EmptyTabsSayWhatToDo(t *testing.T) {
	t.Parallel()
	server, _ := start(t, sandbox.Options{})
	for tab, want := range map[string][]string{
		"sessions":   {"export PLUGIPAY_BASE_URL='" + server.URL + "'", "PLUGIPAY_SECRET=" + sandbox.TestSecret, "/_sandbox/trigger"},
		"requests":   {"Nobody has called the API yet", "export PLUGIPAY_KEY_ID='" + sandbox.TestKeyID + "'"},
		"events":     {"No event has happened yet", "/_sandbox/trigger"},
		"deliveries": {"No event has been sent yet", "/_sandbox/endpoints"},
	} {
		open(t, server.URL+"/?tab="+tab).shows(want...)
	}
}

// FuzzConsole checks that no query and no form causes a server error.
func FuzzConsole(f *testing.F) {
	f.Add("tab=requests&q=x&page=2&status=4xx&failed=1", "")
	f.Add("session=cs_1&pause", "action=pay&method=card&session=cs_1")
	f.Add("tab=tools", "action=advance&number=1&unit=days")
	f.Add("delivery=%00&page=99999999999999999999", "action=fault&kind=503&times=-1")
	f.Add("tab=tools", "action=endpoint&url=http://127.0.0.1:1&secret=s&plain=1")
	f.Fuzz(func(t *testing.T, query, form string) {
		box := sandbox.New(failOnBreach(t))
		defer func() { _ = box.Close() }()
		directClient(t, box).create()
		for _, method := range []string{http.MethodPost, http.MethodGet} {
			r := httptest.NewRequest(method, "/", strings.NewReader(form))
			r.Host, r.URL.RawQuery = "localhost", query
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			box.ServeHTTP(w, r)
			if w.Code >= 500 {
				t.Errorf("%s: status = %d\n%s", method, w.Code, w.Body)
			}
		}
	})
}
