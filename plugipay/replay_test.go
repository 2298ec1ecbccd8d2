package plugipay_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
)

// writes returns the options of writes. net/http may repeat some of them by itself because they have a key or no body.
func writes() map[string]plugipay.RequestOptions {
	all := map[string]plugipay.RequestOptions{}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
		for _, key := range []string{"", "key_1"} {
			all[method+" without a body, key "+key] = plugipay.RequestOptions{Method: method, Path: "/api/v1/x", IdempotencyKey: key}
			all[method+" with a body, key "+key] = plugipay.RequestOptions{
				Method: method, Path: "/api/v1/x", IdempotencyKey: key, Body: map[string]int{"a": 1}}
		}
	}
	return all
}

func TestMaxRetries_LostResponseIsOneRequest(t *testing.T) {
	t.Parallel()
	for name, opts := range writes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var received atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					writeSession(w, r)
					return
				}
				received.Add(1)
				panic(http.ErrAbortHandler)
			}))
			server.Config.ErrorLog = discardLog()
			t.Cleanup(server.Close)
			client, err := plugipay.NewClient(plugipay.ClientOptions{
				KeyID: testKeyID, Secret: testSecret, BaseURL: server.URL, MaxRetries: -1})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = client.Close() })
			getOnce(t, client) // keeps the connection
			pe := wantError(t, client.Do(t.Context(), opts, nil), 0, "network_error")
			if n := received.Load(); n != 1 || pe.Attempts != 1 || !pe.MayHaveBeenProcessed() {
				t.Errorf("%d requests, %d attempts, MayHaveBeenProcessed is %t", n, pe.Attempts, pe.MayHaveBeenProcessed())
			}
		})
	}
}

func TestDo_WriteWithoutBodyHasLengthZero(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		for name, opts := range writes() {
			if opts.Body != nil {
				continue
			}
			inBubble(t, []reply{{status: 204}}, func(t *testing.T, b *bubbleServer) {
				b.http2 = http2
				next := b.handler
				b.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.ContentLength != 0 || len(r.TransferEncoding) != 0 || r.Header.Get("Idempotency-Key") != opts.IdempotencyKey {
						t.Errorf("%s, HTTP/2 %t: length %d, encoding %q, header %v", name, http2, r.ContentLength, r.TransferEncoding, r.Header)
					}
					if got, sent := r.Header["Content-Length"]; opts.Method == http.MethodPost && (!sent || got[0] != "0") {
						t.Errorf("%s, HTTP/2 %t: Content-Length is %q", name, http2, got)
					}
					next.ServeHTTP(w, r)
				})
				if err := b.client().Do(t.Context(), opts, nil); err != nil {
					t.Error(err)
				}
				checkSigned(t, b.requests[0], "")
			})
		}
	}
}

// http2Refuser is a server that speaks enough HTTP/2 to refuse requests.
type http2Refuser struct {
	net.Listener
	refuse   func(conn io.Writer, stream uint32)
	received atomic.Int64
}

// Frame types and an error code of RFC 9113.
const (
	frameHeaders, frameReset, frameSettings, frameGoAway = 1, 3, 4, 7
	refusedStream                                        = 7
)

func writeFrame(w io.Writer, kind, flags byte, stream uint32, payload []byte) {
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	frame = append(frame, flags)
	frame = binary.BigEndian.AppendUint32(frame, stream)
	_, _ = w.Write(append(frame, payload...))
}

func (s *http2Refuser) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	if _, err := io.CopyN(io.Discard, conn, int64(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
		return
	}
	writeFrame(conn, frameSettings, 0, 0, nil)
	for {
		var head [9]byte
		if _, err := io.ReadFull(conn, head[:]); err != nil {
			return
		}
		length := int64(binary.BigEndian.Uint32(head[:4]) >> 8)
		if _, err := io.CopyN(io.Discard, conn, length); err != nil {
			return
		}
		switch {
		case head[3] == frameSettings && head[4] == 0:
			writeFrame(conn, frameSettings, 1, 0, nil)
		case head[3] == frameHeaders:
			s.received.Add(1)
			s.refuse(conn, binary.BigEndian.Uint32(head[5:]))
		}
	}
}

func refusingOverHTTP2(t *testing.T, refuse func(io.Writer, uint32)) *http2Refuser {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http2Refuser{Listener: listener, refuse: refuse}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer context.AfterFunc(t.Context(), func() { _ = conn.Close() })()
				s.serve(conn)
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		serving.Wait()
	})
	return s
}

func TestMaxRetries_RefusedOverHTTP2IsOneRequest(t *testing.T) {
	t.Parallel()
	refusals := map[string]func(io.Writer, uint32){
		"REFUSED_STREAM": func(conn io.Writer, stream uint32) {
			writeFrame(conn, frameReset, 0, stream, binary.BigEndian.AppendUint32(nil, refusedStream))
		},
		"GOAWAY": func(conn io.Writer, _ uint32) { // no stream was processed
			writeFrame(conn, frameGoAway, 0, 0, make([]byte, 8))
		},
	}
	for refusal, refuse := range refusals {
		for name, opts := range writes() {
			t.Run(refusal+" "+name, func(t *testing.T) {
				t.Parallel()
				s := refusingOverHTTP2(t, refuse)
				transport := &http.Transport{Protocols: protocols(false, true)}
				t.Cleanup(transport.CloseIdleConnections)
				client, err := plugipay.NewClient(plugipay.ClientOptions{
					KeyID: testKeyID, Secret: testSecret, BaseURL: "http://" + s.Addr().String(), MaxRetries: -1,
					HTTP: &http.Client{Transport: transport},
				})
				if err != nil {
					t.Fatal(err)
				}
				pe := wantError(t, client.Do(t.Context(), opts, nil), 0, "network_error")
				if n := s.received.Load(); n != 1 || pe.Attempts != 1 {
					t.Errorf("%d requests, %d attempts: %v (%v)", n, pe.Attempts, pe, errors.Unwrap(pe))
				}
			})
		}
	}
}

func TestRequest_HasNoGetBody(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		sent := false
		client := clientWith(t, func(r *http.Request) (*http.Response, error) {
			sent = true
			if r.GetBody != nil {
				t.Errorf("%s: the request has a GetBody", op.name)
			}
			return response(200, op.body()), nil
		})
		if err := op.call(t, client); err != nil || !sent {
			t.Errorf("%s: a request was sent: %t, error %v", op.name, sent, err)
		}
	}
}
