package sandbox

import (
	"encoding/json"
	"math"

	"github.com/plugipay/plugipay-go/gen"
)

// lineItemView is a line item as the hosted page shows it.
type lineItemView struct {
	Name       string
	Quantity   int64
	UnitAmount string
	Total      string
}

// lineItemViewsIn returns the line items that have the documented shape. A session's line items may be any JSON. The page leaves
// out line items of any other shape.
func (s *Sandbox) lineItemViewsIn(l language, lineItems json.RawMessage, currency gen.CurrencyCode) []lineItemView {
	var items []json.RawMessage
	if json.Unmarshal(lineItems, &items) != nil {
		return nil
	}
	var views []lineItemView
	for _, item := range items {
		if view, ok := s.newLineItemView(l, item, currency); ok {
			views = append(views, view)
		}
	}
	return views
}

func (s *Sandbox) newLineItemView(l language, item json.RawMessage, currency gen.CurrencyCode) (lineItemView, bool) {
	var in struct {
		Name       string
		Quantity   int64
		UnitAmount *int64
	}
	if json.Unmarshal(item, &in) != nil || in.Name == "" || in.Quantity < 1 || in.UnitAmount == nil {
		return lineItemView{}, false
	}
	unit := *in.UnitAmount
	if unit > math.MaxInt64/in.Quantity || unit < math.MinInt64/in.Quantity { // the total would overflow int64
		return lineItemView{}, false
	}
	return lineItemView{
		Name:       in.Name,
		Quantity:   in.Quantity,
		UnitAmount: s.formatAmountIn(l, unit, currency),
		Total:      s.formatAmountIn(l, unit*in.Quantity, currency),
	}, true
}
