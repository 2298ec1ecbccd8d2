package plugipay

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

const (
	// defaultFirstInterval and defaultMaxInterval are the defaults of WaitOptions.
	defaultFirstInterval = time.Second
	defaultMaxInterval   = 30 * time.Second

	// maxRetryAfterOfPoll is the longest Retry-After that Wait obeys between two polls. A longer one is not a short outage. A
	// Wait without a deadline must not last for years because of one header.
	maxRetryAfterOfPoll = time.Hour
)

// WaitOptions configures [CheckoutSessionsResource.Wait]. The zero value is ready to use.
type WaitOptions struct {
	// OnStatus is called with the session after the first poll, and after each poll that finds a new Status, including the
	// last. A status that comes and goes between two polls is not seen. The next poll waits until OnStatus returns. OnStatus
	// must not change the session. Nil means no call.
	OnStatus func(session *CheckoutSession)
	// FirstInterval is the wait before the second poll. Each later wait is twice as long as the one before. Zero or less
	// means 1 second.
	FirstInterval time.Duration
	// MaxInterval is the longest wait between two polls. Zero or less means 30 seconds, or FirstInterval if that is longer.
	MaxInterval time.Duration
}

// Wait polls the session with the id (cs_…) until it has ended, and returns it: completed, failed, expired or canceled. It
// polls with [CheckoutSessionsResource.Get] at once, after 1 second, and then at intervals that double up to 30 seconds,
// unless options say otherwise. Each interval is shortened by up to half at random, so that callers that began together do
// not poll together. A session with a status that this package does not know has not ended.
//
// Give ctx a deadline. Without one, Wait lasts as long as the session, which is 24 hours unless it was created with another
// ExpiresInSec, and longer if Plugipay cannot be reached. Webhooks report the same sooner and with fewer requests; see
// [NewWebhookHandler].
//
// Wait continues after a poll that failed, with all its retries, because of a lost connection, an attempt timeout, 408, 429,
// or a status from 500 on. It obeys a Retry-After of up to an hour. It returns any other error at once, for example
// not_found, or the error of a limiter that knows that ctx will end before the next poll.
//
// When ctx ends, the error's code is timeout or canceled, and its message has the session's last status. errors.Is finds the
// cause of ctx and the error of the last poll. With every error, Wait also returns the last session that it saw, or nil.
func (r *CheckoutSessionsResource) Wait(ctx context.Context, id string, options WaitOptions) (*CheckoutSession, error) {
	var last *CheckoutSession
	pauses := newPauses(options)
	for {
		session, err := r.Get(ctx, id)
		var failed *Error
		errors.As(err, &failed)
		if failed != nil && !mayPollAgain(failed) {
			return last, err
		}
		if failed == nil {
			options.report(last, session)
			last = session
			if session.HasEnded() {
				return session, nil
			}
		}
		if sleep(ctx, pauses.after(failed)) != nil {
			return last, endedWhilePolling(ctx, last, failed)
		}
	}
}

// report calls OnStatus if the session's status differs from that of before. before is nil after the first poll.
func (o WaitOptions) report(before, session *CheckoutSession) {
	if o.OnStatus != nil && (before == nil || before.Status != session.Status) {
		o.OnStatus(session)
	}
}

// mayPollAgain reports whether another poll may succeed.
func mayPollAgain(failed *Error) bool {
	switch {
	case failed.RetryAfter > maxRetryAfterOfPoll:
		return false
	case failed.Status >= 400:
		return isTransientStatus(failed.Status) || failed.Status >= http.StatusInternalServerError
	}
	switch failed.Code {
	case ErrorCodeTimeout, ErrorCodeCanceled: // of the attempt; if the caller's context ended, Wait ends before the next poll
		return true
	case ErrorCodeNetworkError:
		return !isPermanent(failed)
	}
	return false
}

// endedWhilePolling returns the error of a Wait whose context ended. last is the last session, or nil if no poll succeeded.
// failed is the error of the last poll, or nil.
func endedWhilePolling(ctx context.Context, last *CheckoutSession, failed *Error) *Error {
	ended := contextError(ctx, "before the session ended", nil)
	if last == nil {
		ended.Message += "; its status was not seen"
	} else {
		ended.Message += fmt.Sprintf("; its last status is %q", last.Status)
	}
	if failed == nil {
		return ended
	}
	ended.Message += "; the last poll: " + failed.Error()
	ended.Status, ended.RequestID, ended.Attempts, ended.RetryAfter = failed.Status, failed.RequestID, failed.Attempts, failed.RetryAfter
	if ended.Code == ErrorCodeTimeout || !errors.Is(failed, context.DeadlineExceeded) { // a cancel must not match DeadlineExceeded
		ended.cause = errors.Join(ended.cause, failed)
	}
	return ended
}

// pauses computes the waits between polls.
type pauses struct{ interval, longest time.Duration }

func newPauses(options WaitOptions) *pauses {
	p := &pauses{interval: options.FirstInterval, longest: options.MaxInterval}
	if p.interval <= 0 {
		p.interval = defaultFirstInterval
	}
	if p.longest <= 0 {
		p.longest = max(defaultMaxInterval, p.interval)
	}
	p.interval = min(p.interval, p.longest)
	return p
}

// after returns the wait after a poll: a random time in the upper half of the interval, or the Retry-After of the server if that
// is longer. failed is the error of the poll, or nil. after doubles the interval.
func (p *pauses) after(failed *Error) time.Duration {
	pause := p.interval - rand.N(p.interval/2+1)
	if failed != nil {
		pause = max(pause, failed.RetryAfter)
	}
	p.interval += min(p.interval, p.longest-p.interval) // cannot overflow
	return pause
}
