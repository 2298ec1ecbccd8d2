package plugipay_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
)

func TestNewClient_ErrorDoesNotShowTheValue(t *testing.T) {
	t.Parallel()
	pair := plugipay.ClientOptions{KeyID: testKeyID, Secret: "sk_test_hush"}
	with := func(change func(*plugipay.ClientOptions)) plugipay.ClientOptions {
		opts := pair
		change(&opts)
		return opts
	}
	base := func(url string) plugipay.ClientOptions {
		return with(func(o *plugipay.ClientOptions) { o.BaseURL = url })
	}
	for name, test := range map[string]struct {
		opts plugipay.ClientOptions
		says string
	}{
		"a secret as base URL":       {base("sk_live_hush"), "BaseURL"},
		"a user in the base URL":     {base("https://hush@plugipay.com"), "user name"},
		"a password in the base URL": {base("https://user:hush@plugipay.com"), "user name"},
		"a query in the base URL":    {base("https://plugipay.com?key=hush"), "query"},
		"a fragment in the base URL": {base("https://plugipay.com#hush"), "fragment"},
		"a base URL with a space":    {base("https://plugipay.com/ hush"), "white space"},
		"plain http to another host": {base("http://hush.example"), "https"},
		"a step in the path":         {base("https://plugipay.com/hush/.."), "step"},
		"a base URL beyond ASCII":    {base("https://plugipay.com/hush☕"), "ASCII"},
		"a secret as key id":         {plugipay.ClientOptions{KeyID: "sk_test_hush", Secret: "x"}, "mixed up"},
		"a webhook secret as key id": {plugipay.ClientOptions{KeyID: "whsec_hush", Secret: "x"}, "mixed up"},
		"a secret in capitals":       {plugipay.ClientOptions{KeyID: "SK_test_HUSH", Secret: "x"}, "mixed up"},
		"a secret as API key":        {plugipay.ClientOptions{APIKey: "sk_test_hush"}, "APIKey"},
		"a secret as account":        {with(func(o *plugipay.ClientOptions) { o.OnBehalfOf = "sk_test_hush" }), "OnBehalfOf"},
		"a secret as program name": {with(func(o *plugipay.ClientOptions) { o.AppInfo.Name = "hush hush" }),
			"AppInfo.Name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := plugipay.NewClient(test.opts)
			if pe := wantError(t, err, 0, "invalid_request"); !strings.Contains(pe.Message, test.says) {
				t.Errorf("the message is %q, want %q in it", pe.Message, test.says)
			}
			wantNoSecret(t, err, allVerbs)
			test.opts.AppInfo = plugipay.AppInfo{}
			if name != "plain http to another host" { // the URL itself is valid
				wantNoSecret(t, test.opts, allVerbs)
				wantNoSecret(t, test.opts.LogValue(), allVerbs)
			}
		})
	}
}

func TestNewClient_WhiteSpaceAndCaseInOptions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		opts plugipay.ClientOptions
		ok   bool
	}{
		"a space after the base URL":       {plugipay.ClientOptions{BaseURL: "https://plugipay.com/ "}, false},
		"a space before the base URL":      {plugipay.ClientOptions{BaseURL: " https://plugipay.com"}, false},
		"a line break after the base URL":  {plugipay.ClientOptions{BaseURL: "https://plugipay.com\n"}, false},
		"a zero-width space in the URL":    {plugipay.ClientOptions{BaseURL: "https://plugipay.com\u200b"}, false},
		"the scheme and host in capitals":  {plugipay.ClientOptions{BaseURL: "HTTPS://PLUGIPAY.COM"}, true},
		"localhost in capitals":            {plugipay.ClientOptions{BaseURL: "http://LOCALHOST:4010"}, true},
		"localhost with a dot":             {plugipay.ClientOptions{BaseURL: "http://localhost."}, true},
		"a name below localhost":           {plugipay.ClientOptions{BaseURL: "http://Plugipay.Localhost.:80"}, true},
		"a zero-width space in the secret": {plugipay.ClientOptions{Secret: "sk_test_\u200balpha"}, false},
		"a space within the secret":        {plugipay.ClientOptions{Secret: "sk_test alpha"}, false},
		"a tab after the secret":           {plugipay.ClientOptions{Secret: "sk_test_alpha\t"}, false},
		"a byte order mark in the key id":  {plugipay.ClientOptions{KeyID: "\ufeffpk_test_1"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opts := test.opts
			if opts.KeyID == "" {
				opts.KeyID = testKeyID
			}
			if opts.Secret == "" {
				opts.Secret = testSecret
			}
			if _, err := plugipay.NewClient(opts); (err == nil) != test.ok {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func TestAllowPlainHTTP_IsForTestKeysOnly(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		opts plugipay.ClientOptions
		ok   bool
	}{
		"a test pair":           {plugipay.ClientOptions{KeyID: "pk_test_1", Secret: "sk_test_1"}, true},
		"a test secret":         {plugipay.ClientOptions{KeyID: "ak_1", Secret: "sk_test_1"}, true},
		"a test key id":         {plugipay.ClientOptions{KeyID: "pk_test_1", Secret: "abc"}, true},
		"a test dashboard key":  {plugipay.ClientOptions{APIKey: "pk_test_1"}, true},
		"a live pair":           {plugipay.ClientOptions{KeyID: "pk_live_1", Secret: "sk_live_1"}, false},
		"test id, live secret":  {plugipay.ClientOptions{KeyID: "pk_test_1", Secret: "sk_live_1"}, false},
		"live id, test secret":  {plugipay.ClientOptions{KeyID: "pk_live_1", Secret: "sk_test_1"}, false},
		"a pair without a mode": {plugipay.ClientOptions{KeyID: "ak_1", Secret: "abc"}, false},
		"a live dashboard key":  {plugipay.ClientOptions{APIKey: "pk_live_1"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opts := test.opts
			opts.BaseURL = "http://sandbox:4010"
			_, err := plugipay.NewClient(opts)
			wantError(t, err, 0, "invalid_request")
			opts.AllowPlainHTTP = true
			_, err = plugipay.NewClient(opts)
			if test.ok && err != nil {
				t.Errorf("the options are refused: %v", err)
			}
			if !test.ok {
				if pe := wantError(t, err, 0, "invalid_request"); !strings.Contains(pe.Message, "AllowPlainHTTP") {
					t.Errorf("the message is %q", pe.Message)
				}
			}
			opts.BaseURL = "https://plugipay.com"
			if _, err := plugipay.NewClient(opts); err != nil {
				t.Errorf("https is refused: %v", err)
			}
		})
	}
}

func TestEnvironment_PlainHTTPAndKeys(t *testing.T) {
	s := responding(t, 200, sessionBody)
	t.Setenv("PLUGIPAY_BASE_URL", "http://sandbox:4010")
	t.Setenv("PLUGIPAY_SECRET", "sk_test_left_over")
	t.Setenv("PLUGIPAY_API_KEY", "pk_test_dashboard")
	for value, ok := range map[string]bool{"": false, "0": false, "true": false, "1": true} {
		t.Setenv("PLUGIPAY_ALLOW_PLAIN_HTTP", value)
		if _, err := plugipay.NewClient(plugipay.ClientOptions{}); (err == nil) != ok {
			t.Errorf("PLUGIPAY_ALLOW_PLAIN_HTTP=%s: %v", value, err)
		}
	}
	client, err := plugipay.NewClient(plugipay.ClientOptions{BaseURL: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	getOnce(t, client)
	if got := s.only(t).header.Get("Authorization"); got != "Bearer pk_test_dashboard" {
		t.Errorf("Authorization is %q, want Bearer pk_test_dashboard", got)
	}
	t.Setenv("PLUGIPAY_KEY_ID", testKeyID)
	pair, err := plugipay.NewClient(plugipay.ClientOptions{BaseURL: s.URL})
	if err != nil || pair.KeyID() != testKeyID {
		t.Errorf("client is %v, error %v", pair, err)
	}
}

func TestDo_HeaderIsAddedOrRefused(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, `{"data": {}}`)
	client := s.client(t)
	given := http.Header{"X-Plugipay-Mode": {"test"}}
	given[strings.ToLower("X-Other")] = []string{"a", "b"}
	opts := plugipay.RequestOptions{Method: "POST", Path: "/a", Body: struct{}{}, Header: given}
	if err := client.Do(t.Context(), opts, nil); err != nil {
		t.Fatal(err)
	}
	r := s.only(t)
	if r.header.Get("X-Plugipay-Mode") != "test" || fmt.Sprint(r.header.Values("X-Other")) != "[a b]" ||
		r.header.Get("Accept") != "application/json" {
		t.Errorf("header is %v", r.header)
	}
	checkSigned(t, r, "")
	if len(given) != 2 || len(given["X-Other"]) != 0 {
		t.Errorf("the caller's header was changed: %v", given)
	}
	for _, name := range []string{
		"Accept-Encoding", "authorization", "Connection", "Content-Length", "Content-Type", "Host", "idempotency-key", "Trailer",
		"Transfer-Encoding", "User-Agent", "X-Idempotency-Key", "X-Plugipay-On-Behalf-Of", "x-plugipay-timestamp",
	} {
		opts.Header = http.Header{name: {"hush"}}
		pe := wantError(t, client.Do(t.Context(), opts, nil), 0, "invalid_request")
		if !strings.Contains(strings.ToLower(pe.Message), strings.ToLower(name)) {
			t.Errorf("the message %q does not name %s", pe.Message, name)
		}
		wantNoSecret(t, pe, allVerbs)
	}
	for _, invalid := range []http.Header{{"X\r\nY": {"1"}}, {"": {"1"}}, {"X-Y": {"hush\r\nZ: 1"}}, {"X-Y": {""}}, {"Accept": {}}} {
		opts.Header = invalid
		wantNoSecret(t, wantError(t, client.Do(t.Context(), opts, nil), 0, "invalid_request"), allVerbs)
	}
	if n := s.count(); n != 1 {
		t.Errorf("%d requests were sent, want 1", n)
	}
}
