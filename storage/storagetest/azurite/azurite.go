// Package azurite runs the real Azurite blob service for tests and demos.
//
// Azurite is a Node.js program; package-lock.json beside this file pins it and
// `make azurite` installs it. Everything it stores is in memory and gone when
// it stops.
package azurite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// The account that every Azurite and every Azure storage emulator has. The key
// is public: it protects nothing.
// (Microsoft Learn, "Use the Azurite emulator for local Azure Storage development".)
const (
	Account = "devstoreaccount1"
	Key     = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

// readyTimeout is generous: Azurite needs seconds of CPU before it listens, and
// tests of other packages run at the same time.
const readyTimeout = 60 * time.Second

// Endpoint is the blob service URL of a running Azurite, account included and
// without a slash at the end: "http://127.0.0.1:41234/devstoreaccount1".
type Endpoint string

// ConnectionString returns the connection string of the emulator account.
func (e Endpoint) ConnectionString() string {
	return "DefaultEndpointsProtocol=http;AccountName=" + Account + ";AccountKey=" + Key + ";BlobEndpoint=" + string(e) + ";"
}

// Server is a running Azurite.
type Server struct {
	// Endpoint is where it answers.
	Endpoint Endpoint

	cmd      *exec.Cmd
	lifeline io.Closer
	exited   chan struct{} // closed once the process is gone and reaped
}

// Start runs Azurite for the duration of the test t. A missing Azurite fails
// the test: the storage tests mean nothing without it. Starting takes seconds,
// so share one between the subtests of a package, with a container for each.
func Start(t testing.TB) Endpoint {
	t.Helper()
	s, err := Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s.Endpoint
}

// Run starts Azurite on a free port and returns once it listens. It ends with
// Stop, with ctx, or with the calling process, whichever comes first. The
// working directory must be inside this module.
func Run(ctx context.Context) (*Server, error) {
	dir, err := folder()
	if err != nil {
		return nil, err
	}
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, fmt.Errorf("azurite needs Node.js 20 or later in PATH: %w", err)
	}
	cmd := exec.CommandContext(ctx, node, "--require", filepath.Join(dir, "lifeline.js"), filepath.Join(dir, program),
		"--inMemoryPersistence", "--silent", "--disableTelemetry", "--blobPort", "0")
	// An empty list stands for the emulator account, whatever the developer set.
	cmd.Env = append(os.Environ(), "AZURITE_ACCOUNTS=")
	out := &output{port: make(chan string, 1)}
	cmd.Stdout, cmd.Stderr = out, out
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting azurite: %w", err)
	}
	s := &Server{cmd: cmd, lifeline: stdin, exited: make(chan struct{})}
	go func() {
		cmd.Wait()
		close(s.exited)
	}()
	if err := s.ready(ctx, out); err != nil {
		return nil, err
	}
	return s, nil
}

// ready waits until Azurite tells its port, and stops it if it does not.
func (s *Server) ready(ctx context.Context, out *output) error {
	timeout := time.NewTimer(readyTimeout)
	defer timeout.Stop()
	var why error
	select {
	case port := <-out.port:
		s.Endpoint = Endpoint("http://127.0.0.1:" + port + "/" + Account)
		return nil
	case <-s.exited:
		why = errors.New("it exited")
	case <-ctx.Done():
		why = ctx.Err()
	case <-timeout.C:
		why = fmt.Errorf("not ready after %v", readyTimeout)
	}
	s.Stop()
	return fmt.Errorf("starting azurite: %w; its output: %s", why, out.text())
}

// Stop ends Azurite and returns when it is gone. It may be called repeatedly.
func (s *Server) Stop() {
	s.lifeline.Close()
	s.cmd.Process.Kill() // nothing it holds is worth a slow farewell
	<-s.exited
}

// program is Azurite's blob service, below this package's folder.
const program = "node_modules/azurite/dist/src/blob/main.js"

// folder finds this package's folder in the module around the working directory.
func folder() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if filepath.Dir(dir) == dir {
			return "", errors.New("azurite: no go.mod above the working directory: run it inside the module")
		}
		dir = filepath.Dir(dir)
	}
	dir = filepath.Join(dir, "storage", "storagetest", "azurite")
	if _, err := os.Stat(filepath.Join(dir, program)); err != nil {
		return "", errors.New("azurite is not installed: run `make azurite` (needs Node.js and npm)")
	}
	return dir, nil
}

// output reads what Azurite prints: it sends the port once and keeps the
// beginning of the rest for an error message.
type output struct {
	port chan string

	mu   sync.Mutex
	kept bytes.Buffer
	sent bool
}

// Write implements io.Writer for both of the process's streams.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sent || o.kept.Len() > 16<<10 {
		return len(p), nil
	}
	o.kept.Write(p)
	// The line end proves that the port was printed in full.
	if m := regexp.MustCompile(`listens on http://[^\s:]+:(\d+)\s`).FindSubmatch(o.kept.Bytes()); m != nil {
		o.port <- string(m[1])
		o.sent = true
	}
	return len(p), nil
}

func (o *output) text() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.TrimSpace(o.kept.String())
}
