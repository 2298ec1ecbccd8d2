package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/plugipay/plugipay-go/gen"
)

// keyLifetime is how long a response to an idempotency key is kept, by the sandbox's clock.
const keyLifetime = 24 * time.Hour

// idempotencyStore holds the first responses to the idempotency keys of a dataset.
type idempotencyStore struct {
	limit int // less than zero: none

	mu     sync.Mutex
	byKey  map[string]*storedResponse
	oldest []*storedResponse // all of byKey, in the order in which they expire
}

// storedResponse is the response to a key, or the place for it while the first request is still being processed.
type storedResponse struct {
	key         string
	fingerprint [sha256.Size]byte
	until       time.Time
	done        chan struct{} // closed when the first request has been processed

	// Both are set before done is closed, and do not change after it.
	kept     bool // false when the first request failed: a later one is processed
	response response
}

func newIdempotencyStore(limit int) *idempotencyStore {
	return &idempotencyStore{limit: limit, byKey: map[string]*storedResponse{}}
}

// performOnce performs a request. If the request repeats an earlier one with the same idempotency key, it returns the earlier
// response. The header has no meaning on a read.
func (s *Sandbox) performOnce(r *http.Request, c *call, perform func() response) (response, error) {
	key := r.Header.Get(idempotencyKeyHeader)
	if key == "" || isRead(r.Method) {
		return perform(), nil
	}
	fingerprint := fingerprintOf(r, c.body)
	stored, replayed, err := c.data.idempotency.once(r.Context(), key, fingerprint, c.workspace.clock.now, perform)
	c.replayed = replayed
	return stored, err
}

// fingerprintOf is the same for requests with the same method, path and parameters. In JSON, white space and the order of
// properties do not matter; numbers are the same when their digits are.
func fingerprintOf(r *http.Request, body []byte) [sha256.Size]byte {
	return sha256.Sum256([]byte(r.Method + "\n" + r.URL.EscapedPath() + "\n" + canonical(body)))
}

func canonical(body []byte) string {
	value, err := decodeJSON(body)
	if err != nil {
		return string(body) // of a route whose body is not JSON
	}
	parameters, _ := json.Marshal(value) // what was decoded can be written; properties come in alphabetical order
	return string(parameters)
}

// once performs the first request with a key and stores its response, unless the response is a failure of the server. A request
// that arrives while the first one is being processed waits for it.
func (k *idempotencyStore) once(
	ctx context.Context, key string, fingerprint [sha256.Size]byte, now func() time.Time, perform func() response,
) (a response, replayed bool, err error) {
	for {
		entry, isFirst := k.claim(key, fingerprint, now())
		if isFirst {
			return k.complete(entry, perform), false, nil
		}
		if entry.fingerprint != fingerprint {
			return response{}, false, fail(gen.ErrorCodeIdempotencyMismatch,
				"the idempotency key was used with other parameters")
		}
		select {
		case <-entry.done:
		case <-ctx.Done():
			return response{}, false, fail(gen.ErrorCodeServiceUnavailable,
				"the first request with the idempotency key is still being processed")
		}
		if entry.kept {
			return entry.response, true, nil
		}
	}
}

// claim returns the entry of a key, and whether it was made just now, for the caller to complete.
func (k *idempotencyStore) claim(key string, fingerprint [sha256.Size]byte, now time.Time) (*storedResponse, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forgetExpired(now)
	if entry, ok := k.byKey[key]; ok {
		return entry, false
	}
	entry := &storedResponse{key: key, fingerprint: fingerprint, until: now.Add(keyLifetime), done: make(chan struct{})}
	if k.limit >= 0 && len(k.oldest) >= k.limit && len(k.oldest) > 0 {
		k.forgetOldest()
	}
	k.byKey[key] = entry
	k.oldest = append(k.oldest, entry)
	return entry, true
}

// complete performs the first request. If that panics, no other request is left waiting.
func (k *idempotencyStore) complete(entry *storedResponse, perform func() response) response {
	defer func() {
		if !entry.kept {
			k.forget(entry)
		}
		close(entry.done)
	}()
	entry.response = perform()
	entry.response.body = slices.Clone(entry.response.body) // without what the buffer has left over
	entry.kept = entry.response.status < http.StatusInternalServerError
	return entry.response
}

func (k *idempotencyStore) forget(entry *storedResponse) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.drop(entry)
}

// forgetExpired needs the lock.
func (k *idempotencyStore) forgetExpired(now time.Time) {
	for len(k.oldest) > 0 && !now.Before(k.oldest[0].until) {
		k.forgetOldest()
	}
}

// forgetOldest needs the lock.
func (k *idempotencyStore) forgetOldest() {
	k.drop(k.oldest[0])
	k.oldest[0] = nil // or the array under the slice would keep the response
	k.oldest = k.oldest[1:]
}

// drop needs the lock. The key may have a newer entry by now, which stays.
func (k *idempotencyStore) drop(entry *storedResponse) {
	if k.byKey[entry.key] == entry {
		delete(k.byKey, entry.key)
	}
}
