package main

import (
	"context"
	"net/http"

	"github.com/plugipay/plugipay-go/plugipay"
)

// plugipayClient is package plugipay with its default options.
type plugipayClient struct {
	*plugipay.Client
	input plugipay.CheckoutSessionCreateInput
}

func newPlugipay(baseURL string, transport http.RoundTripper) (client, error) {
	options := plugipay.ClientOptions{KeyID: keyID, Secret: secret, BaseURL: baseURL}
	if transport != nil {
		options.HTTP = &http.Client{Transport: transport}
	}
	facade, err := plugipay.NewClient(options)
	return &plugipayClient{facade, createInput()}, err
}

func (c *plugipayClient) create(ctx context.Context) (outcome, error) {
	session, err := c.CheckoutSessions.Create(ctx, c.input)
	if err != nil {
		return outcome{}, err
	}
	return outcome{session.ID, session.Amount, 1}, nil
}

func (c *plugipayClient) get(ctx context.Context, id string) (outcome, error) {
	session, err := c.CheckoutSessions.Get(ctx, id)
	if err != nil {
		return outcome{}, err
	}
	return outcome{session.ID, session.Amount, 1}, nil
}

func (c *plugipayClient) list(ctx context.Context, limit int) (outcome, error) {
	page, err := c.CheckoutSessions.List(ctx, plugipay.CheckoutSessionListParams{Limit: &limit})
	if err != nil {
		return outcome{}, err
	}
	return lastOf(page.Data), nil
}
