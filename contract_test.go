package contract_test

import (
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	contract "github.com/plugipay/plugipay-go"
)

func TestContractIsValid(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(contract.OpenAPI())
	if err != nil { t.Fatal(err) }
	if err := doc.Validate(t.Context()); err != nil { t.Fatal(err) }
}
