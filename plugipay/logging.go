package plugipay

import (
	"log/slog"
	"strings"
	"time"
)

// The operations of requests that have none in the contract, for the log.
const (
	operationDo     = "do"
	operationDoList = "doList"
)

// attemptRecord is what the log tells of an attempt. It is nil, and its methods do nothing, where there is no logger.
//
// What it tells is listed in attributes, and nothing else may be: the URL, the headers and both bodies hold what is secret
// or the buyer's, and messages of errors may repeat it.
type attemptRecord struct {
	logger   *slog.Logger
	x        *exchange
	started  time.Time
	duration time.Duration
	outcome  outcome
}

// startRecord is called right before an attempt.
func startRecord(logger *slog.Logger, x *exchange) *attemptRecord {
	if logger == nil {
		return nil
	}
	return &attemptRecord{logger: logger, x: x, started: time.Now()}
}

// end is called right after an attempt.
func (r *attemptRecord) end(o outcome) {
	if r == nil {
		return
	}
	r.duration = time.Since(r.started)
	r.outcome = o
	r.log(slog.LevelDebug, "plugipay: attempt")
}

// retry is called before the wait for the next attempt.
func (r *attemptRecord) retry(pause time.Duration) {
	if r == nil {
		return
	}
	r.log(slog.LevelWarn, "plugipay: attempt failed, trying again", slog.Duration("wait", pause))
}

// log writes a record with the context of the call, in which a handler may find the id of a trace.
func (r *attemptRecord) log(level slog.Level, message string, more ...slog.Attr) {
	if r.logger.Enabled(r.x, level) {
		r.logger.LogAttrs(r.x, level, message, append(r.attributes(), more...)...)
	}
}

func (r *attemptRecord) attributes() []slog.Attr {
	attrs := make([]slog.Attr, 0, 8)
	attrs = append(attrs,
		slog.String("method", r.x.method),
		slog.String("operation", string(r.x.operation)),
		slog.Int("attempt", r.x.attempts),
		slog.Duration("duration", r.duration),
	)
	status, requestID, code := r.outcome.told()
	if status != 0 {
		attrs = append(attrs, slog.Int("status", status))
	}
	if isPlain(requestID) {
		attrs = append(attrs, slog.String("requestId", requestID))
	}
	if isPlain(code) {
		attrs = append(attrs, slog.String("code", code))
	}
	return attrs
}

// told returns the status and the request id of an attempt's answer, and the code that it failed with, each empty where
// there is none.
func (o outcome) told() (status int, requestID, code string) {
	env, failed := o.open()
	if failed != nil {
		return failed.Status, failed.RequestID, failed.Code
	}
	return o.resp.StatusCode, env.Meta.RequestID, ""
}

// isPlain tells whether what an answer calls an id or a code looks like one: what else comes from outside, of any length
// and perhaps with an echo of what was sent, is not for the log.
func isPlain(text string) bool {
	return text != "" && len(text) <= 64 && !strings.ContainsFunc(text, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-' && r != '.'
	})
}
