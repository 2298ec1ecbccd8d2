// Package plainclient is what oapi-codegen makes of the contract when it is left alone.
package plainclient

//go:generate go run -C ../.. github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config bench/plainclient/oapi-codegen.yaml openapi.yaml
