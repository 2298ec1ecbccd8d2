package sandbox

import (
	"encoding/json"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
)

const samplePaymentAge = 5 * time.Minute // between the creation of a sample session and its event

// SampleEvent returns a delivery for a unit test without a server: the body of an event with the name, in the versioned form, and
// the X-Plugipay-Signature header of the body, signed now with the secret. The event has a session in the state after such an
// event. If change is not nil, it changes the session first. The body is nil if the changed session cannot be written, because
// its LineItems are not JSON.
func SampleEvent(
	name plugipay.EventName, secret string, change func(*plugipay.CheckoutSession),
) (body []byte, header string) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	session, err := changed(sampleSession(name, TestAccountID, now), change)
	if err != nil {
		return nil, ""
	}
	e := event{id: newID("evt_", now), name: plainName(name), account: session.AccountID, is: session, was: session}
	if body, err = e.encode(false); err != nil {
		return nil, ""
	}
	return body, plugipay.SignWebhook(body, secret, now)
}

// sampleSession returns a session in the state right after an event of the name.
func sampleSession(name plugipay.EventName, accountID string, now time.Time) gen.CheckoutSession {
	id := newID(sessionPrefix, now)
	created := now.Add(-samplePaymentAge)
	session := gen.CheckoutSession{
		ID:         id,
		AccountID:  accountID,
		Amount:     199_000_00,
		Currency:   gen.CurrencyIDR,
		Status:     gen.CheckoutSessionStatusOpen,
		Methods:    []gen.CheckoutMethod{gen.CheckoutMethodQRIS, gen.CheckoutMethodVA},
		LineItems:  json.RawMessage(`[]`),
		SuccessURL: "https://example.com/thank-you",
		CancelURL:  "https://example.com/cart",
		HostedURL:  "https://plugipay.com/c/" + id,
		ExpiresAt:  formatTime(afterSeconds(created, defaultLifetime)),
		CreatedAt:  formatTime(created),
		UpdatedAt:  formatTime(now),
	}
	switch plainName(name) {
	case gen.EventCheckoutSessionCompleted, gen.EventCheckoutSessionAsyncPaymentSucceeded:
		adapter, completed := string(gen.CheckoutAdapterXendit), formatTime(now)
		session.Status, session.Adapter, session.CompletedAt = gen.CheckoutSessionStatusCompleted, &adapter, &completed
	case gen.EventCheckoutSessionExpired:
		session.Status, session.ExpiresAt = gen.CheckoutSessionStatusExpired, formatTime(now)
	}
	return session
}

// changed returns a copy of a session after the user's function has changed it.
func changed(session gen.CheckoutSession, change func(*plugipay.CheckoutSession)) (gen.CheckoutSession, error) {
	if change == nil {
		return session, nil
	}
	var public plugipay.CheckoutSession
	if err := convert(session, &public); err != nil {
		return gen.CheckoutSession{}, err
	}
	change(&public)
	var altered gen.CheckoutSession
	err := convert(public, &altered)
	return altered, err
}

// convert copies a value into another type with the same JSON.
func convert(from, to any) error {
	encoded, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(encoded, to)
}
