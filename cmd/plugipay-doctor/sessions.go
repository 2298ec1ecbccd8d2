package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// amount is small, and shows the unit: it is Rp 1.000 in hundredths and Rp 100.000 in whole rupiah.
const amount = 1_000_00

// lifetime is the lifetime of the sessions in seconds.
const lifetime = 900

// input returns the input of the doctor's sessions.
func (v *visit) input() plugipay.CheckoutSessionCreateInput {
	return plugipay.CheckoutSessionCreateInput{
		Amount:       amount,
		Currency:     plugipay.CurrencyIDR,
		Methods:      []plugipay.CheckoutMethod{plugipay.CheckoutMethodQRIS, plugipay.CheckoutMethodVA},
		SuccessURL:   "https://example.com/success",
		CancelURL:    "https://example.com/cancel",
		LineItems:    []plugipay.CheckoutSessionLineItem{{Name: "plugipay-doctor", Quantity: 1, UnitAmount: amount}},
		ExpiresInSec: plugipay.Ptr(lifetime),
		Metadata:     map[string]string{"plugipay_doctor": v.marker},
	}
}

// checkCreate creates two sessions.
func (v *visit) checkCreate(ctx context.Context) finding {
	first, err := v.create(ctx, v.marker+"_1", v.input())
	if err != nil {
		v.createErr = err
		return isDifferent(advice(err), "%v", err)
	}
	if first.Mode != "" && first.Mode != "test" {
		v.live = true
		return isDifferent("use a key for test data: the other checks were not made", "this key works with live data: the session's mode is %q", first.Mode)
	}
	second, err := v.create(ctx, v.marker+"_2", v.input())
	if err != nil {
		return isDifferent(advice(err), "the second session: %v", err)
	}
	v.first, v.second = first, second
	if err := first.Check(plugipay.CheckoutSessionExpectation{Amount: amount, Currency: plugipay.CurrencyIDR}); err != nil {
		return isDifferent(advice(err), "%v", err)
	}
	if first.Status != plugipay.CheckoutSessionStatusOpen {
		return isDifferent(advice(nil), "a new session is %q, not open", first.Status)
	}
	return isAsExpected("a new session is open, with its amount and currency")
}

// checkScope reports whether the key may write.
func (v *visit) checkScope(context.Context) finding {
	switch {
	case errors.Is(v.createErr, plugipay.ErrInsufficientScope):
		return isDifferent(advice(v.createErr), "the key may not create checkout sessions")
	case v.first == nil:
		return isUnknown("", "no session was created; see create")
	}
	return isAsExpected("the key may read and write checkout sessions")
}

var ulid = regexp.MustCompile(`^[0-9A-Za-z]{26}$`)

// checkShape looks at the session's ids, URLs and times.
func (v *visit) checkShape(context.Context) finding {
	s := v.first
	hosted, err := url.Parse(s.HostedURL)
	expires, expiresErr := s.ExpiresTime()
	created, createdErr := s.CreatedTime()
	var wrong []string
	for problem, found := range map[string]bool{
		"the id is not cs_ and 26 letters and digits":                !isID("cs_", s.ID),
		"accountId is not acc_ and 26 letters and digits":            !isID("acc_", s.AccountID),
		"hostedUrl is not an absolute URL":                           err != nil || hosted.Scheme == "" || hosted.Host == "",
		"hostedUrl does not end with /c/ and the id":                 !strings.HasSuffix(s.HostedURL, "/c/"+s.ID),
		"createdAt or expiresAt is not a time":                       expiresErr != nil || createdErr != nil,
		"expiresAt is not 900 seconds after createdAt, as requested": expiresErr == nil && createdErr == nil && (expires.Sub(created)-lifetime*time.Second).Abs() > 5*time.Second,
		"metadata is not what was sent":                              s.Metadata["plugipay_doctor"] != v.marker,
	} {
		if found {
			wrong = append(wrong, problem)
		}
	}
	if len(wrong) > 0 {
		return isDifferent(advice(nil), "%s", joined(wrong))
	}
	return isAsExpected("cs_… and acc_… with 26 characters, the page is at %s://%s/c/…", hosted.Scheme, hosted.Host)
}

func isID(prefix, id string) bool {
	rest, found := strings.CutPrefix(id, prefix)
	return found && ulid.MatchString(rest)
}

// checkGet expects the session that was created.
func (v *visit) checkGet(ctx context.Context) finding {
	got, err := v.client.CheckoutSessions.Get(ctx, v.first.ID)
	switch {
	case err != nil:
		return isDifferent(advice(err), "%v", err)
	case got.ID != v.first.ID || got.Amount != amount || got.HostedURL != v.first.HostedURL:
		return isDifferent(advice(nil), "the session that was read is not the one that was created")
	}
	return isAsExpected("the session can be read")
}

// checkUnknown expects 404 for an id that does not exist.
func (v *visit) checkUnknown(ctx context.Context) finding {
	_, err := v.client.CheckoutSessions.Get(ctx, "cs_00000000000000000000000000")
	if errors.Is(err, plugipay.ErrNotFound) {
		return isAsExpected("an unknown id gets 404 not_found")
	}
	return isDifferent(advice(err), "an unknown id gets %s", result(err))
}

// checkValidation expects that an amount of zero is refused by name.
func (v *visit) checkValidation(ctx context.Context) finding {
	input := v.input()
	input.Amount = 0
	_, err := v.create(ctx, v.marker+"_zero", input)
	var failed *plugipay.Error
	switch {
	case errors.As(err, &failed) && failed.Code == plugipay.ErrorCodeValidationError && failed.Field == "amount":
		return isAsExpected("an amount of zero gets 400 validation_error, field amount")
	case errors.Is(err, plugipay.ErrInsufficientScope):
		return isUnknown("", "the key may not write")
	case errors.Is(err, plugipay.ErrValidation):
		return isDifferent(advice(nil), "the error for an amount of zero names the field %q", failed.Field)
	}
	return isDifferent(advice(err), "an amount of zero gets %s", result(err))
}

// checkConfirm confirms the second session without a body. Whether Plugipay confirms an open session is not documented.
func (v *visit) checkConfirm(ctx context.Context) finding {
	var confirmed plugipay.CheckoutSession
	err := v.client.Do(ctx, plugipay.RequestOptions{
		Method: http.MethodPost, Path: "/api/v1/checkout-sessions/" + url.PathEscape(v.second.ID) + "/confirm",
	}, &confirmed)
	switch {
	case err == nil && confirmed.Status == plugipay.CheckoutSessionStatusCompleted:
		return isAsExpected("confirm without a body completes an open session")
	case errors.Is(err, plugipay.ErrConflict):
		return isAsExpected("confirm without a body is read; an open session gets 409 conflict")
	case err == nil:
		return isDifferent(advice(nil), "a confirmed session is %q", confirmed.Status)
	}
	return isDifferent(advice(err), "%v", err)
}

// checkCancel cancels the first session.
func (v *visit) checkCancel(ctx context.Context) finding {
	canceled, err := v.client.CheckoutSessions.Cancel(ctx, v.first.ID)
	switch {
	case err != nil:
		return isDifferent(advice(err), "%v", err)
	case canceled.Status != plugipay.CheckoutSessionStatusCanceled:
		return isDifferent(advice(nil), "a canceled session is %q", canceled.Status)
	}
	return isAsExpected("an open session is canceled")
}

// checkCancelAgain expects a conflict.
func (v *visit) checkCancelAgain(ctx context.Context) finding {
	_, err := v.client.CheckoutSessions.Cancel(ctx, v.first.ID)
	if errors.Is(err, plugipay.ErrConflict) {
		return isAsExpected("canceling a canceled session gets 409 conflict")
	}
	return isDifferent(advice(err), "canceling a canceled session gets %s", result(err))
}

// checkUnit asks the reader to look at the page of a session. Sources disagree about the unit of IDR.
func (v *visit) checkUnit(ctx context.Context) finding {
	session, err := v.create(ctx, v.marker+"_unit", v.input())
	if err != nil {
		return isUnknown(advice(err), "%v", err)
	}
	do := "Rp 1.000: amounts are hundredths of a rupiah. Rp 100.000: amounts are whole rupiah. Run the doctor with -keep if the page of an ended session shows no amount"
	if v.keep {
		v.created = v.created[:len(v.created)-1]
		do = "Rp 1.000: amounts are hundredths of a rupiah. Rp 100.000: amounts are whole rupiah. The session expires in 15 minutes"
	}
	return isUnknown(do, "does the page say Rp 1.000 or Rp 100.000? %s", session.HostedURL)
}
