package plugipay

import (
	"context"
	"errors"
)

// Limiter keeps requests below a rate. In one process, use a *rate.Limiter of golang.org/x/time/rate. Processes that share a
// key need a shared limiter, such as a counter in Redis.
//
// Plugipay allows each workspace 100 reads and 20 writes a second. It counts test and live requests separately.
type Limiter interface {
	// Wait blocks until a request may be sent, counts the request and returns nil. It returns an error if the context ends,
	// or if it knows that no request may be sent before that. The text of the error becomes part of Error.Message, so it
	// must not contain a secret. Wait is called by many goroutines at once.
	Wait(ctx context.Context) error
}

// limits holds the Wait methods of the limiters. Nil means no limit. They are functions because printing a client must not
// print the limiters, which may hold a password.
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

// wait blocks until the next attempt may be made. It returns the limiter's error or the context's.
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

// limiterError returns the error of a call that the limiter ended. last is the error of the last attempt, or nil.
func limiterError(ctx context.Context, last *Error, err error) *Error {
	switch {
	case ctx.Err() != nil && last != nil:
		return contextError(ctx, beforeRetry, last)
	case ctx.Err() != nil:
		return contextError(ctx, "while the request waited for the limiter; nothing was sent", nil)
	case last != nil:
		held := *last
		held.Message += "; the limiter (ClientOptions) allows no further attempt: " + err.Error()
		held.cause = errors.Join(last.cause, err)
		return &held
	}
	return &Error{Code: ErrorCodeRateLimited, cause: err,
		Message: "the limiter (ClientOptions) allows no request; nothing was sent: " + err.Error()}
}
