package sandbox

import (
	"context"
	"crypto/sha256"
	"net/http"
	"time"
)

// NewAt is New with a real time that the test decides.
func NewAt(opts Options, realTime func() time.Time) *Sandbox { return newSandbox(opts, realTime) }

// KeptAnswers is how many answers are kept for the test data of the default workspace.
func KeptAnswers(s *Sandbox) int {
	answers := s.directory.firstKey.home.test.answers
	answers.mu.Lock()
	defer answers.mu.Unlock()
	return len(answers.oldest)
}

// AnswerStore is a idempotencyStore whose answers are only a status.
type AnswerStore struct{ answers *idempotencyStore }

func NewAnswerStore() AnswerStore { return AnswerStore{newIdempotencyStore(-1)} }

func (s AnswerStore) Once(ctx context.Context, key, parameters string, perform func() int) (int, error) {
	a, _, err := s.answers.once(ctx, key, sha256.Sum256([]byte(parameters)), time.Now, func() answer {
		return answer{status: perform()}
	})
	return a.status, err
}

// Breach reports a breach of the contract.
func Breach(s *Server, err error) { s.onBreach(err) }

// CheckAnswer holds an answer against the contract, as a sandbox does with its own.
func CheckAnswer(s *Sandbox, method, path string, status int, body string) error {
	r, err := http.NewRequest(method, path, nil)
	if err != nil {
		return err
	}
	operation, _, err := s.findOperation(r)
	if err != nil {
		operation = nil
	}
	a := answer{status: status, body: []byte(body)}
	return s.breachOf(r, operation, http.Header{"Content-Type": {"application/json"}}, a)
}
