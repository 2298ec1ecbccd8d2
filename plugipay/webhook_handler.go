package plugipay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
)

// defaultMaxWebhookBytes is more than any event that Plugipay documents, many times over.
const defaultMaxWebhookBytes = 1 << 20

// WebhookHandlerOptions configures a webhook handler; see [NewWebhookHandler].
type WebhookHandlerOptions struct {
	// Secrets are the endpoint's secrets, one at least: several while a new one replaces an old one.
	Secrets []string `json:"-"`
	// Handle is called once for each event, by several goroutines at once. When it returns nil, the delivery is
	// answered with 200 and the event is done. When it returns an error or panics, the answer is a 500, and Plugipay
	// delivers the event again. The context is the request's.
	Handle func(ctx context.Context, event *WebhookEvent) error
	// Store remembers which events were handled. Nil means a [NewMemoryWebhookStore], which is enough for one process
	// that may handle an event again after a restart.
	Store WebhookStore
	// OnError is told what went wrong with a delivery that was not answered with 200: an [*Error] for one that is not
	// Plugipay's or cannot be read, or what Handle returned or panicked with. It is also told when Store could not record
	// that an event was handled, although that is answered with 200. Nil means slog.Default: at level Error when an event
	// was not handled or not recorded, at level Warn otherwise.
	OnError func(r *http.Request, err error)
	// MaxBodyBytes is how large a delivery may be. Zero or less means 1 MiB.
	MaxBodyBytes int64
	// Verify changes how signatures are verified, for tests.
	Verify VerifyWebhookOptions
}

// Format prints the options without the secrets, for every verb of package fmt.
func (o WebhookHandlerOptions) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "plugipay.WebhookHandlerOptions{Secrets:%d MaxBodyBytes:%d}", len(o.Secrets), o.MaxBodyBytes)
}

// WebhookHandler is the http.Handler of a webhook endpoint. Make one with [NewWebhookHandler].
type WebhookHandler struct {
	handle       func(context.Context, *WebhookEvent) error
	store        WebhookStore
	onError      func(*http.Request, error) // nil for slog.Default
	maxBodyBytes int64
	// verify holds the secrets; it is a function so that printing the handler does not show them.
	verify func(rawBody []byte, header string) error
}

// NewWebhookHandler returns a handler for a webhook endpoint. It verifies each delivery, hands its event to opts.Handle
// unless that was done before, and answers:
//
//   - 200 when Handle returned nil, now or at an earlier delivery of the event;
//   - 500 when it failed or panicked, 503 while another delivery of the event is being handled: Plugipay delivers again;
//   - 400, 401, 405 or 413 for what is no delivery of Plugipay's. Handle is not called.
//
// It fails with an [*Error], code invalid_request, when Handle is nil or when there is no secret or an empty one: anybody
// could sign with that.
func NewWebhookHandler(opts WebhookHandlerOptions) (*WebhookHandler, error) {
	if opts.Handle == nil {
		return nil, invalidRequest("WebhookHandlerOptions.Handle is nil")
	}
	if len(opts.Secrets) == 0 || slices.Contains(opts.Secrets, "") {
		return nil, invalidRequest("WebhookHandlerOptions.Secrets is empty or holds an empty secret: is its environment variable set?")
	}
	secrets, verification := slices.Clone(opts.Secrets), opts.Verify
	h := &WebhookHandler{
		handle:       opts.Handle,
		store:        opts.Store,
		onError:      opts.OnError,
		maxBodyBytes: opts.MaxBodyBytes,
		verify: func(rawBody []byte, header string) error {
			return verifySignature(rawBody, header, secrets, &verification)
		},
	}
	if h.store == nil {
		h.store = NewMemoryWebhookStore()
	}
	if h.maxBodyBytes <= 0 {
		h.maxBodyBytes = defaultMaxWebhookBytes
	}
	return h, nil
}

// report tells what went wrong with a delivery that is answered with the status. In the log it is a warning if it is not
// Plugipay's, as anybody may send one, or if it only comes too early.
func (h *WebhookHandler) report(r *http.Request, status int, err error) {
	if h.onError != nil {
		h.onError(r, err)
		return
	}
	level := slog.LevelWarn
	if status == http.StatusOK || status == http.StatusInternalServerError {
		level = slog.LevelError
	}
	slog.Log(r.Context(), level, "plugipay webhook", "error", err)
}

// ServeHTTP answers a delivery; see [NewWebhookHandler].
func (h *WebhookHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, err := h.receive(w, r)
	if err != nil {
		h.report(r, status, err)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, http.StatusText(status)+"\n")
}

// receive does what a delivery asks for and returns the status to answer with.
func (h *WebhookHandler) receive(w http.ResponseWriter, r *http.Request) (int, error) {
	if r.Method != http.MethodPost {
		return http.StatusMethodNotAllowed, invalidRequest("a webhook delivery is a POST, not a " + r.Method)
	}
	rawBody, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.maxBodyBytes))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge, fmt.Errorf("the delivery is larger than %d bytes: %w", h.maxBodyBytes, err)
	} else if err != nil {
		return http.StatusBadRequest, fmt.Errorf("the delivery was cut in the middle: %w", err)
	}
	header := cmp.Or(r.Header.Get("X-Plugipay-Signature"), r.Header.Get("Plugipay-Signature"))
	if err := h.verify(rawBody, header); err != nil {
		return http.StatusUnauthorized, err
	}
	event, err := parseEvent(rawBody)
	if err != nil {
		return http.StatusBadRequest, err
	}
	return h.handleOnce(r.Context(), event)
}

// handleOnce handles an event unless that was done before.
func (h *WebhookHandler) handleOnce(ctx context.Context, event *WebhookEvent) (int, error) {
	claim, err := h.store.Claim(ctx, event.ID)
	switch {
	case err != nil:
		return http.StatusInternalServerError, fmt.Errorf("the event %s cannot be claimed: %w", event.ID, err)
	case claim == WebhookHandled:
		return http.StatusOK, nil
	case claim != WebhookClaimed:
		return http.StatusServiceUnavailable, fmt.Errorf("the event %s is being handled by another delivery of it", event.ID)
	}
	// Whatever becomes of the request, the store has to learn how it ended.
	afterwards := context.WithoutCancel(ctx)
	if err := h.callHandle(ctx, event); err != nil {
		if releaseErr := h.store.Release(afterwards, event.ID); releaseErr != nil {
			err = errors.Join(err, fmt.Errorf("and its claim cannot be released: %w", releaseErr))
		}
		return http.StatusInternalServerError, fmt.Errorf("the event %s was not handled: %w", event.ID, err)
	}
	if err := h.store.Done(afterwards, event.ID); err != nil {
		// It was handled: delivering it again would only make it happen twice.
		return http.StatusOK, fmt.Errorf("the event %s was handled but not recorded: %w", event.ID, err)
	}
	return http.StatusOK, nil
}

// callHandle calls the user's function and turns a panic of it into an error.
func (h *WebhookHandler) callHandle(ctx context.Context, event *WebhookEvent) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v", reason)
		}
	}()
	return h.handle(ctx, event)
}
