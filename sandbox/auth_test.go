package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/sandbox"
)

const (
	dashboardKeyID = "pk_test_dashboard"
	merchantID     = "acc_merchant"
)

// keyring has a key of each kind.
func keyring() sandbox.Options {
	return sandbox.Options{Workspaces: []sandbox.Workspace{
		{AccountID: "acc_platform", Keys: []sandbox.Key{
			{ID: sandbox.TestKeyID, Secret: sandbox.TestSecret},
			{ID: dashboardKeyID},
			{ID: "pk_test_reader", Secret: "reader", Scopes: []string{}},
			{ID: "pk_test_other", Secret: "other", Scopes: []string{"plugipay:refund:write"}},
			{ID: "pk_test_writer", Secret: "writer", Scopes: []string{sandbox.ScopeCheckoutWrite}},
			{ID: "pk_test_star", Secret: "star", Scopes: []string{"*"}},
			{ID: "pk_test_admin", Secret: "admin", PlatformAdmin: true},
			{ID: "pk_live_admin", Secret: "live", PlatformAdmin: true},
		}},
		{AccountID: merchantID, Keys: []sandbox.Key{{ID: "pk_test_merchant", Secret: "merchant"}}},
	}}
}

func TestAuth_SignatureCoversTheWholeRequest(t *testing.T) {
	t.Parallel()
	_, c := start(t, keyring())
	tests := map[string]change{
		"method":             {afterSigning: func(r *http.Request) { r.Method = http.MethodGet }},
		"path":               {afterSigning: func(r *http.Request) { r.URL.Path += "/cs_1/cancel" }},
		"query":              {afterSigning: func(r *http.Request) { r.URL.RawQuery = "a=1" }},
		"empty query":        {afterSigning: func(r *http.Request) { r.URL.ForceQuery = true }},
		"body":               {afterSigning: func(r *http.Request) { replaceBody(r, validInput+" ") }},
		"timestamp":          tampered("X-Plugipay-Timestamp", strconv.FormatInt(time.Now().Unix()-100, 10)),
		"idempotency key":    tampered("Idempotency-Key", "other"),
		"no idempotency key": tampered("Idempotency-Key", ""),
	}
	for name, ch := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.in(t).send(http.MethodPost, sessionsPath, validInput, header("Idempotency-Key", "k"), ch).
				wantError(http.StatusUnauthorized, gen.ErrorCodeInvalidSignature, "")
		})
	}
	c.send(http.MethodPost, sessionsPath, validInput, header("Idempotency-Key", "k")).want(http.StatusCreated)
	c.send(http.MethodGet, sessionsPath+"?limit=5&customerId=a%2Fb+c", "", header("Idempotency-Key", "k")).
		want(http.StatusOK)
}

func replaceBody(r *http.Request, body string) {
	fresh := httptest.NewRequest(r.Method, "/", strings.NewReader(body))
	r.Body, r.ContentLength, r.GetBody = fresh.Body, fresh.ContentLength, nil
}

func TestAuth_InvalidAuthorizationHeaderIsRefused(t *testing.T) {
	t.Parallel()
	_, c := start(t, keyring())
	const (
		scheme       = "Plugipay-HMAC-SHA256 "
		known        = scheme + "keyId=" + sandbox.TestKeyID
		badKey       = gen.ErrorCodeInvalidKey
		badSignature = gen.ErrorCodeInvalidSignature
	)
	signature := ", signature=" + strings.Repeat("0", 64)
	tests := map[string]struct {
		value string
		code  gen.ErrorCode
	}{
		"missing":                      {"", badKey},
		"unknown key":                  {scheme + "keyId=pk_test_x, scope=*" + signature, badKey},
		"unknown bearer key":           {"Bearer pk_test_x", badKey},
		"bearer without a key":         {"Bearer", badKey},
		"bearer of a signing key":      {"Bearer " + sandbox.TestKeyID, badKey},
		"bearer of a secret":           {"Bearer " + sandbox.TestSecret, badKey},
		"signature of a dashboard key": {scheme + "keyId=" + dashboardKeyID + ", scope=*" + signature, badKey},
		"wrong signature":              {known + ", scope=*" + signature, badSignature},
		"unknown scheme":               {"Basic cGs6c2s=", badSignature},
		"no parameters":                {scheme, badSignature},
		"no signature":                 {known + ", scope=*", badSignature},
		"empty signature":              {known + ", scope=*, signature=", badSignature},
		"no keyId":                     {scheme + "scope=*" + signature, badSignature},
		"no scope":                     {known + signature, badSignature},
		"a parameter twice":            {known + ", keyId=pk_test_x, scope=*" + signature, badSignature},
		"a parameter without a value":  {scheme + "keyId, scope=*" + signature, badSignature},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.in(t).send(http.MethodGet, sessionsPath, "", tampered("Authorization", tt.value)).
				wantError(http.StatusUnauthorized, tt.code, "")
			if got.header.Get("X-RateLimit-Limit") != "" {
				t.Errorf("a response to a request without a valid key has rate limit headers")
			}
		})
	}
	twice := change{afterSigning: func(r *http.Request) { r.Header.Add("Authorization", "Bearer x") }}
	c.send(http.MethodGet, sessionsPath, "", twice).wantError(http.StatusUnauthorized, badSignature, "")
}

func TestAuth_FormsOfTheAuthorizationHeader(t *testing.T) {
	t.Parallel()
	_, c := start(t, keyring())
	tests := map[string]struct {
		rewrite func(keyID, signature string) string
		allowed bool
	}{
		"the documented way": {func(id, sig string) string {
			return "Plugipay-HMAC-SHA256 keyId=" + id + ", scope=*, signature=" + sig
		}, true},
		"another order, without spaces": {func(id, sig string) string {
			return "plugipay-hmac-sha256 signature=" + sig + ",scope=*,keyId=" + id
		}, true},
		"upper-case hex": {func(id, sig string) string {
			return "Plugipay-HMAC-SHA256 keyId=" + id + ", scope=*, signature=" + strings.ToUpper(sig)
		}, false},
		"another scope": {func(id, sig string) string {
			return "Plugipay-HMAC-SHA256 keyId=" + id + ", scope=read, signature=" + sig
		}, false},
		"an additional parameter": {func(id, sig string) string {
			return "Plugipay-HMAC-SHA256 keyId=" + id + ", scope=*, signature=" + sig + ", v=2"
		}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rewritten := change{afterSigning: func(r *http.Request) {
				_, signature, _ := strings.Cut(r.Header.Get("Authorization"), "signature=")
				r.Header.Set("Authorization", tt.rewrite(c.keyID, signature))
			}}
			got := c.in(t).send(http.MethodGet, sessionsPath, "", rewritten)
			if tt.allowed {
				got.want(http.StatusOK)
			} else {
				got.wantError(http.StatusUnauthorized, gen.ErrorCodeInvalidSignature, "")
			}
		})
	}
}

func TestAuth_DashboardKeyNeedsNoTimestamp(t *testing.T) {
	t.Parallel()
	_, c := start(t, keyring())
	bearer := tampered("Authorization", "Bearer "+dashboardKeyID)
	unstamped := tampered("X-Plugipay-Timestamp", "")
	c.send(http.MethodPost, sessionsPath, validInput, bearer, unstamped).want(http.StatusCreated)
	lower := tampered("Authorization", "bearer "+dashboardKeyID)
	c.send(http.MethodGet, sessionsPath, "", lower, unstamped).want(http.StatusOK)
}

func TestAuth_TimestampMustBeWithinFiveMinutes(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_790_000_000, 0)
	c := directClient(t, sandbox.NewAt(failOnBreach(t), func() time.Time { return now }))
	tests := map[string]struct {
		timestamp string
		code      gen.ErrorCode // empty: accepted
	}{
		"now":                 {"1790000000", ""},
		"300 seconds ago":     {"1789999700", ""},
		"300 seconds ahead":   {"1790000300", ""},
		"301 seconds ago":     {"1789999699", gen.ErrorCodeTimestampSkew},
		"301 seconds ahead":   {"1790000301", gen.ErrorCodeTimestampSkew},
		"zero":                {"0", gen.ErrorCodeTimestampSkew},
		"the smallest number": {"-9223372036854775808", gen.ErrorCodeTimestampSkew},
		"the largest number":  {"9223372036854775807", gen.ErrorCodeTimestampSkew},
		"milliseconds":        {"1790000000000", gen.ErrorCodeTimestampSkew},
		"missing":             {"", gen.ErrorCodeInvalidTimestamp},
		"text":                {"now", gen.ErrorCodeInvalidTimestamp},
		"a fraction":          {"1790000000.0", gen.ErrorCodeInvalidTimestamp},
		"a sign":              {"+1790000000", gen.ErrorCodeInvalidTimestamp},
		"a leading zero":      {"01790000000", gen.ErrorCodeInvalidTimestamp},
		"more than 64 bits":   {"9223372036854775808", gen.ErrorCodeInvalidTimestamp},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			signedAt, _ := strconv.ParseInt(tt.timestamp, 10, 64)
			got := c.in(t).send(http.MethodGet, sessionsPath, "",
				change{timestamp: signedAt}, tampered("X-Plugipay-Timestamp", tt.timestamp))
			if tt.code == "" {
				got.want(http.StatusOK)
			} else {
				got.wantError(http.StatusUnauthorized, tt.code, "")
			}
		})
	}
}

func TestAuth_TimestampIsComparedWithTheRealClock(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	server.Advance(1000 * time.Hour)
	c.send(http.MethodGet, sessionsPath, "").want(http.StatusOK)
}

func TestAuth_StrippedPathPrefixIsNotSigned(t *testing.T) {
	t.Parallel()
	gateway := httptest.NewServer(http.StripPrefix("/plugipay", sandbox.New(failOnBreach(t))))
	t.Cleanup(gateway.Close)
	c := directClient(t, nil)
	c.url, c.http = gateway.URL, gateway.Client()
	behind := func(r *http.Request) {
		r.URL.Path = "/plugipay" + r.URL.Path
		if r.URL.RawPath != "" {
			r.URL.RawPath = "/plugipay" + r.URL.RawPath
		}
	}
	created := c.send(http.MethodPost, sessionsPath, validInput, change{afterSigning: behind}).want(http.StatusCreated)
	escapedID := "%63" + created.session().ID[1:]
	c.send(http.MethodGet, sessionsPath+"/"+escapedID, "", change{afterSigning: behind}).want(http.StatusOK)
}

func TestAuth_WritesNeedTheScope(t *testing.T) {
	t.Parallel()
	_, c := start(t, keyring())
	id := c.create().ID
	tests := []struct {
		keyID, secret string
		mayWrite      bool
	}{
		{"pk_test_reader", "reader", false},
		{"pk_test_other", "other", false},
		{"pk_test_writer", "writer", true},
		{"pk_test_star", "star", true},
		{sandbox.TestKeyID, sandbox.TestSecret, true},
	}
	for _, tt := range tests {
		t.Run(tt.keyID, func(t *testing.T) {
			t.Parallel()
			c := c.in(t).as(tt.keyID, tt.secret)
			c.get(id)
			got := c.send(http.MethodPost, sessionsPath, validInput)
			if tt.mayWrite {
				got.want(http.StatusCreated)
				return
			}
			got.wantError(http.StatusForbidden, gen.ErrorCodeInsufficientScope, "")
			if got.header.Get("X-RateLimit-Limit") != "20" || got.header.Get("X-RateLimit-Remaining") == "" {
				t.Errorf("the refusal has no rate limit headers")
			}
			c.cancel(id).wantError(http.StatusForbidden, gen.ErrorCodeInsufficientScope, "")
			c.confirm(id).wantError(http.StatusForbidden, gen.ErrorCodeInsufficientScope, "")
		})
	}
}

func TestAuth_OnlyAPlatformAdminActsForOthers(t *testing.T) {
	t.Parallel()
	_, c := start(t, keyring())
	merchant := c.as("pk_test_merchant", "merchant")
	admin := c.as("pk_test_admin", "admin")
	forMerchant := header("X-Plugipay-On-Behalf-Of", merchantID)

	created := admin.send(http.MethodPost, sessionsPath, validInput, forMerchant).want(http.StatusCreated).session()
	if created.AccountID != merchantID {
		t.Errorf("accountId = %q, want the merchant's", created.AccountID)
	}
	merchant.get(created.ID)
	admin.send(http.MethodGet, sessionsPath+"/"+created.ID, "", forMerchant).want(http.StatusOK)
	notFound := func(r reply) { t.Helper(); r.wantError(http.StatusNotFound, gen.ErrorCodeNotFound, "") }
	notFound(admin.send(http.MethodGet, sessionsPath+"/"+created.ID, ""))
	notFound(c.as("pk_live_admin", "live").send(http.MethodGet, sessionsPath+"/"+created.ID, "", forMerchant))
	admin.cancel(created.ID, header("X-Plugipay-On-Behalf-Of", "acc_unknown")).
		wantError(http.StatusForbidden, gen.ErrorCodeInsufficientScope, "")
	admin.send(http.MethodPost, sessionsPath, validInput, header("X-Plugipay-On-Behalf-Of", "acc_unknown")).
		wantError(http.StatusForbidden, gen.ErrorCodeInsufficientScope, "")

	for _, account := range []string{merchantID, "acc_unknown"} {
		c.send(http.MethodGet, sessionsPath, "", header("X-Plugipay-On-Behalf-Of", account)).
			wantError(http.StatusForbidden, gen.ErrorCodeInsufficientScope, "")
	}
	ownAccount := header("X-Plugipay-On-Behalf-Of", "acc_platform")
	c.send(http.MethodGet, sessionsPath, "", ownAccount).want(http.StatusOK)
}

// FuzzAuthorization checks that an Authorization header that was made without a secret is refused.
func FuzzAuthorization(f *testing.F) {
	f.Add("Bearer pk_test_sandbox")
	f.Add("Plugipay-HMAC-SHA256 keyId=pk_test_sandbox, scope=*, signature=00")
	f.Add("plugipay-hmac-sha256 signature=,scope=*,keyId==")
	f.Add("Basic eA==")
	f.Add("")
	f.Fuzz(func(t *testing.T, value string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, sessionsPath, nil)
		r.Header["Authorization"] = []string{value}
		r.Header.Set("X-Plugipay-Timestamp", strconv.FormatInt(time.Now().Unix(), 10))
		replyFrom(t, sandbox.New(failOnBreach(t)), r).want(http.StatusUnauthorized)
	})
}
