package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/plugipay/plugipay-go/plugipay"
)

// naive is a simple client in the usual style: readable and correct, without optimizations. It has no timeout. With the stub,
// http.Client.Timeout would cost 18 more allocations, which it does not cost with the transport of net/http.
type naive struct {
	http    *http.Client
	baseURL string
	input   plugipay.CheckoutSessionCreateInput
}

func newNaive(baseURL string, transport http.RoundTripper) (client, error) {
	if transport == nil {
		// A separate connection pool of the default size, which keeps two idle connections per host.
		transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	return &naive{
		http:    &http.Client{Transport: transport},
		baseURL: baseURL,
		input:   createInput(),
	}, nil
}

type naiveEnvelope struct {
	Data  json.RawMessage `json:"data"`
	Error *struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
	Meta struct {
		RequestID string  `json:"requestId"`
		Cursor    *string `json:"cursor"`
		HasMore   bool    `json:"hasMore"`
	} `json:"meta"`
}

func (c *naive) create(ctx context.Context) (outcome, error) {
	var session plugipay.CheckoutSession
	err := c.do(ctx, http.MethodPost, sessionsPath, c.input, "idem_"+uuid.NewString(), &session)
	return outcome{session.ID, session.Amount, 1}, err
}

func (c *naive) get(ctx context.Context, id string) (outcome, error) {
	var session plugipay.CheckoutSession
	err := c.do(ctx, http.MethodGet, fmt.Sprintf("%s/%s", sessionsPath, id), nil, "", &session)
	return outcome{session.ID, session.Amount, 1}, err
}

func (c *naive) list(ctx context.Context, limit int) (outcome, error) {
	var sessions []plugipay.CheckoutSession
	err := c.do(ctx, http.MethodGet, fmt.Sprintf("%s?limit=%d", sessionsPath, limit), nil, "", &sessions)
	return lastOf(sessions), err
}

func (c *naive) do(ctx context.Context, method, path string, in any, key string, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, fmt.Sprintf("%s%s", c.baseURL, path), bytes.NewReader(body))
	if err != nil {
		return err
	}
	timestamp := fmt.Sprintf("%d", time.Now().Unix())
	toSign := fmt.Sprintf("%s\n%s\n%s\n%x", method, path, timestamp, sha256.Sum256(body))
	if key != "" {
		toSign = fmt.Sprintf("%s\n%s", toSign, key)
		req.Header.Set("Idempotency-Key", key)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(toSign))
	req.Header.Set("Authorization", fmt.Sprintf("Plugipay-HMAC-SHA256 keyId=%s, scope=*, signature=%s",
		keyID, hex.EncodeToString(mac.Sum(nil))))
	req.Header.Set("X-Plugipay-Timestamp", timestamp)
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	var env naiveEnvelope
	if err := json.Unmarshal(content, &env); err != nil {
		return fmt.Errorf("status %d: %w", resp.StatusCode, err)
	}
	if env.Error != nil {
		return fmt.Errorf("%s: %s", env.Error.Code, env.Error.Message)
	}
	return json.Unmarshal(env.Data, out)
}
