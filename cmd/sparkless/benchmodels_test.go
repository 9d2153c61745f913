package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

// benched runs the command on a small table, beside a tracking server.
func benched(t *testing.T, answer http.HandlerFunc) (code int, out, log string) {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	t.Setenv("MLFLOW_TRACKING_URI", server.URL)
	t.Setenv("MLFLOW_TRACKING_TOKEN", "s3cret-token")
	table := filepath.Join(t.TempDir(), "t.csv")
	text := "a,y\n" + strings.Repeat("1,0\n2,0\n3,0\n", 10) + "50,1\n"
	if err := os.WriteFile(table, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code = run(context.Background(), []string{"bench-models", table, "--label", "y", "--models", "isolation-forest,one-class-svm"}, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

// Each model's figures become a run; nothing secret is printed.
func TestModelsAreTracked(t *testing.T) {
	var calls []string
	code, out, log := benched(t, func(w http.ResponseWriter, r *http.Request) {
		calls = append(calls, strings.TrimPrefix(r.URL.Path, "/api/2.0/mlflow/"))
		if r.Header.Get("Authorization") != "Bearer s3cret-token" {
			t.Error("without the token")
		}
		_, _ = w.Write([]byte(`{"experiment":{"experiment_id":"7"},"run":{"info":{"run_id":"r"}}}`))
	})
	want := []string{"experiments/get-by-name", "runs/create", "runs/log-batch", "runs/update", "runs/create", "runs/log-batch", "runs/update"}
	if code != exitDone || !slices.Equal(calls, want) || !strings.Contains(out, "isolation-forest") || strings.Contains(out+log, "s3cret") {
		t.Errorf("%d, %v\n%s%s", code, calls, out, log)
	}
}

// A server that does not take the figures, or lets nobody in, does not lose them.
func TestModelsAreNotTracked(t *testing.T) {
	for _, status := range []int{http.StatusUnauthorized, http.StatusBadRequest, http.StatusFound} {
		code, out, log := benched(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"error_code":"INVALID","message":"s3cret-token \u001b[2J"}`))
		})
		if code != exitUndelivered || !strings.Contains(out, "isolation-forest") || !strings.Contains(log, "2 of 2 runs: not logged on the MLflow server") || strings.Contains(out+log, "s3cret") || strings.Contains(log, "\x1b") {
			t.Errorf("%d: %d\n%s%s", status, code, out, log)
		}
	}
}

// A table that there is no memory for is not read, and the text says what to do. Without
// --memory the bound is that of the process.
func TestTableThatThereIsNoMemoryFor(t *testing.T) {
	limit := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(limit) })
	dict := "{'descr': '|u1', 'fortran_order': False, 'shape': (20000, 1000), }\n"
	path := filepath.Join(t.TempDir(), "large.npy")
	if err := os.WriteFile(path, append([]byte("\x93NUMPY\x01\x00"+string(rune(len(dict)))+"\x00"), dict...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 21_000_000); err != nil { // a file with a hole
		t.Fatal(err)
	}
	const refused = "large.npy: no usable table: 20000 rows of 1000 columns take "
	for _, c := range []struct {
		limit int64
		args  []string
		want  string
	}{
		{limit, []string{"--memory", "64MiB"}, refused},
		{96 << 20, nil, refused},
		{96 << 20, []string{"--memory", "auto"}, refused},
		{limit, []string{"--memory", "4GiB"}, "large.npy: no usable table: there is more than 20000000 values"},
	} {
		debug.SetMemoryLimit(c.limit)
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), append([]string{"bench-models", path, "--models", "isolation-forest"}, c.args...), &stdout, &stderr)
		debug.SetMemoryLimit(limit)
		if log := stderr.String(); code != exitFailed || !strings.Contains(log, c.want) || c.want == refused && !strings.Contains(log, "give more memory (--memory)") {
			t.Errorf("%v with %d bytes: %d, %s", c.args, c.limit, code, log)
		}
	}
}
