package job_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/job"
	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

// span is the window between two times such as 20T06:30:00, of November 2026.
func span(t testing.TB, from, to string) event.Window {
	t.Helper()
	var ends [2]time.Time
	for i, text := range []string{from, to} {
		var err error
		if ends[i], err = time.Parse(time.RFC3339, "2026-11-"+text+"Z"); err != nil {
			t.Fatal(err)
		}
	}
	return event.Window{From: ends[0], To: ends[1]}
}

func mustWindow(t testing.TB, h *job.Hunt[*words], w event.Window) *job.Result[*words] {
	t.Helper()
	r, err := h.Window(t.Context(), w)
	if err != nil {
		t.Fatalf("%v: %v", w, err)
	}
	return r
}

// filed is an export whose events lie in the folders of their times, as Azure Monitor
// files them. It returns when each event was.
func filed(t testing.TB, seed uint64, from time.Time, days int) (*export, []time.Time) {
	e := newExport(t, seed)
	var all []time.Time
	for i := range days * 24 {
		var b strings.Builder
		hour := from.Add(time.Duration(i) * time.Hour)
		for range e.rng.IntN(5) {
			at := hour.Add(time.Duration(e.rng.IntN(3600)) * time.Second)
			if e.rng.IntN(4) == 0 {
				at = at.Truncate(30 * time.Minute) // where windows are cut
			}
			all = append(all, at)
			fmt.Fprintf(&b, `{"TimeGenerated":%q,"EventID":4688,"Process":"p%d"}`+"\n", at.Format(time.RFC3339), at.Unix())
		}
		e.put(blobName(hour, hour.Hour()*12), b.String())
	}
	return e, all
}

// Wherever a span is cut into windows, each event is in exactly one of them, and all
// of them are in the whole.
func TestWindowsAddUp(t *testing.T) {
	for seed := range uint64(12) {
		input, all := filed(t, seed, at(-1), 3)
		rng := rand.New(rand.NewPCG(seed, 1))
		cuts := []time.Time{at(-1), at(2)}
		for range 1 + rng.IntN(6) {
			cut := at(-1).Add(time.Duration(rng.IntN(3*24*3600)) * time.Second)
			if rng.IntN(2) == 0 {
				cut = all[rng.IntN(len(all))] // just when something was
			}
			cuts = append(cuts, cut)
		}
		slices.SortFunc(cuts, time.Time.Compare)
		cuts = slices.Compact(cuts)
		want := map[string]int64{}
		for _, at := range all {
			want[fmt.Sprintf("p%d", at.Unix())]++
		}
		h := newHunt(input, storagetest.NewMem())
		whole := mustWindow(t, h, event.Window{From: cuts[0], To: cuts[len(cuts)-1]})
		if !maps.Equal(whole.Day.counts, want) {
			t.Fatalf("seed %d: the whole has %d words, want %d", seed, len(whole.Day.counts), len(want))
		}
		got, records := map[string]int64{}, int64(0)
		for i := range cuts[1:] {
			w := event.Window{From: cuts[i], To: cuts[i+1]}
			r := mustWindow(t, h, w)
			for word, n := range r.Day.counts {
				var at int64
				fmt.Sscanf(word, "p%d", &at)
				if at < w.From.Unix() || at >= w.To.Unix() {
					t.Errorf("seed %d: %v has an event of %v", seed, w, time.Unix(at, 0).UTC())
				}
				got[word] += n
			}
			records += r.Stats.Records
		}
		if !maps.Equal(got, want) || records != int64(len(all)) {
			t.Errorf("seed %d, cut at %v: %d events in the windows, want %d", seed, cuts, records, len(all))
		}
	}
}

// A window of one day is that day, in every byte that it leaves, however its ends are
// written.
func TestWindowOfADayIsTheDay(t *testing.T) {
	input := newExport(t, 60).fill(day, 12)
	var want map[string]string
	zone := time.FixedZone("", 5*3600+1800)
	for _, w := range []event.Window{event.Day(day), {From: day, To: at(1)}, {From: day.In(zone), To: at(1).In(zone)}} {
		work, api := storagetest.NewMem(), &sink{name: "api"}
		r := mustWindow(t, newHunt(input, work, api), w)
		sameRecords(t, "result", r.Records, input.oracle(day))
		if files := content(t, work, ""); want == nil {
			want = files
		} else if !maps.Equal(files, want) {
			t.Errorf("%v leaves %q\nwant %q", w, slices.Sorted(maps.Keys(files)), slices.Sorted(maps.Keys(want)))
		}
		if r.Window != event.Day(day) || r.Date != day || len(r.Deliveries) != 1 || r.Deliveries[0].Key != "all/words/2026-11-20" {
			t.Errorf("%+v, %v", r.Window, r.Deliveries)
		}
		if again := mustDay(t, newHunt(input, work, api), day); again.Reused != again.Shards {
			t.Errorf("%v: the day uses %d shards of %d", w, again.Reused, again.Shards)
		}
	}
}

// The keys and names of days are those of releases that knew days alone: what they
// have kept stays of use.
func TestNamesOfDaysStay(t *testing.T) {
	spec := event.Spec{Detector: "words", Version: 3, Container: "am-securityevent", Query: event.Query{EventIDs: []int{4688}, Columns: []string{"Process", "Computer"}}}
	blobs := []storage.Blob{{Name: blobName(day, 7), Size: 1500, ETag: "a"}, {Name: blobName(day, 8), Size: 9000, ETag: "b"}, {Name: blobName(day, 9) + ".gz", Size: 2000, ETag: "c"}}
	p := job.NewPlan("https://x.blob.core.windows.net/am-securityevent", spec, event.Day(day), blobs, 4096)
	want := []string{"71b1d9eb2e53d8c772e7cc03065a6782", "6d1eb89499b42b59305599db141aa157", "5cb6232302edc2976b3d150d6922c9e1", "4440d6990f8be1c9ad65925192088f49", "d508bee074a7e2b5575d0999b13e2561"}
	if p.Key != "7fcf486b5069352f2f65447eaea9894f" || !slices.Equal(keys(p), want) {
		t.Errorf("%s, %q", p.Key, keys(p))
	}
	input := newExport(t, 61)
	input.put(blobName(day, 3), input.line(day, "w")+"\n{broken\n")
	work := storagetest.NewMem()
	h := newHunt(input, work, &sink{name: "api"})
	h.MaxMalformed = 1
	mustDay(t, h, day)
	key := keys(job.NewPlan("", h.Detector.Spec(), event.Day(day), listed(t, input), shardSize))[0]
	names := slices.Sorted(maps.Keys(content(t, work, "")))
	receipts := slices.IndexFunc(names, func(n string) bool { return strings.HasPrefix(n, "receipts/api/all/words/2026-11-20/") })
	if receipts < 0 {
		t.Fatalf("no receipts in %q", names)
	}
	if got := slices.Delete(names, receipts, receipts+1); !slices.Equal(got, []string{"outbox/all/words/2026-11-20.jsonl", "partials/all/words/2026-11-20/" + key + ".parquet",
		"profiles/all/words/day=2026-11-20/profile.parquet", "quarantine/all/words/2026-11-20/" + key + ".jsonl"}) {
		t.Errorf("%q", got)
	}
}

func listed(t testing.TB, e storage.Reader) (blobs []storage.Blob) {
	for b, err := range e.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		blobs = append(blobs, b)
	}
	return blobs
}

// Another window has a label for the day, in all that it leaves; a second run over it
// reads and sends nothing, and one over the day takes nothing of it.
func TestWindowsHaveFilesOfTheirOwn(t *testing.T) {
	input, _ := filed(t, 62, at(-1), 3)
	opened := &opens{export: input}
	work, api := storagetest.NewMem(), &sink{name: "api"}
	h := newHunt(opened, work, api)
	w := span(t, "19T18:00:00", "20T06:30:00")
	first := mustWindow(t, h, w)
	const label = "20261119T180000Z-20261120T063000Z"
	files := content(t, work, "")
	for name := range files {
		if !strings.Contains(name, "/"+label) && name != "profiles/all/words/window="+label+"/profile.parquet" {
			t.Errorf("%s does not say the window", name)
		}
	}
	if first.Date != at(-1) || first.Window != w || first.Deliveries[0].Key != "all/words/"+label {
		t.Errorf("%v, %v, %v", first.Date, first.Window, first.Deliveries)
	}
	// The hours from 17 on the first day to 07 on the second.
	if got := len(opened.reset()); got > 15 || len(first.Export.Blobs) != 15 || len(first.Export.Aside) != 33 {
		t.Errorf("%d opened, %d listed, %d aside", got, len(first.Export.Blobs), len(first.Export.Aside))
	}
	sent := len(api.taken)
	again := mustWindow(t, h, w)
	if len(opened.reset()) > 0 || len(api.taken) != sent || !maps.Equal(content(t, work, ""), files) {
		t.Error("a second run over the window does something")
	}
	sameRecords(t, "again", again.Records, first.Records)
	kept, err := h.Recall(t.Context(), w)
	if err != nil || !maps.Equal(kept.Day.counts, first.Day.counts) || kept.Window != w {
		t.Errorf("recalled %v, %v", kept, err)
	}
	if r := mustDay(t, h, day); r.Reused > 0 || len(r.Deliveries) != 1 || r.Deliveries[0].Already > 0 {
		t.Errorf("the day takes over %d shards, %+v", r.Reused, r.Deliveries)
	}
	if _, err := h.Recall(t.Context(), span(t, "19T18:00:00", "20T06:31:00")); !errors.Is(err, job.ErrNoProfile) ||
		!strings.Contains(err.Error(), "`sparkless run --from 2026-11-19T18:00:00Z --to 2026-11-20T06:31:00Z`") {
		t.Error(err)
	}
}

// A window looks back on the days before its first one, and no day looks back on a
// window.
func TestHistoryOfWindows(t *testing.T) {
	input, _ := filed(t, 63, at(0), 5)
	work := storagetest.NewMem()
	h := mindfulHunt(input, work, 30)
	mustDay(t, h, at(0))
	mustDay(t, h, at(2))
	wantHistory(t, mustWindow(t, h, span(t, "20T23:00:00", "22T12:00:00")), 0)
	wantHistory(t, mustWindow(t, h, span(t, "21T00:00:00", "23T00:00:00")), 0, 0)
	wantHistory(t, mustWindow(t, h, span(t, "23T05:00:00", "23T06:00:00")), 0, 0, 2)
	wantHistory(t, mustDay(t, h, at(4)), 0, 0, 2)
	if n := len(content(t, work, "profiles/all/words/window=")); n != 3 {
		t.Errorf("%d windows are kept", n)
	}
}

// What is wrong in the hours beside a window, which are read as well, is nothing that
// it lacks.
func TestMissingInWindows(t *testing.T) {
	input, _ := filed(t, 64, at(0), 2)
	name := func(hour int) string { return blobName(at(hour/24), hour%24*12) }
	for _, hour := range []int{5, 6, 18, 19, 30} {
		input.put(name(hour), "{broken\n")
	}
	for _, hour := range []int{7, 17, 20, 31} {
		input.put(name(hour)+".gz", cutGzip(t))
	}
	for _, hour := range []int{8, 9, 33, 47} {
		input.Remove(name(hour))
	}
	workspace := strings.TrimPrefix(base, "WorkspaceResourceId=")
	for _, c := range []struct{ from, to, want string }{
		{"20T10:00:00", "20T16:30:00", ""},
		{"20T10:00:00", "20T17:00:00", ""},
		{"20T10:00:00", "20T17:00:01", `hour 17: blob "` + name(17) + `.gz"`},
		{"20T07:59:59", "20T09:00:00", `no blob of hour 08 of ` + workspace + `; hour 07: blob "` + name(7) + `.gz"`},
		{"20T18:59:59", "20T20:00:00", "hour 18: 1 malformed line(s); hour 19: 1 malformed line(s)"},
		{"20T19:00:00", "20T20:00:00", "hour 19: 1 malformed line(s)"},
		{"20T22:00:00", "21T07:00:00", "hour 2026-11-21 06: 1 malformed line(s)"},
		{"20T22:00:00", "22T00:00:00", "no blob of hour 2026-11-21 09, 23 of " + workspace + `; hour 07: blob "` + name(31) + `.gz"`},
		{"20T09:59:59", "21T10:00:00", "no blob of hour 2026-11-20 09 of " + workspace + "; no blob of hour 2026-11-21 09 of " + workspace},
	} {
		h := newHunt(input, storagetest.NewMem())
		h.MissingHours, h.PartialMalformed, h.MaxMalformed = 0, 0, 1
		for range 2 { // from the blobs, and from what is kept
			r, err := h.Window(t.Context(), span(t, c.from, c.to))
			text := ""
			if err != nil {
				text = strings.TrimPrefix(err.Error(), job.ErrPartial.Error()+": ")
			}
			if r == nil || (text == "") != (c.want == "") || !strings.HasPrefix(text, c.want) {
				t.Errorf("%s to %s: %q\nwant %q", c.from, c.to, text, c.want)
			}
		}
	}
}

// cutGzip is a compressed blob that ends too early.
func cutGzip(t testing.TB) string {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	if _, err := w.Write([]byte(`{"TimeGenerated":"2026-11-20T00:00:00Z","EventID":4688}`)); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return z.String()[:z.Len()-3]
}

// Hours that are not over yet are not missing, nor are those behind the window.
func TestHoursOfWindowsThatAreNotOver(t *testing.T) {
	input := newExport(t, 65)
	input.put(blobName(day, 0), input.line(day, "w")+"\n")
	input.put(blobName(day, 9*12), input.line(day, "w")+"\n")
	h := newHunt(input, storagetest.NewMem())
	h.MissingHours = 0
	for now, want := range map[string]string{"20T10:30:00": "hour 08 of", "20T11:00:00": "hour 08, 10 of", "20T08:59:59": ""} {
		h.Now = func() time.Time { return span(t, now, now).From }
		_, err := h.Window(t.Context(), span(t, "20T08:15:00", "20T10:30:00"))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("at %s: %v, want %q", now, err, want)
		}
	}
}

// Without blobs of these hours the error says which ones there are.
func TestNoBlobsOfAWindow(t *testing.T) {
	input := newExport(t, 66)
	for _, hour := range []int{3, 22} {
		input.put(blobName(day, hour*12), input.line(day, "w")+"\n")
	}
	_, err := newHunt(input, storagetest.NewMem()).Window(t.Context(), span(t, "20T10:00:00", "20T12:00:00"))
	if !errors.Is(err, job.ErrNoBlobs) || !strings.Contains(err.Error(), "of 2026-11-20T10:00:00Z to 2026-11-20T12:00:00Z") ||
		!strings.Contains(err.Error(), "from 2026-11-20T03:00Z to 2026-11-20T23:00Z") {
		t.Error(err)
	}
}

func TestWindowsThatAreNone(t *testing.T) {
	input := newExport(t, 67).fill(day, 3)
	for _, w := range []event.Window{{}, {From: day, To: day}, {From: at(1), To: day}, {From: day, To: day.Add(time.Hour + 1)}, {From: day.Add(-time.Millisecond), To: at(1)}} {
		work := storagetest.NewMem()
		if r, err := newHunt(input, work).Window(t.Context(), w); r != nil || err == nil || len(content(t, work, "")) > 0 {
			t.Errorf("%v: %v, %v", w, r, err)
		}
	}
}

// What a window owes is sent by a later run, by the window's name, and what is no
// outbox of a window is passed by.
func TestSettleOfWindows(t *testing.T) {
	input, _ := filed(t, 68, at(0), 3)
	work, api := storagetest.NewMem(), &sink{name: "api", batch: 50, fail: func() error { return errDown }}
	h := newHunt(input, work, api)
	w := span(t, "20T18:00:00", "21T06:00:00")
	if _, err := h.Window(t.Context(), w); !errors.Is(err, job.ErrUndelivered) {
		t.Fatal(err)
	}
	if _, err := h.Day(t.Context(), at(1)); !errors.Is(err, job.ErrUndelivered) {
		t.Fatal(err)
	}
	for _, junk := range []string{"20261120T180000Z-20261120T180000Z", "2026-11-20T18", "20261121T000000Z-20261122T000000Z", "readme"} {
		put(t, work, "outbox/all/words/"+junk+".jsonl", []byte("junk"))
	}
	api.fail = nil
	done, err := h.Settle(t.Context(), job.Debts{From: at(0).Add(18*time.Hour + time.Second)}) // behind the window's start
	if err != nil || len(done) != 1 || done[0].Key != "all/words/2026-11-21" {
		t.Errorf("%v, %v", done, err)
	}
	var asked []event.Window
	h.Sinks = func(w event.Window) ([]publish.Sink, error) {
		asked = append(asked, w)
		return []publish.Sink{api}, nil
	}
	done, err = h.Settle(t.Context(), job.Debts{From: at(0), To: at(1)})
	if err != nil || len(done) != 1 || done[0].Key != "all/words/20261120T180000Z-20261121T060000Z" || done[0].Sent == 0 || !slices.Contains(asked, w) {
		t.Errorf("%v, %v, %v", done, asked, err)
	}
	if done, err = h.Publish(t.Context(), w); err != nil || done[0].Sent != 0 || done[0].Already == 0 {
		t.Errorf("%v, %v", done, err)
	}
	// What is owed to a sink that is gone says how to send it elsewhere.
	gone := newHunt(input, work, &sink{name: "gone", fail: func() error { return errDown }})
	w = span(t, "21T18:00:00", "22T06:00:00")
	if _, err := gone.Window(t.Context(), w); !errors.Is(err, job.ErrUndelivered) {
		t.Fatal(err)
	}
	if _, err = h.Settle(t.Context(), job.Debts{}); err == nil || !strings.Contains(err.Error(), "`sparkless publish --from 2026-11-21T18:00:00Z --to 2026-11-22T06:00:00Z`") {
		t.Error(err)
	}
}

// Processes over a window across midnight live as those over a day.
func TestLivesOfAWindow(t *testing.T) {
	t.Parallel()
	for seed := uint64(2000); seed < 2040 && !t.Failed(); seed++ {
		w := newWorld(t, t, seed, 6)
		w.hunt = func(ctx context.Context, p parts, workers int) error {
			h := &job.Hunt[*sightings]{Detector: p.detector, Input: p.input, Work: p.work, Engine: p.engine,
				Lanes: event.NewLanes(workers, workers), Sinks: fixed(p.sinks), Config: config(workers)}
			_, err := h.Window(ctx, event.Window{From: day.Add(-6 * time.Hour), To: at(1)}) // before it was nothing
			return err
		}
		w.live()
	}
}
