package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
)

const sessionsPath = "/api/v1/checkout-sessions"

// answers are what the stub and the server on loopback answer with: the body by method and path.
type answers struct {
	one  map[string][]byte // by the path of the collection; answers its POST, and a GET of one of its members
	many map[string][]byte // answers its GET
}

func newAnswers() *answers {
	return &answers{
		one:  map[string][]byte{sessionsPath: []byte(envelope(session(0), ""))},
		many: map[string][]byte{sessionsPath: []byte(page(false))},
	}
}

// find returns the answer to a request; nil if there is none.
func (a *answers) find(method, path string) []byte {
	if method == http.MethodPost {
		return a.one[path]
	}
	if content, ok := a.many[path]; ok {
		return content
	}
	return a.one[path[:max(0, strings.LastIndexByte(path, '/'))]]
}

// stub is a transport that answers from memory. It does as little as it can, the same for every client: what is left is
// the client's own cost.
type stub struct{ answers *answers }

func (s stub) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return nil, err
		}
		if err := r.Body.Close(); err != nil {
			return nil, err
		}
	}
	content := s.answers.find(r.Method, r.URL.Path)
	if content == nil {
		return nil, fmt.Errorf("the stub has no answer to %s %s", r.Method, r.URL)
	}
	answer := &stubAnswer{}
	answer.body.Reset(content)
	answer.response = http.Response{
		Status: "200 OK", StatusCode: http.StatusOK,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        answerHeader,
		Body:          &answer.body,
		ContentLength: int64(len(content)),
		Request:       r,
	}
	return &answer.response, nil
}

// stubAnswer is a response and its body in one allocation.
type stubAnswer struct {
	response http.Response
	body     stubBody
}

type stubBody struct{ bytes.Reader }

func (*stubBody) Close() error { return nil }

// Headers that are the same every time are shared: nobody changes them.
var (
	jsonHeader   = []string{"application/json"}
	answerHeader = http.Header{"Content-Type": jsonHeader}
)
