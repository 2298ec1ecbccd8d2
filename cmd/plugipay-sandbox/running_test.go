package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// command runs the program with arguments and returns its output and exit code.
func command(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, problems bytes.Buffer
	code = run(t.Context(), args, &out, &problems)
	http.DefaultClient.CloseIdleConnections()
	return out.String(), problems.String(), code
}

func TestCommands_CallARunningSandbox(t *testing.T) {
	t.Parallel()
	var bodies [][]byte
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies = append(bodies, body)
	}))
	t.Cleanup(receiver.Close)
	box := sandbox.StartTest(t, sandbox.Options{Endpoints: []sandbox.Endpoint{{URL: receiver.URL, Secret: "whsec_1"}}})

	out, problems, code := command(t, "trigger", "checkout_session.completed", "-url", box.URL,
		"-amount", "5000", "-currency", "USD", "-metadata", "order_id=ord_42", "-metadata", "note=a=b")
	fields := strings.Fields(out)
	if code != 0 || len(fields) != 3 || fields[1] != "plugipay.checkout_session.completed.v1" && fields[1] != "checkout_session.completed" {
		t.Fatalf("trigger: exit code %d, %q, %q", code, out, problems)
	}
	client, err := plugipay.NewClient(box.ClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	session, err := client.CheckoutSessions.Get(t.Context(), fields[2])
	if err != nil || session.Amount != 5000 || session.Currency != "USD" || session.Metadata["order_id"] != "ord_42" || session.Metadata["note"] != "a=b" {
		t.Errorf("session %+v, error %v", session, err)
	}
	if err := box.WaitDelivered(t.Context()); err != nil {
		t.Fatal(err)
	}
	if out, problems, code := command(t, "resend", fields[0], "-url", box.URL); code != 0 || !strings.Contains(out, receiver.URL) {
		t.Errorf("resend: exit code %d, %q, %q", code, out, problems)
	}
	if err := box.WaitDelivered(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(bodies) != 2 || !bytes.Equal(bodies[0], bodies[1]) {
		t.Errorf("%d deliveries, want 2 with the same body", len(bodies))
	}
	out, problems, code = command(t, "trigger", "refund.succeeded", "-url", box.URL, "-object", `{"id":"re_1"}`)
	if code != 0 || !strings.Contains(out, "refund.succeeded") {
		t.Errorf("trigger of another event: exit code %d, %q, %q", code, out, problems)
	}
	out, problems, code = command(t, "status", "-url", box.URL)
	for _, want := range []string{box.URL, "1 completed", "delivered"} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("status: exit code %d, %q, %q, want %q", code, out, problems, want)
		}
	}
}

func TestCommands_ReportErrorsInOneLine(t *testing.T) {
	t.Parallel()
	box := sandbox.StartTest(t, sandbox.Options{})
	page := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(page.Close)
	for name, test := range map[string]struct {
		args []string
		want string
		code int
	}{
		"no type":                  {[]string{"trigger"}, "trigger needs TYPE", exitRefused},
		"an invalid amount":        {[]string{"trigger", "x", "-amount", "1.5"}, "must be a whole number", exitRefused},
		"invalid metadata":         {[]string{"trigger", "x", "-metadata", "a"}, "NAME=TEXT", exitRefused},
		"invalid JSON":             {[]string{"trigger", "x", "-object", "{"}, "must be JSON", exitRefused},
		"two types":                {[]string{"trigger", "x", "-amount", "1", "y"}, "no further argument", exitRefused},
		"an unknown flag":          {[]string{"status", "-x"}, "-x", exitRefused},
		"a type without an object": {[]string{"trigger", "refund.succeeded", "-url", box.URL}, "needs an object", exitFailed},
		"an unknown event":         {[]string{"resend", "evt_1", "-url", box.URL}, "not_found", exitFailed},
		"no server":                {[]string{"status", "-url", "http://127.0.0.1:1"}, "no sandbox responds", exitFailed},
		"another server":           {[]string{"status", "-url", page.URL}, "is not a sandbox", exitFailed},
		"a failed health check":    {[]string{"-healthcheck", "-addr", "127.0.0.1:1"}, "no sandbox responds", exitFailed},
		"an invalid address":       {[]string{"-healthcheck", "-addr", "x"}, "-addr", exitRefused},
		"an invalid URL":           {[]string{"status", "-url", "http://a b"}, "-url", exitRefused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, problems, code := command(t, test.args...)
			if code != test.code || !strings.Contains(problems, test.want) || strings.Count(problems, "\n") != 1 || out != "" {
				t.Errorf("exit code %d, %q, %q, want %q", code, out, problems, test.want)
			}
		})
	}
	for _, args := range [][]string{{"trigger", "-h"}, {"resend", "-h"}, {"status", "-h"}} {
		if out, problems, code := command(t, args...); code != 0 || !strings.Contains(out, "Usage: plugipay-sandbox "+args[0]) || problems != "" {
			t.Errorf("%v: exit code %d, %q, %q", args, code, out, problems)
		}
	}
}

// TestHealthcheck_FindsTheSandboxAtItsAddress checks sandboxes with and without TLS.
func TestHealthcheck_FindsTheSandboxAtItsAddress(t *testing.T) {
	t.Parallel()
	for _, flags := range [][]string{nil, {"-tls"}} {
		box := sandbox.StartTest(t, sandbox.Options{TLS: len(flags) > 0})
		_, address, _ := strings.Cut(box.URL, "://")
		if out, problems, code := command(t, append(flags, "-healthcheck", "-addr", address)...); code != 0 || out+problems != "" {
			t.Errorf("%v: exit code %d, %q, %q", flags, code, out, problems)
		}
	}
}

// TestTLS_PrintsThePathOfTheCertificate checks that a client that trusts the file can connect.
func TestTLS_PrintsThePathOfTheCertificate(t *testing.T) {
	t.Parallel()
	p := startProgram(t, "-tls")
	file := p.env["SSL_CERT_FILE"]
	content, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(p.env["PLUGIPAY_BASE_URL"], "https://") {
		t.Fatalf("environment %v, error %v", p.env, err)
	}
	client := trusting(t, content)
	response, err := client.Get(p.env["PLUGIPAY_BASE_URL"] + "/_sandbox/health")
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	client.CloseIdleConnections()
	p.end()
	if _, err := os.Stat(file); err == nil {
		t.Error("the file exists after the program has ended")
	}
}

// lines starts the program. announced are the printed environment variables, and next returns the next line of the output.
func lines(t *testing.T, args ...string) (announced map[string]string, next func() string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), in, io.Discard)
		_ = in.Close()
	}()
	printed := make(chan string, 100)
	go func() {
		defer close(printed)
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			printed <- strings.TrimSpace(scanner.Text())
		}
	}()
	next = func() string {
		line, more := <-printed
		if !more {
			t.Fatal("the program has ended")
		}
		return line
	}
	t.Cleanup(func() {
		stop()
		<-ended
	})
	announced = map[string]string{}
	for line := next(); ; line = next() {
		if strings.HasPrefix(line, "{") {
			if err := json.Unmarshal([]byte(line), &announced); err != nil {
				t.Fatal(err)
			}
			return announced, next
		}
		if name, value, found := strings.Cut(strings.TrimPrefix(line, "export "), "="); found {
			announced[name] = value
		}
		if strings.HasPrefix(line, "Ctrl+C") {
			return announced, next
		}
	}
}

// TestTerminal_PrintsRequestsEventsAndDeliveries also checks that the line of a failed delivery has the response's status
// and body.
func TestTerminal_PrintsRequestsEventsAndDeliveries(t *testing.T) {
	t.Parallel()
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, "no \"stock\"")
	}))
	t.Cleanup(receiver.Close)
	for name, flags := range map[string][]string{"text": nil, "JSON": {"-json"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			announced, next := lines(t, append(flags, "-endpoint", receiver.URL, "-delivery-attempts", "1")...)
			client := clientWith(t, announced)
			created, err := client.CheckoutSessions.Create(t.Context(), order())
			if err != nil {
				t.Fatal(err)
			}
			if line := next(); !strings.Contains(line, "POST") || !strings.Contains(line, "/api/v1/checkout-sessions") || !strings.Contains(line, "201") || !strings.Contains(line, created.ID) {
				t.Errorf("the line of the request is %s", line)
			}
			if _, err := client.CheckoutSessions.Confirm(t.Context(), created.ID); err != nil {
				t.Fatal(err)
			}
			all := next() + "\n" + next() + "\n" + next()
			for _, want := range []string{"event", "checkout_session.completed", "delivery", receiver.URL, "500", "no \\\"stock\\\"", "confirm"} {
				if !strings.Contains(all, want) {
					t.Errorf("the lines do not contain %q:\n%s", want, all)
				}
			}
			for line := range strings.Lines(all) {
				if name == "JSON" && !json.Valid([]byte(line)) {
					t.Errorf("the line is not JSON: %s", line)
				}
			}
		})
	}
}

// trusting returns a client that trusts the certificates in PEM.
func trusting(t *testing.T, content []byte) *http.Client {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(content) {
		t.Fatalf("no certificate in %q", content)
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
}
