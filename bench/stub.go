package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
)

const sessionsPath = "/api/v1/checkout-sessions"

// responses holds the responses of the stub and of the server on loopback.
type responses struct {
	one  map[string][]byte // by the path of the collection; for its POST and for a GET of a member
	many map[string][]byte // by the path of the collection; for its GET
}

func newResponses() *responses {
	return &responses{
		one: map[string][]byte{
			sessionsPath: []byte(envelope(session(0, memberBytes), "")),
			stripePath:   []byte(stripeSession(0, responseBytes)),
			openAIPath:   []byte(openAIBatch(0, responseBytes)),

			midtransCreatePath: []byte(midtransCreated()),
			midtransGetPath:    []byte(midtransStatus()),
		},
		many: map[string][]byte{
			sessionsPath: []byte(page(false)),
			stripePath:   []byte(stripePage()),
			openAIPath:   []byte(openAIPage()),
		},
	}
}

// find returns the status and the body of the response to a request.
func (a *responses) find(method, path string) (int, []byte, error) {
	status, content := http.StatusOK, a.many[path]
	if method == http.MethodPost {
		status, content = http.StatusCreated, a.one[path]
	} else if content == nil {
		content = a.one[path[:max(0, strings.LastIndexByte(path, '/'))]]
	}
	if content == nil {
		return 0, nil, fmt.Errorf("there is no response for %s %s", method, path)
	}
	return status, content, nil
}

// stub is a transport that responds from memory. It does little, and the same for every client, so the measured cost is that of
// the client.
type stub struct{ responses *responses }

func (s stub) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return nil, err
		}
		if err := r.Body.Close(); err != nil {
			return nil, err
		}
	}
	status, content, err := s.responses.find(r.Method, r.URL.Path)
	if err != nil {
		return nil, err
	}
	resp := &stubResponse{}
	resp.body.Reset(content)
	resp.response = http.Response{
		StatusCode: status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        responseHeader,
		Body:          &resp.body,
		ContentLength: int64(len(content)),
		Request:       r,
	}
	return &resp.response, nil
}

// stubResponse is a response and its body in one allocation.
type stubResponse struct {
	response http.Response
	body     stubBody
}

type stubBody struct{ bytes.Reader }

func (*stubBody) Close() error { return nil }

// These headers are shared by all responses. No client changes them.
var (
	jsonHeader     = []string{"application/json"}
	responseHeader = http.Header{"Content-Type": jsonHeader}
)
