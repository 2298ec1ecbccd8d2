package main

import (
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// example is a setting in its three forms, and a function that applies it to the expected settings.
type example struct {
	flags    []string
	variable string
	file     string
	want     func(*settings)
}

// examples returns an example of each setting.
func examples(certificate string) map[string]example {
	return map[string]example{
		"addr":       {[]string{"127.0.0.1:1"}, "127.0.0.1:1", "127.0.0.1:1", func(s *settings) { s.sandbox.Addr = "127.0.0.1:1" }},
		"public-url": {[]string{"https://a.example"}, "https://a.example", "https://a.example", func(s *settings) { s.sandbox.PublicURL = "https://a.example" }},
		"allow-host": {[]string{"a", "b"}, "a, b", "[a, b]", func(s *settings) { s.sandbox.AllowHosts = []string{"a", "b"} }},
		"tls":        {[]string{"true"}, "true", "true", func(s *settings) { s.sandbox.TLS = true }},
		"endpoint":   {[]string{"http://a", "http://b"}, "http://a,http://b", "[http://a, http://b]", func(s *settings) { s.urls = []string{"http://a", "http://b"} }},
		"receiver-ca": {[]string{certificate}, certificate, certificate, func(s *settings) {
			_ = readCertificates(s, certificate)
		}},
		"delivery-schedule": {[]string{"1s", "1m"}, "1s,1m", "[1s, 1m]", func(s *settings) {
			s.sandbox.DeliverySchedule = []time.Duration{time.Second, time.Minute}
		}},
		"delivery-attempts":      {[]string{"3"}, "3", "3", func(s *settings) { s.sandbox.DeliveryAttempts = 3 }},
		"delivery-timeout":       {[]string{"2s"}, "2s", "2s", func(s *settings) { s.sandbox.DeliveryTimeout = 2 * time.Second }},
		"max-pending-deliveries": {[]string{"8"}, "8", "8", func(s *settings) { s.sandbox.MaxPendingDeliveries = 8 }},
		"rate-limit":             {[]string{"true"}, "1", "true", func(s *settings) { s.sandbox.RateLimit = sandbox.DocumentedRateLimit() }},
		"read-limit":             {[]string{"5"}, "5", "5", func(s *settings) { s.sandbox.RateLimit.Reads = 5 }},
		"write-limit":            {[]string{"5"}, "5", "5", func(s *settings) { s.sandbox.RateLimit.Writes = 5 }},
		"max-sessions":           {[]string{"7"}, "7", "7", func(s *settings) { s.sandbox.MaxSessions = 7 }},
		"strict":                 {[]string{"true"}, "true", "true", func(s *settings) { s.sandbox.Strict = true }},
		"seed":                   {[]string{"9"}, "9", "9", func(s *settings) { s.samples = 9 }},
		"fault": {[]string{"any=500x2", "any=404"}, "any=500x2,any=404", "[any=500x2, any=404]", func(s *settings) {
			s.faults = []sandbox.Fault{{Status: 500, Times: 2}, {Status: 404, Times: 1}}
		}},
		"faults": structuredExample("[{operation: getCheckoutSession, times: 2, keyId: k, status: 500, body: x, contentType: text/html, retryAfter: 2s, delay: 1s}, {drop: true}, {rateLimit: true}]",
			func(s *settings) {
				s.faults = []sandbox.Fault{
					{Operation: "getCheckoutSession", Times: 2, KeyID: "k", Status: 500, Body: "x", ContentType: "text/html", RetryAfter: 2 * time.Second, Delay: time.Second},
					{Drop: true}, {RateLimit: true},
				}
			}),
		"delivery-faults": structuredExample("[{kind: late, times: 2, delay: 1s, keyId: k}]", func(s *settings) {
			s.deliveryFaults = []sandbox.DeliveryFault{{Kind: sandbox.FaultLate, Times: 2, Delay: time.Second, KeyID: "k"}}
		}),
		"endpoints": structuredExample("[{url: http://a, secret: s, plainEvents: true, mode: test, events: [checkout_session.completed]}]", func(s *settings) {
			s.sandbox.Endpoints = []sandbox.Endpoint{{URL: "http://a", Secret: "s", PlainEvents: true, Mode: sandbox.ModeTest,
				Events: []plugipay.EventName{plugipay.EventCheckoutSessionCompleted}}}
		}),
		"workspaces": structuredExample("[{accountId: acc_1, name: Toko, keys: [{id: pk_test_1, secret: s, scopes: ['*'], platformAdmin: true}, {id: pk_live_1}], "+
			"adapters: [{name: xendit, methods: [qris]}], endpoints: [{url: http://a, secret: s}]}, {adapters: []}]", func(s *settings) {
			s.sandbox.Workspaces = []sandbox.Workspace{
				{
					AccountID: "acc_1", Name: "Toko",
					Keys:      []sandbox.Key{{ID: "pk_test_1", Secret: "s", Scopes: []string{"*"}, PlatformAdmin: true}, {ID: "pk_live_1"}},
					Adapters:  []sandbox.Adapter{{Name: "xendit", Methods: []plugipay.CheckoutMethod{"qris"}}},
					Endpoints: []sandbox.Endpoint{{URL: "http://a", Secret: "s"}},
				},
				{Adapters: []sandbox.Adapter{}},
			}
		}),
		"quiet":       {[]string{"true"}, "true", "true", func(s *settings) { s.quiet = true }},
		"json":        {[]string{"true"}, "true", "true", func(s *settings) { s.json = true }},
		"healthcheck": {[]string{"true"}, "true", "", func(s *settings) { s.healthcheck = true }},
	}
}

func structuredExample(yaml string, want func(*settings)) example {
	return example{[]string{yaml}, yaml, yaml, want}
}

// TestSettings_ByFlagVariableAndFile checks each setting in its three forms, and that each sandbox option has a setting.
func TestSettings_ByFlagVariableAndFile(t *testing.T) {
	folder := t.TempDir()
	certificate := filepath.Join(folder, "ca.pem")
	receiver := httptest.NewTLSServer(http.NotFoundHandler())
	defer receiver.Close()
	content := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: receiver.Certificate().Raw})
	if err := os.WriteFile(certificate, content, 0o600); err != nil {
		t.Fatal(err)
	}
	all := examples(certificate)
	all["secret"], all["plain-events"] = example{}, example{} // they need an endpoint: TestSettings_FlagBeforeVariableBeforeFile
	changed := map[string]bool{}
	for _, setting := range allSettings {
		e, known := all[setting.name]
		if !known {
			t.Errorf("-%s has no example in this test", setting.name)
			continue
		}
		if e.want == nil {
			continue
		}
		want := settings{sandbox: sandbox.Options{Addr: defaultAddr}}
		e.want(&want)
		var flags []string
		for _, value := range e.flags {
			flags = append(flags, "-"+setting.name+"="+value)
		}
		wantSettings(t, "flags of "+setting.name, want, flags...)
		name := variablePrefix + strings.ToUpper(strings.ReplaceAll(setting.name, "-", "_"))
		t.Setenv(name, e.variable)
		wantSettings(t, name, want)
		t.Setenv(name, "")
		if e.file != "" {
			file := filepath.Join(folder, setting.name+".yaml")
			if err := os.WriteFile(file, []byte(setting.name+": "+e.file+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			wantSettings(t, "the file with "+setting.name, want, "-config", file)
		}
		options := reflect.ValueOf(want.options())
		for i := range options.NumField() {
			if name := options.Type().Field(i).Name; !options.Field(i).IsZero() && (name != "Addr" || setting.name == "addr") {
				changed[name] = true
			}
		}
	}
	options := reflect.TypeFor[sandbox.Options]()
	for i := range options.NumField() {
		switch name := options.Field(i).Name; name {
		case "FormatAmount", "Logger", "OnContractBreach": // functions
		default:
			if !changed[name] {
				t.Errorf("no setting sets sandbox.Options.%s", name)
			}
		}
	}
}

func wantSettings(t *testing.T, name string, want settings, args ...string) {
	t.Helper()
	got, err := parseSettings(args, io.Discard)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	got.secret = "" // a generated secret
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got\n%+v, want\n%+v", name, got, want)
	}
}

func TestSettings_FlagBeforeVariableBeforeFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sandbox.yaml")
	text := "seed: 1\nread-limit: 1\nwrite-limit: 1\nendpoint: http://file\nsecret: s\nplain-events: true\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(variablePrefix+"CONFIG", file)
	t.Setenv(variablePrefix+"READ_LIMIT", "2")
	t.Setenv(variablePrefix+"WRITE_LIMIT", "2")
	s, err := parseSettings([]string{"-write-limit", "3", "-endpoint", "http://flag"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if s.samples != 1 || s.sandbox.RateLimit != (sandbox.RateLimit{Reads: 2, Writes: 3}) {
		t.Errorf("settings are %+v", s)
	}
	want := []sandbox.Endpoint{{URL: "http://flag", Secret: "s", PlainEvents: true}}
	if got := s.options().Endpoints; !reflect.DeepEqual(got, want) {
		t.Errorf("the endpoints are %+v", got)
	}
}

// TestSettings_ErrorsNameTheSource also checks that errors do not contain the value, because it may be a secret.
func TestSettings_ErrorsNameTheSource(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sandbox.yaml")
	write := func(text string) []string {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return []string{"-config", file}
	}
	for name, test := range map[string]struct {
		args []string
		env  string
		want string
	}{
		"a flag":                  {[]string{"-seed", "hush"}, "", "-seed must be a whole number"},
		"a variable":              {nil, "hush", "PLUGIPAY_SANDBOX_SEED must be a whole number"},
		"a property":              {write("seed: hush"), "", "sandbox.yaml: seed must be a whole number"},
		"a missing file":          {[]string{"-config", file + "2"}, "", "cannot be read"},
		"a structure":             {[]string{"-workspaces", "[{hush: hush}]"}, "", "-workspaces does not have the form"},
		"a text for a list":       {[]string{"-workspaces", "hush"}, "", "-workspaces does not have the form"},
		"broken YAML":             {[]string{"-workspaces", "[hush"}, "", "-workspaces"},
		"a duration without unit": {[]string{"-delivery-timeout", "5"}, "", "-delivery-timeout must be a duration"},
		"a list for one value":    {[]string{"-config", listFile(t)}, "", "seed must be one value"},
		"a file without a CA":     {[]string{"-receiver-ca", file}, "", "-receiver-ca has no certificate"},
		"a missing CA":            {[]string{"-receiver-ca", file + "2"}, "", "-receiver-ca cannot be read"},
		"an unknown property":     {[]string{"-config", unknownFile(t)}, "", `"sede" is not a setting`},
	} {
		t.Setenv(variablePrefix+"SEED", test.env)
		_, err := parseSettings(test.args, io.Discard)
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hush") && name != "a structure" {
			t.Errorf("%s: error %v, want %q", name, err, test.want)
		}
	}
}

func listFile(t *testing.T) string    { return newFile(t, "seed: [1, 2]\n") }
func unknownFile(t *testing.T) string { return newFile(t, "sede: 1\n") }

func newFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "sandbox.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestSettings_AreInTheDocumentation also checks the help.
func TestSettings_AreInTheDocumentation(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "sandbox.md"))
	if err != nil {
		t.Fatal(err)
	}
	var printed strings.Builder
	help(&printed)
	for _, setting := range allSettings {
		if !strings.Contains(string(page), "`"+setting.name+"`") {
			t.Errorf("docs/sandbox.md does not mention %s", setting.name)
		}
		if !strings.Contains(printed.String(), "\n  -"+setting.name) {
			t.Errorf("-h does not list -%s", setting.name)
		}
	}
}

// TestSettings_OfTheDocumentationAreValid starts a sandbox with the configuration file of docs/sandbox.md.
func TestSettings_OfTheDocumentationAreValid(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "sandbox.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```yaml\n")
	text, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("docs/sandbox.md has no YAML")
	}
	p := startProgram(t, "-config", newFile(t, text))
	if p.env["PLUGIPAY_KEY_ID"] != "pk_test_batik" {
		t.Errorf("the environment is %v", p.env)
	}
	p.end()
}

// FuzzReadFile checks that no configuration file makes the program panic.
func FuzzReadFile(f *testing.F) {
	f.Add("seed: 1\nworkspaces: [{keys: [{id: a}]}]\n")
	f.Add("allow-host: [a, {b: c}]\nfaults: 1\n")
	f.Add("? [a]\n: b\n")
	f.Add("&a seed: *a\n")
	f.Fuzz(func(t *testing.T, text string) {
		name := newFile(t, text)
		if _, err := parseSettings([]string{"-config", name}, io.Discard); err != nil && strings.Contains(err.Error(), "\n\n") {
			t.Errorf("error %q", err)
		}
	})
}
