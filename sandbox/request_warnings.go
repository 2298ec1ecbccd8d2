package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/plugipay/plugipay-go/gen"
)

// warning is what the contract allows in a request and is most likely a mistake. A strict sandbox refuses it.
type warning struct {
	Field string
	Text  string // holds no value of the request
	More  string // for the console: the values
}

// warningsOf returns what is most likely a mistake in a request that creates a session.
func (s *Sandbox) warningsOf(in gen.CheckoutSessionCreateInput, sent map[string]json.RawMessage, schema *openapi3.Schema) []warning {
	warnings := methodWarnings(in)
	if s.amounts == nil && in.Currency == gen.CurrencyIDR && in.Amount%100 != 0 {
		warnings = append(warnings, warning{Field: "amount", Text: "has sen, which rupiah do not have in use",
			More: "amounts are in hundredths: 19900000 is Rp 199.000"})
	}
	if w, ok := sumWarning(in.Amount, lineItemsOf(sent)); ok {
		warnings = append(warnings, w)
	}
	return append(warnings, unknownProperties(schema, sent)...)
}

// methodWarnings are about methods that do not exist in the currency.
func methodWarnings(in gen.CheckoutSessionCreateInput) (warnings []warning) {
	for i, method := range in.Methods {
		onlyIDR := method == gen.CheckoutMethodQRIS || method == gen.CheckoutMethodVA
		if onlyIDR && in.Currency != gen.CurrencyIDR || method == gen.CheckoutMethodPaypal && in.Currency == gen.CurrencyIDR {
			warnings = append(warnings, warning{
				Field: fmt.Sprintf("methods.%d", i), Text: fmt.Sprintf("is %s, which does not take %s", method, in.Currency),
			})
		}
	}
	return warnings
}

// sumWarning is about line items that do not add up to the amount. Line items of another shape are not looked at.
func sumWarning(amount int64, lineItems json.RawMessage) (warning, bool) {
	var items []struct{ Quantity, UnitAmount *int64 }
	if json.Unmarshal(lineItems, &items) != nil || len(items) == 0 {
		return warning{}, false
	}
	sum := new(big.Int) // the sum of many may be no int64
	for _, item := range items {
		if item.Quantity == nil || item.UnitAmount == nil {
			return warning{}, false
		}
		sum.Add(sum, new(big.Int).Mul(big.NewInt(*item.Quantity), big.NewInt(*item.UnitAmount)))
	}
	if sum.Cmp(big.NewInt(amount)) == 0 {
		return warning{}, false
	}
	return warning{"lineItems", "do not add up to the amount", fmt.Sprintf("they make %s, the amount is %d", sum, amount)}, true
}

// unknownProperties are those that the contract does not have, of the body and of its line items. Plugipay ignores them.
func unknownProperties(schema *openapi3.Schema, sent map[string]json.RawMessage) []warning {
	warnings := unknownOf(schema, sent, "")
	var items []map[string]json.RawMessage
	lineItems := partOf(schema, "lineItems")
	if lineItems == nil || lineItems.Items == nil || json.Unmarshal(sent["lineItems"], &items) != nil {
		return warnings
	}
	for i, item := range items {
		warnings = append(warnings, unknownOf(lineItems.Items.Value, item, fmt.Sprintf("lineItems.%d.", i))...)
	}
	return warnings
}

func unknownOf(schema *openapi3.Schema, object map[string]json.RawMessage, at string) (warnings []warning) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if schema.Properties[name] != nil {
			continue
		}
		text := "is not a property that Plugipay knows"
		for known := range schema.Properties {
			if strings.EqualFold(known, name) {
				text += ": did you mean " + known + "?"
			}
		}
		warnings = append(warnings, warning{Field: cut(at+name, 100), Text: text})
	}
	return warnings
}
