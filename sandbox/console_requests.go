package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/plugipay/plugipay-go/plugipay"
)

// requestView is a row of the list of requests.
type requestView struct {
	Request
	Line       string // the method and the path
	URL        string
	SessionURL string // empty if the request is not about a session
	Time       timeView
	Took       string
	Failed     bool
	Notices    []string
}

// requestPage is a request with everything that was recorded about it.
type requestPage struct {
	requestView
	RequestHeader, ResponseHeader []headerLine
	Signature                     *signatureReport
	Warnings                      []warning
	Curl                          string // empty if the same request cannot be made again
}

type headerLine struct{ Name, Value string }

func (s *Sandbox) showRequests(view *consoleView, q consoleQuery) {
	var found []recordedRequest
	for _, r := range s.requests.newestFirst() {
		if r.matches(q) {
			found = append(found, r)
		}
	}
	shown, pages := part(q, found)
	view.Pages = pages
	for _, r := range shown {
		view.Requests = append(view.Requests, newRequestView(r))
	}
}

func (r recordedRequest) matches(q consoleQuery) bool {
	if q.onlyFailed() && r.Status < http.StatusBadRequest {
		return false
	}
	status := strconv.Itoa(r.Status)
	if wanted := q.status(); wanted != "" && wanted != status && wanted != status[:1]+"xx" {
		return false
	}
	return q.search() == "" || mentions(q.search(), r.ID, r.Method+" "+r.Path, r.Operation, r.SessionID, r.KeyID,
		r.IdempotencyKey, status, r.Body, r.Response)
}

func newRequestView(r recordedRequest) requestView {
	view := requestView{
		Request: r.Request, Line: cut(r.Method+" "+r.Path, 300), URL: consoleQuery{}.with(requestParameter, r.ID),
		Time: newConsoleTime(r.At), Took: milliText(r.Duration), Failed: r.Status >= http.StatusBadRequest,
		Notices: r.notices(),
	}
	if r.SessionID != "" {
		view.SessionURL = consoleQuery{}.with(sessionParameter, r.SessionID)
	}
	view.SessionID, view.KeyID = cut(r.SessionID, 100), cut(r.KeyID, 100)
	return view
}

// notices returns short notes about a request.
func (r recordedRequest) notices() []string {
	var notices []string
	var body struct{ Error *struct{ Code, Field string } }
	if r.Status >= http.StatusBadRequest && json.Unmarshal([]byte(r.Response), &body) == nil && body.Error != nil {
		notices = append(notices, cut(strings.TrimSpace(body.Error.Code+" "+body.Error.Field), 100))
	}
	if r.Replayed {
		notices = append(notices, "replayed")
	}
	if r.Injected {
		notices = append(notices, "injected fault")
	}
	switch n := len(r.warnings); n {
	case 0:
	case 1:
		notices = append(notices, "1 warning")
	default:
		notices = append(notices, strconv.Itoa(n)+" warnings")
	}
	return notices
}

func (s *Sandbox) requestPage(id, base string) (*requestPage, bool) {
	all := s.requests.newestFirst()
	i := slices.IndexFunc(all, func(r recordedRequest) bool { return r.ID == id })
	if i < 0 {
		return nil, false
	}
	r := all[i]
	page := &requestPage{
		requestView: newRequestView(r), RequestHeader: headerLines(r.header), ResponseHeader: headerLines(r.responseHeader),
		Signature: r.signature, Warnings: r.warnings, Curl: s.requestCurl(r, base),
	}
	page.Body, page.Response = indented(r.Body), indented(r.Response)
	return page, true
}

func headerLines(header http.Header) []headerLine {
	var lines []headerLine
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[name] {
			lines = append(lines, headerLine{name, value})
		}
	}
	return lines
}

// requestCurl returns a command that repeats a request with a fresh signature. The command contains no
// secret. It is empty if the request was not authenticated with a key that signs, or if its body was cut.
func (s *Sandbox) requestCurl(r recordedRequest, base string) string {
	key, ok := s.directory.key(r.KeyID)
	isCut := strings.Contains(r.Body, "(cut here)") || strings.Contains(r.Path, "(cut here)")
	if !ok || key.secret == "" || isCut || strings.Contains(r.Body+r.Path, "[secret]") {
		return ""
	}
	signed := plugipay.Sign(key.secret, plugipay.SignInput{
		Method: r.Method, Path: r.Path, Body: r.Body, IdempotencyKey: r.IdempotencyKey, Timestamp: s.realTime().Unix(),
	})
	lines := []string{
		"curl -X " + r.Method + " " + shellQuote(base+r.Path),
		"-H " + shellQuote("Authorization: "+plugipay.AuthorizationHeader(key.id, signed.Signature)),
		"-H " + shellQuote(timestampHeader+": "+signed.Timestamp),
	}
	if r.IdempotencyKey != "" {
		lines = append(lines, "-H "+shellQuote(idempotencyKeyHeader+": "+r.IdempotencyKey))
	}
	if r.Body != "" {
		lines = append(lines, "-H 'Content-Type: application/json'", "--data-binary "+shellQuote(r.Body))
	}
	return strings.Join(lines, " \\\n  ")
}
