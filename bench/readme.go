package main

import (
	"errors"
	"os"
	"strings"
)

// The result is written between these marks, which Markdown does not show.
const (
	startMark = "<!-- bench -->\n"
	endMark   = "<!-- /bench -->"
)

// putBetweenMarks replaces the text between the marks of a file.
func putBetweenMarks(path, text string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, started := strings.Cut(string(content), startMark)
	_, after, ended := strings.Cut(rest, endMark)
	if !started || !ended {
		return errors.New(path + " does not have both marks for the result: " + startMark + endMark)
	}
	return os.WriteFile(path, []byte(before+startMark+text+endMark+after), 0o644)
}
