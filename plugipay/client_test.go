package plugipay_test

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

func TestEnvironment_FillsZeroOptions(t *testing.T) {
	s := responding(t, 200, sessionBody)
	t.Setenv("PLUGIPAY_KEY_ID", testKeyID)
	t.Setenv("PLUGIPAY_SECRET", testSecret)
	t.Setenv("PLUGIPAY_BASE_URL", s.URL+"//")
	t.Setenv("PLUGIPAY_ON_BEHALF_OF", "acc_env")
	t.Setenv("PLUGIPAY_API_KEY", "pk_test_ignored_with_a_key_pair")
	client, err := plugipay.NewClient(plugipay.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if client.KeyID() != testKeyID || client.BaseURL() != s.URL || client.OnBehalfOf() != "acc_env" {
		t.Errorf("client is %v", client)
	}
	if _, err := client.CheckoutSessions.Get(t.Context(), "cs_01HX"); err != nil {
		t.Fatal(err)
	}
	r := s.only(t)
	checkSigned(t, r, "")
	if got := r.header.Get("X-Plugipay-On-Behalf-Of"); got != "acc_env" {
		t.Errorf("X-Plugipay-On-Behalf-Of is %q, want acc_env", got)
	}
}

func TestEnvironment_OptionsTakePrecedence(t *testing.T) {
	t.Setenv("PLUGIPAY_KEY_ID", "pk_env")
	t.Setenv("PLUGIPAY_SECRET", "sk_env")
	t.Setenv("PLUGIPAY_BASE_URL", "https://env.example")
	t.Setenv("PLUGIPAY_ON_BEHALF_OF", "acc_env")
	client, err := plugipay.NewClient(plugipay.ClientOptions{
		KeyID: testKeyID, Secret: testSecret, BaseURL: "https://options.example", OnBehalfOf: "acc_options"})
	if err != nil {
		t.Fatal(err)
	}
	if client.KeyID() != testKeyID || client.BaseURL() != "https://options.example" || client.OnBehalfOf() != "acc_options" {
		t.Errorf("client is %v", client)
	}
}

func TestEnvironment_DashboardKeyIsUsedWithoutKeyPair(t *testing.T) {
	s := responding(t, 200, sessionBody)
	t.Setenv("PLUGIPAY_API_KEY", "pk_test_dashboard")
	client, err := plugipay.NewClient(plugipay.ClientOptions{BaseURL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CheckoutSessions.Get(t.Context(), "cs_01HX"); err != nil {
		t.Fatal(err)
	}
	if got := s.only(t).header.Get("Authorization"); got != "Bearer pk_test_dashboard" {
		t.Errorf("Authorization is %q, want Bearer pk_test_dashboard", got)
	}
}

func TestEnvironment_APIKeyOptionOverridesKeyPair(t *testing.T) {
	t.Setenv("PLUGIPAY_KEY_ID", testKeyID)
	t.Setenv("PLUGIPAY_SECRET", testSecret)
	s := responding(t, 200, sessionBody)
	client, err := plugipay.NewClient(plugipay.ClientOptions{APIKey: "pk_test_dashboard", BaseURL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CheckoutSessions.Get(t.Context(), "cs_01HX"); err != nil {
		t.Fatal(err)
	}
	if got := s.only(t).header.Get("Authorization"); got != "Bearer pk_test_dashboard" || client.KeyID() != "" {
		t.Errorf("Authorization is %q, key id %q", got, client.KeyID())
	}
}

func TestNewClient_UsesTheDefaults(t *testing.T) {
	t.Parallel()
	client, err := plugipay.NewClient(plugipay.ClientOptions{KeyID: testKeyID, Secret: testSecret})
	if err != nil {
		t.Fatal(err)
	}
	if client.BaseURL() != "https://plugipay.com" || client.OnBehalfOf() != "" {
		t.Errorf("client is %v", client)
	}
	if plugipay.DefaultTimeout != 30*time.Second || plugipay.DefaultBaseURL != "https://plugipay.com" {
		t.Errorf("defaults are %s and %s", plugipay.DefaultTimeout, plugipay.DefaultBaseURL)
	}
}

func TestNewClient_RefusesInvalidOptions(t *testing.T) {
	t.Parallel()
	pair := plugipay.ClientOptions{KeyID: testKeyID, Secret: testSecret}
	with := func(change func(*plugipay.ClientOptions)) plugipay.ClientOptions {
		opts := pair
		change(&opts)
		return opts
	}
	base := func(url string) plugipay.ClientOptions {
		return with(func(o *plugipay.ClientOptions) { o.BaseURL = url })
	}
	tests := map[string]struct {
		opts plugipay.ClientOptions
		code string
		says string
	}{
		"no options":                   {plugipay.ClientOptions{}, "missing_key_id", "PLUGIPAY_KEY_ID"},
		"a secret without a key id":    {plugipay.ClientOptions{Secret: testSecret}, "missing_key_id", "PLUGIPAY_KEY_ID"},
		"a key id without a secret":    {plugipay.ClientOptions{KeyID: testKeyID}, "missing_secret", "PLUGIPAY_SECRET"},
		"a key pair and an API key":    {with(func(o *plugipay.ClientOptions) { o.APIKey = "pk" }), "invalid_request", "APIKey"},
		"a key id with a line break":   {with(func(o *plugipay.ClientOptions) { o.KeyID = "pk\r\nX: 1" }), "invalid_request", "KeyID"},
		"a key id with a comma":        {with(func(o *plugipay.ClientOptions) { o.KeyID = "pk,signature=0" }), "invalid_request", "KeyID"},
		"a secret with a line break":   {with(func(o *plugipay.ClientOptions) { o.Secret = testSecret + "\n" }), "invalid_request", "Secret"},
		"an API key with a space":      {plugipay.ClientOptions{APIKey: "pk test"}, "invalid_request", "APIKey"},
		"an account with a line break": {with(func(o *plugipay.ClientOptions) { o.OnBehalfOf = "acc\n" }), "invalid_request", "OnBehalfOf"},
		"an invalid escape":            {base("https://%zz"), "invalid_request", "base URL"},
		"a relative URL":               {base("/api"), "invalid_request", "base URL"},
		"a host without a scheme":      {base("plugipay.com"), "invalid_request", "base URL"},
		"another scheme":               {base("ftp://plugipay.com"), "invalid_request", "base URL"},
		"no host":                      {base("https://"), "invalid_request", "base URL"},
		"a port without a host":        {base("https://:443"), "invalid_request", "base URL"},
		"a user name":                  {base("https://user:s3cret@plugipay.com"), "invalid_request", "user name"},
		"an empty query":               {base("https://plugipay.com?"), "invalid_request", "query"},
		"a secret with a space":        {with(func(o *plugipay.ClientOptions) { o.Secret = " " + testSecret }), "invalid_request", "Secret"},
		"a query":                      {base("https://plugipay.com?a=b"), "invalid_request", "query"},
		"a fragment":                   {base("https://plugipay.com#a"), "invalid_request", "fragment"},
		"a step up in the path":        {base("https://plugipay.com/a/../b"), "invalid_request", "step"},
		"plain http to another host":   {base("http://plugipay.com"), "invalid_request", "https"},
		"plain http to a look-alike":   {base("http://localhost.example.com"), "invalid_request", "https"},
		"plain http to a private host": {base("http://10.0.0.1"), "invalid_request", "https"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := plugipay.NewClient(test.opts)
			pe := wantError(t, err, 0, test.code)
			if client != nil {
				t.Error("NewClient returned both a client and an error")
			}
			if !strings.Contains(pe.Message, test.says) {
				t.Errorf("the message %q does not contain %q", pe.Message, test.says)
			}
			if strings.Contains(pe.Error(), testSecret) || strings.Contains(pe.Error(), "s3cret") {
				t.Errorf("the message %q contains a secret", pe.Message)
			}
		})
	}
}

func TestBaseURL_PlainHTTPIsAllowedOnLoopback(t *testing.T) {
	t.Parallel()
	for _, base := range []string{
		"http://localhost", "http://localhost:8080/", "http://127.0.0.1:1", "http://127.9.9.9", "http://[::1]:80",
		"http://plugipay.localhost",
	} {
		if _, err := plugipay.NewClient(plugipay.ClientOptions{KeyID: testKeyID, Secret: testSecret, BaseURL: base}); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
}

func TestForMerchant_ReturnsAClientForTheAccount(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			s := responding(t, 200, op.body())
			platform := s.client(t, func(o *plugipay.ClientOptions) { o.OnBehalfOf = "acc_default" })
			merchant := platform.ForMerchant("acc_merchant")
			for _, c := range []*plugipay.Client{merchant, platform} {
				if err := op.call(t, c); err != nil {
					t.Fatal(err)
				}
			}
			for i, want := range []string{"acc_merchant", "acc_default"} {
				if got := s.requests[i].header.Get("X-Plugipay-On-Behalf-Of"); got != want {
					t.Errorf("request %d is on behalf of %q, want %q", i, got, want)
				}
			}
			if merchant.OnBehalfOf() != "acc_merchant" || merchant.KeyID() != platform.KeyID() ||
				merchant.BaseURL() != platform.BaseURL() {
				t.Errorf("the merchant's client is %v, the platform's client is %v", merchant, platform)
			}
		})
	}
}

func TestForMerchant_InvalidAccountFailsEveryCall(t *testing.T) {
	t.Parallel()
	for _, account := range []string{"", "acc\r\nX-Evil: 1", " acc_01", "acc_☕"} {
		for _, op := range operations() {
			t.Run(fmt.Sprintf("%s %q", op.name, account), func(t *testing.T) {
				t.Parallel()
				s := responding(t, 200, op.body())
				err := op.call(t, s.client(t).ForMerchant(account))
				if pe := wantError(t, err, 0, "invalid_request"); !strings.Contains(pe.Message, "account id") {
					t.Errorf("the message %q does not name the account id", pe.Message)
				}
				if n := s.count(); n != 0 {
					t.Errorf("%d requests were sent, want 0", n)
				}
			})
		}
	}
}

func TestHTTPOption_ClientIsUsedAndNotChanged(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, sessionBody)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	used := 0
	httpClient := &http.Client{
		Jar:     jar,
		Timeout: time.Minute,
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			used++
			return http.DefaultTransport.RoundTrip(r)
		}),
	}
	before := *httpClient
	client := s.client(t, func(o *plugipay.ClientOptions) { o.HTTP = httpClient })
	if _, err := client.CheckoutSessions.Get(t.Context(), "cs_01HX"); err != nil {
		t.Fatal(err)
	}
	if used != 1 {
		t.Errorf("the caller's client was used %d times", used)
	}
	if httpClient.CheckRedirect != nil || httpClient.Timeout != before.Timeout || httpClient.Jar != before.Jar {
		t.Errorf("the caller's client was changed: %+v", httpClient)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestRequest_AcceptsJSON(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			s := responding(t, 200, op.body())
			if err := op.call(t, s.client(t)); err != nil {
				t.Fatal(err)
			}
			r := s.only(t)
			if got := r.header.Get("Accept"); got != "application/json" {
				t.Errorf("Accept is %q, want application/json", got)
			}
			if got, want := r.header.Get("Content-Type"), map[bool]string{true: "application/json"}[r.body != ""]; got != want {
				t.Errorf("Content-Type is %q, want %q", got, want)
			}
		})
	}
}
