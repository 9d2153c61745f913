package job_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sparkless/job"
	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

// others is a detector of the words of other events, and of what counter reads too.
type others struct {
	counter
	number int
}

func (o *others) Spec() event.Spec {
	s := o.counter.Spec()
	s.Detector = fmt.Sprint("others-", o.number)
	s.Query = event.Query{EventIDs: [][]int{{4624}, {4624, 4688}, nil}[o.number%3], Columns: [][]string{{"Process"}, {"Process", "Pad"}}[o.number%2]}
	return s
}

// opened counts how often a blob was opened for reading, and blobs were listed.
type opened struct {
	storage.Reader
	times, lists atomic.Int64
}

func (o *opened) List(ctx context.Context, prefix string) iter.Seq2[storage.Blob, error] {
	o.lists.Add(1)
	return o.Reader.List(ctx, prefix)
}

func (o *opened) Open(ctx context.Context, b storage.Blob, offset, length int64) (io.ReadCloser, error) {
	o.times.Add(1)
	return o.Reader.Open(ctx, b, offset, length)
}

// kept is a work store that counts how often an object was read.
type kept struct {
	*storagetest.Mem
	mu    sync.Mutex
	reads map[string]int
}

func (k *kept) Open(ctx context.Context, b storage.Blob, offset, length int64) (io.ReadCloser, error) {
	k.mu.Lock()
	k.reads[b.Name]++
	k.mu.Unlock()
	return k.Mem.Open(ctx, b, offset, length)
}

// company are hunts over the same input, each of which reads for those behind it unless
// they are to be apart.
type company struct {
	input *opened
	work  *kept
	apis  []*sink
	hunts []*job.Hunt[*words]
}

func newCompany(input storage.Reader, n int, apart bool) *company {
	c := &company{input: &opened{Reader: input}, work: &kept{Mem: storagetest.NewMem(), reads: map[string]int{}}}
	for i := range n {
		api := &sink{name: "api", batch: 4}
		h := newHunt(c.input, c.work, api)
		if i > 0 {
			h.Detector = &others{number: i}
		}
		h.MissingHours, h.MaxMalformed, h.PartialMalformed = 1000, 1, 1
		c.apis, c.hunts = append(c.apis, api), append(c.hunts, h)
	}
	for i := range c.hunts {
		for _, behind := range c.hunts[i+1:] {
			if !apart {
				c.hunts[i].Beside = append(c.hunts[i].Beside, behind)
			}
		}
	}
	return c
}

// run has each hunt go through the window, and returns what came of each. Of a hunt
// that was read for, nothing tells but how much it has read itself.
func (c *company) run(t testing.TB, w event.Window) (all []outcome) {
	for i, h := range c.hunts {
		r, err := h.Window(t.Context(), w)
		if r != nil {
			r.Reused, r.BytesRead = 0, 0
		}
		o := outcomeOf(t, r, err, storagetest.NewMem(), c.apis[i])
		all = append(all, o)
	}
	all[0].kept = content(t, c.work.Mem, "")
	return all
}

// What hunts make that are read for is, byte for byte, what each makes of a reading of
// its own, whatever the input is like and the day is cut into.
func TestBesideIsAsAlone(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 9))
		input, w, n := damagedDay(t, rng), windows(t, rng), 2+rng.IntN(3)
		together, apart := newCompany(input, n, false), newCompany(input, n, true)
		size := []int64{0, 1 << 10, 4 << 10}[rng.IntN(3)]
		for i := range n {
			for _, h := range []*job.Hunt[*words]{together.hunts[i], apart.hunts[i]} {
				h.ShardSize, h.Strict = size, seed%5 == 4
				h.Lanes = event.NewLanes(4, 1+int(seed%4))
			}
		}
		for again := range 2 {
			got, want := together.run(t, w), apart.run(t, w)
			for i := range want {
				sameOutcome(t, fmt.Sprintf("seed %d, run %d, hunt %d", seed, again, i), got[i], want[i])
			}
			input.Append(blobName(day, 24), []byte(input.lines(day, 3))) // comes late
		}
	}
}

// A day is listed and read once for all, and once more where a blob cannot be read; a late blob is
// read once, too. A hunt that ran before is left out.
func TestBesideReadsOnce(t *testing.T) {
	input := newExport(t, 5).fill(day, 12)
	c := newCompany(input, 3, false)
	c.run(t, event.Day(day))
	alone := newCompany(input, 1, true)
	alone.run(t, event.Day(day))
	if got, want := c.input.times.Load(), alone.input.times.Load(); got != want {
		t.Errorf("%d blobs were opened for three hunts, and %d for one", got, want)
	}
	if got, want := c.input.lists.Load(), alone.input.lists.Load(); got != want || want == 0 {
		t.Errorf("the export was listed %d times for three hunts, and %d for one", got, want)
	}
	for name := range content(t, c.work.Mem, "partials/") {
		if n := c.work.reads[name]; n > 0 {
			t.Errorf("%s was read back %d times", name, n)
		}
	}
	before := c.input.times.Load()
	input.Append(blobName(day, 24), []byte(input.lines(day, 3)))
	c.run(t, event.Day(day))
	if got := c.input.times.Load() - before; got != 1 && got > 13 {
		t.Errorf("%d blobs were opened for one that has grown", got)
	}
	before = c.input.times.Load()
	c.run(t, event.Day(day))
	if got := c.input.times.Load() - before; got != 0 {
		t.Errorf("%d blobs were opened of a day that is known", got)
	}

	late := newCompany(input, 3, false)
	if _, err := late.hunts[1].Window(t.Context(), event.Day(day)); err != nil {
		t.Fatal(err)
	}
	kept := maps.Clone(content(t, late.work.Mem, ""))
	late.run(t, event.Day(day))
	for name, text := range content(t, late.work.Mem, "partials/all/others-1/") {
		if kept[name] != text {
			t.Errorf("%s was made again", name)
		}
	}
}

// A listing that was handed over replaces nothing that another run has made of a later
// one, whether that came before the hunt was read for or after.
func TestBesideGivesWayToLaterBlobs(t *testing.T) {
	for _, before := range []bool{false, true} {
		input := newExport(t, 8).fill(day, 12)
		c := newCompany(input, 2, false)
		if before {
			if _, err := c.hunts[1].Window(t.Context(), event.Day(day)); err != nil {
				t.Fatal(err)
			}
			input.Append(blobName(day, 24), []byte(input.lines(day, 3)))
		}
		if _, err := c.hunts[0].Window(t.Context(), event.Day(day)); err != nil {
			t.Fatal(err)
		}
		input.Append(blobName(day, 48), []byte(strings.Replace(input.line(day, "late"), "4688", "4624", 1)+"\n"))
		another := newCompany(input, 2, true).hunts[1]
		another.Work = c.work
		want, err := another.Window(t.Context(), event.Day(day))
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.hunts[1].Window(t.Context(), event.Day(day))
		if err != nil {
			t.Fatal(err)
		}
		sameRecords(t, fmt.Sprintf("before: %v", before), got.Records, want.Records)
		if got.BytesRead > 0 || len(got.Superseded) > 0 {
			t.Errorf("before: %v: %d bytes were read, and %v are none any more", before, got.BytesRead, got.Superseded)
		}
	}
}

// Hours that are over since the listing was made are looked for, not missed.
func TestBesideListsWhatIsOverByNow(t *testing.T) {
	input := newExport(t, 9).fill(day, 12)
	c := newCompany(input, 2, false)
	now := day.Add(23 * time.Hour)
	for _, h := range c.hunts {
		h.Now = func() time.Time { return now }
	}
	if _, err := c.hunts[0].Window(t.Context(), event.Day(day)); err != nil {
		t.Fatal(err)
	}
	now = day.Add(24 * time.Hour)
	input.put(blobName(day, 287), input.lines(day, 3))
	r, err := c.hunts[1].Window(t.Context(), event.Day(day))
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range r.Missing.Gaps {
		for _, hour := range g.Hours {
			if hour == 23 {
				t.Errorf("the last hour is missing: %v", r.Missing)
			}
		}
	}
}

// A run that was cut off leaves partials without a profile. Those who read for the hunt
// read on, and its partials stay.
func TestBesideGoesOnWithPartials(t *testing.T) {
	input := newExport(t, 10).fill(day, 12)
	apart, c := newCompany(input, 2, true), newCompany(input, 2, false)
	if _, err := c.hunts[1].Window(t.Context(), event.Day(day)); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(10, 1))
	for name := range content(t, c.work.Mem, "") {
		if strings.HasPrefix(name, "profiles/") || rng.IntN(3) == 0 {
			c.work.Remove(name)
		}
	}
	before := content(t, c.work.Mem, "partials/")
	for i, h := range c.hunts {
		sameRecords(t, fmt.Sprint("hunt ", i), mustDay(t, h, day).Records, mustDay(t, apart.hunts[i], day).Records)
	}
	for name, text := range content(t, c.work.Mem, "partials/") {
		if old, ok := before[name]; ok && old != text {
			t.Errorf("%s is another", name)
		}
	}
	if len(before) == 0 {
		t.Error("there was no partial")
	}
}

// full is a state of which two do not fit where one does.
type full struct{ *words }

func (f full) Merge(o full) { f.words.Merge(o.words) }
func (f full) Size() int    { return 1 << 20 * min(len(f.counts), 9) }

// fuller is the detector of full.
type fuller struct{ others }

func (f *fuller) New() full { return full{f.others.New()} }

func (f *fuller) Finish(ctx context.Context, w event.Window, day, history full) ([]publish.Record, error) {
	return f.others.Finish(ctx, w, day.words, history.words)
}

// Where there is not enough memory for all, each reads for itself.
func TestBesideWithLittleMemory(t *testing.T) {
	input := newExport(t, 6).fill(day, 12)
	in := &opened{Reader: input}
	work := storagetest.NewMem()
	hunt := func(n int) *job.Hunt[full] {
		plain := newHunt(in, work, &sink{name: "api", batch: 4})
		h := &job.Hunt[full]{Detector: &fuller{others{number: n}}, Input: in, Work: work, Engine: job.Local(1), Sinks: plain.Sinks, Config: plain.Config}
		h.Workers, h.MissingHours, h.ShardSize = 1, 1000, 1<<20
		h.Memory = 92 << 20
		return h
	}
	for _, n := range []int{3, 4} { // keeping takes too much, or reading already
		work = storagetest.NewMem()
		var all []*job.Hunt[full]
		for i := range n {
			all = append(all, hunt(i+1))
		}
		for _, h := range all[1:] {
			all[0].Beside = append(all[0].Beside, h)
		}
		for _, h := range all {
			r, err := h.Window(t.Context(), event.Day(day))
			if err != nil {
				t.Fatalf("%d hunts: %v", n, err)
			}
			if h == all[n-1] && (len(r.Records) == 0 || r.Shards == 0 || r.Reused > 0) {
				t.Errorf("%d hunts: %d records, %d of %d shards that another has read", n, len(r.Records), r.Reused, r.Shards)
			}
		}
	}
}

// A fellow whose partial cannot be kept fails the shard: nobody takes it for read.
func TestBesideFailsAsOne(t *testing.T) {
	input := newExport(t, 7).fill(day, 6)
	c := newCompany(input, 2, false)
	c.hunts[1].Work = refusing{c.work}
	if _, err := c.hunts[0].Window(t.Context(), event.Day(day)); err == nil || !strings.Contains(err.Error(), "refused to keep") {
		t.Errorf("the first hunt says %v", err)
	}
	if kept := content(t, c.work.Mem, "profiles/"); len(kept) > 0 {
		t.Errorf("there is a profile: %v", kept)
	}
}

// refusing keeps nothing.
type refusing struct{ storage.Store }

func (refusing) Put(context.Context, string, []byte) error { return fmt.Errorf("refused to keep it") }
