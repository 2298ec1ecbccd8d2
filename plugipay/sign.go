package plugipay

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	authorizationScheme = "Plugipay-HMAC-SHA256"
	timestampHeader     = "X-Plugipay-Timestamp"
)

// SignInput holds the parts of a request that its signature covers.
type SignInput struct {
	// Method is the HTTP method in upper case, such as "POST".
	Method string
	// Path is the path with its query, exactly as sent: "/api/v1/checkout-sessions?limit=100". It excludes a prefix that a
	// gateway removes before Plugipay receives the request.
	Path string
	// Body is the body's exact bytes, empty for a request without a body.
	Body string
	// IdempotencyKey is the value of the Idempotency-Key header, empty if the header is not sent.
	IdempotencyKey string
	// Timestamp is in unix seconds. Zero means now. Plugipay refuses a timestamp that differs from its clock by more than 300
	// seconds.
	Timestamp int64
}

// SignResult holds a signature and its timestamp.
type SignResult struct {
	// Signature is in lower-case hex. See [AuthorizationHeader].
	Signature string
	// Timestamp is the value for the X-Plugipay-Timestamp header: unix seconds in decimal.
	Timestamp string
}

// Sign signs a request that your program builds and sends itself. A [Client] signs its own requests.
//
// The signature is an HMAC-SHA256 with the secret as its key. It covers these parts, joined by line feeds: the method, the path,
// the timestamp, the SHA-256 of the body in hex, and the idempotency key if there is one. The contract describes it in the
// security scheme HmacSignature.
func Sign(secret string, in SignInput) SignResult {
	if in.Timestamp == 0 {
		in.Timestamp = time.Now().Unix()
	}
	signature, timestamp := newSigner(secret, "").sign(in.Method, in.Path, []byte(in.Body), in.IdempotencyKey, in.Timestamp)
	return SignResult{Signature: signature, Timestamp: timestamp}
}

// signer signs with one secret. It keeps keyed hashes for reuse, because keying a hash costs as much as signing with it.
type signer struct {
	keyed  sync.Pool
	prefix string // of each signature
}

// keyedHash is a hash keyed with the secret, and a buffer for the text to hash.
type keyedHash struct {
	mac  hash.Hash
	text []byte
}

func newSigner(secret, prefix string) *signer {
	s := &signer{prefix: prefix}
	s.keyed.New = func() any { return &keyedHash{mac: hmac.New(sha256.New, []byte(secret))} }
	return s
}

// sign returns the signature, after the prefix, and the timestamp that it covers.
func (s *signer) sign(
	method, path string, body []byte, idempotencyKey string, unixSeconds int64,
) (signature, timestamp string) {
	k := s.keyed.Get().(*keyedHash)
	defer s.keyed.Put(k)
	timestamp = strconv.FormatInt(unixSeconds, 10)
	k.mac.Reset()
	k.text = appendStringToSign(k.text[:0], method, path, timestamp, body, idempotencyKey)
	k.mac.Write(k.text)
	sum := k.mac.Sum(k.text[:0])
	k.text = hex.AppendEncode(append(sum, s.prefix...), sum)
	return string(k.text[len(sum):]), timestamp
}

func appendStringToSign(text []byte, method, path, timestamp string, body []byte, idempotencyKey string) []byte {
	bodyHash := sha256.Sum256(body)
	text = append(text, method...)
	text = append(text, '\n')
	text = append(text, path...)
	text = append(text, '\n')
	text = append(text, timestamp...)
	text = append(text, '\n')
	text = hex.AppendEncode(text, bodyHash[:])
	if idempotencyKey != "" {
		text = append(text, '\n')
		text = append(text, idempotencyKey...)
	}
	return text
}

// AuthorizationHeader returns the value of the Authorization header for a key id and a signature made by [Sign].
func AuthorizationHeader(keyID, signature string) string {
	return authorizationScheme + " keyId=" + keyID + ", scope=*, signature=" + signature
}

// credentials authorize requests.
type credentials struct {
	keyID string // of the key pair; empty with a dashboard key
	// authorize returns the Authorization header for a request that is sent now, and the timestamp of its signature. The
	// timestamp is empty with a dashboard key. authorize is a function, so that no field holds the secret: package fmt prints
	// unexported fields of nested structs.
	authorize func(method, path string, body []byte, idempotencyKey string) (authorization, timestamp string)
}

func newCredentials(opts ClientOptions) (credentials, error) {
	if opts.APIKey != "" {
		return dashboardKey(opts)
	}
	return keyPair(opts)
}

func keyPair(opts ClientOptions) (credentials, error) {
	if opts.KeyID == "" {
		return credentials{}, &Error{Code: ErrorCodeMissingKeyID,
			Message: "no key id: set ClientOptions.KeyID or PLUGIPAY_KEY_ID (or, for a dashboard key, PLUGIPAY_API_KEY)"}
	}
	if opts.Secret == "" {
		return credentials{}, &Error{Code: ErrorCodeMissingSecret,
			Message: "no secret for the key id: set ClientOptions.Secret or PLUGIPAY_SECRET"}
	}
	if strings.ContainsRune(opts.KeyID, ',') {
		return credentials{}, invalidRequest("ClientOptions.KeyID holds a comma")
	}
	if err := checkToken("ClientOptions.KeyID", opts.KeyID); err != nil {
		return credentials{}, err
	}
	if isSecret(opts.KeyID) {
		return credentials{}, invalidRequest("ClientOptions.KeyID is a secret: were KeyID and Secret mixed up?")
	}
	if err := checkToken("ClientOptions.Secret", opts.Secret); err != nil {
		return credentials{}, err
	}
	signer := newSigner(opts.Secret, AuthorizationHeader(opts.KeyID, "")) // the signature is the last part of the header
	authorize := func(method, path string, body []byte, idempotencyKey string) (authorization, timestamp string) {
		return signer.sign(method, path, body, idempotencyKey, time.Now().Unix())
	}
	return credentials{keyID: opts.KeyID, authorize: authorize}, nil
}

func dashboardKey(opts ClientOptions) (credentials, error) {
	if opts.KeyID != "" || opts.Secret != "" {
		return credentials{}, invalidRequest("ClientOptions has both a key pair (KeyID, Secret) and an APIKey: set one of them")
	}
	if err := checkToken("ClientOptions.APIKey", opts.APIKey); err != nil {
		return credentials{}, err
	}
	if isSecret(opts.APIKey) {
		return credentials{}, invalidRequest("ClientOptions.APIKey is the secret of a key pair: set KeyID and Secret, or a dashboard key")
	}
	authorization := "Bearer " + opts.APIKey
	return credentials{authorize: func(string, string, []byte, string) (string, string) { return authorization, "" }}, nil
}
