package sandbox_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/sandbox"
)

// emvcoExample is EMVCo's example of a code. Its checksum is A13A.
const emvcoExample = "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678520441115802CN" +
	"5914BEST TRANSPORT6007BEIJING64200002ZH0104最佳运输0202北京540523.7253031565502016233030412340603***" +
	"0708A60086670902ME91320016A0112233449988770708123456786304"

func TestQRIS_ChecksumMatchesEMVCo(t *testing.T) {
	t.Parallel()
	// 29B1 is the check value in the definition of the checksum.
	for text, want := range map[string]uint16{"123456789": 0x29B1, emvcoExample: 0xA13A, "": 0xFFFF} {
		if got := sandbox.CRC16(text); got != want {
			t.Errorf("the checksum is %04X, want %04X", got, want)
		}
	}
}

// emvFields returns the fields of a code. It fails if the code is not well formed.
func emvFields(t *testing.T, text string) map[string]string {
	t.Helper()
	fields := map[string]string{}
	for text != "" {
		if len(text) < 4 {
			t.Fatalf("the end is not a field: %q", text)
		}
		size, err := strconv.Atoi(text[2:4])
		if err != nil || len(text) < 4+size || size == 0 {
			t.Fatalf("the length of a field is wrong: %q", text)
		}
		fields[text[:2]] = text[4 : 4+size]
		text = text[4+size:]
	}
	return fields
}

func checkQRIS(t *testing.T, text string) map[string]string {
	t.Helper()
	fields := emvFields(t, text)
	if want := fmt.Sprintf("%04X", sandbox.CRC16(text[:len(text)-4])); fields["63"] != want || !strings.HasPrefix(text, "000201") {
		t.Errorf("the checksum of %q is not %s", text, want)
	}
	emvFields(t, fields["26"])
	emvFields(t, fields["51"])
	emvFields(t, fields["62"])
	return fields
}

func TestQRIS_TextHasTheFieldsOfAPayment(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		merchant string
		amount   int64
		currency gen.CurrencyCode
		want     map[string]string
	}{
		"rupiah": {"Kopi Tenang", 19_900_000, gen.CurrencyIDR, map[string]string{
			"53": "360", "54": "199000", "59": "Kopi Tenang", "58": "ID", "01": "12",
		}},
		"with sen":         {"A", 19_900_005, gen.CurrencyIDR, map[string]string{"54": "199000.05"}},
		"dollars":          {"A", 4_999, gen.CurrencyUSD, map[string]string{"53": "840", "54": "49.99"}},
		"a long amount":    {"A", 9_223_372_036_854_775_807, gen.CurrencyIDR, map[string]string{"54": ""}},
		"a long name":      {strings.Repeat("Kopi ", 20), 100, gen.CurrencyIDR, map[string]string{"59": "Kopi Kopi Kopi Kopi Kopi"}},
		"no ASCII in name": {"متجر", 100, gen.CurrencyIDR, map[string]string{"59": "SANDBOX"}},
	} {
		fields := checkQRIS(t, sandbox.QRISText(tt.merchant, "cs_01ARZ3NDEKTSV4RRFFQ69G5FAV", tt.amount, tt.currency))
		for id, want := range tt.want {
			if fields[id] != want {
				t.Errorf("%s: field %s is %q, want %q", name, id, fields[id], want)
			}
		}
	}
}

// The images of these texts were read with gozxing, from a screenshot of the page. It is not the program that draws them. If
// the encoder draws the images differently, read them with a scanner again before you change the hashes.
func TestCodes_ImagesAreThoseThatWereScanned(t *testing.T) {
	t.Parallel()
	text := sandbox.QRISText("Kopi Tenang", "cs_01M8EEHA38BQJ2RD6QRG8E63", 19_900_000, gen.CurrencyIDR)
	if !strings.HasSuffix(text, "63041725") {
		t.Errorf("the text is %s", text)
	}
	for path, want := range map[string]string{
		sandbox.QRImage(text):                    "731f58d900edf837",
		sandbox.BarcodeImage("7079251230788218"): "1f58c59ca422aae9",
	} {
		if got := hashOf(path)[:16]; got != want {
			t.Errorf("the image is %s, want %s: %.60s", got, want, path)
		}
	}
}

// FuzzQRIS checks that each text is well formed and its fields are not too long.
func FuzzQRIS(f *testing.F) {
	f.Add("Kopi Tenang", "cs_1", int64(19_900_000), "IDR")
	f.Add("", "", int64(-1), "USD")
	f.Add(strings.Repeat("é", 99)+"6304", "\x00\xff", int64(1), "")
	f.Fuzz(func(t *testing.T, merchant, bill string, amount int64, currency string) {
		text := sandbox.QRISText(merchant, bill, amount, gen.CurrencyCode(currency))
		fields := checkQRIS(t, text)
		if len(fields["59"]) > 25 || len(fields["54"]) > 13 {
			t.Errorf("a field is too long: %q", text)
		}
		if image := sandbox.QRImage(text); !strings.HasPrefix(image, "M4 4h7v1h-7z") {
			t.Errorf("the code does not begin with the corner mark: %.40s", image)
		}
	})
}

// FuzzLanguage checks that each Accept-Language header selects English or Indonesian.
func FuzzLanguage(f *testing.F) {
	for _, accepted := range []string{"", "id", "en;q=0.5,id", "id;q=NaN", "*;q=1,in-ID;q=0.001", ";;;,,,q=", "id;q=-0"} {
		f.Add(accepted)
	}
	f.Fuzz(func(t *testing.T, accepted string) {
		if got := sandbox.PreferredLanguage(accepted); got != "en" && got != "id" {
			t.Errorf("%q prefers %q", accepted, got)
		} else if got == "id" && !strings.Contains(strings.ToLower(accepted), "i") {
			t.Errorf("%q prefers Indonesian", accepted)
		}
	})
}

// FuzzCardForm checks that the page accepts only numbers that begin as test cards do.
func FuzzCardForm(f *testing.F) {
	f.Add("4242 4242 4242 4242", "12/34", "123")
	f.Add("4000000000003220", "1/2034", "1234")
	f.Add("", "00/00", "")
	f.Fuzz(func(t *testing.T, number, expiry, code string) {
		box := sandbox.New(failOnBreach(t))
		c := directClient(t, box)
		created := c.create()
		status := sandbox.PostHosted(box, created.ID, map[string]string{
			"action": "card", "number": number, "expiry": expiry, "code": code,
		})
		digits := strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, number)
		if status == 303 && !strings.HasPrefix(digits, "4242424242424242") && !strings.HasPrefix(digits, "40000000") {
			t.Errorf("the card %q was accepted", number)
		}
		if status != 303 && status != 400 {
			t.Errorf("status = %d", status)
		}
	})
}
