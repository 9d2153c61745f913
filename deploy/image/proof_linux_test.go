package image

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"debug/elf"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sparkless/publish/publishtest"
	"sparkless/storage/storagetest/azurite"
)

// The exit codes of sparkless that are looked for here.
const (
	exitFailed        = 1
	exitNotAuthorised = 4
	exitInterrupted   = 130
)

// patience is how long a process may take that should end by itself.
const patience = 2 * time.Minute

// TestEmptyRoot makes the content of the image as the Dockerfile does and runs it as an
// engine would.
func TestEmptyRoot(t *testing.T) {
	front := httptest.NewTLSServer(http.NotFoundHandler()) // all such servers have this certificate
	front.Close()
	bundle := filepath.Join(t.TempDir(), "bundle.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw})
	root := makeRoot(t, bundle, certificate)
	t.Run("StaticBinary", func(t *testing.T) { staticBinary(t, filepath.Join(root, "sparkless")) })
	t.Run("HoldsNothingElse", func(t *testing.T) { holdsNothingElse(t, root, certificate) })
	t.Run("IsStamped", func(t *testing.T) { isStamped(t, root) })
	t.Run("NothingCanBeWritten", func(t *testing.T) { nothingCanBeWritten(t, root) })
	t.Run("TrustsItsCertificatesAlone", func(t *testing.T) { trustsItsCertificatesAlone(t, root) })
	t.Run("StopsAsProcessOne", func(t *testing.T) { stopsAsProcessOne(t, root) })
	t.Run("FindsWhatTheReadmeSays", func(t *testing.T) { findsWhatTheReadmeSays(t, root) })
}

// makeRoot is the folder with the image's content, in which a bundle of certificates is
// written to trust.
func makeRoot(t *testing.T, bundle string, certificates []byte) string {
	t.Helper()
	if err := os.WriteFile(bundle, certificates, 0o600); err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(t.TempDir(), "root")
	out, err := makeCommand("image-root", "ROOT="+root, "CERTIFICATES="+bundle, "VERSION=v1.2.3", "COMMIT=c0ffee", "DATE=2026-11-20T00:00:00Z").CombinedOutput()
	if err != nil {
		t.Fatalf("make image-root: %v\n%s", err, out)
	}
	return root
}

// A binary that asks for an interpreter or a library does not start where there are
// none. Time zones and no C are said by its build.
func staticBinary(t *testing.T, path string) {
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("the binary is not static: it has a segment %v", p.Type)
		}
	}
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	for key, want := range map[string]string{"CGO_ENABLED": "0", "GOOS": "linux", "-tags": "timetzdata", "-trimpath": "true"} {
		if settings[key] != want {
			t.Errorf("built with %s=%q, want %q", key, settings[key], want)
		}
	}
}

func holdsNothingElse(t *testing.T, root string, certificates []byte) {
	modes := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		modes["/"+strings.TrimPrefix(rel, ".")] = info.Mode().String()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"/": "drwxr-xr-x", "/etc": "drwxr-xr-x", "/etc/ssl": "drwxr-xr-x", "/etc/ssl/certs": "drwxr-xr-x",
		"/etc/ssl/certs/ca-certificates.crt": "-rw-r--r--", "/sparkless": "-rwxr-xr-x"}
	if !maps.Equal(modes, want) {
		t.Errorf("the image holds %v, want %v", modes, want)
	}
	if got, err := os.ReadFile(filepath.Join(root, "etc/ssl/certs/ca-certificates.crt")); err != nil || !bytes.Equal(got, certificates) {
		t.Errorf("the certificates are others: %v", err)
	}
}

// run waits for a program in the root and returns its exit code.
func (r inRoot) run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	p, err := r.start(ctx, args...)
	if err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := p.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Fatalf("%v did not end: %s", args, p.stderr.String())
	}
	return p.ProcessState.ExitCode(), p.stdout.String(), p.stderr.String()
}

func isStamped(t *testing.T, root string) {
	code, out, text := inRoot{folder: root}.run(t, "/sparkless", "version")
	if code != 0 || !strings.HasPrefix(out, "sparkless v1.2.3\ncommit c0ffee of 2026-11-20T00:00:00Z\ngo") {
		t.Errorf("exit code %d: %q %s", code, out, text)
	}
}

// Whoever wants to write there is told why not, and a shell is nowhere.
func nothingCanBeWritten(t *testing.T, root string) {
	for _, args := range [][]string{{"init"}, {"sample", "--out", "/etc/day", "--events", "3000", "--names", "300", "--hosts", "3"}, {"man", "--dir", "/man"}} {
		code, _, text := inRoot{folder: root}.run(t, append([]string{"/sparkless"}, args...)...)
		if code != exitFailed || !strings.Contains(text, "read-only file system") {
			t.Errorf("%v: exit code %d: %s", args, code, text)
		}
	}
	if code, _, text := (inRoot{folder: root}).run(t, "/bin/sh", "-c", "true"); code != 125 || !strings.Contains(text, "starting: no such file") {
		t.Errorf("a shell: exit code %d: %s", code, text)
	}
}

// tlsServer is a server with httptest's certificate, for the test. Who does not trust
// it is no news for the test's output.
func tlsServer(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// tlsFront is such a server in front of another one.
func tlsFront(t *testing.T, behind string) *httptest.Server {
	t.Helper()
	u, err := url.Parse(behind)
	if err != nil {
		t.Fatal(err)
	}
	return tlsServer(t, httputil.NewSingleHostReverseProxy(&url.URL{Scheme: u.Scheme, Host: u.Host}))
}

// ruleServer is the Logs Ingestion API.
func ruleServer(t *testing.T) *publishtest.LogsIngestion {
	t.Helper()
	columns := map[string][]publishtest.Column{}
	for _, stream := range []string{streamName, healthStream} {
		var err error
		if columns[stream], err = publishtest.RuleColumns(ruleFile, stream); err != nil {
			t.Fatal(err)
		}
	}
	l, err := publishtest.NewLogsIngestion(publishtest.LogsIngestionConfig{RuleID: ruleID, Stream: streamName, Columns: columns[streamName],
		Others: map[string][]publishtest.Column{healthStream: columns[healthStream]}})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Start(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// The same server is trusted with its certificate in the bundle, and not without. And the
// log's times are local where there is no folder of time zones.
func trustsItsCertificatesAlone(t *testing.T, root string) {
	var asked atomic.Int64
	storage := tlsServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusForbidden)
	}))
	rule := ruleServer(t)
	_, env := nightlyJob(t, azurite.Endpoint(storage.URL+"/"+azurite.Account), rule.URL(), rule)
	env = append(env, "TZ=Asia/Kolkata")
	code, _, text := inRoot{root, env}.run(t, "/sparkless", "run")
	if code != exitNotAuthorised || asked.Load() == 0 {
		t.Errorf("with its certificate: exit code %d after %d requests: %s", code, asked.Load(), text)
	}
	if !regexp.MustCompile(`"time":"[^"]+\+05:30"`).MatchString(text) {
		t.Errorf("no time of Kolkata: %s", text)
	}
	bare := filepath.Join(t.TempDir(), "root")
	if err := os.CopyFS(bare, os.DirFS(root)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bare, "etc/ssl/certs/ca-certificates.crt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	asked.Store(0)
	code, out, text := inRoot{bare, env}.run(t, "/sparkless", "doctor") // which does not try again
	if code != exitFailed || asked.Load() != 0 || !strings.Contains(out, "x509: certificate signed by unknown authority") {
		t.Errorf("without it: exit code %d after %d requests: %s%s", code, asked.Load(), out, text)
	}
}

// Signals do nothing to process 1 unless it asks for them. Here it is busy with a
// storage that never answers.
func stopsAsProcessOne(t *testing.T, root string) {
	asked, released := make(chan struct{}, 1), make(chan struct{})
	storage := tlsServer(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case asked <- struct{}{}:
		default:
		}
		select {
		case <-released:
		case <-r.Context().Done():
		}
	}))
	defer close(released)
	rule := ruleServer(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, env := nightlyJob(t, azurite.Endpoint(storage.URL+"/"+azurite.Account), rule.URL(), rule)
	p, err := inRoot{root, env}.start(ctx, "/sparkless", "run")
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-asked:
	case <-ctx.Done():
		p.Wait()
		t.Fatalf("it asked for nothing: %s", p.stderr.String())
	}
	lookAt(t, p.Process.Pid)
	begin := time.Now()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p.Wait()
	if code := p.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit code %d: %s", code, p.stderr.String())
	}
	t.Logf("stopped %v after SIGTERM", time.Since(begin).Round(time.Millisecond))
}

// lookAt looks at a process in a root from outside: is it the first one there, nobody
// without rights, below a root that is read-only?
func lookAt(t *testing.T, pid int) {
	t.Helper()
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	status := read("status")
	seen := userID // here, too, unless a user namespace shows it as who runs the tests
	if mapping := strings.Fields(read("uid_map")); mapping[0] == strconv.Itoa(userID) {
		seen = os.Geteuid()
	}
	for _, want := range []string{fmt.Sprintf(`Uid:(\s%d){4}\n`, seen), `CapPrm:\s0{16}\n`, `CapEff:\s0{16}\n`, `CapAmb:\s0{16}\n`, `NoNewPrivs:\s1\n`, `NSpid:\s.*\s1\n`} {
		if !regexp.MustCompile(want).MatchString(status) {
			t.Errorf("no %s in\n%s", want, status)
		}
	}
	if mounts := read("mountinfo"); strings.Count(mounts, "\n") != 1 || !regexp.MustCompile(` / ro,\S*nosuid,nodev`).MatchString(mounts) {
		t.Errorf("mounts %s", mounts)
	}
}
