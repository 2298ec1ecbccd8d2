package main

import (
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"github.com/plugipay/plugipay-go/sandbox"
)

const (
	defaultAddr = "127.0.0.1:4010"
	maxSamples  = 10_000
)

// settings are what the flags say.
type settings struct {
	addr        string
	endpoints   []string
	secret      string // of all endpoints
	plainEvents bool
	faults      []sandbox.Fault
	samples     int
	rateLimit   bool
	strict      bool
}

// parseSettings reads the flags. With -h it prints them and returns flag.ErrHelp.
func parseSettings(args []string, stdout io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("plugipay-sandbox", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are one line, without the list of flags
	flags.StringVar(&s.addr, "addr", defaultAddr, "`address` to listen on; port 0 is a free one")
	flags.Func("endpoint", "`URL` to send events to; may be repeated", func(url string) error {
		s.endpoints = append(s.endpoints, url)
		return nil
	})
	flags.StringVar(&s.secret, "secret", "", "`secret` that events are signed with; made up if there is none")
	flags.BoolVar(&s.plainEvents, "plain-events", false, "send events with plain types, checkout_session.completed")
	flags.Func("fault", "`operation=status[xTimes]` that calls are answered with, such as createCheckoutSession=503x2; "+
		"the operation may be any; may be repeated", func(text string) error {
		f, err := parseFault(text)
		s.faults = append(s.faults, f)
		return err
	})
	flags.IntVar(&s.samples, "seed", 0, "`number` of sample sessions to create")
	flags.BoolVar(&s.rateLimit, "rate-limit", false, "enforce the documented limits of 100 reads and 20 writes a second")
	flags.BoolVar(&s.strict, "strict", false, "refuse what the contract allows and is most likely a mistake, such as QRIS in USD")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(stdout, "A Plugipay on your own machine. Its flags:")
			flags.SetOutput(stdout)
			flags.PrintDefaults()
		}
		return settings{}, err
	}
	return s.completed(flags)
}

// completed checks what the flags say together, and makes up what they leave out.
func (s settings) completed(flags *flag.FlagSet) (settings, error) {
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	switch {
	case flags.NArg() > 0:
		return settings{}, errors.New("there is an argument that belongs to no flag") // it may be a secret: not shown
	case s.addr == "":
		return settings{}, errors.New("-addr is empty")
	case s.samples < 0 || s.samples > maxSamples:
		return settings{}, fmt.Errorf("-seed must be from 0 to %d", maxSamples)
	case given["secret"] && s.secret == "":
		return settings{}, errors.New("-secret is empty: anybody could sign with that")
	case len(s.endpoints) == 0 && (given["secret"] || given["plain-events"]):
		return settings{}, errors.New("-secret and -plain-events need an -endpoint")
	}
	if s.secret == "" {
		s.secret = rand.Text()
	}
	return s, nil
}

// start serves a sandbox as the flags say.
func (s settings) start() (*sandbox.Server, error) {
	server, err := sandbox.Start(s.options())
	if err != nil {
		return nil, err
	}
	for _, f := range s.faults {
		if err := server.Inject(f); err != nil {
			server.Close()
			return nil, err
		}
	}
	server.Seed(s.samples)
	return server, nil
}

func (s settings) options() sandbox.Options {
	opts := sandbox.Options{Addr: s.addr, Strict: s.strict}
	if s.rateLimit {
		opts.RateLimit = sandbox.DocumentedRateLimit()
	}
	for _, url := range s.endpoints {
		opts.Endpoints = append(opts.Endpoints, sandbox.Endpoint{URL: url, Secret: s.secret, PlainEvents: s.plainEvents})
	}
	return opts
}

// parseFault reads operation=status[xTimes].
func parseFault(text string) (sandbox.Fault, error) {
	operation, rest, ok := strings.Cut(text, "=")
	statusText, timesText, repeated := strings.Cut(rest, "x")
	status, err := strconv.Atoi(statusText)
	if !ok || operation == "" || err != nil {
		return sandbox.Fault{}, errors.New("must be operation=status or operation=statusxTimes")
	}
	if status < 400 || status > 599 {
		return sandbox.Fault{}, errors.New("the status must be from 400 to 599")
	}
	f := sandbox.Fault{Operation: operation, Status: status, Times: 1}
	if operation == "any" {
		f.Operation = ""
	}
	if repeated {
		if f.Times, err = strconv.Atoi(timesText); err != nil || f.Times < 1 {
			return sandbox.Fault{}, errors.New("the number of times must be 1 or more")
		}
	}
	return f, nil
}

// isLoopback tells whether only this machine can reach an address. A name that is not localhost counts as one that
// others reach.
func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
