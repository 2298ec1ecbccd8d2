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
	// ErrorCodeMissingKeyID: neither ClientOptions.KeyID nor PLUGIPAY_KEY_ID is set.
	ErrorCodeMissingKeyID ErrorCode = "missing_key_id"
	// ErrorCodeMissingSecret: neither ClientOptions.Secret nor PLUGIPAY_SECRET is set.
	ErrorCodeMissingSecret ErrorCode = "missing_secret"
	// ErrorCodeInvalidRequest: a parameter is not valid. The message names it. Nothing was sent.
	ErrorCodeInvalidRequest ErrorCode = "invalid_request"
	// ErrorCodeSerializeFailed: a body cannot be written as JSON. Nothing was sent.
	ErrorCodeSerializeFailed ErrorCode = "serialize_failed"
	// ErrorCodeTimeout: the whole response did not arrive in time. Plugipay may or may not have processed the request.
	ErrorCodeTimeout ErrorCode = "timeout"
	// ErrorCodeCanceled: the context was canceled before the response arrived. Plugipay may or may not have processed the request.
	ErrorCodeCanceled ErrorCode = "canceled"
	// ErrorCodeNetworkError: the connection failed before the response arrived. Plugipay may or may not have processed the request.
	ErrorCodeNetworkError ErrorCode = "network_error"
	// ErrorCodeInvalidResponse: the response is not one that Plugipay sends. Status is its HTTP status.
	ErrorCodeInvalidResponse ErrorCode = "invalid_response"
	// ErrorCodeSessionMismatch: a session is not the expected one. Field names the first property that differs. See
	// [CheckoutSession.Check].
	ErrorCodeSessionMismatch ErrorCode = "session_mismatch"

	// ErrorCodeSignatureMissing: a webhook delivery has no signature header, or there is no secret to verify it with.
	ErrorCodeSignatureMissing ErrorCode = "signature_missing"
	// ErrorCodeSignatureMalformed: the signature header of a webhook delivery cannot be read.
	ErrorCodeSignatureMalformed ErrorCode = "signature_malformed"
	// ErrorCodeSignatureStale: the timestamp of a webhook delivery is too far from the clock. An old delivery may be a replay.
	ErrorCodeSignatureStale ErrorCode = "signature_stale"
	// ErrorCodeSignatureInvalid: a webhook delivery was not signed with the secret.
	ErrorCodeSignatureInvalid ErrorCode = "signature_invalid"
	// ErrorCodeInvalidPayload: a webhook delivery is signed, but its body is not an event, or not one about a checkout session.
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

// sentinel is an error that stands for every Error with its code.
type sentinel string

func (s sentinel) Error() string { return "plugipay: " + string(s) }

// Error is every failure of this package. Find it with errors.As, or compare its code with errors.Is:
//
//	var pe *plugipay.Error
//	if errors.As(err, &pe) && pe.Code == plugipay.ErrorCodeAdapterNotConfigured { … }
type Error struct {
	// Status is the HTTP status of the response, also if its body was cut off. It is 0 if there was no response.
	Status int
	// Code says what happened, for programs: one of the ErrorCode constants, or a newer code. It is always in lower case.
	Code string
	// Message says what happened, in English, for the people who run the server. Do not show it to buyers.
	Message string
	// RequestID is Plugipay's id of the request (req_…). Quote it to Plugipay's support. It is empty if there was no
	// response.
	RequestID string
	// Field is the parameter at fault, such as "amount". It is empty if the response names none.
	Field string
	// Details is more about the error, as JSON. It is nil if the response has no details.
	Details json.RawMessage `json:"-"`
	// DocURL is a page that explains the error. It is empty if the response names none.
	DocURL string
	// Attempts is the number of attempts, including those that made no connection. It is 0 if there was no attempt.
	Attempts int
	// RetryAfter is how long the response asks to wait before the next request. It is zero if the response does not ask.
	RetryAfter time.Duration
	// IdempotencyKey is the key that was sent, empty if there was none. A call with the same key and the same parameters
	// continues where this call failed, and takes effect once; see [WithIdempotencyKey]. Printing the error does not show
	// the key.
	IdempotencyKey string `json:"-"`

	cause                error
	mayHaveBeenProcessed bool
	// permanent: another attempt would fail in the same way, whatever the status says.
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

// permanentError marks an error that another attempt would meet again.
func permanentError(err *Error) *Error {
	err.permanent, err.mayHaveBeenProcessed = true, true
	return err
}

// asError returns err as the *Error that it is.
func asError(err error) *Error {
	var failed *Error
	if errors.As(err, &failed) {
		return failed
	}
	return &Error{Code: ErrorCodeInvalidRequest, Message: "the request cannot be built", cause: err}
}

// connectionError returns the error for an attempt that got no response, or only a part of one (then status is its status).
// The attempt's context has the timeout in addition to what the caller's has.
func (s *shared) connectionError(caller, attempt context.Context, status int, err error) *Error {
	err = withoutURL(err)
	failed := &Error{Status: status, Code: ErrorCodeNetworkError, Message: connectionMessage(err), cause: err}
	var transport net.Error
	switch {
	case caller.Err() != nil:
		failed = ended(caller, "before the response arrived", nil)
		failed.Status = status
	case errors.Is(attempt.Err(), context.DeadlineExceeded):
		failed.Code = ErrorCodeTimeout
		failed.Message = fmt.Sprintf("no response within %s (ClientOptions.Timeout)", s.timeout)
		failed.cause = errors.Join(attempt.Err(), err)
	case attempt.Err() != nil: // see newTrace
		failed.Message = "the server refused the request over HTTP/2"
	case errors.As(err, &transport) && transport.Timeout(): // a timeout of the user's transport
		failed.Code, failed.Message = ErrorCodeTimeout, "a timeout of the transport, or of the network, ended the attempt"
		failed.cause = errors.Join(context.DeadlineExceeded, err)
	}
	return failed
}

// withoutURL returns the cause of each url.Error in err: the URL may hold a customer's id.
func withoutURL(err error) error {
	var withURL *url.Error
	for errors.As(err, &withURL) && withURL.Err != nil {
		err = withURL.Err
	}
	return err
}

// connectionMessage says what is wrong with a connection. It repeats no text of err: a transport of the user's may put the URL
// into it, and net/http quotes what the server sent.
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

// certificateProblem says more about the usual problems with a certificate.
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

// ended is the error of a call that its context ended, before the first attempt or between two. doing says when. errors.Is
// finds in it what ended the context, and the last attempt's error if there was an attempt.
func ended(ctx context.Context, doing string, last *Error) *Error {
	e := &Error{Code: ErrorCodeTimeout, Message: "the context's deadline passed " + doing, cause: context.DeadlineExceeded}
	if ctx.Err() != nil { // it has not while a wait would end after the deadline
		e.cause = causeOf(ctx)
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		e.Code, e.Message = ErrorCodeCanceled, "the context was canceled "+doing
	}
	if last == nil {
		return e
	}
	e.Status, e.RequestID = last.Status, last.RequestID
	e.Message += "; the last one: " + last.Error()
	if ctx.Err() == nil || !errors.Is(last, context.DeadlineExceeded) { // an attempt's timeout, which did not end the call
		e.cause = errors.Join(e.cause, last)
	}
	return e
}

// causeOf returns why the context ended: its Err, and the cause that it was given, if any.
func causeOf(ctx context.Context) error {
	if cause := context.Cause(ctx); !errors.Is(cause, ctx.Err()) {
		return errors.Join(ctx.Err(), cause)
	}
	return ctx.Err()
}
