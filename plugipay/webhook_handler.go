package plugipay

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

const (
	defaultMaxWebhookBytes = 1 << 20 // more than any event that Plugipay documents, many times over
	defaultWebhookTimeout  = 30 * time.Second
)

// WebhookHandlerOptions configures a webhook handler; see [NewWebhookHandler].
type WebhookHandlerOptions struct {
	// Secrets are the endpoint's secrets, at least one; several while a new secret replaces an old one. Set either Secrets
	// or SecretsFor.
	Secrets []string `json:"-"`
	// SecretsFor returns the secrets of an account's endpoint, for a platform whose merchants send their events to one URL.
	// The account is the one that the event names, acc_… in the versioned form and ws_… in the plain form; it is not yet
	// verified. Only the secrets that are returned are tried, so that an event signed by one merchant is never handled as
	// another's. A versioned event about a session of another account is refused, too. In Handle, the event's AccountID is
	// verified: choose the merchant by it, never by metadata.
	//
	// Return no secrets for an account that you do not know: the response is 401. An error makes it 500. The context is
	// the request's.
	SecretsFor func(ctx context.Context, accountID string) ([]string, error)
	// Handle is called for each event, by several goroutines at once. If it returns nil, the response is 200 and the
	// event is done. If it returns an error or panics, the response is 500, and Plugipay delivers the event again. An
	// [*Error] with the Status 503 makes the response 503. The context is not canceled when the sender hangs up; it ends
	// after Timeout. Handle must obey it.
	Handle func(ctx context.Context, event *WebhookEvent) error
	// Timeout is how long Handle may take. Zero means 30 seconds. Less than zero means that Handle gets the request's own
	// context, and that the handler remembers no events: for a Handle that does both itself, as package inbox does.
	Timeout time.Duration
	// OnError receives the reason for each response but 200: an [*Error] for a delivery that is not from Plugipay or
	// cannot be read, or what Handle returned or panicked with. Nil means slog.Default, with the event's id, type and
	// account and the duration: at level Error if the event is signed or the failure is yours, otherwise at level Warn,
	// because anyone can post an invalid delivery.
	OnError func(r *http.Request, err error)
	// MaxBodyBytes is how large a delivery may be. Zero or less means 1 MiB.
	MaxBodyBytes int64
	// Verify changes how signatures are verified, for tests.
	Verify VerifyWebhookOptions
}

// Format prints the options without the secrets, for every verb of package fmt.
func (o WebhookHandlerOptions) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "plugipay.WebhookHandlerOptions{Secrets:%d SecretsFor:%t Timeout:%s MaxBodyBytes:%d}",
		len(o.Secrets), o.SecretsFor != nil, o.Timeout, o.MaxBodyBytes)
}

// WebhookHandler is the http.Handler of a webhook endpoint. Make one with [NewWebhookHandler].
type WebhookHandler struct {
	handle       func(context.Context, *WebhookEvent) error
	timeout      time.Duration
	recent       *recentEvents
	onError      func(*http.Request, error) // nil for slog.Default
	maxBodyBytes int64
	// secrets returns the secrets that may have signed a body. It is a function so that printing the handler does not
	// show them.
	secrets      func(ctx context.Context, rawBody []byte) ([]string, error)
	byAccount    bool // each account has its own secrets
	verification VerifyWebhookOptions
}

// NewWebhookHandler returns a handler for a webhook endpoint. It verifies each delivery and passes its event to
// opts.Handle. The response is:
//
//   - 200 if Handle returned nil, now or at an earlier delivery of the event;
//   - 500 if Handle failed, panicked or ended its goroutine, or if SecretsFor failed: Plugipay delivers the event again;
//   - 503 if Handle returned an [*Error] with that Status, or if the sender gave up while another delivery of the event was
//     being handled;
//   - 400, 401, 405 or 413 if it is not a delivery from Plugipay. Handle is not called.
//
// A second delivery of an event that is being handled waits, and gets the response of the first.
//
// Each event is handled at least once. The handler remembers the last 10,000 events in memory, so that a delivery that
// repeats is not handled again. It forgets them when the process ends, and does not know those of another process. Where
// handling an event twice does harm, use package inbox, which records the event and its effects in one transaction of your
// database: https://pkg.go.dev/github.com/plugipay/plugipay-go/plugipay/inbox
//
// NewWebhookHandler fails with an [*Error], code invalid_request, if Handle is nil; if both or neither of Secrets and
// SecretsFor are set; or if a secret is empty or begins or ends with white space.
func NewWebhookHandler(opts WebhookHandlerOptions) (*WebhookHandler, error) {
	if opts.Handle == nil {
		return nil, invalidRequest("WebhookHandlerOptions.Handle is nil")
	}
	if err := checkSecretOptions(opts); err != nil {
		return nil, err
	}
	h := &WebhookHandler{
		handle:       opts.Handle,
		timeout:      cmp.Or(opts.Timeout, defaultWebhookTimeout),
		recent:       newRecentEvents(),
		onError:      opts.OnError,
		maxBodyBytes: opts.MaxBodyBytes,
		byAccount:    opts.SecretsFor != nil,
		verification: opts.Verify,
	}
	if h.maxBodyBytes <= 0 {
		h.maxBodyBytes = defaultMaxWebhookBytes
	}
	secrets := slices.Clone(opts.Secrets)
	h.secrets = func(context.Context, []byte) ([]string, error) { return secrets, nil }
	if h.byAccount {
		h.secrets = secretsByAccount(opts.SecretsFor)
	}
	return h, nil
}

func checkSecretOptions(opts WebhookHandlerOptions) error {
	switch {
	case opts.SecretsFor != nil && len(opts.Secrets) > 0:
		return invalidRequest("WebhookHandlerOptions has both Secrets and SecretsFor: set one of them")
	case opts.SecretsFor != nil:
		return nil
	case len(opts.Secrets) == 0 || slices.Contains(opts.Secrets, ""):
		return invalidRequest("WebhookHandlerOptions.Secrets is empty or holds an empty secret, and SecretsFor is nil: is its environment variable set?")
	case slices.ContainsFunc(opts.Secrets, hasOuterSpace):
		return invalidRequest("WebhookHandlerOptions.Secrets holds a secret that" + outerSpace)
	}
	return nil
}

// secretsByAccount looks up the secrets of the account that an event names.
func secretsByAccount(lookup func(context.Context, string) ([]string, error)) func(context.Context, []byte) ([]string, error) {
	return func(ctx context.Context, rawBody []byte) (secrets []string, err error) {
		event, err := decodeEvent(rawBody)
		if err != nil || event.AccountID == "" {
			return nil, badSignature(ErrorCodeSignatureMissing, "the delivery names no account, so there is no secret to verify it with")
		}
		err = guarded(func() (err error) {
			secrets, err = lookup(ctx, event.AccountID)
			return err
		})
		if err == nil && slices.ContainsFunc(secrets, func(secret string) bool { return secret == "" || hasOuterSpace(secret) }) {
			err = errors.New("a secret is empty, or" + outerSpace)
		}
		if err != nil {
			return nil, fmt.Errorf("WebhookHandlerOptions.SecretsFor failed for the account %.64q: %w", event.AccountID, err)
		}
		return secrets, nil
	}
}

// ServeHTTP responds to a delivery; see [NewWebhookHandler].
func (h *WebhookHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	d := h.receive(r)
	if d.err != nil {
		h.report(r, d, time.Since(started))
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if d.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	w.WriteHeader(d.status)
	_, _ = io.WriteString(w, http.StatusText(d.status)+"\n")
}

// delivery is what became of a delivery.
type delivery struct {
	status int
	err    error         // nil for the status 200
	signed bool          // by Plugipay
	event  *WebhookEvent // nil if it is not signed, or is not an event
}

func (h *WebhookHandler) receive(r *http.Request) delivery {
	if r.Method != http.MethodPost {
		return delivery{status: http.StatusMethodNotAllowed, err: invalidRequest("a webhook delivery is a POST, not a " + r.Method)}
	}
	rawBody, err := readDelivery(r, h.maxBodyBytes)
	if err == nil {
		err = h.verify(r, rawBody)
	}
	if err != nil {
		return delivery{status: refusalStatus(err), err: err}
	}
	event, err := parseEvent(rawBody)
	if err == nil && h.byAccount {
		err = checkAccount(event)
	}
	if err != nil {
		return delivery{status: refusalStatus(err), err: err, signed: true}
	}
	if err := h.handleOnce(r.Context(), event); err != nil {
		err = fmt.Errorf("the event %s was not handled: %w", event.ID, err)
		return delivery{status: failureStatus(err), err: err, signed: true, event: event}
	}
	return delivery{status: http.StatusOK, signed: true, event: event}
}

// refusalStatus is the status of the response to a delivery that is not handled.
func refusalStatus(err error) int {
	if refused, ok := err.(*Error); ok && refused.Status != 0 {
		return refused.Status
	}
	return http.StatusInternalServerError
}

// failureStatus is the status of the response to an event that Handle failed to handle.
func failureStatus(err error) int {
	var failed *Error
	if errors.As(err, &failed) && failed.Status == http.StatusServiceUnavailable {
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

func (h *WebhookHandler) verify(r *http.Request, rawBody []byte) error {
	header := signatureHeader(r.Header)
	var secrets []string
	if header != "" { // no lookup for a delivery that is not signed
		var err error
		if secrets, err = h.secrets(r.Context(), rawBody); err != nil {
			return err
		}
	}
	return verifySignature(rawBody, header, secrets, &h.verification)
}

// checkAccount refuses a versioned event about a session of another account. A merchant knows the secret of their own
// endpoint, and could sign such an event. The plain form names the workspace, which the session does not.
func checkAccount(event *WebhookEvent) error {
	if !isVersioned(event.Type) || !strings.HasPrefix(event.Name(), "checkout_session.") {
		return nil
	}
	var session struct {
		AccountID string `json:"accountId"`
	}
	_ = json.Unmarshal(event.Data.Object, &session) // on failure, the account is empty
	if session.AccountID != event.AccountID {
		return badSignature(ErrorCodeSignatureInvalid, "the event's session does not belong to the account that the event names")
	}
	return nil
}

// handleOnce calls Handle unless it handled the event before.
func (h *WebhookHandler) handleOnce(ctx context.Context, event *WebhookEvent) error {
	if h.timeout < 0 {
		return guarded(func() error { return h.handle(ctx, event) })
	}
	key := event.ID
	if h.byAccount {
		key = event.AccountID + "/" + event.ID
	}
	return h.recent.once(ctx, key, func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.timeout)
		defer cancel()
		return guarded(func() error { return h.handle(ctx, event) })
	})
}

// report passes on why a delivery did not get a 200.
func (h *WebhookHandler) report(r *http.Request, d delivery, duration time.Duration) {
	if h.onError == nil {
		logDelivery(r.Context(), d, duration)
		return
	}
	err := guarded(func() error {
		h.onError(r, d.err)
		return nil
	})
	if err != nil {
		d.err = errors.Join(d.err, fmt.Errorf("and WebhookHandlerOptions.OnError failed: %w", err))
		logDelivery(r.Context(), d, duration)
	}
}

func logDelivery(ctx context.Context, d delivery, duration time.Duration) {
	level := slog.LevelWarn
	if d.signed || d.status == http.StatusInternalServerError {
		level = slog.LevelError
	}
	attrs := []slog.Attr{slog.Int("status", d.status), slog.Duration("duration", duration), slog.Any("error", d.err)}
	if d.event != nil {
		attrs = append(attrs, slog.String("eventId", d.event.ID), slog.String("type", d.event.Type), slog.String("accountId", d.event.AccountID))
	}
	slog.LogAttrs(ctx, level, "plugipay webhook", attrs...)
}

// guarded calls the user's function in a new goroutine, so that a panic or a runtime.Goexit becomes an error.
func guarded(call func() error) error {
	result := make(chan error, 1)
	go func() {
		err := errors.New("the goroutine was ended by runtime.Goexit, as t.FailNow does")
		defer func() {
			if reason := recover(); reason != nil {
				err = panicError(reason)
			}
			result <- err
		}()
		err = call()
	}()
	return <-result
}

// panicError returns what a function panicked with, and where.
func panicError(reason any) error {
	if cause, ok := reason.(error); ok {
		return fmt.Errorf("panic: %w\n\n%s", cause, debug.Stack())
	}
	return fmt.Errorf("panic: %v\n\n%s", reason, debug.Stack())
}
