package sandbox_test

import (
	"math"
	"testing"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/sandbox"
)

func TestAmountsAreWrittenAsTheCurrencyDoes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		currency gen.CurrencyCode
		amount   int64
		want     string
	}{
		"rupiah have no decimals where they are zero": {gen.CurrencyIDR, 19_900_000, "IDR 199,000"},
		"rupiah show hundredths where there are some": {gen.CurrencyIDR, 19_900_005, "IDR 199,000.05"},
		"dollars have decimals":                       {gen.CurrencyUSD, 4_999, "USD 49.99"},
		"dollars have decimals that are zero":         {gen.CurrencyUSD, 500_000, "USD 5,000.00"},
		"less than one":                               {gen.CurrencyUSD, 7, "USD 0.07"},
		"three digits have no comma":                  {gen.CurrencyIDR, 99_900, "IDR 999"},
		"millions have two commas":                    {gen.CurrencyIDR, 123_456_700, "IDR 1,234,567"},
		"less than nothing":                           {gen.CurrencyIDR, -500_000, "IDR -5,000"},
		"the most":                                    {gen.CurrencyUSD, math.MaxInt64, "USD 92,233,720,368,547,758.07"},
		"the least":                                   {gen.CurrencyUSD, math.MinInt64, "USD -92,233,720,368,547,758.08"},
		"a currency of the future":                    {"EUR", 100, "EUR 1.00"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := sandbox.FormatAmount(tt.currency, tt.amount); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
