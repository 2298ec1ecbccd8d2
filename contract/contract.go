// Package contract makes openapi.yaml available to Go programs. [OpenAPI] returns the document. [Transport] checks requests and
// responses against it, in your own tests.
package contract

import (
	"slices"

	"github.com/plugipay/plugipay-go/contract/internal/document"
)

// OpenAPI returns openapi.yaml as JSON. The caller owns the returned bytes.
func OpenAPI() []byte {
	text, err := document.GetSpecJSON()
	if err != nil { // cannot happen: the document is embedded, and a test reads it
		panic("contract: the embedded document cannot be read: " + err.Error())
	}
	return slices.Clone(text)
}
