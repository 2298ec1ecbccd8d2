package main

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// describe turns the descriptions of a contract into text for Go comments. The generator puts a name before the description of a
// schema, a property or a parameter. "What the buyer pays" becomes "Amount is what the buyer pays" and "Reports whether there is a
// next page" becomes "HasMore reports whether there is a next page".
func describe(root *yaml.Node) {
	describeNode(root, false)
}

// describeNode changes the descriptions of a node and of the nodes in it. The generator puts a name before the node's own
// description if the node is named.
func describeNode(node *yaml.Node, named bool) {
	if node.Kind == yaml.SequenceNode {
		for _, element := range node.Content {
			describeNode(element, named)
		}
	}
	if node.Kind != yaml.MappingNode {
		return
	}
	isOperation := value(node, "operationId") != nil
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, content := node.Content[i].Value, node.Content[i+1]
		switch {
		case key == "description" && content.Kind == yaml.ScalarNode:
			content.Value = comment(content.Value, named)
		case key == "enum" && content.Kind == yaml.SequenceNode: // null has no constant; the type allows it
			content.Content = withoutNull(content.Content)
		case key == "summary" && isOperation: // an imperative, which cannot follow the name of a method
			content.Value = ""
		case key == "schemas", key == "properties", key == "parameters":
			describeNamed(content)
		case key != "example" && key != "examples":
			describeNode(content, false)
		}
	}
}

// describeNamed changes the descriptions of named nodes: the values of a mapping, or the elements of a list.
func describeNamed(node *yaml.Node) {
	if node.Kind == yaml.SequenceNode {
		describeNode(node, true)
		return
	}
	for i := 1; i < len(node.Content); i += 2 {
		describeNode(node.Content[i], true)
	}
}

// comment returns a description as the text of a Go comment. If named is true, the text follows a name. comment removes the
// backticks of Markdown and indents its lists, because Go comments have indented lists.
func comment(description string, named bool) string {
	description = strings.ReplaceAll(description, "`", "")
	description = strings.ReplaceAll(description, "\n- ", "\n  - ")
	if !named || description == "" {
		return description
	}
	first, size := utf8.DecodeRuneInString(description)
	lower := string(unicode.ToLower(first)) + description[size:]
	if word, _, _ := strings.Cut(description, " "); beginsNoun[word] {
		return "is " + lower
	}
	return lower
}

// beginsNoun holds the words that begin a description that is a noun. Any other description begins with a verb.
var beginsNoun = map[string]bool{"The": true, "A": true, "An": true, "One": true, "What": true}
