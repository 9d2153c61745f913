package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"sparkless/storage/storagetest/azurite"
)

// dayAfter is the next day.
func dayAfter(t *testing.T, day string) string {
	t.Helper()
	date, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	return date.AddDate(0, 0, 1).Format(time.DateOnly)
}

// A container that the account does not have is as a folder that is not there: the hunts
// of other containers go on. By itself it is an error.
func TestHuntsGoOnWithoutAContainer(t *testing.T) {
	endpoint := azurite.Start(t)
	t.Chdir(t.TempDir())
	t.Setenv("SPARKLESS_STORAGE_CONNECTION_STRING", endpoint.ConnectionString())
	client := func(name string) *container.Client {
		c, err := container.NewClientFromConnectionString(endpoint.ConnectionString(), name, nil)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	events := client("am-securityevent")
	if _, err := events.Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	day := smallDay(t, func(name string, data []byte) error {
		blob := events.NewAppendBlobClient(name)
		_, err := blob.Create(t.Context(), nil)
		if err == nil {
			_, err = blob.AppendBlock(t.Context(), streaming.NopCloser(strings.NewReader(string(data))), nil)
		}
		return err
	})
	after := dayAfter(t, day)
	args := func(command, work, detect string) []string {
		return []string{command, "--work-folder", work, "--detect", detect, "--format", "jsonl"}
	}
	want, _ := inProcess(t, exitDone, append(args("run", "others", "masquerade,process"), "--day", day)...)
	const missing = "no export blobs for the hunt network: the container am-devicenetworkevents (network.container, default) is not there"
	got, log := inProcess(t, exitPartial, append(args("run", "work", "masquerade,process,network"), "--day", day, "--out", "out.jsonl")...)
	if got != want || want == "" || strings.Count(log, `"ERROR","msg":"`+missing) != 1 || !strings.Contains(log, "ContainerNotFound") {
		t.Errorf("found\n%.300s\nwant\n%.300s\n%s", got, want, log)
	}
	for _, name := range []string{"out.jsonl", "out-process.jsonl"} {
		if text, err := os.ReadFile(name); err != nil || len(text) == 0 {
			t.Errorf("%s has %d bytes, error %v", name, len(text), err)
		}
	}
	if got, log = inProcess(t, exitPartial, append(args("backfill", "range", "masquerade,process,network"), "--from", day, "--to", after)...); !strings.Contains(log, missing) {
		t.Errorf("%.300s\n%s", got, log)
	}
	if got, log = inProcess(t, exitFailed, append(args("run", "alone", "network"), "--day", day)...); got != "" || !strings.Contains(log, "am-devicenetworkevents") {
		t.Errorf("%.300s\n%s", got, log)
	}
	// One that is there, and holds nothing yet.
	if _, err := client("am-devicenetworkevents").Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got, log = inProcess(t, exitPartial, append(args("run", "work", "masquerade,process,network"), "--day", day)...); got != want || strings.Contains(log, "is not there") {
		t.Errorf("%.300s\n%s", got, log)
	}
}

// The container of the first hunt may be the one that is not there. What the hunts of the
// other one find is the same, under the same scope, as if they ran alone.
func TestHuntsGoOnWithoutTheFirstContainer(t *testing.T) {
	endpoint := azurite.Start(t)
	t.Chdir(t.TempDir())
	const day, missing = "2026-11-20", "the container am-securityevent (storage.container, default) is not there"
	inProcess(t, exitDone, "sample", "--out", "both", "--day", day, "--events", "4000", "--names", "300", "--hosts", "20", "--cases")
	if err := errors.Join(os.MkdirAll("one", 0o755), os.Rename("both/am-devicenetworkevents", "one/am-devicenetworkevents")); err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	uploadFolder(t, endpoint.ConnectionString(), "one", "am-devicenetworkevents")
	for _, at := range []struct{ name, key, value string }{
		{"the folder of both", "SPARKLESS_STORAGE_FOLDER", "one"},
		{"the folder of the other", "SPARKLESS_STORAGE_FOLDER", "one/am-devicenetworkevents"},
		{"an account", "SPARKLESS_STORAGE_CONNECTION_STRING", endpoint.ConnectionString()},
	} {
		t.Run(at.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if err := os.Symlink(filepath.Join(here, "one"), "one"); err != nil {
				t.Fatal(err)
			}
			t.Setenv(at.key, at.value)
			args := func(command, detect string, more ...string) []string {
				return append([]string{command, "--work-folder", "work-" + command + detect, "--detect", detect, "--format", "jsonl"}, more...)
			}
			want, _ := inProcess(t, exitDone, args("run", "network", "--day", day)...)
			if strings.Count(want, `"RuleName":"network"`) < 5 {
				t.Fatalf("found\n%s", want)
			}
			for _, detect := range []string{"masquerade,network", "process,logon,network", "all"} {
				got, log := inProcess(t, exitPartial, args("run", detect, "--day", day, "--report", "day.html")...)
				if got != want || strings.Count(log, `"level":"ERROR"`) != 1 || !strings.Contains(log, missing) {
					t.Errorf("%s found\n%.300s\nwant\n%.300s\n%s", detect, got, want, log)
				}
				page, err := os.ReadFile("day.html")
				_, failed, _ := strings.Cut(string(page), `"failed":[`)
				if hunts := strings.Count(detect, ","); err != nil || !strings.Contains(failed, missing) || strings.Count(failed, missing) != 1 || hunts == 2 && !strings.HasPrefix(failed, `{"hunts":["Executions","Logons"],"first":"`+day+`","last":"`+day+`"`) {
					t.Errorf("the report of %s says %.400s, error %v", detect, failed, err)
				}
			}
			got, log := inProcess(t, exitPartial, args("backfill", "all", "--from", day, "--to", dayAfter(t, day))...)
			if got != want || strings.Count(log, `"level":"ERROR"`) != 1 || !strings.Contains(log, missing) {
				t.Errorf("a range found\n%.300s\nwant\n%.300s\n%s", got, want, log)
			}
			if _, log = inProcess(t, exitFailed, args("run", "all", "--day", day, "--fail-on-partial")...); !strings.Contains(log, missing) {
				t.Errorf("%s", log)
			}
			t.Setenv("SPARKLESS_WORK_FOLDER", "planned")
			_, log = inProcess(t, exitDone, "shard", "--detect", "all", "--plan", "p", "--day", day, "--of", "1", "--index", "0")
			if strings.Count(log, missing) != 1 {
				t.Errorf("%s", log)
			}
			if got, log = inProcess(t, exitPartial, "merge", "--detect", "all", "--plan", "p", "--day", day, "--format", "jsonl"); got != want || !strings.Contains(log, missing) {
				t.Errorf("merged are\n%.300s\nwant\n%.300s\n%s", got, want, log)
			}
		})
	}
}

// With no container at all there is no run, and with one that is empty the error says
// which it is. A folder that is named like the container of another hunt is not taken for
// the one that is wanted.
func TestNoContainerAtAll(t *testing.T) {
	endpoint := azurite.Start(t)
	t.Chdir(t.TempDir())
	const day = "2026-11-20"
	t.Run("an account", func(t *testing.T) {
		t.Setenv("SPARKLESS_STORAGE_CONNECTION_STRING", endpoint.ConnectionString())
		for _, scope := range []string{"", "mine"} {
			t.Setenv("SPARKLESS_JOB_SCOPE", scope)
			if _, log := inProcess(t, exitFailed, "run", "--detect", "all", "--day", day); !strings.Contains(log, "am-securityevent") {
				t.Errorf("%s", log)
			}
		}
	})
	if err := errors.Join(os.MkdirAll("one/am-devicenetworkevents/x", 0o755), os.MkdirAll("export/am-devicenetworkevents/x", 0o755), os.MkdirAll("export/WorkspaceResourceId=", 0o755), os.MkdirAll("both/am-devicenetworkevents/x", 0o755), os.MkdirAll("both/am-securityevent/x", 0o755)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		folder, detect string
		code           int
		says           []string
	}{
		{"one", "process", exitUsage, []string{"open one/am-securityevent: no such file"}},
		{"one/am-devicenetworkevents", "process", exitUsage, []string{"open one/am-securityevent: no such file"}},
		{"one/am-devicenetworkevents", "masquerade", exitUsage, []string{"open one/am-securityevent: no such file"}},
		{"export", "process", exitPartial, []string{"no export blobs of any day"}},
		{"both/am-securityevent", "network", exitPartial, []string{"no export blobs of any day"}},
		{"both", "masquerade,network", exitPartial, []string{"the container am-securityevent: no export blobs", "the container am-devicenetworkevents: no export blobs"}},
		{"gone", "masquerade,network", exitUsage, []string{"am-securityevent (storage.container", "am-devicenetworkevents (network.container"}},
	} {
		_, log := inProcess(t, c.code, "run", "--folder", c.folder, "--detect", c.detect, "--day", day)
		for _, text := range c.says {
			if !strings.Contains(log, text) {
				t.Errorf("%s in %s: no %q in\n%s", c.detect, c.folder, text, log)
			}
		}
	}
}

// uploadFolder makes a container of the blobs in a folder that is named like it.
func uploadFolder(t *testing.T, connection, folder, name string) {
	t.Helper()
	c, err := container.NewClientFromConnectionString(connection, name, nil)
	if err == nil {
		_, err = c.Create(t.Context(), nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	files := os.DirFS(filepath.Join(folder, name))
	err = fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		_, err = c.NewBlockBlobClient(path).UploadBuffer(t.Context(), data, nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
