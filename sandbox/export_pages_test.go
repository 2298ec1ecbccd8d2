package sandbox

import (
	"encoding/json"

	"github.com/plugipay/plugipay-go/gen"
)

// FormatAmount is formatAmount.
func FormatAmount(currency gen.CurrencyCode, amount int64) string {
	return formatAmount(currency, amount)
}

// LineItemTotals are the names and the totals of the line items that the hosted page shows.
func LineItemTotals(lineItems string) []string {
	var shown []string
	for _, item := range lineItemViews(json.RawMessage(lineItems), gen.CurrencyIDR) {
		shown = append(shown, item.Name+": "+item.Total)
	}
	return shown
}

// FormActionSource is formActionSource, empty where there is none.
func FormActionSource(raw string) string {
	source, _ := formActionSource(raw)
	return source
}
