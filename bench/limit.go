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
	// A buffer that a very large answer made grow is left to the garbage collector.
	maxPooledBytes = 1 << 20
)

// limit is what the standard library allows: a client for nothing but these three calls, tuned by hand. It signs, has a
// deadline, bounds what it reads and looks for an error, but it retries nothing, maps no errors, checks no input, and
// nobody would like to keep it.
type limit struct {
	http     *http.Client
	template *http.Request // what all requests have in common
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
	var answer limitEnvelope[plugipay.CheckoutSession]
	if err := c.do(ctx, http.MethodPost, sessionsPath, "", body, "idem_"+rand.Text(), &answer); err != nil {
		return outcome{}, err
	}
	if answer.Error != nil {
		return outcome{}, fmt.Errorf("%s: %s", answer.Error.Code, answer.Error.Message)
	}
	return outcome{answer.Data.ID, answer.Data.Amount, 1}, nil
}

func (c *limit) get(ctx context.Context, id string) (outcome, error) {
	var answer limitEnvelope[plugipay.CheckoutSession]
	if err := c.do(ctx, http.MethodGet, sessionsPath+"/"+id, "", nil, "", &answer); err != nil {
		return outcome{}, err
	}
	if answer.Error != nil {
		return outcome{}, fmt.Errorf("%s: %s", answer.Error.Code, answer.Error.Message)
	}
	return outcome{answer.Data.ID, answer.Data.Amount, 1}, nil
}

func (c *limit) list(ctx context.Context, limit int) (outcome, error) {
	var answer limitEnvelope[[]plugipay.CheckoutSession]
	answer.Data = make([]plugipay.CheckoutSession, 0, limit)
	if err := c.do(ctx, http.MethodGet, sessionsPath, "limit="+strconv.Itoa(limit), nil, "", &answer); err != nil {
		return outcome{}, err
	}
	if answer.Error != nil {
		return outcome{}, fmt.Errorf("%s: %s", answer.Error.Code, answer.Error.Message)
	}
	return lastOf(answer.Data), nil
}

func lastOf(sessions []plugipay.CheckoutSession) outcome {
	if len(sessions) == 0 {
		return outcome{}
	}
	last := &sessions[len(sessions)-1]
	return outcome{last.ID, last.Amount, len(sessions)}
}

// do sends a request and decodes the answer. The path must need no escaping.
func (c *limit) do(ctx context.Context, method, path, query string, body []byte, key string, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	buffer := c.buffers.Get().(*limitBuffer)
	defer c.release(buffer)

	req := c.template.WithContext(ctx)
	req.Method = method
	req.URL = &url.URL{Scheme: c.base.Scheme, Host: c.base.Host, Path: path, RawQuery: query}
	// One array holds the values of all headers that differ from call to call.
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
	if err := json.Unmarshal(buffer.Bytes(), answer); err != nil {
		return fmt.Errorf("status %d: %w", resp.StatusCode, err)
	}
	return nil
}

// authorization signs a request, with the buffer to write the string to sign in.
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

// release puts a buffer back. The decoder keeps nothing of it: it copies strings and raw JSON.
func (c *limit) release(buffer *limitBuffer) {
	if buffer.Cap() <= maxPooledBytes {
		c.buffers.Put(buffer)
	}
}

// limitBuffer reads a body, up to maxResponseBytes. Before that, a request is signed in it.
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
		err = fmt.Errorf("the answer is larger than %d bytes", maxResponseBytes)
	}
	return err
}

// limitBody is a request's body in one allocation.
type limitBody struct{ bytes.Reader }

func (*limitBody) Close() error { return nil }
