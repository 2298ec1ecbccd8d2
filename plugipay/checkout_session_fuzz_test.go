package plugipay_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// FuzzTimes checks that each text is either an invalid_response or a time in UTC that formats and parses to itself.
func FuzzTimes(f *testing.F) {
	for _, text := range []string{
		"2026-09-21T14:13:20.000Z", "2026-09-21T14:13:20Z", "2026-09-21T21:13:20.5+07:00", "2026-09-21", "", "0000-01-01T00:00:00Z",
		"9999-12-31T23:59:59.999999999-23:59", "2026-09-21T14:13:20,5Z", "2016-12-31T23:59:60Z",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for property, read := range timeMethods {
			got, err := read(text)
			if err != nil {
				if !errors.Is(err, plugipay.ErrInvalidResponse) || !got.IsZero() {
					t.Fatalf("%s %q is %s, error %v", property, text, got, err)
				}
				continue
			}
			written := got.Format(time.RFC3339Nano)
			again, err := read(written)
			if got.Location() != time.UTC || got.Year() >= 1 && got.Year() <= 9998 && (err != nil || again != got) {
				t.Fatalf("%s %q is %s, and %s is %s, error %v", property, text, got, written, again, err)
			}
		}
	})
}

// FuzzLineItems checks that line items are either refused, or that each element of the list is one line item with all its
// properties.
func FuzzLineItems(f *testing.F) {
	for _, lineItems := range []string{
		"", "null", "[]", "[null]", "{}", `[{"name":"a","quantity":1,"unitAmount":2}]`, `[{"name":"a","quantity":1,"UNITAMOUNT":2}]`,
		`[{"name":"a","name":null,"quantity":1,"unitAmount":2},{}]`, `[{"name":"a","quantity":1e2,"unitAmount":-0}]`, ` [ ] `,
	} {
		f.Add([]byte(lineItems))
	}
	f.Fuzz(func(t *testing.T, lineItems []byte) {
		session := plugipay.CheckoutSession{LineItems: lineItems}
		items, err := session.DecodeLineItems()
		if err != nil {
			if !errors.Is(err, plugipay.ErrInvalidResponse) || items != nil {
				t.Fatalf("%s is %+v, error %v", lineItems, items, err)
			}
			return
		}
		if len(lineItems) == 0 {
			return
		}
		var sent []map[string]any
		if err := json.Unmarshal(lineItems, &sent); err != nil || len(sent) != len(items) {
			t.Fatalf("%s is %+v (%v)", lineItems, items, err)
		}
		for i, item := range sent {
			for _, property := range []string{"name", "quantity", "unitAmount"} {
				if item[property] == nil {
					t.Fatalf("%s is %+v, but item %d has no %s", lineItems, items, i, property)
				}
			}
		}
	})
}
