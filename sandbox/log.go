package sandbox

import (
	"context"
	"log/slog"

	"github.com/plugipay/plugipay-go/sandbox/internal/delivery"
)

// The messages of Options.Logger.
const (
	logRequest  = "request"
	logEvent    = "event"
	logDelivery = "delivery"
)

func (s *Sandbox) logRequest(r Request) {
	level := slog.LevelInfo
	if r.Status >= 500 {
		level = slog.LevelWarn
	}
	attributes := []slog.Attr{
		slog.String("method", r.Method), slog.String("path", r.Path), slog.Int("status", r.Status),
		slog.Duration("duration", r.Duration), slog.String("requestId", r.ID),
	}
	if r.SessionID != "" {
		attributes = append(attributes, slog.String("sessionId", r.SessionID))
	}
	if r.Replayed {
		attributes = append(attributes, slog.Bool("replayed", true))
	}
	if r.Injected {
		attributes = append(attributes, slog.Bool("injected", true))
	}
	s.log(level, logRequest, attributes)
}

func (s *Sandbox) logEvent(e event) {
	s.log(slog.LevelInfo, logEvent, []slog.Attr{
		slog.String("type", e.name), slog.String("eventId", e.id), slog.String("sessionId", e.sessionID()),
	})
}

func (s *Sandbox) logAttempt(r delivery.Record, made delivery.Attempt) {
	level := slog.LevelInfo
	attributes := []slog.Attr{
		slog.String("type", r.EventType), slog.String("eventId", r.EventID), slog.String("sessionId", r.SessionID),
		slog.String("url", r.URL), slog.Int("attempt", len(r.Attempts)), slog.Int("status", made.Status),
		slog.Duration("duration", made.Duration),
	}
	if made.Fault != "" {
		attributes = append(attributes, slog.String("fault", string(made.Fault)))
	}
	if made.Error != "" {
		level = slog.LevelWarn
		attributes = append(attributes, slog.String("error", made.Error), slog.String("response", made.Response))
	}
	s.log(level, logDelivery, attributes)
}

func (s *Sandbox) log(level slog.Level, message string, attributes []slog.Attr) {
	if s.logger != nil {
		s.logger.LogAttrs(context.Background(), level, message, attributes...)
	}
}
