package main

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"
)

// docs names the section that explains how to fix a refused contract.
const docs = "see CONTRIBUTING.md#changing-the-contract"

// check returns an error for each part of a contract that the generator would turn into wrong code.
func check(root *yaml.Node) error {
	problems := []error{checkEnums(root, "")}
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

// methods holds the keys of a path item that are operations.
var methods = map[string]bool{
	"get": true, "put": true, "post": true, "delete": true, "options": true, "head": true, "patch": true, "trace": true,
}

// checkEnums checks all enumerations in a node.
func checkEnums(node *yaml.Node, name string) (problem error) {
	if node.Kind == yaml.MappingNode {
		problem = checkNames(name, node)
	}
	for key, content := range entries(node) {
		if key != "example" && key != "examples" {
			problem = errors.Join(problem, checkEnums(content, key))
		}
	}
	return problem
}

// checkNames checks that each value of an enumeration has a name. null needs no name because it has no constant.
func checkNames(schemaName string, schema *yaml.Node) error {
	names, enum := value(schema, "x-enum-varnames"), value(schema, "enum")
	if names == nil || enum == nil || enum.Kind != yaml.SequenceNode {
		return nil
	}
	values := withoutNull(enum.Content)
	for i, v := range values {
		if i >= len(names.Content) || (len(values) != len(names.Content) && !endsWithValue(names.Content[i].Value, v.Value)) {
			return fmt.Errorf("%s: the value %s has no name in x-enum-varnames, which needs one for each value, in the same order; %s",
				schemaName, v.Value, docs)
		}
	}
	if extra := names.Content[len(values):]; len(extra) > 0 {
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
	names, enum := value(schema, "x-enum-varnames"), value(schema, "enum")
	if names == nil || enum == nil {
		return nil
	}
	for i, name := range names.Content {
		values := withoutNull(enum.Content)
		if i < len(values) && (!strings.HasPrefix(name.Value, prefix) || name.Value == prefix) {
			return fmt.Errorf("%s: the name %s of the value %s does not begin with %s, the name of the type or its x-go-prefix; %s",
				schemaName, name.Value, values[i].Value, prefix, docs)
		}
	}
	return nil
}

// endsWithValue reports whether the name of a constant ends with its value. It compares only letters and digits.
func endsWithValue(name, enumValue string) bool {
	return strings.HasSuffix(lettersAndDigits(name), lettersAndDigits(enumValue))
}

func lettersAndDigits(text string) string {
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

// checkOperation checks that the facade can support an operation.
func checkOperation(root *yaml.Node, method, path string, item, operation *yaml.Node) (problem error) {
	id := value(operation, "operationId")
	if id == nil {
		return fmt.Errorf("%s %s: it has no operationId; %s", strings.ToUpper(method), path, docs)
	}
	needsType := method == "get" && value(operation, paramsType) == nil // the query of a write is handwritten
	parameters := append(list(item, "parameters"), list(operation, "parameters")...)
	for _, given := range parameters {
		parameter := resolve(root, given)
		if parameter == nil {
			continue // the generator reports it
		}
		name, in := text(parameter, "name"), text(parameter, "in")
		refuse := func(why string) {
			problem = errors.Join(problem, fmt.Errorf("%s: the %s parameter %s %s; %s", id.Value, in, name, why, docs))
		}
		schema := resolve(root, value(parameter, "schema"))
		switch {
		case in == "cookie":
			refuse("is not supported: the client keeps no cookies")
		case value(parameter, "content") != nil:
			refuse("has content, which is not supported: give it a schema")
		case in == "query" && needsType:
			refuse("has no field: give the operation an " + paramsType)
		case in == "query" && schema != nil && (value(schema, "oneOf") != nil || value(schema, "anyOf") != nil || value(schema, "allOf") != nil):
			refuse("is a union, which has no field: give it one type")
		}
	}
	return problem
}
