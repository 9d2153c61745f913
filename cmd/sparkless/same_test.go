package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"sparkless/bench/sample"
	"sparkless/storage/storagetest/azurite"
)

// inProcess runs the program and returns what it printed.
func inProcess(t *testing.T, code int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, log bytes.Buffer
	if got := run(context.Background(), args, &out, &log); got != code {
		t.Fatalf("%v: exit code %d, want %d\n%s", args, got, code, log.String())
	}
	return out.String(), log.String()
}

// smallDay writes a sample day through put and returns its date.
func smallDay(t *testing.T, put func(name string, data []byte) error) string {
	t.Helper()
	cfg := sample.Default()
	cfg.Events, cfg.Names, cfg.Hosts = 4_000, 300, 20
	if _, err := sample.Generate(cfg, put); err != nil {
		t.Fatal(err)
	}
	return cfg.Day.Format(time.DateOnly)
}

// The same day gives the same bytes from a folder and from Azure storage, with
// one worker and with eight, with large shards and small, cut or whole.
func TestSameFindingsEverywhere(t *testing.T) {
	endpoint := azurite.Start(t)
	dir := t.TempDir()
	t.Chdir(dir) // no config.yaml here
	day := smallDay(t, func(name string, data []byte) error {
		path := filepath.Join(dir, "export", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return os.WriteFile(path, data, 0o644)
	})
	client, err := container.NewClientFromConnectionString(endpoint.ConnectionString(), "am-securityevent", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	smallDay(t, func(name string, data []byte) error {
		blob := client.NewAppendBlobClient(name)
		if _, err := blob.Create(t.Context(), nil); err != nil {
			return err
		}
		_, err := blob.AppendBlock(t.Context(), streaming.NopCloser(strings.NewReader(string(data))), nil)
		return err
	})
	t.Setenv("SPARKLESS_STORAGE_CONNECTION_STRING", "")

	found := map[string]string{}
	hunt := func(name string, args ...string) {
		file := filepath.Join(dir, name+".jsonl")
		inProcess(t, 0, append([]string{"run", "--day", day, "--work-folder", filepath.Join(dir, "work-"+name), "--out", file}, args...)...)
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found[name] = string(data)
	}
	hunt("one", "--folder", "export", "--workers", "1")
	hunt("eight", "--folder", "export", "--workers", "8", "--shard-size", "50kB")
	hunt("cut", "--folder", "export", "--workers", "3", "--shard-size", "10kB")
	t.Setenv("SPARKLESS_STORAGE_CONNECTION_STRING", endpoint.ConnectionString())
	hunt("azure", "--workers", "4")
	t.Setenv("SPARKLESS_STORAGE_CONNECTION_STRING", "")
	hunt("emulator", "--emulator", "--endpoint", string(endpoint), "--shard-size", "15kB")
	if strings.Count(found["one"], "\n") < 3 {
		t.Fatalf("only these findings:\n%s", found["one"])
	}
	for name, got := range found {
		if got != found["one"] {
			t.Errorf("%s differs from one:\n%s\n%s", name, got, found["one"])
		}
	}
}

// With Azure storage alone the work store is a container, made when missing.
func TestWorkContainer(t *testing.T) {
	endpoint := azurite.Start(t)
	t.Chdir(t.TempDir())
	t.Setenv("SPARKLESS_STORAGE_CONNECTION_STRING", endpoint.ConnectionString())
	client, err := container.NewClientFromConnectionString(endpoint.ConnectionString(), "am-securityevent", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, log := inProcess(t, 1, "run")
	if !strings.Contains(log, "am-securityevent") {
		t.Errorf("a missing container is not named: %s", log)
	}
	if _, err := client.Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	day := smallDay(t, func(name string, data []byte) error {
		_, err := client.NewBlockBlobClient(name).Upload(t.Context(), streaming.NopCloser(bytes.NewReader(data)), nil)
		return err
	})
	first, _ := inProcess(t, 0, "run", "--day", day)
	second, log := inProcess(t, 0, "run", "--day", day)
	if first == "" || first != second || strings.Contains(log, `"reused":0`) {
		t.Errorf("first:\n%s\nsecond:\n%s\n%s", first, second, log)
	}
	entries, _ := os.ReadDir(".")
	if len(entries) > 0 {
		t.Errorf("files were left in the working directory: %v", entries)
	}
}
