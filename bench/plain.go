package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/google/uuid"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
)

// plain is package gen, the client that oapi-codegen generates, with a request editor that signs. It has no timeout and does not
// retry.
type plain struct {
	*gen.Client
	input gen.CheckoutSessionCreateInput
}

func newPlain(baseURL string, transport http.RoundTripper) (client, error) {
	options := []gen.ClientOption{gen.WithRequestEditorFn(signPlain)}
	if transport != nil {
		options = append(options, gen.WithHTTPClient(&http.Client{Transport: transport}))
	}
	generated, err := gen.NewClient(baseURL, options...)
	return &plain{generated, plainInput()}, err
}

// plainInput returns createInput in the generated types.
func plainInput() gen.CheckoutSessionCreateInput {
	in := createInput()
	out := gen.CheckoutSessionCreateInput{
		Amount:       in.Amount,
		Currency:     gen.CurrencyCode(in.Currency),
		SuccessURL:   in.SuccessURL,
		CancelURL:    in.CancelURL,
		CustomerID:   in.CustomerID,
		ExpiresInSec: in.ExpiresInSec,
		Metadata:     in.Metadata,
	}
	for _, method := range in.Methods {
		out.Methods = append(out.Methods, gen.CheckoutMethod(method))
	}
	for _, item := range in.LineItems {
		out.LineItems = append(out.LineItems, gen.CheckoutSessionLineItem(item))
	}
	return out
}

// signPlain signs a request with the function Sign of package plugipay.
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

// decodePlain decodes a response into out. Another status is an error.
func decodePlain(resp *http.Response, err error, status int, out any) error {
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != status {
		return fmt.Errorf("status %s", resp.Status)
	}
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	return json.Unmarshal(content, out)
}

func (c *plain) create(ctx context.Context) (outcome, error) {
	params := &gen.CreateCheckoutSessionParams{IdempotencyKey: "idem_" + uuid.NewString()}
	resp, err := c.CreateCheckoutSession(ctx, params, c.input)
	var envelope gen.CheckoutSessionEnvelope
	if err := decodePlain(resp, err, http.StatusCreated, &envelope); err != nil {
		return outcome{}, err
	}
	return outcome{envelope.Data.ID, envelope.Data.Amount, 1}, nil
}

func (c *plain) get(ctx context.Context, id string) (outcome, error) {
	resp, err := c.GetCheckoutSession(ctx, id, nil)
	var envelope gen.CheckoutSessionEnvelope
	if err := decodePlain(resp, err, http.StatusOK, &envelope); err != nil {
		return outcome{}, err
	}
	return outcome{envelope.Data.ID, envelope.Data.Amount, 1}, nil
}

func (c *plain) list(ctx context.Context, limit int) (outcome, error) {
	resp, err := c.ListCheckoutSessions(ctx, &gen.ListCheckoutSessionsParams{Limit: &limit})
	var envelope gen.CheckoutSessionListEnvelope
	if err := decodePlain(resp, err, http.StatusOK, &envelope); err != nil {
		return outcome{}, err
	}
	if len(envelope.Data) == 0 {
		return outcome{}, fmt.Errorf("the list is empty")
	}
	last := envelope.Data[len(envelope.Data)-1]
	return outcome{last.ID, last.Amount, len(envelope.Data)}, nil
}
