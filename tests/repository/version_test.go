package repository

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
)

// TestVersion_IsTheNewestReleaseOrADevelopmentVersion: a release needs its heading in the changelog, such as "## 0.1.0", and
// its number in user_agent.go. All other versions are newer than the newest release and end with -dev.
func TestVersion_IsTheNewestReleaseOrADevelopmentVersion(t *testing.T) {
	t.Parallel()
	changelog, err := os.ReadFile(filepath.Join(repository, "CHANGELOG.md"))
	if err != nil {
		t.Fatal(err)
	}
	if problem := versionProblem(plugipay.Version, string(changelog)); problem != "" {
		t.Errorf("user_agent.go: %s", problem)
	}
}

func TestVersionProblem_IsFound(t *testing.T) {
	t.Parallel()
	const changelog = "# C\n\n## Unreleased\n\n## 0.10.0 (2026-11-01)\n\ntext 0.3.0\n\n## v0.9.1\n\n## [0.2.0] - 2026-09-01\n"
	for version, want := range map[string]string{
		"0.10.0":     "",
		"0.10.1-dev": "",
		"1.0.0-dev":  "",
		"0.10.0-dev": "not newer than the newest release",
		"0.9.2-dev":  "not newer than the newest release",
		"0.9.1":      "not the newest release",
		"0.11.0":     "not the newest release",
		"0.11":       "not a semantic version",
		"0.11.0-rc1": "not a semantic version",
	} {
		if got := versionProblem(version, changelog); got == "" != (want == "") || !strings.Contains(got, want) {
			t.Errorf("the problem with %s is %q, want %q", version, got, want)
		}
	}
	if got := versionProblem("0.1.0-dev", "## Unreleased\n"); got != "" {
		t.Errorf("the problem before the first release is %q", got)
	}
}

var (
	releaseHeading  = regexp.MustCompile(`(?m)^## \[?v?(\d+\.\d+\.\d+)`)
	semanticVersion = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-dev)?$`)
)

// versionProblem returns what is wrong with the version, or "".
func versionProblem(version, changelog string) string {
	if !semanticVersion.MatchString(version) {
		return version + " is not a semantic version, with or without -dev"
	}
	newest := "0.0.0"
	if heading := releaseHeading.FindStringSubmatch(changelog); heading != nil {
		newest = heading[1]
	}
	switch {
	case !strings.HasSuffix(version, "-dev") && version != newest:
		return version + " is not the newest release of CHANGELOG.md, " + newest + ": add -dev until it is released"
	case strings.HasSuffix(version, "-dev") && slices.Compare(numbersOf(version), numbersOf(newest)) <= 0:
		return version + " is not newer than the newest release of CHANGELOG.md, " + newest
	}
	return ""
}

// numbersOf returns the three numbers of a semantic version.
func numbersOf(version string) (numbers []int) {
	for _, part := range strings.Split(strings.TrimSuffix(version, "-dev"), ".") {
		n, _ := strconv.Atoi(part) // the pattern allows digits only
		numbers = append(numbers, n)
	}
	return numbers
}
