package sandbox

import (
	"crypto/x509"
	"fmt"
	"log/slog"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// The ids of the default workspace, which a sandbox has if its [Options] have no Workspaces.
const (
	// TestAccountID is the account id of the default workspace.
	TestAccountID = "acc_0000000000000000000SANDB0X"
	// TestKeyID is the id of the only key of the default workspace. The key has every scope and works with test data.
	TestKeyID = "pk_test_sandbox"
	// TestSecret is the secret of the key with the id TestKeyID.
	TestSecret = "sk_test_sandbox"
)

// ScopeCheckoutWrite is the scope that creating, canceling and confirming checkout sessions needs.
const ScopeCheckoutWrite = "plugipay:checkout:write"

// Options configures a sandbox. The zero value is good for most tests. A sandbox copies its options, so changing them later has
// no effect.
type Options struct {
	// Workspaces are the merchants. Nil means one workspace, [TestAccountID], with the name "Sandbox Shop" and one key,
	// [TestKeyID] and [TestSecret].
	Workspaces []Workspace

	// Endpoints receive the events of the first workspace, in addition to the workspace's own Endpoints. They receive events
	// of test and of live data. [Start] refuses an endpoint that is not valid. [New] leaves it out. Nil means that no events
	// are sent.
	Endpoints []Endpoint

	// AllowHosts are additional host names, without a port, that requests on the loopback interface may have. The sandbox always
	// accepts localhost, names that end in .localhost, loopback addresses and the host of PublicURL. It refuses requests for
	// other names there, because a web page could make its own name point to this machine. Nil means no additional names.
	AllowHosts []string

	// ReceiverCAs are certificates to trust when events go to https endpoints, in addition to the system's certificates. See
	// also [Endpoint.CA]. Nil means no additional certificates.
	ReceiverCAs []*x509.Certificate

	// RateLimit is the number of requests that a workspace may make per second. The zero value refuses no request, so that
	// tests do not depend on their speed. The X-RateLimit headers then count against [DocumentedRateLimit].
	RateLimit RateLimit

	// Addr is the address at which [Start] listens, such as "127.0.0.1:4010". Port 0 means a free port. If the address is not a
	// loopback address, anyone who can reach this machine can use the sandbox. Empty means a free port of the loopback
	// interface.
	Addr string

	// TLS makes [Start] listen for https, with a certificate that it makes. [Server.CA] is the certificate to trust, and
	// [Server.ClientOptions] trusts it. False means plain http.
	TLS bool

	// PublicURL is the beginning of each session's hostedUrl, such as "https://pay.example.com". Empty means the scheme and
	// the host of the request that creates the session.
	PublicURL string

	// FormatAmount writes an amount for the hosted page and the console, such as "IDR 199,000". Nil means that
	// amounts are hundredths, as in Plugipay's guide. Sources disagree about the unit of IDR. Set FormatAmount if your
	// amounts are whole rupiah.
	FormatAmount func(amount int64, currency plugipay.CurrencyCode) string

	// Strict refuses sessions that the contract allows but that are most likely a mistake, with a validation_error: QRIS or
	// virtual accounts in USD, PayPal in IDR, IDR with sen (unless FormatAmount is set), line items that do not add up to the
	// amount, and properties that the contract does not have. False means that the console warns of them.
	Strict bool

	// MaxSessions is the number of sessions that a workspace keeps, of test and of live data each. The sandbox forgets the
	// oldest session that has ended, or the oldest session if none has ended. It keeps the same number of responses to
	// idempotency keys. Zero means 100,000. Less than zero means no limit.
	MaxSessions int

	// DeliverySchedule lists the waits between the attempts to deliver an event. The sandbox's clock measures them, so
	// [Sandbox.Advance] makes the next attempts at once. The last wait repeats if there are more attempts. Nil means 10
	// seconds, 1 minute, 10 minutes, 1 hour, 3 hours, 6 hours and 12 hours. [Start] refuses a negative wait.
	DeliverySchedule []time.Duration

	// DeliveryAttempts is the number of attempts to deliver an event. Zero means one more than DeliverySchedule has waits.
	// [Start] refuses a negative number.
	DeliveryAttempts int

	// DeliveryTimeout is how long one attempt waits for the endpoint's response, by the real clock. Zero means 10 seconds.
	// [Start] refuses a negative timeout.
	DeliveryTimeout time.Duration

	// MaxPendingDeliveries is the number of deliveries of a workspace that wait at the same time, so that an endpoint that is
	// down for days does not fill the memory. If there are more, the oldest delivery fails, unless it is being attempted. Zero
	// means 10,000. Less than zero means no limit.
	MaxPendingDeliveries int

	// Logger receives a record of each request to the API ("request"), each event ("event") and each attempt to deliver an
	// event ("delivery"). A failed attempt has the reason and the response. Nil means no logging.
	Logger *slog.Logger

	// OnContractBreach is called with an error for each response of the sandbox that openapi.yaml does not allow, before the
	// response is sent. It may be called from several goroutines at once. Nil means that responses are not checked.
	OnContractBreach func(error)
}

// Workspace is a merchant: an account, its keys, and its payment providers. The test and the live data of a workspace are
// separate, and so are the data of different workspaces.
type Workspace struct {
	// AccountID is "acc_" and a ULID. Empty means a new id. If two workspaces have the same id, the first one counts.
	AccountID string

	// Name is the merchant's name on the hosted page. Empty means the account id.
	Name string

	// Keys are the keys of the workspace. Nil means one new test key with a secret.
	Keys []Key

	// Adapters are the payment providers that are set up. Nil means all four providers with their default methods. Empty but
	// not nil means none, so that no session can be created.
	Adapters []Adapter

	// Endpoints receive the workspace's events, of test and of live data. [Start] refuses an endpoint that is not valid. [New]
	// leaves it out. Nil means that no events are sent.
	Endpoints []Endpoint
}

// Key is a key of a workspace.
type Key struct {
	// ID is "pk_test_…" or "pk_live_…". A key with "_live_" in its id works with live data, and any other key with test data.
	// Empty means a new test key. If two keys have the same id, the first one counts, also in different workspaces.
	ID string

	// Secret signs requests. A key with a secret works only by signature, because its id is not secret. Empty means a
	// dashboard key, which works only as "Authorization: Bearer <ID>".
	Secret string `json:"-"`

	// Scopes are the key's scopes: [ScopeCheckoutWrite], or "*" for every scope. Reading needs no scope. Nil means every
	// scope. Empty but not nil means reading only.
	Scopes []string

	// PlatformAdmin allows the key to act for other accounts with the header X-Plugipay-On-Behalf-Of.
	PlatformAdmin bool
}

// Format prints the key without its secret, for every verb of package fmt. It also omits the id of a dashboard key, which is
// a secret.
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

	// Methods are the payment methods of the provider. Nil means the default methods of the name: qris, va, ewallet, card and
	// retail for xendit and midtrans, paypal for paypal, and none for manual. A workspace that has only the manual adapter
	// accepts every method, because the merchant confirms the payments by hand.
	Methods []plugipay.CheckoutMethod
}

// RateLimit is the number of requests that a workspace may make per second. Test and live requests count separately.
type RateLimit struct {
	// Reads limits GET requests. Zero or less means no limit.
	Reads int
	// Writes limits all other requests. Zero or less means no limit.
	Writes int
}

// DocumentedRateLimit returns the limits that Plugipay documents: 100 reads and 20 writes a second.
func DocumentedRateLimit() RateLimit { return RateLimit{Reads: 100, Writes: 20} }
