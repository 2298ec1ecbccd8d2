package sandbox

import (
	"strconv"
	"strings"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
)

// formatAmount returns an amount for people to read, in the form of the options.
func (s *Sandbox) formatAmount(amount int64, currency gen.CurrencyCode) string {
	if s.amounts != nil {
		return s.amounts(amount, plugipay.CurrencyCode(currency))
	}
	return formatHundredths(amount, currency)
}

// formatHundredths writes an amount of hundredths: "IDR 199,000" for 199_000_00 and "USD 49.99" for 49_99. Rupiah show
// decimals only if they are not zero.
func formatHundredths(amount int64, currency gen.CurrencyCode) string {
	sign, size := "", uint64(amount)
	if amount < 0 {
		sign, size = "-", -size // also correct for the smallest int64
	}
	text := sign + groupThousands(strconv.FormatUint(size/100, 10))
	if fraction := size % 100; currency != gen.CurrencyIDR || fraction != 0 {
		text += "." + strconv.FormatUint(fraction/10, 10) + strconv.FormatUint(fraction%10, 10)
	}
	return strings.TrimPrefix(string(currency)+" "+text, " ")
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
