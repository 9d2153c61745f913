package job_test

import (
	"testing"

	"go.uber.org/goleak"
)

// No test leaves a goroutine behind, however its run ended.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
