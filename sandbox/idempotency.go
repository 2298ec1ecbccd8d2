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
	limit int // less than zero means no limit

	mu     sync.Mutex
	byKey  map[string]*storedResponse
	oldest []*storedResponse // all entries of byKey, in the order of expiry
}

// storedResponse is the response to a key. The response is empty while the first request is being processed.
type storedResponse struct {
	key         string
	fingerprint [sha256.Size]byte
	until       time.Time
	done        chan struct{} // closed when the first request has been processed

	// kept and response are set before done is closed and do not change afterwards.
	kept     bool // false if the first request failed, so that the next request is processed
	response response
}

func newIdempotencyStore(limit int) *idempotencyStore {
	return &idempotencyStore{limit: limit, byKey: map[string]*storedResponse{}}
}

// performOnce performs a request. If the request repeats an earlier one with the same idempotency key, it returns the earlier
// response. Reads ignore the key.
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

// fingerprintOf returns the same hash for requests with the same method, path and parameters. In JSON, white space and the order
// of properties do not matter. Numbers are equal only if their digits are equal.
func fingerprintOf(r *http.Request, body []byte) [sha256.Size]byte {
	return sha256.Sum256([]byte(r.Method + "\n" + r.URL.EscapedPath() + "\n" + canonical(body)))
}

func canonical(body []byte) string {
	value, err := decodeJSON(body)
	if err != nil {
		return string(body) // the body of a custom route may not be JSON
	}
	parameters, _ := json.Marshal(value) // cannot fail, because the value was decoded from JSON; sorts the properties
	return string(parameters)
}

// once performs the first request with a key and stores its response, unless the response is a server error. A request that
// arrives while the first request is being processed waits for its response.
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

// claim returns the entry of a key, and whether claim has created it. The caller must complete an entry that was created.
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

// complete performs the first request and stores its response. If the request panics, the requests that wait for it continue.
func (k *idempotencyStore) complete(entry *storedResponse, perform func() response) response {
	defer func() {
		if !entry.kept {
			k.forget(entry)
		}
		close(entry.done)
	}()
	entry.response = perform()
	entry.response.body = slices.Clone(entry.response.body) // without the buffer's unused capacity
	entry.kept = entry.response.status < http.StatusInternalServerError
	return entry.response
}

func (k *idempotencyStore) forget(entry *storedResponse) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.drop(entry)
}

// forgetExpired removes the expired entries. It needs the lock.
func (k *idempotencyStore) forgetExpired(now time.Time) {
	for len(k.oldest) > 0 && !now.Before(k.oldest[0].until) {
		k.forgetOldest()
	}
}

// forgetOldest removes the entry that expires first. It needs the lock.
func (k *idempotencyStore) forgetOldest() {
	k.drop(k.oldest[0])
	k.oldest[0] = nil // otherwise the underlying array would keep the response in memory
	k.oldest = k.oldest[1:]
}

// drop removes an entry from byKey. It keeps a newer entry of the same key. It needs the lock.
func (k *idempotencyStore) drop(entry *storedResponse) {
	if k.byKey[entry.key] == entry {
		delete(k.byKey, entry.key)
	}
}
