package sandbox

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

// failure is an error of the API. Its text never contains a value that the client sent.
type failure struct {
	code    gen.ErrorCode
	message string
	field   string // empty if the error is not about a parameter
	status  int    // zero means the status of the code
	raw     *rawBody
}

// rawBody replaces the envelope of a failure.
type rawBody struct{ contentType, text string }

func (f *failure) Error() string { return f.code + ": " + f.message }

func fail(code gen.ErrorCode, message string) error { return &failure{code: code, message: message} }

// invalid returns a validation error of a parameter. The message begins with the parameter's name.
func invalid(field, rule string) error {
	return &failure{code: gen.ErrorCodeValidationError, message: field + " " + rule, field: field}
}

// statusOf returns the status of a code, as the contract documents it (ErrorCode).
func statusOf(code gen.ErrorCode) int {
	switch code {
	case gen.ErrorCodeValidationError:
		return http.StatusBadRequest
	case gen.ErrorCodeInvalidSignature, gen.ErrorCodeInvalidKey, gen.ErrorCodeInvalidTimestamp,
		gen.ErrorCodeTimestampSkew:
		return http.StatusUnauthorized
	case gen.ErrorCodeInsufficientScope:
		return http.StatusForbidden
	case gen.ErrorCodeNotFound:
		return http.StatusNotFound
	case gen.ErrorCodeConflict, gen.ErrorCodeIdempotencyMismatch:
		return http.StatusConflict
	case gen.ErrorCodeAdapterNotConfigured:
		return http.StatusUnprocessableEntity
	case gen.ErrorCodeRateLimited:
		return http.StatusTooManyRequests
	case gen.ErrorCodeUpstreamError:
		return http.StatusBadGateway
	case gen.ErrorCodeServiceUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// response is a response without its headers. A stored response gets new headers each time.
type response struct {
	status      int
	body        []byte
	contentType string // empty means application/json
}

// refusal returns the response for an error. An error that is not a *failure is a bug of the sandbox.
func (s *Sandbox) refusal(c *call, err error) response {
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{code: gen.ErrorCodeInternalError, message: "something went wrong on our side"}
	}
	if f.raw != nil {
		return response{status: f.status, body: []byte(f.raw.text), contentType: f.raw.contentType}
	}
	envelope := gen.ErrorEnvelope{
		Error: gen.ErrorDetail{Code: f.code, Message: f.message},
		Meta:  s.meta(c),
	}
	if f.field != "" {
		envelope.Error.Field = &f.field
	}
	var body bytes.Buffer
	_ = json.NewEncoder(&body).Encode(envelope) // cannot fail, because all values are texts
	return response{status: cmp.Or(f.status, statusOf(f.code)), body: body.Bytes()}
}

func (s *Sandbox) meta(c *call) gen.Meta {
	now := s.clock.now()
	if c.workspace != nil {
		now = c.workspace.clock.now()
	}
	return gen.Meta{RequestID: c.requestID, Timestamp: formatTime(now)}
}

func newResponseHeader(c *call, a response) http.Header {
	header := http.Header{}
	header.Set("Content-Type", cmp.Or(a.contentType, jsonMediaType))
	header.Set("Content-Length", strconv.Itoa(len(a.body)))
	if c.rate != nil {
		c.rate.addTo(header)
	}
	if a.status == http.StatusTooManyRequests {
		header.Set("Retry-After", "1") // the count restarts each second
	}
	if c.retryAfter > 0 {
		seconds := (c.retryAfter-1)/time.Second + 1 // rounded up
		header.Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
	}
	return header
}

func (a response) write(w http.ResponseWriter, header http.Header) {
	for name, values := range header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the client may have disconnected
}

// responseRecorder is the http.ResponseWriter that the generated server writes to.
type responseRecorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *responseRecorder) Header() http.Header         { return r.header }
func (r *responseRecorder) WriteHeader(status int)      { r.status = status }
func (r *responseRecorder) Write(p []byte) (int, error) { return r.body.Write(p) }
