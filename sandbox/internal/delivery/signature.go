package delivery

import (
	"net/http"
	"strings"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

const (
	signatureHeader      = "X-Plugipay-Signature"
	otherSignatureHeader = "Plugipay-Signature"
)

// staleBy is the age of a stale signature, far more than receivers tolerate.
const staleBy = time.Hour

// signatureHeaders returns the headers with a signature of the body at a time. The signature is correct unless the attempt's
// fault changes it.
func signatureHeaders(body []byte, secret string, at time.Time, fault Kind) http.Header {
	header := http.Header{}
	signature := plugipay.SignWebhook(body, secret, at)
	switch fault {
	case BadSignature:
		signature = plugipay.SignWebhook(body, anotherSecret(secret), at)
	case Stale:
		signature = plugipay.SignWebhook(body, secret, at.Add(-staleBy))
	case TwoSignatures:
		_, v1, _ := strings.Cut(signature, ",")
		signature = plugipay.SignWebhook(body, anotherSecret(secret), at) + "," + v1
	case OtherHeader:
		header.Set(otherSignatureHeader, signature)
		return header
	case SplitHeader:
		timestamp, v1, _ := strings.Cut(signature, ",")
		header.Add(signatureHeader, timestamp)
		header.Add(signatureHeader, v1)
		return header
	}
	header.Set(signatureHeader, signature)
	return header
}

// anotherSecret returns a secret that the endpoint does not have.
func anotherSecret(secret string) string { return "not " + secret }
