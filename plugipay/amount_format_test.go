package plugipay_test

import (
	"math"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
)

func TestAmountsAreWrittenAsTheCurrencyDoes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		currency plugipay.CurrencyCode
		amount   int64
		want     string
	}{
		"rupiah have no decimals where they are zero": {plugipay.CurrencyIDR, 19_900_000, "IDR 199,000"},
		"rupiah show hundredths where there are some": {plugipay.CurrencyIDR, 19_900_005, "IDR 199,000.05"},
		"dollars have decimals":                       {plugipay.CurrencyUSD, 4_999, "USD 49.99"},
		"dollars have decimals that are zero":         {plugipay.CurrencyUSD, 500_000, "USD 5,000.00"},
		"less than one":                               {plugipay.CurrencyUSD, 7, "USD 0.07"},
		"three digits have no comma":                  {plugipay.CurrencyIDR, 99_900, "IDR 999"},
		"millions have two commas":                    {plugipay.CurrencyIDR, 123_456_700, "IDR 1,234,567"},
		"less than nothing":                           {plugipay.CurrencyIDR, -500_000, "IDR -5,000"},
		"the most":                                    {plugipay.CurrencyUSD, math.MaxInt64, "USD 92,233,720,368,547,758.07"},
		"the least":                                   {plugipay.CurrencyUSD, math.MinInt64, "USD -92,233,720,368,547,758.08"},
		"less than one, negative":                     {plugipay.CurrencyUSD, -7, "USD -0.07"},
		"nothing":                                     {plugipay.CurrencyUSD, 0, "USD 0.00"},
		"no rupiah":                                   {plugipay.CurrencyIDR, 0, "IDR 0"},
		"a hundredth of a rupiah":                     {plugipay.CurrencyIDR, 1, "IDR 0.01"},
		"a currency of the future":                    {"EUR", 100, "EUR 1.00"},
		"one without decimals":                        {"VND", 199_000, "VND 199,000"},
		"none of one without decimals":                {"JPY", 0, "JPY 0"},
		"the least of one without decimals":           {"JPY", math.MinInt64, "JPY -9,223,372,036,854,775,808"},
		"one with three decimals":                     {"KWD", 1_234_567, "KWD 1,234.567"},
		"less than one with three decimals":           {"KWD", 7, "KWD 0.007"},
		"one with four decimals":                      {"CLF", 12_345, "CLF 1.2345"},
		"one that nobody knows":                       {"QQQ", 123_456, "QQQ 1,234.56"},
		"no currency":                                 {"", 123_456, "1,234.56"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := plugipay.FormatAmount(tt.amount, tt.currency); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
