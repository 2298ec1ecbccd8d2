package plugipay_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
)

func TestCheck_NamesTheFirstPropertyThatDiffers(t *testing.T) {
	t.Parallel()
	session := plugipay.CheckoutSession{Amount: 7777, Currency: "IDR", AccountID: "acc_hush", Mode: "test"}
	want := plugipay.CheckoutSessionExpectation{Amount: 7777, Currency: "IDR"}
	with := func(change func(*plugipay.CheckoutSessionExpectation)) plugipay.CheckoutSessionExpectation {
		changed := want
		change(&changed)
		return changed
	}
	for name, test := range map[string]struct {
		want  plugipay.CheckoutSessionExpectation
		field string
	}{
		"equal amount and currency": {want, ""},
		"equal mode":                {with(func(w *plugipay.CheckoutSessionExpectation) { w.Mode = "test" }), ""},
		"equal account":             {with(func(w *plugipay.CheckoutSessionExpectation) { w.AccountID = "acc_hush" }), ""},
		"another amount":            {with(func(w *plugipay.CheckoutSessionExpectation) { w.Amount, w.Currency = 7778, "USD" }), "amount"},
		"another currency":          {with(func(w *plugipay.CheckoutSessionExpectation) { w.Currency, w.AccountID = "USD", "x" }), "currency"},
		"another account":           {with(func(w *plugipay.CheckoutSessionExpectation) { w.AccountID, w.Mode = "acc_other", "x" }), "accountId"},
		"another mode":              {with(func(w *plugipay.CheckoutSessionExpectation) { w.Mode = "live" }), "mode"},
	} {
		err := session.Check(test.want)
		if test.field == "" {
			if err != nil {
				t.Errorf("%s: error is %v", name, err)
			}
			continue
		}
		pe := wantError(t, err, 0, "session_mismatch")
		if pe.Field != test.field || !errors.Is(err, plugipay.ErrSessionMismatch) || strings.Contains(fmt.Sprint(err), "777") {
			t.Errorf("%s: error is %v", name, err)
		}
		wantNoSecret(t, err, allVerbs)
	}
	for _, incomplete := range []plugipay.CheckoutSessionExpectation{{}, {Amount: 7777}, {Currency: "IDR"}} {
		wantError(t, session.Check(incomplete), 0, "invalid_request")
	}
}
