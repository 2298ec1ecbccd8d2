package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// commands talk to a running sandbox, through its control API.
var commands = map[string]func(ctx context.Context, args []string, out io.Writer) error{
	"trigger": trigger,
	"resend":  resend,
	"status":  status,
}

// commandTime limits how long a command waits.
const commandTime = 15 * time.Second

// running is a running sandbox.
type running struct {
	url  string
	http *http.Client
}

// parseCommand reads the flags of a command, after the one argument that it may need.
func parseCommand(name, argument string, args []string, add func(*flag.FlagSet), out io.Writer) (value string, at running, err error) {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	address := os.Getenv("PLUGIPAY_BASE_URL")
	if address == "" {
		address = "http://" + defaultAddr
	}
	flags.StringVar(&address, "url", address, "the `URL` of the sandbox")
	add(flags)
	if argument != "" && len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		value, args = args[0], args[1:]
	}
	err = flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(out, "Usage: plugipay-sandbox %s [flags]\n", strings.TrimSpace(name+" "+argument))
		flags.SetOutput(out)
		flags.PrintDefaults()
		return "", running{}, err
	case err != nil:
		return "", running{}, refusal{err}
	case argument != "" && value == "":
		return "", running{}, refusal{fmt.Errorf("%s needs %s", name, argument)}
	case flags.NArg() > 0:
		return "", running{}, refusal{fmt.Errorf("%s takes no further argument", name)}
	}
	return value, running{strings.TrimRight(address, "/"), http.DefaultClient}, nil
}

// trigger makes an event happen.
func trigger(ctx context.Context, args []string, out io.Writer) error {
	body := map[string]any{}
	metadata := map[string]string{}
	kind, at, err := parseCommand("trigger", "TYPE", args, func(flags *flag.FlagSet) {
		flags.Func("amount", "the session's `AMOUNT`, in the currency's smallest unit", func(text string) error {
			if _, err := json.Number(text).Int64(); err != nil {
				return errors.New("must be a whole number")
			}
			body["amount"] = json.Number(text)
			return nil
		})
		flags.Func("currency", "the session's `CURRENCY`", func(text string) error { body["currency"] = text; return nil })
		flags.Func("customer", "the session's customer, a `cus_…` id", func(text string) error { body["customerId"] = text; return nil })
		flags.Func("key", "the `ID` of a key of the workspace; the first workspace without it", func(text string) error { body["keyId"] = text; return nil })
		flags.Func("metadata", "a note of the session, `NAME=TEXT`; may be repeated", func(text string) error {
			name, value, found := strings.Cut(text, "=")
			if !found {
				return errors.New("must be NAME=TEXT")
			}
			metadata[name] = value
			return nil
		})
		flags.Func("object", "what the event is about, as `JSON`, for an event of another kind", func(text string) error {
			if !json.Valid([]byte(text)) {
				return errors.New("must be JSON")
			}
			body["object"] = json.RawMessage(text)
			return nil
		})
	}, out)
	if err != nil {
		return err
	}
	if body["type"] = kind; len(metadata) > 0 {
		body["metadata"] = metadata
	}
	var event struct{ ID, Type, SessionID string }
	if err := at.call(ctx, http.MethodPost, "/_sandbox/trigger", body, &event); err != nil {
		return err
	}
	fmt.Fprintln(out, strings.TrimSpace(event.ID+" "+event.Type+" "+event.SessionID))
	return nil
}

// resend sends an event again.
func resend(ctx context.Context, args []string, out io.Writer) error {
	id, at, err := parseCommand("resend", "EVENT_ID", args, func(*flag.FlagSet) {}, out)
	if err != nil {
		return err
	}
	var deliveries []delivery
	if err := at.call(ctx, http.MethodPost, "/_sandbox/events/"+url.PathEscape(id)+"/redeliver", struct{}{}, &deliveries); err != nil {
		return err
	}
	for _, d := range deliveries {
		fmt.Fprintln(out, d.ID, "to", d.URL)
	}
	if len(deliveries) == 0 {
		fmt.Fprintln(out, "no endpoint wants this event")
	}
	return nil
}

type delivery struct{ ID, URL, EventID, State string }

// status prints the content of a sandbox.
func status(ctx context.Context, args []string, out io.Writer) error {
	_, at, err := parseCommand("status", "", args, func(*flag.FlagSet) {}, out)
	if err != nil {
		return err
	}
	var health struct{ Now string }
	if err := at.call(ctx, http.MethodGet, "/_sandbox/health", nil, &health); err != nil {
		return err
	}
	var sessions []struct{ ID, Status string }
	if err := at.call(ctx, http.MethodGet, "/_sandbox/sessions?limit=100", nil, &sessions); err != nil {
		return err
	}
	var deliveries []delivery
	if err := at.call(ctx, http.MethodGet, "/_sandbox/deliveries?limit=100", nil, &deliveries); err != nil {
		return err
	}
	fmt.Fprintf(out, "The sandbox at %s responds. Its clock says %s.\n", at.url, health.Now)
	counts := map[string]int{}
	for _, s := range sessions {
		counts[s.Status]++
	}
	printCounts(out, "sessions", counts, []string{"open", "pending", "pending_review", "completed", "expired", "canceled", "failed"})
	counts = map[string]int{}
	for _, d := range deliveries {
		counts[d.State]++
	}
	printCounts(out, "deliveries", counts, []string{"pending", "delivered", "failed"})
	return nil
}

// printCounts prints the number of each kind among the newest hundred.
func printCounts(out io.Writer, name string, counts map[string]int, kinds []string) {
	var parts []string
	for _, kind := range kinds {
		if counts[kind] > 0 {
			parts = append(parts, fmt.Sprint(counts[kind], " ", kind))
		}
	}
	if len(parts) == 0 {
		parts = []string{"none"}
	}
	fmt.Fprintf(out, "%s, newest hundred: %s\n", name, strings.Join(parts, ", "))
}

// checkHealth asks the sandbox at the address of the settings whether it responds.
func checkHealth(ctx context.Context, s settings) error {
	host, port, err := net.SplitHostPort(s.sandbox.Addr)
	if err != nil {
		return refusal{errors.New("-addr is not an address with a port")}
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	at := running{"http://" + net.JoinHostPort(host, port), http.DefaultClient}
	if s.sandbox.TLS {
		at.url = "https://" + net.JoinHostPort(host, port)
		// Any certificate is accepted, because the sandbox makes a new one each time it starts. Only the response matters here.
		at.http = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	}
	return at.call(ctx, http.MethodGet, "/_sandbox/health", nil, nil)
}

// call calls the control API and decodes the data of the response into out, unless out is nil.
func (r running) call(ctx context.Context, method, path string, body, out any) error {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, r.url+path, content)
	if err != nil {
		return refusal{errors.New("-url is not a URL")}
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := r.http.Do(request)
	if err != nil {
		return fmt.Errorf("no sandbox responds: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	var envelope struct {
		Data  json.RawMessage                 `json:"data"`
		Error *struct{ Code, Message string } `json:"error"`
	}
	err = json.NewDecoder(io.LimitReader(response.Body, 16<<20)).Decode(&envelope)
	switch {
	case err != nil:
		return fmt.Errorf("%s is not a sandbox: the response (status %d) is not JSON", r.url, response.StatusCode)
	case envelope.Error != nil:
		return fmt.Errorf("%s: %s", envelope.Error.Code, envelope.Error.Message)
	case out == nil:
		return nil
	}
	return json.Unmarshal(envelope.Data, out)
}
