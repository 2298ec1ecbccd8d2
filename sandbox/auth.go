package sandbox

import (
	"crypto/hmac"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/plugipay"
)

const (
	signatureScheme      = "Plugipay-HMAC-SHA256"
	bearerScheme         = "Bearer"
	timestampHeader      = "X-Plugipay-Timestamp"
	onBehalfOfHeader     = "X-Plugipay-On-Behalf-Of"
	idempotencyKeyHeader = "Idempotency-Key"

	maxTimestampSkew = 300 // seconds, either way
)

// credentials are the values in an Authorization header: a dashboard key alone, or a key's id with a signature.
type credentials struct {
	bearer    bool
	keyID     string
	signature string
}

// authenticate returns the key that made the request. The security schemes of the contract describe the rules.
func (s *Sandbox) authenticate(r *http.Request, body []byte) (*accessKey, error) {
	given, err := parseAuthorization(r.Header.Values("Authorization"))
	if err != nil {
		return nil, err
	}
	key, ok := s.directory.key(given.keyID)
	if !ok {
		return nil, fail(gen.ErrorCodeInvalidKey, "the key is not known")
	}
	if given.bearer {
		if key.secret != "" {
			return nil, fail(gen.ErrorCodeInvalidKey, "the key has a secret: sign the request with it")
		}
		return key, nil
	}
	if key.secret == "" {
		return nil, fail(gen.ErrorCodeInvalidKey, "the key has no secret: send it as a bearer key")
	}
	timestamp, err := s.checkTimestamp(r.Header.Get(timestampHeader))
	if err != nil {
		return nil, err
	}
	want := plugipay.Sign(key.secret, plugipay.SignInput{
		Method:         r.Method,
		Path:           signedPath(r),
		Body:           string(body),
		IdempotencyKey: r.Header.Get(idempotencyKeyHeader),
		Timestamp:      timestamp,
	})
	if !hmac.Equal([]byte(want.Signature), []byte(given.signature)) {
		return nil, fail(gen.ErrorCodeInvalidSignature, "the signature does not match the request")
	}
	return key, nil
}

// parseAuthorization reads the values of the Authorization header. Without a header, the key is invalid. With a malformed
// header, the signature is invalid.
func parseAuthorization(values []string) (credentials, error) {
	if len(values) == 0 || values[0] == "" {
		return credentials{}, fail(gen.ErrorCodeInvalidKey, "the Authorization header is missing")
	}
	if len(values) > 1 {
		return credentials{}, fail(gen.ErrorCodeInvalidSignature, "there is more than one Authorization header")
	}
	scheme, rest, _ := strings.Cut(values[0], " ")
	switch {
	case strings.EqualFold(scheme, bearerScheme):
		return credentials{bearer: true, keyID: strings.TrimSpace(rest)}, nil
	case strings.EqualFold(scheme, signatureScheme):
		return parseSignature(rest)
	}
	return credentials{}, malformedAuthorization()
}

// parseSignature reads "keyId=<id>, scope=*, signature=<hex>", in any order, each exactly once.
func parseSignature(parameters string) (credentials, error) {
	found := map[string]string{}
	for part := range strings.SplitSeq(parameters, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if _, twice := found[name]; !ok || twice {
			return credentials{}, malformedAuthorization()
		}
		found[name] = value
	}
	if len(found) != 3 || found["scope"] != "*" || found["keyId"] == "" || found["signature"] == "" {
		return credentials{}, malformedAuthorization()
	}
	return credentials{keyID: found["keyId"], signature: found["signature"]}, nil
}

func malformedAuthorization() error {
	return fail(gen.ErrorCodeInvalidSignature,
		"Authorization must be "+signatureScheme+" keyId=<key id>, scope=*, signature=<hex>, or Bearer <key>")
}

// checkTimestamp compares the timestamp with the real clock, because clients sign with the real time. The sandbox's clock may
// be ahead.
func (s *Sandbox) checkTimestamp(value string) (int64, error) {
	timestamp, err := strconv.ParseInt(value, 10, 64)
	if err != nil || strconv.FormatInt(timestamp, 10) != value {
		return 0, fail(gen.ErrorCodeInvalidTimestamp, timestampHeader+" must be unix seconds")
	}
	now := s.realTime().Unix()
	if timestamp < now-maxTimestampSkew || timestamp > now+maxTimestampSkew {
		return 0, fail(gen.ErrorCodeTimestampSkew,
			"the timestamp is more than 300 seconds away from the clock of the server")
	}
	return timestamp, nil
}

// signedPath returns the path and query that the client signed. It uses the URL and not the request line, so that a handler in
// front of the sandbox can remove a prefix.
func signedPath(r *http.Request) string {
	path := r.URL.EscapedPath()
	if r.URL.RawQuery != "" || r.URL.ForceQuery {
		path += "?" + r.URL.RawQuery
	}
	return path
}

// mayUse reports whether the key's scopes allow a method. No scope is documented for reading.
func (k *accessKey) mayUse(method string) error {
	if isRead(method) || k.everyScope || slices.Contains(k.scopes, ScopeCheckoutWrite) {
		return nil
	}
	return fail(gen.ErrorCodeInsufficientScope, "the key lacks "+ScopeCheckoutWrite)
}

func isRead(method string) bool { return method == http.MethodGet }
