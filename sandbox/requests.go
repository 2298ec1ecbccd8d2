package sandbox

import (
	"strings"
	"time"
)

// Request is a request to the API and its response.
type Request struct {
	// ID is the requestId of the response.
	ID string
	// At is the time of the request, by the sandbox's clock.
	At time.Time
	// Duration is how long the response took, by the real clock.
	Duration time.Duration
	// Method is the HTTP method.
	Method string
	// Path is the path with its query.
	Path string
	// Status is the status of the response. A fault may have dropped the response; see Injected.
	Status int
	// Operation is the operationId of the contract, or the pattern of a route that [Sandbox.Handle] added. Empty means that the
	// request matched neither.
	Operation string
	// SessionID is the id of the session that the request is about. Empty means no session, or a list.
	SessionID string
	// AccountID is the id of the account whose data the request is about. Empty means that the request was not authenticated.
	AccountID string
	// KeyID is the id of the key that made the request, hidden if it is a secret. Empty means that the request was not
	// authenticated.
	KeyID string
	// IdempotencyKey is the key that was sent. Empty means none.
	IdempotencyKey string
	// Replayed reports whether the response is the response to an earlier request with the same idempotency key.
	Replayed bool
	// Injected reports whether a [Fault] applied to the request.
	Injected bool
	// Body is the beginning of the request's body, without the secrets of keys.
	Body string
	// Response is the beginning of the response's body, without the secrets of keys.
	Response string
}

// Requests returns the last 1000 requests to the API, newest first, without requests for pages and control requests.
func (s *Sandbox) Requests() []Request {
	found := []Request{}
	for _, r := range s.requests.newestFirst() {
		found = append(found, r.Request)
	}
	return found
}

// isAbout reports whether the request matches a path filter. The filter is a path with or without its query. If the filter ends
// with an asterisk, it is the beginning of the path without its query.
func (r Request) isAbout(filter string) bool {
	requested, _, _ := strings.Cut(r.Path, "?")
	if prefix, ok := strings.CutSuffix(filter, "*"); ok {
		return strings.HasPrefix(requested, prefix)
	}
	return requested == filter || r.Path == filter
}
