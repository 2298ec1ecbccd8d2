package sandbox

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

// The routes under /_sandbox/ give tests in any language the methods of Sandbox over HTTP. They need no key.

const controlPrefix = "/_sandbox/"

// isControl compares the escaped path, like http.ServeMux. A path that matches only after unescaping would get a response that is
// not an envelope.
func isControl(r *http.Request) bool { return strings.HasPrefix(r.URL.EscapedPath(), controlPrefix) }

// controlRoute handles a request, and returns the status and the data of the response.
type controlRoute func(r *http.Request, body []byte) (int, any, error)

func newControl(s *Sandbox) http.Handler {
	routes := http.NewServeMux()
	for pattern, route := range s.controlRoutes() {
		routes.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serveControl(w, r, route) })
	}
	routes.HandleFunc("GET /_sandbox/openapi.json", serveControlContract)
	return routes
}

// controlRoutes returns the routes. control.yaml describes them.
func (s *Sandbox) controlRoutes() map[string]controlRoute {
	return map[string]controlRoute{
		"GET /_sandbox/health": s.controlHealth,
		"GET /_sandbox/clock":  s.controlShowClock,
		"POST /_sandbox/clock": s.controlClock,
		"POST /_sandbox/reset": s.controlReset,

		"GET /_sandbox/faults":             s.controlFaults,
		"POST /_sandbox/faults":            s.controlInject,
		"DELETE /_sandbox/faults":          s.controlClearFaults,
		"GET /_sandbox/delivery-faults":    s.controlDeliveryFaults,
		"POST /_sandbox/delivery-faults":   s.controlInjectDelivery,
		"DELETE /_sandbox/delivery-faults": s.controlClearDeliveryFaults,

		"GET /_sandbox/requests":               s.controlRequests,
		"GET /_sandbox/events":                 s.controlEvents,
		"POST /_sandbox/events/{id}/redeliver": s.controlRedeliver,
		"POST /_sandbox/trigger":               s.controlTrigger,
		"GET /_sandbox/deliveries":             s.controlDeliveries,
		"POST /_sandbox/deliveries/wait":       s.controlWait,

		"GET /_sandbox/sessions":               s.controlSessions,
		"POST /_sandbox/sessions/{id}/pay":     s.controlPay,
		"POST /_sandbox/sessions/{id}/settle":  s.controlSettle,
		"POST /_sandbox/sessions/{id}/fail":    s.controlFail,
		"POST /_sandbox/sessions/{id}/confirm": withoutBody(s.confirm),
		"POST /_sandbox/sessions/{id}/expire":  withoutBody(s.expire),
		"POST /_sandbox/sessions/{id}/cancel":  withoutBody(s.cancel),

		"GET /_sandbox/endpoints":   s.controlEndpoints,
		"POST /_sandbox/endpoints":  s.controlAddEndpoint,
		"POST /_sandbox/workspaces": s.controlAddWorkspace,

		controlPrefix: func(*http.Request, []byte) (int, any, error) {
			return 0, nil, fail(gen.ErrorCodeNotFound, "no such method or path")
		},
	}
}

// controlEnvelope is the response of a control route. It has the form of the API's responses.
type controlEnvelope struct {
	Data  any      `json:"data"`
	Error *string  `json:"error"` // always null
	Meta  gen.Meta `json:"meta"`
}

func (s *Sandbox) serveControl(w http.ResponseWriter, r *http.Request, route controlRoute) {
	c := &call{requestID: newID("req_", s.clock.now())}
	begin := s.clock.now()
	sent := &bodyCopy{ReadCloser: http.NoBody}
	if r.Body != nil {
		sent.ReadCloser = r.Body
	}
	r.Body = sent
	status, data, err := s.callControl(w, r, route)
	s.recordControl(r, begin, sent.text(), status, err)
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
	a := response{status: status, body: body}
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

// checkNotFromAWebPage refuses a request that a page of another origin sends through the developer's browser.
func checkNotFromAWebPage(r *http.Request) error {
	site := r.Header.Get("Sec-Fetch-Site")
	sameSite := site == "" || site == "none" || site == "same-origin"
	if !sameSite || !isOwnOrigin(r) {
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

// bodyCopy keeps a copy of the beginning of the body while the body is read.
type bodyCopy struct {
	io.ReadCloser
	begin []byte
}

func (b *bodyCopy) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.begin = append(b.begin, p[:min(n, max(0, keptBodySize+1-len(b.begin)))]...)
	return n, err
}

func (b *bodyCopy) text() string { return string(b.begin) }

// recordControl records a control call that may have changed something.
func (s *Sandbox) recordControl(r *http.Request, begin time.Time, sent string, status int, err error) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return
	}
	var f *failure
	switch {
	case errors.As(err, &f):
		status = cmp.Or(f.status, statusOf(f.code))
	case err != nil:
		status = http.StatusInternalServerError
	}
	done := activity{
		At: begin, Kind: activityControl, What: cut(r.Method+" "+s.redacted(r.URL.Path), keptPathSize),
		Status: status, Sent: cut(withoutSecret(s.redacted(sent)), keptBodySize),
	}
	if strings.HasPrefix(r.URL.Path, controlPrefix+"sessions/") {
		done.SessionID = r.PathValue("id")
	}
	if w, _, ok := s.findSession(done.SessionID); ok {
		done.At, done.AccountID = begin.Add(w.clock.aheadBy()), w.accountID
	}
	s.activities.add(done)
}

// withoutSecret returns the body of a request that adds an endpoint, with the endpoint's secret hidden.
func withoutSecret(sent string) string {
	var in map[string]any
	if json.Unmarshal([]byte(sent), &in) != nil || in["secret"] == nil {
		return sent
	}
	in["secret"] = "[secret]"
	hidden, _ := marshal(in) // cannot fail, because the value was decoded from JSON
	return string(hidden)
}
