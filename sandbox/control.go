package sandbox

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

// The routes under /_sandbox/ let a test in any language do over HTTP what Go tests do with the methods of Sandbox.
// They need no key.

const controlPrefix = "/_sandbox/"

// isControl looks at the escaped path, as http.ServeMux does: what only looks like a route when it is unescaped would get
// an answer that is no envelope.
func isControl(r *http.Request) bool { return strings.HasPrefix(r.URL.EscapedPath(), controlPrefix) }

// controlRoute does what a request asks for, and returns what to answer with: a status and the data.
type controlRoute func(r *http.Request, body []byte) (int, any, error)

func newControl(s *Sandbox) http.Handler {
	routes := http.NewServeMux()
	for pattern, route := range map[string]controlRoute{
		"POST /_sandbox/faults":                s.controlInject,
		"GET /_sandbox/faults":                 s.controlFaults,
		"DELETE /_sandbox/faults":              s.controlClearFaults,
		"POST /_sandbox/clock":                 s.controlClock,
		"POST /_sandbox/sessions/{id}/pay":     s.controlPay,
		"POST /_sandbox/sessions/{id}/settle":  s.controlSettle,
		"POST /_sandbox/sessions/{id}/fail":    s.controlFail,
		"POST /_sandbox/sessions/{id}/confirm": withoutBody(s.confirm),
		"POST /_sandbox/sessions/{id}/expire":  withoutBody(s.expire),
		"POST /_sandbox/sessions/{id}/cancel":  withoutBody(s.cancel),
		controlPrefix: func(*http.Request, []byte) (int, any, error) {
			return 0, nil, fail(gen.ErrorCodeNotFound, "no such method or path")
		},
	} {
		routes.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serveControl(w, r, route) })
	}
	return routes
}

// controlEnvelope is an answer of a control route, in the same form as those of the API.
type controlEnvelope struct {
	Data  any      `json:"data"`
	Error *string  `json:"error"` // always null
	Meta  gen.Meta `json:"meta"`
}

func (s *Sandbox) serveControl(w http.ResponseWriter, r *http.Request, route controlRoute) {
	c := &call{requestID: newID("req_", s.clock.now())}
	status, data, err := s.callControl(w, r, route)
	if err != nil {
		a := s.refusal(c, err)
		a.write(w, http.Header{"Content-Type": {jsonMediaType}})
		return
	}
	if status == http.StatusNoContent {
		w.WriteHeader(status)
		return
	}
	body, err := marshal(controlEnvelope{Data: data, Meta: s.meta(c)})
	a := answer{status: status, body: body}
	if err != nil {
		a = s.refusal(c, err)
	}
	a.write(w, http.Header{"Content-Type": {jsonMediaType}})
}

func (s *Sandbox) callControl(w http.ResponseWriter, r *http.Request, route controlRoute) (int, any, error) {
	if err := checkNotFromAWebPage(r); err != nil {
		return 0, nil, err
	}
	body, err := readBody(w, r)
	if err != nil {
		return 0, nil, err
	}
	if r.Method == http.MethodPost && !isJSONMediaType(r.Header.Get("Content-Type")) {
		return 0, nil, fail(gen.ErrorCodeValidationError, "Content-Type must be "+jsonMediaType)
	}
	return route(r, body)
}

// checkNotFromAWebPage refuses what a page of somebody else's could make the browser of the developer send: a request
// of another origin, or, on the loopback interface, one for a name that only looks like this machine's.
func checkNotFromAWebPage(r *http.Request) error {
	site := r.Header.Get("Sec-Fetch-Site")
	sameSite := site == "" || site == "none" || site == "same-origin"
	if !sameSite || !isOwnOrigin(r) || !isOwnHost(r) {
		return fail(gen.ErrorCodeInsufficientScope, "web pages of other origins may not control the sandbox")
	}
	return nil
}

func isOwnOrigin(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return true
	}
	u, err := url.Parse(origins[0])
	return err == nil && len(origins) == 1 && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

// isOwnHost is true for every host when the sandbox was asked to listen elsewhere than on the loopback interface, and
// the request came that way.
func isOwnHost(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return !ok || !local.IP.IsLoopback() || isLoopbackHost(r.Host)
}

// faultJSON is a [Fault] as control routes have it.
type faultJSON struct {
	Operation     string `json:"operation"`
	Times         int    `json:"times"`
	Status        int    `json:"status"`
	RetryAfterSec int64  `json:"retryAfterSec"`
	DelayMs       int64  `json:"delayMs"`
	Drop          bool   `json:"drop"`
	RateLimit     bool   `json:"rateLimit"`
}

func (s *Sandbox) controlInject(_ *http.Request, body []byte) (int, any, error) {
	var in faultJSON
	if err := decodeControl(body, &in); err != nil {
		return 0, nil, err
	}
	if err := checkSpan("retryAfterSec", in.RetryAfterSec); err != nil {
		return 0, nil, err
	}
	if err := checkSpan("delayMs", in.DelayMs); err != nil {
		return 0, nil, err
	}
	f := Fault{
		Operation:  in.Operation,
		Times:      in.Times,
		Status:     in.Status,
		RetryAfter: time.Duration(in.RetryAfterSec) * time.Second,
		Delay:      time.Duration(in.DelayMs) * time.Millisecond,
		Drop:       in.Drop,
		RateLimit:  in.RateLimit,
	}
	if err := s.inject(f); err != nil {
		return 0, nil, fail(gen.ErrorCodeValidationError, err.Error())
	}
	if in.Times == 0 {
		in.Times = 1
	}
	return http.StatusCreated, in, nil
}

func (s *Sandbox) controlFaults(*http.Request, []byte) (int, any, error) {
	left := []faultJSON{}
	for _, f := range s.faults.all() {
		left = append(left, faultJSON{
			Operation:     f.Operation,
			Times:         f.Times,
			Status:        f.Status,
			RetryAfterSec: int64(f.RetryAfter / time.Second),
			DelayMs:       f.Delay.Milliseconds(),
			Drop:          f.Drop,
			RateLimit:     f.RateLimit,
		})
	}
	return http.StatusOK, left, nil
}

func (s *Sandbox) controlClearFaults(*http.Request, []byte) (int, any, error) {
	s.ClearFaults()
	return http.StatusNoContent, nil, nil
}

func (s *Sandbox) controlClock(_ *http.Request, body []byte) (int, any, error) {
	var in struct {
		AdvanceSec *int64 `json:"advanceSec"`
	}
	if err := decodeControl(body, &in); err != nil {
		return 0, nil, err
	}
	if in.AdvanceSec == nil {
		return 0, nil, invalid("advanceSec", "is required")
	}
	if err := checkSpan("advanceSec", *in.AdvanceSec); err != nil {
		return 0, nil, err
	}
	s.Advance(time.Duration(*in.AdvanceSec) * time.Second)
	return http.StatusOK, map[string]string{"now": formatTime(s.clock.now())}, nil
}
