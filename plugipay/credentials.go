package plugipay

import (
	"strings"
	"time"
)

// credentials prove who sends a request.
type credentials struct {
	keyID string // of the key pair; empty with a dashboard key
	// authorize returns what proves it for a request that is sent now: the Authorization header, and the timestamp that
	// its signature was made for; empty with a dashboard key. It is a function so that the secret is in no field: package
	// fmt prints the fields of a struct within a struct, unexported or not.
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
	if strings.TrimSpace(opts.Secret) != opts.Secret {
		return credentials{}, invalidRequest("ClientOptions.Secret begins or ends with white space, as a secret read from a file may")
	}
	signer := newSigner(opts.Secret, AuthorizationHeader(opts.KeyID, "")) // the signature is the header's last word
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
	authorization := "Bearer " + opts.APIKey
	return credentials{authorize: func(string, string, []byte, string) (string, string) { return authorization, "" }}, nil
}
