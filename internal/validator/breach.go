package validator

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// Breach is a rule of the contract that a request or a response breaks. It names the rule but never the value, which may be data
// of a buyer.
type Breach struct {
	// Property is a property such as lineItems.0.name, a parameter or a header. It is empty for the whole body.
	Property string
	// Rule follows the property in a sentence: "must be at least 1".
	Rule string
}

func (b *Breach) Error() string {
	if b.Property == "" {
		return "the body " + b.Rule
	}
	return b.Property + " " + b.Rule
}

// breachOf returns the breach in an error of a compiled schema. If there are several, the choice does not depend on their order.
func breachOf(err error) *Breach {
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return &Breach{Rule: "is not valid"}
	}
	return firstBreach(invalid)
}

// firstBreach returns one breach of an error and its causes: the first in alphabetical order.
func firstBreach(err *jsonschema.ValidationError) *Breach {
	if len(err.Causes) == 0 {
		return leafBreach(err)
	}
	switch err.ErrorKind.(type) {
	case *kind.AnyOf, *kind.OneOf:
		return bestAlternative(err)
	}
	breaches := make([]*Breach, 0, len(err.Causes))
	for _, cause := range err.Causes {
		breaches = append(breaches, firstBreach(cause))
	}
	return slices.MinFunc(breaches, func(a, b *Breach) int { return strings.Compare(a.Error(), b.Error()) })
}

// bestAlternative returns the breach of the alternative that fits best, which is the one with the deepest breach. If the value has
// the wrong type for every alternative, the breach names all their types.
func bestAlternative(err *jsonschema.ValidationError) *Breach {
	var types []string
	var deepest *Breach
	for _, cause := range err.Causes {
		types = append(types, wantedTypes(cause, err.InstanceLocation)...)
		breach := firstBreach(cause)
		if deepest == nil || depth(breach) > depth(deepest) {
			deepest = breach
		}
	}
	if len(types) >= len(err.Causes) {
		return &Breach{Property: property(err.InstanceLocation), Rule: "must be " + typeWords(types)}
	}
	return deepest
}

func depth(b *Breach) int { return strings.Count(b.Property, ".") }

// wantedTypes returns the allowed types of the value at the location if the error is only about its type.
func wantedTypes(err *jsonschema.ValidationError, at []string) []string {
	for len(err.Causes) == 1 {
		err = err.Causes[0]
	}
	if wrong, ok := err.ErrorKind.(*kind.Type); ok && slices.Equal(err.InstanceLocation, at) {
		return wrong.Want
	}
	return nil
}

func leafBreach(err *jsonschema.ValidationError) *Breach {
	at := err.InstanceLocation
	rule := "is not valid"
	switch k := err.ErrorKind.(type) {
	case *kind.Required:
		at, rule = within(at, k.Missing), "is required"
	case *kind.DependentRequired:
		at, rule = within(at, k.Missing), "is required with "+k.Prop
	case *kind.Type:
		rule = "must be " + typeWords(k.Want)
	case *kind.Enum:
		rule = enumWords(k.Want)
	case *kind.Const:
		rule = "must be " + text(k.Want)
	case *kind.Format:
		rule = formatWords(k.Want)
	case *kind.Pattern:
		rule = patternWords(k.Want)
	case *kind.Minimum:
		rule = "must be at least " + k.Want.RatString()
	case *kind.Maximum:
		rule = "must be at most " + k.Want.RatString()
	case *kind.MinLength:
		rule = lengthWords(k.Want)
	case *kind.MaxLength:
		rule = fmt.Sprintf("must have at most %d characters", k.Want)
	case *kind.MinItems:
		rule = itemsWords(k.Want)
	case *kind.MaxItems:
		rule = fmt.Sprintf("must have at most %d items", k.Want)
	case *kind.AdditionalProperties:
		rule = "must have no other properties"
	default:
		if path := err.ErrorKind.KeywordPath(); len(path) > 0 {
			rule = "breaks the rule " + path[0]
		}
	}
	return &Breach{Property: property(at), Rule: rule}
}

// property returns the name of a part of a body in the form of error.field, such as lineItems.0.name.
func property(at []string) string { return strings.Join(at, ".") }

func within(at, missing []string) []string { return append(slices.Clone(at), slices.Min(missing)) }

// ruleOfKeyword describes the rule of a keyword in a parameter's schema.
func ruleOfKeyword(schema *openapi3.Schema, keyword string) string {
	switch {
	case keyword == "minimum" && schema.Min != nil:
		return "must be at least " + text(*schema.Min)
	case keyword == "maximum" && schema.Max != nil:
		return "must be at most " + text(*schema.Max)
	case keyword == "minLength":
		return lengthWords(int(schema.MinLength))
	case keyword == "pattern":
		return patternWords(schema.Pattern)
	case keyword == "enum":
		return enumWords(schema.Enum)
	case schema.Format != "" && slices.Contains(formats, schema.Format):
		return formatWords(schema.Format)
	case schema.Type != nil:
		return "must be " + typeWords(schema.Type.Slice())
	}
	return "is not valid"
}

func typeWords(types []string) string {
	words := map[string]string{
		"integer": "a whole number", "number": "a number", "string": "text", "array": "a list", "object": "an object",
		"boolean": "true or false", "null": "null",
	}
	var named []string
	for _, t := range types {
		if word := words[t]; !slices.Contains(named, word) {
			named = append(named, word)
		}
	}
	return strings.Join(named, " or ")
}

func enumWords(values []any) string {
	var names []string
	for _, value := range values {
		names = append(names, text(value))
	}
	return "must be one of " + strings.Join(names, ", ")
}

func formatWords(format string) string {
	switch format {
	case "uri":
		return "must be an absolute URL"
	case "date-time":
		return "must be an ISO 8601 time such as 2026-09-01T00:00:00Z"
	case "date":
		return "must be a date such as 2026-09-01"
	}
	return "must have the format " + format
}

func patternWords(pattern string) string { return "must match the pattern " + pattern }

func lengthWords(least int) string {
	if least == 1 {
		return "must not be empty"
	}
	return fmt.Sprintf("must have at least %d characters", least)
}

func itemsWords(least int) string {
	if least == 1 {
		return "must have at least one item"
	}
	return fmt.Sprintf("must have at least %d items", least)
}

// text formats a value of a schema. It returns a string unchanged and any other value as JSON.
func text(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	written, err := json.Marshal(value)
	if err != nil {
		return "what the contract says"
	}
	return string(written)
}
