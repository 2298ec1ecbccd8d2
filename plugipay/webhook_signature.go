package plugipay

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// defaultToleranceSeconds is how far a delivery's timestamp may be from our clock, as Plugipay documents it.
const defaultToleranceSeconds = 300

// VerifyWebhookOptions changes how a webhook delivery is verified. The zero value, and nil, are right for production.
type VerifyWebhookOptions struct {
	// ToleranceSeconds is how far the delivery's timestamp may be from the clock, either way. Zero or less means 300.
	ToleranceSeconds int64
	// Now is the clock, for tests. Nil means time.Now.
	Now func() time.Time
}

// VerifyWebhook checks that a delivery comes from Plugipay and returns its event. rawBody is the body's exact bytes, as
// they arrived; signatureHeader the value of the X-Plugipay-Signature header (some of Plugipay's pages call it
// Plugipay-Signature); secret the endpoint's. See [NewWebhookHandler] for all of it in an http.Handler.
//
// Deliveries repeat until they are answered with a 2xx, and may repeat after that: handle each event's ID once.
//
// It fails with an [*Error], of status 401 and code signature_missing (no header, or no secret), signature_malformed,
// signature_stale (the timestamp is too far off) or signature_invalid; or of status 400 and code invalid_payload, when the
// delivery is Plugipay's but is no event.
func VerifyWebhook(rawBody []byte, signatureHeader, secret string, options *VerifyWebhookOptions) (*WebhookEvent, error) {
	if err := verifySignature(rawBody, signatureHeader, []string{secret}, options); err != nil {
		return nil, err
	}
	return parseEvent(rawBody)
}

// VerifyWebhookSignature tells whether a delivery comes from Plugipay, as [VerifyWebhook] does, and leaves the body alone.
func VerifyWebhookSignature(rawBody []byte, signatureHeader, secret string, options *VerifyWebhookOptions) bool {
	return verifySignature(rawBody, signatureHeader, []string{secret}, options) == nil
}

// SignWebhook returns the X-Plugipay-Signature header of a delivery, for tests of code that receives webhooks.
func SignWebhook(rawBody []byte, secret string, at time.Time) string {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	sum := webhookSum(rawBody, timestamp, secret)
	return "t=" + timestamp + ",v1=" + hex.EncodeToString(sum[:])
}

// webhookSum is the HMAC-SHA256 of the timestamp, a dot and the body.
func webhookSum(rawBody []byte, timestamp, secret string) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp))
	mac.Write([]byte{'.'})
	mac.Write(rawBody)
	mac.Sum(sum[:0])
	return sum
}

// verifySignature accepts a delivery that is signed with one of the secrets.
func verifySignature(rawBody []byte, header string, secrets []string, options *VerifyWebhookOptions) error {
	if header == "" {
		return badSignature(ErrorCodeSignatureMissing, "the signature header is missing")
	}
	for _, secret := range secrets {
		if secret == "" {
			return badSignature(ErrorCodeSignatureMissing, "there is no secret to verify the signature with")
		}
	}
	timestamp, err := signatureTimestamp(header)
	if err != nil {
		return err
	}
	if err := checkFreshness(timestamp, options); err != nil {
		return err
	}
	match := false
	for _, secret := range secrets {
		if signedBy(webhookSum(rawBody, timestamp, secret), header) {
			match = true // and the others are compared all the same
		}
	}
	if !match {
		return badSignature(ErrorCodeSignatureInvalid, "the signature does not match the body, the timestamp and the secret")
	}
	return nil
}

// signatureTimestamp returns the timestamp of a signature header as it is written there, after checking that the header
// is "t=<unix seconds>" once and "v1=<hex>" once or more, in any order, with commas in between. Other parts are skipped:
// there may be signatures of other kinds one day.
func signatureTimestamp(header string) (string, error) {
	timestamp, signatures := "", 0
	for part := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "t":
			if timestamp != "" || !isUnixSeconds(value) {
				return "", badSignature(ErrorCodeSignatureMalformed, "the signature header must have one t, in unix seconds")
			}
			timestamp = value
		case "v1":
			if !isHex(value) {
				return "", badSignature(ErrorCodeSignatureMalformed, "a v1 of the signature header is not hex")
			}
			signatures++
		}
	}
	if timestamp == "" || signatures == 0 {
		return "", badSignature(ErrorCodeSignatureMalformed, "the signature header must have a t and a v1")
	}
	return timestamp, nil
}

func isUnixSeconds(value string) bool {
	if strings.Trim(value, "0123456789") != "" {
		return false
	}
	_, err := strconv.ParseInt(value, 10, 64)
	return err == nil
}

func isHex(value string) bool {
	return value != "" && len(value)%2 == 0 && strings.Trim(value, "0123456789abcdefABCDEF") == ""
}

func checkFreshness(timestamp string, options *VerifyWebhookOptions) error {
	tolerance, now := int64(defaultToleranceSeconds), time.Now
	if options != nil {
		if options.ToleranceSeconds > 0 {
			tolerance = options.ToleranceSeconds
		}
		if options.Now != nil {
			now = options.Now
		}
	}
	seconds, _ := strconv.ParseInt(timestamp, 10, 64) // it was checked, and is not negative
	clock := now().Unix()
	// The difference of two numbers of the same sign cannot overflow; a clock before 1970 is too far off anyway.
	if clock < 0 || seconds-clock > tolerance || clock-seconds > tolerance {
		return badSignature(ErrorCodeSignatureStale, fmt.Sprintf("the timestamp of the signature is more than %d seconds off", tolerance))
	}
	return nil
}

// signedBy tells whether one of the header's signatures is sum. It takes the same time whichever it is.
func signedBy(sum [sha256.Size]byte, header string) bool {
	match := false
	for part := range strings.SplitSeq(header, ",") {
		value, ok := strings.CutPrefix(strings.TrimSpace(part), "v1=")
		if !ok || len(value) != 2*sha256.Size {
			continue
		}
		var signature [sha256.Size]byte
		_, err := hex.Decode(signature[:], []byte(value))
		if hmac.Equal(signature[:], sum[:]) && err == nil {
			match = true
		}
	}
	return match
}

func badSignature(code ErrorCode, message string) error {
	return &Error{Status: http.StatusUnauthorized, Code: code, Message: message}
}
