package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// listener is a webhook endpoint that reports the deliveries. It responds to the first delivery of each event with 500, to check
// that the event is delivered again.
type listener struct {
	address string
	server  *http.Server
	report  *report
	secret  string

	mu    sync.Mutex
	first map[string]time.Time // time of the first delivery of an event, by the event's key
	again map[string]bool      // the keys of events that were delivered again
	bad   int                  // deliveries that are not valid
}

// listen starts a webhook endpoint.
func listen(address string, r *report) (*listener, error) {
	secret := os.Getenv("PLUGIPAY_WEBHOOK_SECRET")
	if secret == "" {
		return nil, errors.New("PLUGIPAY_WEBHOOK_SECRET is not set: -listen verifies events with the secret of the webhook endpoint")
	}
	accepting, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen at %s: %w", address, err)
	}
	l := &listener{address: accepting.Addr().String(), report: r, secret: secret, first: map[string]time.Time{}, again: map[string]bool{}}
	l.server = &http.Server{Handler: l, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second}
	go func() { _ = l.server.Serve(accepting) }()
	r.note("Listening for webhook events at http://%s/\n", l.address)
	return l, nil
}

// ServeHTTP takes a delivery.
func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost { // such as a tunnel's health check
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	event, err := plugipay.VerifyWebhookRequest(r, l.secret)
	if err != nil {
		l.mu.Lock()
		l.bad++
		l.mu.Unlock()
		l.report.add("webhook signature", isDifferent(webhookAdvice(err), "%v", err))
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	key := keyOf(event)
	arrived, known := l.first[key]
	switch {
	case !known:
		l.first[key] = time.Now()
		l.report.add("webhook event", isAsExpected("%s in the %s form, signed in %s; it gets 500 to see it again", event.Name(), formOf(event), headerOf(r)))
		w.WriteHeader(http.StatusInternalServerError)
	case !l.again[key]:
		l.again[key] = true
		l.report.add("webhook redelivery", isAsExpected("%s came again after %s", event.Name(), time.Since(arrived).Round(time.Second)))
	}
}

// keyOf returns a key that all deliveries of an event share. A repeated delivery may have a new event id.
func keyOf(event *plugipay.WebhookEvent) string {
	if session, err := event.CheckoutSession(); err == nil {
		return event.Name() + " " + session.ID
	}
	return event.ID
}

// webhookAdvice returns the advice about an invalid delivery.
func webhookAdvice(err error) string {
	switch {
	case errors.Is(err, plugipay.ErrSignatureStale):
		return "set the clock of this machine"
	case errors.Is(err, plugipay.ErrInvalidPayload):
		return "attach the report of -json to an issue: the delivery is signed, but it is not an event"
	case errors.Is(err, plugipay.ErrSignatureMissing):
		return "look for a proxy that drops headers; the request may also come from another sender"
	}
	return "compare PLUGIPAY_WEBHOOK_SECRET with the dashboard, and look for a proxy that changes bodies"
}

// formOf returns the name of an event's form.
func formOf(event *plugipay.WebhookEvent) string {
	if strings.HasPrefix(event.Type, "plugipay.") {
		return "versioned"
	}
	return "plain"
}

// headerOf returns the name of the header with the signature.
func headerOf(r *http.Request) string {
	for _, name := range []string{"X-Plugipay-Signature", "Plugipay-Signature"} {
		if r.Header.Get(name) != "" {
			return name
		}
	}
	return "no header"
}

// wait waits for Ctrl+C, and reports missing deliveries.
func (l *listener) wait(ctx context.Context) {
	l.report.note("\nWaiting for events. Press Ctrl+C to end.")
	<-ctx.Done()
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = l.server.Shutdown(closing)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case len(l.first) == 0 && l.bad == 0:
		l.report.add("webhook event", isUnknown("check the endpoint's URL in the dashboard: Plugipay reaches public addresses only", "no event arrived"))
	case len(l.first) > len(l.again):
		l.report.add("webhook redelivery", isUnknown("wait longer: how soon Plugipay delivers again is not documented",
			"%d of %d events did not come again", len(l.first)-len(l.again), len(l.first)))
	}
}
