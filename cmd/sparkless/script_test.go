package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"sparkless/publish/publishtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sparkless": main})
}

const (
	testWorkspace = "11111111-2222-3333-4444-555555555555"
	testKey       = "c2VjcmV0LXdvcmtzcGFjZS1rZXk="
	testRule      = "dcr-00112233445566778899aabbccddeeff"
)

// TestScripts runs the sessions in testdata/script against the program.
func TestScripts(t *testing.T) {
	servers := &scriptServers{}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("WORKSPACE", testWorkspace)
			e.Setenv("KEY", testKey)
			e.Setenv("RULE", testRule)
			e.Setenv("STREAM", testStream)
			e.Setenv("HOSTILE", "C:\\x\\Invoice\u202egpj.exe")
			e.Setenv("BIDI", "invoice\u202egpj")
			e.Setenv("GORACE", "atexit_sleep_ms=0") // the race detector's pause at the end
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":     cmdExits,
			"lines":     cmdLines,
			"same":      cmdSame,
			"begins":    cmdBegins,
			"keeps":     cmdKeeps,
			"collector": servers.cmdCollector,
			"ingestion": func(ts *testscript.TestScript, _ bool, args []string) {
				servers.cmdIngestion(ts, publishtest.LogsIngestionConfig{RuleID: testRule, Stream: testStream, Columns: ruleColumns(t, testStream),
					Others: otherStreams(t)}, args)
			},
			"recorded": servers.cmdRecorded,
			"arrived":  servers.cmdArrived,
			"hang":     servers.cmdHang,
			"asked":    servers.cmdAsked,
			"valid":    cmdValid,
		},
		RequireUniqueNames: true,
	})
}

// cmdExits runs the program and checks its exit code: exits CODE ARGS…
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE ARGS…")
	}
	err := ts.Exec("sparkless", args[1:]...)
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if want, _ := strconv.Atoi(args[0]); code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// cmdLines checks the number of lines of a file: lines N FILE
func cmdLines(ts *testscript.TestScript, neg bool, args []string) {
	if n := strings.Count(ts.ReadFile(args[1]), "\n"); strconv.Itoa(n) != args[0] {
		ts.Fatalf("%s has %d lines, want %s", args[1], n, args[0])
	}
}

// cmdBegins checks that a file begins with all of another, which has something: begins
// FILE BEGINNING
func cmdBegins(ts *testscript.TestScript, neg bool, args []string) {
	if all, first := ts.ReadFile(args[0]), ts.ReadFile(args[1]); first == "" || !strings.HasPrefix(all, first) {
		ts.Fatalf("%s does not begin with %s", args[0], args[1])
	}
}

// cmdKeeps checks that a work store has all that another has, byte by byte, locks aside:
// keeps WORK OTHER
func cmdKeeps(ts *testscript.TestScript, neg bool, args []string) {
	work, other := ts.MkAbs(args[0]), ts.MkAbs(args[1])
	files := 0
	ts.Check(filepath.WalkDir(other, func(path string, d fs.DirEntry, err error) error {
		name, bad := filepath.Rel(other, path)
		if err = errors.Join(err, bad); err != nil || d.IsDir() || strings.HasPrefix(name, "locks") {
			return err
		}
		files++
		want, err := os.ReadFile(path)
		got, bad := os.ReadFile(filepath.Join(work, name))
		if err = errors.Join(err, bad); err == nil && !bytes.Equal(got, want) {
			err = fmt.Errorf("%s differs", name)
		}
		return err
	}))
	if files == 0 {
		ts.Fatalf("%s has no file", args[1])
	}
}

// scriptServers are the servers of the scripts, by URL.
type scriptServers struct {
	sync.Map
}

// cmdCollector starts a Data Collector server and sets its URL: collector VAR
func (s *scriptServers) cmdCollector(ts *testscript.TestScript, neg bool, args []string) {
	c, err := publishtest.NewDataCollector(publishtest.DataCollectorConfig{WorkspaceID: testWorkspace, SharedKey: testKey})
	ts.Check(err)
	ts.Check(c.Start("127.0.0.1:0"))
	ts.Defer(func() { c.Close() })
	s.Store(c.URL(), c)
	ts.Setenv(args[0], c.URL())
}

// cmdIngestion starts a Logs Ingestion server, sets its URL and what a process
// needs to sign in to it as a managed identity: ingestion VAR
func (s *scriptServers) cmdIngestion(ts *testscript.TestScript, rule publishtest.LogsIngestionConfig, args []string) {
	l, err := publishtest.NewLogsIngestion(rule)
	ts.Check(err)
	ts.Check(l.Start(""))
	ts.Defer(func() { l.Close() })
	s.Store(l.URL(), l)
	ts.Setenv(args[0], l.URL())
	for _, pair := range l.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		ts.Setenv(name, value)
	}
}

// cmdArrived checks how many records a server has taken: arrived URL N. With
// "same URL" for N it checks that both have the same findings, with "once FILE…" that
// they are those of files of JSON lines, each once.
func (s *scriptServers) cmdArrived(ts *testscript.TestScript, neg bool, args []string) {
	if args[1] == "once" {
		var want []string
		for _, file := range args[2:] {
			want = append(want, findingIDs(ts, file)...)
		}
		got := s.findings(ts, args[0])
		slices.Sort(want)
		if slices.Sort(got); len(want) == 0 || !slices.Equal(got, want) {
			ts.Fatalf("arrived are %d findings, want %d\n%q\n%q", len(got), len(want), got, want)
		}
		return
	}
	if args[1] == "same" {
		if a, b := s.findings(ts, args[0]), s.findings(ts, args[2]); len(a) == 0 || !slices.Equal(a, b) {
			ts.Fatalf("%d and %d findings, not the same\n%q\n%q", len(a), len(b), a, b)
		}
		return
	}
	if n := len(s.findings(ts, args[0])); strconv.Itoa(n) != args[1] {
		ts.Fatalf("%d records arrived, want %s", n, args[1])
	}
}

// findingIDs are those of a file of JSON lines.
func findingIDs(ts *testscript.TestScript, file string) (ids []string) {
	for line := range strings.Lines(ts.ReadFile(file)) {
		var f struct{ FindingId string }
		ts.Check(json.Unmarshal([]byte(line), &f))
		ids = append(ids, f.FindingId)
	}
	return ids
}

// cmdRecorded checks how the runs ended that have left a record at a server, in
// order: recorded URL EXIT-CODE…
func (s *scriptServers) cmdRecorded(ts *testscript.TestScript, neg bool, args []string) {
	var codes []string
	for _, row := range s.rows(ts, args[0]) {
		for _, column := range []string{"ExitCode", "ExitCode_d"} {
			if code, ok := row.Values[column]; ok {
				codes = append(codes, fmt.Sprint(code))
			}
		}
	}
	if !slices.Equal(codes, args[1:]) {
		ts.Fatalf("recorded are %q, want %q", codes, args[1:])
	}
}

// findings are the IDs of what a server has taken.
func (s *scriptServers) findings(ts *testscript.TestScript, url string) (ids []string) {
	for _, row := range s.rows(ts, url) {
		for _, column := range []string{"FindingId", "FindingId_s"} {
			if id, ok := row.Values[column]; ok {
				ids = append(ids, id.(string))
			}
		}
	}
	return ids
}

func (s *scriptServers) rows(ts *testscript.TestScript, url string) []publishtest.Row {
	server, ok := s.Load(url)
	if !ok {
		ts.Fatalf("no server at %s", url)
	}
	return server.(interface{ Rows() []publishtest.Row }).Rows()
}

// cmdHang starts a server that never answers and sets its URL: hang VAR
func (s *scriptServers) cmdHang(ts *testscript.TestScript, neg bool, args []string) {
	asked, released := make(chan struct{}, 1), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case asked <- struct{}{}:
		default:
		}
		select {
		case <-released:
		case <-r.Context().Done():
		}
	}))
	ts.Defer(func() { close(released); server.Close() })
	s.Store(server.URL, asked)
	ts.Setenv(args[0], server.URL)
}

// cmdAsked waits until such a server has got a request, then sends a signal to
// the processes in the background: asked URL SIGNAL
func (s *scriptServers) cmdAsked(ts *testscript.TestScript, neg bool, args []string) {
	asked, ok := s.Load(args[0])
	if !ok {
		ts.Fatalf("no server at %s", args[0])
	}
	<-asked.(chan struct{})
	signal := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM}[args[1]]
	for _, c := range ts.BackgroundCmds() {
		ts.Check(c.Process.Signal(signal))
	}
}
