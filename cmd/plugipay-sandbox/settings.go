package main

import (
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/plugipay/plugipay-go/sandbox"
)

const (
	defaultAddr = "127.0.0.1:4010"
	maxSamples  = 10_000

	// variablePrefix begins the environment variable of each setting: PLUGIPAY_SANDBOX_PUBLIC_URL for -public-url.
	variablePrefix = "PLUGIPAY_SANDBOX_"
)

// settings holds the values of the flags, the environment and the configuration file.
type settings struct {
	sandbox        sandbox.Options
	urls           []string // of endpoints that share the secret
	secret         string   // of these endpoints
	plainEvents    bool
	faults         []sandbox.Fault
	deliveryFaults []sandbox.DeliveryFault
	samples        int
	quiet, json    bool
	healthcheck    bool
}

// setting is one setting. It is a flag, an environment variable and a property of the configuration file.
type setting struct {
	name  string
	value string // what the flag's value is, "" for a flag without a value
	usage string
	many  bool // the flag may be repeated, and the property may be a list
	set   func(*settings, *yaml.Node) error
}

// allSettings is the list of settings. The flags, the variables, the file and the help come from it.
var allSettings = []setting{
	{name: "addr", value: "ADDRESS", usage: "listen at this address; port 0 is a free port (default " + defaultAddr + ")",
		set: text(func(s *settings, v string) error { s.sandbox.Addr = v; return notEmpty(v) })},
	{name: "public-url", value: "URL", usage: "the beginning of each hostedUrl, if it is not the URL of the request",
		set: text(func(s *settings, v string) error { s.sandbox.PublicURL = v; return nil })},
	{name: "allow-host", value: "NAME", usage: "accept requests for this host on the loopback interface", many: true,
		set: text(func(s *settings, v string) error { s.sandbox.AllowHosts = append(s.sandbox.AllowHosts, v); return nil })},
	{name: "tls", usage: "listen for https, and print the path of the certificate to trust",
		set: boolean(func(s *settings, v bool) { s.sandbox.TLS = v })},
	{name: "endpoint", value: "URL", usage: "send events to this URL, signed with -secret", many: true,
		set: text(func(s *settings, v string) error { s.urls = append(s.urls, v); return nil })},
	{name: "secret", value: "SECRET", usage: "sign the events of -endpoint with this secret (default: a new one)",
		set: text(func(s *settings, v string) error { s.secret = v; return notEmpty(v) })},
	{name: "plain-events", usage: "send events in the plain form, checkout_session.completed",
		set: boolean(func(s *settings, v bool) { s.plainEvents = v })},
	{name: "receiver-ca", value: "FILE", usage: "trust the certificates in this PEM file when events go to https", many: true,
		set: text(readCertificates)},
	{name: "delivery-schedule", value: "DURATION", usage: "wait this long before each further delivery of an event", many: true,
		set: duration(func(s *settings, d time.Duration) { s.sandbox.DeliverySchedule = append(s.sandbox.DeliverySchedule, d) })},
	{name: "delivery-attempts", value: "NUMBER", usage: "deliver an event at most this often",
		set: number(func(s *settings, n int) { s.sandbox.DeliveryAttempts = n })},
	{name: "delivery-timeout", value: "DURATION", usage: "wait this long for the response to a delivery (default 10s)",
		set: duration(func(s *settings, d time.Duration) { s.sandbox.DeliveryTimeout = d })},
	{name: "max-pending-deliveries", value: "NUMBER", usage: "let this many deliveries wait at once; less than 0 for all (default 10000)",
		set: number(func(s *settings, n int) { s.sandbox.MaxPendingDeliveries = n })},
	{name: "rate-limit", usage: "enforce the documented limits of 100 reads and 20 writes a second",
		set: boolean(func(s *settings, v bool) {
			if v {
				s.sandbox.RateLimit = sandbox.DocumentedRateLimit()
			}
		})},
	{name: "read-limit", value: "NUMBER", usage: "allow this many reads a second",
		set: number(func(s *settings, n int) { s.sandbox.RateLimit.Reads = n })},
	{name: "write-limit", value: "NUMBER", usage: "allow this many writes a second",
		set: number(func(s *settings, n int) { s.sandbox.RateLimit.Writes = n })},
	{name: "max-sessions", value: "NUMBER", usage: "keep this many sessions, the newest; less than 0 for all (default 100000)",
		set: number(func(s *settings, n int) { s.sandbox.MaxSessions = n })},
	{name: "strict", usage: "refuse what the contract allows and is most likely a mistake, such as QRIS in USD",
		set: boolean(func(s *settings, v bool) { s.sandbox.Strict = v })},
	{name: "seed", value: "NUMBER", usage: fmt.Sprintf("create this many sample sessions, at most %d", maxSamples),
		set: number(func(s *settings, n int) { s.samples = n })},
	{name: "fault", value: "OPERATION=STATUS[xTIMES]", usage: "fail the next calls, such as createCheckoutSession=503x2 or any=500", many: true,
		set: text(func(s *settings, v string) error {
			f, err := parseFault(v)
			s.faults = append(s.faults, f)
			return err
		})},
	{name: "faults", value: "YAML", usage: "faults with all their properties; see docs/sandbox.md",
		set: structured(func(s *settings, all []faultConfig) {
			for _, f := range all {
				s.faults = append(s.faults, f.fault())
			}
		})},
	{name: "delivery-faults", value: "YAML", usage: "faults of deliveries; see docs/sandbox.md",
		set: structured(func(s *settings, all []deliveryFaultConfig) {
			for _, f := range all {
				s.deliveryFaults = append(s.deliveryFaults, f.fault())
			}
		})},
	{name: "endpoints", value: "YAML", usage: "endpoints with their own secrets, modes and events; see docs/sandbox.md",
		set: structured(func(s *settings, all []endpointConfig) {
			for _, e := range all {
				s.sandbox.Endpoints = append(s.sandbox.Endpoints, e.endpoint())
			}
		})},
	{name: "workspaces", value: "YAML", usage: "workspaces with their keys, adapters and endpoints; see docs/sandbox.md",
		set: structured(func(s *settings, all []workspaceConfig) {
			for _, w := range all {
				s.sandbox.Workspaces = append(s.sandbox.Workspaces, w.workspace())
			}
		})},
	{name: "quiet", usage: "print no line for each request, event and delivery", set: boolean(func(s *settings, v bool) { s.quiet = v })},
	{name: "json", usage: "print JSON, an object a line", set: boolean(func(s *settings, v bool) { s.json = v })},
	{name: "healthcheck", usage: "ask a running sandbox at -addr whether it responds, and exit with 0 or 1",
		set: boolean(func(s *settings, v bool) { s.healthcheck = v })},
}

// source holds the values of a setting.
type source struct {
	from   string // the name of the flag, the variable, or the file and its property
	values []*yaml.Node
}

// parseSettings reads the flags, the environment and the configuration file. A flag replaces the variable, and the variable
// replaces the property of the file. With -h it prints the flags and returns flag.ErrHelp.
func parseSettings(args []string, stdout io.Writer) (settings, error) {
	found := map[string]source{}
	file, err := readFlags(args, found, stdout)
	if err != nil {
		return settings{}, err
	}
	readVariables(found)
	if file == "" {
		file = os.Getenv(variablePrefix + "CONFIG")
	}
	if file != "" {
		if err := readFile(file, found); err != nil {
			return settings{}, err
		}
	}
	s := settings{}
	s.sandbox.Addr = defaultAddr
	for _, setting := range allSettings {
		source := found[setting.name]
		for _, value := range source.values {
			if err := setting.set(&s, value); err != nil {
				return settings{}, fmt.Errorf("%s %w", source.from, err)
			}
		}
	}
	return s.completed(found)
}

// readFlags reads the flags, and returns the configuration file that they name.
func readFlags(args []string, found map[string]source, stdout io.Writer) (file string, err error) {
	flags := flag.NewFlagSet("plugipay-sandbox", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are one line, without the list of flags
	flags.StringVar(&file, "config", "", "read the settings of this YAML `FILE`")
	for _, setting := range allSettings {
		add := func(value string) error {
			source := found[setting.name]
			if !setting.many {
				source.values = nil
			}
			found[setting.name] = source.with("-"+setting.name, value)
			return nil
		}
		if setting.value == "" {
			flags.BoolFunc(setting.name, setting.usage, add)
		} else {
			flags.Func(setting.name, fmt.Sprintf("%s; `%s`", setting.usage, setting.value), add)
		}
	}
	err = flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		help(stdout)
	case err == nil && flags.NArg() > 0:
		err = errors.New("there is an argument that belongs to no flag") // it may be a secret, so it is not shown
	}
	return file, err
}

// with adds the text of a flag or a variable.
func (s source) with(from, value string) source {
	return source{from, append(s.values, &yaml.Node{Kind: yaml.ScalarNode, Value: value})}
}

// readVariables reads the environment variables of settings that have no flag. Several values are separated by commas.
func readVariables(found map[string]source) {
	for _, setting := range allSettings {
		name := variablePrefix + strings.ToUpper(strings.ReplaceAll(setting.name, "-", "_"))
		value, set := os.LookupEnv(name)
		if _, known := found[setting.name]; known || !set || value == "" {
			continue
		}
		values := []string{value}
		if setting.many {
			values = strings.Split(value, ",")
		}
		for _, value := range values {
			found[setting.name] = found[setting.name].with(name, strings.TrimSpace(value))
		}
	}
}

// readFile reads the configuration file for settings that have neither a flag nor a variable.
func readFile(name string, found map[string]source) error {
	content, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("the configuration file cannot be read: %w", err)
	}
	var properties map[string]yaml.Node
	if err := yaml.Load(content, &properties); err != nil {
		return fmt.Errorf("%s is not a YAML file with a property for each setting", name)
	}
	for property, value := range properties {
		setting, known := settingNamed(property)
		if !known || setting.name == "healthcheck" {
			return fmt.Errorf("%s: %q is not a setting; -h lists the settings", name, property)
		}
		if _, set := found[property]; set {
			continue
		}
		values := []*yaml.Node{&value}
		if setting.many && value.Kind == yaml.SequenceNode {
			values = value.Content
		}
		found[property] = source{name + ": " + property, values}
	}
	return nil
}

func settingNamed(name string) (setting, bool) {
	for _, s := range allSettings {
		if s.name == name {
			return s, true
		}
	}
	return setting{}, false
}

// completed checks the combination of settings, and generates a secret if it is missing.
func (s settings) completed(found map[string]source) (settings, error) {
	_, hasSecret := found["secret"]
	switch {
	case s.samples < 0 || s.samples > maxSamples:
		return settings{}, fmt.Errorf("-seed must be from 0 to %d", maxSamples)
	case len(s.urls) == 0 && (hasSecret || s.plainEvents):
		return settings{}, errors.New("-secret and -plain-events need an -endpoint")
	}
	if s.secret == "" {
		s.secret = rand.Text()
	}
	return s, nil
}

// options returns the options of the sandbox.
func (s settings) options() sandbox.Options {
	opts := s.sandbox
	for _, url := range s.urls {
		opts.Endpoints = append(opts.Endpoints, sandbox.Endpoint{URL: url, Secret: s.secret, PlainEvents: s.plainEvents})
	}
	return opts
}

// help prints the list of settings.
func help(out io.Writer) {
	fmt.Fprint(out, `A Plugipay on your own machine.

Usage: plugipay-sandbox [flags]                             run a sandbox
       plugipay-sandbox trigger TYPE [flags]                make an event happen at a running sandbox
       plugipay-sandbox resend EVENT_ID [flags]             send an event again
       plugipay-sandbox status [flags]                      say what a running sandbox holds

Each flag is also an environment variable, such as PLUGIPAY_SANDBOX_PUBLIC_URL for -public-url, and a property of
the YAML file that -config names. Variables separate several values by commas.

  -config FILE
        read the settings of this YAML file
`)
	for _, s := range allSettings {
		repeated := ""
		if s.many {
			repeated = "; may be repeated"
		}
		fmt.Fprintf(out, "  -%s\n        %s%s\n", strings.TrimSpace(s.name+" "+s.value), s.usage, repeated)
	}
}
