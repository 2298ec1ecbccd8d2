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
	// there will be no place, and when the context ends. The text of the error becomes part of Error.Message, so it must
	// not hold a secret. It is called by many goroutines at once.
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

// wait returns nil once the next attempt may be made, and else the limiter's error or the context's.
func (l limits) wait(ctx context.Context, method string) error {
	waitForLimiter := l.writes
	if isRead(method) {
		waitForLimiter = l.reads
	}
	if waitForLimiter == nil {
		return nil
	}
	if err := waitForLimiter(ctx); err != nil {
		return err
	}
	return ctx.Err()
}

// limiterError is the error of a call that the limiter allows no attempt, or no further one after the last.
func limiterError(ctx context.Context, last *Error, err error) *Error {
	switch {
	case ctx.Err() != nil && last != nil:
		return ended(ctx, beforeRetry, last)
	case ctx.Err() != nil:
		return ended(ctx, "while the request waited for the limiter; nothing was sent", nil)
	case last != nil:
		held := *last
		held.Message += "; the limiter (ClientOptions) allows no other attempt: " + err.Error()
		held.cause = errors.Join(last.cause, err)
		return &held
	}
	return &Error{Code: ErrorCodeRateLimited, cause: err,
		Message: "the limiter (ClientOptions) lets nothing through, nothing was sent: " + err.Error()}
}
