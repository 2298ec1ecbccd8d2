package sandbox_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/sandbox"
)

// signature returns the signature of parts, as a client without this module computes it.
func signature(secret, separator string, parts ...string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(strings.Join(parts, separator)))
	return hex.EncodeToString(mac.Sum(nil))
}

func hashOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

func TestSignature_ConsoleExplainsTheMismatch(t *testing.T) {
	t.Parallel()
	const (
		key, secret = sandbox.TestKeyID, sandbox.TestSecret
		path        = sessionsPath + "?limit=5"
		body        = `{"amount": 1}`
	)
	server, c := start(t, sandbox.Options{Workspaces: []sandbox.Workspace{{Keys: []sandbox.Key{
		{ID: key, Secret: secret}, {ID: "pk_test_other", Secret: "sk_test_other"},
	}}}})
	seconds := time.Now().Unix()
	at := strconv.FormatInt(seconds, 10)
	earlier := strconv.FormatInt(seconds-2, 10)
	right := signature(secret, "\n", "POST", path, at, hashOf(body), "idem_1")
	raw, _ := hex.DecodeString(right)
	for want, sent := range map[string]string{
		"lower-case hex: send":                right[:1] + strings.ToUpper(right[1:]),
		"not in lower-case hex":               base64.StdEncoding.EncodeToString(raw),
		"without its query":                   signature(secret, "\n", "POST", sessionsPath, at, hashOf(body), "idem_1"),
		"The whole URL was signed":            signature(secret, "\n", "POST", c.url+path, at, hashOf(body), "idem_1"),
		"without /api/v1":                     signature(secret, "\n", "POST", path[len("/api/v1"):], at, hashOf(body), "idem_1"),
		"in lower case. Sign it in":           signature(secret, "\n", "post", path, at, hashOf(body), "idem_1"),
		"without its Idempotency-Key":         signature(secret, "\n", "POST", path, at, hashOf(body)),
		"The body itself was signed":          signature(secret, "\n", "POST", path, at, body, "idem_1"),
		"that of an empty body":               signature(secret, "\n", "POST", path, at, hashOf(""), "idem_1"),
		"the body was in upper case":          signature(secret, "\n", "POST", path, at, strings.ToUpper(hashOf(body)), "idem_1"),
		"More compact JSON":                   signature(secret, "\n", "POST", path, at, hashOf(`{"amount":1}`), "idem_1"),
		"one more line feed":                  signature(secret, "\n", "POST", path, at, hashOf(body+"\n"), "idem_1"),
		"joined by colons":                    signature(secret, ":", "POST", path, at, hashOf(body), "idem_1"),
		"The timestamp comes first":           signature(secret, "\n", "POST", path, hashOf(body), at, "idem_1"),
		"Read the clock once":                 signature(secret, "\n", "POST", path, earlier, hashOf(body), "idem_1"),
		"in milliseconds":                     signature(secret, "\n", "POST", path, at+"123", hashOf(body), "idem_1"),
		"secret of another key, pk_test_oth":  signature("sk_test_other", "\n", "POST", path, at, hashOf(body), "idem_1"),
		"signed with the key's id":            signature(key, "\n", "POST", path, at, hashOf(body), "idem_1"),
		"ends with a line feed":               signature(secret+"\n", "\n", "POST", path, at, hashOf(body), "idem_1"),
		"None of the usual mistakes explains": signature("something else", "\n", "POST", path, at, hashOf(body), "idem_1"),
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			refused := c.in(t).send(http.MethodPost, path, body, change{afterSigning: func(r *http.Request) {
				r.Header.Set("Idempotency-Key", "idem_1")
				r.Header.Set("X-Plugipay-Timestamp", at)
				r.Header.Set("Authorization", "Plugipay-HMAC-SHA256 keyId="+key+", scope=*, signature="+sent)
			}}).wantError(http.StatusUnauthorized, gen.ErrorCodeInvalidSignature, "")
			open(t, server.URL+"/?request="+refused.envelope.Meta.RequestID).want(http.StatusOK).shows(
				want, "POST\n"+path+"\n"+at+"\n"+hashOf(body)+"\nidem_1", hashOf(body), sent, right,
			).showsNot(secret, "sk_test_other")
		})
	}
}
