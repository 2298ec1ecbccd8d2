package plugipay_test

import (
	"io"
	"net/http"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
)

// sdkAgent is the User-Agent of a client that names no program.
var sdkAgent = "plugipay-go/" + plugipay.Version + " go/" + strings.TrimPrefix(strings.Fields(runtime.Version())[0], "go")

func TestUserAgent_NamesSDKGoAndProgram(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		for want, app := range map[string]plugipay.AppInfo{
			"":                                    {},
			" MyPlugin/2.1 (https://example.com)": {Name: "MyPlugin", Version: "2.1", URL: "https://example.com"},
			" MyPlugin":                           {Name: "MyPlugin"},
			" MyPlugin/2.1":                       {Name: "MyPlugin", Version: "2.1"},
			" my-plugin_2 (http://example.com:8080/a?b=c#d)": {Name: "my-plugin_2", URL: "http://example.com:8080/a?b=c#d"},
		} {
			t.Run(op.name+want, func(t *testing.T) {
				t.Parallel()
				s := responding(t, 200, op.body())
				client := s.client(t, func(o *plugipay.ClientOptions) { o.AppInfo = app })
				for _, c := range []*plugipay.Client{client, client.ForMerchant("acc_01")} {
					if err := op.call(t, c); err != nil {
						t.Fatal(err)
					}
				}
				for _, r := range s.requests {
					if got := r.header["User-Agent"]; len(got) != 1 || got[0] != sdkAgent+want {
						t.Errorf("User-Agent is %q, want %q", got, sdkAgent+want)
					}
				}
			})
		}
	}
}

func TestUserAgent_IsSentWithEveryAttempt(t *testing.T) {
	t.Parallel()
	inBubble(t, []reply{{status: 503}}, func(t *testing.T, b *bubbleServer) {
		if _, err := b.client().CheckoutSessions.Get(t.Context(), "cs_01HX"); err == nil {
			t.Fatal("the call succeeded")
		}
		for _, r := range b.requests {
			if got := r.header.Get("User-Agent"); got != sdkAgent {
				t.Errorf("User-Agent is %q", got)
			}
		}
	})
}

func TestNewClient_RefusesInvalidAppInfo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		app  plugipay.AppInfo
		says string
	}{
		"a version without a name":  {plugipay.AppInfo{Version: "2.1"}, "no Name"},
		"a URL without a name":      {plugipay.AppInfo{URL: "https://example.com"}, "no Name"},
		"two words":                 {plugipay.AppInfo{Name: "My Plugin"}, "AppInfo.Name"},
		"a name with a line break":  {plugipay.AppInfo{Name: "a\r\nX: 1"}, "AppInfo.Name"},
		"a name with a slash":       {plugipay.AppInfo{Name: "a/1"}, "AppInfo.Name"},
		"a name that is a comment":  {plugipay.AppInfo{Name: "(a)"}, "AppInfo.Name"},
		"a name beyond ASCII":       {plugipay.AppInfo{Name: "☕"}, "AppInfo.Name"},
		"a version of two words":    {plugipay.AppInfo{Name: "a", Version: "2 1"}, "AppInfo.Version"},
		"a version, a line break":   {plugipay.AppInfo{Name: "a", Version: "2\n"}, "AppInfo.Version"},
		"a URL without a scheme":    {plugipay.AppInfo{Name: "a", URL: "example.com"}, "URL"},
		"another scheme":            {plugipay.AppInfo{Name: "a", URL: "ftp://example.com"}, "URL"},
		"a URL without a host":      {plugipay.AppInfo{Name: "a", URL: "https://"}, "URL"},
		"a URL with a password":     {plugipay.AppInfo{Name: "a", URL: "https://hush:hush@example.com"}, "user name"},
		"a URL with a parenthesis":  {plugipay.AppInfo{Name: "a", URL: "https://example.com/)"}, "URL"},
		"a URL with a backslash":    {plugipay.AppInfo{Name: "a", URL: `https://example.com/\`}, "URL"},
		"a URL beyond ASCII":        {plugipay.AppInfo{Name: "a", URL: "https://example.com/☕"}, "URL"},
		"a URL with a space":        {plugipay.AppInfo{Name: "a", URL: "https://example.com/a b"}, "space"},
		"a URL with a line break":   {plugipay.AppInfo{Name: "a", URL: "https://example.com/\r\nX:1"}, "URL"},
		"a URL that does not parse": {plugipay.AppInfo{Name: "a", URL: "https://%zz"}, "URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := plugipay.NewClient(plugipay.ClientOptions{KeyID: testKeyID, Secret: testSecret, AppInfo: test.app})
			pe := wantError(t, err, 0, "invalid_request")
			if !strings.Contains(pe.Message, "ClientOptions.AppInfo") || !strings.Contains(pe.Message, test.says) {
				t.Errorf("the message %q does not contain %q", pe.Message, test.says)
			}
			wantNoSecret(t, err, allVerbs)
		})
	}
}

func TestUserAgent_TransportMayReplaceIt(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, sessionBody)
	client := s.client(t, func(o *plugipay.ClientOptions) {
		o.HTTP = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			r = r.Clone(r.Context())
			r.Header.Set("User-Agent", "shop/1")
			return http.DefaultTransport.RoundTrip(r)
		})}
	})
	if _, err := client.CheckoutSessions.Get(t.Context(), "cs_01HX"); err != nil {
		t.Fatal(err)
	}
	if got := s.only(t).header.Get("User-Agent"); got != "shop/1" {
		t.Errorf("User-Agent is %q, want shop/1", got)
	}
}

func TestUserAgent_LowLevelClientDoesNotSetIt(t *testing.T) {
	t.Parallel()
	s := responding(t, 200, sessionBody)
	client, err := gen.NewClient(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.GetCheckoutSession(t.Context(), "cs_01HX", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	if got := s.only(t).header.Get("User-Agent"); strings.Contains(got, "plugipay") {
		t.Errorf("User-Agent is %q", got)
	}
}

// FuzzAppInfo checks that an AppInfo is either refused, or sent as one product and at most one comment.
func FuzzAppInfo(f *testing.F) {
	for _, app := range [][3]string{
		{"MyPlugin", "2.1", "https://example.com"}, {"a", "", ""}, {"", "1", ""}, {"a b", "1", "x"}, {"a\r\nX: 1", "1/2", "https://a/)("},
		{"a", "1", "https://a b"}, {"~!#", "'*+", "HTTP://[::1]:80/?"}, {"a", "1", "https://user@host"}, {"\x7f", "é", "https://é"},
	} {
		f.Add(app[0], app[1], app[2])
	}
	const token = "[-!#$%&'*+.^_`|~0-9A-Za-z]+"
	agent := regexp.MustCompile("^( " + token + "(/" + token + ")?( \\((?i:https?)://[!-'*-\\[\\]-~]+\\))?)?$")
	f.Fuzz(func(t *testing.T, name, version, url string) {
		var sent string
		client, err := plugipay.NewClient(plugipay.ClientOptions{
			KeyID: testKeyID, Secret: testSecret, AppInfo: plugipay.AppInfo{Name: name, Version: version, URL: url},
			HTTP: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				sent = r.Header.Get("User-Agent")
				return response(200, sessionBody), nil
			})},
		})
		if err != nil {
			return
		}
		if _, err := client.CheckoutSessions.Get(t.Context(), "cs_01HX"); err != nil {
			t.Fatal(err)
		}
		app, ok := strings.CutPrefix(sent, sdkAgent)
		if !ok || !agent.MatchString(app) {
			t.Fatalf("%q %q %q are sent as %q", name, version, url, sent)
		}
	})
}
