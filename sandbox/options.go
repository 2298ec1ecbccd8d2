package sandbox

import (
	"crypto/x509"
	"fmt"
	"log/slog"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// The workspace that a sandbox has when [Options] name none.
const (
	// TestAccountID is the account id of that workspace.
	TestAccountID = "acc_0000000000000000000SANDB0X"
	// TestKeyID is the id of its only key, which has every scope and sees test data.
	TestKeyID = "pk_test_sandbox"
	// TestSecret is the secret of that key.
	TestSecret = "sk_test_sandbox"
)

// ScopeCheckoutWrite is the scope that creating, cancelling and confirming checkout sessions needs.
const ScopeCheckoutWrite = "plugipay:checkout:write"

// Options says what a sandbox holds and how strict it is. The zero value is good for most tests. A sandbox copies what
// it needs: changing the options afterwards changes nothing.
type Options struct {
	// Workspaces are the merchants that exist. None: one workspace, [TestAccountID], named "Sandbox Shop", with one key,
	// [TestKeyID] and [TestSecret].
	Workspaces []Workspace

	// Endpoints are where the events of the first workspace are sent to, test and live data alike, besides its own
	// Endpoints. [Start] refuses one that is not valid; [New] leaves it out. Nil: no events are sent.
	Endpoints []Endpoint

	// AllowHosts are names, without a port, under which the sandbox may be reached on the loopback interface next to
	// localhost, names that end in .localhost, loopback addresses and the host of PublicURL: that of a proxy on this
	// machine. Requests for other names are refused there, because a web page could make its own name point to this
	// machine. Under these names there is a console, too. Nil: none.
	AllowHosts []string

	// ReceiverCAs are certificates to trust when events go to https endpoints, next to those that the system trusts. See
	// also [Endpoint.CA]. Nil: none.
	ReceiverCAs []*x509.Certificate

	// RateLimit is how many requests a second are let through. Zero: requests are counted in the X-RateLimit headers
	// against [DocumentedRateLimit], but none is refused, so that a test suite does not depend on its speed.
	RateLimit RateLimit

	// Addr is where [Start] listens, such as "127.0.0.1:4010"; port 0 is a free one. An address that is not a loopback
	// one lets everybody in who can reach this machine. Empty: a free port of the loopback interface.
	Addr string

	// TLS makes [Start] listen for https, with a certificate that it makes. [Server.CA] is the certificate to trust, and
	// [Server.ClientOptions] trusts it. False: plain http.
	TLS bool

	// PublicURL is what the hostedUrl of a session starts with, such as "https://pay.example.com". Empty: the scheme
	// and the host of the request that creates the session.
	PublicURL string

	// FormatAmount writes an amount for the hosted page and the console, such as "IDR 199,000". Nil: amounts are hundredths,
	// which is the unit of Plugipay's guide. Sources disagree about the unit of IDR: set FormatAmount if your amounts are
	// whole rupiah.
	FormatAmount func(amount int64, currency plugipay.CurrencyCode) string

	// Strict refuses what the contract allows and is most likely a mistake, with a validation_error: QRIS or virtual
	// accounts in USD, PayPal in IDR, IDR with sen (unless there is a FormatAmount), line items that do not add up to the
	// amount, and properties that the contract does not have. False: the console warns of them.
	Strict bool

	// MaxSessions is how many sessions the test data, and the live data, of a workspace may have. When there are more, the
	// oldest one that has ended is forgotten or, where none has, the oldest one. As many responses to idempotency keys are
	// kept. Zero: 100,000. Negative: no limit.
	MaxSessions int

	// DeliverySchedule is how long a delivery of an event waits between its attempts, by the sandbox's clock, so that
	// [Sandbox.Advance] makes repeated attempts at once. The last wait repeats when there are more attempts. Nil: 10
	// seconds, 1 minute, 10 minutes, 1 hour, 3 hours, 6 hours and 12 hours, as a sender does that does not give up within
	// a day. [Start] refuses a negative wait.
	DeliverySchedule []time.Duration

	// DeliveryAttempts is how often an event is sent in all before its delivery has failed. Zero: once more than
	// DeliverySchedule has waits. [Start] refuses a negative number.
	DeliveryAttempts int

	// DeliveryTimeout is how long one attempt may take until the endpoint has responded, by the real clock. Zero: 10
	// seconds. [Start] refuses a negative timeout.
	DeliveryTimeout time.Duration

	// Logger receives a line for each request to the API ("request"), each event ("event") and each attempt to deliver one
	// ("delivery", with the reason and the response when it failed). Nil: nothing is logged.
	Logger *slog.Logger

	// OnContractBreach is called with each answer of the sandbox that openapi.yaml does not allow, before the answer is
	// sent; it may be called from several goroutines at once. Nil: answers are not checked.
	OnContractBreach func(error)
}

// Workspace is a merchant: an account, its keys, and the payment providers it has set up. Test and live data of a
// workspace are apart, as are the data of different workspaces.
type Workspace struct {
	// AccountID is "acc_" and a ULID. Empty: one is made up. Of two workspaces with the same id the first counts.
	AccountID string

	// Name is what buyers know the merchant by: the hosted page shows it. Empty: the account id.
	Name string

	// Keys are what requests are signed with. None: one test key with a secret, both made up.
	Keys []Key

	// Adapters are the payment providers that are set up. Nil: all four of them, with the methods that they have by
	// default. Empty but not nil: none, so that no session can be created.
	Adapters []Adapter

	// Endpoints are where the workspace's events are sent to, test and live data alike. [Start] refuses one that is not
	// valid; [New] leaves it out. Nil: no events are sent.
	Endpoints []Endpoint
}

// Key is a key of a workspace.
type Key struct {
	// ID is "pk_test_…" or "pk_live_…"; a key with "_live_" in its id works with live data, any other with test data.
	// Empty: a test key is made up. Of two keys with the same id the first counts, whatever their workspaces.
	ID string

	// Secret is what the key signs with. A key that has one works only by signature, as its id is no secret. Empty: a
	// dashboard key, which works only as "Authorization: Bearer <ID>".
	Secret string `json:"-"`

	// Scopes are what the key may do: [ScopeCheckoutWrite], or "*" for everything. Reading needs no scope. Nil: every
	// scope. Empty but not nil: reading only.
	Scopes []string

	// PlatformAdmin lets the key act for other accounts with the header X-Plugipay-On-Behalf-Of.
	PlatformAdmin bool
}

// Format prints the key without its secret, and a dashboard key without its id, which is one, for every verb of package
// fmt.
func (k Key) Format(f fmt.State, _ rune) {
	id := k.ID
	if k.Secret == "" {
		id = "[secret]"
	}
	_, _ = fmt.Fprintf(f, "sandbox.Key{ID:%s Scopes:%q PlatformAdmin:%t}", id, k.Scopes, k.PlatformAdmin)
}

// Adapter is a payment provider of a workspace.
type Adapter struct {
	// Name is one of the plugipay.CheckoutAdapter constants.
	Name plugipay.CheckoutAdapter

	// Methods are what the provider can do. Nil: what an adapter of that name does by default. That is qris, va,
	// ewallet, card and retail for xendit and midtrans, paypal for paypal, and none for manual. A workspace that has
	// only the manual adapter takes every method, as the merchant confirms the payments by hand.
	Methods []plugipay.CheckoutMethod
}

// RateLimit is how many requests a workspace may make in a second, test and live apart.
type RateLimit struct {
	// Reads is for GET requests. Zero or less: not limited.
	Reads int
	// Writes is for all other requests. Zero or less: not limited.
	Writes int
}

// DocumentedRateLimit returns the limits that Plugipay documents: 100 reads and 20 writes a second.
func DocumentedRateLimit() RateLimit { return RateLimit{Reads: 100, Writes: 20} }
