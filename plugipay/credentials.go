package plugipay

import (
	"net/http"
	"strings"
)

// credentials prove who sends a request.
type credentials struct {
	keyID string // of the key pair; empty with a dashboard key
	// authorize sets the headers that prove it: a signature of in, made now, or the dashboard key. It is a function so
	// that the secret is in no field: package fmt prints the fields of a struct within a struct, unexported or not.
	authorize func(header http.Header, in SignInput)
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
	return credentials{keyID: opts.KeyID, authorize: func(header http.Header, in SignInput) {
		signed := Sign(opts.Secret, in)
		header.Set("Authorization", AuthorizationHeader(opts.KeyID, signed.Signature))
		header.Set(timestampHeader, signed.Timestamp)
	}}, nil
}

func dashboardKey(opts ClientOptions) (credentials, error) {
	if opts.KeyID != "" || opts.Secret != "" {
		return credentials{}, invalidRequest("ClientOptions has both a key pair (KeyID, Secret) and an APIKey: set one of them")
	}
	if err := checkToken("ClientOptions.APIKey", opts.APIKey); err != nil {
		return credentials{}, err
	}
	return credentials{authorize: func(header http.Header, _ SignInput) {
		header.Set("Authorization", "Bearer "+opts.APIKey)
	}}, nil
}
