package plugipay

import (
	"context"
	"log/slog"
	"strings"
)

// log writes a record about the last attempt, with the context of the call, in which a handler may find the id of a trace.
//
// The attributes are listed here, and nothing else may be logged: the URL, the headers and both bodies hold secrets and the
// buyer's data, and messages of errors may repeat them.
func (c *call) log(ctx context.Context, level slog.Level, message string, failed *Error, more ...slog.Attr) {
	logger := c.client.logger
	if logger == nil || !logger.Enabled(ctx, level) {
		return
	}
	attrs := append(make([]slog.Attr, 0, 8),
		slog.String("method", c.request.Method),
		slog.String("operation", c.operation),
		slog.Int("attempt", c.attempts),
		slog.Duration("duration", c.duration),
	)
	if c.response.status != 0 {
		attrs = append(attrs, slog.Int("status", c.response.status))
	}
	if isPlain(c.response.requestID) {
		attrs = append(attrs, slog.String("requestId", c.response.requestID))
	}
	if failed != nil && isPlain(failed.Code) {
		attrs = append(attrs, slog.String("code", failed.Code))
	}
	logger.LogAttrs(ctx, level, message, append(attrs, more...)...)
}

// isPlain reports whether text has the form of an id or a code. Other text from a response may be long and may repeat request
// data, so it is not logged.
func isPlain(text string) bool {
	return text != "" && len(text) <= 64 && !strings.ContainsFunc(text, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-' && r != '.'
	})
}
