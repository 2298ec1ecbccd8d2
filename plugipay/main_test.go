package plugipay_test

import (
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// TestMain removes Plugipay's variables from the environment, and fails if a goroutine outlives the tests.
func TestMain(m *testing.M) {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "PLUGIPAY_") {
			_ = os.Unsetenv(name)
		}
	}
	goleak.VerifyTestMain(m)
}
