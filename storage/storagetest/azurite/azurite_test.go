package azurite

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Answers, and is gone after Stop: nothing listens any more.
func TestRunAndStop(t *testing.T) {
	s, err := Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	resp, err := http.Get(string(s.Endpoint) + "?comp=list")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if !strings.HasPrefix(resp.Header.Get("Server"), "Azurite") {
		t.Errorf("something else answers at %s: %v", s.Endpoint, resp.Header)
	}
	s.Stop()
	s.Stop()
	http.DefaultClient.CloseIdleConnections()
	if resp, err := http.Get(string(s.Endpoint)); err == nil {
		resp.Body.Close()
		t.Error("Azurite still answers after Stop")
	}
}

// The program ends when its standard input closes, which is what happens when
// the Go process is killed and cannot clean up.
func TestDiesWithItsParent(t *testing.T) {
	s, err := Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	s.lifeline.Close()
	<-s.exited
}

func TestRunEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s, err := Run(ctx); err == nil {
		s.Stop()
		t.Fatal("Run succeeded although its context had ended")
	}
}

// The message says what to do, and where there is no module, that too.
func TestMissing(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if _, err := Run(t.Context()); err == nil || !strings.Contains(err.Error(), "no go.mod") {
		t.Errorf("outside a module: %v", err)
	}
	if err := os.WriteFile("go.mod", []byte("module other\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context()); err == nil || !strings.Contains(err.Error(), "make azurite") {
		t.Errorf("not installed: %v", err)
	}
}

// What Azurite prints when it cannot start is in the error.
func TestOutputOfAFailure(t *testing.T) {
	out := &output{port: make(chan string, 1)}
	cmd := exec.Command("node", "-e", `console.error("no such luck"); process.exit(1)`)
	cmd.Stdout, cmd.Stderr = out, out
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &Server{cmd: cmd, lifeline: stdin, exited: make(chan struct{})}
	cmd.Wait()
	close(s.exited)
	if err := s.ready(t.Context(), out); err == nil || !strings.Contains(err.Error(), "no such luck") {
		t.Errorf("got %v", err)
	}
}

// The port counts only when its line is complete, in however small pieces it comes.
func TestPortInPieces(t *testing.T) {
	out := &output{port: make(chan string, 1)}
	const text = "Azurite Blob service is starting on 127.0.0.1:0\nAzurite Blob service successfully listens on http://127.0.0.1:33419\nmore\n"
	for _, c := range []byte(text) {
		out.Write([]byte{c})
	}
	if got := <-out.port; got != "33419" {
		t.Errorf("port %q", got)
	}
}

// The lock file must work with any registry, and pin what package.json says.
func TestLockNamesNoRegistry(t *testing.T) {
	lock, err := os.ReadFile("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(lock), `"resolved"`) {
		t.Error(`package-lock.json holds addresses: make it with npm install --omit-lockfile-registry-resolved`)
	}
	if !strings.Contains(string(lock), `"azurite": "3.37.0"`) {
		t.Error("package-lock.json does not pin azurite 3.37.0")
	}
}
