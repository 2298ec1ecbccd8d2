package repository

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/plugipay/plugipay-go/plugipay"
)

// TestTheVersionIsNotBehindTheChangelog: a release needs its heading in the changelog, such as "## 0.1.0", and its number
// in user_agent.go. Before the first one, or while the next one is prepared, the version may be ahead of the changelog.
func TestTheVersionIsNotBehindTheChangelog(t *testing.T) {
	t.Parallel()
	changelog, err := os.ReadFile(filepath.Join(repository, "CHANGELOG.md"))
	if err != nil {
		t.Fatal(err)
	}
	version := numbersOf(t, plugipay.Version)
	for _, release := range releases(string(changelog)) {
		if slices.Compare(version, numbersOf(t, release)) < 0 {
			t.Errorf("user_agent.go says %s, but CHANGELOG.md lists the release %s", plugipay.Version, release)
		}
	}
	if got := releases("# C\n\n## Unreleased\n\n## 0.10.0 (2026-11-01)\n\ntext 0.3.0\n\n## v0.9.1\n\n## [0.2.0] - 2026-09-01\n"); !slices.Equal(got, []string{"0.10.0", "0.9.1", "0.2.0"}) {
		t.Errorf("the releases of a changelog are %v", got)
	}
}

var (
	releaseHeading = regexp.MustCompile(`(?m)^## \[?v?(\d+\.\d+\.\d+)`)
	releaseNumbers = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$`)
)

func releases(changelog string) (all []string) {
	for _, heading := range releaseHeading.FindAllStringSubmatch(changelog, -1) {
		all = append(all, heading[1])
	}
	return all
}

// numbersOf returns the numbers of a semantic version that is a release.
func numbersOf(t *testing.T, version string) []int {
	t.Helper()
	parts := releaseNumbers.FindStringSubmatch(version)
	if parts == nil {
		t.Fatalf("%q is no semantic version of a release", version)
	}
	var numbers []int
	for _, part := range parts[1:] {
		n, err := strconv.Atoi(part)
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, n)
	}
	return numbers
}
