package plugipay

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

const (
	authorizationScheme = "Plugipay-HMAC-SHA256"
	timestampHeader     = "X-Plugipay-Timestamp"
)

// SignInput is what a request signature covers.
type SignInput struct {
	// Method is the HTTP method in upper case, such as "POST".
	Method string
	// Path is the path with its query, exactly as sent: "/api/v1/checkout-sessions?limit=100". A prefix that a gateway
	// takes off before Plugipay sees the request is not part of it.
	Path string
	// Body is the body's exact bytes; empty for a request without one.
	Body string
	// IdempotencyKey is the value of the Idempotency-Key header; empty when it is not sent.
	IdempotencyKey string
	// Timestamp is in unix seconds. Zero means now. Plugipay refuses one more than 300 seconds off its clock.
	Timestamp int64
}

// SignResult is a signature and the time that it was made for.
type SignResult struct {
	// Signature is in lower-case hex; see [AuthorizationHeader].
	Signature string
	// Timestamp is the value for the X-Plugipay-Timestamp header: unix seconds in decimal.
	Timestamp string
}

// Sign signs a request as Plugipay expects it, for those who build their own requests. A [Client] signs by itself.
//
// The result is the HMAC-SHA256, keyed with the secret, of the method, the path, the timestamp and the SHA-256 of the
// body in hex, and the idempotency key if there is one, joined by line feeds. The contract describes it under the
// security scheme HmacSignature.
func Sign(secret string, in SignInput) SignResult {
	if in.Timestamp == 0 {
		in.Timestamp = time.Now().Unix()
	}
	timestamp := strconv.FormatInt(in.Timestamp, 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(stringToSign(in, timestamp))
	return SignResult{Signature: hex.EncodeToString(mac.Sum(nil)), Timestamp: timestamp}
}

func stringToSign(in SignInput, timestamp string) []byte {
	bodyHash := sha256.Sum256([]byte(in.Body))
	s := make([]byte, 0, len(in.Method)+len(in.Path)+len(timestamp)+2*len(bodyHash)+len(in.IdempotencyKey)+4)
	s = append(s, in.Method...)
	s = append(s, '\n')
	s = append(s, in.Path...)
	s = append(s, '\n')
	s = append(s, timestamp...)
	s = append(s, '\n')
	s = hex.AppendEncode(s, bodyHash[:])
	if in.IdempotencyKey != "" {
		s = append(s, '\n')
		s = append(s, in.IdempotencyKey...)
	}
	return s
}

// AuthorizationHeader returns the value of the Authorization header for a key id and a signature made by [Sign].
func AuthorizationHeader(keyID, signature string) string {
	return authorizationScheme + " keyId=" + keyID + ", scope=*, signature=" + signature
}
