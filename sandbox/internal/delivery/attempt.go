package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"unicode/utf8"
)

const (
	maxKeptResponse = 4 << 10
	maxReadResponse = 64 << 10 // reading a response to its end makes the connection reusable
)

// attempt makes one attempt to deliver an event. All attempts of a delivery have the same body.
func (d *Dispatcher) attempt(ctx context.Context, to Endpoint, body []byte) Attempt {
	fault := d.faults.take(d.account, false).Kind
	made := Attempt{At: d.clock.Now(), Fault: fault}
	begin := d.clock.Real()
	status, response, err := d.post(ctx, to, body, signatureHeaders(body, to.Secret, begin, fault))
	made.Duration = d.clock.Real().Sub(begin)
	if fault == Dropped && err == nil {
		made.Error = fmt.Sprintf("an injected fault dropped the response, which was %d", status)
		return made
	}
	made.Status, made.Response = status, shorten(response)
	switch {
	case err != nil:
		made.Error = d.attemptError(err)
	case status < 200 || status > 299:
		made.Error = fmt.Sprintf("the response was %d, not a 2xx", status)
	}
	return made
}

func (d *Dispatcher) post(ctx context.Context, to Endpoint, body []byte, header http.Header) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, d.policy.Timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to.URL, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header = header
	r.Header.Set("Content-Type", "application/json")
	response, err := to.Client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	read, _ := io.ReadAll(io.LimitReader(response.Body, maxReadResponse)) // only the status decides
	return response.StatusCode, read, nil
}

// shorten returns the beginning of a response as valid UTF-8.
func shorten(response []byte) string {
	if len(response) > maxKeptResponse {
		response = response[:maxKeptResponse]
	}
	return string(bytes.ToValidUTF8(response, []byte(string(utf8.RuneError))))
}

// attemptError returns the reason why there was no response. It leaves out the URL, which may contain a password.
func (d *Dispatcher) attemptError(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no response within %v", d.policy.Timeout)
	case errors.Is(err, context.Canceled):
		return "the sandbox was closed or reset"
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err.Error()
	}
	return "the request could not be created"
}
