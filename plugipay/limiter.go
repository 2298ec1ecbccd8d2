package plugipay

import (
	"context"
	"errors"
)

// Limiter keeps requests below a rate. A *rate.Limiter of golang.org/x/time/rate is one as it is, for one process; where
// many processes share a key, they need one that they share too, such as a counter in Redis.
//
// Plugipay counts the requests of a workspace, test and live apart: 100 reads and 20 writes in a second.
type Limiter interface {
	// Wait returns nil once a request may be sent, and takes its place in the count. It returns an error when it knows that
	// there will be no place, and when the context ends. It is called by many goroutines at once.
	Wait(ctx context.Context) error
}

// limits are what attempts wait for, reads and all other requests; nil for nothing. They are functions so that printing a
// client does not print the limiters, which may hold a password.
type limits struct{ reads, writes func(context.Context) error }

func newLimits(opts ClientOptions) limits {
	var l limits
	if opts.Limiter != nil {
		l.reads, l.writes = opts.Limiter.Wait, opts.Limiter.Wait
	}
	if opts.WriteLimiter != nil {
		l.writes = opts.WriteLimiter.Wait
	}
	return l
}

// wait returns nil once the call's next attempt may be made, and else the limiter's error or the context's.
func (l limits) wait(x *exchange) error {
	waitForLimiter := l.writes
	if isRead(x.method) {
		waitForLimiter = l.reads
	}
	if waitForLimiter == nil {
		return nil
	}
	if err := waitForLimiter(x); err != nil {
		return err
	}
	return x.Err()
}

// refusedByLimiter is the error of a call that the limiter allowed no attempt.
func refusedByLimiter(caller context.Context, err error) *Error {
	refused := &Error{cause: causeOf(caller)}
	switch {
	case errors.Is(caller.Err(), context.Canceled):
		refused.Code = ErrorCodeCanceled
		refused.Message = "the context was canceled while the request waited for the limiter; nothing was sent"
	case caller.Err() != nil:
		refused.Code = ErrorCodeTimeout
		refused.Message = "the context's deadline passed while the request waited for the limiter; nothing was sent"
	default:
		refused.Code = ErrorCodeRateLimited
		refused.Message = "the limiter (ClientOptions) lets nothing through, nothing was sent: " + err.Error()
		refused.cause = err
	}
	return refused
}

// heldBackByLimiter is the error of a call that the limiter allowed no further attempt. It is the last one's, which tells
// whether it may have been processed.
func heldBackByLimiter(caller context.Context, last outcome, err error) *Error {
	if caller.Err() != nil {
		return endedWhileWaiting(caller, last)
	}
	_, failed := last.open()
	held := *failed
	held.Message += "; the limiter (ClientOptions) allows no other attempt: " + err.Error()
	held.cause = errors.Join(failed.cause, err)
	return &held
}
