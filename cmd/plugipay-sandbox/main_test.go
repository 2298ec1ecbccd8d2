package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// TestMain fails if a goroutine outlives the tests.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// program is a run of the program that is ready for requests.
type program struct {
	t      *testing.T
	env    map[string]string // the printed environment variables
	stop   context.CancelFunc
	exit   chan int
	stderr *bytes.Buffer // read it only after the program has ended
}

// startProgram runs the program in this process, with a free port.
func startProgram(t *testing.T, args ...string) program {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	p := program{t: t, stop: stop, exit: make(chan int, 1), stderr: &bytes.Buffer{}}
	go func() {
		p.exit <- run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), in, p.stderr)
		_ = in.Close()
	}()
	p.env = readExports(t, out)
	t.Cleanup(stop)
	return p
}

// readExports reads the output until the program is ready, and returns the printed environment variables.
func readExports(t *testing.T, out io.Reader) map[string]string {
	t.Helper()
	env := map[string]string{}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if assignment, ok := strings.CutPrefix(lines.Text(), "export "); ok {
			name, value, _ := strings.Cut(assignment, "=")
			env[name] = value
		}
		if strings.HasPrefix(lines.Text(), "Ctrl+C") {
			go func() { _, _ = io.Copy(io.Discard, out) }() // the program also prints a line for each request
			return env
		}
	}
	t.Fatalf("the program did not start: %v", lines.Err())
	return nil
}

func (p program) client() *plugipay.Client {
	p.t.Helper()
	return clientWith(p.t, p.env)
}

// clientWith returns a client that is configured with the environment.
func clientWith(t *testing.T, env map[string]string) *plugipay.Client {
	t.Helper()
	client, err := plugipay.NewClient(plugipay.ClientOptions{
		BaseURL: env["PLUGIPAY_BASE_URL"], KeyID: env["PLUGIPAY_KEY_ID"], Secret: env["PLUGIPAY_SECRET"],
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// end ends the program. The exit code must be 0, and stderr must be empty.
func (p program) end() {
	p.t.Helper()
	p.stop()
	if code := <-p.exit; code != 0 || p.stderr.Len() > 0 {
		p.t.Errorf("exit code %d, stderr %q", code, p.stderr)
	}
}

func order() plugipay.CheckoutSessionCreateInput {
	return plugipay.CheckoutSessionCreateInput{
		Amount: 4999, Currency: plugipay.CurrencyUSD, Methods: []plugipay.CheckoutMethod{plugipay.CheckoutMethodCard},
		SuccessURL: "https://example.com/ok", CancelURL: "https://example.com/no",
		LineItems: []plugipay.CheckoutSessionLineItem{},
	}
}

func TestProgram_PrintsConfigurationOfClientAndReceiver(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"versioned": nil,
		"plain":     {"-plain-events"},
		"a secret":  {"-secret", "s3cr3t"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			deliveries := make(chan *http.Request, 2)
			bodies := make(chan []byte, 2)
			receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				deliveries <- r
				bodies <- body
			}))
			defer receiver.Close()
			p := startProgram(t, append(args, "-endpoint", receiver.URL+"/a", "-endpoint", receiver.URL+"/b")...)
			client := p.client()
			created, err := client.CheckoutSessions.Create(t.Context(), order())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := client.CheckoutSessions.Confirm(t.Context(), created.ID); err != nil {
				t.Fatal(err)
			}
			paths := map[string]bool{}
			for range 2 {
				r, body := <-deliveries, <-bodies
				paths[r.URL.Path] = true
				event, err := plugipay.VerifyWebhook(body, r.Header.Get("X-Plugipay-Signature"), p.env["PLUGIPAY_WEBHOOK_SECRET"], nil)
				if err != nil {
					t.Fatal(err)
				}
				if isPlain := event.Type == event.Name(); isPlain != (name == "plain") {
					t.Errorf("the event's type is %s", event.Type)
				}
			}
			if len(paths) != 2 {
				t.Errorf("events were delivered to %v, want both endpoints", paths)
			}
			p.end()
		})
	}
}

func TestProgram_SampleSessionsAreInEveryStatus(t *testing.T) {
	t.Parallel()
	p := startProgram(t, "-seed", "12")
	limit := 100
	page, err := p.client().CheckoutSessions.List(t.Context(), plugipay.CheckoutSessionListParams{Limit: &limit})
	if err != nil {
		t.Fatal(err)
	}
	got := map[plugipay.CheckoutSessionStatus]int{}
	for _, s := range page.Data {
		got[s.Status]++
		if !strings.HasPrefix(s.HostedURL, p.env["PLUGIPAY_BASE_URL"]+"/c/") {
			t.Errorf("hostedUrl = %s", s.HostedURL)
		}
	}
	for _, status := range []plugipay.CheckoutSessionStatus{
		plugipay.CheckoutSessionStatusOpen, plugipay.CheckoutSessionStatusPending,
		plugipay.CheckoutSessionStatusPendingReview, plugipay.CheckoutSessionStatusCompleted,
		plugipay.CheckoutSessionStatusCanceled, plugipay.CheckoutSessionStatusExpired,
	} {
		if got[status] != 2 {
			t.Errorf("%d sessions are %s, want 2", got[status], status)
		}
	}
	p.end()
}

func TestProgram_FaultFlagsInjectFaults(t *testing.T) {
	t.Parallel()
	p := startProgram(t, "-fault", "listCheckoutSessions=418x2", "-fault", "any=404")
	client := p.client()
	for i, want := range []int{418, 418, 404, 0} {
		_, err := client.CheckoutSessions.List(t.Context(), plugipay.CheckoutSessionListParams{})
		status := 0
		if failure := (*plugipay.Error)(nil); err != nil && errors.As(err, &failure) {
			status = failure.Status
		}
		if status != want {
			t.Errorf("call %d: %v, want status %d", i, err, want)
		}
	}
	p.end()
}

func TestProgram_RateLimitCanBeEnforced(t *testing.T) {
	t.Parallel()
	for want, args := range map[sandbox.RateLimit][]string{
		sandbox.DocumentedRateLimit(): {"-rate-limit"},
		{}:                            nil,
	} {
		s, err := parseSettings(args, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.options().RateLimit; got != want {
			t.Errorf("%v: the limit is %+v, want %+v", args, got, want)
		}
	}
}

func TestProgram_FailedStartPrintsOneLineAndExits2(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() }) // not deferred, because the parallel subtests run after this function returns
	ended, end := context.WithCancel(t.Context())
	end() // a program that starts nevertheless ends at once
	tests := map[string]struct {
		args []string
		want string // part of the line
	}{
		"a port in use":                    {[]string{"-addr", taken.Addr().String()}, "cannot listen"},
		"no port":                          {[]string{"-addr", "127.0.0.1"}, "missing port"},
		"an empty address":                 {[]string{"-addr", ""}, "-addr is empty"},
		"an unknown flag":                  {[]string{"-port", "1"}, "flag provided but not defined: -port"},
		"an argument":                      {[]string{"serve"}, "an argument that belongs to no flag"},
		"an invalid number":                {[]string{"-seed", "many"}, "-seed"},
		"too few samples":                  {[]string{"-seed", "-1"}, "-seed must be from 0 to 10000"},
		"too many samples":                 {[]string{"-seed", "10001"}, "-seed must be from 0 to 10000"},
		"an invalid URL":                   {[]string{"-endpoint", "nowhere"}, "absolute http or https URL"},
		"an empty secret":                  {[]string{"-endpoint", "http://127.0.0.1:1", "-secret", ""}, "-secret is empty"},
		"a secret without an endpoint":     {[]string{"-secret", "s"}, "need an -endpoint"},
		"plain events without an endpoint": {[]string{"-plain-events"}, "need an -endpoint"},
		"a fault without a status":         {[]string{"-fault", "createCheckoutSession"}, "must be operation=status"},
		"an unknown operation":             {[]string{"-fault", "create=500"}, "the operations are cancelCheckoutSession"},
		"a status that is not an error":    {[]string{"-fault", "any=200"}, "from 400 to 599"},
		"zero times":                       {[]string{"-fault", "any=500x0"}, "1 or more"},
		"too many times":                   {[]string{"-fault", "any=500x99999999999999999999"}, "1 or more"},
		"a fault without a name":           {[]string{"-fault", "=500"}, "must be operation=status"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, set := argument(tt.args, "-addr"); !set {
				tt.args = append([]string{"-addr", "127.0.0.1:0"}, tt.args...)
			}
			var stdout, stderr bytes.Buffer
			if code := run(ended, tt.args, &stdout, &stderr); code != 2 {
				t.Errorf("exit code = %d, want 2", code)
			}
			line := stderr.String()
			if strings.Count(line, "\n") != 1 || !strings.HasPrefix(line, "plugipay-sandbox: ") || !strings.Contains(line, tt.want) {
				t.Errorf("stderr = %q, want one line with %q", line, tt.want)
			}
			if stdout.Len() > 0 {
				t.Errorf("stdout = %q", stdout.String())
			}
		})
	}
}

func argument(args []string, name string) (value string, ok bool) {
	for i, a := range args {
		if a == name && i+1 < len(args) {
			return args[i+1], true
		}
	}
	return "", false
}

func TestProgram_HelpListsTheFlagsAndSucceeds(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"-h"}, &stdout, &stderr); code != 0 || stderr.Len() > 0 {
		t.Errorf("exit code %d, stderr %q", code, stderr.String())
	}
	for _, name := range []string{"addr", "endpoint", "secret", "plain-events", "fault", "seed", "rate-limit"} {
		if !strings.Contains(stdout.String(), "-"+name+" ") && !strings.Contains(stdout.String(), "-"+name+"\n") {
			t.Errorf("-%s is not listed", name)
		}
	}
}

func TestProgram_WarnsOfANonLoopbackAddress(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"127.0.0.1:4010": true, "127.8.9.1:0": true, "localhost:4010": true, "[::1]:4010": true,
		":4010": false, "0.0.0.0:4010": false, "[::]:4010": false, "192.0.2.1:4010": false, "example.com:1": false,
	}
	for addr, want := range tests {
		if got := isLoopback(addr); got != want {
			t.Errorf("isLoopback(%q) = %t, want %t", addr, got, want)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var stdout, stderr bytes.Buffer
	if code := run(ctx, []string{"-addr", "0.0.0.0:0"}, &stdout, &stderr); code != 0 {
		t.Errorf("exit code = %d", code)
	}
	if line := stderr.String(); !strings.HasPrefix(line, "warning: ") || strings.Count(line, "\n") != 1 {
		t.Errorf("stderr = %q, want one line with a warning", line)
	}
	if !strings.Contains(stdout.String(), "PLUGIPAY_BASE_URL=http://127.0.0.1:") {
		t.Errorf("stdout = %q, want a URL with a loopback address", stdout.String())
	}
}

func TestProgram_QuotesValuesForAShell(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"": "''", "plain-1_2./:": "plain-1_2./:", "a b": "'a b'", "$(x)": "'$(x)'", "it's": `'it'\''s'`,
		"http://[::1]:1": "'http://[::1]:1'",
	} {
		if got := quote(value); got != want {
			t.Errorf("quote(%q) = %s, want %s", value, got, want)
		}
	}
}

// FuzzParseFault checks that the sandbox can inject each fault that parseFault accepts.
func FuzzParseFault(f *testing.F) {
	for _, text := range []string{"createCheckoutSession=503x2", "any=429", "=", "a=500x", "a=0x1", "a=500x-1", "a=5e2"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fault, err := parseFault(text)
		if err == nil && (fault.Status < 400 || fault.Status > 599 || fault.Times < 1) {
			t.Errorf("parseFault(%q) = %+v", text, fault)
		}
	})
}

func TestProgram_EndsOnASignal(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not have these signals")
	}
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "plugipay-sandbox")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), binary, "-addr", "127.0.0.1:0")
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			env := readExports(t, out)
			if _, err := clientWith(t, env).CheckoutSessions.Create(t.Context(), order()); err != nil {
				t.Error(err)
			}
			if err := cmd.Process.Signal(signal); err != nil {
				t.Error(err)
			}
			if err := cmd.Wait(); err != nil || stderr.Len() > 0 {
				t.Errorf("the program ended with %v, stderr %q", err, stderr.String())
			}
		})
	}
}
