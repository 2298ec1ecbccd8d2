package sandbox

import (
	"errors"
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/plugipay/plugipay-go/gen"
)

// The messages of kin-openapi show the value at fault and a part of the contract. The sandbox says which parameter
// broke which rule, as Plugipay does, and never repeats what was sent.

// requestFailure turns an error of openapi3filter.ValidateRequest into a validation error.
func requestFailure(err error) error {
	var request *openapi3filter.RequestError
	if !errors.As(err, &request) {
		return fail(gen.ErrorCodeValidationError, "the request is not valid")
	}
	if request.Parameter != nil {
		return parameterFailure(request.Parameter, err)
	}
	var broken *openapi3.SchemaError
	if !errors.As(err, &broken) {
		return fail(gen.ErrorCodeValidationError, "the body is not valid")
	}
	return bodyFailure(request.RequestBody.Content.Get(jsonMediaType).Schema.Value, broken)
}

func parameterFailure(parameter *openapi3.Parameter, err error) error {
	var broken *openapi3.SchemaError
	switch {
	case errors.As(err, &broken):
		return invalid(parameter.Name, ruleOf(parameter.Schema.Value, broken.SchemaField))
	case errors.Is(err, openapi3filter.ErrInvalidRequired):
		return invalid(parameter.Name, "is required")
	case errors.Is(err, openapi3filter.ErrInvalidEmptyValue):
		return invalid(parameter.Name, "must not be empty")
	}
	return invalid(parameter.Name, typeRule(parameter.Schema.Value))
}

func bodyFailure(schema *openapi3.Schema, broken *openapi3.SchemaError) error {
	at := broken.JSONPointer()
	if len(at) == 0 {
		return fail(gen.ErrorCodeValidationError, "the body "+ruleOf(schema, broken.SchemaField))
	}
	for _, name := range at {
		if schema != nil {
			schema = partOf(schema, name)
		}
	}
	return invalid(fieldName(at), ruleOf(schema, broken.SchemaField))
}

// fieldName names a part of a body as error.field does, such as lineItems.0.name.
func fieldName(at []string) string { return strings.Join(at, ".") }

// ruleOf says what a keyword of a schema asks for, to follow the name of the parameter.
func ruleOf(schema *openapi3.Schema, keyword string) string {
	if keyword == "required" {
		return "is required"
	}
	if schema == nil {
		return "is not valid"
	}
	switch {
	case keyword == "minimum" && schema.Min != nil:
		return fmt.Sprintf("must be at least %.0f", *schema.Min)
	case keyword == "maximum" && schema.Max != nil:
		return fmt.Sprintf("must be at most %.0f", *schema.Max)
	case keyword == "minItems" && schema.MinItems == 1:
		return "must have at least one item"
	case keyword == "minLength" && schema.MinLength == 1:
		return "must not be empty"
	case len(schema.Enum) > 0:
		return "must be one of " + listOf(schema.Enum)
	}
	return typeRule(schema)
}

func listOf(values []any) string {
	names := make([]string, 0, len(values))
	for _, v := range values {
		names = append(names, fmt.Sprint(v))
	}
	return strings.Join(names, ", ")
}

// typeRule says what kind of value a schema asks for.
func typeRule(schema *openapi3.Schema) string {
	switch {
	case schema.Format == "uri":
		return "must be an absolute http or https URL"
	case schema.Format == "date-time":
		return "must be an ISO 8601 time such as 2026-09-01T00:00:00Z"
	case schema.Type.Includes(openapi3.TypeInteger):
		return "must be a whole number"
	case schema.Type.Includes(openapi3.TypeString):
		return "must be text"
	case schema.Type.Includes(openapi3.TypeArray):
		return "must be a list"
	case schema.Type.Includes(openapi3.TypeObject):
		return "must be an object"
	}
	return "is not valid"
}

// breach says which rule of the contract an answer of the sandbox breaks.
func breach(operation string, status int, err error) error {
	var broken *openapi3.SchemaError
	var response *openapi3filter.ResponseError
	rule := "its body cannot be read"
	switch {
	case errors.As(err, &broken) && len(broken.JSONPointer()) > 0:
		rule = fmt.Sprintf("%s breaks the rule %q", fieldName(broken.JSONPointer()), broken.SchemaField)
	case errors.As(err, &response):
		rule = response.Reason
	}
	return fmt.Errorf("sandbox: the answer %d to %s is not what openapi.yaml allows: %s", status, operation, rule)
}
