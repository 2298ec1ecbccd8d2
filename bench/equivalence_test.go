package main

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// sentRequest is a request that the server received.
type sentRequest struct {
	method, uri string
	header      http.Header
	body        string
}

// TestClients_SendEquivalentSignedRequests checks that the compared clients of Plugipay send the same requests.
func TestClients_SendEquivalentSignedRequests(t *testing.T) {
	for _, operation := range operations {
		t.Run(operation.name, func(t *testing.T) {
			var requests []sentRequest
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				requests = append(requests, sentRequest{r.Method, r.RequestURI, r.Header.Clone(), string(body)})
				newResponses().ServeHTTP(w, r)
			}))
			defer server.Close()
			signed := contenders[:0:0]
			for _, contender := range contenders {
				if contender.signs {
					signed = append(signed, contender)
				}
			}
			if len(signed) != 4 {
				t.Fatalf("%d clients sign, want 4", len(signed))
			}
			for _, contender := range signed {
				if err := operation.do(open(t, contender, server.URL, nil)); err != nil {
					t.Fatalf("%s: %v", contender.name, err)
				}
			}
			if len(requests) != len(signed) {
				t.Fatalf("the server received %d requests, want one per client", len(requests))
			}
			for i, request := range requests {
				t.Run(signed[i].name, func(t *testing.T) {
					checkSignature(t, request)
					checkIdempotencyKey(t, request)
					checkSame(t, request, requests[0])
				})
			}
		})
	}
}

func checkSignature(t *testing.T, request sentRequest) {
	t.Helper()
	timestamp, err := strconv.ParseInt(request.header.Get("X-Plugipay-Timestamp"), 10, 64)
	if err != nil || time.Since(time.Unix(timestamp, 0)).Abs() > time.Minute {
		t.Errorf("the timestamp is %d: %v", timestamp, err)
	}
	want := plugipay.AuthorizationHeader(keyID, plugipay.Sign(secret, plugipay.SignInput{
		Method:         request.method,
		Path:           request.uri,
		Body:           request.body,
		IdempotencyKey: request.header.Get("Idempotency-Key"),
		Timestamp:      timestamp,
	}).Signature)
	if got := request.header.Get("Authorization"); got != want {
		t.Errorf("Authorization: %s, want %s", got, want)
	}
}

var mintedKey = regexp.MustCompile(`^idem_[0-9A-Za-z-]{26,}$`)

func checkIdempotencyKey(t *testing.T, request sentRequest) {
	t.Helper()
	key := request.header.Get("Idempotency-Key")
	if creates := request.method == http.MethodPost; creates != mintedKey.MatchString(key) {
		t.Errorf("%s has the idempotency key %q", request.method, key)
	}
}

// checkSame compares a request with the request of the first client.
func checkSame(t *testing.T, got, want sentRequest) {
	t.Helper()
	if got.method != want.method || got.uri != want.uri {
		t.Errorf("%s %s, want %s %s", got.method, got.uri, want.method, want.uri)
	}
	names := func(r sentRequest) []string { return slices.Sorted(maps.Keys(r.header)) }
	if !slices.Equal(names(got), names(want)) {
		t.Errorf("headers %v, want %v", names(got), names(want))
	}
	for _, name := range []string{"Accept", "Content-Type"} {
		if got.header.Get(name) != want.header.Get(name) {
			t.Errorf("%s: %s, want %s", name, got.header.Get(name), want.header.Get(name))
		}
	}
	if !reflect.DeepEqual(decoded(t, got.body), decoded(t, want.body)) {
		t.Errorf("body %s, want %s", got.body, want.body)
	}
}

func decoded(t *testing.T, body string) (content any) {
	t.Helper()
	if body == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(body), &content); err != nil {
		t.Error(err)
	}
	return content
}
