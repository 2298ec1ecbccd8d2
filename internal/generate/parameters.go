package main

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// checkOperation checks that the facade can support an operation.
func checkOperation(root *yaml.Node, method, path string, item, operation *yaml.Node) (problem error) {
	id := value(operation, "operationId")
	if id == nil {
		return fmt.Errorf("%s %s: it has no operationId; %s", strings.ToUpper(method), path, docs)
	}
	needsType := method == "get" && value(operation, paramsType) == nil // the query of a write is handwritten
	fields := goNames{}
	for _, given := range append(list(item, "parameters"), list(operation, "parameters")...) {
		parameter := resolve(root, given)
		if parameter == nil {
			continue // the generator reports it
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

// unfitParameter returns the reason why the facade cannot have a parameter, or "".
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

// unfitFilter returns the reason why a filter with the schema cannot have a field, or "".
func unfitFilter(root, schema *yaml.Node, depth int) string {
	if schema = resolve(root, schema); schema == nil || depth > maxDepth {
		return "" // the generator reports it
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

// hasTypes reports whether a schema has several types, not counting null.
func hasTypes(schema *yaml.Node) bool {
	types := 0
	for _, t := range list(schema, "type") {
		if t.Value != "null" {
			types++
		}
	}
	return types > 1
}
