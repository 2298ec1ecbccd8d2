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
	// DefaultBaseURL is the URL of Plugipay, used when neither ClientOptions.BaseURL nor PLUGIPAY_BASE_URL is set.
	DefaultBaseURL = "https://plugipay.com"
	// DefaultTimeout is the timeout of an attempt when ClientOptions.Timeout is zero.
	DefaultTimeout = 30 * time.Second

	defaultMaxResponseBytes = 8 << 20
)

// ClientOptions configures a [Client]. The zero value works if the environment has the credentials.
//
// A client signs its requests with a key pair, KeyID and Secret, or sends a dashboard key, APIKey. Options take precedence
// over the environment. If the environment has a complete key pair, the client uses it. Otherwise it uses PLUGIPAY_API_KEY.
type ClientOptions struct {
	// KeyID is the id of a key pair: pk_test_…, pk_live_…, or ak_… for older ones. Empty means PLUGIPAY_KEY_ID.
	KeyID string
	// Secret is the secret of the key pair: sk_test_… or sk_live_…. Empty means PLUGIPAY_SECRET.
	Secret string `json:"-"`
	// BaseURL is the URL of Plugipay. It is absolute and https, or http on this machine (see AllowPlainHTTP). Empty means
	// PLUGIPAY_BASE_URL, or else DefaultBaseURL. Slashes at its end are dropped. A path is the prefix of a gateway that
	// removes it again, so it is sent but not signed.
	BaseURL string
	// OnBehalfOf is the merchant account (acc_…) to act for, which needs a platform administrator's key. Empty means
	// PLUGIPAY_ON_BEHALF_OF, or else the key's own workspace. See also Client.ForMerchant.
	OnBehalfOf string
	// APIKey is a dashboard key, sent alone as a bearer token: pk_test_… or pk_live_…. Empty means PLUGIPAY_API_KEY, if
	// no key pair is set. Setting both this and a key pair is an error.
	APIKey string `json:"-"`
	// AllowPlainHTTP allows a BaseURL with plain http to a host that is not this machine, such as a sandbox in another
	// container. It works for test keys only: the key id or the secret has _test_ in it, and neither has _live_. False means
	// that PLUGIPAY_ALLOW_PLAIN_HTTP decides: 1 allows it.
	AllowPlainHTTP bool
	// Timeout limits one attempt, from connecting to the last byte of the response. An attempt that times out may be retried; see
	// MaxRetries. Zero means the Timeout of HTTP, or else DefaultTimeout. Less than zero means no limit. The deadline of a
	// context limits the whole call, including retries and waits.
	Timeout time.Duration
	// MaxRetries is the maximum number of retries after a transient failure: a network error, a timeout, 408, 429, 500, 502, 503
	// or 504, and a 409 that says that the idempotency key is still in progress. A write without an idempotency key, other than
	// Confirm, is retried only when it cannot have been processed. Zero means 2. Less than zero means no retries. One attempt of
	// a write is one request on the wire. A read is different: net/http may repeat it by itself when a kept connection turns out
	// to be closed, within one attempt.
	MaxRetries int
	// MaxResponseBytes is the maximum size of a response's body, decompressed. A larger response is an error. Zero or less
	// means 8 MiB, a hundred times the largest response that Plugipay documents.
	MaxResponseBytes int64
	// HTTP sends the requests. Its Transport and its Jar are used, and its Timeout if Timeout is zero. Redirects are never
	// followed, whatever its CheckRedirect says. It is not changed, and changing it after NewClient has no effect. Nil means
	// the client's own transport, which keeps connections for reuse.
	HTTP *http.Client `json:"-"`
	// Logger receives a record of every attempt: at level Debug when it ends, and at level Warn before a retry, with the
	// wait. A record has the method, the operation (its id in openapi.yaml, or "do" and "doList" for Do and DoList), the
	// number of the attempt, its duration, and the status, request id and error code if there are any. It never has a URL,
	// a header, a body, a key or a secret. The handler receives the context of the call. Nil means no logging.
	Logger *slog.Logger `json:"-"`
	// Limiter is called before each attempt, including retries, with the call's context. The wait is not part of Timeout.
	// An error from the limiter ends the call. Before the first attempt the code is rate_limited and Status is 0, because
	// nothing was sent. Before a retry it is the last attempt's error. errors.Is finds the limiter's error in both. If the
	// context ends during the wait, the call fails with timeout or canceled. Nil means no limit.
	Limiter Limiter `json:"-"`
	// WriteLimiter replaces Limiter for writes, which are all methods but GET, HEAD and OPTIONS. Nil means Limiter. If only
	// WriteLimiter is set, reads have no limit.
	WriteLimiter Limiter `json:"-"`
	// AppInfo names the program in the User-Agent, after this package and the version of Go.
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
	o.AllowPlainHTTP, o.KeyID, o.Secret = true, "pk_test_", "sk_test_" // only the URL is checked here
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

// withEnvironment returns the options and fills empty ones from the environment and the defaults.
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
	o.MaxResponseBytes = min(o.MaxResponseBytes, math.MaxInt64-1) // reading one more byte must not overflow
	return o
}
