package plugipay

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// ResponseInfo is what a call's answer tells beside its data; see [WithResponse]. Where the request was sent several times,
// it is about the last attempt.
type ResponseInfo struct {
	// Status is the HTTP status of the answer, also of one that was cut in the middle; 0 when there was none.
	Status int
	// RequestID is Plugipay's id of the request (req_…), to quote when asking about it; empty when the answer has none.
	RequestID string
	// Attempts is how often it was tried to send the request, connections that could not be made included; 0 when it was
	// not tried.
	Attempts int
	// Header is the answer's header; nil when there was no answer. It is the caller's to keep and to change.
	Header http.Header
	// Body is the response's body, at most ClientOptions.MaxResponseBytes. It has the properties that this package has no
	// field for, and those whose field stays empty because their type is not the contract's. It is nil when there was no
	// whole response. It may hold a buyer's data.
	Body []byte
	// RateLimit is what the answer tells of the workspace's rate limit.
	RateLimit RateLimit
}

// RateLimit is what is left of a workspace's requests, of the kind that was made: reads and writes are counted apart, and
// test and live data too. Its zero value stands for an answer that does not tell.
type RateLimit struct {
	// Known tells whether the answer holds all three figures, each well-formed. If it is false, the others are zero and say
	// nothing: look at it first.
	Known bool
	// Limit is how many requests of this kind may be made in a second.
	Limit int
	// Remaining is how many of them are left; 0 means that the next one may be refused.
	Remaining int
	// Reset is when the count starts anew by Plugipay's clock, in UTC and whole seconds.
	Reset time.Time
}

type responseInfoInContext struct{}

// WithResponse returns a context with which a call fills in *info, whether it succeeds or fails, before it returns:
//
//	var info plugipay.ResponseInfo
//	session, err := client.CheckoutSessions.Get(plugipay.WithResponse(ctx, &info), id)
//	log.Print(info.Status, info.RequestID, info.RateLimit.Remaining)
//
// It works with every method that sends a request, with [Client.Do] and with [DoList]. Each call with the context
// overwrites what the one before it left, also a call that fails before anything is sent, which leaves the zero
// ResponseInfo. So calls that run at the same time need a context and an info each. Nothing writes to info after the call
// has returned.
//
// When Cancel or Confirm find out by a Get that an earlier attempt had ended the session, info holds the answer to that
// Get, whose session they return, and in Attempts the attempts of both.
//
// With a nil info nothing is filled in, also not what a context further out asked for.
func WithResponse(ctx context.Context, info *ResponseInfo) context.Context {
	return context.WithValue(ctx, responseInfoInContext{}, info)
}

// responseInfo returns what the caller wants filled in, emptied; nil for nothing.
func responseInfo(ctx context.Context) *ResponseInfo {
	info, _ := ctx.Value(responseInfoInContext{}).(*ResponseInfo)
	if info != nil {
		*info = ResponseInfo{}
	}
	return info
}

// report fills in what WithResponse asks for.
func (c *call) report() {
	if c.info == nil {
		return
	}
	*c.info = ResponseInfo{
		Status:    c.response.status,
		RequestID: c.response.requestID,
		Attempts:  c.attempts,
		Header:    c.response.header.Clone(),
		Body:      c.response.body,
		RateLimit: rateLimitOf(c.response.header),
	}
}

// reportInstead fills in the response of another call, made to resolve the conflict of this one.
func (c *call) reportInstead(other ResponseInfo) {
	if c.info == nil {
		return
	}
	other.Attempts += c.attempts
	*c.info = other
}

// lastOfTime is the last second of the year 9999, past which times cannot be written as JSON.
const lastOfTime = 253402300799

// rateLimitOf reads the X-RateLimit headers.
func rateLimitOf(header http.Header) RateLimit {
	limit, limitErr := strconv.ParseUint(header.Get("X-RateLimit-Limit"), 10, 31)
	remaining, remainingErr := strconv.ParseUint(header.Get("X-RateLimit-Remaining"), 10, 31)
	reset, resetErr := strconv.ParseUint(header.Get("X-RateLimit-Reset"), 10, 63)
	if limitErr != nil || remainingErr != nil || resetErr != nil || reset > lastOfTime {
		return RateLimit{}
	}
	return RateLimit{Known: true, Limit: int(limit), Remaining: int(remaining), Reset: time.Unix(int64(reset), 0).UTC()}
}
