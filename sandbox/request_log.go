package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

const (
	keptRequests = 200
	keptBodySize = 16 << 10
	keptPathSize = 2 << 10
)

// requestRecord is a request to the API and its answer, as the console shows it. It has no header: that is where keys,
// signatures and idempotency keys are.
type requestRecord struct {
	At        time.Time
	Method    string
	Path      string // with its query
	Status    int
	Operation string // empty where the request is for none
	RequestID string
	Request   string // its body
	Response  string // its body
}

// requestLog keeps the last requests.
type requestLog struct {
	mu      sync.Mutex
	records []requestRecord // a ring once it is full
	next    int             // where the next record goes then
}

func (l *requestLog) add(r requestRecord) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.records) < keptRequests {
		l.records = append(l.records, r)
		return
	}
	l.records[l.next] = r
	l.next = (l.next + 1) % keptRequests
}

// newestFirst returns a copy of what is kept.
func (l *requestLog) newestFirst() []requestRecord {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := slices.Concat(l.records[l.next:], l.records[:l.next])
	slices.Reverse(kept)
	return kept
}

// recordRequest keeps a request and its answer for the console.
func (s *Sandbox) recordRequest(r *http.Request, c *call, a answer) {
	record := requestRecord{
		At:        s.clock.now(),
		Method:    cut(r.Method, keptPathSize),
		Path:      cut(s.redacted(r.URL.RequestURI()), keptPathSize),
		Status:    a.status,
		RequestID: c.requestID,
		Request:   cut(s.redacted(string(c.body)), keptBodySize),
		Response:  cut(s.redacted(string(a.body)), keptBodySize),
	}
	if c.operation != nil {
		record.Operation = c.operation.ID
	}
	s.requests.add(record)
}

// redacted returns a text without the secrets of the sandbox's keys.
func (s *Sandbox) redacted(text string) string { return s.redactor.Load().Replace(text) }

// cut returns the beginning of a text that is too long to keep, and replaces what is no text.
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

// leastSecret is how long a text has to be to be worth hiding: the secret "s" of somebody's test would take every s.
const leastSecret = 8

// newRedactor hides secrets, should a program have sent one in the wrong place.
func newRedactor(secrets []string) *strings.Replacer {
	secrets = slices.DeleteFunc(secrets, func(s string) bool { return len(s) < leastSecret })
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) }) // one may begin with another
	var pairs []string
	for _, secret := range secrets {
		pairs = append(pairs, secret, "[secret]")
	}
	return strings.NewReplacer(pairs...)
}
