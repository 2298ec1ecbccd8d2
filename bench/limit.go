package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

const (
	attemptTimeout   = 30 * time.Second
	maxResponseBytes = 8 << 20
	// Larger buffers are not kept for reuse.
	maxPooledBytes = 1 << 20
)

// limit is a lower bound: a client for only these three calls, tuned by hand with the standard library. It signs, has a deadline,
// limits the size of responses and checks for an error. It does not retry, map errors or check input.
type limit struct {
	http     *http.Client
	template *http.Request // the common parts of all requests
	base     *url.URL
	macs     sync.Pool // of hash.Hash, keyed with the secret
	buffers  sync.Pool // of *limitBuffer
	input    plugipay.CheckoutSessionCreateInput
}

func newLimit(baseURL string, transport http.RoundTripper) (client, error) {
	base, err := url.Parse(baseURL)
	if err != nil {
		return nil, err
	}
	if transport == nil {
		own := http.DefaultTransport.(*http.Transport).Clone()
		own.MaxIdleConns, own.MaxIdleConnsPerHost = 256, 256
		transport = own
	}
	return &limit{
		http:     &http.Client{Transport: transport},
		template: &http.Request{Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1},
		base:     base,
		macs:     sync.Pool{New: func() any { return hmac.New(sha256.New, []byte(secret)) }},
		buffers:  sync.Pool{New: func() any { return &limitBuffer{} }},
		input:    createInput(),
	}, nil
}

type limitEnvelope[T any] struct {
	Data  T `json:"data"`
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

func (c *limit) create(ctx context.Context) (outcome, error) {
	body, err := json.Marshal(&c.input)
	if err != nil {
		return outcome{}, err
	}
	var env limitEnvelope[plugipay.CheckoutSession]
	if err := c.do(ctx, http.MethodPost, sessionsPath, "", body, "idem_"+rand.Text(), &env); err != nil {
		return outcome{}, err
	}
	if env.Error != nil {
		return outcome{}, fmt.Errorf("%s: %s", env.Error.Code, env.Error.Message)
	}
	return outcome{env.Data.ID, env.Data.Amount, 1}, nil
}

func (c *limit) get(ctx context.Context, id string) (outcome, error) {
	var env limitEnvelope[plugipay.CheckoutSession]
	if err := c.do(ctx, http.MethodGet, sessionsPath+"/"+id, "", nil, "", &env); err != nil {
		return outcome{}, err
	}
	if env.Error != nil {
		return outcome{}, fmt.Errorf("%s: %s", env.Error.Code, env.Error.Message)
	}
	return outcome{env.Data.ID, env.Data.Amount, 1}, nil
}

func (c *limit) list(ctx context.Context, limit int) (outcome, error) {
	var env limitEnvelope[[]plugipay.CheckoutSession]
	env.Data = make([]plugipay.CheckoutSession, 0, limit)
	if err := c.do(ctx, http.MethodGet, sessionsPath, "limit="+strconv.Itoa(limit), nil, "", &env); err != nil {
		return outcome{}, err
	}
	if env.Error != nil {
		return outcome{}, fmt.Errorf("%s: %s", env.Error.Code, env.Error.Message)
	}
	return lastOf(env.Data), nil
}

func lastOf(sessions []plugipay.CheckoutSession) outcome {
	if len(sessions) == 0 {
		return outcome{}
	}
	last := &sessions[len(sessions)-1]
	return outcome{last.ID, last.Amount, len(sessions)}
}

// do sends a request and decodes the response into out. The path must not need escaping.
func (c *limit) do(ctx context.Context, method, path, query string, body []byte, key string, out any) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	buffer := c.buffers.Get().(*limitBuffer)
	defer c.release(buffer)

	req := c.template.WithContext(ctx)
	req.Method = method
	req.URL = &url.URL{Scheme: c.base.Scheme, Host: c.base.Host, Path: path, RawQuery: query}
	// One array holds the values of all headers that differ between calls.
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	values := &[3]string{c.authorization(buffer, method, path, query, timestamp, body, key), timestamp, key}
	req.Header = make(http.Header, 5)
	req.Header["Accept"] = jsonHeader
	req.Header["Authorization"] = values[0:1:1]
	req.Header["X-Plugipay-Timestamp"] = values[1:2:2]
	if key != "" {
		req.Header["Idempotency-Key"] = values[2:3:3]
	}
	if body != nil {
		req.Header["Content-Type"] = jsonHeader
		sent := &limitBody{}
		sent.Reset(body)
		req.Body, req.ContentLength = sent, int64(len(body))
	}

	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := buffer.read(resp.Body); err != nil {
		return err
	}
	if err := json.Unmarshal(buffer.Bytes(), out); err != nil {
		return fmt.Errorf("status %d: %w", resp.StatusCode, err)
	}
	return nil
}

// authorization signs a request. It writes the string to sign into the buffer.
func (c *limit) authorization(buffer *limitBuffer, method, path, query, timestamp string, body []byte, key string) string {
	buffer.sum = sha256.Sum256(body)
	s := append(buffer.AvailableBuffer(), method...)
	s = append(s, '\n')
	s = append(s, path...)
	if query != "" {
		s = append(s, '?')
		s = append(s, query...)
	}
	s = append(s, '\n')
	s = append(s, timestamp...)
	s = append(s, '\n')
	s = hex.AppendEncode(s, buffer.sum[:])
	if key != "" {
		s = append(s, '\n')
		s = append(s, key...)
	}
	mac := c.macs.Get().(hash.Hash)
	mac.Reset()
	mac.Write(s)
	signature := mac.Sum(buffer.sum[:0])
	c.macs.Put(mac)

	s = append(s[:0], "Plugipay-HMAC-SHA256 keyId="+keyID+", scope=*, signature="...)
	s = hex.AppendEncode(s, signature)
	return string(s)
}

// release returns a buffer to the pool. The decoder has copied all strings and raw JSON.
func (c *limit) release(buffer *limitBuffer) {
	if buffer.Cap() <= maxPooledBytes {
		c.buffers.Put(buffer)
	}
}

// limitBuffer first holds the string to sign of a request, and then the response, up to maxResponseBytes.
type limitBuffer struct {
	bytes.Buffer
	limited io.LimitedReader
	sum     [sha256.Size]byte
}

func (b *limitBuffer) read(body io.Reader) error {
	b.Reset()
	b.limited = io.LimitedReader{R: body, N: maxResponseBytes + 1}
	read, err := b.ReadFrom(&b.limited)
	b.limited.R = nil
	if err == nil && read > maxResponseBytes {
		err = fmt.Errorf("the response is larger than %d bytes", maxResponseBytes)
	}
	return err
}

// limitBody is a request's body in one allocation.
type limitBody struct{ bytes.Reader }

func (*limitBody) Close() error { return nil }
