package sandbox

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/plugipay/plugipay-go/gen"
)

// Handle adds a route to the API that the contract does not have, such as "POST /api/v1/refunds" or
// "GET /api/v1/customers/{id}". The pattern is a pattern of [http.ServeMux]. The handler receives requests that have passed
// authentication, the rate limit and the faults. For methods other than GET it is called once per idempotency key, and its
// response is replayed.
//
// The handler's output becomes the data of an envelope: a JSON value as it is, any other text as a JSON string. With a status of
// 400 or more, the output is the message of an error, and the code is the usual code of the status. A JSON object with a code
// and a message is the error itself. So http.Error works as expected.
//
// The pattern is the Operation of a [Fault] for the route. Handle fails if the pattern is not valid, if another route or the
// contract has it, or if it is one of the sandbox's own paths.
func (s *Sandbox) Handle(pattern string, handler http.Handler) error {
	if err := s.checkPattern(pattern); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	if handler == nil {
		return errors.New("sandbox: the handler is nil")
	}
	if err := s.routes.add(pattern, handler); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	return nil
}

func (s *Sandbox) checkPattern(pattern string) error {
	method, route, ok := strings.Cut(pattern, " ")
	if !ok {
		method, route = "", pattern
	}
	route = strings.TrimLeft(route, " \t")
	if !strings.HasPrefix(route, "/") {
		return errors.New("the pattern must be a path, such as /api/v1/refunds, with a method before it or without")
	}
	if route == "/" || strings.HasPrefix(route, controlPrefix) || strings.HasPrefix(route, hostedURL("", "")) {
		return fmt.Errorf("the sandbox has %s itself", route)
	}
	for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if _, _, has := s.contract.Find(m, route); has && (method == "" || method == m) {
			return fmt.Errorf("the contract has %s %s itself", m, route)
		}
	}
	return nil
}

// routeList holds the routes that the user has added. The zero value is empty.
type routeList struct {
	mu       sync.RWMutex
	patterns []string
	mux      http.ServeMux
}

// add turns the panic of http.ServeMux into an error.
func (l *routeList) add(pattern string, handler http.Handler) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("the pattern cannot be added: %v", problem)
		}
	}()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mux.Handle(pattern, handler)
	l.patterns = append(l.patterns, pattern)
	return nil
}

// find returns the pattern of the route for a request, or "".
func (l *routeList) find(r *http.Request) string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if len(l.patterns) == 0 || path.Clean(r.URL.EscapedPath()) != r.URL.EscapedPath() {
		return ""
	}
	_, pattern := l.mux.Handler(r)
	return pattern
}

func (l *routeList) all() []string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return append([]string(nil), l.patterns...)
}

// performRoute calls the handler of a user's route and puts its output into an envelope.
func (s *Sandbox) performRoute(r *http.Request, c *call) response {
	setBody(r, c.body)
	recorder := &responseRecorder{header: http.Header{}, status: http.StatusOK}
	s.routes.mux.ServeHTTP(recorder, r)
	written := recorder.body.Bytes()
	if recorder.status >= http.StatusBadRequest {
		return s.refusal(c, routeFailure(recorder.status, written))
	}
	body, err := marshal(controlEnvelope{Data: dataOf(written), Meta: s.meta(c)})
	if err != nil {
		return s.refusal(c, err)
	}
	return response{status: recorder.status, body: body}
}

// dataOf returns the output of a handler as JSON.
func dataOf(written []byte) json.RawMessage {
	switch {
	case len(written) == 0:
		return json.RawMessage("null")
	case json.Valid(written):
		return written
	}
	text, _ := marshal(string(written)) // cannot fail for a string
	return text
}

func routeFailure(status int, written []byte) error {
	var given struct {
		Code    gen.ErrorCode `json:"code"`
		Message string        `json:"message"`
	}
	if json.Unmarshal(written, &given) != nil {
		given.Message = strings.TrimSpace(string(written))
	}
	return &failure{
		code:    cmp.Or(given.Code, codeFor(status)),
		message: cmp.Or(given.Message, http.StatusText(status), "the request failed"),
		status:  status,
	}
}
