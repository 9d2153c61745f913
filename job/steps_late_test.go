package job_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sparkless/job"
	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

// garbled is an export of which one machine gets a blob in a form that cannot be read.
type garbled struct {
	storage.Reader
	blob string
}

func (g garbled) Open(ctx context.Context, b storage.Blob, offset, length int64) (io.ReadCloser, error) {
	body, err := g.Reader.Open(ctx, b, offset, length)
	if err != nil || b.Name != g.blob {
		return body, err
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if len(data) > 0 {
		data[len(data)-1] ^= 1 // of what checks the rest
	}
	return io.NopCloser(bytes.NewReader(data)), err
}

// waiting is a work store to which everything comes late.
type waiting struct {
	storage.Store
	arrive func()
	free   chan struct{}
}

func (w waiting) Put(ctx context.Context, name string, data []byte) error {
	w.arrive()
	<-w.free
	return w.Store.Put(ctx, name, data)
}

func (w waiting) Create(ctx context.Context, name string, data []byte) error {
	w.arrive()
	<-w.free
	return w.Store.(storage.Creator).Create(ctx, name, data)
}

// lateFold has two workers fold the same batches, of which one cannot read a blob. The
// one that cannot, or the one that can, comes late: the other's piece counts. It says
// what is not so.
func lateFold(t testing.TB, rep reporter, lateReads bool, store func(storage.Store) storage.Store, m *machines) {
	input, work, api := newExport(t, 90).fill(day, 12), storagetest.NewMem(), &sink{name: "api", batch: 4}
	bad := blobName(day, 3*24) + ".gz"
	hunt := func(reads bool, work storage.Store) *job.Hunt[*words] {
		h := newHunt(input, work, api)
		if !reads {
			h.Input = garbled{input, bad}
		}
		h.BatchSize = 1 << 10
		return h
	}
	f, err := hunt(true, store(work)).Freeze(t.Context(), event.Day(day))
	if err != nil {
		t.Fatal(err)
	}
	run := m.join(f)
	for i := range f.Batches {
		reached, free := make(chan struct{}), make(chan struct{})
		late := waiting{store(work), sync.OnceFunc(func() { close(reached) }), free}
		var second job.Piece
		var lateErr error
		var wg sync.WaitGroup
		wg.Go(func() { second, lateErr = hunt(lateReads, late).FoldBatch(t.Context(), f, i, func(job.Beat) {}) })
		<-reached
		first, err := hunt(!lateReads, store(work)).FoldBatch(t.Context(), f, i, func(job.Beat) {})
		close(free)
		wg.Wait()
		if err := errors.Join(err, lateErr); err != nil {
			t.Fatal(err)
		}
		if first.Ref != second.Ref || first.Lines != second.Lines || first.Records != second.Records {
			rep.Errorf("batch %d: %+v, and the late one says %+v", i, first, second)
		}
		m.complete(run, first)
	}
	r, err := process(t.Context(), m, hunt(lateReads, store(work)), event.Day(day), 1)
	if err != nil && !(lateReads && errors.Is(err, job.ErrPartial)) {
		rep.Errorf("%v", err)
		return
	}
	if !lateReads {
		sameRecords(reporterOf{t, rep}, "what the first could read", r.Records, input.oracle(day))
	}
	input.Remove(bad)
	if lateReads {
		sameRecords(reporterOf{t, rep}, "what the first could not read", r.Records, input.oracle(day))
	}
	if left := r.Missing.Unreadable; (len(left) == 1 && left[0].Blob == bad) != lateReads {
		rep.Errorf("left out are %v", left)
	}
}

// reporterOf is a test whose complaints go elsewhere.
type reporterOf struct {
	testing.TB
	rep reporter
}

func (r reporterOf) Errorf(format string, args ...any) { r.rep.Errorf(format, args...) }

// Of two folds of a batch that came to something else, the one that was kept first
// counts, whichever ends first and whatever the late one has written beside.
func TestLateFold(t *testing.T) {
	for _, lateReads := range []bool{false, true} {
		lateFold(t, t, lateReads, func(s storage.Store) storage.Store { return s }, newMachines(1, 3))
	}
}

// A blob that is not what it was when the plan was frozen makes the plan stale, unless
// it was read before; one that has only grown is read as far as it was there.
func TestBlobsThatChangeBehindAPlan(t *testing.T) {
	for what, change := range map[string]func(e *export, name string) bool{
		"replaced": func(e *export, name string) bool { e.put(name, content(e.t, e, name)[name]); return true },
		"removed":  func(e *export, name string) bool { e.Remove(name); return true },
		"shorter":  func(e *export, name string) bool { e.put(name, "{}"); return true },
		"longer":   func(e *export, name string) bool { e.Append(name, []byte(e.lines(day, 3))); return false },
		"beside":   func(e *export, _ string) bool { e.put(blobName(day, 100), e.lines(day, 3)); return false },
	} {
		input, work, api := newExport(t, 91).fill(day, 8), storagetest.NewMem(), &sink{name: "api"}
		h := newHunt(input, work, api)
		h.BatchSize = 1 << 30 // one batch
		want := input.oracle(day)
		f, err := h.Freeze(t.Context(), event.Day(day))
		if err != nil || f.Batches != 1 {
			t.Fatal(f, err)
		}
		folded := newHunt(input, storagetest.NewMem())
		folded.BatchSize = h.BatchSize
		if g, err := folded.Freeze(t.Context(), event.Day(day)); err != nil || g.Run != f.Run {
			t.Fatal(g, err)
		}
		before, err := folded.FoldBatch(t.Context(), f, 0, func(job.Beat) {})
		if err != nil {
			t.Fatal(err)
		}
		stale := change(input, blobName(day, 2*36))
		p, err := h.FoldBatch(t.Context(), f, 0, func(job.Beat) {})
		if stale != errors.Is(err, job.ErrStale) || stale != (err != nil) || stale && (job.KindOf(err) != "stale" || job.Passes("stale")) {
			t.Errorf("%s: %v", what, err)
		}
		if again, err := folded.FoldBatch(t.Context(), f, 0, func(job.Beat) {}); err != nil || again.Ref != before.Ref {
			t.Errorf("%s, what was folded before: %+v, %v", what, again, err)
		}
		if stale {
			if len(content(t, work, "runs/")) != 1 || len(api.taken) > 0 {
				t.Errorf("%s: %q", what, content(t, work, "runs/"))
			}
			continue
		}
		c, err := h.Conclude(t.Context(), f, p)
		if err != nil {
			t.Fatal(err)
		}
		r, err := h.Concluded(t.Context(), f, c)
		if err != nil {
			t.Fatal(err)
		}
		sameRecords(t, what, r.Records, want)
	}
}

// A run whose plan was read before folds nothing, and sends what is still owed. It does
// not take the place of a later state of the day.
func TestPlansThatAreKnown(t *testing.T) {
	input := &opens{export: newExport(t, 92).fill(day, 8)}
	work, api := storagetest.NewMem(), &sink{name: "api", fail: func() error { return errDown }}
	if _, err := newHunt(input, work, api).Day(t.Context(), day); !errors.Is(err, job.ErrUndelivered) {
		t.Fatal(err)
	}
	api.fail = nil
	input.reset()
	h := newHunt(input, work, api)
	f, err := h.Freeze(t.Context(), event.Day(day))
	if err != nil || !f.Known || f.Batches != 0 || f.Blobs != 8 || f.Bytes == 0 || f.Shards == 0 {
		t.Fatalf("%+v, %v", f, err)
	}
	c, err := h.Conclude(t.Context(), f, job.Piece{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := h.Concluded(t.Context(), f, c)
	if err != nil || r.BytesRead > 0 || r.Reused != r.Shards || len(input.reset()) > 0 || c.Findings != len(r.Records) {
		t.Errorf("%+v, %v", r, err)
	}
	sameRecords(t, "sent", api.taken, input.oracle(day))

	sent := len(api.taken)
	input.Append(blobName(day, 0), []byte(input.lines(day, 5)))
	mustDay(t, h, day)
	sent = len(api.taken) - sent
	kept := content(t, work, "profiles/")
	if _, err := h.Conclude(t.Context(), f, job.Piece{}); !errors.Is(err, job.ErrStale) {
		t.Errorf("beside a later state: %v", err)
	}
	for name := range kept {
		work.Remove(name)
	}
	if _, err := h.Conclude(t.Context(), f, job.Piece{}); !errors.Is(err, job.ErrStale) {
		t.Errorf("without a profile: %v", err)
	}
	if len(content(t, work, "profiles/")) > 0 || sent < 0 {
		t.Error("a profile was made of nothing")
	}
}

// What an earlier run has read is not read again, and counted as that.
func TestStepsReuseShards(t *testing.T) {
	d := freezeDay(t, 100)
	for name := range content(t, d.work, "runs/") {
		d.work.Remove(name)
	}
	var gone int64
	partials := slices.Sorted(maps.Keys(content(t, d.work, "partials/")))
	for _, name := range partials[:3] {
		d.work.Remove(name)
	}
	plan := job.NewPlan("", d.hunt().Detector.Spec(), event.Day(day), listed(t, d.input), shardSize)
	for _, s := range plan.Shards {
		if slices.ContainsFunc(partials[:3], func(name string) bool { return strings.Contains(name, s.Key) }) {
			gone += s.Bytes()
		}
	}
	r, err := process(t.Context(), newMachines(100, 2), d.hunt(), event.Day(day), 1)
	if err != nil || r.Shards != len(partials) || r.Reused != len(partials)-3 || r.BytesRead != gone || gone == 0 {
		t.Fatalf("%d of %d shards reused, %d bytes read, want %d; %v", r.Reused, r.Shards, r.BytesRead, gone, err)
	}
	sameRecords(t, "result", r.Records, d.input.oracle(day))
}

// What was frozen, and folded, before the day changed does not take the place of what was
// made of it since, whether the blobs have more bytes now, as many, or fewer.
func TestAnOldPlanConcludedLate(t *testing.T) {
	for what, change := range map[string]func(e *export){
		"more":    func(e *export) { e.put(blobName(day, 7), e.lines(day, 30)) },
		"as many": func(e *export) { e.put(blobName(day, 0), content(t, e, "")[blobName(day, 0)]) },
		"fewer":   func(e *export) { e.Remove(blobName(day, 0)) },
	} {
		d := freezeDay(t, 93)
		change(d.input)
		want := mustDay(t, d.hunt(), day)
		kept := content(t, d.work, "")
		if _, err := d.hunt().Conclude(t.Context(), d.f, d.all); !errors.Is(err, job.ErrStale) {
			t.Errorf("%s: %v", what, err)
		}
		if !maps.Equal(content(t, d.work, ""), kept) {
			t.Errorf("%s: it changed the work store", what)
		}
		sameRecords(t, what, d.api.taken, want.Records)
	}
}

// A plan of what is there now takes the place of what another run has kept since it was
// frozen, of more bytes or fewer.
func TestANewPlanBesideAnOldOne(t *testing.T) {
	for what, other := range map[string]func(e *export) *export{
		"more":  func(e *export) *export { e.put(blobName(day, 7), e.lines(day, 30)); return e },
		"fewer": func(e *export) *export { e.Remove(blobName(day, 0)); return e },
	} {
		d := freezeDay(t, 93)
		old := d.hunt()
		old.Input = other(newExport(t, 93).fill(day, 12))
		mustDay(t, old, day)
		c, err := d.hunt().Conclude(t.Context(), d.f, d.all)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		r, err := d.hunt().Concluded(t.Context(), d.f, c)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		sameRecords(t, what, r.Records, d.input.oracle(day))
	}
}

// A run that is only tried leaves what a tried Window leaves, and sends nothing.
func TestStepsTried(t *testing.T) {
	input := newExport(t, 94).fill(day, 8)
	hunt := func(work storage.Store, api *sink) *job.Hunt[*words] {
		h := newHunt(input, work, api)
		h.DryRun, h.BatchSize = true, 1<<10
		return h
	}
	compare(t, "tried", event.Day(day), false, hunt, hunt, newMachines(94, 2), 2)
	work, api := storagetest.NewMem(), &sink{name: "api"}
	r, err := process(t.Context(), newMachines(1, 2), hunt(work, api), event.Day(day), 1)
	if err != nil || len(r.Deliveries) != 1 || r.Deliveries[0].Left != len(r.Records) || len(api.taken) > 0 || len(content(t, work, "outbox/")) > 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

// While another run works on the day, only the end has to wait, and then may be tried
// again.
func TestStepsBesideAnotherRun(t *testing.T) {
	d := freezeDay(t, 95)
	_, unlock, err := d.work.Lock(t.Context(), "locks/all/words/2026-11-20")
	if err != nil {
		t.Fatal(err)
	}
	d.fold(0)
	if _, err := d.hunt().MergePieces(t.Context(), d.f, d.parts); err != nil {
		t.Error(err)
	}
	_, err = d.hunt().Conclude(t.Context(), d.f, d.all)
	if kind := job.KindOf(err); !errors.Is(err, job.ErrBusy) || kind != "busy" || !job.Passes(kind) {
		t.Errorf("%s, %v", kind, err)
	}
	d.wantUnsettled("busy")
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	d.wantEnd()
}

// Whoever loses the lock while he delivers has concluded nothing: another one goes on.
func TestConcludeLosesItsLock(t *testing.T) {
	d := freezeDay(t, 101)
	d.api.fail = func() error {
		d.work.BreakLock("locks/all/words/2026-11-20")
		return errDown
	}
	c, err := d.hunt().Conclude(t.Context(), d.f, d.all)
	if !errors.Is(err, storage.ErrLockLost) || c != (job.Conclusion{}) || len(content(t, d.work, "runs/all/words/2026-11-20/"+d.f.Run+"/result-")) > 0 {
		t.Errorf("%+v, %v", c, err)
	}
	d.api.fail = nil
	d.wantEnd()
}

// There is nothing to freeze without blobs, in what is no window, or where nothing can
// be kept from being replaced.
func TestNothingToFreeze(t *testing.T) {
	input, work := newExport(t, 96).fill(day, 4), storagetest.NewMem()
	h := newHunt(input, work)
	if _, err := h.Freeze(t.Context(), event.Day(at(1))); !errors.Is(err, job.ErrNoBlobs) || job.KindOf(err) != "no-blobs" {
		t.Error(err)
	}
	for _, w := range []event.Window{{}, {From: day, To: day}, {From: at(1), To: day}, {From: day, To: day.Add(time.Hour + 1)}} {
		if f, err := h.Freeze(t.Context(), w); err == nil {
			t.Errorf("%v: %+v", w, f)
		}
	}
	for _, poor := range []storage.Store{struct{ storage.Store }{work}, storage.RetryStore(struct{ storage.Store }{work}, storage.Policy{})} {
		h.Work = poor
		if _, err := h.Freeze(t.Context(), event.Day(day)); err == nil || job.Passes(job.KindOf(err)) {
			t.Errorf("without Create: %v", err)
		}
	}
	if kept := content(t, work, ""); len(kept) > 0 {
		t.Errorf("there are %q", kept)
	}
}

// Processes that freeze the same at once get the same, and keep it once.
func TestFrozenAtOnce(t *testing.T) {
	input, work := newExport(t, 97).fill(day, 8), storagetest.NewMem()
	var mu sync.Mutex
	var all []job.Frozen
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			f, err := newHunt(input, work).Freeze(t.Context(), event.Day(day))
			mu.Lock()
			defer mu.Unlock()
			if all = append(all, f); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if all = slices.Compact(all); len(all) != 1 || len(content(t, work, "runs/")) != 1 {
		t.Errorf("%+v, %q", all, slices.Collect(maps.Keys(content(t, work, "runs/"))))
	}
}

// What a run ended with is told to all of its processes alike.
func TestConcludedErrors(t *testing.T) {
	d := freezeDay(t, 99)
	d.api.fail = func() error { return publish.ErrDenied }
	h := d.hunt()
	h.MissingHours, h.Identity = 0, "me"
	c, err := h.Conclude(t.Context(), d.f, d.all)
	if err != nil || c.Kind != "undelivered" || c.By != "me" || c.Findings != len(d.input.oracle(day)) {
		t.Fatalf("%+v, %v", c, err)
	}
	r, err := d.hunt().Concluded(t.Context(), d.f, c)
	if r == nil || !errors.Is(err, job.ErrUndelivered) || !errors.Is(err, job.ErrPartial) || errors.Is(err, job.ErrStale) || !strings.Contains(err.Error(), "no blob of hour") {
		t.Errorf("%v", err)
	}
	if len(d.api.taken) > 0 || d.api.sends != 1 {
		t.Errorf("%d sends", d.api.sends)
	}
	for _, ill := range []error{job.ErrMalformed, fmt.Errorf("x: %w", job.ErrMemory), errDown} {
		d := freezeDay(t, 99)
		h := d.hunt()
		h.Detector = &counter{finishErr: ill}
		if c, err := h.Conclude(t.Context(), d.f, d.all); !errors.Is(err, ill) {
			t.Errorf("%+v, %v", c, err)
		}
	}
}
