package plugipay

import (
	"strconv"
	"strings"
)

// FormatAmount writes an amount of the currency's smallest unit for people to read: "IDR 199,000" for 199_000_00 and
// "USD 49.99" for 49_99. Rupiah show hundredths only where there are some, as nobody pays in them; other currencies always
// show their decimals.
//
// For a currency that this package has no constant for, the smallest unit is taken to be that of ISO 4217, and a hundredth
// for one that is not in there either.
func FormatAmount(amount int64, currency CurrencyCode) string {
	sign, size := "", uint64(amount)
	if amount < 0 {
		sign, size = "-", -size // right for the least int64 too, whose size is no int64
	}
	decimals := decimalsOf(currency)
	digits := strconv.FormatUint(size, 10)
	digits = strings.Repeat("0", max(0, decimals+1-len(digits))) + digits
	whole, fraction := digits[:len(digits)-decimals], digits[len(digits)-decimals:]
	text := sign + groupThousands(whole)
	if decimals > 0 && (currency != CurrencyIDR || fraction != "00") {
		text += "." + fraction
	}
	return strings.TrimPrefix(string(currency)+" "+text, " ")
}

// decimalsOf returns how many decimals a currency's smallest unit is behind the point: two, but for the exceptions of
// ISO 4217.
func decimalsOf(currency CurrencyCode) int {
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	case "CLF", "UYW":
		return 4
	}
	return 2
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
