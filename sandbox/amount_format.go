package sandbox

import (
	"strconv"
	"strings"

	"github.com/plugipay/plugipay-go/gen"
)

// formatAmount writes an amount, which is in hundredths for both currencies, as a buyer reads it: "IDR 199,000" and
// "USD 49.99". Nobody pays hundredths of a rupiah, so they show only where there are some.
func formatAmount(currency gen.CurrencyCode, amount int64) string {
	sign, size := "", uint64(amount)
	if amount < 0 {
		sign, size = "-", -size // right for the least int64 too, whose size is no int64
	}
	whole, hundredths := size/100, size%100
	text := string(currency) + " " + sign + groupThousands(strconv.FormatUint(whole, 10))
	if hundredths == 0 && currency == gen.CurrencyIDR {
		return text
	}
	return text + "." + strconv.FormatUint(100+hundredths, 10)[1:]
}

// groupThousands puts a comma before each group of three digits.
func groupThousands(digits string) string {
	var grouped strings.Builder
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			grouped.WriteByte(',')
		}
		grouped.WriteRune(digit)
	}
	return grouped.String()
}
