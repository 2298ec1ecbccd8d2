package sandbox

import (
	"encoding/json"
	"net/http"

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

// FormActionSource is formActionSource, empty where there is none.
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
