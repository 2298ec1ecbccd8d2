package browser

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// post submits a form of a hosted page without a browser.
func (s *shop) post(address string, fields ...string) {
	s.t.Helper()
	form := url.Values{"from": {"page"}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	noRedirects := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := noRedirects.PostForm(address, form)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("%v: status %d", fields, response.StatusCode)
	}
}

// hostedScreens holds the steps to each screen of the hosted page: the forms to post, then the query of the address.
var hostedScreens = map[string]struct {
	manual bool
	posts  [][]string
	query  string
}{
	"choose":             {query: ""},
	"declined":           {query: "failed=card"},
	"card":               {query: "method=card&card=success"},
	"insufficient funds": {query: "method=card&failed=card&why=insufficient_funds"},
	"banks":              {query: "method=va"},
	"wallets":            {query: "method=ewallet"},
	"outlets":            {query: "method=retail"},
	"QRIS":               {posts: [][]string{{"action", "start", "method", "qris"}}},
	"virtual account":    {posts: [][]string{{"action", "start", "method", "va", "channel", "bri"}}},
	"wallet":             {posts: [][]string{{"action", "start", "method", "ewallet"}}},
	"outlet":             {posts: [][]string{{"action", "start", "method", "retail"}}},
	"PayPal":             {posts: [][]string{{"action", "start", "method", "paypal"}}},
	"3DS": {posts: [][]string{
		{"action", "card", "number", "4000000000003220", "expiry", "12/34", "code", "123"},
	}},
	"manual":    {manual: true, query: "method=va"},
	"review":    {manual: true, posts: [][]string{{"action", "pay", "method", "va"}}},
	"completed": {posts: [][]string{{"action", "pay", "method", "card"}}},
	"failed":    {posts: [][]string{{"action", "fail_for_good"}}},
	"expired":   {posts: [][]string{{"action", "expire"}}},
	"canceled":  {posts: [][]string{{"action", "cancel"}}},
}

func TestHostedPage_EachScreenIsAccessible(t *testing.T) {
	t.Parallel()
	atEachSize(t, func(t *testing.T, buyer *visitor) {
		shops := map[bool]*shop{
			false: newShop(t, nil), true: newShop(t, []sandbox.Adapter{{Name: plugipay.CheckoutAdapterManual}}),
		}
		for name, screen := range hostedScreens {
			session := shops[screen.manual].createSession()
			for _, fields := range screen.posts {
				shops[screen.manual].post(session.HostedURL, fields...)
			}
			for _, language := range []string{"en", "id"} {
				buyer.open(session.HostedURL + "?lang=" + language + "&" + screen.query)
				buyer.inspect()
				if got := evaluate[string](buyer, `document.documentElement.lang`); got != language {
					t.Errorf("%s: the page's language is %q, want %q", name, got, language)
				}
			}
			if t.Failed() {
				t.Fatalf("these errors are on the screen %q", name)
			}
		}
	})
}
