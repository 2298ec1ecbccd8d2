package main

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// These functions set a setting from a value. Their errors do not repeat the value, because it may be a secret.

func text(set func(*settings, string) error) func(*settings, *yaml.Node) error {
	return func(s *settings, node *yaml.Node) error {
		if node.Kind != yaml.ScalarNode {
			return errors.New("must be one value")
		}
		return set(s, node.Value)
	}
}

func notEmpty(value string) error {
	if value == "" {
		return errors.New("is empty")
	}
	return nil
}

func boolean(set func(*settings, bool)) func(*settings, *yaml.Node) error {
	return text(func(s *settings, value string) error {
		is, err := strconv.ParseBool(value)
		if err != nil {
			return errors.New("must be true or false")
		}
		set(s, is)
		return nil
	})
}

func number(set func(*settings, int)) func(*settings, *yaml.Node) error {
	return text(func(s *settings, value string) error {
		n, err := strconv.Atoi(value)
		if err != nil {
			return errors.New("must be a whole number")
		}
		set(s, n)
		return nil
	})
}

func duration(set func(*settings, time.Duration)) func(*settings, *yaml.Node) error {
	return text(func(s *settings, value string) error {
		d, err := time.ParseDuration(value)
		if err != nil {
			return errors.New("must be a duration, such as 30s or 1h30m")
		}
		set(s, d)
		return nil
	})
}

// structured decodes YAML with all properties of T, and no others.
func structured[T any](set func(*settings, T)) func(*settings, *yaml.Node) error {
	return func(s *settings, node *yaml.Node) error {
		var value T
		err := node.Load(&value, yaml.WithKnownFields())
		if node.Kind == yaml.ScalarNode { // of a flag or a variable
			err = yaml.Load([]byte(node.Value), &value, yaml.WithKnownFields())
		}
		if err != nil {
			return errors.New("does not have the form that docs/sandbox.md shows: " + withoutValues(err))
		}
		set(s, value)
		return nil
	}
}

// withoutValues returns the lines and the names of properties in a YAML error, without values.
func withoutValues(err error) string {
	var parts []string
	for line := range strings.Lines(err.Error()) {
		line = strings.TrimSpace(line)
		if strings.Contains(line, "field ") && strings.Contains(line, " not found") {
			line, _, _ = strings.Cut(line, " not found")
			parts = append(parts, line+" is unknown")
		} else if at, _, found := strings.Cut(line, ": cannot"); found {
			parts = append(parts, at+": another type")
		}
	}
	if len(parts) == 0 {
		return "it cannot be read"
	}
	return strings.Join(parts, "; ")
}

type workspaceConfig struct {
	AccountID string           `yaml:"accountId"`
	Name      string           `yaml:"name"`
	Keys      []keyConfig      `yaml:"keys"`
	Adapters  []adapterConfig  `yaml:"adapters"`
	Endpoints []endpointConfig `yaml:"endpoints"`
}

func (c workspaceConfig) workspace() sandbox.Workspace {
	w := sandbox.Workspace{AccountID: c.AccountID, Name: c.Name}
	for _, k := range c.Keys {
		w.Keys = append(w.Keys, sandbox.Key{ID: k.ID, Secret: k.Secret, Scopes: k.Scopes, PlatformAdmin: k.PlatformAdmin})
	}
	if c.Adapters != nil { // an empty list means no adapters, a missing list means all adapters
		w.Adapters = []sandbox.Adapter{}
	}
	for _, a := range c.Adapters {
		w.Adapters = append(w.Adapters, sandbox.Adapter{Name: a.Name, Methods: a.Methods})
	}
	for _, e := range c.Endpoints {
		w.Endpoints = append(w.Endpoints, e.endpoint())
	}
	return w
}

type keyConfig struct {
	ID            string   `yaml:"id"`
	Secret        string   `yaml:"secret"`
	Scopes        []string `yaml:"scopes"`
	PlatformAdmin bool     `yaml:"platformAdmin"`
}

type adapterConfig struct {
	Name    plugipay.CheckoutAdapter  `yaml:"name"`
	Methods []plugipay.CheckoutMethod `yaml:"methods"`
}

type endpointConfig struct {
	URL         string               `yaml:"url"`
	Secret      string               `yaml:"secret"`
	PlainEvents bool                 `yaml:"plainEvents"`
	Mode        string               `yaml:"mode"`
	Events      []plugipay.EventName `yaml:"events"`
}

func (c endpointConfig) endpoint() sandbox.Endpoint {
	return sandbox.Endpoint{URL: c.URL, Secret: c.Secret, PlainEvents: c.PlainEvents, Mode: c.Mode, Events: c.Events}
}

type faultConfig struct {
	Operation   string        `yaml:"operation"`
	Times       int           `yaml:"times"`
	KeyID       string        `yaml:"keyId"`
	Status      int           `yaml:"status"`
	Body        string        `yaml:"body"`
	ContentType string        `yaml:"contentType"`
	RetryAfter  time.Duration `yaml:"retryAfter"`
	Delay       time.Duration `yaml:"delay"`
	Drop        bool          `yaml:"drop"`
	RateLimit   bool          `yaml:"rateLimit"`
}

func (c faultConfig) fault() sandbox.Fault { return sandbox.Fault(c) }

type deliveryFaultConfig struct {
	Kind  sandbox.DeliveryFaultKind `yaml:"kind"`
	Times int                       `yaml:"times"`
	Delay time.Duration             `yaml:"delay"`
	KeyID string                    `yaml:"keyId"`
}

func (c deliveryFaultConfig) fault() sandbox.DeliveryFault { return sandbox.DeliveryFault(c) }

// readCertificates reads the certificates of a PEM file.
func readCertificates(s *settings, name string) error {
	content, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("cannot be read: %w", err)
	}
	before := len(s.sandbox.ReceiverCAs)
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return errors.New("has a block that is not a certificate")
		}
		s.sandbox.ReceiverCAs = append(s.sandbox.ReceiverCAs, certificate)
	}
	if len(s.sandbox.ReceiverCAs) == before {
		return errors.New("has no certificate in PEM")
	}
	return nil
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
