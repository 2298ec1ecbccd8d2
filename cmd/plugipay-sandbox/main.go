// Plugipay-sandbox is a Plugipay on your own machine: it answers the checkout-session API, sends events, and forgets
// everything when it ends.
//
//	go run ./cmd/plugipay-sandbox
//
// prints its URL and the environment variables that point a program at it, and stays until it is interrupted. Its flags
// are listed by -h.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/plugipay/plugipay-go/sandbox"
)

// The exit codes: what the program cannot start with is the user's to change.
const (
	exitOK     = 0
	exitBadUse = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run serves a sandbox until the context ends, and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s, err := parseSettings(args, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	if err != nil {
		return refuse(stderr, err)
	}
	server, err := s.start()
	if err != nil {
		return refuse(stderr, err)
	}
	defer server.Close()
	if !isLoopback(s.addr) {
		fmt.Fprintf(stderr, "warning: %s is not a loopback address; everybody who can reach it can use this sandbox\n", s.addr)
	}
	s.announce(stdout, server)
	<-ctx.Done()
	return exitOK
}

// refuse says in one line why the program does not start.
func refuse(stderr io.Writer, err error) int {
	reason := strings.TrimPrefix(err.Error(), "sandbox: ")
	fmt.Fprintf(stderr, "plugipay-sandbox: %s\n", strings.ReplaceAll(reason, "\n", " "))
	return exitBadUse
}

// announce prints where the sandbox is, and what to paste into a shell.
func (s settings) announce(out io.Writer, server *sandbox.Server) {
	client := server.ClientOptions()
	fmt.Fprintf(out, "The sandbox is at %s\n\n", server.URL)
	fmt.Fprintf(out, "export PLUGIPAY_BASE_URL=%s\n", quote(client.BaseURL))
	fmt.Fprintf(out, "export PLUGIPAY_KEY_ID=%s\n", quote(client.KeyID))
	fmt.Fprintf(out, "export PLUGIPAY_SECRET=%s\n", quote(client.Secret))
	if len(s.endpoints) > 0 {
		fmt.Fprintf(out, "export PLUGIPAY_WEBHOOK_SECRET=%s\n", quote(s.secret))
	}
	fmt.Fprintln(out, "\nCtrl+C ends it.")
}

// quote writes a value so that a shell takes it as it is.
func quote(value string) string {
	needsQuotes := func(r rune) bool {
		isPlain := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_./:", r)
		return !isPlain
	}
	if value != "" && !strings.ContainsFunc(value, needsQuotes) {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}
