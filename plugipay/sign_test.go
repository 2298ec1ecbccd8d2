package plugipay_test

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plugipay/plugipay-go/plugipay"
)

// signingVector is a case of testdata/signing.json. Another implementation computed the cases.
type signingVector struct {
	Name, KeyID, Secret, Method, Path, Body string
	Timestamp                               int64
	IdempotencyKey                          *string
	StringToSign, Signature, Authorization  string
}

func signingVectors(t *testing.T) []signingVector {
	t.Helper()
	content, err := os.ReadFile("testdata/signing.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []signingVector }
	if err := json.Unmarshal(content, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) == 0 {
		t.Fatal("testdata/signing.json holds no cases")
	}
	return file.Cases
}

func TestSign_AgreesWithVectors(t *testing.T) {
	t.Parallel()
	for _, v := range signingVectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			in := plugipay.SignInput{Method: v.Method, Path: v.Path, Body: v.Body, Timestamp: v.Timestamp}
			if v.IdempotencyKey != nil {
				in.IdempotencyKey = *v.IdempotencyKey
			}
			got := plugipay.Sign(v.Secret, in)
			if got.Signature != v.Signature {
				t.Errorf("signature is %s, want %s", got.Signature, v.Signature)
			}
			if want := strconv.FormatInt(v.Timestamp, 10); got.Timestamp != want {
				t.Errorf("timestamp is %s, want %s", got.Timestamp, want)
			}
			if got := plugipay.AuthorizationHeader(v.KeyID, got.Signature); got != v.Authorization {
				t.Errorf("authorization is %s, want %s", got, v.Authorization)
			}
		})
	}
}

func TestSign_UsesTheCurrentTimeByDefault(t *testing.T) {
	t.Parallel()
	before := time.Now().Unix()
	got := plugipay.Sign("secret", plugipay.SignInput{Method: "GET", Path: "/"})
	after := time.Now().Unix()
	timestamp, err := strconv.ParseInt(got.Timestamp, 10, 64)
	if err != nil || timestamp < before || timestamp > after {
		t.Fatalf("timestamp is %q, want one between %d and %d", got.Timestamp, before, after)
	}
	again := plugipay.Sign("secret", plugipay.SignInput{Method: "GET", Path: "/", Timestamp: timestamp})
	if again != got {
		t.Fatalf("the signature does not match its timestamp: %v, want %v", got, again)
	}
}

// checkSigned checks the signature of a received request. The signature does not cover the prefix of a gateway.
func checkSigned(t *testing.T, r received, prefix string) {
	t.Helper()
	timestamp, err := strconv.ParseInt(r.header.Get("X-Plugipay-Timestamp"), 10, 64)
	if err != nil {
		t.Fatalf("X-Plugipay-Timestamp: %v", err)
	}
	signed := plugipay.Sign(testSecret, plugipay.SignInput{
		Method:         r.method,
		Path:           strings.TrimPrefix(r.uri, prefix),
		Body:           r.body,
		IdempotencyKey: r.header.Get("Idempotency-Key"),
		Timestamp:      timestamp,
	})
	want := plugipay.AuthorizationHeader(testKeyID, signed.Signature)
	if got := r.header.Get("Authorization"); got != want {
		t.Errorf("Authorization is %q, want %q", got, want)
	}
}

func TestRequest_IsSigned(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"", "/gateway", "/a/b%20c", "/api/v1"} {
		for _, op := range operations() {
			t.Run(op.name+" with prefix "+prefix, func(t *testing.T) {
				t.Parallel()
				s := responding(t, 200, op.body())
				client := s.client(t, func(o *plugipay.ClientOptions) { o.BaseURL = s.URL + prefix + "/" })
				if err := op.call(t, client); err != nil {
					t.Fatal(err)
				}
				r := s.only(t)
				if _, path, _ := strings.Cut(r.uri, prefix+"/api/v1/"); path == "" || strings.Contains(path, "/api/v1/") {
					t.Errorf("sent to %s, want it below %s", r.uri, prefix)
				}
				checkSigned(t, r, prefix)
			})
		}
	}
}

func TestDashboardKey_IsSentWithoutASignature(t *testing.T) {
	t.Parallel()
	for _, op := range operations() {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			s := responding(t, 200, op.body())
			client := s.client(t, func(o *plugipay.ClientOptions) { o.KeyID, o.Secret, o.APIKey = "", "", "pk_test_dashboard" })
			if err := op.call(t, client); err != nil {
				t.Fatal(err)
			}
			r := s.only(t)
			if got := r.header.Get("Authorization"); got != "Bearer pk_test_dashboard" {
				t.Errorf("Authorization is %q, want Bearer pk_test_dashboard", got)
			}
			if got, sent := r.header["X-Plugipay-Timestamp"]; sent {
				t.Errorf("X-Plugipay-Timestamp is sent: %q", got)
			}
		})
	}
}
