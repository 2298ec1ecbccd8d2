package repository

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestWorkflow_RunsEachPartOfCI: the workflow runs each command of .ci/run.
func TestWorkflow_RunsEachPartOfCI(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile(filepath.Join(repository, ".ci", "run"))
	if err != nil {
		t.Fatal(err)
	}
	workflow, err := os.ReadFile(filepath.Join(repository, ".github", "workflows", "ci.yml"))
	if err != nil {
		t.Fatal(err)
	}
	parts := partOfRun.FindAllString(string(script), -1)
	if len(parts) < 5 {
		t.Fatalf(".ci/run has the parts %q only, so the test proves nothing", parts)
	}
	for _, part := range parts {
		if !strings.Contains(string(workflow), "- run: "+part) {
			t.Errorf("the workflow does not run %s", part)
		}
	}
}

var partOfRun = regexp.MustCompile(`(?m)^(?:\.ci/\w+|go -C \S+ \w+)`)

// TestDependabot_KnowsEachModule: Dependabot updates new modules, too.
func TestDependabot_KnowsEachModule(t *testing.T) {
	t.Parallel()
	config, err := os.ReadFile(filepath.Join(repository, ".github", "dependabot.yml"))
	if err != nil {
		t.Fatal(err)
	}
	known := quoted.FindAllStringSubmatch(string(config), -1)
	found := modules(t)
	if !slices.Contains(found, "/") || !slices.Contains(found, "/tests/browser") {
		t.Fatalf("modules are %v, so the test proves nothing", found)
	}
	for _, module := range found {
		if !slices.ContainsFunc(known, func(pattern []string) bool { is, _ := path.Match(pattern[1], module); return is }) {
			t.Errorf("the module in %s is not in the list of .github/dependabot.yml", module)
		}
	}
}

var quoted = regexp.MustCompile(`"(/[^"]*)"`)

// modules returns the directories of all modules of the repository, from its root.
func modules(t *testing.T) (found []string) {
	t.Helper()
	err := filepath.WalkDir(repository, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && slices.Contains([]string{".git", "node_modules"}, entry.Name()) {
			return filepath.SkipDir
		}
		if entry.Name() == "go.mod" {
			rel, err := filepath.Rel(repository, filepath.Dir(name))
			found = append(found, strings.TrimSuffix("/"+filepath.ToSlash(rel), "."))
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
