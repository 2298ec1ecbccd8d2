package plugipay

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The codes of errors that Plugipay did not send. The codes that Plugipay sends are the ErrorCode constants generated from
// the contract, such as [ErrorCodeNotFound].
const (
	// ErrorCodeMissingKeyID means that neither ClientOptions.KeyID nor PLUGIPAY_KEY_ID is set.
	ErrorCodeMissingKeyID ErrorCode = "missing_key_id"
	// ErrorCodeMissingSecret means that neither ClientOptions.Secret nor PLUGIPAY_SECRET is set.
	ErrorCodeMissingSecret ErrorCode = "missing_secret"
	// ErrorCodeInvalidRequest means that a parameter is not valid. The message names it. Nothing was sent.
	ErrorCodeInvalidRequest ErrorCode = "invalid_request"
	// ErrorCodeSerializeFailed means that a body cannot be written as JSON. Nothing was sent.
	ErrorCodeSerializeFailed ErrorCode = "serialize_failed"
	// ErrorCodeTimeout means that the whole response did not arrive in time. Plugipay may or may not have processed the
	// request.
	ErrorCodeTimeout ErrorCode = "timeout"
	// ErrorCodeCanceled means that the context was canceled before the response arrived. Plugipay may or may not have
	// processed the request.
	ErrorCodeCanceled ErrorCode = "canceled"
	// ErrorCodeNetworkError means that the connection failed before the response arrived. Plugipay may or may not have
	// processed the request.
	ErrorCodeNetworkError ErrorCode = "network_error"
	// ErrorCodeInvalidResponse means that the response is not one that Plugipay sends. Status is its HTTP status.
	ErrorCodeInvalidResponse ErrorCode = "invalid_response"
	// ErrorCodeSessionMismatch means that a session is not the expected one. Field names the first property that differs. See
	// [CheckoutSession.Check].
	ErrorCodeSessionMismatch ErrorCode = "session_mismatch"

	// ErrorCodeSignatureMissing means that a webhook delivery has no signature header, or that there is no secret to verify
	// it with.
	ErrorCodeSignatureMissing ErrorCode = "signature_missing"
	// ErrorCodeSignatureMalformed means that the signature header of a webhook delivery cannot be read.
	ErrorCodeSignatureMalformed ErrorCode = "signature_malformed"
	// ErrorCodeSignatureStale means that the timestamp of a webhook delivery is too far from the clock. An old delivery may
	// be a replay.
	ErrorCodeSignatureStale ErrorCode = "signature_stale"
	// ErrorCodeSignatureInvalid means that a webhook delivery was not signed with the secret.
	ErrorCodeSignatureInvalid ErrorCode = "signature_invalid"
	// ErrorCodeInvalidPayload means that a webhook delivery is signed, but its body is not an event, or the event is not
	// about a checkout session.
	ErrorCodeInvalidPayload ErrorCode = "invalid_payload"
)

// ErrorCodes returns the codes that this package knows: first the codes that Plugipay sends, in the contract's order, then
// the client's own. Plugipay may send newer codes. The caller owns the slice.
func ErrorCodes() []ErrorCode {
	return append(sentErrorCodes(),
		ErrorCodeMissingKeyID,
		ErrorCodeMissingSecret,
		ErrorCodeInvalidRequest,
		ErrorCodeSerializeFailed,
		ErrorCodeTimeout,
		ErrorCodeCanceled,
		ErrorCodeNetworkError,
		ErrorCodeInvalidResponse,
		ErrorCodeSessionMismatch,

		ErrorCodeSignatureMissing,
		ErrorCodeSignatureMalformed,
		ErrorCodeSignatureStale,
		ErrorCodeSignatureInvalid,
		ErrorCodeInvalidPayload,
	)
}

// Sentinels for errors.Is, which compares codes:
//
//	if errors.Is(err, plugipay.ErrConflict) { … }
//
// Each documented code has one.
var (
	ErrValidation           error = sentinel(ErrorCodeValidationError)
	ErrInvalidSignature     error = sentinel(ErrorCodeInvalidSignature)
	ErrInvalidKey           error = sentinel(ErrorCodeInvalidKey)
	ErrInvalidTimestamp     error = sentinel(ErrorCodeInvalidTimestamp)
	ErrTimestampSkew        error = sentinel(ErrorCodeTimestampSkew)
	ErrInsufficientScope    error = sentinel(ErrorCodeInsufficientScope)
	ErrNotFound             error = sentinel(ErrorCodeNotFound)
	ErrConflict             error = sentinel(ErrorCodeConflict)
	ErrIdempotencyMismatch  error = sentinel(ErrorCodeIdempotencyMismatch)
	ErrAdapterNotConfigured error = sentinel(ErrorCodeAdapterNotConfigured)
	ErrRateLimited          error = sentinel(ErrorCodeRateLimited)
	ErrInternal             error = sentinel(ErrorCodeInternalError)
	ErrUpstream             error = sentinel(ErrorCodeUpstreamError)
	ErrServiceUnavailable   error = sentinel(ErrorCodeServiceUnavailable)

	ErrMissingKeyID    error = sentinel(ErrorCodeMissingKeyID)
	ErrMissingSecret   error = sentinel(ErrorCodeMissingSecret)
	ErrInvalidRequest  error = sentinel(ErrorCodeInvalidRequest)
	ErrSerializeFailed error = sentinel(ErrorCodeSerializeFailed)
	ErrTimeout         error = sentinel(ErrorCodeTimeout)
	ErrCanceled        error = sentinel(ErrorCodeCanceled)
	ErrNetwork         error = sentinel(ErrorCodeNetworkError)
	ErrInvalidResponse error = sentinel(ErrorCodeInvalidResponse)
	ErrSessionMismatch error = sentinel(ErrorCodeSessionMismatch)

	ErrSignatureMissing   error = sentinel(ErrorCodeSignatureMissing)
	ErrSignatureMalformed error = sentinel(ErrorCodeSignatureMalformed)
	ErrSignatureStale     error = sentinel(ErrorCodeSignatureStale)
	ErrSignatureInvalid   error = sentinel(ErrorCodeSignatureInvalid)
	ErrInvalidPayload     error = sentinel(ErrorCodeInvalidPayload)
)

// sentinel is an error that matches every Error with its code.
type sentinel string

func (s sentinel) Error() string { return "plugipay: " + string(s) }

// Error is the type of every error of this package. Find it with errors.As, or compare its code with errors.Is:
//
//	var pe *plugipay.Error
//	if errors.As(err, &pe) && pe.Code == plugipay.ErrorCodeAdapterNotConfigured { … }
type Error struct {
	// Status is the HTTP status of the response, also if its body was cut off. It is 0 if there was no response.
	Status int
	// Code identifies the error for programs. It is one of the ErrorCode constants, or a newer code. It is always in lower
	// case.
	Code string
	// Message describes the error in English, for your logs. Do not show it to buyers.
	Message string
	// RequestID is Plugipay's id of the request (req_…). Quote it to Plugipay's support. It is empty if there was no
	// response.
	RequestID string
	// Field is the invalid parameter, such as "amount". It is empty if the response names no parameter.
	Field string
	// Details holds more information about the error, as JSON. It is nil if the response has no details.
	Details json.RawMessage `json:"-"`
	// DocURL is the URL of a page that explains the error. It is empty if the response names no page.
	DocURL string
	// Attempts is the number of attempts, including those that made no connection. It is 0 if there was no attempt.
	Attempts int
	// RetryAfter is how long the response asks to wait before the next request. It is zero if the response does not ask.
	RetryAfter time.Duration
	// IdempotencyKey is the key that was sent. It is empty if no key was sent. To repeat the call, use the same key and the same
	// parameters: both calls together take effect at most once. See [WithIdempotencyKey]. Printing the error does not show the
	// key.
	IdempotencyKey string `json:"-"`

	cause                error
	mayHaveBeenProcessed bool
	// permanent reports whether another attempt would fail in the same way, regardless of the status.
	permanent bool
}

// Error returns the code and the message, and the status, field, request id and number of attempts if they are known.
func (e *Error) Error() string {
	text := "plugipay: " + e.Code
	if e.Message != "" {
		text += ": " + e.Message
	}
	var known []string
	if e.Status != 0 {
		known = append(known, "status="+strconv.Itoa(e.Status))
	}
	if e.Field != "" {
		known = append(known, "field="+e.Field)
	}
	if e.RequestID != "" {
		known = append(known, "requestId="+e.RequestID)
	}
	if e.Attempts > 1 {
		known = append(known, "attempts="+strconv.Itoa(e.Attempts))
	}
	if len(known) > 0 {
		text += " (" + strings.Join(known, ", ") + ")"
	}
	return text
}

// Format prints the error's text for every verb of package fmt, so that none shows the idempotency key or the details.
func (e Error) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.Error()) }

// LogValue gives slog the error's text.
func (e Error) LogValue() slog.Value { return slog.StringValue(e.Error()) }

// Unwrap returns the cause, such as context.DeadlineExceeded or a net.Error. It returns nil for an error that Plugipay sent.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether target is the sentinel of the error's code.
func (e *Error) Is(target error) bool {
	s, ok := target.(sentinel)
	return ok && string(s) == e.Code
}

// MayHaveBeenProcessed reports whether Plugipay may have processed the request, in this attempt or an earlier one. It is true
// after a lost connection, a timeout and a 5xx. It is false when nothing was sent, and when Plugipay refused every attempt.
//
// While it is true, repeat a write only with the same IdempotencyKey and the same parameters, or read the resource first. An
// Error that a program made itself reports false.
func (e *Error) MayHaveBeenProcessed() bool { return e.mayHaveBeenProcessed }

func invalidRequest(message string) *Error {
	return &Error{Code: ErrorCodeInvalidRequest, Message: message}
}

func invalidResponse(status int, message string, cause error) *Error {
	return &Error{Status: status, Code: ErrorCodeInvalidResponse, Message: message, cause: cause}
}

// permanentError marks an error as permanent. The request may have been processed.
func permanentError(err *Error) *Error {
	err.permanent, err.mayHaveBeenProcessed = true, true
	return err
}

// asError returns the *Error in err. An err without one becomes the cause of a new *Error.
func asError(err error) *Error {
	var failed *Error
	if errors.As(err, &failed) {
		return failed
	}
	return &Error{Code: ErrorCodeInvalidRequest, Message: "the request cannot be built", cause: err}
}

// connectionError returns the error for an attempt without a complete response. status is the status of a truncated response,
// or 0. attempt is the context of the attempt: the caller's context with the timeout.
func (s *shared) connectionError(caller, attempt context.Context, status int, err error) *Error {
	err = withoutURL(err)
	failed := &Error{Status: status, Code: ErrorCodeNetworkError, Message: connectionMessage(err), cause: err}
	var transport net.Error
	switch {
	case caller.Err() != nil:
		failed = contextError(caller, "before the response arrived", nil)
		failed.Status = status
	case errors.Is(attempt.Err(), context.DeadlineExceeded):
		failed.Code = ErrorCodeTimeout
		failed.Message = fmt.Sprintf("no response within %s (ClientOptions.Timeout)", s.timeout)
		failed.cause = errors.Join(attempt.Err(), err)
	case attempt.Err() != nil: // see newTrace
		failed.Message = "the server refused the request over HTTP/2"
	case errors.As(err, &transport) && transport.Timeout(): // a timeout of a custom transport
		failed.Code, failed.Message = ErrorCodeTimeout, "a timeout of the transport, or of the network, ended the attempt"
		failed.cause = errors.Join(context.DeadlineExceeded, err)
	}
	return failed
}

// withoutURL returns the cause of each url.Error in err, because the URL may hold a customer's id.
func withoutURL(err error) error {
	var withURL *url.Error
	for errors.As(err, &withURL) && withURL.Err != nil {
		err = withURL.Err
	}
	return err
}

// connectionMessage describes why a connection failed. It repeats no text of err, because a custom transport may put the URL
// into it, and net/http quotes the server.
func connectionMessage(err error) string {
	var certificate *tls.CertificateVerificationError
	var lookup *net.DNSError
	switch {
	case errors.As(err, &certificate):
		return "the server's certificate is not valid" + certificateProblem(certificate)
	case errors.As(err, &lookup) && lookup.IsNotFound:
		return "the host of ClientOptions.BaseURL, or of a proxy, does not exist"
	case errors.As(err, &lookup):
		return "the host of ClientOptions.BaseURL, or of a proxy, cannot be looked up"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "the server speaks plain HTTP, and ClientOptions.BaseURL says HTTPS"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	case errors.Is(err, syscall.ECONNRESET):
		return "the connection was reset before the whole response arrived"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed before the whole response arrived (EOF)"
	case isDialError(err):
		return "no connection could be made; errors.Unwrap returns the cause"
	}
	return "the connection failed before the whole response arrived; errors.Unwrap returns the cause"
}

// certificateProblem describes the most common problems with a certificate.
func certificateProblem(err error) string {
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &authority):
		return ": its authority is unknown to this machine"
	case errors.As(err, &hostname):
		return ": it is for another host"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return ": it has expired or is not valid yet, or the clock of this machine is wrong"
	}
	return ""
}

// contextError returns the error of a call whose context ended, before the first attempt or between two attempts. when describes
// the moment. errors.Is finds the cause of the context in it, and the error of the last attempt if there was an attempt.
func contextError(ctx context.Context, when string, last *Error) *Error {
	e := &Error{Code: ErrorCodeTimeout, Message: "the context's deadline passed " + when, cause: context.DeadlineExceeded}
	if ctx.Err() != nil { // nil if only the next wait would exceed the deadline
		e.cause = causeOf(ctx)
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		e.Code, e.Message = ErrorCodeCanceled, "the context was canceled "+when
	}
	if last == nil {
		return e
	}
	e.Status, e.RequestID = last.Status, last.RequestID
	e.Message += "; the last one: " + last.Error()
	if ctx.Err() == nil || !errors.Is(last, context.DeadlineExceeded) { // the timeout of an attempt did not end the call
		e.cause = errors.Join(e.cause, last)
	}
	return e
}

// causeOf returns the error of a context that has ended, joined with its cause if it has one.
func causeOf(ctx context.Context) error {
	if cause := context.Cause(ctx); !errors.Is(cause, ctx.Err()) {
		return errors.Join(ctx.Err(), cause)
	}
	return ctx.Err()
}
