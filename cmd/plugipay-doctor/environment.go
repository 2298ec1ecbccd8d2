package main

import (
	"cmp"
	"errors"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/plugipay/plugipay-go/contract"
	"github.com/plugipay/plugipay-go/plugipay"
)

// setup holds the values of the environment.
type setup struct {
	client   *plugipay.Client
	keyID    string
	secret   string
	apiKey   string
	options  plugipay.ClientOptions // of further clients
	breaches *breaches
}

// readEnvironment returns a client with the environment's credentials. It refuses live keys, because the doctor creates
// sessions.
func readEnvironment(mode string) (setup, error) {
	s := setup{
		keyID:    os.Getenv("PLUGIPAY_KEY_ID"),
		secret:   os.Getenv("PLUGIPAY_SECRET"),
		apiKey:   os.Getenv("PLUGIPAY_API_KEY"),
		breaches: &breaches{},
	}
	if s.keyID == "" && s.secret == "" && s.apiKey == "" {
		return setup{}, errors.New("PLUGIPAY_KEY_ID and PLUGIPAY_SECRET are not set: set them to a test key from the dashboard")
	}
	for name, keys := range map[string]string{"PLUGIPAY_KEY_ID and PLUGIPAY_SECRET are": s.keyID + " " + s.secret, "PLUGIPAY_API_KEY is": s.apiKey} {
		if strings.TrimSpace(keys) == "" {
			continue
		}
		if err := checkTestKey(name, keys, mode); err != nil {
			return setup{}, err
		}
	}
	s.options.HTTP = &http.Client{Transport: contract.Transport(withMode{http.DefaultTransport, mode}, s.breaches.add)}
	client, err := plugipay.NewClient(s.options)
	s.client = client
	return s, err
}

// checkTestKey refuses live keys, and keys that may be live. Its error shows no key.
func checkTestKey(name, keys, mode string) error {
	isTest := strings.Contains(keys, "_test_") && !strings.HasPrefix(keys, "ak_") && !strings.HasPrefix(keys, "AKIA")
	switch {
	case strings.Contains(keys, "_live_"):
		return errors.New(name + " for live data: the doctor creates sessions, so use a test key (pk_test_…, sk_test_…)")
	case !isTest && mode != "test":
		return errors.New(name + " not marked as a test key: use a key with _test_ in it, or -mode test if the key works with test data")
	}
	return nil
}

// withMode sends the X-Plugipay-Mode header, which selects test or live data for keys that do not select it.
type withMode struct {
	next http.RoundTripper
	mode string
}

func (t withMode) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.mode != "" {
		r = r.Clone(r.Context())
		r.Header.Set("X-Plugipay-Mode", t.mode)
	}
	return t.next.RoundTrip(r)
}

// breaches collects the errors of contract.Transport about responses.
type breaches struct {
	mu   sync.Mutex
	seen []string
}

func (b *breaches) add(err error) {
	text := strings.TrimPrefix(err.Error(), "contract: ")
	if strings.HasPrefix(text, "the request ") { // some checks break the contract on purpose
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, known := range b.seen {
		if known == text {
			return
		}
	}
	b.seen = append(b.seen, text)
}

// checkKeys reports the kind of credentials in the environment.
func checkKeys(s setup) finding {
	switch {
	case s.keyID != "" && s.secret != "":
		known := strings.HasPrefix(s.keyID, "pk_test_") && strings.HasPrefix(s.secret, "sk_test_") ||
			strings.HasPrefix(s.keyID, "ak_") || strings.HasPrefix(s.keyID, "AKIA")
		if !known {
			return isUnknown("compare PLUGIPAY_KEY_ID and PLUGIPAY_SECRET with the dashboard",
				"a key pair, but not of the form pk_test_… and sk_test_…")
		}
		return isAsExpected("a key pair: PLUGIPAY_KEY_ID (%s…) and PLUGIPAY_SECRET", prefix(s.keyID))
	case s.apiKey != "":
		return isAsExpected("a dashboard key: PLUGIPAY_API_KEY (%s…)", prefix(s.apiKey))
	}
	return isDifferent("set both PLUGIPAY_KEY_ID and PLUGIPAY_SECRET", "half of a key pair")
}

// prefix returns the public beginning of a key's id: pk_test_ or the like.
func prefix(key string) string {
	for _, known := range []string{"pk_test_", "ak_", "AKIA"} {
		if strings.HasPrefix(key, known) {
			return known
		}
	}
	return "?"
}

// checkAccount reports the account that the client acts for.
func checkAccount(s setup) finding {
	return isAsExpected("requests act for %s", cmp.Or(s.client.OnBehalfOf(), "the key's own workspace"))
}
