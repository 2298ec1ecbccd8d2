package plugipay_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

const webhookSecret = "whsec_test_gamma"

// webhookVector is a case of testdata/webhooks.json. Another implementation computed the cases.
type webhookVector struct {
	Name, Body, Header, Secret, Want string
	Now                              int64
}

func webhookVectors(t testing.TB) []webhookVector {
	t.Helper()
	content, err := os.ReadFile("testdata/webhooks.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []webhookVector }
	if err := json.Unmarshal(content, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) == 0 {
		t.Fatal("testdata/webhooks.json holds no cases")
	}
	return file.Cases
}

// at returns a clock that always returns the same time.
func at(unix int64) func() time.Time { return func() time.Time { return time.Unix(unix, 0) } }

func TestVerifyWebhook_AgreesWithVectors(t *testing.T) {
	t.Parallel()
	for _, v := range webhookVectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			options := &plugipay.VerifyWebhookOptions{Now: at(v.Now)}
			event, err := plugipay.VerifyWebhook([]byte(v.Body), v.Header, v.Secret, options)
			verified := plugipay.VerifyWebhookSignature([]byte(v.Body), v.Header, v.Secret, options)
			switch v.Want {
			case "ok":
				if err != nil || event.ID == "" || !verified {
					t.Errorf("event is %+v, error %v, verified %t", event, err, verified)
				}
			case "invalid_payload":
				wantError(t, err, 400, v.Want)
				if !verified {
					t.Error("the signature is not verified, but only the payload is invalid")
				}
			default:
				wantError(t, err, 401, v.Want)
				if event != nil || verified {
					t.Errorf("event is %+v, verified %t", event, verified)
				}
			}
		})
	}
}

func TestVerifyWebhook_UsesTheRealClockByDefault(t *testing.T) {
	t.Parallel()
	body := []byte(`{"id":"evt_1","type":"checkout_session.completed"}`)
	for _, options := range []*plugipay.VerifyWebhookOptions{nil, {}} {
		now := plugipay.SignWebhook(body, webhookSecret, time.Now())
		if _, err := plugipay.VerifyWebhook(body, now, webhookSecret, options); err != nil {
			t.Errorf("a delivery that is signed now is refused: %v", err)
		}
		old := plugipay.SignWebhook(body, webhookSecret, time.Now().Add(-10*time.Minute))
		if _, err := plugipay.VerifyWebhook(body, old, webhookSecret, options); !errors.Is(err, plugipay.ErrSignatureStale) {
			t.Errorf("error for a delivery that was signed ten minutes ago is %v", err)
		}
	}
}

func TestVerifyWebhook_ToleranceCoversPastAndFuture(t *testing.T) {
	t.Parallel()
	body := []byte("{}")
	header := plugipay.SignWebhook(body, webhookSecret, time.Unix(1_790_000_000, 0))
	for _, test := range []struct {
		tolerance, now int64
		fresh          bool
	}{
		{0, 1_790_000_300, true}, {0, 1_790_000_301, false}, {0, 1_789_999_700, true}, {0, 1_789_999_699, false},
		{-5, 1_790_000_300, true}, {-5, 1_790_000_301, false},
		{10, 1_790_000_010, true}, {10, 1_790_000_011, false}, {10, 1_789_999_990, true}, {10, 1_789_999_989, false},
		{math.MaxInt64, 0, true}, {0, 0, false}, {0, -1, false}, {math.MaxInt64, -1, false}, {math.MaxInt64, math.MaxInt32, true},
	} {
		options := &plugipay.VerifyWebhookOptions{ToleranceSeconds: test.tolerance, Now: at(test.now)}
		if got := plugipay.VerifyWebhookSignature(body, header, webhookSecret, options); got != test.fresh {
			t.Errorf("tolerance %d at %d: verified %t", test.tolerance, test.now, got)
		}
	}
}

func TestVerifyWebhook_ReadsHeadersStrictly(t *testing.T) {
	t.Parallel()
	body := []byte("{}")
	sum := strings.TrimPrefix(plugipay.SignWebhook(body, webhookSecret, time.Unix(1_790_000_000, 0)), "t=1790000000,v1=")
	zeros := strings.Repeat("0", 64)
	tests := map[string]string{ // header to code; "" means that the header is accepted
		"t=1790000000,v1=" + sum:                                   "",
		"v1=" + sum + ",t=1790000000":                              "",
		" t=1790000000 ,  v1=" + sum + " ":                         "",
		"t=1790000000,v1=" + strings.ToUpper(sum):                  "",
		"t=1790000000,v0=old,v1=" + sum + ",v2=new,what,=":         "",
		"t=1790000000,v1=" + zeros + ",v1=" + sum + ",v1=" + zeros: "",
		"t=1790000000,v1=" + zeros:                                 "signature_invalid",
		"t=1790000000,v1=00":                                       "signature_invalid",
		"t=1790000000,v1=" + sum + "00":                            "signature_invalid",
		"t=1790000000,v0=" + sum:                                   "signature_malformed",
		"t=1790000000,v1=" + sum + ",v1=":                          "signature_malformed",
		"t=1790000000,v1=" + sum + ",v1=zz":                        "signature_malformed",
		"t=1790000000,v1=" + sum[1:]:                               "signature_malformed",
		"t=1790000000,t=1790000000,v1=" + sum:                      "signature_malformed",
		"t=,v1=" + sum:                                             "signature_malformed",
		"t=-1790000000,v1=" + sum:                                  "signature_malformed",
		"t=+1790000000,v1=" + sum:                                  "signature_malformed",
		"t=1.79e9,v1=" + sum:                                       "signature_malformed",
		"t=99999999999999999999,v1=" + sum:                         "signature_malformed",
		"t=9223372036854775807,v1=" + sum:                          "signature_stale",
		"t=0,v1=" + sum:                                            "signature_stale",
		"T=1790000000,V1=" + sum:                                   "signature_malformed",
		",":                                                        "signature_malformed",
		sum:                                                        "signature_malformed",

		// Several pairs.
		"t=1790000000,v1=" + zeros + ",t=1790000000,v1=" + sum:  "",
		"t=1790000000,v1=" + sum + ",t=1790000000,v1=" + zeros:  "",
		"t=soon,v1=zz,t=1790000000,v1=" + sum:                   "",
		"t=1790000000,v1=" + sum + ",t=1790000000":              "",
		"t=1,v1=" + sum + ",t=1790000000,v1=" + sum:             "",
		"v1=" + sum + ",t=1790000000,t=1790000000":              "signature_malformed",
		"v1=" + sum + ",t=1790000000,v1=" + sum + ",t=5":        "",
		"v1=" + zeros + ",v1=" + sum + ",t=1790000000":          "",
		"t=1790000000,v0=x,t=1790000000,v1=" + sum:              "signature_malformed",
		"t=1790000000,v1=" + zeros + ",t=1790000000,v1=zz":      "signature_malformed",
		"t=1790000000,v1=zz,t=1790000000,v1=" + zeros:           "signature_invalid",
		"t=1790000000,v1=" + zeros + ",t=1,v1=" + sum:           "signature_stale",
		"t=1790000000,v1=" + zeros + ",t=1":                     "signature_malformed",
		"t=1790000001,v1=" + zeros + ",v1=" + sum:               "signature_invalid", // sum is the signature of another timestamp
		strings.Repeat("t=1790000000,v1=00,", 16) + "t=1,v1=00": "signature_malformed",
		strings.Repeat("t=1790000000,v1=00,", 15) + "t=1,v1=00": "signature_stale",
	}
	for header, code := range tests {
		_, err := plugipay.VerifyWebhook(body, header, webhookSecret, &plugipay.VerifyWebhookOptions{Now: at(1_790_000_000)})
		if code == "" {
			if !errors.Is(err, plugipay.ErrInvalidPayload) { // {} is not an event, but the signature is valid
				t.Errorf("%s: %v", header, err)
			}
			continue
		}
		if pe := wantError(t, err, 401, code); strings.Contains(pe.Error(), sum) {
			t.Errorf("the error contains the signature: %v", pe)
		}
	}
}

func TestVerifyWebhook_AllocatesTheSameForManyV1(t *testing.T) {
	body := []byte(strings.Repeat("x", 1000))
	options := &plugipay.VerifyWebhookOptions{Now: at(1_790_000_000)}
	one := plugipay.SignWebhook(body, webhookSecret, time.Unix(1_790_000_000, 0))
	many := one + strings.Repeat(",v1="+strings.Repeat("0", 64), 1000)
	allocations := func(header string) float64 {
		return testing.AllocsPerRun(100, func() {
			if !plugipay.VerifyWebhookSignature(body, header, webhookSecret, options) {
				t.Fatal("not verified")
			}
		})
	}
	if a, b := allocations(one), allocations(many); a != b {
		t.Errorf("%v allocations for one signature, %v for 1,001 signatures", a, b)
	}
}

func TestVerifyWebhook_RefusesPaddedSecrets(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"whsec_1\n", " whsec_1", "whsec_1\t", "  ", "whsec_1\u00a0"} {
		body := []byte(`{"id":"evt_1","type":"a.b"}`)
		header := plugipay.SignWebhook(body, secret, time.Now())
		_, err := plugipay.VerifyWebhook(body, header, secret, nil)
		pe := wantError(t, err, 0, "invalid_request")
		if !strings.Contains(pe.Message, "begins or ends with white space, as a secret read from a file may") ||
			strings.Contains(pe.Message, "whsec") {
			t.Errorf("error is %v", pe)
		}
		if plugipay.VerifyWebhookSignature(body, header, secret, nil) {
			t.Errorf("%q is accepted", secret)
		}
	}
}

// verifiedByReference reports whether a delivery is verified, by a direct implementation of the documentation.
func verifiedByReference(body []byte, header, secret string, now int64) bool {
	type pair struct {
		t   []string
		v1s []string
	}
	pairs, previous := []*pair{{}}, ""
	for _, part := range strings.Split(header, ",") {
		last := pairs[len(pairs)-1]
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "t":
			if previous == "v1" && len(last.t) > 0 {
				last = &pair{}
				pairs = append(pairs, last)
			}
			last.t, previous = append(last.t, value), name
		case "v1":
			last.v1s, previous = append(last.v1s, value), name
		}
	}
	for _, p := range pairs {
		if len(p.t) != 1 || secret == "" {
			continue
		}
		mac := hmac.New(sha256.New, []byte(secret))
		fmt.Fprintf(mac, "%s.%s", p.t[0], body)
		seconds, err := strconv.ParseInt(p.t[0], 10, 64)
		fresh := err == nil && math.Abs(float64(seconds)-float64(now)) <= 300
		matches := func(v1 string) bool { return strings.EqualFold(v1, hex.EncodeToString(mac.Sum(nil))) }
		if fresh && slices.ContainsFunc(p.v1s, matches) {
			return true
		}
	}
	return false
}

// FuzzSignatureHeaderLines checks that the lines of both header names are read as if commas joined them. A valid line after
// them is found, unless it continues a malformed pair.
func FuzzSignatureHeaderLines(f *testing.F) {
	for _, v := range webhookVectors(f) {
		f.Add(v.Header, "t=1", "v1=00")
	}
	f.Fuzz(func(t *testing.T, first, second, plain string) {
		body := []byte(`{"id":"evt_1","type":"a.b"}`)
		request := func(lines ...string) *http.Request {
			header := http.Header{"X-Plugipay-Signature": lines, "Plugipay-Signature": {plain}}
			return &http.Request{Header: header, Body: io.NopCloser(bytes.NewReader(body))}
		}
		joined := strings.Join([]string{first, second, plain}, ",")
		_, err := plugipay.VerifyWebhookRequest(request(first, second), webhookSecret)
		_, wanted := plugipay.VerifyWebhook(body, joined, webhookSecret, nil)
		if fmt.Sprint(err) != fmt.Sprint(wanted) {
			t.Fatalf("error is %v, want %v as for the joined line", err, wanted)
		}
		lines := request(first, second)
		lines.Header.Add("Plugipay-Signature", plugipay.SignWebhook(body, webhookSecret, time.Now()))
		_, err = plugipay.VerifyWebhookRequest(lines, webhookSecret)
		if err != nil && !errors.Is(err, plugipay.ErrSignatureMalformed) {
			t.Fatalf("a valid line after %q is not found: %v", joined, err)
		}
	})
}

// FuzzVerifyWebhook checks that VerifyWebhook does not panic, accepts only what the reference accepts, and accepts every signed
// delivery.
func FuzzVerifyWebhook(f *testing.F) {
	for _, v := range webhookVectors(f) {
		f.Add([]byte(v.Body), v.Header, v.Secret, v.Now)
	}
	f.Fuzz(func(t *testing.T, body []byte, header, secret string, now int64) {
		options := &plugipay.VerifyWebhookOptions{Now: at(now)}
		event, err := plugipay.VerifyWebhook(body, header, secret, options)
		verified := plugipay.VerifyWebhookSignature(body, header, secret, options)
		if verified && !verifiedByReference(body, header, secret, now) {
			t.Fatalf("header %q is accepted, but was not signed with the secret", header)
		}
		var pe *plugipay.Error
		if (err == nil) != (event != nil) || err != nil && !errors.As(err, &pe) {
			t.Fatalf("event is %v, error %v", event, err)
		}
		if err == nil && !verified || err != nil && verified && pe.Code != plugipay.ErrorCodeInvalidPayload {
			t.Fatalf("verified is %t, error %v", verified, err)
		}
		if event != nil {
			_, _ = event.CheckoutSession()
			_ = event.Name()
		}
		if secret != "" && strings.TrimSpace(secret) == secret && now >= 0 && now < math.MaxInt64-1000 {
			signed := plugipay.SignWebhook(body, secret, time.Unix(now, 0))
			if !plugipay.VerifyWebhookSignature(body, signed, secret, options) {
				t.Fatalf("a delivery with the signature %q is not accepted", signed)
			}
			if plugipay.VerifyWebhookSignature(body, signed, secret+"x", options) { // HMAC pads a key with zeros, not with x
				t.Fatalf("%q is accepted with another secret", signed)
			}
		}
	})
}
