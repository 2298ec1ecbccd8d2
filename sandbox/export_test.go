package sandbox

import (
	"context"
	"crypto/sha256"
	"net/http"
	"time"
)

// NewAt is New with a real time that the test decides.
func NewAt(opts Options, realTime func() time.Time) *Sandbox { return newSandbox(opts, realTime) }

// KeptResponses returns the number of responses that are stored for the test data of the default workspace.
func KeptResponses(s *Sandbox) int {
	stored := s.directory.firstKey.home.test.idempotency
	stored.mu.Lock()
	defer stored.mu.Unlock()
	return len(stored.oldest)
}

// ResponseStore is an idempotencyStore whose responses are only a status.
type ResponseStore struct{ stored *idempotencyStore }

func NewResponseStore() ResponseStore { return ResponseStore{newIdempotencyStore(-1)} }

func (s ResponseStore) Once(ctx context.Context, key, parameters string, perform func() int) (int, error) {
	a, _, err := s.stored.once(ctx, key, sha256.Sum256([]byte(parameters)), time.Now, func() response {
		return response{status: perform()}
	})
	return a.status, err
}

// Breach reports a breach of the contract.
func Breach(s *Server, err error) { s.onBreach(err) }

// CheckResponse checks a response against the contract in the same way as a sandbox checks its own.
func CheckResponse(s *Sandbox, method, path string, status int, body string) error {
	r, err := http.NewRequest(method, path, nil)
	if err != nil {
		return err
	}
	operation, _, err := s.findOperation(r)
	if err != nil {
		operation = nil
	}
	a := response{status: status, body: []byte(body)}
	return s.breachOf(r, operation, http.Header{"Content-Type": {"application/json"}}, a)
}
