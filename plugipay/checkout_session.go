package plugipay

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// HasEnded reports whether the session is completed, failed, expired or canceled. Only a completed session is paid. The hosted
// page of an ended session takes no payment, but an expired session may still become completed: a bank transfer may settle late.
// A session with a status that this package does not know has not ended.
func (s *CheckoutSession) HasEnded() bool {
	switch s.Status {
	case CheckoutSessionStatusCompleted, CheckoutSessionStatusFailed, CheckoutSessionStatusExpired, CheckoutSessionStatusCanceled:
		return true
	}
	return false
}

// CreatedTime parses CreatedAt and returns it in UTC. The error is an [*Error] with the code invalid_response.
func (s *CheckoutSession) CreatedTime() (time.Time, error) {
	return parseTime("createdAt", s.CreatedAt)
}

// UpdatedTime parses UpdatedAt and returns it in UTC. The error is an [*Error] with the code invalid_response.
func (s *CheckoutSession) UpdatedTime() (time.Time, error) {
	return parseTime("updatedAt", s.UpdatedAt)
}

// ExpiresTime parses ExpiresAt and returns it in UTC. The error is an [*Error] with the code invalid_response.
func (s *CheckoutSession) ExpiresTime() (time.Time, error) {
	return parseTime("expiresAt", s.ExpiresAt)
}

// CompletedTime parses CompletedAt and returns it in UTC. It returns the zero time if the session is not completed. The error
// is an [*Error] with the code invalid_response.
func (s *CheckoutSession) CompletedTime() (time.Time, error) {
	if s.CompletedAt == nil {
		return time.Time{}, nil
	}
	return parseTime("completedAt", *s.CompletedAt)
}

// parseTime parses a time of the API: RFC 3339, the usual form of ISO 8601, with or without a fraction.
func parseTime(property, value string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, value)
	if err != nil {
		message := fmt.Sprintf("the session's %s is %.64q, which is not a time such as 2026-09-21T14:13:20.000Z", property, value)
		return time.Time{}, invalidResponse(0, message, err)
	}
	return t.UTC(), nil
}

// DecodeLineItems decodes LineItems as a list of line items. It returns nil if LineItems is null or empty. If LineItems has
// another shape, or a line item lacks a property of [CheckoutSessionLineItem], the error is an [*Error] with the code
// invalid_response. Decode LineItems with json.Unmarshal then.
func (s *CheckoutSession) DecodeLineItems() ([]CheckoutSessionLineItem, error) {
	if len(s.LineItems) == 0 {
		return nil, nil
	}
	var items []CheckoutSessionLineItem
	var sent []map[string]json.RawMessage
	for _, into := range []any{&items, &sent} {
		if err := json.Unmarshal(s.LineItems, into); err != nil {
			return nil, invalidResponse(0, "the session's lineItems are not a list of line items", err)
		}
	}
	for i, item := range sent {
		if name := missingProperty(item); name != "" {
			return nil, invalidResponse(0, fmt.Sprintf("the session's lineItems[%d] has no %s", i, name), nil)
		}
	}
	return items, nil
}

// missingProperty returns the name of a required property that is missing or null, or "". A missing amount must not become
// zero. The required properties are the properties in the JSON of an empty line item.
func missingProperty(item map[string]json.RawMessage) string {
	var required map[string]json.RawMessage
	empty, _ := json.Marshal(CheckoutSessionLineItem{})
	_ = json.Unmarshal(empty, &required)
	for _, name := range slices.Sorted(maps.Keys(required)) {
		if value, ok := item[name]; !ok || string(value) == "null" {
			return name
		}
	}
	return ""
}

// essentialProperties are the properties without which a session cannot be used.
var essentialProperties = []string{"id", "amount", "currency", "status", "hostedUrl"}

// decodeLeniently decodes a session property by property. A property whose type differs from the contract leaves its field
// empty. An essential property of another type is an error.
func (s *CheckoutSession) decodeLeniently(data []byte) error {
	var properties map[string]json.RawMessage
	if err := json.Unmarshal(data, &properties); err != nil {
		return err
	}
	*s = CheckoutSession{}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		property, err := json.Marshal(map[string]json.RawMessage{name: properties[name]})
		if err != nil {
			return err
		}
		decoded := *s
		if err := json.Unmarshal(property, &decoded); err == nil {
			*s = decoded
		} else if isEssential(name) {
			return err
		}
	}
	return nil
}

// isEssential reports whether a session cannot be used without the property. Package json ignores the case of names.
func isEssential(property string) bool {
	return slices.ContainsFunc(essentialProperties, func(name string) bool { return strings.EqualFold(name, property) })
}

// decodeSessionsLeniently is decodeLeniently for a list.
func decodeSessionsLeniently(data []byte, sessions *[]CheckoutSession) error {
	var sent []json.RawMessage
	if err := json.Unmarshal(data, &sent); err != nil {
		return err
	}
	*sessions = make([]CheckoutSession, len(sent))
	for i := range sent {
		if err := (*sessions)[i].decodeLeniently(sent[i]); err != nil {
			return err
		}
	}
	return nil
}

// CheckoutSessionExpectation holds the values that a program expects in a session, from its own records. See
// [CheckoutSession.Check].
type CheckoutSessionExpectation struct {
	// Amount is the amount that the session was created with, in the currency's smallest unit. Required.
	Amount int64
	// Currency is the currency of the amount. Required.
	Currency CurrencyCode
	// AccountID is the merchant account (acc_…). Empty means not to compare it.
	AccountID string
	// Mode is "live" or "test". Empty means not to compare it. Leave it empty if Plugipay sends sessions without a mode.
	Mode string
}

// Check compares the session with the expected values. Call it before you fulfill an order, because a genuine event can be
// about another amount, another merchant's account, or test money.
//
// The error is an [*Error]. Its code is session_mismatch when a property differs, and Field names the first one of amount,
// currency, accountId and mode. The error shows no values. Its code is invalid_request when want has no Amount or no
// Currency. Nil means that everything matches.
func (s *CheckoutSession) Check(want CheckoutSessionExpectation) error {
	if want.Amount <= 0 || want.Currency == "" {
		return invalidRequest("CheckoutSessionExpectation needs an Amount above zero and a Currency")
	}
	switch {
	case s.Amount != want.Amount:
		return sessionMismatch("amount")
	case s.Currency != want.Currency:
		return sessionMismatch("currency")
	case want.AccountID != "" && s.AccountID != want.AccountID:
		return sessionMismatch("accountId")
	case want.Mode != "" && s.Mode != want.Mode:
		return sessionMismatch("mode")
	}
	return nil
}

func sessionMismatch(property string) *Error {
	return &Error{Code: ErrorCodeSessionMismatch, Field: property, Message: "the session's " + property + " is not the expected one"}
}

// Ptr returns a pointer to v, for parameters that may be left out:
//
//	params := plugipay.CheckoutSessionListParams{Limit: plugipay.Ptr(100)}
//
// From Go 1.26 on, new(100) does the same.
func Ptr[T any](v T) *T { return &v }
