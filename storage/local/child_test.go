package local

import (
	"os"
	"os/exec"
	"testing"

	"go.uber.org/goleak"
)

// childVariable makes the test binary a process that does what it says.
const childVariable = "SPARKLESS_LOCAL_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childVariable) {
	case "":
		goleak.VerifyTestMain(m)
	case "lock":
		holdLock(os.Args[1])
	case "put":
		putLimited(os.Args[1])
	case "create":
		createAll(os.Args[1], os.Args[2])
	}
}

// child runs this binary in a role.
func child(t *testing.T, role string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), childVariable+"="+role)
	cmd.Stderr = os.Stderr
	return cmd
}
