package plugipay

import (
	"context"
	"log/slog"
	"strings"
)

// log writes a record about the last attempt. The handler receives the context of the call, which may hold a trace id.
//
// Do not log anything else. The URL, the headers and both bodies hold secrets and data of the buyer, and error messages may
// repeat them.
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
	if isLoggable(c.response.envelope.Meta.RequestID) {
		attrs = append(attrs, slog.String("requestId", c.response.envelope.Meta.RequestID))
	}
	if failed != nil && isLoggable(failed.Code) {
		attrs = append(attrs, slog.String("code", failed.Code))
	}
	logger.LogAttrs(ctx, level, message, append(attrs, more...)...)
}

// isLoggable reports whether text has the form of an id or a code. Other text from a response may be long and may repeat request
// data, so it is not logged.
func isLoggable(text string) bool {
	return text != "" && len(text) <= 64 && !strings.ContainsFunc(text, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-' && r != '.'
	})
}
