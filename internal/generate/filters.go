package main

import (
	"go.yaml.in/yaml/v4"
)

// paramsType is the extension that names the public type of a list's filters.
const paramsType = "x-go-params-type"

// writeOutFilters copies all query parameters into their operations, including those of the path and of components. It also
// simplifies the parameters of lists: an enumeration becomes a string or an integer, and a referenced schema is copied. Then
// the public filters have the types of the low-level client's parameters.
func writeOutFilters(root *yaml.Node) {
	for _, item := range entries(value(root, "paths")) {
		shared, kept := split(root, list(item, "parameters"))
		if len(shared) > 0 {
			setList(item, "parameters", kept)
		}
		for method, operation := range entries(item) {
			if methods[method] {
				writeOutParameters(root, operation, shared)
			}
		}
	}
}

// split separates query parameters from other parameters.
func split(root *yaml.Node, parameters []*yaml.Node) (query, others []*yaml.Node) {
	for _, parameter := range parameters {
		if resolved := resolve(root, parameter); resolved != nil && text(resolved, "in") == "query" {
			query = append(query, parameter)
		} else {
			others = append(others, parameter)
		}
	}
	return query, others
}

func writeOutParameters(root, operation *yaml.Node, shared []*yaml.Node) {
	own := list(operation, "parameters")
	given := map[string]bool{}
	for _, parameter := range own {
		given[text(resolve(root, parameter), "name")] = true
	}
	for _, parameter := range shared {
		if !given[text(resolve(root, parameter), "name")] { // the operation overrides its path
			own = append(own, parameter)
		}
	}
	if value(operation, paramsType) != nil {
		for i, parameter := range own {
			if resolved := resolve(root, parameter); resolved != nil {
				own[i] = plainFilter(root, resolved)
			}
		}
	}
	if len(own) > 0 {
		setList(operation, "parameters", own)
	}
}

// plainFilter returns a copy of a parameter whose schema has no references and no enumerations.
func plainFilter(root, parameter *yaml.Node) *yaml.Node {
	filter := mapping()
	for key, content := range entries(parameter) {
		if key == "schema" {
			content = plainSchema(root, content, 0)
		}
		set(filter, key, content)
	}
	return filter
}

// maxDepth limits a schema that refers to itself.
const maxDepth = 10

func plainSchema(root, schema *yaml.Node, depth int) *yaml.Node {
	goType := value(schema, "x-go-type")
	resolved := resolve(root, schema)
	if resolved == nil || resolved.Kind != yaml.MappingNode || depth > maxDepth || goType != nil {
		return schema
	}
	plain := mapping()
	for key, content := range entries(resolved) {
		switch key {
		case "enum", "const", "x-enum-varnames", "x-go-alias", "x-go-list", "x-go-prefix", otherNames:
			continue
		case "items", "additionalProperties":
			content = plainSchema(root, content, depth+1)
		case "properties":
			properties := mapping()
			for name, property := range entries(content) {
				set(properties, name, plainSchema(root, property, depth+1))
			}
			content = properties
		}
		set(plain, key, content)
	}
	return plain
}
