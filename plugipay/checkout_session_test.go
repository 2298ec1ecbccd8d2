package plugipay_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

func TestHasEnded_IsTrueForTheFourFinalStatuses(t *testing.T) {
	t.Parallel()
	ended := []string{"completed", "failed", "expired", "canceled"}
	for _, status := range append(plugipay.CheckoutSessionStatuses(), "", "on_hold", "COMPLETED") {
		session := plugipay.CheckoutSession{Status: status}
		if got, want := session.HasEnded(), slices.Contains(ended, status); got != want {
			t.Errorf("HasEnded of a session with the status %q is %t, want %t", status, got, want)
		}
	}
}

// timeMethods calls, for each time property, its method on a session whose property is the text.
var timeMethods = map[string]func(text string) (time.Time, error){
	"createdAt": func(text string) (time.Time, error) {
		return (&plugipay.CheckoutSession{CreatedAt: text}).CreatedTime()
	},
	"updatedAt": func(text string) (time.Time, error) {
		return (&plugipay.CheckoutSession{UpdatedAt: text}).UpdatedTime()
	},
	"expiresAt": func(text string) (time.Time, error) {
		return (&plugipay.CheckoutSession{ExpiresAt: text}).ExpiresTime()
	},
	"completedAt": func(text string) (time.Time, error) {
		return (&plugipay.CheckoutSession{CompletedAt: &text}).CompletedTime()
	},
}

func TestTimes_AreReturnedInUTC(t *testing.T) {
	t.Parallel()
	tests := map[string]time.Time{
		"2026-09-21T14:13:20.000Z":       time.Date(2026, 9, 21, 14, 13, 20, 0, time.UTC),
		"2026-09-21T14:13:20Z":           time.Date(2026, 9, 21, 14, 13, 20, 0, time.UTC),
		"2026-09-21T14:13:20.123Z":       time.Date(2026, 9, 21, 14, 13, 20, 123_000_000, time.UTC),
		"2026-09-21T14:13:20.123456789Z": time.Date(2026, 9, 21, 14, 13, 20, 123_456_789, time.UTC),
		"2026-09-21T21:13:20+07:00":      time.Date(2026, 9, 21, 14, 13, 20, 0, time.UTC),
		"2028-02-29T23:59:59.999Z":       time.Date(2028, 2, 29, 23, 59, 59, 999_000_000, time.UTC),
	}
	for text, want := range tests {
		for property, read := range timeMethods {
			if got, err := read(text); err != nil || got != want {
				t.Errorf("%s %s is %s, want %s, error %v", property, text, got, want, err)
			}
		}
	}
}

func TestTimes_InvalidTextIsAnErrorThatQuotesIt(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "soon", "1790000000", "2026-09-21", "2026-09-21 14:13:20Z", "2026-09-21T14:13:20", "2026-09-21T14:13Z",
		"2026-09-21T24:00:00Z", "2026-02-30T14:13:20Z", "0001-13-01T00:00:00Z", "2026-09-21T14:13:20+0700", "\x00\"",
	} {
		for property, read := range timeMethods {
			got, err := read(text)
			pe := wantError(t, err, 0, "invalid_response")
			if !strings.Contains(pe.Message, property) || !strings.Contains(pe.Message, strconv.Quote(text)) || !got.IsZero() {
				t.Errorf("%s %q is %s, error %v", property, text, got, err)
			}
			var parse *time.ParseError
			if !errors.As(err, &parse) {
				t.Errorf("the cause of %v is not found", err)
			}
		}
	}
	_, err := timeMethods["expiresAt"](strings.Repeat("x", 1_000_000))
	if pe := wantError(t, err, 0, "invalid_response"); len(pe.Message) > 300 {
		t.Errorf("the message has %d bytes", len(pe.Message))
	}
}

func TestCompletedTime_IsZeroBeforeCompletion(t *testing.T) {
	t.Parallel()
	got, err := (&plugipay.CheckoutSession{}).CompletedTime()
	if err != nil || !got.IsZero() {
		t.Errorf("the time is %s, error %v", got, err)
	}
}

func TestDecodeLineItems_ReturnsEveryItem(t *testing.T) {
	t.Parallel()
	plan := plugipay.CheckoutSessionLineItem{Name: "Annual Pro plan", Quantity: 1, UnitAmount: 19_900_000}
	tests := map[string][]plugipay.CheckoutSessionLineItem{
		``:     nil,
		`null`: nil,
		`[]`:   nil,
		`[{"name": "Annual Pro plan", "quantity": 1, "unitAmount": 19900000}]`:                                {plan},
		`[{"name": "Annual Pro plan", "quantity": 1, "unitAmount": 19900000, "sku": {"new": [1]}}]`:           {plan},
		`[{"name": "", "quantity": 0, "unitAmount": 0}, {"name":"a","quantity":2,"unitAmount":-5}]`:           {{}, {Name: "a", Quantity: 2, UnitAmount: -5}},
		`[{"name": "☕", "quantity": 9223372036854775807, "unitAmount": 9223372036854775807, "image": null} ]`: {{Name: "☕", Quantity: 1<<63 - 1, UnitAmount: 1<<63 - 1}},
	}
	for lineItems, want := range tests {
		session := plugipay.CheckoutSession{LineItems: json.RawMessage(lineItems)}
		if got, err := session.DecodeLineItems(); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s is %+v, want %+v, error %v", lineItems, got, want, err)
		}
	}
}

func TestDecodeLineItems_OtherShapesAreErrors(t *testing.T) {
	t.Parallel()
	for lineItems, says := range map[string]string{
		`{"data": []}`: "not a list",
		`"text"`:       "not a list",
		`42`:           "not a list",
		`[[]]`:         "not a list",
		`["a"]`:        "not a list",
		`[{"name": 1, "quantity": 1, "unitAmount": 1}]`:                     "not a list",
		`[{"name": "a", "quantity": 1.5, "unitAmount": 1}]`:                 "not a list",
		`[{"name": "a", "quantity": 1, "unitAmount": "1"}]`:                 "not a list",
		`[{"name": "a", "quantity": 1, "unitAmount": 9223372036854775808}]`: "not a list",
		`[{"name": "a", "quantity": 1, "unitAmount": 1}`:                    "not a list",
		`[null]`:                             "lineItems[0] has no name",
		`[{}]`:                               "lineItems[0] has no name",
		`[{"quantity": 1, "unitAmount": 1}]`: "lineItems[0] has no name",
		`[{"name": "a", "unitAmount": 1}]`:   "lineItems[0] has no quantity",
		`[{"name": "a", "quantity": 1, "price": 10}]`:                                               "lineItems[0] has no unitAmount",
		`[{"name": "a", "quantity": 1, "unitAmount": null}]`:                                        "lineItems[0] has no unitAmount",
		`[{"name": "a", "quantity": 1, "UnitAmount": 1}]`:                                           "lineItems[0] has no unitAmount",
		`[{"name": "a", "quantity": 1, "unitAmount": 1}, {"name": "b", "quantity": 1, "price": 2}]`: "lineItems[1] has no unitAmount",
	} {
		session := plugipay.CheckoutSession{LineItems: json.RawMessage(lineItems)}
		got, err := session.DecodeLineItems()
		if pe := wantError(t, err, 0, "invalid_response"); !strings.Contains(pe.Message, says) || got != nil {
			t.Errorf("%s is %+v, error %v, want %q in it", lineItems, got, err, says)
		}
	}
}
