package main

import (
	"context"
	"net/http"

	"github.com/plugipay/plugipay-go/plugipay"
)

// ours is the facade as its users have it: with the options that it has by default.
type ours struct {
	*plugipay.Client
	input plugipay.CheckoutSessionCreateInput
}

func newOurs(baseURL string, transport http.RoundTripper) (client, error) {
	options := plugipay.ClientOptions{KeyID: keyID, Secret: secret, BaseURL: baseURL}
	if transport != nil {
		options.HTTP = &http.Client{Transport: transport}
	}
	facade, err := plugipay.NewClient(options)
	return &ours{facade, createInput()}, err
}

func (c *ours) create(ctx context.Context) (outcome, error) {
	session, err := c.CheckoutSessions.Create(ctx, c.input)
	if err != nil {
		return outcome{}, err
	}
	return outcome{session.ID, session.Amount, 1}, nil
}

func (c *ours) get(ctx context.Context, id string) (outcome, error) {
	session, err := c.CheckoutSessions.Get(ctx, id)
	if err != nil {
		return outcome{}, err
	}
	return outcome{session.ID, session.Amount, 1}, nil
}

func (c *ours) list(ctx context.Context, limit int) (outcome, error) {
	page, err := c.CheckoutSessions.List(ctx, plugipay.CheckoutSessionListParams{Limit: &limit})
	if err != nil {
		return outcome{}, err
	}
	return lastOf(page.Data), nil
}
