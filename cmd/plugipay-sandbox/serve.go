package main

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"strings"

	"github.com/plugipay/plugipay-go/sandbox"
)

// memoryLimit is the heap size from which the garbage collector works harder. A sandbox with 100,000 sessions holds about 260 MB,
// and would take twice as much memory without the limit.
const memoryLimit = 400 << 20

// serve serves a sandbox until the context ends.
func serve(ctx context.Context, s settings, stdout, stderr io.Writer) error {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	opts := s.options()
	opts.Logger = s.logger(stdout)
	server, err := sandbox.Start(opts)
	if err != nil {
		return refusal{err}
	}
	defer server.Close()
	if err := s.prepare(server); err != nil {
		return refusal{err}
	}
	certificate, err := writeCertificate(server)
	if err != nil {
		return err
	}
	if certificate != "" {
		defer func() { _ = os.Remove(certificate) }()
	}
	if !isLoopback(s.sandbox.Addr) {
		fmt.Fprintf(stderr, "warning: %s is not a loopback address; anyone who can reach it can use this sandbox\n", s.sandbox.Addr)
	}
	s.announce(stdout, server, certificate)
	<-ctx.Done()
	return nil
}

// prepare injects the faults and creates the samples.
func (s settings) prepare(server *sandbox.Server) error {
	var errs []error
	for _, f := range s.faults {
		errs = append(errs, server.Inject(f))
	}
	for _, f := range s.deliveryFaults {
		errs = append(errs, server.InjectDelivery(f))
	}
	server.Seed(s.samples)
	return errors.Join(errs...)
}

// writeCertificate writes the certificate to trust into a file, and returns the file's name. Without TLS it returns "".
func writeCertificate(server *sandbox.Server) (string, error) {
	if server.CA == nil {
		return "", nil
	}
	file, err := os.CreateTemp("", "plugipay-sandbox-*.pem")
	if err != nil {
		return "", fmt.Errorf("the certificate cannot be written: %w", err)
	}
	err = pem.Encode(file, &pem.Block{Type: "CERTIFICATE", Bytes: server.CA.Raw})
	return file.Name(), errors.Join(err, file.Close())
}

// variable is an environment variable that points a program at the sandbox.
type variable struct{ name, value string }

// variables returns the variables that a program needs.
func (s settings) variables(server *sandbox.Server, certificate string) []variable {
	client := server.ClientOptions()
	all := []variable{{"PLUGIPAY_BASE_URL", client.BaseURL}}
	if client.APIKey != "" {
		all = append(all, variable{"PLUGIPAY_API_KEY", client.APIKey})
	} else {
		all = append(all, variable{"PLUGIPAY_KEY_ID", client.KeyID}, variable{"PLUGIPAY_SECRET", client.Secret})
	}
	if len(s.urls) > 0 {
		all = append(all, variable{"PLUGIPAY_WEBHOOK_SECRET", s.secret})
	}
	if certificate != "" {
		all = append(all, variable{"SSL_CERT_FILE", certificate})
	}
	return all
}

// announce prints the sandbox's URL, and the lines to paste into a shell.
func (s settings) announce(out io.Writer, server *sandbox.Server, certificate string) {
	if s.json {
		line := map[string]string{"msg": "started", "url": server.URL}
		for _, v := range s.variables(server, certificate) {
			line[v.name] = v.value
		}
		text, _ := json.Marshal(line) // text, which is always valid
		fmt.Fprintf(out, "%s\n", text)
		return
	}
	fmt.Fprintf(out, "The sandbox is at %s\n\n", server.URL)
	for _, v := range s.variables(server, certificate) {
		fmt.Fprintf(out, "export %s=%s\n", v.name, quote(v.value))
	}
	fmt.Fprintln(out, "\nCtrl+C ends it.")
}

// logger returns the logger that prints a line for each request, event and delivery, or nil.
func (s settings) logger(out io.Writer) *slog.Logger {
	switch {
	case s.quiet:
		return nil
	case s.json:
		return slog.New(slog.NewJSONHandler(out, nil))
	}
	return slog.New(&terminal{out: out})
}

// quote returns a value as one word of a shell.
func quote(value string) string {
	needsQuotes := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_./:", r)
	}
	if value != "" && !strings.ContainsFunc(value, needsQuotes) {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}

// isLoopback reports whether only this machine can reach an address. A name other than localhost counts as reachable.
func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
