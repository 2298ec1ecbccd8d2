package sandbox

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/plugipay/plugipay-go/gen"
)

const (
	keptRequests = 1000
	keptBodySize = 16 << 10
	keptPathSize = 2 << 10
)

// recordedRequest is a request with the details that only the console shows.
type recordedRequest struct {
	Request
	header         http.Header // without signatures and keys
	responseHeader http.Header
	warnings       []warning
	signature      *signatureReport // nil unless the signature was refused
}

// requestLog keeps the last requests.
type requestLog struct {
	mu   sync.Mutex
	kept []recordedRequest // oldest first
}

func (l *requestLog) add(r recordedRequest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.kept) >= keptRequests {
		l.kept[0] = recordedRequest{} // otherwise the underlying array would keep its texts in memory
		l.kept = l.kept[1:]
	}
	l.kept = append(l.kept, r)
}

// newestFirst returns a copy of the kept requests, newest first.
func (l *requestLog) newestFirst() []recordedRequest {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := slices.Clone(l.kept)
	slices.Reverse(kept)
	return kept
}

func (l *requestLog) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.kept)
}

// clear removes the requests of an account, or all requests if the account is empty.
func (l *requestLog) clear(accountID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept = slices.DeleteFunc(l.kept, func(r recordedRequest) bool { return accountID == "" || r.AccountID == accountID })
}

// recordRequest keeps a request and its response.
func (s *Sandbox) recordRequest(r *http.Request, c *call, responseHeader http.Header, a response) {
	record := recordedRequest{header: s.shownHeader(r.Header), responseHeader: responseHeader, warnings: c.warnings}
	record.Request = Request{
		ID:             c.requestID,
		At:             c.begin.UTC(),
		Duration:       s.realTime().Sub(c.realBegin),
		Method:         cut(r.Method, keptPathSize),
		Path:           cut(s.redacted(r.URL.RequestURI()), keptPathSize),
		Status:         a.status,
		Operation:      c.operationName(),
		SessionID:      c.sessionID(a),
		IdempotencyKey: cut(s.redacted(r.Header.Get(idempotencyKeyHeader)), keptPathSize),
		Replayed:       c.replayed,
		Injected:       c.injected || c.drop || c.delayed,
		Body:           cut(s.redacted(string(c.body)), keptBodySize),
		Response:       cut(s.redacted(string(a.body)), keptBodySize),
	}
	if c.key != nil {
		record.KeyID, record.AccountID = s.redacted(c.key.id), c.workspace.accountID
	}
	var refused *failure
	if errors.As(c.refused, &refused) && refused.code == gen.ErrorCodeInvalidSignature {
		record.signature = s.reportSignature(r, c.body)
	}
	s.requests.add(record)
	s.logRequest(record.Request)
}

// shownHeader returns the header of a request without secrets. It keeps the beginning of a signature, to distinguish signatures.
func (s *Sandbox) shownHeader(header http.Header) http.Header {
	shown := http.Header{}
	for name, values := range header {
		for _, value := range values {
			if name == "Authorization" {
				value = shownAuthorization(value)
			}
			shown.Add(name, cut(s.redacted(value), keptPathSize))
		}
	}
	return shown
}

// shownAuthorization returns an Authorization header without most of the signature, or without the key if the scheme is another.
func shownAuthorization(value string) string {
	scheme, _, _ := strings.Cut(value, " ")
	before, signature, ok := strings.Cut(value, "signature=")
	if !ok || !strings.EqualFold(scheme, signatureScheme) {
		return scheme + " …"
	}
	return before + "signature=" + signature[:min(8, len(signature))] + "…"
}

// sessionID returns the id of the session that a call is about: the session in the path, or the session that the call created.
func (c *call) sessionID(a response) string {
	if c.operation == nil {
		return ""
	}
	if id := c.pathValues["id"]; id != "" {
		return id
	}
	if a.status != http.StatusCreated {
		return ""
	}
	var created struct {
		Data struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	_ = json.Unmarshal(a.body, &created) // a fault's response may have any body
	return created.Data.ID
}

// redacted returns a text without the secrets of the sandbox's keys.
func (s *Sandbox) redacted(text string) string { return s.redactor.Load().Replace(text) }

// cut returns the beginning of a text that is too long to keep, and replaces invalid UTF-8.
func cut(text string, size int) string {
	shortened := len(text) > size
	if shortened {
		text = text[:size]
		for len(text) > 0 && !utf8.RuneStart(text[len(text)-1]) {
			text = text[:len(text)-1]
		}
		text += " … (cut here)"
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// leastSecret is the minimum length of a secret that is hidden. Hiding the secret "s" of a test would hide every s.
const leastSecret = 8

// newRedactor returns a replacer that hides secrets, because a program may send a secret in the wrong place.
func newRedactor(secrets []string) *strings.Replacer {
	secrets = slices.DeleteFunc(secrets, func(s string) bool { return len(s) < leastSecret })
	// Longest first, because a secret may begin with another secret.
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, secret := range secrets {
		pairs = append(pairs, secret, "[secret]")
	}
	return strings.NewReplacer(pairs...)
}
