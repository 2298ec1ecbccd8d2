package sandbox

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/plugipay/plugipay-go/gen"
	"github.com/plugipay/plugipay-go/internal/validator"
)

const (
	jsonMediaType = "application/json"
	maxBodySize   = 1 << 20
)

// readBody reads the whole body of a request, because the signature covers its exact bytes.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodySize))
	if err != nil {
		return nil, fail(gen.ErrorCodeValidationError, "the body must be complete and at most 1 MiB long")
	}
	return body, nil
}

// decodeJSON decodes JSON without rounding its numbers. It decodes an empty body as null.
func decodeJSON(body []byte) (any, error) {
	if len(body) == 0 {
		return nil, nil
	}
	return validator.Decode(body)
}

// decodableBody returns a body in a form that the generated types can decode. The body must be valid by the contract. Package
// encoding/json decodes "Amount" as "amount", so decodableBody leaves out such properties. The package does not decode 1e2 as an
// integer, so decodableBody returns an error for it.
func decodableBody(schema *openapi3.Schema, body []byte) ([]byte, error) {
	value, err := decodeJSON(body)
	if err != nil {
		return nil, err
	}
	if value, err = decodable(schema, value, nil); err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

func decodable(schema *openapi3.Schema, value any, at []string) (any, error) {
	switch v := value.(type) {
	case map[string]any:
		return decodableObject(schema, v, at)
	case []any:
		return decodableList(schema, v, at)
	case json.Number:
		if _, err := strconv.ParseInt(v.String(), 10, 64); err != nil && schema.Type.Is(openapi3.TypeInteger) {
			return nil, invalid(strings.Join(at, "."), "must be a 64-bit whole number in plain digits")
		}
	}
	return value, nil
}

func decodableObject(schema *openapi3.Schema, object map[string]any, at []string) (any, error) {
	kept := make(map[string]any, len(object))
	for _, name := range slices.Sorted(maps.Keys(object)) {
		part := partOf(schema, name)
		switch {
		case part != nil:
			value, err := decodable(part, object[name], append(at, name))
			if err != nil {
				return nil, err
			}
			kept[name] = value
		case !looksLikeProperty(schema, name):
			kept[name] = object[name]
		}
	}
	return kept, nil
}

func decodableList(schema *openapi3.Schema, list []any, at []string) (any, error) {
	if schema.Items == nil {
		return list, nil
	}
	kept := make([]any, 0, len(list))
	for i, element := range list {
		value, err := decodable(schema.Items.Value, element, append(at, strconv.Itoa(i)))
		if err != nil {
			return nil, err
		}
		kept = append(kept, value)
	}
	return kept, nil
}

// looksLikeProperty reports whether a name equals the name of a property, ignoring case.
func looksLikeProperty(schema *openapi3.Schema, name string) bool {
	for property := range schema.Properties {
		if strings.EqualFold(property, name) {
			return true
		}
	}
	return false
}

// partOf returns the schema of a property or of a list's element, or nil.
func partOf(schema *openapi3.Schema, name string) *openapi3.Schema {
	if property, ok := schema.Properties[name]; ok {
		return property.Value
	}
	if schema.AdditionalProperties.Schema != nil {
		return schema.AdditionalProperties.Schema.Value
	}
	if schema.Items != nil {
		return schema.Items.Value
	}
	return nil
}
