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

// warning describes a part of a request that the contract allows but that is most likely a mistake. A strict sandbox refuses the
// request.
type warning struct {
	Field string
	Text  string // without values from the request
	More  string // details for the console, with values
}

// warningsOf returns the warnings about a request that creates a session.
func (s *Sandbox) warningsOf(
	in gen.CheckoutSessionCreateInput, sent map[string]json.RawMessage, schema *openapi3.Schema,
) []warning {
	warnings := methodWarnings(in)
	if s.amounts == nil && in.Currency == gen.CurrencyIDR && in.Amount%100 != 0 {
		warnings = append(warnings, warning{Field: "amount", Text: "has sen, which are not in use",
			More: "amounts are in hundredths: 19900000 is Rp 199.000"})
	}
	if w, ok := sumWarning(in.Amount, lineItemsOf(sent)); ok {
		warnings = append(warnings, w)
	}
	return append(warnings, unknownProperties(schema, sent)...)
}

// methodWarnings returns warnings about methods that do not support the currency.
func methodWarnings(in gen.CheckoutSessionCreateInput) (warnings []warning) {
	for i, method := range in.Methods {
		onlyIDR := method == gen.CheckoutMethodQRIS || method == gen.CheckoutMethodVA
		if onlyIDR && in.Currency != gen.CurrencyIDR || method == gen.CheckoutMethodPaypal && in.Currency == gen.CurrencyIDR {
			warnings = append(warnings, warning{
				Field: fmt.Sprintf("methods.%d", i), Text: fmt.Sprintf("is %s, which does not support %s", method, in.Currency),
			})
		}
	}
	return warnings
}

// sumWarning returns a warning if the line items do not add up to the amount. It returns none if a line item has another shape.
func sumWarning(amount int64, lineItems json.RawMessage) (warning, bool) {
	var items []struct{ Quantity, UnitAmount *int64 }
	if json.Unmarshal(lineItems, &items) != nil || len(items) == 0 {
		return warning{}, false
	}
	sum := new(big.Int) // the sum may overflow int64
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

// unknownProperties returns warnings about properties of the body and of its line items that the contract does not have. Plugipay
// ignores such properties.
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
