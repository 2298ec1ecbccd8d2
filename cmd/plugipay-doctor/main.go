// Plugipay-doctor checks your setup, and whether Plugipay does what openapi.yaml says:
//
//	go run ./cmd/plugipay-doctor
//
// It reads the environment of the client (PLUGIPAY_KEY_ID, PLUGIPAY_SECRET and so on), creates a few sessions with a test key,
// and prints a line for each check. It cancels its sessions at the end. -h lists the flags.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// The exit codes.
const (
	exitOK      = 0 // nothing differs
	exitDiffers = 1
	exitRefused = 2 // wrong flags, or an environment that the doctor does not run with
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // so that a second Ctrl+C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options are the program's flags.
type options struct {
	mode   string
	listen string
	json   bool
	keep   bool
}

// run makes the checks and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	opts, err := parseOptions(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	if err != nil {
		return exitRefused
	}
	setup, err := readEnvironment(opts.mode)
	if err != nil {
		fmt.Fprintf(stderr, "plugipay-doctor: %v\n", err)
		return exitRefused
	}
	report := newReport(stdout, opts.json, setup.client.BaseURL())
	visit := newVisit(setup, report, opts.keep)
	var listener *listener
	if opts.listen != "" {
		if listener, err = listen(opts.listen, report); err != nil {
			fmt.Fprintf(stderr, "plugipay-doctor: %v\n", err)
			return exitRefused
		}
	}
	reached := visit.examine(ctx)
	if listener != nil && reached {
		listener.wait(ctx)
	}
	visit.cleanUp(ctx)
	return report.finish()
}

func parseOptions(args []string, stderr io.Writer) (options, error) {
	var opts options
	flags := flag.NewFlagSet("plugipay-doctor", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	flags.StringVar(&opts.mode, "mode", "", `"test" for a key whose id does not say that it is a test key (AKIA…, ak_…)`)
	flags.StringVar(&opts.listen, "listen", "", "also receive webhook events at this `address`, such as :8080, until Ctrl+C")
	flags.BoolVar(&opts.json, "json", false, "print a report as JSON, to attach to an issue")
	flags.BoolVar(&opts.keep, "keep", false, "leave one session open for 15 minutes, to look at the amount on its page")
	err := flags.Parse(args)
	switch {
	case err != nil:
	case flags.NArg() > 0:
		err = fmt.Errorf("there is no argument %q", flags.Arg(0))
	case opts.mode != "" && opts.mode != "test":
		err = fmt.Errorf("the mode is %q: the only mode is test, because the doctor creates sessions", opts.mode)
	default:
		return opts, nil
	}
	if !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(stderr, "plugipay-doctor: %v\n", err)
	}
	return opts, err
}

const usage = `Usage: plugipay-doctor [flags]

Checks keys, clock, network, sessions, lists and idempotency with a test key. It reads PLUGIPAY_KEY_ID and
PLUGIPAY_SECRET, or PLUGIPAY_API_KEY, PLUGIPAY_BASE_URL, PLUGIPAY_ON_BEHALF_OF and PLUGIPAY_ALLOW_PLAIN_HTTP,
as the client does, and PLUGIPAY_WEBHOOK_SECRET for -listen. The exit code is 0 if nothing differs, 1 if
something does, and 2 if the doctor did not run.

`

// cleanUpTime limits how long cleaning up may take.
const cleanUpTime = 15 * time.Second
