package repository

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// repository is the root of the module, seen from this package.
const repository = "../.."

// goCommand runs the go command in the root of the module and returns its output.
func goCommand(t *testing.T, args ...string) string {
	t.Helper()
	out, problems, err := tryGoCommand(t, args...)
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, problems)
	}
	return out
}

// tryGoCommand runs the go command in the repository and returns its output and its error output.
func tryGoCommand(t *testing.T, args ...string) (out, problems string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = repository
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdout, err := cmd.Output()
	return string(stdout), stderr.String(), err
}

// overlay writes files somewhere else, and returns the file with which the go command sees them in a directory.
func overlay(t *testing.T, directory string, files map[string]string) string {
	t.Helper()
	scratch := t.TempDir()
	root, err := filepath.Abs(directory)
	if err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{}
	for name, code := range files {
		path := filepath.Join(scratch, strings.ReplaceAll(name, "/", "_"))
		writeFile(t, path, code)
		replace[filepath.Join(root, filepath.FromSlash(name))] = path
	}
	content, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(scratch, "overlay.json")
	writeFile(t, path, string(content))
	return path
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
