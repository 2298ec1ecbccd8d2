package contractchange

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/tests/internal/changes"
)

// TestChange_OfAPropertyNeedsOnlyTheRecordedAPI follows CONTRIBUTING.md in a copy of the repository. It adds properties to
// the session, generates the code, and runs all tests.
func TestChange_OfAPropertyNeedsOnlyTheRecordedAPI(t *testing.T) {
	copied := copyOfRepository(t)
	contract := filepath.Join(copied, "openapi.yaml")
	text, err := os.ReadFile(contract)
	if err != nil {
		t.Fatal(err)
	}
	changed, err := changes.Apply(string(text), changes.SessionProperties())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(contract, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := goIn(copied, "generate", "./..."); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	failed, output := failedTests(t, copied)
	if !slices.Equal(failed, []string{"TestPublicAPI_IsAsRecorded"}) {
		t.Fatalf("the tests %q fail\n%s", failed, output)
	}
	const update = "go test ./tests/repository -run PublicAPI -update-api"
	if !strings.Contains(output, update) {
		t.Errorf("the output of the test does not contain %q:\n%s", update, output)
	}
	if out, err := goIn(copied, strings.Fields(update)[1:]...); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := goIn(copied, "test", "./tests/repository", "-run", "PublicAPI"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// copyOfRepository copies the files that git tracks, and new files that git does not ignore.
func copyOfRepository(t *testing.T) (folder string) {
	t.Helper()
	list := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = repository
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	folder = t.TempDir()
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		from, to := filepath.Join(repository, name), filepath.Join(folder, name)
		content, err := os.ReadFile(from)
		if errors.Is(err, os.ErrNotExist) { // the removal is not committed
			continue
		}
		info, statErr := os.Stat(from)
		if err := errors.Join(err, statErr, os.MkdirAll(filepath.Dir(to), 0o755)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, content, info.Mode()); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// failedTests runs all tests of a module. It returns the names and the output of the tests that fail.
func failedTests(t *testing.T, folder string) (names []string, output string) {
	t.Helper()
	out, err := goIn(folder, "test", "-json", "./...")
	printed := map[string]string{}
	for decoder := json.NewDecoder(strings.NewReader(out)); ; {
		var event struct{ Action, Package, ImportPath, Test, Output string }
		if decodeErr := decoder.Decode(&event); errors.Is(decodeErr, io.EOF) {
			return names, output
		} else if decodeErr != nil {
			t.Fatalf("%v: %v\n%s", err, decodeErr, out)
		}
		name := event.Package + event.ImportPath + " " + event.Test
		printed[name] += event.Output
		if event.Action == "build-fail" || (event.Action == "fail" && event.Test != "") {
			names, output = append(names, event.ImportPath+event.Test), output+printed[name]
		}
	}
}
