package sandbox_test

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails when a goroutine outlives the tests: a server's, or one that still waits for something.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
