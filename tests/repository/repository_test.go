package repository

import (
	"os/exec"
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
