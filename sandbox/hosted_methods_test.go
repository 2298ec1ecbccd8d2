package sandbox_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

// press posts a form of the hosted page. fields are pairs of a name and a value.
func press(t testing.TB, address, action string, fields ...string) screen {
	t.Helper()
	form := url.Values{"from": {"page"}, "action": {action}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return browse(t, browserRequest(t, http.MethodPost, address, form.Encode()))
}

// openIn opens a page with a preferred language.
func openIn(t testing.TB, language, address string) screen {
	t.Helper()
	r := browserRequest(t, http.MethodGet, address, "")
	r.Header.Set("Accept-Language", language)
	return browse(t, r)
}

func TestHostedPage_EachMethodHasAScreen(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	const qr, bars = `aria-label="QRIS"`, `aria-label="Payment code"`
	for method, tt := range map[string]struct {
		form    []string // shown in the form; nil: the method has no form
		channel string
		screen  []string
	}{
		"qris":   {nil, "", []string{"Scan this code", qr, "The code is paid"}},
		"paypal": {nil, "", []string{"handed over to PayPal", "Log in as a test buyer"}},
		"va": {
			[]string{"Choose your bank", `value="bca" required checked`, "Mandiri", "BRI"}, "mandiri",
			[]string{"Mandiri · Virtual account number", "Open your Mandiri app", "8890 8"},
		},
		"ewallet": {[]string{"Choose your wallet", "GoPay", "DANA"}, "dana", []string{"DANA", "Open DANA on your phone"}},
		"retail": {
			[]string{"Choose an outlet", "Alfamart", "Indomaret"}, "indomaret",
			[]string{"Indomaret · Payment code", bars, "Pay in cash"},
		},
	} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			c := c.in(t)
			created := c.create("methods", anyMethod, "currency", `"IDR"`, "amount", "19900000")
			chosen := press(t, created.HostedURL, "choose", "method", method)
			if tt.form != nil {
				chosen.wantRedirect("./" + created.ID + "?method=" + method)
				open(t, created.HostedURL+"?method="+method).want(http.StatusOK).shows(tt.form...).showsNot("<script")
				c.wantStatus(created.ID, "open")
				chosen = press(t, created.HostedURL, "start", "method", method, "channel", tt.channel)
			}
			chosen.wantRedirect("./" + created.ID)
			c.wantStatus(created.ID, "pending")
			open(t, created.HostedURL).want(http.StatusOK).shows(tt.screen...).shows("Time left:", `value="change"`,
				`<noscript><meta http-equiv="refresh" content="4; url=./`+created.ID+`?return=1">`)
			press(t, created.HostedURL, "settle").wantRedirect("./" + created.ID + "?return=1")
			if got := c.wantStatus(created.ID, "completed"); pointed(got.PaymentMethod) != method {
				t.Errorf("paymentMethod = %q", pointed(got.PaymentMethod))
			}
		})
	}
}

func TestHostedPage_OnlySlowMethodsSendAsyncEvents(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	for method, want := range map[string]string{
		"qris": "checkout_session.completed", "ewallet": "checkout_session.completed",
		"va": "checkout_session.completed checkout_session.async_payment_succeeded checkout_session.async_payment_failed",
	} {
		created := c.create("methods", anyMethod)
		press(t, created.HostedURL, "start", "method", method).want(http.StatusSeeOther)
		press(t, created.HostedURL, "fail").wantRedirect("./" + created.ID + "?failed=" + method)
		press(t, created.HostedURL, "start", "method", method).want(http.StatusSeeOther)
		press(t, created.HostedURL, "settle").want(http.StatusSeeOther)
		var names []string
		for _, e := range server.Events() {
			if e.SessionID == created.ID {
				names = append(names, string(e.Type))
			}
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: events are %s, want %s", method, got, want)
		}
	}
}

func TestHostedPage_EachTestCardHasItsOutcome(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	for number, tt := range map[string]struct {
		failure string // the reason after the card; empty: no failure
		bank    bool   // the bank asks for a code
		verdict string // the reason after the code; empty: no failure
	}{
		"4242 4242 4242 4242": {},
		"4242-4242-4242-4242": {},
		"4000 0000 0000 0002": {failure: "declined"},
		"4000 0000 0000 9995": {failure: "insufficient_funds"},
		"4000 0000 0000 3220": {bank: true},
		"4000 0000 0000 3063": {bank: true, verdict: "3ds_failure"},
	} {
		t.Run(number, func(t *testing.T) {
			t.Parallel()
			c := c.in(t)
			created := c.create("methods", anyMethod)
			got := press(t, created.HostedURL, "card", "number", number, "expiry", "12/34", "code", "123")
			back := func(why string) string { return "./" + created.ID + "?failed=card&method=card&why=" + why }
			done := "./" + created.ID + "?return=1"
			switch {
			case tt.failure != "":
				got.wantRedirect(back(tt.failure))
				c.wantStatus(created.ID, "open")
			case !tt.bank:
				got.wantRedirect(done)
				c.wantStatus(created.ID, "completed")
			default:
				got.wantRedirect("./" + created.ID)
				c.wantStatus(created.ID, "pending")
				open(t, created.HostedURL).shows("Confirm with your bank", "One-time code")
				press(t, created.HostedURL, "verify", "code", "12x").want(http.StatusBadRequest).shows("Enter the digits", `role="alert"`)
				verdict := press(t, created.HostedURL, "verify", "code", "123456")
				if tt.verdict != "" {
					verdict.wantRedirect(back(tt.verdict))
					c.wantStatus(created.ID, "open")
					return
				}
				verdict.wantRedirect(done)
				c.wantStatus(created.ID, "completed")
			}
		})
	}
	for why, want := range map[string]string{
		"declined": "was declined", "insufficient_funds": "not have enough money", "3ds_failure": "bank did not confirm",
		"<b>": "was declined",
	} {
		open(t, c.create().HostedURL+"?method=card&failed=card&why="+url.QueryEscape(why)).shows(want, `role="alert"`, "Card number")
	}
}

func TestHostedPage_AcceptsOnlyTestCards(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	created := c.create("methods", anyMethod)
	for name, tt := range map[string]struct{ number, expiry, code, want string }{
		"another number":        {"4111111111111111", "12/34", "123", "only the test cards work"},
		"no number":             {"", "12/34", "123", "only the test cards work"},
		"no expiry":             {"4242424242424242", "", "123", "when the card expires"},
		"an expiry in the past": {"4242424242424242", "01/20", "123", "when the card expires"},
		"an invalid month":      {"4242424242424242", "13/34", "123", "when the card expires"},
		"a code of letters":     {"4242424242424242", "12/34", "abc", "digits of the code"},
	} {
		got := press(t, created.HostedURL+"?method=card", "card", "number", tt.number, "expiry", tt.expiry, "code", tt.code).
			want(http.StatusBadRequest).shows(tt.want, `role="alert"`, "Card number")
		if tt.number != "" && strings.Contains(got.body, tt.number) {
			t.Errorf("%s: the page repeats the number", name)
		}
	}
	open(t, created.HostedURL+"?method=card&card=3ds_success").shows(`value="4000 0000 0000 3220"`, `value="12/34"`)
	press(t, created.HostedURL, "verify", "code", "123456").want(http.StatusConflict)
	c.wantStatus(created.ID, "open")
}

func TestHostedPage_PendingBuyerCanChangeTheMethod(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	created := c.create("methods", anyMethod)
	press(t, created.HostedURL, "change").want(http.StatusConflict)
	press(t, created.HostedURL, "start", "method", "va", "channel", "bri").want(http.StatusSeeOther)
	press(t, created.HostedURL, "change").wantRedirect("./" + created.ID)
	c.wantStatus(created.ID, "open")
	open(t, created.HostedURL).shows("Choose how to pay").showsNot(`role="alert"`)
	press(t, created.HostedURL, "start", "method", "qris").want(http.StatusSeeOther)
	press(t, created.HostedURL, "start", "method", "retail").want(http.StatusSeeOther) // in another window
	open(t, created.HostedURL).shows("Payment code")
	if got := server.Events(); len(got) > 0 {
		t.Errorf("changing the method sent events: %+v", got)
	}
	press(t, created.HostedURL, "settle").want(http.StatusSeeOther)
	if got := c.get(created.ID); pointed(got.PaymentMethod) != "retail" {
		t.Errorf("paymentMethod = %q", pointed(got.PaymentMethod))
	}
}

func TestHostedPage_RefusesInvalidChannels(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	created := c.create("methods", `["va","qris","card"]`)
	for _, fields := range [][]string{
		{"method", "va", "channel", "gopay"}, {"method", "qris", "channel", "bca"}, {"method", "card"},
		{"method", "ewallet", "channel", "gopay"}, {"method", ""},
	} {
		press(t, created.HostedURL, "start", fields...).want(http.StatusBadRequest)
	}
	c.wantStatus(created.ID, "open")
}

func TestHostedPage_ManualTransferWaitsForTheShop(t *testing.T) {
	t.Parallel()
	_, c := start(t, manualOnly())
	created := c.create("methods", `["va","ewallet"]`, "currency", `"IDR"`, "amount", "19900000")
	press(t, created.HostedURL, "choose", "method", "ewallet").wantRedirect("./" + created.ID + "?method=ewallet")
	open(t, created.HostedURL+"?method=ewallet").shows("I have paid", "IDR 199,000", created.ID, "Account number")
	press(t, created.HostedURL, "start", "method", "va").want(http.StatusBadRequest)
	press(t, created.HostedURL, "pay", "method", "ewallet").wantRedirect("./" + created.ID)
	c.wantStatus(created.ID, "pending_review")
	open(t, created.HostedURL).shows("has to confirm", "Confirm as the shop")
	press(t, created.HostedURL, "confirm").wantRedirect("./" + created.ID + "?return=1")
	c.wantStatus(created.ID, "completed")
}

func TestHostedPage_ToolsEndTheSession(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	for action, want := range map[string]gen.CheckoutSessionStatus{
		"expire": "expired", "fail_for_good": "failed", "confirm": "completed", "cancel": "canceled", "pay": "completed",
	} {
		created := c.create()
		open(t, created.HostedURL).shows("Test mode", "For developers", `href="../?session=`+created.ID+`"`)
		press(t, created.HostedURL, action, "method", "card").want(http.StatusSeeOther)
		c.wantStatus(created.ID, want)
		open(t, created.HostedURL).shows(created.ID, "USD 49.99", `href="../?session=`+created.ID+`"`)
	}
}

// The response to a form must not redirect to the shop. Chrome applies form-action to that redirect, and to all redirects
// that follow.
func TestHostedPage_ReturnsToTheShopWithARefresh(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	for action, want := range map[string]string{"pay": "https://example.com/ok", "cancel": "https://example.com/no"} {
		created := c.create()
		if refresh := open(t, created.HostedURL+"?return=1").header.Get("Refresh"); strings.Contains(refresh, "example.com") {
			t.Errorf("the page of an open session leads to the shop: %q", refresh)
		}
		press(t, created.HostedURL, action, "method", "card").wantRedirect("./" + created.ID + "?return=1")
		back := open(t, created.HostedURL+"?return=1").want(http.StatusOK).shows("taken back to the shop", `href="`+want+`"`)
		if refresh := back.header.Get("Refresh"); refresh != "3; url="+want {
			t.Errorf("Refresh = %q", refresh)
		}
		if refresh := open(t, created.HostedURL).header.Get("Refresh"); refresh != "" {
			t.Errorf("the page without return=1 leads to the shop: %q", refresh)
		}
	}
}

func TestHostedPage_ShowsTheExpiry(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	created := c.create("expiresInSec", "600")
	got := open(t, created.HostedURL).shows("Time left:", "minutes")
	if refresh := got.header.Get("Refresh"); !regexp.MustCompile(`^(601|600|599|598)$`).MatchString(refresh) {
		t.Errorf("Refresh = %q, want the remaining time", refresh)
	}
	server.Advance(10 * time.Minute)
	open(t, created.HostedURL).shows("Payment expired")
	waiting := c.create("methods", `["va"]`, "expiresInSec", "600")
	press(t, waiting.HostedURL, "start", "method", "va")
	server.Advance(10 * time.Minute)
	open(t, waiting.HostedURL+"?return=1").shows("Payment expired", "Nothing was charged")
	far := c.create("expiresInSec", "99999999")
	if refresh := open(t, far.HostedURL).header.Get("Refresh"); refresh != "" {
		t.Errorf("Refresh = %q, want none: a browser may read a large number as zero", refresh)
	}
}

func TestHostedPage_IsAvailableInIndonesian(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	created := c.create("methods", anyMethod, "currency", `"IDR"`, "amount", "19900000", "lineItems",
		`[{"name":"Kopi","quantity":2,"unitAmount":9950000}]`)
	expires, err := time.Parse(time.RFC3339, created.ExpiresAt)
	must(t, err)
	expires = expires.In(time.FixedZone("WIB", 7*60*60))
	months := []string{"Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober",
		"November", "Desember"}
	until := fmt.Sprintf("%d %s %d pukul %02d.%02d WIB", expires.Day(), months[expires.Month()-1], expires.Year(),
		expires.Hour(), expires.Minute())
	for _, preference := range []string{"id", "id-ID,id;q=0.9,en;q=0.8", "in", "en;q=0.5, id;q=0.6", "fr,id;q=0.1"} {
		openIn(t, preference, created.HostedURL).shows(`<html lang="id">`, "Pilih cara pembayaran", "Rp 199.000", "2 × Rp 99.500",
			until, "Sisa waktu:", "Mode uji coba", "lang=en").showsNot("Choose how")
	}
	for _, preference := range []string{"", "en", "fr", "*", "id;q=0", "en-GB,id", "id;q=x"} {
		openIn(t, preference, created.HostedURL).shows(`<html lang="en">`, "Choose how to pay", "IDR 199,000", "lang=id")
	}
	press(t, created.HostedURL, "start", "method", "va", "channel", "bca")
	openIn(t, "id", created.HostedURL).shows("Selesaikan pembayaran", "Salin", "ATM BCA", "Ganti metode pembayaran")
	press(t, created.HostedURL, "settle")
	openIn(t, "id", created.HostedURL).shows("Pembayaran berhasil", "Anda membayar <strong>Rp 199.000", "Lanjut ke toko")
	openIn(t, "id", server.URL+"/c/none").want(http.StatusNotFound).shows("Tidak ada yang perlu dibayar", `<html lang="id">`)
	openIn(t, "id", c.create("currency", `"USD"`).HostedURL).shows("US$ 49,99")
}

func TestHostedPage_KeepsTheChosenLanguage(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{})
	created := c.create("methods", anyMethod)
	switched := openIn(t, "en", created.HostedURL+"?lang=id&method=va&failed=va").shows("Pilih bank", "tidak berhasil",
		`href="./`+created.ID+`?failed=va&lang=en&method=va"`)
	cookie := switched.header.Get("Set-Cookie")
	if !strings.HasPrefix(cookie, "plugipay_lang=id;") || strings.Contains(cookie, "Path=") {
		t.Errorf("Set-Cookie = %q", cookie)
	}
	r := browserRequest(t, http.MethodGet, created.HostedURL, "")
	r.Header.Set("Accept-Language", "en")
	r.AddCookie(&http.Cookie{Name: "plugipay_lang", Value: "id"})
	browse(t, r).shows("Pilih cara pembayaran")
	openIn(t, "en", created.HostedURL+"?lang=xx").shows("Choose how to pay")
}

func TestHostedPage_IsolatesNamesInBDI(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{Workspaces: []sandbox.Workspace{{
		Name: "متجر", Keys: []sandbox.Key{{ID: "pk_test_1", Secret: "s"}},
	}}})
	created := c.create("lineItems", `[{"name":"قهوة","quantity":1,"unitAmount":4999}]`)
	open(t, created.HostedURL).shows(`<bdi><span class="merchant-name">متجر</span></bdi>`, `<bdi class="item-name">قهوة</bdi>`)
	press(t, created.HostedURL, "pay", "method", "card")
	open(t, created.HostedURL).shows("<bdi>متجر</bdi>")
}

func TestHostedPage_UsesFormatAmountInIndonesian(t *testing.T) {
	t.Parallel()
	_, c := start(t, sandbox.Options{FormatAmount: func(amount int64, currency plugipay.CurrencyCode) string {
		return fmt.Sprintf("%d whole %s", amount, currency)
	}})
	created := c.create("currency", `"IDR"`, "amount", "199000", "methods", `["qris"]`)
	openIn(t, "id", created.HostedURL).shows("199000 whole IDR")
}
