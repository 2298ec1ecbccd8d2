// Plugipay-sandbox is a Plugipay on your own machine: it responds to the checkout-session API, sends events, and forgets
// everything when it ends.
//
//	go run ./cmd/plugipay-sandbox
//
// prints its URL and the environment variables that point a program at it, and a line for each request, event and delivery. -h
// lists its flags and its commands.
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
)

// The exit codes.
const (
	exitOK      = 0
	exitFailed  = 1 // a running sandbox refused the command
	exitRefused = 2 // a setting has to be changed
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run runs a command, or serves a sandbox until the context ends, and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		if command, known := commands[args[0]]; known {
			return exitCode(stderr, command(ctx, args[1:], stdout))
		}
	}
	s, err := parseSettings(args, stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return exitCode(stderr, refusal{err})
	case s.healthcheck:
		return exitCode(stderr, checkHealth(ctx, s))
	}
	return exitCode(stderr, serve(ctx, s, stdout, stderr))
}

// refusal is an error that a change of the settings corrects.
type refusal struct{ error }

// exitCode prints an error in one line, and returns the exit code.
func exitCode(stderr io.Writer, err error) int {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	reason := strings.TrimPrefix(err.Error(), "sandbox: ")
	fmt.Fprintf(stderr, "plugipay-sandbox: %s\n", strings.ReplaceAll(reason, "\n", " "))
	if errors.As(err, &refusal{}) {
		return exitRefused
	}
	return exitFailed
}
