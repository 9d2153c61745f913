package job_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sparkless/job"
	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/storagetest"
)

// reporter is told what is wrong. A *testing.T is one, and so is complaints,
// where being told is what is expected.
type reporter interface {
	Errorf(format string, args ...any)
}

// complaints collects what is reported.
type complaints struct {
	mu    sync.Mutex
	texts []string
}

func (c *complaints) Errorf(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.texts = append(c.texts, fmt.Sprintf(format, args...))
}

var errCrash = errors.New("crash")

// world is what outlives a process: the export, the work store, the
// destinations. It judges all that can be seen of them from outside.
type world struct {
	*export
	subject
	rep    reporter
	what   string // names the world in a complaint
	work   *storagetest.Mem
	dests  []*destination
	poison string // the destinations refuse records that hold this text

	defect  *defect // that every process has; nil for none
	crowded bool    // processes run at the same time

	mu        sync.Mutex // held while the export changes
	processes int
	mayRepeat map[int]bool  // processes that had a failure: one batch a destination
	legit     map[fact]bool // all that was ever right
}

// subject is the hunt that lives in a world.
type subject struct {
	// hunt is one process.
	hunt func(ctx context.Context, p parts, workers int) error
	// events are n lines of an export.
	events func(n int) string
	// truth is what the export says now, worked out without the code that is judged,
	// in order of the findings.
	truth func() []fact
	// fact is what a record says of it.
	fact func(publish.Record) fact
	// wantProfile compares what is kept of the day with the truth.
	wantProfile func()
}

// fact is a finding, and what is known of it. A finding whose content is the
// same need not be sent again.
type fact struct{ finding, content string }

// newWorld fills a day with n blobs.
func newWorld(t testing.TB, rep reporter, seed uint64, n int) *world {
	w := emptyWorld(t, rep, seed)
	w.subject = w.sightings()
	for i := range n {
		w.put(blobName(day, i*(288/n)), w.events(1+w.rng.IntN(9)))
	}
	w.remember()
	return w
}

func emptyWorld(t testing.TB, rep reporter, seed uint64) *world {
	w := &world{export: newExport(t, seed), rep: rep, what: fmt.Sprint("seed ", seed), work: storagetest.NewMem(),
		mayRepeat: map[int]bool{}, legit: map[fact]bool{}}
	for i, name := range []string{"api", "siem"} {
		w.dests = append(w.dests, &destination{name: name, batch: 2 + i, w: w})
	}
	return w
}

func (w *world) errorf(format string, args ...any) {
	w.rep.Errorf("%s: %s", w.what, fmt.Sprintf(format, args...))
}

// change lets something happen to the export: a blob arrives, one grows, or one
// is replaced by a version of the same size that says more.
func (w *world) change() {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := w.rng.IntN(288)
	switch names := slices.Sorted(maps.Keys(w.blobs())); w.rng.IntN(3) {
	case 0:
		w.put(blobName(day, i), w.blobs()[blobName(day, i)]+w.events(1+w.rng.IntN(4)))
	case 1:
		w.Append(names[i%len(names)], []byte(w.events(2)))
	default:
		w.replace(names[i%len(names)])
	}
	w.remember()
}

// replace makes all events of a blob count, without changing its size.
func (w *world) replace(name string) {
	w.put(name, strings.ReplaceAll(w.blobs()[name], `"EventID":4624`, `"EventID":4688`))
}

func (w *world) blobs() map[string]string { return content(w.t, w.Mem, "WorkspaceResourceId=") }

// remember notes what is right at this moment.
func (w *world) remember() {
	for _, f := range w.truth() {
		w.legit[f] = true
	}
}

// mark is what tells a record from all others.
func mark(r publish.Record) string { return r.ID + " " + r.Day + " " + string(r.Body) }

// destination is a server that takes records in batches.
type destination struct {
	name  string
	batch int
	w     *world

	mu      sync.Mutex
	batches []taken
}

// taken is a batch, and the process that sent it.
type taken struct {
	process int
	unknown bool // the answer got lost
	records []publish.Record
}

// take is one request: the destination takes the first records of it. By then
// they must be in the outbox.
func (d *destination) take(process int, unknown bool, records []publish.Record) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	records = records[:min(len(records), d.batch)]
	kept := map[string]bool{}
	for _, r := range d.w.outbox() {
		kept[mark(r)] = true
	}
	for _, r := range records {
		if !kept[mark(r)] {
			d.w.errorf("%s got %s before it was in the outbox", d.name, r.ID)
		}
		if d.w.poisoned(string(r.Body)) {
			return 0, publish.ErrRefused
		}
	}
	d.batches = append(d.batches, taken{process, unknown, slices.Clone(records)})
	return len(records), nil
}

func (w *world) poisoned(text string) bool { return w.poison != "" && strings.Contains(text, w.poison) }

// outbox is what any outbox holds, read as text.
func (w *world) outbox() []publish.Record {
	var out []publish.Record
	for b := range w.work.List(w.t.Context(), "outbox/") {
		file, err := storage.ReadBlob(w.t.Context(), w.work, b)
		if err != nil {
			w.errorf("the outbox changes while it is delivered: %v", err)
		}
		for line := range bytes.Lines(file) {
			var r publish.Record
			if json.Unmarshal(line, &r) == nil && r.ID != "" && len(r.Body) > 0 {
				out = append(out, r)
			}
		}
	}
	return out
}

// wantDone compares the outbox and the destinations with the truth.
func (w *world) wantDone() {
	want := w.truth()
	var got []fact
	for _, r := range w.outbox() {
		got = append(got, w.fact(r))
	}
	slices.SortFunc(got, func(a, b fact) int { return strings.Compare(a.finding, b.finding) })
	if !slices.Equal(got, want) {
		w.errorf("the outbox holds %v, want %v", got, want)
	}
	w.wantProfile()
	for _, d := range w.dests {
		w.wantDelivered(d, want)
		w.wantFewRepeats(d)
	}
}

// wantDelivered: the last that the destination was told of each finding is true,
// and it was never told anything that was not.
func (w *world) wantDelivered(d *destination, want []fact) {
	last := map[string]string{}
	for _, b := range d.batches {
		for _, r := range b.records {
			f := w.fact(r)
			last[f.finding] = f.content
			if !w.legit[f] {
				w.errorf("%s got %v, which was never right", d.name, f)
			}
		}
	}
	for _, f := range want {
		if last[f.finding] != f.content && !w.poisoned(f.content) {
			w.errorf("%s: the last of %s is %q, want %q", d.name, f.finding, last[f.finding], f.content)
		}
	}
}

// wantFewRepeats: only what was in flight when something failed may come again.
// That is a batch whose answer was lost, or the last one that a process which
// did not end well sent to the destination.
func (w *world) wantFewRepeats(d *destination) {
	lastOf := map[int]int{}
	for i, b := range d.batches {
		lastOf[b.process] = i
	}
	later := map[fact]bool{}
	for i, b := range slices.Backward(d.batches) {
		excused := b.unknown || w.mayRepeat[b.process] && lastOf[b.process] == i
		for _, r := range b.records {
			if later[w.fact(r)] && !excused {
				w.errorf("%s got %s twice, and process %d was not interrupted there", d.name, r.ID, b.process)
			}
			later[w.fact(r)] = true
		}
	}
}

// wantNothingLeft runs the day once more: it reads no export blob, sends nothing
// and leaves the work store as it is.
func (w *world) wantNothingLeft() {
	before := w.kept()
	sent := w.sent()
	c := &crash{}
	w.run(c)
	if c.opens.Load() > 0 || w.sent() != sent || !maps.Equal(w.kept(), before) {
		w.errorf("a further run opens %d blobs, sends %d batches, or changes the work store", c.opens.Load(), w.sent()-sent)
	}
}

// kept is what the work store holds, without what each run of many machines says of
// itself.
func (w *world) kept() map[string]string {
	all := content(w.t, w.work, "")
	maps.DeleteFunc(all, func(name, _ string) bool {
		return strings.HasPrefix(name, "runs/") && strings.Contains(name, "/result-")
	})
	return all
}

func (w *world) sent() int {
	n := 0
	for _, d := range w.dests {
		n += len(d.batches)
	}
	return n
}

// run is one process: it runs the day once and meets what c has in store.
func (w *world) run(c *crash) error {
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	c.process, c.stop = w.another(), cancel
	p := parts{
		detector: spotter{},
		input:    &storagetest.Faulty{Store: w.Mem, Script: c.script("input", w)},
		work:     &storagetest.Faulty{Store: w.work, Script: c.script("work", w)},
		engine:   job.Local(c.workers),
	}
	for _, d := range w.dests {
		p.sinks = append(p.sinks, &client{d, c})
	}
	if w.defect != nil {
		w.defect.install(&p)
	}
	if c.retry {
		policy := storage.Policy{Attempts: 3}
		p.input, p.work = storage.Retry(p.input, policy), storage.RetryStore(p.work, policy)
		for i, s := range p.sinks {
			p.sinks[i] = publish.Retry(s, publish.Policy{Attempts: 3, Base: 1, Max: 1, Total: 1 << 40})
		}
	}
	err := w.hunt(ctx, p, max(c.workers, 1))
	if w.poison != "" && errors.Is(err, publish.ErrRefused) && c.failures == 0 {
		err = nil
	}
	if err != nil || c.failures > 0 {
		w.mu.Lock()
		w.mayRepeat[c.process] = true
		w.mu.Unlock()
	}
	if err != nil && c.failures == 0 {
		w.errorf("process %d says %v", c.process, err)
	}
	if err == nil && !c.meddled.Load() && !w.crowded {
		w.wantDone() // whatever went wrong on the way
	}
	return err
}

// another counts processes.
func (w *world) another() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.processes++
	return w.processes
}

// config is that of every process.
func config(workers int) job.Config {
	return job.Config{Scope: "all", Workers: workers, ShardSize: shardSize, MaxMalformed: 0.01, PartialMalformed: 1, MissingHours: 1000, Wait: time.Hour}
}

// parts are the seams of a process, where a defect can sit.
type parts struct {
	detector job.Detector[*sightings]
	input    storage.Reader
	work     storage.Store
	sinks    []publish.Sink
	engine   job.Engine
}

// client sends to a destination over a connection that c can break.
type client struct {
	d *destination
	c *crash
}

func (s *client) Name() string { return s.d.name }

func (s *client) Send(_ context.Context, records []publish.Record) (int, error) {
	f := s.c.hit("sink Send " + s.d.name)
	if f == before {
		return 0, errCrash
	}
	n, err := s.d.take(s.c.process, f == after, records)
	if f == after {
		return 0, errCrash
	}
	return n, err
}
