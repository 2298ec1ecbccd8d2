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
	// defaultFirstInterval and defaultMaxInterval are what WaitOptions take for zero.
	defaultFirstInterval = time.Second
	defaultMaxInterval   = 30 * time.Second

	// maxRetryAfterOfPoll is how long a Retry-After is waited for between two polls. Who asks for more than that is not
	// having a short trouble, and a wait without a deadline must not last for years because of one header.
	maxRetryAfterOfPoll = time.Hour
)

// WaitOptions says how [CheckoutSessionsResource.Wait] waits. The zero value is fine.
type WaitOptions struct {
	// OnStatus is called with the session when it is first seen, and whenever its Status has changed since, the last time
	// included. Statuses that come and go between two polls are not seen. The next poll waits until it has returned. It
	// must not change the session. Nil means not to call anything.
	OnStatus func(session *CheckoutSession)
	// FirstInterval is how long to wait before the second poll; each wait after it is twice as long as the one before.
	// Zero or less means 1 second.
	FirstInterval time.Duration
	// MaxInterval is the longest wait between two polls. Zero or less means 30 seconds, or FirstInterval if that is longer.
	MaxInterval time.Duration
}

// Wait returns the session with the id (cs_…) once it has ended: completed, failed, expired or canceled. Until then it polls with
// [CheckoutSessionsResource.Get]: at once, after 1 second, and then at intervals that double up to 30 seconds, unless the
// options say otherwise. Up to half of each is left off at random, so that those who began together do not stay together.
// A status that this package does not know is taken for one of a session that has not ended.
//
// Give ctx a deadline that suits the caller. Without one Wait lasts as long as the session, which is 24 hours unless it
// was created with another ExpiresInSec, and longer if Plugipay cannot be reached. Webhooks tell the same sooner and at
// less expense; see [NewWebhookHandler].
//
// A poll that fails in a way that may pass, after the retries of its own, is followed by the next one: lost connections,
// timeouts of attempts, and the statuses 408, 429 and from 500 on. A Retry-After of up to an hour is waited for. Any other
// error is returned at once, such as not_found, or the one of a limiter that knows that ctx will end before the next poll.
//
// When ctx ends, the error's code is timeout or canceled, its message tells the session's last status, and errors.Is finds
// what ended ctx and what the last poll failed with, if it did. With every error the last session seen is returned, too; it
// is nil if none was.
func (r *CheckoutSessionsResource) Wait(ctx context.Context, id string, options WaitOptions) (*CheckoutSession, error) {
	var last *CheckoutSession
	pauses := newPauses(options)
	for {
		session, err := r.Get(ctx, id)
		var failed *Error
		errors.As(err, &failed)
		if failed != nil && !mayPass(failed) {
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

// report calls OnStatus if the session's status is not that of the one before, which is nil for the first.
func (o WaitOptions) report(before, session *CheckoutSession) {
	if o.OnStatus != nil && (before == nil || before.Status != session.Status) {
		o.OnStatus(session)
	}
}

// mayPass tells whether a poll after the one that failed may go well.
func mayPass(failed *Error) bool {
	switch {
	case failed.RetryAfter > maxRetryAfterOfPoll:
		return false
	case failed.Status >= 400:
		return isTransientStatus(failed.Status) || failed.Status >= http.StatusInternalServerError
	}
	switch failed.Code {
	case ErrorCodeTimeout, ErrorCodeCanceled: // of the attempt; if it was the caller's, there will be no next poll
		return true
	case ErrorCodeNetworkError:
		return !isPermanent(failed)
	}
	return false
}

// endedWhilePolling is the error of a Wait whose context ended. The last session is nil if none was seen, and failed is
// nil if the last poll went well.
func endedWhilePolling(ctx context.Context, last *CheckoutSession, failed *Error) *Error {
	ended := ended(ctx, "before the session ended", nil)
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
	if ended.Code == ErrorCodeTimeout || !errors.Is(failed, context.DeadlineExceeded) { // which a cancel is not
		ended.cause = errors.Join(ended.cause, failed)
	}
	return ended
}

// pauses are the waits between polls.
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

// after returns how long to wait after a poll, which failed if failed is not nil: a time drawn from the upper half of the
// interval, or what the server asks for if that is longer. It doubles the interval.
func (p *pauses) after(failed *Error) time.Duration {
	pause := p.interval - rand.N(p.interval/2+1)
	if failed != nil {
		pause = max(pause, failed.RetryAfter)
	}
	p.interval += min(p.interval, p.longest-p.interval) // and no overflow
	return pause
}
