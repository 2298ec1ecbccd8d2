package main

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/google/uuid"

	"github.com/plugipay/plugipay-go/bench/plainclient"
	"github.com/plugipay/plugipay-go/plugipay"
)

// plain is oapi-codegen's ClientWithResponses, with an editor that signs. It has no timeout.
type plain struct {
	*plainclient.ClientWithResponses
	input plainclient.CheckoutSessionCreateInput
}

func newPlain(baseURL string, transport http.RoundTripper) (client, error) {
	options := []plainclient.ClientOption{plainclient.WithRequestEditorFn(signPlain)}
	if transport != nil {
		options = append(options, plainclient.WithHTTPClient(&http.Client{Transport: transport}))
	}
	generated, err := plainclient.NewClientWithResponses(baseURL, options...)
	return &plain{generated, plainInput()}, err
}

// plainInput is createInput in the generated types.
func plainInput() plainclient.CheckoutSessionCreateInput {
	in := createInput()
	out := plainclient.CheckoutSessionCreateInput{
		Amount:       in.Amount,
		Currency:     plainclient.CurrencyCode(in.Currency),
		SuccessUrl:   in.SuccessURL,
		CancelUrl:    in.CancelURL,
		CustomerId:   in.CustomerID,
		ExpiresInSec: in.ExpiresInSec,
		Metadata:     in.Metadata,
	}
	for _, method := range in.Methods {
		out.Methods = append(out.Methods, plainclient.CheckoutMethod(method))
	}
	for _, item := range in.LineItems {
		out.LineItems = append(out.LineItems, plainclient.CheckoutSessionLineItem(item))
	}
	return out
}

// signPlain signs a request with what the package plugipay has for those who build their own.
func signPlain(_ context.Context, req *http.Request) error {
	var content []byte
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return err
		}
		if content, err = io.ReadAll(body); err != nil {
			return err
		}
	}
	signed := plugipay.Sign(secret, plugipay.SignInput{
		Method:         req.Method,
		Path:           req.URL.RequestURI(),
		Body:           string(content),
		IdempotencyKey: req.Header.Get("Idempotency-Key"),
	})
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", plugipay.AuthorizationHeader(keyID, signed.Signature))
	req.Header.Set("X-Plugipay-Timestamp", signed.Timestamp)
	return nil
}

func (c *plain) create(ctx context.Context) (outcome, error) {
	key := "idem_" + uuid.NewString()
	params := &plainclient.CreateCheckoutSessionParams{IdempotencyKey: &key}
	answer, err := c.CreateCheckoutSessionWithResponse(ctx, params, c.input)
	if err != nil {
		return outcome{}, err
	}
	if answer.JSON201 == nil {
		return outcome{}, fmt.Errorf("status %s", answer.Status())
	}
	return outcome{answer.JSON201.Data.Id, answer.JSON201.Data.Amount, 1}, nil
}

func (c *plain) get(ctx context.Context, id string) (outcome, error) {
	answer, err := c.GetCheckoutSessionWithResponse(ctx, id, nil)
	if err != nil {
		return outcome{}, err
	}
	if answer.JSON200 == nil {
		return outcome{}, fmt.Errorf("status %s", answer.Status())
	}
	return outcome{answer.JSON200.Data.Id, answer.JSON200.Data.Amount, 1}, nil
}

func (c *plain) list(ctx context.Context, limit int) (outcome, error) {
	answer, err := c.ListCheckoutSessionsWithResponse(ctx, &plainclient.ListCheckoutSessionsParams{Limit: &limit})
	if err != nil {
		return outcome{}, err
	}
	if answer.JSON200 == nil || len(answer.JSON200.Data) == 0 {
		return outcome{}, fmt.Errorf("status %s", answer.Status())
	}
	last := answer.JSON200.Data[len(answer.JSON200.Data)-1]
	return outcome{last.Id, last.Amount, len(answer.JSON200.Data)}, nil
}
