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
	defaultMaxWebhookBytes = 1 << 20 // many times the size of any event that Plugipay documents
	defaultWebhookTimeout  = 30 * time.Second
)

// WebhookHandlerOptions configures a webhook handler. See [NewWebhookHandler].
type WebhookHandlerOptions struct {
	// Secrets holds the endpoint's secrets. A delivery may be signed with any of them. Set several while a new secret replaces
	// an old one. Set either Secrets or SecretsFor.
	Secrets []string `json:"-"`
	// SecretsFor returns the secrets of an account's endpoint. It is for platforms whose merchants send their events to one
	// URL. accountID is the account that the event names: acc_… in the versioned form, ws_… in the plain form. It is not yet
	// verified. The handler tries only the returned secrets, so one merchant cannot sign an event for another. It also refuses a
	// versioned event about a session of another account. In Handle, the event's AccountID is verified. Choose the
	// merchant by AccountID, never by metadata.
	//
	// Return no secrets for an unknown account: the response is 401. If SecretsFor returns an error, the response is 500. ctx
	// is the context of the request.
	SecretsFor func(ctx context.Context, accountID string) ([]string, error)
	// Handle is called for each event, by several goroutines at once. If it returns nil, the response is 200 and the event is
	// done. If it returns an error or panics, the response is 500 and Plugipay delivers the event again. If the error is an
	// [*Error] with the Status 503, the response is 503. The context ends after Timeout. It is not canceled when the sender
	// hangs up. Handle must obey the context.
	Handle func(ctx context.Context, event *WebhookEvent) error
	// Timeout limits the time of Handle. Zero means 30 seconds. If it is less than zero, Handle receives the context of the
	// request, and the handler remembers no events. Package inbox uses this because it does both itself.
	Timeout time.Duration
	// OnError receives the reason for each response other than 200. It is an [*Error] for a delivery that does not come from
	// Plugipay or cannot be read, or the error or panic of Handle or SecretsFor. Nil means slog.Default. A log record has the
	// duration, and the event's id, type and account. Its level is Error if the event is signed or your functions failed.
	// Otherwise it is Warn, because anyone can post an invalid delivery.
	OnError func(r *http.Request, err error)
	// MaxBodyBytes is the maximum size of a delivery. Zero or less means 1 MiB.
	MaxBodyBytes int64
	// Verify changes how signatures are verified. It is for tests.
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
	// secrets returns the secrets that may have signed a body. It is a function, so that printing the handler does not show
	// the secrets.
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
//   - 400, 401, 405 or 413 if the request cannot be verified or is not an event. Handle is not called.
//
// A second delivery of an event that is being handled waits and gets the response of the first delivery.
//
// Each event is handled at least once. The handler remembers the last 10,000 handled events in memory and does not handle them
// again. It forgets them when the process ends, and does not know the events of other processes. If handling an event twice does harm,
// use package inbox, which records the event and its effects in one transaction of your database:
// https://pkg.go.dev/github.com/plugipay/plugipay-go/plugipay/inbox
//
// NewWebhookHandler fails with an [*Error] with the code invalid_request in these cases: Handle is nil, both or neither of
// Secrets and SecretsFor are set, or a secret is empty or begins or ends with white space.
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

// secretsByAccount returns a function that looks up the secrets of the account that a body names.
func secretsByAccount(lookup func(context.Context, string) ([]string, error)) func(context.Context, []byte) ([]string, error) {
	return func(ctx context.Context, rawBody []byte) (secrets []string, err error) {
		event, err := decodeEvent(rawBody)
		if err != nil || event.AccountID == "" {
			return nil, badSignature(ErrorCodeSignatureMissing, "the delivery names no account, so there is no secret to verify it with")
		}
		err = callSafely(func() (err error) {
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

// ServeHTTP responds to a delivery. See [NewWebhookHandler].
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

// deliveryResult is the result of a delivery.
type deliveryResult struct {
	status int
	err    error         // nil for the status 200
	signed bool          // by Plugipay
	event  *WebhookEvent // nil if it is not signed, or is not an event
}

func (h *WebhookHandler) receive(r *http.Request) deliveryResult {
	if r.Method != http.MethodPost {
		return deliveryResult{status: http.StatusMethodNotAllowed, err: invalidRequest("a webhook delivery is a POST, not a " + r.Method)}
	}
	rawBody, err := readDelivery(r, h.maxBodyBytes)
	if err == nil {
		err = h.verify(r, rawBody)
	}
	if err != nil {
		return deliveryResult{status: refusalStatus(err), err: err}
	}
	event, err := parseEvent(rawBody)
	if err == nil && h.byAccount {
		err = checkAccount(event)
	}
	if err != nil {
		return deliveryResult{status: refusalStatus(err), err: err, signed: true}
	}
	if err := h.handleOnce(r.Context(), event); err != nil {
		err = fmt.Errorf("the event %s was not handled: %w", event.ID, err)
		return deliveryResult{status: failureStatus(err), err: err, signed: true, event: event}
	}
	return deliveryResult{status: http.StatusOK, signed: true, event: event}
}

// refusalStatus returns the status of the response to a delivery that is not passed to Handle.
func refusalStatus(err error) int {
	if refused, ok := err.(*Error); ok && refused.Status != 0 {
		return refused.Status
	}
	return http.StatusInternalServerError
}

// failureStatus returns the status of the response to an event that was not handled.
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
	if header != "" { // an unsigned delivery causes no lookup
		var err error
		if secrets, err = h.secrets(r.Context(), rawBody); err != nil {
			return err
		}
	}
	return verifySignature(rawBody, header, secrets, &h.verification)
}

// checkAccount refuses a versioned event about a session of another account. A merchant knows the secret of the merchant's
// endpoint and could sign such an event. Events in the plain form are not checked, because a session does not name its
// workspace.
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
		return callSafely(func() error { return h.handle(ctx, event) })
	}
	key := event.ID
	if h.byAccount {
		key = event.AccountID + "/" + event.ID
	}
	return h.recent.once(ctx, key, func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.timeout)
		defer cancel()
		return callSafely(func() error { return h.handle(ctx, event) })
	})
}

// report passes the reason for a response other than 200 to OnError, or logs it.
func (h *WebhookHandler) report(r *http.Request, d deliveryResult, duration time.Duration) {
	if h.onError == nil {
		logDelivery(r.Context(), d, duration)
		return
	}
	err := callSafely(func() error {
		h.onError(r, d.err)
		return nil
	})
	if err != nil {
		d.err = errors.Join(d.err, fmt.Errorf("and WebhookHandlerOptions.OnError failed: %w", err))
		logDelivery(r.Context(), d, duration)
	}
}

func logDelivery(ctx context.Context, d deliveryResult, duration time.Duration) {
	level := slog.LevelWarn
	if d.signed || d.status == http.StatusInternalServerError {
		level = slog.LevelError
	}
	attrs := []slog.Attr{slog.Int("status", d.status), slog.Duration("duration", duration), slog.Any("error", d.err)}
	if d.event != nil {
		attrs = append(attrs, slog.String("eventId", d.event.ID), slog.String("type", d.event.Type), slog.String("accountId", d.event.AccountID))
	}
	slog.LogAttrs(ctx, level, "plugipay: webhook delivery failed", attrs...)
}

// callSafely calls a function of the program in a new goroutine, so that a panic or runtime.Goexit becomes an error.
func callSafely(call func() error) error {
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

// panicError returns an error with the value and the stack of a panic.
func panicError(reason any) error {
	if cause, ok := reason.(error); ok {
		return fmt.Errorf("panic: %w\n\n%s", cause, debug.Stack())
	}
	return fmt.Errorf("panic: %v\n\n%s", reason, debug.Stack())
}
