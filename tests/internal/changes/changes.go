// Package changes provides changes of the contract to tests that generate code from it.
package changes

import (
	"fmt"
	"strings"
)

// Change is one change of openapi.yaml.
type Change struct {
	Name  string
	edits []edit
	// Refused lists the texts that the generator's error contains if the generator refuses the change.
	Refused []string
	// Model and LowLevel list the texts that the public models and the low-level client contain. White space does not matter.
	Model, LowLevel []string
}

// edit inserts lines after its anchor, a text that occurs once in the contract, or replaces the anchor.
type edit struct {
	anchor, lines string
	replace       bool
}

// Apply returns a contract with the changes.
func Apply(contract string, changes ...Change) (string, error) {
	for _, change := range changes {
		for _, e := range change.edits {
			if n := strings.Count(contract, e.anchor); n != 1 {
				return "", fmt.Errorf("%s: the contract contains %q %d times, want once", change.Name, e.anchor, n)
			}
			text := e.anchor + e.lines
			if e.replace {
				text = e.lines
			}
			contract = strings.Replace(contract, e.anchor, text, 1)
		}
	}
	return contract, nil
}

// Missing returns the wanted texts that generated code does not contain. White space does not matter.
func Missing(code string, wanted []string) (missing []string) {
	words := strings.Join(strings.Fields(code), " ")
	for _, want := range wanted {
		if !strings.Contains(words, want) {
			missing = append(missing, want)
		}
	}
	return missing
}

func property(name, schema string, model ...string) Change {
	line := fmt.Sprintf("        %s: %s\n", name, schema)
	anchor := "          description: The session's id, cs_ and a ULID.\n          examples: [cs_01J8ZQ6A4R0S2T4V6X8Z0B2D4F]\n"
	return Change{Name: "property " + name, edits: []edit{{anchor: anchor, lines: line}}, Model: model}
}

func input(name, schema string, model ...string) Change {
	line := fmt.Sprintf("        %s: %s\n", name, schema)
	anchor := "          description: The id of the checkout template to show. Plugipay chooses one if it is left out.\n" +
		"          examples: [a-template-id]\n"
	return Change{Name: "input " + name, edits: []edit{{anchor: anchor, lines: line}}, Model: model}
}

const listParameters = "      x-go-params-type: CheckoutSessionListParams\n      parameters:\n"

func filter(parameter string, model ...string) Change {
	return Change{
		Name:  "filter " + parameter,
		edits: []edit{{anchor: listParameters, lines: "        - " + parameter + "\n"}},
		Model: model,
	}
}

// operation adds a path. functions are the functions of the low-level client that build its requests.
func operation(path, item string, functions ...string) Change {
	return Change{
		Name:     "operation at " + path,
		edits:    []edit{{anchor: "\npaths:\n", lines: "  " + path + ":\n    " + strings.ReplaceAll(item, "\n", "\n    ") + "\n"}},
		LowLevel: functions,
	}
}

func component(kind, name, content string) edit {
	return edit{anchor: "\n  " + kind + ":\n", lines: "    " + name + ": " + content + "\n"}
}

// and adds edits to a change.
func (c Change) and(edits ...edit) Change {
	c.edits = append(c.edits, edits...)
	return c
}

// refused returns a change that the generator refuses. says lists the texts of the error.
func refused(name string, c Change, says ...string) Change {
	c.Name, c.Refused = name, append(says, "CONTRIBUTING.md#changing-the-contract")
	return c
}

func replace(from, to string) edit { return edit{anchor: from, lines: to, replace: true} }

// replaceMark replaces the % in an item by a parameter.
func replaceMark(item, parameter string) string { return strings.Replace(item, "%", parameter, 1) }
