// Package contract holds openapi.yaml, the description of Plugipay's checkout-session API from which this module's
// typed code is generated. Tests and the sandbox read it; programs import the package plugipay beneath it.
package contract

import _ "embed"

//go:generate go tool oapi-codegen -config gen/oapi-codegen.yaml openapi.yaml
//go:generate go tool oapi-codegen -config plugipay/oapi-codegen.yaml openapi.yaml
//go:generate go tool oapi-codegen -config sandbox/internal/api/oapi-codegen.yaml openapi.yaml
//go:generate go tool oapi-codegen -config bench/plainclient/oapi-codegen.yaml openapi.yaml

//go:embed openapi.yaml
var openAPI string

// OpenAPI returns the text of openapi.yaml. The caller owns the returned bytes.
func OpenAPI() []byte { return []byte(openAPI) }
