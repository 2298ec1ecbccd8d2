// Package contract is openapi.yaml for Go programs: the document itself, and a check of requests and responses against
// it for your own tests.
package contract

import (
	"slices"

	"github.com/plugipay/plugipay-go/contract/internal/document"
)

// OpenAPI returns openapi.yaml as JSON. The caller owns the returned bytes.
func OpenAPI() []byte {
	text, err := document.GetSpecJSON()
	if err != nil { // the generator embedded it, and a test reads it
		panic("contract: the embedded document cannot be read: " + err.Error())
	}
	return slices.Clone(text)
}
