package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/creack/pty"
	"github.com/hinshun/vt10x"

	"sparkless/storage/storagetest/azurite"
	"sparkless/storage/storagetest/network"
)

// console is the program in a terminal of its own, and what is on the screen.
type console struct {
	t      *testing.T
	file   *os.File
	screen vt10x.Terminal
	cmd    *exec.Cmd

	mu      sync.Mutex
	changed sync.Cond
	raw     bytes.Buffer // all that was printed
	ended   bool
}

const consoleRows = 250

func startConsole(t *testing.T, environ []string, args ...string) *console {
	t.Helper()
	c := &console{t: t, screen: vt10x.New(vt10x.WithSize(100, consoleRows)), cmd: exec.Command("sparkless", args...)}
	c.changed.L = &c.mu
	c.cmd.Env = append(append(os.Environ(), "TERM=xterm"), environ...)
	var err error
	if c.file, err = pty.StartWithSize(c.cmd, &pty.Winsize{Rows: consoleRows, Cols: 100}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.file.Close() })
	go c.follow()
	return c
}

// follow brings what the program prints onto the screen, until it ends.
func (c *console) follow() {
	buf := make([]byte, 1<<12)
	for {
		n, err := c.file.Read(buf)
		c.mu.Lock()
		c.screen.Write(buf[:n])
		c.raw.Write(buf[:n])
		c.ended = err != nil
		c.changed.Broadcast()
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// await waits for a row of the screen that the pattern matches.
func (c *console) await(pattern string) {
	c.t.Helper()
	want := regexp.MustCompile("(?m)" + pattern)
	c.mu.Lock()
	defer c.mu.Unlock()
	for !want.MatchString(c.text()) {
		if c.ended {
			c.t.Fatalf("no %q before the end:\n%s", pattern, c.text())
		}
		c.changed.Wait()
	}
}

// text is the screen without the spaces behind its rows.
func (c *console) text() string {
	var rows []string
	for row := range strings.Lines(c.screen.String()) {
		rows = append(rows, strings.TrimRight(row, " \n"))
	}
	return strings.TrimRight(strings.Join(rows, "\n"), "\n")
}

// end waits for the program's end and returns its exit code and the screen.
func (c *console) end() (int, string) {
	c.mu.Lock()
	for !c.ended {
		c.changed.Wait()
	}
	c.mu.Unlock()
	_ = c.cmd.Wait() // the code says it
	return c.cmd.ProcessState.ExitCode(), c.text()
}

// blobDay is an Azurite with a small day, behind a proxy.
func blobDay(t *testing.T) (proxy *network.Proxy, connection, day string) {
	t.Helper()
	endpoint := azurite.Start(t)
	client, err := container.NewClientFromConnectionString(endpoint.ConnectionString(), "am-securityevent", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	day = smallDay(t, func(name string, data []byte) error {
		_, err := client.NewBlockBlobClient(name).Upload(t.Context(), streaming.NopCloser(bytes.NewReader(data)), nil)
		return err
	})
	proxy = network.Start(t, string(endpoint))
	return proxy, azurite.Endpoint(proxy.URL).ConnectionString(), day
}

// holdOne stops the body of one blob in its middle until it is released, and then
// breaks it off. Later requests for blobs get what then says.
func holdOne(proxy *network.Proxy, then network.Fault) (release func()) {
	held := make(chan struct{})
	var taken atomic.Bool
	proxy.Use(func(c network.Call) network.Fault {
		switch {
		case c.Method != http.MethodGet || strings.Contains(c.Query, "comp=") || !strings.Contains(c.Path, "/y="):
			return network.Fault{}
		case taken.CompareAndSwap(false, true):
			return network.Fault{Kind: network.Truncate, Bytes: 3000, Then: func() { <-held }}
		}
		select {
		case <-held:
			return then
		default:
			return network.Fault{}
		}
	})
	return sync.OnceFunc(func() { close(held) })
}

// checkAlone checks that whenever the line was drawn the next thing is that it is
// drawn again or erased.
func (c *console) checkAlone() {
	c.t.Helper()
	drawings := strings.Split(c.raw.String(), "\x1b[J\r")
	for _, next := range drawings[1:] {
		if phase := regexp.MustCompile(`^(listing|reading|merging|finishing|delivering|self-test|\^C|\r\x1b\[J)`); !phase.MatchString(next) {
			c.t.Errorf("%q was printed over the line", next[:min(len(next), 60)])
		}
	}
}

// The line is on the terminal while a blob is read, fits the window, stays below the
// log, and leaves nothing behind however the run ends.
func TestProgressOnTerminal(t *testing.T) {
	proxy, connection, day := blobDay(t)
	for name, c := range map[string]struct {
		then  network.Fault
		press string
		code  int
		last  string // of the log
	}{
		"done":        {code: exitDone, last: "self-test"},
		"failed":      {then: network.Fault{Kind: network.Refuse, Status: http.StatusForbidden}, code: exitDenied, last: "level=ERROR"},
		"interrupted": {press: "\x03", code: exitInterrupted, last: "interrupted; the next run"},
	} {
		t.Run(name, func(t *testing.T) {
			release := holdOne(proxy, c.then)
			defer release()
			program := startConsole(t, []string{"SPARKLESS_STORAGE_CONNECTION_STRING=" + connection}, "run", "--day", day, "--work-folder", t.TempDir())
			program.await(`^reading ` + day + ` \[#+\.*\] .* [\d.]+/[\d.]+ [KM]iB  .* events/s  +\d+/\d+ blobs  0:\d\d$`)
			if err := pty.Setsize(program.file, &pty.Winsize{Rows: consoleRows, Cols: 50}); err != nil {
				t.Fatal(err)
			}
			program.await(`^reading ` + day + ` \[[#.]+\](  +[\d.]+/[\d.]+ [KM]iB)?(  0:\d\d)?$`)
			if _, err := program.file.WriteString(c.press); err != nil {
				t.Fatal(err)
			}
			if c.press == "" {
				release()
			}
			code, text := program.end()
			if code != c.code || !strings.Contains(text, c.last) {
				t.Errorf("exit code %d, want %d:\n%s", code, c.code, text)
			}
			if name == "done" && (!strings.Contains(text, "trying again") || !regexp.MustCompile(`(?m)^High `).MatchString(text)) {
				t.Errorf("no log line or no finding:\n%s", text)
			}
			if remains := regexp.MustCompile(`\[[#.]+\]|events/s|\d/\d+ blobs|  0:\d\d|\^C`).FindString(text); remains != "" {
				t.Errorf("remains of the line, %q:\n%s", remains, text)
			}
			program.checkAlone()
			if at := program.screen.Cursor(); at.X != 0 || !program.screen.CursorVisible() {
				t.Errorf("the cursor is at %+v, visible %v", at, program.screen.CursorVisible())
			}
		})
	}
}

// Who wants no line, or cannot be shown one, gets none.
func TestProgressMode(t *testing.T) {
	t.Chdir(t.TempDir())
	terminal, behind, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	defer behind.Close()
	for _, c := range []struct {
		term      string
		args      []string
		line, log bool
	}{
		{"xterm", nil, true, false},
		{"xterm", []string{"--quiet"}, false, false},
		{"xterm", []string{"-q"}, false, false},
		{"xterm", []string{"--no-progress"}, false, false},
		{"xterm", []string{"--log-format", "json"}, false, true},
		{"dumb", nil, false, true},
		{"dumb", []string{"-q"}, false, false},
	} {
		t.Setenv("TERM", c.term)
		for _, a := range []*app{newApp(t.Output(), behind), newApp(t.Output(), t.Output())} {
			cmd := a.runCommand()
			if err := cmd.ParseFlags(c.args); err != nil {
				t.Fatal(err)
			}
			v, err := a.loadHere(cmd)
			if err != nil {
				t.Fatal(err)
			}
			m := a.progressMode(v)
			line, log := c.line, c.log
			if a.stderr != behind {
				line, log = false, c.line || c.log // no terminal
			}
			if (m.Width != nil) != line || (m.Log != nil) != log {
				t.Errorf("TERM=%s %v: line %v, log %v, want %v and %v", c.term, c.args, m.Width != nil, m.Log != nil, line, log)
			}
		}
	}
	pty.Setsize(terminal, &pty.Winsize{Rows: 24, Cols: 133})
	t.Setenv("TERM", "xterm")
	a := newApp(t.Output(), behind)
	v, err := a.loadHere(a.runCommand())
	if err != nil {
		t.Fatal(err)
	}
	width := a.progressMode(v).Width
	if got := width(); got != 133 {
		t.Errorf("%d columns", got)
	}
	pty.Setsize(terminal, &pty.Winsize{})
	if got := width(); got != 80 {
		t.Errorf("%d columns of a window that says nothing", got)
	}
}

// Quiet leaves warnings and errors.
func TestQuietLogs(t *testing.T) {
	t.Chdir(t.TempDir())
	sampleDay(t, "2026-11-20", "1")
	for _, flag := range []string{"--quiet", "-q"} {
		code, out, log := invoke(t, "run", "--folder", "day", "--day", "2026-11-20", flag, "--log-level", "debug", "--similarity", "0.3")
		if code != exitDone || out == "" || strings.Contains(log, `"INFO"`) || strings.Contains(log, `"DEBUG"`) || !strings.Contains(log, `"WARN"`) {
			t.Errorf("%s: %d, %d bytes of findings\n%s", flag, code, len(out), log)
		}
	}
	if code, _, log := invoke(t, "run", "--folder", "nowhere", "-q"); code == exitDone || strings.Count(log, "\n") != 1 || !strings.Contains(log, `"ERROR"`) {
		t.Error(fmt.Sprint(code), log)
	}
}
