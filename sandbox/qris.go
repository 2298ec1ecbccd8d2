package sandbox

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/plugipay/plugipay-go/gen"
)

// qrisText returns the text of a QRIS code in the format of EMVCo's "Merchant Presented Mode". Each field is two digits for the
// id, two digits for the length, and the value. The merchant's numbers are zeros, so that a banking app refuses the code. The
// text leaves out an amount that is zero or less or does not fit into its field.
func qrisText(merchant, bill string, amount int64, currency gen.CurrencyCode) string {
	number := "360"
	if currency == gen.CurrencyUSD {
		number = "840"
	}
	var text strings.Builder
	text.WriteString(emvField("00", "01"))
	text.WriteString(emvField("01", "12")) // the code is for one payment
	text.WriteString(emvField("26", emvField("00", "COM.PLUGIPAY.WWW")+emvField("01", "936000000000000000")+
		emvField("02", "000000000000000")+emvField("03", "UMI")))
	text.WriteString(emvField("51", emvField("00", "ID.CO.QRIS.WWW")+emvField("02", "ID0000000000000")+emvField("03", "UMI")))
	text.WriteString(emvField("52", "5999")) // merchant category: miscellaneous
	text.WriteString(emvField("53", number))
	if value := emvAmount(amount); value != "" {
		text.WriteString(emvField("54", value))
	}
	text.WriteString(emvField("58", "ID"))
	text.WriteString(emvField("59", emvName(merchant, 25)))
	text.WriteString(emvField("60", "JAKARTA"))
	text.WriteString(emvField("61", "10110"))
	text.WriteString(emvField("62", emvField("01", emvName(bill, 25))))
	text.WriteString("6304")
	return text.String() + fmt.Sprintf("%04X", crc16(text.String()))
}

// emvField formats a field. The value must not be longer than 99 bytes.
func emvField(id, value string) string { return fmt.Sprintf("%s%02d%s", id, len(value), value) }

// emvAmount formats an amount in hundredths as whole units, with decimals only if they are not zero. It returns "" if the amount
// is zero or less, or longer than the 13 characters of the field.
func emvAmount(hundredths int64) string {
	if hundredths <= 0 {
		return ""
	}
	text := strconv.FormatInt(hundredths/100, 10)
	if rest := hundredths % 100; rest != 0 {
		text += fmt.Sprintf(".%02d", rest)
	}
	if len(text) > 13 {
		return ""
	}
	return text
}

// emvName returns the beginning of a name in printable ASCII, which every reader of a code supports. It returns "SANDBOX" if the
// name has no such characters.
func emvName(name string, longest int) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, name)
	plain = strings.Join(strings.Fields(plain), " ")
	plain = strings.TrimSpace(plain[:min(len(plain), longest)])
	if plain == "" {
		return "SANDBOX"
	}
	return plain
}

// crc16 returns the checksum of EMVCo's codes: CRC-16/CCITT-FALSE, with the polynomial 0x1021 and the initial value 0xFFFF.
func crc16(text string) uint16 {
	crc := uint16(0xFFFF)
	for i := range len(text) {
		crc ^= uint16(text[i]) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}
