package main

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"
)

// docs is the page that says what to do about a contract that is refused.
const docs = "see CONTRIBUTING.md#changing-the-contract"

// check returns an error for each place of a contract from which wrong code would be generated.
func check(root *yaml.Node) error {
	problems := []error{checkSchemas(root, "")}
	for name, schema := range entries(at(root, "components", "schemas")) {
		problems = append(problems, checkConstants(name, schema))
	}
	for path, item := range entries(value(root, "paths")) {
		for method, operation := range entries(item) {
			if methods[method] {
				problems = append(problems, checkOperation(root, method, path, item, operation))
			}
		}
	}
	return errors.Join(problems...)
}

// methods are the keys of a path that hold an operation.
var methods = map[string]bool{
	"get": true, "put": true, "post": true, "delete": true, "options": true, "head": true, "patch": true, "trace": true,
}

// checkSchemas looks for enumerations with wrong names, and for properties with the same name in Go.
func checkSchemas(node *yaml.Node, name string) (problem error) {
	if node.Kind == yaml.MappingNode {
		problem = errors.Join(checkNames(name, node), checkProperties(name, node))
	}
	for key, content := range entries(node) {
		if key != "example" && key != "examples" {
			problem = errors.Join(problem, checkSchemas(content, key))
		}
	}
	return problem
}

func checkProperties(schemaName string, schema *yaml.Node) (problem error) {
	fields := goNames{}
	for name, property := range entries(value(schema, "properties")) {
		if other := fields.taken(name, name, property); other != "" {
			problem = errors.Join(problem, fmt.Errorf("%s: the property %s has the same name in Go as %s: give one an x-go-name; %s",
				schemaName, name, other, docs))
		}
	}
	return problem
}

// checkNames checks that each value of an enumeration has the name that belongs to it. null needs none: it is no constant.
func checkNames(schemaName string, schema *yaml.Node) error {
	names, enum := list(schema, "x-enum-varnames"), value(schema, "enum")
	if names == nil || enum == nil || enum.Kind != yaml.SequenceNode {
		return nil
	}
	values, given := withoutNull(enum.Content), map[string]bool{}
	for i, v := range values {
		switch {
		case i >= len(names) || (len(values) != len(names) && !belongs(schema, names[i], v)):
			return fmt.Errorf("%s: the value %s has no name in x-enum-varnames, which needs one for each value, in the same order; %s",
				schemaName, v.Value, docs)
		case !belongs(schema, names[i], v):
			return fmt.Errorf("%s: the value %s has the name %s in x-enum-varnames: end the name with the value, or add it to %s; %s",
				schemaName, v.Value, names[i].Value, otherNames, docs)
		case given[names[i].Value]:
			return fmt.Errorf("%s: the value %s has the name %s in x-enum-varnames, which another value has; %s",
				schemaName, v.Value, names[i].Value, docs)
		}
		given[names[i].Value] = true
	}
	if extra := names[len(values):]; len(extra) > 0 {
		return fmt.Errorf("%s: x-enum-varnames has the name %s for no value; %s", schemaName, extra[0].Value, docs)
	}
	return nil
}

// checkConstants checks that the constants of a schema begin with its name or its x-go-prefix.
func checkConstants(schemaName string, schema *yaml.Node) error {
	prefix := schemaName
	if given := value(schema, "x-go-prefix"); given != nil {
		prefix = given.Value
	}
	values := withoutNull(list(schema, "enum"))
	for i, name := range list(schema, "x-enum-varnames") {
		if i < len(values) && (!strings.HasPrefix(name.Value, prefix) || name.Value == prefix) {
			return fmt.Errorf("%s: the name %s of the value %s does not begin with %s, the name of the type or its x-go-prefix; %s",
				schemaName, name.Value, values[i].Value, prefix, docs)
		}
	}
	return nil
}

// otherNames is the extension that lists the names of an enumeration that are not spelled like their values.
const otherNames = "x-go-other-names"

// belongs reports whether the name of a constant ends with its value, letters and digits alone. What a number means is
// known to the author of the contract only.
func belongs(schema, name, enumValue *yaml.Node) bool {
	for _, other := range list(schema, otherNames) {
		if other.Value == name.Value {
			return true
		}
	}
	spelled := plain(enumValue.Value)
	return enumValue.Tag != "!!str" || (spelled != "" && strings.HasSuffix(plain(name.Value), spelled))
}

func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, text)
}

func withoutNull(values []*yaml.Node) (kept []*yaml.Node) {
	for _, v := range values {
		if v.Tag != "!!null" {
			kept = append(kept, v)
		}
	}
	return kept
}

// checkOperation checks what the facade gives of an operation.
func checkOperation(root *yaml.Node, method, path string, item, operation *yaml.Node) (problem error) {
	id := value(operation, "operationId")
	if id == nil {
		return fmt.Errorf("%s %s: it has no operationId; %s", strings.ToUpper(method), path, docs)
	}
	needsType := method == "get" && value(operation, paramsType) == nil // a method that writes takes its query by hand
	fields := goNames{}
	for _, given := range append(list(item, "parameters"), list(operation, "parameters")...) {
		parameter := resolve(root, given)
		if parameter == nil {
			continue // the generator says so
		}
		name, in := text(parameter, "name"), text(parameter, "in")
		why := unfitParameter(root, parameter, in, needsType)
		if other := fields.taken(in+" parameter "+name, name, parameter); other != "" && in != "path" {
			why = "has the same name in Go as the " + other + ": give one an x-go-name"
		}
		if why != "" {
			problem = errors.Join(problem, fmt.Errorf("%s: the %s parameter %s %s; %s", id.Value, in, name, why, docs))
		}
	}
	return problem
}

// unfitParameter says why the facade cannot have a parameter; nothing if it can.
func unfitParameter(root, parameter *yaml.Node, in string, needsType bool) string {
	switch {
	case in == "cookie":
		return "is not supported: the client keeps no cookies"
	case value(parameter, "content") != nil:
		return "has content, which is not supported: give it a schema"
	case value(parameter, "schema") == nil:
		return "has no schema"
	case in == "query" && needsType:
		return "has no field: give the operation an " + paramsType
	case in == "query":
		return unfitFilter(root, value(parameter, "schema"), 0)
	}
	return ""
}

// unfitFilter says why a filter with a schema has no field; nothing if it has one.
func unfitFilter(root, schema *yaml.Node, depth int) string {
	if schema = resolve(root, schema); schema == nil || depth > maxDepth {
		return "" // the generator says so
	}
	additional := value(schema, "additionalProperties")
	switch {
	case value(schema, "oneOf") != nil, value(schema, "anyOf") != nil, value(schema, "allOf") != nil, hasTypes(schema):
		return "is a union, which has no field: give it one type"
	case value(schema, "properties") != nil && additional != nil && additional.Value != "false":
		return "has properties and additionalProperties, which has no field: give it one of them"
	}
	parts := []*yaml.Node{value(schema, "items"), additional}
	for _, property := range entries(value(schema, "properties")) {
		parts = append(parts, property)
	}
	for _, part := range parts {
		if why := unfitFilter(root, part, depth+1); why != "" {
			return why
		}
	}
	return ""
}

// hasTypes reports whether a schema has several types besides null.
func hasTypes(schema *yaml.Node) bool {
	types := 0
	for _, t := range list(schema, "type") {
		if t.Value != "null" {
			types++
		}
	}
	return types > 1
}

// goNames are names in Go, letters and digits alone, with what has them.
type goNames map[string]string

// taken returns what else has the name of a node in Go; nothing if nothing has. x-go-name gives a node another name.
func (names goNames) taken(by, name string, node *yaml.Node) string {
	if given := value(node, "x-go-name"); given != nil {
		name = given.Value
	}
	other := names[plain(name)]
	names[plain(name)] = by
	if other == by {
		return ""
	}
	return other
}
