package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// terminal is a slog.Handler that prints the sandbox's records for people, a line each.
type terminal struct {
	mu  sync.Mutex
	out io.Writer
}

// Enabled reports that every record is printed.
func (t *terminal) Enabled(context.Context, slog.Level) bool { return true }

// WithAttrs returns the same handler, because the sandbox adds no attributes to its logger.
func (t *terminal) WithAttrs([]slog.Attr) slog.Handler { return t }

// WithGroup returns the same handler, because the sandbox has no groups.
func (t *terminal) WithGroup(string) slog.Handler { return t }

// Handle prints a record.
func (t *terminal) Handle(_ context.Context, r slog.Record) error {
	fields := map[string]slog.Value{}
	r.Attrs(func(a slog.Attr) bool {
		fields[a.Key] = a.Value
		return true
	})
	var parts []string
	switch r.Message {
	case "request":
		parts = requestLine(fields)
	case "event":
		parts = []string{"event", fields["type"].String(), fields["eventId"].String(), textOf(fields["sessionId"])}
	case "delivery":
		parts = deliveryLine(fields)
	default:
		parts = []string{r.Message}
	}
	line := r.Time.Format(time.TimeOnly) + "  " + strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
	t.mu.Lock()
	defer t.mu.Unlock()
	_, err := fmt.Fprintln(t.out, line)
	return err
}

func requestLine(fields map[string]slog.Value) []string {
	parts := []string{
		fields["method"].String(), fields["path"].String(), fields["status"].String(),
		fields["duration"].Duration().Round(time.Microsecond * 100).String(), textOf(fields["sessionId"]),
	}
	for _, flag := range []string{"replayed", "injected"} {
		if _, set := fields[flag]; set {
			parts = append(parts, flag)
		}
	}
	return parts
}

func deliveryLine(fields map[string]slog.Value) []string {
	parts := []string{
		"delivery", fields["type"].String(), fields["eventId"].String(), "to", fields["url"].String(),
		"attempt", fields["attempt"].String() + ":", fields["status"].String(),
	}
	if fault := textOf(fields["fault"]); fault != "" {
		parts = append(parts, "(fault "+fault+")")
	}
	if reason := textOf(fields["error"]); reason != "" {
		parts = append(parts, "failed:", reason)
	}
	if response := textOf(fields["response"]); response != "" {
		parts = append(parts, "response:", short(response))
	}
	return parts
}

// textOf returns the text of an attribute, or "".
func textOf(value slog.Value) string {
	if value.Kind() != slog.KindString {
		return ""
	}
	return value.String()
}

// short returns the beginning of a response.
func short(response string) string {
	const longest = 200
	if len(response) > longest {
		response = strings.ToValidUTF8(response[:longest], "") + "…"
	}
	return fmt.Sprintf("%q", response)
}
