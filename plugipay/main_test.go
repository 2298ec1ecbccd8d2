package plugipay_test

import (
	"os"
	"strings"
	"testing"
)

// TestMain keeps the credentials of whoever runs the tests out of them.
func TestMain(m *testing.M) {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "PLUGIPAY_") {
			_ = os.Unsetenv(name)
		}
	}
	os.Exit(m.Run())
}
