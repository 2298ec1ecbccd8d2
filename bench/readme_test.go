package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestReadme_TextBetweenMarksIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "README.md")
	write := func(content string) {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n")
	if err := putBetweenMarks(path, "new\n"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if want := "before\n<!-- bench -->\nnew\n<!-- /bench -->\nafter\n"; err != nil || string(got) != want {
		t.Errorf("the file is %q, want %q; %v", got, want, err)
	}
	write("no marks\n")
	if putBetweenMarks(path, "new\n") == nil {
		t.Error("a file without marks does not cause an error")
	}
}
