package main

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// docs names the section that explains how to fix a refused contract.
const docs = "see CONTRIBUTING.md#changing-the-contract"

// check returns an error for each part of a contract that the generator would turn into wrong code.
func check(root *yaml.Node) error {
	problems := []error{checkSchemas("", "", root)}
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

// checkSchemas looks for enumerations with wrong names, and for properties with the same name in Go, in a node and below it.
// The node has a type's name in Go if it is a schema of the components or within one.
func checkSchemas(where, typeName string, node *yaml.Node) (problem error) {
	if node.Kind == yaml.MappingNode {
		problem = errors.Join(checkNames(where, typeName, node), checkProperties(where, node))
	}
	for key, content := range entries(node) {
		switch {
		case key == "example" || key == "examples":
		case key == "schemas" && typeName == "":
			for name, schema := range entries(content) {
				problem = errors.Join(problem, checkSchemas(name, name, schema))
			}
		case key == "properties":
			for name, property := range entries(content) {
				problem = errors.Join(problem, checkSchemas(strings.TrimPrefix(where+"."+name, "."), typeName+capital(name), property))
			}
		case typeName == "" && key != "":
			problem = errors.Join(problem, checkSchemas(key, "", content))
		default:
			problem = errors.Join(problem, checkSchemas(where, typeName, content))
		}
	}
	return problem
}

func capital(name string) string {
	return strings.ToUpper(name[:min(1, len(name))]) + name[min(1, len(name)):]
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

// goNames maps names in Go, without underscores, to the nodes that have them.
type goNames map[string]string

// taken returns another node with the same name in Go, or "". x-go-name gives a node another name.
func (names goNames) taken(by, name string, node *yaml.Node) string {
	if given := value(node, "x-go-name"); given != nil {
		name = given.Value
	}
	other := names[lettersAndDigits(name)]
	names[lettersAndDigits(name)] = by
	if other == by {
		return ""
	}
	return other
}
