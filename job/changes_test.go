package job_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"sparkless/job"
	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

func TestLateBlobIsReadAlone(t *testing.T) {
	for seed := range uint64(12) {
		input := &opens{export: newExport(t, seed).fill(day, 36)}
		work, api := storagetest.NewMem(), &sink{name: "api"}
		h := newHunt(input, work, api)
		first := mustDay(t, h, day)
		input.reset()
		if seed%2 == 0 {
			input.put(blobName(day, 8*int(seed)+101), input.lines(day, 3))
		} else {
			input.Append(blobName(day, 8*5), []byte(input.lines(day, 2))) // an append blob goes on
		}
		r := mustDay(t, h, day)
		sameRecords(t, "result", r.Records, input.oracle(day))
		if fresh := r.Shards - r.Reused; fresh < 1 || fresh > 2 {
			t.Errorf("seed %d: %d of %d shards read again", seed, fresh, r.Shards)
		}
		before := job.NewPlan("somewhere", h.Detector.Spec(), event.Day(day), first.Export.Blobs, shardSize)
		after := job.NewPlan("somewhere", h.Detector.Spec(), event.Day(day), r.Export.Blobs, shardSize)
		allowed, size := map[string]bool{}, int64(0)
		for _, s := range newShards(before, after, "") {
			size += s.Bytes()
			for _, p := range s.Parts {
				allowed[p.Blob.Name] = true
			}
		}
		if r.BytesRead != size {
			t.Errorf("seed %d: %d bytes read, want %d", seed, r.BytesRead, size)
		}
		for name := range input.reset() {
			if !allowed[name] {
				t.Errorf("seed %d: %s was read again", seed, name)
			}
		}
		// What has changed is sent again, under the same ID.
		latest := map[string]publish.Record{}
		for _, rec := range api.taken {
			latest[rec.ID] = rec
		}
		for _, rec := range r.Records {
			if string(latest[rec.ID].Body) != string(rec.Body) {
				t.Errorf("seed %d: the sink's last %s is %s", seed, rec.ID, latest[rec.ID].Body)
			}
		}
	}
}

// A state file that is not what it should be is made anew, byte for byte.
func TestDamagedFilesAreMadeAnew(t *testing.T) {
	input := newExport(t, 3).fill(day, 24)
	want := input.oracle(day)
	work := storagetest.NewMem()
	h := newHunt(input, work)
	mustDay(t, h, day)
	files := content(t, work, "")
	partials := slices.Sorted(maps.Keys(content(t, work, "partials/")))
	const profile = "profiles/all/words/day=2026-11-20/profile.parquet"
	damages := map[string]func(string) []byte{
		"flipped":   func(f string) []byte { return append([]byte{f[0] ^ 1}, f[1:]...) },
		"truncated": func(f string) []byte { return []byte(f[:len(f)/2]) },
		"empty":     func(string) []byte { return nil },
		"foreign":   func(string) []byte { return []byte(files[partials[len(partials)-1]]) }, // whole, for another shard
		"no note": func(string) []byte {
			b, _ := (&words{counts: map[string]int64{"x": 1}}).Encode("no JSON")
			return b
		},
		"a profile": func(string) []byte { return []byte(files[profile]) },
	}
	for kind, damage := range damages {
		for _, name := range []string{partials[0], partials[len(partials)/2], profile} {
			if kind == "a profile" && name == profile {
				continue
			}
			put(t, work, name, damage(files[name]))
			if name != profile {
				work.Remove(profile) // or the partials would not be looked at
			}
			r := mustDay(t, h, day)
			sameRecords(t, kind+" "+name, r.Records, want)
			if !maps.Equal(content(t, work, ""), files) {
				t.Errorf("%s %s: not made anew as it was", kind, name)
			}
			if fresh := r.Shards - r.Reused; name != profile && fresh != 1 || name == profile && fresh != 0 {
				t.Errorf("%s %s: %d shards read again", kind, name, fresh)
			}
		}
	}
}

// elsewhere is an engine whose folds happen in other processes.
type elsewhere struct{}

func (elsewhere) Run(context.Context, int, func(context.Context, int) error) error { return nil }

// What others have folded is merged from the work store, and what is missing or
// damaged there is folded again: no shard is ever left out.
func TestMergeNeverLeavesAShardOut(t *testing.T) {
	input := newExport(t, 4).fill(day, 24)
	work := storagetest.NewMem()
	h := newHunt(input, work)
	want := mustDay(t, h, day).Records
	before := content(t, work, "partials/")
	for i, name := range slices.Sorted(maps.Keys(before)) {
		switch i % 3 {
		case 0:
			work.Remove(name)
		case 1:
			put(t, work, name, []byte(before[name][1:]))
		}
	}
	for name := range content(t, work, "profiles/") {
		work.Remove(name)
	}
	h.Engine = elsewhere{}
	sameRecords(t, "result", mustDay(t, h, day).Records, want)
	if after := content(t, work, "partials/"); len(before) < 3 || !maps.Equal(after, before) {
		t.Errorf("%d partials before, %d after", len(before), len(after))
	}
}

// meddler does something to the container when a blob is opened, and can break
// its body.
type meddler struct {
	*export
	mu   sync.Mutex
	open func(m *meddler, b storage.Blob) error
}

func (m *meddler) Open(ctx context.Context, b storage.Blob, offset, length int64) (io.ReadCloser, error) {
	m.mu.Lock()
	err := m.open(m, b)
	m.mu.Unlock()
	body, openErr := m.export.Open(ctx, b, offset, length)
	if err != nil && openErr == nil {
		return &cutBody{body, length / 2, err}, nil
	}
	return body, openErr
}

type cutBody struct {
	io.ReadCloser
	left int64
	err  error
}

func (c *cutBody) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, c.err
	}
	n, err := c.ReadCloser.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

func TestBlobThatChangesUnderWayIsPlannedAnew(t *testing.T) {
	victim := blobName(day, 5*12)
	for name, change := range map[string]func(m *meddler, b storage.Blob) error{
		"replaced before it is read": func(m *meddler, b storage.Blob) error { m.put(victim, m.lines(day, 4)); return nil },
		"replaced while it is read":  func(m *meddler, b storage.Blob) error { m.put(victim, m.lines(day, 4)); return storage.ErrChanged },
		"removed":                    func(m *meddler, b storage.Blob) error { m.Remove(victim); return nil },
		"another came": func(m *meddler, b storage.Blob) error {
			m.put(blobName(day, 5*12+1), m.lines(day, 4))
			return storage.ErrChanged
		},
	} {
		for _, workers := range []int{1, 4} {
			input := &meddler{export: newExport(t, 5).fill(day, 24)}
			changed := false
			input.open = func(m *meddler, b storage.Blob) error {
				if b.Name == victim && !changed {
					changed = true
					return change(m, b)
				}
				return nil
			}
			h := newHunt(input, storagetest.NewMem())
			h.Engine = job.Local(workers)
			r := mustDay(t, h, day)
			sameRecords(t, name, r.Records, input.oracle(day))
			if !changed {
				t.Error("nothing was changed")
			}
		}
	}
}

func TestBlobThatKeepsChanging(t *testing.T) {
	victim, times := blobName(day, 5*12), 0
	input := &meddler{export: newExport(t, 5).fill(day, 24), open: func(m *meddler, b storage.Blob) error {
		if b.Name == victim {
			times++
			m.put(victim, m.lines(day, 1+times%4))
		}
		return nil
	}}
	api, work := &sink{name: "api"}, storagetest.NewMem()
	_, err := newHunt(input, work, api).Day(t.Context(), day)
	if !errors.Is(err, storage.ErrChanged) || errors.Is(err, job.ErrUndelivered) || !strings.Contains(err.Error(), "2026-11-20 kept changing") || !strings.Contains(err.Error(), victim) {
		t.Error(err)
	}
	if times < 2 || times > 5 || api.sends > 0 || len(content(t, work, "outbox/")) > 0 || len(content(t, work, "profiles/")) > 0 {
		t.Errorf("read %d times; sent %d", times, api.sends)
	}
}

// A failure that no new plan cures ends the day, with its cause and its blob.
func TestReadErrorEndsTheDay(t *testing.T) {
	broken := errors.New("connection reset")
	victim := blobName(day, 5*12)
	for _, cause := range []error{broken, storage.ErrDenied, io.ErrUnexpectedEOF, io.EOF} {
		times := 0
		input := &meddler{export: newExport(t, 6).fill(day, 24), open: func(_ *meddler, b storage.Blob) error {
			if b.Name == victim {
				times++
				return cause
			}
			return nil
		}}
		work := storagetest.NewMem()
		r, err := newHunt(input, work).Day(t.Context(), day)
		want := cause
		if cause == io.EOF { // a body that ends early without an error
			want = io.ErrUnexpectedEOF
		}
		if r != nil || !errors.Is(err, want) || !strings.Contains(err.Error(), victim) || times != 1 {
			t.Errorf("%v: %v, %v after %d times", cause, r, err, times)
		}
	}
}
