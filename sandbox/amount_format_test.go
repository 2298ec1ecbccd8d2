package sandbox_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
	"github.com/plugipay/plugipay-go/sandbox"
)

func TestAmount_IsWrittenInHundredths(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	tests := map[string]struct {
		currency plugipay.CurrencyCode
		amount   int64
		want     string
	}{
		"rupiah without decimals that are zero":        {plugipay.CurrencyIDR, 19_900_000, "IDR 199,000"},
		"rupiah with decimals":                         {plugipay.CurrencyIDR, 19_900_005, "IDR 199,000.05"},
		"dollars with decimals":                        {plugipay.CurrencyUSD, 4_999, "USD 49.99"},
		"dollars with decimals that are zero":          {plugipay.CurrencyUSD, 500_000, "USD 5,000.00"},
		"less than one dollar":                         {plugipay.CurrencyUSD, 7, "USD 0.07"},
		"three digits have no comma":                   {plugipay.CurrencyIDR, 99_900, "IDR 999"},
		"millions have two commas":                     {plugipay.CurrencyIDR, 123_456_700, "IDR 1,234,567"},
		"the largest amount":                           {plugipay.CurrencyUSD, math.MaxInt64, "USD 92,233,720,368,547,758.07"},
		"the smallest amount, a hundredth of a rupiah": {plugipay.CurrencyIDR, 1, "IDR 0.01"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			created := c.in(t).create("amount", fmt.Sprint(tt.amount), "currency", fmt.Sprintf("%q", tt.currency))
			if page := open(t, server.URL+"/c/"+created.ID).body; !strings.Contains(page, "Pay "+tt.want+"<") {
				t.Errorf("the page lacks %q:\n%s", tt.want, page)
			}
		})
	}
}

func TestAmount_OfALineItemCanBeNegative(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{})
	created := c.create("lineItems", `[{"name":"Discount","quantity":1,"unitAmount":-500007}]`)
	if page := open(t, server.URL+"/c/"+created.ID).body; !strings.Contains(page, ">USD -5,000.07<") {
		t.Errorf("the page does not show the discount:\n%s", page)
	}
}

func TestAmount_UsesFormatAmount(t *testing.T) {
	t.Parallel()
	server, c := start(t, sandbox.Options{FormatAmount: func(amount int64, currency plugipay.CurrencyCode) string {
		return fmt.Sprintf("%d whole %s", amount, currency)
	}})
	created := c.create("currency", `"IDR"`, "amount", "199000",
		"lineItems", `[{"name":"Plan","quantity":2,"unitAmount":99500}]`)
	page := open(t, server.URL+"/c/"+created.ID).body
	for _, want := range []string{"Pay 199000 whole IDR<", "99500 whole IDR<"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if console := open(t, server.URL+"/").body; !strings.Contains(console, "199000 whole IDR") {
		t.Errorf("the console lacks the amount:\n%s", console)
	}
}
