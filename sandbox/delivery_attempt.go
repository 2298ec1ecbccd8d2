package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

const webhookSignatureHeader = "X-Plugipay-Signature"

// newDeliveryClient returns a client that takes a redirect for the answer that it is.
func newDeliveryClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// newDeliveryTransport returns a transport of its own, so that closing its connections closes nobody else's.
func newDeliveryTransport() http.RoundTripper {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		MaxIdleConnsPerHost: maxWorkers,
		IdleConnTimeout:     time.Minute,
	}
}

// post makes one attempt to deliver an event: signed for this moment, with the same body as the attempts before.
func (d *dispatcher) post(to Endpoint, body []byte, at time.Time) (status int, err error) {
	ctx, cancel := context.WithTimeout(d.ctx, attemptTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to.URL, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", jsonMediaType)
	r.Header.Set(webhookSignatureHeader, plugipay.SignWebhook(body, to.Secret, at))
	response, err := d.client.Do(r)
	if err != nil {
		return 0, err
	}
	_, _ = io.CopyN(io.Discard, response.Body, 64<<10) // so that the connection can be used again
	_ = response.Body.Close()
	return response.StatusCode, nil
}

func newAttempt(at time.Time, status int, err error) deliveryAttempt {
	made := deliveryAttempt{At: at, Status: status}
	switch {
	case err != nil:
		made.Err = attemptError(err)
	case status < 200 || status > 299:
		made.Err = fmt.Sprintf("the answer was %d, not a 2xx", status)
	}
	return made
}

// attemptError says why there was no answer, without the URL, in which there may be a password.
func attemptError(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %v", attemptTimeout)
	case errors.Is(err, context.Canceled):
		return "the sandbox was closed"
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err.Error()
	}
	return "no request could be made"
}
