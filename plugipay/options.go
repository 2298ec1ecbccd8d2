package plugipay

import (
	"cmp"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"os"
	"strings"
	"time"
)

const (
	// DefaultBaseURL is where Plugipay is when neither ClientOptions.BaseURL nor PLUGIPAY_BASE_URL says otherwise.
	DefaultBaseURL = "https://plugipay.com"
	// DefaultTimeout is how long an attempt may take when ClientOptions.Timeout is zero.
	DefaultTimeout = 30 * time.Second

	defaultMaxResponseBytes = 8 << 20
)

// ClientOptions configures a [Client]. The zero value works where the environment holds the credentials.
//
// A client signs its requests with a key pair, KeyID and Secret, or sends a dashboard key, APIKey. What is set here
// goes before the environment. In the environment a key pair goes before a dashboard key, and a dashboard key before a
// PLUGIPAY_SECRET without a PLUGIPAY_KEY_ID.
type ClientOptions struct {
	// KeyID is the id of a key pair: pk_test_…, pk_live_…, or ak_… for older ones. Empty means PLUGIPAY_KEY_ID.
	KeyID string
	// Secret is the secret of the key pair: sk_test_… or sk_live_…. Empty means PLUGIPAY_SECRET.
	Secret string `json:"-"`
	// BaseURL is the URL of Plugipay: absolute and https, or http on this machine (see AllowPlainHTTP). Empty means
	// PLUGIPAY_BASE_URL or else DefaultBaseURL. Slashes at its end are dropped. A path is taken for the prefix of a gateway in between, which
	// removes it: it is sent but not signed.
	BaseURL string
	// OnBehalfOf is the merchant account (acc_…) to act for; keys of platform administrators only. Empty means
	// PLUGIPAY_ON_BEHALF_OF or else the key's own workspace. See also Client.ForMerchant.
	OnBehalfOf string
	// APIKey is a dashboard key, sent alone as a bearer token: pk_test_… or pk_live_…. Empty means PLUGIPAY_API_KEY, if
	// no key pair is set. Setting both this and a key pair is an error.
	APIKey string `json:"-"`
	// AllowPlainHTTP allows a BaseURL with plain http to a host that is not this machine, such as a sandbox in another
	// container. It works for test keys only: the key id or the secret has _test_ in it, and neither has _live_. False means
	// that PLUGIPAY_ALLOW_PLAIN_HTTP decides: 1 allows it.
	AllowPlainHTTP bool
	// Timeout is how long an attempt may take, from connecting to the last byte of the answer; one that runs out is
	// retried. Zero means the Timeout of HTTP, or else DefaultTimeout; less than zero means no limit. A context's
	// deadline is for the whole call, retries and waits included.
	Timeout time.Duration
	// MaxRetries is how often a request is sent again when it fails in a way that may pass: the network, a timeout, 408,
	// 429, 500, 502, 503 and 504. A write without an idempotency key, other than Confirm, is sent again only when it
	// cannot have been processed. Zero means 2; less than zero means never. One attempt of a write is one request on the
	// wire. net/http may repeat a read by itself when a kept connection turns out to be closed; that is one attempt here.
	MaxRetries int
	// MaxResponseBytes is how much of an answer is read, decompressed; a larger one is an error. Zero or less means
	// 8 MiB, a hundred times the largest answer that Plugipay documents.
	MaxResponseBytes int64
	// HTTP sends the requests: its Transport and its Jar are used, and its Timeout where Timeout is zero. Redirects are not
	// followed whatever its CheckRedirect says. It is never changed, and changing it after NewClient has no effect. Nil
	// means connections of this package's own, kept for reuse.
	HTTP *http.Client `json:"-"`
	// Logger gets a record of every attempt: at Debug when it has ended, and at Warn when it is going to be repeated, with
	// the wait until then. The records tell the method, the operation (its id in openapi.yaml; "do" and "doList" for Do and
	// DoList), the number of the attempt, its duration, and the status, request id and error code where there are any;
	// never a URL, a header, a body, a key or a secret. The context of the call reaches the handler. Nil means no logging.
	Logger *slog.Logger `json:"-"`
	// Limiter is waited for before each attempt, retries included, with the call's context and outside of Timeout. Nil
	// means no waiting. An error of its own ends the call: before the first attempt with rate_limited and Status 0, as
	// nothing was sent, and before a retry with the last attempt's error; errors.Is finds the limiter's in either. If the
	// context ends in the wait, the call fails with timeout or canceled.
	Limiter Limiter `json:"-"`
	// WriteLimiter is waited for in place of Limiter before each attempt of a request that may change something: all but
	// GET, HEAD and OPTIONS. Nil means Limiter. Set alone, it lets reads through as they come.
	WriteLimiter Limiter `json:"-"`
	// AppInfo names the program in the User-Agent, besides this package and the version of Go.
	AppInfo AppInfo
}

// Format prints the options without the secret and the dashboard key, for every verb of package fmt.
func (o ClientOptions) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "plugipay.ClientOptions{KeyID:%q BaseURL:%q OnBehalfOf:%q Timeout:%s}",
		withoutSecret(o.KeyID), o.shownBaseURL(), withoutSecret(o.OnBehalfOf), o.Timeout)
}

// LogValue gives slog the options without the secret and the dashboard key.
func (o ClientOptions) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("keyId", withoutSecret(o.KeyID)),
		slog.String("baseUrl", o.shownBaseURL()),
		slog.String("onBehalfOf", withoutSecret(o.OnBehalfOf)),
		slog.Duration("timeout", o.Timeout),
	)
}

// shownBaseURL returns the base URL for printing, or a placeholder for one that NewClient refuses: it may be a secret in the
// wrong variable, or hold a password.
func (o ClientOptions) shownBaseURL() string {
	o.AllowPlainHTTP, o.KeyID, o.Secret = true, "pk_test_", "sk_test_" // whether it may be used is not the question here
	if _, err := parseBaseURL(o); err != nil && o.BaseURL != "" {
		return "(not a valid base URL)"
	}
	return o.BaseURL
}

// hasTestKey reports whether the credentials belong to test data.
func (o ClientOptions) hasTestKey() bool {
	keys := o.KeyID + " " + o.Secret + " " + o.APIKey
	return strings.Contains(keys, "_test_") && !strings.Contains(keys, "_live_")
}

// withEnvironment returns the options with what is empty taken from the environment and the defaults.
func (o ClientOptions) withEnvironment() ClientOptions {
	if o.APIKey == "" {
		o.KeyID = cmp.Or(o.KeyID, os.Getenv("PLUGIPAY_KEY_ID"))
		if o.KeyID == "" && o.Secret == "" {
			o.APIKey = os.Getenv("PLUGIPAY_API_KEY")
		}
		if o.APIKey == "" {
			o.Secret = cmp.Or(o.Secret, os.Getenv("PLUGIPAY_SECRET"))
		}
	}
	o.AllowPlainHTTP = o.AllowPlainHTTP || os.Getenv("PLUGIPAY_ALLOW_PLAIN_HTTP") == "1"
	o.BaseURL = cmp.Or(o.BaseURL, os.Getenv("PLUGIPAY_BASE_URL"), DefaultBaseURL)
	o.OnBehalfOf = cmp.Or(o.OnBehalfOf, os.Getenv("PLUGIPAY_ON_BEHALF_OF"))
	if o.Timeout == 0 && o.HTTP != nil {
		o.Timeout = o.HTTP.Timeout
	}
	o.Timeout = cmp.Or(o.Timeout, DefaultTimeout)
	o.MaxRetries = cmp.Or(o.MaxRetries, defaultRetries)
	if o.MaxResponseBytes <= 0 {
		o.MaxResponseBytes = defaultMaxResponseBytes
	}
	o.MaxResponseBytes = min(o.MaxResponseBytes, math.MaxInt64-1) // one more is asked for, to see that there is more
	return o
}
