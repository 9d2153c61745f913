package main

import (
	"os"
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
