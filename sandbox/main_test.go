package sandbox_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails if a goroutine outlives the tests: that of a server, or one that still waits.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
