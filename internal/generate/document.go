package main

import (
	"iter"
	"os"
	"strings"

	"go.yaml.in/yaml/v4"
)

// load reads a contract.
func load(file string) (*yaml.Node, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	if len(document.Content) == 0 {
		return mapping(), nil
	}
	return document.Content[0], nil
}

// save writes a contract.
func save(root *yaml.Node, file string) error {
	text, err := yaml.Marshal(root)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

// entries iterates over the keys and values of a mapping, or over the elements of a sequence with the key "".
func entries(node *yaml.Node) iter.Seq2[string, *yaml.Node] {
	return func(yield func(string, *yaml.Node) bool) {
		switch {
		case node == nil:
		case node.Kind == yaml.SequenceNode:
			for _, element := range node.Content {
				if !yield("", element) {
					return
				}
			}
		case node.Kind == yaml.MappingNode:
			for i := 0; i+1 < len(node.Content); i += 2 {
				if !yield(node.Content[i].Value, node.Content[i+1]) {
					return
				}
			}
		}
	}
}

// value returns the value of a key, or nil.
func value(mapping *yaml.Node, key string) *yaml.Node {
	for name, content := range entries(mapping) {
		if name == key {
			return content
		}
	}
	return nil
}

// at returns the value at a path of keys, or nil.
func at(node *yaml.Node, path ...string) *yaml.Node {
	for _, key := range path {
		node = value(node, key)
	}
	return node
}

// text returns the text of a key, or "".
func text(mapping *yaml.Node, key string) string {
	if content := value(mapping, key); content != nil {
		return content.Value
	}
	return ""
}

// list returns the elements of the sequence of a key.
func list(mapping *yaml.Node, key string) (elements []*yaml.Node) {
	if content := value(mapping, key); content != nil {
		elements = append(elements, content.Content...)
	}
	return elements
}

// resolve returns the node that a reference refers to. It returns a node without a reference unchanged, and nil for an invalid
// reference.
func resolve(root, node *yaml.Node) *yaml.Node {
	for range 10 { // a circular reference is invalid
		ref := value(node, "$ref")
		if ref == nil {
			return node
		}
		node = at(root, strings.Split(strings.TrimPrefix(ref.Value, "#/"), "/")...)
	}
	return nil
}

func mapping() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"} }

// set sets the value of a key.
func set(node *yaml.Node, key string, content *yaml.Node) {
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			node.Content[i+1] = content
			return
		}
	}
	node.Content = append(node.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, content)
}

// setList sets a sequence as the value of a key.
func setList(node *yaml.Node, key string, elements []*yaml.Node) {
	set(node, key, &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: elements})
}
