package main

import (
	"cmp"
	"fmt"
	"go/token"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"
)

// checkNames checks that x-enum-varnames has a name for each value of an enumeration, in the same order, and that each name ends
// with its value. null needs no name because it has no constant.
func checkNames(where, typeName string, schema *yaml.Node) error {
	names, enum := list(schema, "x-enum-varnames"), value(schema, "enum")
	if names == nil || enum == nil || enum.Kind != yaml.SequenceNode {
		return nil
	}
	values, given := withoutNull(enum.Content), map[string]bool{}
	for i, v := range values {
		switch {
		case i >= len(names) || (len(values) != len(names) && !belongs(schema, names[i], v)):
			return fmt.Errorf("%s: the value %s has no name in x-enum-varnames, which needs one for each value, in the same order; %s",
				where, v.Value, docs)
		case !belongs(schema, names[i], v):
			return fmt.Errorf("%s: the value %s has the name %s in x-enum-varnames: end the name with the value, or add it to %s; %s",
				where, v.Value, names[i].Value, otherNames, docs)
		case given[names[i].Value]:
			return fmt.Errorf("%s: the value %s has the name %s in x-enum-varnames, which another value has; %s",
				where, v.Value, names[i].Value, docs)
		}
		given[names[i].Value] = true
		if err := checkPrefix(where, typeName, schema, names[i], v); err != nil {
			return err
		}
	}
	if extra := names[len(values):]; len(extra) > 0 {
		return fmt.Errorf("%s: x-enum-varnames has the name %s for no value; %s", where, extra[0].Value, docs)
	}
	return nil
}

// checkPrefix checks that the name of a constant begins with the name of its type or its x-go-prefix.
func checkPrefix(where, typeName string, schema, name, enumValue *yaml.Node) error {
	prefix := typeName
	if given := value(schema, "x-go-prefix"); given != nil {
		prefix = given.Value
	}
	begins := strings.HasPrefix(lettersAndDigits(name.Value), lettersAndDigits(prefix)) && lettersAndDigits(name.Value) != lettersAndDigits(prefix)
	if prefix == "" || !begins || !token.IsExported(name.Value) {
		return fmt.Errorf("%s: the name %s of the value %s does not begin with %s, the name of the type or its x-go-prefix; %s",
			where, name.Value, enumValue.Value, cmp.Or(prefix, "an x-go-prefix"), docs)
	}
	return nil
}

// otherNames is the extension that lists the names of an enumeration that are not spelled like their values.
const otherNames = "x-go-other-names"

// belongs reports whether the name of a constant ends with its value, compared by letters and digits only. Only the author of the
// contract knows the meaning of a number, so a number may have any name.
func belongs(schema, name, enumValue *yaml.Node) bool {
	for _, other := range list(schema, otherNames) {
		if other.Value == name.Value {
			return true
		}
	}
	spelled := lettersAndDigits(enumValue.Value)
	return enumValue.Tag != "!!str" || (spelled != "" && strings.HasSuffix(lettersAndDigits(name.Value), spelled))
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
