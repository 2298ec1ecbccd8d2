package tests

import (
	"flag"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// TestMain removes the developer's credentials from the environment, unless the tests run against a real Plugipay. It
// fails if a goroutine is still running after the tests.
func TestMain(m *testing.M) {
	if os.Getenv("PLUGIPAY_CONTRACT_BASE_URL") == "" {
		for _, variable := range os.Environ() {
			if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "PLUGIPAY_") {
				_ = os.Unsetenv(name)
			}
		}
	}
	if err := flag.Set("test.parallel", "8"); err != nil { // most tests wait for a retry or for a stalled connection
		panic(err)
	}
	goleak.VerifyTestMain(m)
}
