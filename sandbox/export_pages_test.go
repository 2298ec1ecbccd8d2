package sandbox

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/plugipay/plugipay-go/gen"
)

// LineItemTotals are the names and the totals of the line items that the hosted page shows.
func LineItemTotals(lineItems string) []string {
	var shown []string
	for _, item := range New(Options{}).lineItemViewsIn(english, json.RawMessage(lineItems), gen.CurrencyIDR) {
		shown = append(shown, item.Name+": "+item.Total)
	}
	return shown
}

// FormActionSource is formActionSource, or empty.
func FormActionSource(raw string) string {
	source, _ := formActionSource(raw)
	return source
}

// ShowHosted writes the hosted page of a session with the status.
func ShowHosted(w http.ResponseWriter, s *Sandbox, status gen.CheckoutSessionStatus) {
	session := gen.CheckoutSession{Status: status, Amount: 4999, Currency: gen.CurrencyUSD,
		SuccessURL: "https://example.com/ok", CancelURL: "https://example.com/no"}
	p := hostedPage{sandbox: s, workspace: s.directory.firstKey.home, language: english}
	out := p.page(p.view(session, payment{}, s.clock.now()))
	out.status = http.StatusOK
	out.write(w)
}

// CRC16 is crc16.
func CRC16(text string) uint16 { return crc16(text) }

// QRISText is qrisText.
func QRISText(merchant, bill string, amount int64, currency gen.CurrencyCode) string {
	return qrisText(merchant, bill, amount, currency)
}

// QRImage is the path of qrImage.
func QRImage(text string) string { return qrImage(text).Path }

// PreferredLanguage is preferredLanguage.
func PreferredLanguage(accepted string) string { return string(preferredLanguage([]string{accepted})) }

// PostHosted posts a form of the hosted page, and returns the status of the response.
func PostHosted(s *Sandbox, id string, fields map[string]string) int {
	form := url.Values{}
	for name, value := range fields {
		form.Set(name, value)
	}
	r := httptest.NewRequest(http.MethodPost, hostedPath+id, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code
}

// BarcodeImage is the path of barcodeImage.
func BarcodeImage(digits string) string { return barcodeImage(digits).Path }
