package plugipay

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// ResponseInfo describes the response to a call; see [WithResponse]. After retries it describes the last attempt.
type ResponseInfo struct {
	// Status is the HTTP status of the response, also if its body was cut off. It is 0 if there was no response.
	Status int
	// RequestID is Plugipay's id of the request (req_…). Quote it to Plugipay's support. It is empty if the response has
	// none.
	RequestID string
	// Attempts is the number of attempts, including those that made no connection. It is 0 if there was no attempt.
	Attempts int
	// Header is the header of the response, nil if there was no response. The caller owns it.
	Header http.Header
	// Body is the body of the response, at most ClientOptions.MaxResponseBytes. It includes properties that this package
	// has no field for, and properties whose field is empty because their type is not the contract's. It is nil if the
	// whole response did not arrive. It may contain a buyer's data.
	Body []byte
	// RateLimit is the workspace's rate limit, from the response's header.
	RateLimit RateLimit
}

// RateLimit says how many requests a workspace has left. Plugipay counts reads and writes separately, and test and live data.
// The zero value means that the response does not say.
type RateLimit struct {
	// Known reports whether the response has all three values. If it is false, the other fields are zero.
	Known bool
	// Limit is the number of requests of this kind that are allowed per second.
	Limit int
	// Remaining is the number of requests that are left. If it is 0, the next request may be refused.
	Remaining int
	// Reset is when the count restarts, by Plugipay's clock, in UTC and whole seconds.
	Reset time.Time
}

type responseInfoInContext struct{}

// WithResponse returns a context that makes a call fill in *info before it returns, whether it succeeds or fails:
//
//	var info plugipay.ResponseInfo
//	session, err := client.CheckoutSessions.Get(plugipay.WithResponse(ctx, &info), id)
//	log.Println(info.Status, info.RequestID, info.RateLimit.Remaining)
//
// It works with every method that sends a request, with [Client.Do] and with [DoList]. Each call overwrites *info. A call
// that fails before it sends anything leaves the zero ResponseInfo. Concurrent calls need one context and one info each.
// Nothing writes to info after the call has returned.
//
// Cancel and Confirm may find out by a Get that an earlier attempt had ended the session. Then info describes the response to
// that Get, and Attempts counts the attempts of both calls.
//
// A nil info turns off an info of an outer context.
func WithResponse(ctx context.Context, info *ResponseInfo) context.Context {
	return context.WithValue(ctx, responseInfoInContext{}, info)
}

// responseInfo returns the caller's ResponseInfo, reset to zero, or nil.
func responseInfo(ctx context.Context) *ResponseInfo {
	info, _ := ctx.Value(responseInfoInContext{}).(*ResponseInfo)
	if info != nil {
		*info = ResponseInfo{}
	}
	return info
}

// report fills in the ResponseInfo of WithResponse.
func (c *call) report() {
	if c.info == nil {
		return
	}
	*c.info = ResponseInfo{
		Status:    c.response.status,
		RequestID: c.response.envelope.Meta.RequestID,
		Attempts:  c.attempts,
		Header:    c.response.header.Clone(),
		Body:      c.response.body,
		RateLimit: rateLimitOf(c.response.header),
	}
}

// reportInstead fills in the response of another call, which resolved the conflict of this call.
func (c *call) reportInstead(other ResponseInfo) {
	if c.info == nil {
		return
	}
	other.Attempts += c.attempts
	*c.info = other
}

// maxUnixSeconds is the last second of the year 9999. Later times cannot be written as JSON.
const maxUnixSeconds = 253402300799

// rateLimitOf reads the X-RateLimit headers.
func rateLimitOf(header http.Header) RateLimit {
	limit, limitErr := strconv.ParseUint(header.Get("X-RateLimit-Limit"), 10, 31)
	remaining, remainingErr := strconv.ParseUint(header.Get("X-RateLimit-Remaining"), 10, 31)
	reset, resetErr := strconv.ParseUint(header.Get("X-RateLimit-Reset"), 10, 63)
	if limitErr != nil || remainingErr != nil || resetErr != nil || reset > maxUnixSeconds {
		return RateLimit{}
	}
	return RateLimit{Known: true, Limit: int(limit), Remaining: int(remaining), Reset: time.Unix(int64(reset), 0).UTC()}
}
