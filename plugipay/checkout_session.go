package plugipay

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// HasEnded reports whether the session is completed, failed, expired or canceled. An ended session takes no more payment,
// and only a completed session was paid. A session with a status that this package does not know has not ended.
func (s *CheckoutSession) HasEnded() bool {
	switch s.Status {
	case CheckoutSessionStatusCompleted, CheckoutSessionStatusFailed, CheckoutSessionStatusExpired, CheckoutSessionStatusCanceled:
		return true
	}
	return false
}

// CreatedTime returns CreatedAt as a time, in UTC. If it is none, the error is an [*Error] whose code is invalid_response.
func (s *CheckoutSession) CreatedTime() (time.Time, error) {
	return parseTime("createdAt", s.CreatedAt)
}

// UpdatedTime returns UpdatedAt as a time, in UTC. If it is none, the error is an [*Error] whose code is invalid_response.
func (s *CheckoutSession) UpdatedTime() (time.Time, error) {
	return parseTime("updatedAt", s.UpdatedAt)
}

// ExpiresTime returns ExpiresAt as a time, in UTC. If it is none, the error is an [*Error] whose code is invalid_response.
func (s *CheckoutSession) ExpiresTime() (time.Time, error) {
	return parseTime("expiresAt", s.ExpiresAt)
}

// CompletedTime returns CompletedAt as a time, in UTC; the zero time while the session is not completed. If CompletedAt is
// no time, the error is an [*Error] whose code is invalid_response.
func (s *CheckoutSession) CompletedTime() (time.Time, error) {
	if s.CompletedAt == nil {
		return time.Time{}, nil
	}
	return parseTime("completedAt", *s.CompletedAt)
}

// parseTime reads a time of the API: RFC 3339, which is what ISO 8601 usually means, with or without a fraction.
func parseTime(property, value string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, value)
	if err != nil {
		message := fmt.Sprintf("the session's %s is %.64q, which is no time like 2026-09-21T14:13:20.000Z", property, value)
		return time.Time{}, invalidResponse(0, message, err)
	}
	return t.UTC(), nil
}

// DecodeLineItems returns LineItems as the list that they usually are; none for null. If they have another shape, or one
// of them lacks a property that [CheckoutSessionLineItem] has, the error is an [*Error] whose code is invalid_response:
// decode LineItems themselves then, with json.Unmarshal.
func (s *CheckoutSession) DecodeLineItems() ([]CheckoutSessionLineItem, error) {
	if len(s.LineItems) == 0 {
		return nil, nil
	}
	var items []CheckoutSessionLineItem
	var sent []map[string]json.RawMessage
	for _, into := range []any{&items, &sent} {
		if err := json.Unmarshal(s.LineItems, into); err != nil {
			return nil, invalidResponse(0, "the session's lineItems are no list of line items", err)
		}
	}
	for i, item := range sent {
		if name := missingProperty(item, reflect.TypeFor[CheckoutSessionLineItem]()); name != "" {
			return nil, invalidResponse(0, fmt.Sprintf("the session's lineItems[%d] has no %s", i, name), nil)
		}
	}
	return items, nil
}

// missingProperty returns a property that the type requires and the object lacks, or has as null; empty if there is none.
// An amount that is not there must not be taken for zero.
func missingProperty(object map[string]json.RawMessage, of reflect.Type) string {
	for i := range of.NumField() {
		name, option, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
		if value, ok := object[name]; option != "omitempty" && (!ok || string(value) == "null") {
			return name
		}
	}
	return ""
}
