package job_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sparkless/job"
	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

// frozenDay is a day in several batches, with all pieces of it.
type frozenDay struct {
	t     testing.TB
	input *export
	work  *storagetest.Mem
	api   *sink
	f     job.Frozen
	parts []job.Piece
	all   job.Piece
}

func freezeDay(t testing.TB, seed uint64) *frozenDay {
	d := &frozenDay{t: t, input: newExport(t, seed).fill(day, 12), work: storagetest.NewMem(), api: &sink{name: "api", batch: 4}}
	var err error
	if d.f, err = d.hunt().Freeze(t.Context(), event.Day(day)); err != nil || d.f.Batches < 4 {
		t.Fatalf("%+v, %v", d.f, err)
	}
	for i := range d.f.Batches {
		d.parts = append(d.parts, d.fold(i))
	}
	if d.all, err = d.hunt().MergePieces(t.Context(), d.f, d.parts); err != nil {
		t.Fatal(err)
	}
	return d
}

// hunt is a process of the run.
func (d *frozenDay) hunt() *job.Hunt[*words] {
	h := newHunt(d.input, d.work, d.api)
	h.BatchSize, h.Code = 1<<10, "code"
	return h
}

func (d *frozenDay) fold(batch int) job.Piece {
	d.t.Helper()
	p, err := d.hunt().FoldBatch(d.t.Context(), d.f, batch, func(job.Beat) {})
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

// wantUnsettled fails if anything was sent, or is kept that only a whole day leaves.
func (d *frozenDay) wantUnsettled(what string) {
	d.t.Helper()
	for _, folder := range []string{"profiles/", "outbox/", "receipts/"} {
		if kept := content(d.t, d.work, folder); len(kept) > 0 || len(d.api.taken) > 0 {
			d.t.Fatalf("%s: there are %q, and %d records were sent", what, slices.Collect(maps.Keys(kept)), len(d.api.taken))
		}
	}
}

// wantEnd concludes the day as it should be.
func (d *frozenDay) wantEnd() {
	d.t.Helper()
	c, err := d.hunt().Conclude(d.t.Context(), d.f, d.all)
	if err != nil || c.Kind != "" {
		d.t.Fatalf("%+v, %v", c, err)
	}
	r, err := d.hunt().Concluded(d.t.Context(), d.f, c)
	if err != nil {
		d.t.Fatal(err)
	}
	sameRecords(d.t, "result", r.Records, d.input.oracle(day))
	sameRecords(d.t, "sent", d.api.taken, r.Records)
}

// refused reports whether trying the same again is of no use, and the error says so.
func refused(err error) bool {
	return (errors.Is(err, job.ErrDamaged) || errors.Is(err, storage.ErrInvalid)) && !job.Passes(job.KindOf(err))
}

// ill are lists of pieces that no day is made of.
func (d *frozenDay) ill() map[string][]job.Piece {
	other := freezeDay(d.t, 71)
	with := func(i int, change func(*job.Piece)) []job.Piece {
		list := slices.Clone(d.parts)
		change(&list[i])
		return list
	}
	n := len(d.parts)
	return map[string][]job.Piece{
		"none":               nil,
		"one is missing":     slices.Concat(d.parts[:1], d.parts[2:]),
		"one is there twice": slices.Concat(d.parts[:2], d.parts[1:]),
		"one twice at last":  append(slices.Clone(d.parts), d.parts[n-1]),
		"out of order":       slices.Concat(d.parts[2:3], d.parts[:2], d.parts[3:]),
		"backwards": slices.Collect(func(yield func(job.Piece) bool) {
			slices.Backward(d.parts)(func(_ int, p job.Piece) bool { return yield(p) })
		}),
		"all and a part":   {d.all, d.parts[0]},
		"a part and all":   {d.parts[0], d.all},
		"too many":         slices.Repeat(d.parts[:1], job.MaxPieces+1),
		"the zero piece":   {{}},
		"another digest":   with(1, func(p *job.Piece) { p.SHA256 = fmt.Sprintf("%x", sha256.Sum256(nil)) }),
		"no digest":        with(1, func(p *job.Piece) { p.SHA256 = "" }),
		"another size":     with(1, func(p *job.Piece) { p.Size++ }),
		"a negative size":  with(1, func(p *job.Piece) { p.Size = -1 }),
		"a huge size":      with(1, func(p *job.Piece) { p.Size = 1 << 62 }),
		"no object":        with(1, func(p *job.Piece) { p.Object = "" }),
		"outside":          with(1, func(p *job.Piece) { p.Object = "../../etc/passwd" }),
		"the plan":         with(1, func(p *job.Piece) { p.Ref = d.f.Plan }),
		"another's":        with(1, func(p *job.Piece) { p.Ref = d.parts[2].Ref }),
		"other numbers":    with(1, func(p *job.Piece) { p.First, p.Last = p.First+1, p.Last+1 }),
		"other bytes":      with(1, func(p *job.Piece) { p.Bytes++ }),
		"other shards":     with(1, func(p *job.Piece) { p.Shards++ }),
		"an empty span":    with(1, func(p *job.Piece) { p.Last = p.First }),
		"a negative span":  with(1, func(p *job.Piece) { p.Last = p.First - 1 }),
		"before the first": with(0, func(p *job.Piece) { p.First = -1 }),
		"behind the last":  with(n-1, func(p *job.Piece) { p.Last++ }),
		"far behind it":    with(0, func(p *job.Piece) { p.First, p.Last = 1<<40, 1<<40+1 }),
		"of another plan":  with(1, func(p *job.Piece) { p.Ref = other.parts[1].Ref }),
		"all of it":        other.parts,
	}
}

// What is no piece of the plan, or not the one that is referred to, is refused, and what
// is refused changes nothing.
func TestPiecesThatDoNotFit(t *testing.T) {
	d := freezeDay(t, 70)
	for what, pieces := range d.ill() {
		before := content(t, d.work, "")
		p, err := d.hunt().MergePieces(t.Context(), d.f, pieces)
		if !refused(err) {
			t.Errorf("%s: merged to %+v, %v", what, p, err)
		}
		if len(pieces) == len(d.parts) && errors.Is(err, job.ErrDamaged) && !strings.Contains(err.Error(), pieces[1].Object) && what != "all of it" {
			t.Errorf("%s: not named in %v", what, err)
		}
		if !maps.Equal(content(t, d.work, ""), before) {
			t.Errorf("%s: it was kept", what)
		}
	}
	for what, all := range map[string]job.Piece{
		"none": {}, "a part": d.parts[0], "the last": d.parts[len(d.parts)-1], "more": {Ref: d.all.Ref, Last: d.all.Last + 1},
		"a part as all": {Ref: d.parts[0].Ref, Last: d.all.Last, Bytes: d.all.Bytes, Shards: d.all.Shards},
		"other digest":  {Ref: job.Ref{Object: d.all.Object, Size: d.all.Size}, Last: d.all.Last, Bytes: d.all.Bytes, Shards: d.all.Shards},
		"other bytes":   {Ref: d.all.Ref, Last: d.all.Last, Bytes: 1, Shards: d.all.Shards},
	} {
		if c, err := d.hunt().Conclude(t.Context(), d.f, all); !refused(err) {
			t.Errorf("%s: concluded as %+v, %v", what, c, err)
		}
		d.wantUnsettled(what)
	}
	d.wantEnd()
}

// A plan that is not the one that is referred to, or that this program would carry out
// otherwise, is refused by every step.
func TestPlansThatDoNotFit(t *testing.T) {
	d, other := freezeDay(t, 72), freezeDay(t, 73)
	frozen := map[string]func(*job.Frozen){
		"another run":      func(f *job.Frozen) { f.Run = other.f.Run },
		"no run":           func(f *job.Frozen) { f.Run = "" },
		"another plan":     func(f *job.Frozen) { f.Plan = other.f.Plan },
		"another digest":   func(f *job.Frozen) { f.Plan.SHA256 = other.f.Plan.SHA256 },
		"another size":     func(f *job.Frozen) { f.Plan.Size++ },
		"no object":        func(f *job.Frozen) { f.Plan = job.Ref{} },
		"a piece":          func(f *job.Frozen) { f.Plan = d.parts[0].Ref },
		"another window":   func(f *job.Frozen) { f.Window = "2026-11-21" },
		"no window":        func(f *job.Frozen) { f.Window = "../../up" },
		"fewer batches":    func(f *job.Frozen) { f.Batches-- },
		"no batches":       func(f *job.Frozen) { f.Batches = 0 },
		"negative batches": func(f *job.Frozen) { f.Batches = -1 },
	}
	program := map[string]func(*job.Hunt[*words]){
		"other code":          func(h *job.Hunt[*words]) { h.Code = "newer" },
		"other batches":       func(h *job.Hunt[*words]) { h.BatchSize = 1 << 30 },
		"another source":      func(h *job.Hunt[*words]) { h.Source = "elsewhere" },
		"another detector":    func(h *job.Hunt[*words]) { h.Detector = &counter{version: 1} },
		"another way to read": func(h *job.Hunt[*words]) { h.Strict = true },
	}
	try := func(what string, h *job.Hunt[*words], f job.Frozen) {
		t.Helper()
		_, fold := h.FoldBatch(t.Context(), f, 0, func(job.Beat) {})
		_, merge := h.MergePieces(t.Context(), f, d.parts)
		_, end := h.Conclude(t.Context(), f, d.all)
		for step, err := range map[string]error{"fold": fold, "merge": merge, "conclude": end} {
			if !refused(err) {
				t.Errorf("%s: %s: %v", what, step, err)
			}
		}
		d.wantUnsettled(what)
	}
	for what, change := range frozen {
		f := d.f
		change(&f)
		try(what, d.hunt(), f)
	}
	for what, change := range program {
		h := d.hunt()
		change(h)
		if f, err := h.Freeze(t.Context(), event.Day(day)); err != nil || f.Run == d.f.Run {
			t.Errorf("%s: it is the same run, %v", what, err)
		}
		try(what, h, d.f)
	}
	for _, batch := range []int{-1, d.f.Batches, 1 << 40} {
		if _, err := d.hunt().FoldBatch(t.Context(), d.f, batch, func(job.Beat) {}); !refused(err) {
			t.Errorf("batch %d: %v", batch, err)
		}
	}
	known := d.f
	known.Known, known.Batches = true, 0
	if _, err := d.hunt().Conclude(t.Context(), known, job.Piece{}); !errors.Is(err, job.ErrStale) {
		t.Errorf("a plan that is said to be known: %v", err)
	}
	d.wantUnsettled("known")
	d.wantEnd()
}

// A plan of another version, or that says something else than its run does, is refused
// also where it is the one that is referred to.
func TestPlansOfOthers(t *testing.T) {
	d := freezeDay(t, 76)
	whole := content(t, d.work, "")[d.f.Plan.Object]
	for what, text := range illPlans(whole, shardSize) {
		if what == "a huge blob" {
			continue // which is cut for as long as it is large
		}
		f := d.f
		put(t, d.work, f.Plan.Object, []byte(text))
		f.Plan.SHA256, f.Plan.Size = fmt.Sprintf("%x", sha256.Sum256([]byte(text))), int64(len(text))
		if _, err := d.hunt().Conclude(t.Context(), f, d.all); !errors.Is(err, job.ErrDamaged) || !strings.Contains(err.Error(), f.Plan.Object) {
			t.Errorf("%s: %v", what, err)
		}
		d.wantUnsettled(what)
	}
	put(t, d.work, d.f.Plan.Object, []byte(whole))
	d.wantEnd()
}

// No more pieces are merged at a time than the memory for them is meant for.
func TestManyPieces(t *testing.T) {
	input, work := newExport(t, 77), storagetest.NewMem()
	for i := range 40 {
		input.put(blobName(day, i), input.lines(day, 30))
	}
	h := newHunt(input, work)
	h.BatchSize = 1 << 10
	f, err := h.Freeze(t.Context(), event.Day(day))
	if err != nil || f.Batches <= job.MaxPieces {
		t.Fatalf("%+v, %v", f, err)
	}
	var parts []job.Piece
	for i := range job.MaxPieces + 1 {
		p, err := h.FoldBatch(t.Context(), f, i, func(job.Beat) {})
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, p)
	}
	if _, err := h.MergePieces(t.Context(), f, parts); !refused(err) {
		t.Errorf("%d pieces: %v", len(parts), err)
	}
	if p, err := h.MergePieces(t.Context(), f, parts[1:]); err != nil || p.First != 1 || p.Last != len(parts) {
		t.Errorf("%d pieces: %+v, %v", len(parts)-1, p, err)
	}
}

// Of a run whose objects were damaged those are refused that are referred to, by name.
func TestDamagedObjectsOfARun(t *testing.T) {
	d := freezeDay(t, 74)
	rng := rand.New(rand.NewPCG(74, 0))
	steps := map[string]func() error{
		d.f.Plan.Object: func() error {
			_, err := d.hunt().FoldBatch(t.Context(), d.f, 0, func(job.Beat) {})
			return err
		},
		d.parts[1].Object: func() error {
			_, err := d.hunt().MergePieces(t.Context(), d.f, d.parts[:2])
			return err
		},
		d.all.Object: func() error {
			_, err := d.hunt().Conclude(t.Context(), d.f, d.all)
			return err
		},
	}
	whole := content(t, d.work, "runs/")
	for name, step := range steps {
		for how, data := range damages(rng, []byte(whole[name]), []byte(whole[d.parts[0].Object])) {
			if put(t, d.work, name, data); bytes.Equal(data, []byte(whole[name])) {
				continue
			}
			if err := step(); !errors.Is(err, job.ErrDamaged) || !strings.Contains(err.Error(), name) {
				t.Errorf("%s, %s: %v", name, how, err)
			}
		}
		d.work.Remove(name)
		if err := step(); !errors.Is(err, job.ErrDamaged) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s removed: %v", name, err)
		}
		put(t, d.work, name, []byte(whole[name]))
		d.wantUnsettled(name)
	}
	d.wantEnd()
}

// What was concluded is believed only of the object that was put.
func TestDamagedResult(t *testing.T) {
	d := freezeDay(t, 75)
	rng := rand.New(rand.NewPCG(75, 0))
	c, err := d.hunt().Conclude(t.Context(), d.f, d.all)
	if err != nil {
		t.Fatal(err)
	}
	whole := content(t, d.work, "")[c.Object]
	for how, data := range damages(rng, []byte(whole), []byte(content(t, d.work, "")[d.f.Plan.Object])) {
		put(t, d.work, c.Object, data)
		if r, err := d.hunt().Concluded(t.Context(), d.f, c); r != nil || !errors.Is(err, job.ErrDamaged) || !strings.Contains(err.Error(), c.Object) {
			t.Errorf("%s: %v", how, err)
		}
	}
	for how, text := range map[string]string{"another version": strings.Replace(whole, `"version":1`, `"version":2`, 1), "another run": strings.Replace(whole, d.f.Run, "0", 1), "null": "null", "no JSON": "{"} {
		put(t, d.work, c.Object, []byte(text))
		ref := c
		ref.SHA256, ref.Size = fmt.Sprintf("%x", sha256.Sum256([]byte(text))), int64(len(text))
		if r, err := d.hunt().Concluded(t.Context(), d.f, ref); r != nil || !errors.Is(err, job.ErrDamaged) || !strings.Contains(err.Error(), c.Object) {
			t.Errorf("%s: %v", how, err)
		}
	}
	put(t, d.work, c.Object, []byte(whole))
	if _, err := d.hunt().Concluded(t.Context(), d.f, c); err != nil {
		t.Error(err)
	}
}

// A run that begins anew over whatever its folder has come to hold makes it again, and
// finds the same.
func TestDamagedRunBegunAgain(t *testing.T) {
	input, work, api := lookalikes(t), storagetest.NewMem(), &sink{name: "api", batch: 4}
	run := func(work storage.Store, api *sink) ([]publish.Record, error) {
		h := realHunt(input, work, api)
		h.ShardSize, h.BatchSize = 1<<12, 1<<13
		r, err := process(t.Context(), newMachines(1, 2), h, event.Day(day), 1)
		if r == nil {
			return nil, err
		}
		return r.Records, err
	}
	want, err := run(work, api)
	if err != nil || len(want) < 5 {
		t.Fatalf("%d findings, %v", len(want), err)
	}
	whole := content(t, work, "")
	names := slices.Sorted(maps.Keys(whole))
	rng := rand.New(rand.NewPCG(60, 62))
	done := map[string]bool{}
	for i, name := range names {
		kind, _, _ := strings.Cut(name[strings.LastIndex(name, "/"):], "-")
		if !strings.HasPrefix(name, "runs/") || done[kind] {
			continue
		}
		done[kind] = true
		ways := damages(rng, []byte(whole[name]), []byte(whole[names[(i+1)%len(names)]]))
		for what, text := range illPlans(whole[name], 2*shardSize) {
			ways[what] = []byte(text)
		}
		for how, data := range ways {
			work, api := storagetest.NewMem(), &sink{name: "api", batch: 4}
			for n, c := range whole {
				if !strings.HasPrefix(n, "profiles/") { // which is enough
					put(t, work, n, []byte(c))
				}
			}
			put(t, work, name, data)
			got, err := run(work, api)
			if err != nil {
				t.Errorf("%s, %s: %v", name, how, err)
			}
			sameRecords(t, name+", "+how, got, want)
			if len(api.taken) > 0 {
				t.Errorf("%s, %s: %d records were sent again", name, how, len(api.taken))
			}
			if kept := content(t, work, name)[name]; kept != whole[name] && !strings.Contains(name, "result-") {
				t.Errorf("%s, %s: it is still damaged", name, how)
			}
		}
	}
	if len(done) != 4 {
		t.Errorf("damaged were only %v", done)
	}
}

// illPlans are plans that are JSON, and no plan of this program. Its shards have about
// size bytes.
func illPlans(plan string, size int) map[string]string {
	cut := func(size int) string { return fmt.Sprintf(`"shard_size":%d`, size) }
	if !strings.Contains(plan, cut(size)) {
		return nil
	}
	swap := func(old, new string) string { return strings.Replace(plan, old, new, 1) }
	return map[string]string{
		"null": "null", "a list": "[]", "a number": "1", "an empty object": "{}",
		"another version":  swap(`"version":1`, `"version":2`),
		"another key":      swap(`"key":"`, `"key":"0`),
		"another run":      swap(`"run":"`, `"run":"0`),
		"another window":   swap(`"window":"2026-11-20"`, `"window":"2026-11-21"`),
		"no window":        swap(`"window":"2026-11-20"`, `"window":"../up"`),
		"no size":          swap(cut(size), cut(0)),
		"a negative size":  swap(cut(size), cut(-size)),
		"another size":     swap(cut(size), cut(size/2)),
		"no blobs":         swap(`"Blobs":[`, `"Blobs":null,"Was":[`),
		"a huge blob":      swap(`"Size":`, `"Size":900000000000000`),
		"a blob of before": swap(`"Size":`, `"Size":-`),
	}
}
