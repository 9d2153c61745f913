package job_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/job"
	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/storagetest"
)

// fullDay is an export with one blob in each hour.
func fullDay(t testing.TB, seed uint64) *export {
	e := newExport(t, seed)
	for hour := range 24 {
		e.put(blobName(day, hour*12), e.lines(day, 20))
	}
	return e
}

// partial runs the day and returns what the error says is missing, "" for nothing.
func partial(t testing.TB, h *job.Hunt[*words]) (string, *job.Result[*words]) {
	t.Helper()
	r, err := h.Day(t.Context(), day)
	if r == nil || err != nil && !errors.Is(err, job.ErrPartial) {
		t.Fatal(err)
	}
	if err == nil {
		return "", r
	}
	return strings.TrimPrefix(err.Error(), job.ErrPartial.Error()+": "), r
}

func TestHoursWithoutBlobs(t *testing.T) {
	input := fullDay(t, 40)
	h := newHunt(input, storagetest.NewMem(), &sink{name: "api"})
	h.MissingHours = 0
	if text, _ := partial(t, h); text != "" {
		t.Error(text)
	}
	for _, hour := range []int{0, 7, 8, 9, 23} {
		input.Remove(blobName(day, hour*12))
	}
	text, r := partial(t, h)
	if want := "no blob of hour 00, 07-09, 23 of " + strings.TrimPrefix(base, "WorkspaceResourceId="); text != want {
		t.Errorf("%s\nwant %s", text, want)
	}
	sameRecords(t, "the rest", r.Records, input.oracle(day))
	for allowed, want := range map[int]bool{4: true, 5: false} {
		h.MissingHours = allowed
		if text, r := partial(t, h); (text != "") != want || len(r.Missing.Gaps) != 1 {
			t.Errorf("%d allowed: %q, %v", allowed, text, r.Missing)
		}
	}
	// Of today only the hours that are over can be missing.
	h.MissingHours = 0
	for now, want := range map[time.Duration]string{
		30 * time.Minute:           "",
		time.Hour:                  "00",
		8*time.Hour - time.Second:  "00",
		8 * time.Hour:              "00, 07",
		-time.Hour:                 "",
		24*time.Hour - time.Second: "00, 07-09",
		24 * time.Hour:             "00, 07-09, 23",
		1e3 * time.Hour:            "00, 07-09, 23",
	} {
		h.Now = func() time.Time { return day.Add(now) }
		if text, _ := partial(t, h); (text != "") != (want != "") || want != "" && !strings.Contains(text, "hour "+want+" of") {
			t.Errorf("at %v: %q, want %q", now, text, want)
		}
	}
}

// A blob that nobody can read is left out whole and named, in this run and in
// those that find its shard done.
func TestUnreadableBlobs(t *testing.T) {
	input := fullDay(t, 41).fill(day, 24)
	want := input.oracle(day)
	good := blobName(day, 3*12) + ".gz"
	zipped := content(t, input, good)[good]
	bad := []string{blobName(day, 5*12+1) + ".gz", blobName(day, 5*12+2) + ".gz", blobName(day, 17*12+1) + ".gz"}
	for i, name := range bad {
		input.put(name, zipped[:len(zipped)-1-i*4])
	}
	for _, workers := range []int{1, 4} {
		h := newHunt(input, storagetest.NewMem(), &sink{name: "api"})
		h.Engine = job.Local(workers)
		for run := range 2 {
			text, r := partial(t, h)
			sameRecords(t, "what can be read", r.Records, want)
			if strings.Count(text, "hour 05") != 2 || strings.Count(text, "hour 17") != 1 || len(r.Missing.Unreadable) != 3 {
				t.Errorf("run %d: %s", run, text)
			}
			for _, name := range bad {
				if !strings.Contains(text, fmt.Sprintf("%q", name)) {
					t.Errorf("run %d: %s is not named in %s", run, name, text)
				}
			}
			if (r.Reused == r.Shards) != (run == 1) {
				t.Errorf("run %d: %d of %d shards reused", run, r.Reused, r.Shards)
			}
		}
		// Without the profile the partials tell.
		for name := range content(t, h.Work, "profiles/") {
			h.Work.(*storagetest.Mem).Remove(name)
		}
		if text, r := partial(t, h); len(r.Missing.Unreadable) != 3 || r.Reused != r.Shards {
			t.Errorf("from partials: %s", text)
		}
	}
	for name := range content(t, input, "") {
		if !slices.Contains(bad, name) {
			input.Remove(name)
		}
	}
	r, err := newHunt(input, storagetest.NewMem()).Day(t.Context(), day)
	if r != nil || err == nil || !strings.Contains(err.Error(), "none of the 3 blobs") {
		t.Errorf("nothing readable: %v", err)
	}
}

// Malformed lines are counted by hour, and kept aside with their places.
func TestMalformedLines(t *testing.T) {
	input := fullDay(t, 42)
	for _, hour := range []int{4, 4, 11} {
		name := blobName(day, hour*12)
		input.Append(name, []byte("{\"broken\n"))
	}
	work := storagetest.NewMem()
	h := newHunt(input, work, &sink{name: "api"})
	h.MaxMalformed = 1
	lines := 0
	for range 2 {
		h.PartialMalformed = 0
		text, r := partial(t, h)
		if text != "hour 04: 2 malformed line(s); hour 11: 1 malformed line(s)" {
			t.Error(text)
		}
		lines = int(r.Stats.Lines)
	}
	// The share at the edge is allowed.
	for allowed, want := range map[float64]bool{3 / float64(lines): false, 2.99 / float64(lines): true} {
		h.PartialMalformed = allowed
		if text, _ := partial(t, h); (text != "") != want {
			t.Errorf("%v allowed: %q", allowed, text)
		}
	}
	kept := map[string]int{}
	for name, file := range content(t, work, "quarantine/all/words/2026-11-20/") {
		for line := range strings.Lines(file) {
			var l struct {
				Blob, Text string
				Offset     int64
			}
			if err := json.Unmarshal([]byte(line), &l); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if l.Blob == "" {
				continue // what the file says of itself
			}
			kept[l.Blob]++
			whole := content(t, input, l.Blob)[l.Blob]
			if !strings.HasPrefix(whole[l.Offset:], l.Text+"\n") || l.Text != `{"broken` {
				t.Errorf("%s at %d: %q", l.Blob, l.Offset, l.Text)
			}
		}
	}
	if kept[blobName(day, 4*12)] != 2 || kept[blobName(day, 11*12)] != 1 || len(kept) != 2 {
		t.Errorf("kept %v", kept)
	}
}

// A partial result is delivered; what is wrong with it does not hide that a
// destination failed.
func TestPartialAndUndelivered(t *testing.T) {
	input := newExport(t, 43).fill(day, 24)
	h := newHunt(input, storagetest.NewMem(), &sink{name: "api", fail: func() error { return publish.ErrDenied }})
	h.MissingHours = 0
	input.Remove(blobName(day, 0))
	r, err := h.Day(t.Context(), day)
	if r == nil || !errors.Is(err, job.ErrPartial) || !errors.Is(err, job.ErrUndelivered) || !errors.Is(err, publish.ErrDenied) || errors.Is(err, storage.ErrDenied) {
		t.Error(err)
	}
}
