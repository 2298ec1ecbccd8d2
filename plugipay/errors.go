package plugipay

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// The codes of errors that never reached Plugipay or that it did not send; those that it sends are the ErrorCode
// constants generated from the contract, such as [ErrorCodeNotFound].
const (
	// ErrorCodeMissingKeyID: neither ClientOptions.KeyID nor PLUGIPAY_KEY_ID is set.
	ErrorCodeMissingKeyID ErrorCode = "missing_key_id"
	// ErrorCodeMissingSecret: neither ClientOptions.Secret nor PLUGIPAY_SECRET is set.
	ErrorCodeMissingSecret ErrorCode = "missing_secret"
	// ErrorCodeInvalidRequest: a parameter cannot be sent; the message names it. Nothing was sent.
	ErrorCodeInvalidRequest ErrorCode = "invalid_request"
	// ErrorCodeSerializeFailed: a body cannot be written as JSON. Nothing was sent.
	ErrorCodeSerializeFailed ErrorCode = "serialize_failed"
	// ErrorCodeTimeout: no answer came in time, or not all of it. Plugipay may or may not have processed the request.
	ErrorCodeTimeout ErrorCode = "timeout"
	// ErrorCodeCanceled: the context was canceled before the answer was there. Plugipay may or may not have processed the request.
	ErrorCodeCanceled ErrorCode = "canceled"
	// ErrorCodeNetworkError: the connection failed before the answer was there. Plugipay may or may not have processed the request.
	ErrorCodeNetworkError ErrorCode = "network_error"
	// ErrorCodeInvalidResponse: the answer is not one of Plugipay's; its HTTP status is in Status.
	ErrorCodeInvalidResponse ErrorCode = "invalid_response"

	// ErrorCodeSignatureMissing: a webhook delivery has no signature header, or there is no secret to verify it with.
	ErrorCodeSignatureMissing ErrorCode = "signature_missing"
	// ErrorCodeSignatureMalformed: the signature header of a webhook delivery cannot be read.
	ErrorCodeSignatureMalformed ErrorCode = "signature_malformed"
	// ErrorCodeSignatureStale: the timestamp of a webhook delivery is too far off; an old one may be a repeated one.
	ErrorCodeSignatureStale ErrorCode = "signature_stale"
	// ErrorCodeSignatureInvalid: a webhook delivery was not signed with the secret.
	ErrorCodeSignatureInvalid ErrorCode = "signature_invalid"
	// ErrorCodeInvalidPayload: a webhook delivery is Plugipay's, but is not the event that it should be.
	ErrorCodeInvalidPayload ErrorCode = "invalid_payload"
)

// ErrorCodes returns the codes that this package knows: those that Plugipay sends, in the contract's order, then those of
// errors that never reached it or that it did not send. Plugipay may send others, which are newer than this package. The
// slice is the caller's own.
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

		ErrorCodeSignatureMissing,
		ErrorCodeSignatureMalformed,
		ErrorCodeSignatureStale,
		ErrorCodeSignatureInvalid,
		ErrorCodeInvalidPayload,
	)
}

// Sentinels to find an error by its code:
//
//	if errors.Is(err, plugipay.ErrConflict) { … }
//
// There is one for each documented code.
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
	// Status is the HTTP status of the answer, also of one that was cut in the middle; 0 when there was none.
	Status int
	// Code tells what happened, for programs: one of the ErrorCode constants, or a newer one. Always in lower case.
	Code string
	// Message tells what happened, in English, for the people who run the server; it is not meant for buyers.
	Message string
	// RequestID is Plugipay's id of the request (req_…), to quote when asking about it; empty when there was no answer.
	RequestID string
	// Field is the parameter at fault, such as "amount", where the answer names one.
	Field string
	// Details is more about the error, as JSON; nil where the answer has none.
	Details json.RawMessage `json:"-"`
	// DocURL is a page that explains the error, where the answer names one.
	DocURL string
	// Attempts is how often it was tried to send the request, connections that could not be made included; 0 when it was
	// not tried.
	Attempts int
	// RetryAfter is how long the answer asks to wait before the next request; zero where it does not.
	RetryAfter time.Duration
	// IdempotencyKey is the key that was sent; empty for none. A call with the same key and the same parameters goes on
	// where this one failed, and still happens once; see [WithIdempotencyKey]. Printing the error does not show it.
	IdempotencyKey string `json:"-"`

	cause error
}

// Error returns the code, the message, and what is known of the status, the field, the request id and the attempts.
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

// Unwrap returns the cause, such as context.DeadlineExceeded or a net.Error; nil for an error that Plugipay sent.
func (e *Error) Unwrap() error { return e.cause }

// Is tells whether target is the sentinel of the error's code.
func (e *Error) Is(target error) bool {
	s, ok := target.(sentinel)
	return ok && string(s) == e.Code
}

func invalidRequest(message string) *Error {
	return &Error{Code: ErrorCodeInvalidRequest, Message: message}
}

func invalidResponse(status int, message string, cause error) *Error {
	return &Error{Status: status, Code: ErrorCodeInvalidResponse, Message: message, cause: cause}
}
