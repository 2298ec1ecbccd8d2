package sandbox

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/plugipay/plugipay-go/gen"
)

// qrisText returns the text of a QRIS code, in the form that EMVCo's "Merchant Presented Mode" gives it: fields of two
// digits for the id, two for the length, and the value. The merchant's numbers are zeros, so that a banking app refuses
// the code. An amount of zero or less, or one that does not fit into its field, is left out.
func qrisText(merchant, bill string, amount int64, currency gen.CurrencyCode) string {
	number := "360"
	if currency == gen.CurrencyUSD {
		number = "840"
	}
	var text strings.Builder
	text.WriteString(emvField("00", "01"))
	text.WriteString(emvField("01", "12")) // for one payment
	text.WriteString(emvField("26", emvField("00", "COM.PLUGIPAY.WWW")+emvField("01", "936000000000000000")+
		emvField("02", "000000000000000")+emvField("03", "UMI")))
	text.WriteString(emvField("51", emvField("00", "ID.CO.QRIS.WWW")+emvField("02", "ID0000000000000")+emvField("03", "UMI")))
	text.WriteString(emvField("52", "5999")) // a shop that is nothing in particular
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

// emvField writes a field. No value is longer than 99 bytes here.
func emvField(id, value string) string { return fmt.Sprintf("%s%02d%s", id, len(value), value) }

// emvAmount writes an amount of hundredths in whole units, with decimals only if there are some. It is empty if the
// amount is longer than the 13 characters of the field.
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

// emvName returns a name in the letters that every reader of a code knows. It is empty if the name has none.
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

// crc16 is the checksum of EMVCo's codes: CRC-16/CCITT-FALSE, of the polynomial 0x1021 from 0xFFFF.
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
