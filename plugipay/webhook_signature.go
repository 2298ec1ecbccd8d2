package plugipay

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// defaultToleranceSeconds is the maximum difference between a delivery's timestamp and the clock, as Plugipay documents it.
const defaultToleranceSeconds = 300

// maxSignaturePairs limits the work that a header can cause, because each pair needs an HMAC of the whole body.
const maxSignaturePairs = 16

// VerifyWebhookOptions changes how a webhook delivery is verified. Use nil or the zero value in production.
type VerifyWebhookOptions struct {
	// ToleranceSeconds is the maximum difference between the delivery's timestamp and the clock. Zero or less means 300.
	ToleranceSeconds int64
	// Now is the clock, for tests. Nil means time.Now.
	Now func() time.Time
}

// VerifyWebhook checks that a delivery comes from Plugipay and returns its event. rawBody holds the exact bytes of the body.
// signatureHeader is the value of the X-Plugipay-Signature header, which some of Plugipay's pages call Plugipay-Signature. Join
// several lines of the header with commas. secret is the secret of the endpoint. [VerifyWebhookRequest] reads the header and the
// body of an *http.Request. [NewWebhookHandler] is a complete http.Handler.
//
// Plugipay repeats a delivery until it gets a 2xx response, and may repeat it after that, even with a new event ID. Identify work
// that must happen once by the session's ID.
//
// The error is an [*Error]. If the delivery is not verified, its Status is 401 and its Code is signature_missing (no header or
// no secret), signature_malformed, signature_stale (the timestamp is too far from the clock) or signature_invalid. If the
// delivery comes from Plugipay but is not an event, its Status is 400 and its Code is invalid_payload. If the secret begins or
// ends with white space, its Code is invalid_request.
func VerifyWebhook(rawBody []byte, signatureHeader, secret string, options *VerifyWebhookOptions) (*WebhookEvent, error) {
	if err := verifySignature(rawBody, signatureHeader, []string{secret}, options); err != nil {
		return nil, err
	}
	return parseEvent(rawBody)
}

// VerifyWebhookRequest checks that a request is a delivery from Plugipay and returns its event, like [VerifyWebhook]. It reads a
// body of at most 1 MiB and restores it, so that r.Body can be read again from its beginning. It reads all lines of both names
// of the signature header. Pass at least one secret of the endpoint. Pass several while a new secret replaces an old one.
//
// In addition to the errors of [VerifyWebhook], a larger body is an invalid_payload with the Status 413, and a body that cannot
// be read to its end is an invalid_payload with the Status 400.
func VerifyWebhookRequest(r *http.Request, secrets ...string) (*WebhookEvent, error) {
	if r == nil {
		return nil, invalidRequest("the request is nil")
	}
	rawBody, err := readDelivery(r, defaultMaxWebhookBytes)
	if err != nil {
		return nil, err
	}
	if err := verifySignature(rawBody, signatureHeader(r.Header), secrets, nil); err != nil {
		return nil, err
	}
	return parseEvent(rawBody)
}

// readDelivery reads a body of at most limit bytes and restores it.
func readDelivery(r *http.Request, limit int64) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body := r.Body
	read, err := io.ReadAll(io.LimitReader(body, max(limit, limit+1))) // limit+1 may overflow
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(read), body), body}
	switch {
	case err != nil:
		return nil, &Error{Status: http.StatusBadRequest, Code: ErrorCodeInvalidPayload,
			Message: "the delivery cannot be read to its end", cause: err}
	case int64(len(read)) > limit:
		return nil, &Error{Status: http.StatusRequestEntityTooLarge, Code: ErrorCodeInvalidPayload,
			Message: fmt.Sprintf("the delivery is larger than %d bytes", limit)}
	}
	return read, nil
}

// signatureHeader returns the joined lines of the signature header. A proxy may have split it at a comma or repeated it.
func signatureHeader(header http.Header) string {
	return strings.Join(append(header.Values("X-Plugipay-Signature"), header.Values("Plugipay-Signature")...), ",")
}

// VerifyWebhookSignature reports whether a delivery comes from Plugipay. It checks the signature like [VerifyWebhook], but does
// not decode the body.
func VerifyWebhookSignature(rawBody []byte, signatureHeader, secret string, options *VerifyWebhookOptions) bool {
	return verifySignature(rawBody, signatureHeader, []string{secret}, options) == nil
}

// SignWebhook returns the X-Plugipay-Signature header of a delivery. It is for tests of webhook receivers.
func SignWebhook(rawBody []byte, secret string, at time.Time) string {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	sum := webhookSum(rawBody, timestamp, secret)
	return "t=" + timestamp + ",v1=" + hex.EncodeToString(sum[:])
}

// webhookSum returns the HMAC-SHA256 of the timestamp, a dot and the body.
func webhookSum(rawBody []byte, timestamp, secret string) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp))
	mac.Write([]byte{'.'})
	mac.Write(rawBody)
	mac.Sum(sum[:0])
	return sum
}

// verifySignature accepts a delivery if one pair of the header is signed with one of the secrets. Otherwise it returns the
// error of the last pair.
func verifySignature(rawBody []byte, header string, secrets []string, options *VerifyWebhookOptions) error {
	if header == "" {
		return badSignature(ErrorCodeSignatureMissing, "the signature header is missing")
	}
	if len(secrets) == 0 || slices.Contains(secrets, "") {
		return badSignature(ErrorCodeSignatureMissing, "there is no secret to verify the signature with")
	}
	if slices.ContainsFunc(secrets, hasOuterSpace) {
		return invalidRequest("the webhook secret" + outerSpace)
	}
	var err error
	count := 0
	for pair := range signaturePairs(header) {
		if count++; count > maxSignaturePairs {
			return badSignature(ErrorCodeSignatureMalformed, fmt.Sprintf("the signature header has more than %d signatures", maxSignaturePairs))
		}
		if err = verifyPair(rawBody, pair, secrets, options); err == nil {
			return nil
		}
	}
	return err
}

// outerSpace describes a secret for which hasOuterSpace is true. It completes a sentence.
const outerSpace = " begins or ends with white space, as a secret read from a file may"

func hasOuterSpace(secret string) bool { return strings.TrimSpace(secret) != secret }

// signaturePairs splits a signature header into its pairs of a t and its v1. The first t begins a pair, and so does each t
// that follows a v1. A v1 before any t belongs to the first pair. A t that follows a t stays in its pair, which is malformed.
func signaturePairs(header string) iter.Seq[string] {
	return func(yield func(string) bool) {
		begin, at, hasT, previous := 0, 0, false, ""
		for part := range strings.SplitSeq(header, ",") {
			name, _, _ := strings.Cut(strings.TrimSpace(part), "=")
			if name == "t" && hasT && previous == "v1" {
				if !yield(header[begin : at-len(",")]) {
					return
				}
				begin = at
			}
			if name == "t" || name == "v1" {
				previous, hasT = name, hasT || name == "t"
			}
			at += len(part) + len(",")
		}
		yield(header[begin:])
	}
}

// verifyPair accepts a pair that is signed with one of the secrets.
func verifyPair(rawBody []byte, pair string, secrets []string, options *VerifyWebhookOptions) error {
	timestamp, err := signatureTimestamp(pair)
	if err != nil {
		return err
	}
	if err := checkFreshness(timestamp, options); err != nil {
		return err
	}
	match := false
	for _, secret := range secrets {
		if signedBy(webhookSum(rawBody, timestamp, secret), pair) {
			match = true // compare the others too, for constant time
		}
	}
	if !match {
		return badSignature(ErrorCodeSignatureInvalid, "the signature does not match the body, the timestamp and the secret")
	}
	return nil
}

// signatureTimestamp returns the timestamp of a pair without changes. The pair must have one "t=<unix seconds>" and at least one
// "v1=<hex>", in any order, separated by commas. Other parts are skipped, because Plugipay may add signatures of other kinds.
func signatureTimestamp(pair string) (string, error) {
	timestamp, signatures := "", 0
	for part := range strings.SplitSeq(pair, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "t":
			if timestamp != "" || !isUnixSeconds(value) {
				return "", badSignature(ErrorCodeSignatureMalformed, "each signature of the header must have one t, in unix seconds")
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
	seconds, _ := strconv.ParseInt(timestamp, 10, 64) // isUnixSeconds checked it; it is not negative
	clock := now().Unix()
	// The difference of two numbers of the same sign cannot overflow. A clock before 1970 is always too far off.
	if clock < 0 || seconds-clock > tolerance || clock-seconds > tolerance {
		return badSignature(ErrorCodeSignatureStale, fmt.Sprintf("the timestamp of the signature is more than %d seconds off", tolerance))
	}
	return nil
}

// signedBy reports whether one of the pair's signatures is sum. Its time does not depend on which one it is.
func signedBy(sum [sha256.Size]byte, pair string) bool {
	match := false
	for part := range strings.SplitSeq(pair, ",") {
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
