package main

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// webhookSecret is what the sandbox signs events with. That of a real endpoint belongs in the environment.
const webhookSecret = "whsec_quickstart"

// endpoint is the shop's webhook endpoint.
type endpoint struct {
	url    string
	events <-chan *plugipay.WebhookEvent
	close  func()
}

// receiveEvents starts an endpoint on this machine.
func receiveEvents() (*endpoint, error) {
	events := make(chan *plugipay.WebhookEvent, 10)
	handler, err := plugipay.NewWebhookHandler(plugipay.WebhookHandlerOptions{
		Secrets: []string{webhookSecret},
		Handle: func(ctx context.Context, event *plugipay.WebhookEvent) error {
			select {
			case events <- event: // a shop would fulfill the order here
				return nil
			case <-ctx.Done():
				return ctx.Err() // Plugipay delivers the event again
			}
		},
	})
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener)
	}()
	return &endpoint{
		url:    "http://" + listener.Addr().String() + "/webhooks/plugipay",
		events: events,
		close: func() {
			_ = server.Close()
			<-served
		},
	}, nil
}
