package plugipay

import (
	"net/http"
	"strings"
)

// credentials are a key pair to sign with, or else a dashboard key to send.
type credentials struct {
	keyID  string
	secret string
	apiKey string
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
	return credentials{keyID: opts.KeyID, secret: opts.Secret}, nil
}

func dashboardKey(opts ClientOptions) (credentials, error) {
	if opts.KeyID != "" || opts.Secret != "" {
		return credentials{}, invalidRequest("ClientOptions has both a key pair (KeyID, Secret) and an APIKey: set one of them")
	}
	if err := checkToken("ClientOptions.APIKey", opts.APIKey); err != nil {
		return credentials{}, err
	}
	return credentials{apiKey: opts.APIKey}, nil
}

// authorize sets the headers that prove who sends the request: a signature of in, made now, or the dashboard key.
func (c credentials) authorize(header http.Header, in SignInput) {
	if c.apiKey != "" {
		header.Set("Authorization", "Bearer "+c.apiKey)
		return
	}
	signed := Sign(c.secret, in)
	header.Set("Authorization", AuthorizationHeader(c.keyID, signed.Signature))
	header.Set(timestampHeader, signed.Timestamp)
}
