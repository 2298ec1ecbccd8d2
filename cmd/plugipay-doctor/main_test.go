package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// TestMain runs the doctor instead of the tests if a test started this process as a doctor.
func TestMain(m *testing.M) {
	if os.Getenv("DOCTOR") != "" {
		main()
	}
	os.Exit(m.Run())
}

// doctor is a run of the program.
type doctor struct {
	env  []string
	args []string
}

// newDoctor returns a run against a sandbox, or against a server in front of it.
func newDoctor(box *sandbox.Server, baseURL string, args ...string) doctor {
	options := box.ClientOptions()
	return doctor{[]string{"PLUGIPAY_BASE_URL=" + baseURL, "PLUGIPAY_KEY_ID=" + options.KeyID, "PLUGIPAY_SECRET=" + options.Secret}, args}
}

func (d doctor) command(ctx context.Context) *exec.Cmd {
	command := exec.CommandContext(ctx, os.Args[0], d.args...)
	command.Env = []string{"DOCTOR=1"}
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(strings.ToUpper(variable), "="); !strings.HasPrefix(name, "PLUGIPAY_") && !strings.HasSuffix(name, "_PROXY") {
			command.Env = append(command.Env, variable)
		}
	}
	command.Env = append(command.Env, d.env...)
	return command
}

// needsSignals skips a test on systems where a process cannot send SIGINT to another process.
func needsSignals(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no SIGINT for another process")
	}
}

// run runs the program and returns its output and exit code.
func (d doctor) run(t *testing.T) (out string, code int) {
	t.Helper()
	text, err := d.command(t.Context()).CombinedOutput()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatal(err)
	} else if exited {
		code = err.(*exec.ExitError).ExitCode()
	}
	return string(text), code
}

// lines returns the printed checks that have an outcome.
func lines(out string, of outcome) (found []string) {
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, string(of)+" ") {
			found = append(found, strings.TrimSpace(strings.TrimPrefix(line, string(of))))
		}
	}
	return found
}

// wantSessionsEnded checks that the sandbox has sessions, and that all of them have ended.
func wantSessionsEnded(t *testing.T, box *sandbox.Server) {
	t.Helper()
	client, err := plugipay.NewClient(box.ClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	count := 0
	for session, err := range client.CheckoutSessions.All(t.Context(), plugipay.CheckoutSessionListParams{}) {
		if err != nil {
			t.Fatal(err)
		}
		if count++; !session.HasEnded() {
			t.Errorf("the session %s is %s", session.ID, session.Status)
		}
	}
	if count == 0 {
		t.Error("the sandbox has no sessions")
	}
}

func TestDoctor_FindsNoDifferenceAtASandbox(t *testing.T) {
	t.Parallel()
	box := sandbox.StartTest(t, sandbox.Options{})
	out, code := newDoctor(box, box.URL).run(t)
	if code != exitOK || len(lines(out, differs)) > 0 || len(lines(out, ok)) < 30 {
		t.Errorf("exit code %d\n%s", code, out)
	}
	for _, want := range []string{"Rp 1.000 or Rp 100.000", "PLUGIPAY_API_KEY is not set"} {
		if !strings.Contains(strings.Join(lines(out, unknown), "\n"), want) {
			t.Errorf("no line with \"could not tell\" contains %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, sandbox.TestSecret) || strings.Contains(out, sandbox.TestKeyID) {
		t.Errorf("the output contains a key:\n%s", out)
	}
	wantSessionsEnded(t, box)
}

func TestDoctor_FindsNoDifferenceWithADashboardKey(t *testing.T) {
	t.Parallel()
	box := sandbox.StartTest(t, sandbox.Options{Workspaces: []sandbox.Workspace{{
		AccountID: sandbox.TestAccountID, Keys: []sandbox.Key{{ID: sandbox.TestKeyID, Secret: sandbox.TestSecret}, {ID: "pk_test_dashboard"}},
	}}})
	d := doctor{env: []string{"PLUGIPAY_BASE_URL=" + box.URL, "PLUGIPAY_API_KEY=pk_test_dashboard"}}
	out, code := d.run(t)
	if code != exitOK || !strings.Contains(out, "the dashboard key is accepted as a bearer token") || strings.Contains(out, "pk_test_dashboard") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

func TestDoctor_KeepLeavesOneSessionOpen(t *testing.T) {
	t.Parallel()
	box := sandbox.StartTest(t, sandbox.Options{})
	out, code := newDoctor(box, box.URL, "-keep").run(t)
	link := regexp.MustCompile(`Rp 100\.000\? \S+/c/(cs_\w+)`).FindStringSubmatch(out)
	if code != exitOK || link == nil {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	client, err := plugipay.NewClient(box.ClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	if session, err := client.CheckoutSessions.Get(t.Context(), link[1]); err != nil || session.Status != "open" {
		t.Errorf("the session is %+v, error %v", session, err)
	}
}

// TestDoctor_FindsEachDifference uses a server in front of a sandbox that breaks one thing at a time. The doctor must name the
// check.
func TestDoctor_FindsEachDifference(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		check  string // the check that differs
		breaks func(*breaker)
	}{
		"signatures are refused":     {"signature or bearer", changeStatus("GET", "/api/v1/checkout-sessions", 401, "invalid_signature")},
		"signatures are not checked": {"wrong secret", (*breaker).acceptAnySignature},
		"a clock off by ten minutes": {"clock", changeHeader("Date", time.Now().Add(-10*time.Minute).UTC().Format(http.TimeFormat))},
		"reads need no credentials":  {"no credentials", (*breaker).acceptAnySignature},
		"a live key":                 {"create", replaceInBody(`"mode":"test"`, `"mode":"live"`)},
		"a key that may only read":   {"scope", changeStatus("POST", "/api/v1/checkout-sessions", 403, "insufficient_scope")},
		"a cancel that always fails": {"clean up", changeStatus("POST", "/cancel", 500, "internal_error")},
		"a key without a scope":      {"create", changeStatus("POST", "/api/v1/checkout-sessions", 403, "insufficient_scope")},
		"no payment provider":        {"create", changeStatus("POST", "/api/v1/checkout-sessions", 422, "adapter_not_configured")},
		"limit is ignored":           {"list limit", dropParameter("limit")},
		"status is ignored":          {"list status", dropParameter("status")},
		"customerId is ignored":      {"list customerId", dropParameter("customerId")},
		"createdAfter is ignored":    {"list createdAfter", dropParameter("createdAfter")},
		"createdBefore is ignored":   {"list createdBefore", dropParameter("createdBefore")},
		"order is ignored":           {"list order", dropParameter("order")},
		"cursor is ignored":          {"list cursor", dropParameter("cursor")},
		"replays create sessions":    {"idempotent replay", (*breaker).newKeys},
		"mismatches are accepted":    {"idempotency mismatch", (*breaker).newKeys},
		"writes without a key pass":  {"write without a key", (*breaker).addKeys},
		"a relative hostedUrl":       {"ids and URLs", replaceInBody(`"hostedUrl":"http://[^"]*(/c/)`, `"hostedUrl":"$1`)},
		"an id without a prefix":     {"ids and URLs", replaceInBody(`"id":"cs_`, `"id":"xx_`)},
		"a wrong expiry":             {"ids and URLs", replaceInBody(`"expiresAt":"2`, `"expiresAt":"3`)},
		"another amount":             {"create", replaceInBody(`"amount":100000`, `"amount":1000`)},
		"no rate-limit headers":      {"rate-limit headers", changeHeader("X-RateLimit-Limit", "")},
		"no paging":                  {"paging form", replaceInBody(`"(hasMore|page)":`, `"x$1":`)},
		"a property of another type": {"contract", replaceInBody(`"createdAt":"`, `"createdAt":1,"x":"`)},
		"an unknown session fails":   {"unknown session", changeStatus("GET", "/api/v1/checkout-sessions/cs_00000000000000000000000000", 500, "internal_error")},
		"validation without a field": {"validation error", replaceInBody(`"field":"amount"`, `"field":null`)},
		"confirm needs a body":       {"confirm without a body", changeStatus("POST", "/confirm", 400, "validation_error")},
		"cancel fails":               {"cancel", changeStatus("POST", "/cancel", 409, "conflict")},
		"a second cancel succeeds":   {"cancel again", (*breaker).cancelTwice},
		"get returns another amount": {"get", replaceInBody(`"amount":100000,"currency":"IDR","status":"open"`, `"amount":7,"currency":"IDR","status":"open"`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			box := sandbox.StartTest(t, sandbox.Options{})
			out, code := newDoctor(box, startBreaker(t, box, test.breaks).url).run(t)
			found := strings.Join(lines(out, differs), "\n")
			if code != exitDiffers || !regexp.MustCompile(`(?m)^`+test.check+` `).MatchString(found) {
				t.Errorf("exit code %d, want a difference in the check %q:\n%s", code, test.check, out)
			}
		})
	}
}

// breaker is a server in front of a sandbox that changes requests and responses.
type breaker struct {
	url      string
	box      *sandbox.Server
	request  func(*http.Request)
	response func(*http.Response)
}

// startBreaker starts a breaker in front of a sandbox. The function breaks sets what it changes.
func startBreaker(t *testing.T, box *sandbox.Server, breaks func(*breaker)) *breaker {
	t.Helper()
	target, err := url.Parse(box.URL)
	if err != nil {
		t.Fatal(err)
	}
	b := &breaker{box: box, request: func(*http.Request) {}, response: func(*http.Response) {}}
	breaks(b)
	server := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			b.request(r.Out)
		},
		ModifyResponse: func(r *http.Response) error {
			b.response(r)
			return nil
		},
	})
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

// sign signs a request again, because the breaker changed it.
func (b *breaker) sign(r *http.Request) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		r.ContentLength = int64(len(body))
	}
	signed := plugipay.Sign(sandbox.TestSecret, plugipay.SignInput{
		Method: r.Method, Path: r.URL.RequestURI(), Body: string(body), IdempotencyKey: r.Header.Get("Idempotency-Key"),
	})
	r.Header.Set("Authorization", plugipay.AuthorizationHeader(sandbox.TestKeyID, signed.Signature))
	r.Header.Set("X-Plugipay-Timestamp", signed.Timestamp)
}

func (b *breaker) acceptAnySignature() { b.request = b.sign }

// newKeys replaces the idempotency key of each write by a new one.
func (b *breaker) newKeys() {
	var mu sync.Mutex
	n := 0
	b.request = func(r *http.Request) {
		if r.Header.Get("Idempotency-Key") != "" {
			mu.Lock()
			defer mu.Unlock()
			n++
			r.Header.Set("Idempotency-Key", "new_"+strings.Repeat("x", n))
			b.sign(r)
		}
	}
}

// addKeys adds an idempotency key to writes without a key.
func (b *breaker) addKeys() {
	b.request = func(r *http.Request) {
		if r.Method == http.MethodPost && r.Header.Get("Idempotency-Key") == "" {
			r.Header.Set("Idempotency-Key", "added")
			b.sign(r)
		}
	}
}

// cancelTwice makes the second cancel a success.
func (b *breaker) cancelTwice() {
	var mu sync.Mutex
	var canceled []byte
	b.response = func(r *http.Response) {
		mu.Lock()
		defer mu.Unlock()
		if !strings.HasSuffix(r.Request.URL.Path, "/cancel") {
			return
		}
		if r.StatusCode == http.StatusOK {
			canceled, _ = io.ReadAll(r.Body)
		}
		r.StatusCode, r.Status = http.StatusOK, "200 OK"
		setBody(r, canceled)
	}
}

func dropParameter(name string) func(*breaker) {
	return func(b *breaker) {
		b.request = func(r *http.Request) {
			if query := r.URL.Query(); query.Has(name) {
				query.Del(name)
				r.URL.RawQuery = query.Encode()
				b.sign(r)
			}
		}
	}
}

func changeHeader(name, value string) func(*breaker) {
	return func(b *breaker) {
		b.response = func(r *http.Response) {
			r.Header.Del(name)
			if value != "" {
				r.Header.Set(name, value)
			}
		}
	}
}

func replaceInBody(pattern, with string) func(*breaker) {
	return func(b *breaker) {
		b.response = func(r *http.Response) {
			body, _ := io.ReadAll(r.Body)
			setBody(r, regexp.MustCompile(pattern).ReplaceAll(body, []byte(with)))
		}
	}
}

// changeStatus makes the requests with a method and a path suffix fail.
func changeStatus(method, pathSuffix string, status int, code string) func(*breaker) {
	return func(b *breaker) {
		b.response = func(r *http.Response) {
			if r.Request.Method == method && strings.HasSuffix(r.Request.URL.Path, pathSuffix) {
				r.StatusCode, r.Status = status, http.StatusText(status)
				setBody(r, []byte(`{"data":null,"error":{"code":"`+code+`","message":"broken"},"meta":{"requestId":"req_01J8ZQ6A4R0S2T4V6X8Z0B2D4F","timestamp":"2026-09-21T14:13:20.000Z"}}`))
			}
		}
	}
}

func setBody(r *http.Response, body []byte) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	r.Header.Del("Content-Length")
}

// TestDoctor_RefusesToRun starts the doctor without a test key or with invalid flags.
func TestDoctor_RefusesToRun(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		d    doctor
		want string
	}{
		"without keys":              {doctor{}, "PLUGIPAY_KEY_ID and PLUGIPAY_SECRET are not set"},
		"with a live key":           {doctor{env: []string{"PLUGIPAY_KEY_ID=pk_live_1", "PLUGIPAY_SECRET=sk_live_1"}}, "live data"},
		"with a live secret":        {doctor{env: []string{"PLUGIPAY_KEY_ID=pk_test_1", "PLUGIPAY_SECRET=sk_live_1"}}, "live data"},
		"with a live key, -mode":    {doctor{env: []string{"PLUGIPAY_KEY_ID=pk_live_1", "PLUGIPAY_SECRET=sk_live_1"}, args: []string{"-mode", "test"}}, "live data"},
		"with a live dashboard key": {doctor{env: []string{"PLUGIPAY_API_KEY=pk_live_1"}}, "live data"},
		"with an AKIA key":          {doctor{env: []string{"PLUGIPAY_KEY_ID=AKIA1", "PLUGIPAY_SECRET=abc"}}, "-mode test"},
		"with ak_ and sk_test_":     {doctor{env: []string{"PLUGIPAY_KEY_ID=ak_1", "PLUGIPAY_SECRET=sk_test_1"}}, "-mode test"},
		"with an ak_ key":           {doctor{env: []string{"PLUGIPAY_KEY_ID=ak_1", "PLUGIPAY_SECRET=abc"}}, "-mode test"},
		"with half of a pair":       {doctor{env: []string{"PLUGIPAY_KEY_ID=pk_test_1"}}, "missing_secret"},
		"with a secret as the URL":  {doctor{env: []string{"PLUGIPAY_BASE_URL=sk_test_hush", "PLUGIPAY_KEY_ID=pk_test_1", "PLUGIPAY_SECRET=sk_test_1"}}, "base URL"},
		"with plain http":           {doctor{env: []string{"PLUGIPAY_BASE_URL=http://example.com", "PLUGIPAY_KEY_ID=pk_test_1", "PLUGIPAY_SECRET=sk_test_1"}}, "plain http"},
		"in live mode":              {doctor{args: []string{"-mode", "live"}}, "the only mode is test"},
		"with an argument":          {doctor{args: []string{"now"}}, `no argument "now"`},
		"with an unknown flag":      {doctor{args: []string{"-fast"}}, "-fast"},
		"without a webhook secret":  {doctor{env: []string{"PLUGIPAY_KEY_ID=pk_test_1", "PLUGIPAY_SECRET=sk_test_1"}, args: []string{"-listen", "127.0.0.1:0"}}, "PLUGIPAY_WEBHOOK_SECRET is not set"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, code := test.d.run(t)
			if code != exitRefused || !strings.Contains(out, test.want) || strings.Contains(out, "_1") || strings.Contains(out, "hush") {
				t.Errorf("exit code %d:\n%s", code, out)
			}
		})
	}
	if out, code := (doctor{args: []string{"-h"}}).run(t); code != exitOK || !strings.Contains(out, "-listen") {
		t.Errorf("-h: exit code %d:\n%s", code, out)
	}
}

// TestDoctor_SendsTheMode uses a key whose prefix does not say whether it belongs to test data.
func TestDoctor_SendsTheMode(t *testing.T) {
	t.Parallel()
	box := sandbox.StartTest(t, sandbox.Options{Workspaces: []sandbox.Workspace{{
		AccountID: sandbox.TestAccountID, Keys: []sandbox.Key{{ID: "AKIATEST", Secret: sandbox.TestSecret}},
	}}})
	var mu sync.Mutex
	modes := map[string]bool{}
	b := startBreaker(t, box, func(b *breaker) {
		b.request = func(r *http.Request) {
			if r.Header.Get("Authorization") != "" {
				mu.Lock()
				defer mu.Unlock()
				modes[r.Header.Get("X-Plugipay-Mode")] = true
			}
		}
	})
	d := doctor{[]string{"PLUGIPAY_BASE_URL=" + b.url, "PLUGIPAY_KEY_ID=AKIATEST", "PLUGIPAY_SECRET=" + sandbox.TestSecret}, []string{"-mode", "test"}}
	if out, code := d.run(t); code == exitRefused || len(modes) != 1 || !modes["test"] {
		t.Errorf("exit code %d, modes %v:\n%s", code, modes, out)
	}
}

func TestDoctor_ReportsAnUnreachableHostOnce(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := "http://" + listener.Addr().String()
	_ = listener.Close()
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	for name, test := range map[string]struct{ base, proxy, want string }{
		"a dead host":              {dead, "", "cannot be reached"},
		"an untrusted certificate": {untrusted.URL, "", "certificate"},
		"a dead proxy":             {"https://plugipay.example", dead, "proxyconnect"},
		"an unknown host":          {"https://plugipay.invalid", "", "cannot be reached"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := doctor{env: []string{"PLUGIPAY_BASE_URL=" + test.base, "PLUGIPAY_KEY_ID=pk_test_1", "PLUGIPAY_SECRET=sk_test_1", "HTTPS_PROXY=" + test.proxy}}
			out, code := d.run(t)
			found := lines(out, differs)
			if code != exitDiffers || len(found) != 1 || !strings.Contains(found[0], test.want) || !strings.HasPrefix(found[0], "network ") {
				t.Errorf("exit code %d:\n%s", code, out)
			}
		})
	}
}

// TestDoctor_ReportsAsJSON checks that -json prints one document without credentials.
func TestDoctor_ReportsAsJSON(t *testing.T) {
	t.Parallel()
	box := sandbox.StartTest(t, sandbox.Options{})
	out, code := newDoctor(box, box.URL, "-json").run(t)
	var got document
	decoder := json.NewDecoder(strings.NewReader(out))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&got); err != nil || decoder.More() || code != exitOK {
		t.Fatalf("exit code %d, error %v:\n%s", code, err, out)
	}
	if opts := box.ClientOptions(); strings.Contains(out, opts.KeyID) || strings.Contains(out, opts.Secret) {
		t.Errorf("the report contains credentials:\n%s", out)
	}
	if got.Version != plugipay.Version || got.BaseURL != box.URL || time.Since(got.Time) > time.Hour || len(got.Checks) < 30 {
		t.Errorf("the report is %+v", got)
	}
	for _, f := range got.Checks {
		if f.Check == "" || f.Seen == "" || f.Outcome == "" {
			t.Errorf("the finding is %+v", f)
		}
	}
}

// start starts the program. until reads the output until a line contains the text, or until the end if the text is empty. It
// returns the whole output so far.
func (d doctor) start(t *testing.T) (command *exec.Cmd, until func(text string) string) {
	t.Helper()
	command = d.command(t.Context())
	pipe, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = command.Stdout
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	out := bufio.NewReader(pipe)
	var seen strings.Builder
	return command, func(text string) string {
		t.Helper()
		for {
			line, err := out.ReadString('\n')
			seen.WriteString(line)
			if text != "" && strings.Contains(line, text) {
				return seen.String()
			}
			if err != nil {
				if text != "" {
					t.Fatalf("the output does not contain %q:\n%s", text, &seen)
				}
				return seen.String()
			}
		}
	}
}

// TestDoctor_CleansUpAfterCtrlC interrupts the doctor before it receives the response to a create. The doctor must also end
// that session.
func TestDoctor_CleansUpAfterCtrlC(t *testing.T) {
	t.Parallel()
	needsSignals(t)
	box := sandbox.StartTest(t, sandbox.Options{})
	reached, release := make(chan struct{}), make(chan struct{})
	var blocked atomic.Bool
	b := startBreaker(t, box, func(b *breaker) {
		b.response = func(r *http.Response) {
			if r.Request.Method == http.MethodPost && r.StatusCode == http.StatusCreated && blocked.CompareAndSwap(false, true) {
				close(reached)
				<-release
			}
		}
	})
	command, until := newDoctor(box, b.url).start(t)
	<-reached
	_ = command.Process.Signal(os.Interrupt)
	out := until("")
	close(release)
	_ = command.Wait()
	if !strings.Contains(out, "interrupted") || len(lines(out, differs)) > 0 || command.ProcessState.ExitCode() != exitOK {
		t.Errorf("exit code %d:\n%s", command.ProcessState.ExitCode(), out)
	}
	wantSessionsEnded(t, box)
}

// TestDoctor_ListensForEvents checks that the doctor verifies events and sees their redelivery.
func TestDoctor_ListensForEvents(t *testing.T) {
	t.Parallel()
	needsSignals(t)
	const secret = "whsec_doctor"
	for name, test := range map[string]struct {
		secret, want string
		code         int
	}{
		"signed":             {secret, "webhook redelivery", exitOK},
		"with other secrets": {"whsec_other", "signature_invalid", exitDiffers},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			box := sandbox.StartTest(t, sandbox.Options{DeliverySchedule: []time.Duration{time.Millisecond}})
			d := newDoctor(box, box.URL, "-listen", "127.0.0.1:0")
			d.env = append(d.env, "PLUGIPAY_WEBHOOK_SECRET="+secret)
			command, until := d.start(t)
			out := until("Waiting for events")
			address := regexp.MustCompile(`http://127\.0\.0\.1:\d+/\n`).FindAllString(out, -1)
			if err := box.AddEndpoint(sandbox.Endpoint{URL: strings.TrimSpace(address[len(address)-1]), Secret: test.secret}); err != nil {
				t.Fatal(err)
			}
			if _, err := box.Trigger(plugipay.EventCheckoutSessionExpired, nil); err != nil {
				t.Fatal(err)
			}
			until(test.want)
			_ = command.Process.Signal(os.Interrupt)
			out = until("")
			if _ = command.Wait(); command.ProcessState.ExitCode() != test.code || strings.Contains(out, "whsec") {
				t.Errorf("exit code %d:\n%s", command.ProcessState.ExitCode(), out)
			}
		})
	}
}

func TestDoctor_ReportsThatNoEventArrived(t *testing.T) {
	t.Parallel()
	needsSignals(t)
	box := sandbox.StartTest(t, sandbox.Options{})
	d := newDoctor(box, box.URL, "-listen", "127.0.0.1:0")
	d.env = append(d.env, "PLUGIPAY_WEBHOOK_SECRET=whsec_1")
	command, until := d.start(t)
	until("Waiting for events")
	_ = command.Process.Signal(os.Interrupt)
	out := until("")
	if _ = command.Wait(); command.ProcessState.ExitCode() != exitOK || !strings.Contains(out, "no event arrived") {
		t.Errorf("exit code %d:\n%s", command.ProcessState.ExitCode(), out)
	}
}
