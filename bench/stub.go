package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
)

const sessionsPath = "/api/v1/checkout-sessions"

// answers are what the stub and the server on loopback answer with.
type answers struct {
	one  map[string][]byte // by the path of the collection; answers its POST, and a GET of one of its members
	many map[string][]byte // by the same path; answers its GET
}

func newAnswers() *answers {
	return &answers{
		one: map[string][]byte{
			sessionsPath: []byte(envelope(session(0, memberBytes), "")),
			stripePath:   []byte(stripeSession(0, answerBytes)),
			openAIPath:   []byte(openAIBatch(0, answerBytes)),

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

// find returns the status and the body of the answer to a request.
func (a *answers) find(method, path string) (int, []byte, error) {
	status, content := http.StatusOK, a.many[path]
	if method == http.MethodPost {
		status, content = http.StatusCreated, a.one[path]
	} else if content == nil {
		content = a.one[path[:max(0, strings.LastIndexByte(path, '/'))]]
	}
	if content == nil {
		return 0, nil, fmt.Errorf("there is no answer to %s %s", method, path)
	}
	return status, content, nil
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
	status, content, err := s.answers.find(r.Method, r.URL.Path)
	if err != nil {
		return nil, err
	}
	answer := &stubAnswer{}
	answer.body.Reset(content)
	answer.response = http.Response{
		StatusCode: status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
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
