package job_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
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

// mindful is the detector of words that looks back: its records tell how often a
// word was seen before.
type mindful struct{ counter }

func (*mindful) Past(*words) *words { return &words{counts: map[string]int64{}} }

func (m *mindful) Finish(_ context.Context, w event.Window, day, history *words) ([]publish.Record, error) {
	var out []publish.Record
	for _, word := range slices.Sorted(maps.Keys(day.counts)) {
		out = append(out, mindfulRecord(w.From, word, day.counts[word], history.counts[word]))
	}
	return out, nil
}

func mindfulRecord(date time.Time, word string, n, before int64) publish.Record {
	r := wordRecord(date, word, n)
	body, err := publish.Body(map[string]any{"word": word, "count": n, "before": before})
	if err != nil {
		panic(err)
	}
	r.Body = body
	return r
}

// lookingBack works out the records of a date that looks back on others.
func (e *export) lookingBack(date time.Time, days ...time.Time) []publish.Record {
	counts, _ := e.reckon(date)
	before := map[string]int64{}
	for _, d := range days {
		some, _ := e.reckon(d)
		for word, n := range some {
			before[word] += n
		}
	}
	var out []publish.Record
	for _, word := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, mindfulRecord(date, word, counts[word], before[word]))
	}
	return out
}

func mindfulHunt(input storage.Reader, work storage.Store, history int, sinks ...publish.Sink) *job.Hunt[*words] {
	h := newHunt(input, work, sinks...)
	h.Detector = &mindful{}
	h.History = history
	return h
}

// at is the i-th day of the tests.
func at(i int) time.Time { return day.AddDate(0, 0, i) }

// wantHistory compares what a result looks back on: days from the first of the
// tests on.
func wantHistory(t *testing.T, r *job.Result[*words], left int, days ...int) {
	t.Helper()
	var want []time.Time
	for _, i := range days {
		want = append(want, at(i))
	}
	if !slices.Equal(r.History.Days, want) || len(r.History.Left) != left {
		t.Errorf("%v looks back on %v, want %v; left out: %v", r.Date, r.History.Days, want, r.History.Left)
	}
}

// A day looks back on the profiles of the days before it, as many as are set, on
// none behind it, and not on days on which nothing was run.
func TestHistory(t *testing.T) {
	input := &opens{export: newExport(t, 30)}
	for i := range 8 {
		input.fill(at(i), 4)
	}
	work := storagetest.NewMem()
	for _, i := range []int{7, 0, 1, 3, 4} { // not in order, and nothing of 2, 5 and 6
		mustDay(t, mindfulHunt(input, work, 0), at(i))
	}
	put(t, work, "profiles/all/words/day=2026-11-22/other.parquet", []byte("no profile"))
	put(t, work, "profiles/all/words/day=2026-11-2x/profile.parquet", []byte("no profile"))
	mustDay(t, mindfulHunt(input, work, 0), at(5))
	input.reset()
	for _, c := range []struct {
		history int
		days    []int
	}{{0, nil}, {1, []int{4}}, {2, []int{3, 4}}, {3, []int{3, 4}}, {4, []int{1, 3, 4}}, {5, []int{0, 1, 3, 4}}, {6, []int{0, 1, 3, 4}}, {366, []int{0, 1, 3, 4}}} {
		for _, workers := range []int{1, 2, 9} {
			h := mindfulHunt(input, work, c.history)
			h.Workers = workers
			r := mustDay(t, h, at(5))
			wantHistory(t, r, 0, c.days...)
			sameRecords(t, fmt.Sprint(c.history, " days"), r.Records, input.lookingBack(at(5), r.History.Days...))
		}
	}
	wantHistory(t, mustDay(t, mindfulHunt(input, work, 366), at(0)), 0)
	if opened := input.reset(); len(opened) > 0 {
		t.Errorf("%d blobs of the export are read for the history", len(opened))
	}
}

// A detector that does not look back costs nothing, and neither does no history.
func TestNoHistory(t *testing.T) {
	input, work := newExport(t, 31).fill(at(0), 4).fill(at(1), 4), storagetest.NewMem()
	mustDay(t, mindfulHunt(input, work, 0), at(0))
	store := &storagetest.Faulty{Store: work, Script: func(c storagetest.Call) storagetest.Fault {
		if c.Op == storagetest.OpList && strings.HasPrefix(c.Name, "profiles/") && !strings.HasSuffix(c.Name, "profile.parquet") {
			t.Errorf("lists %s", c.Name)
		}
		if c.Op == storagetest.OpOpen && strings.Contains(c.Name, "day=2026-11-20") {
			t.Errorf("opens %s", c.Name)
		}
		return storagetest.Fault{}
	}}
	forgetful := newHunt(input, store)
	forgetful.History = 30
	sameRecords(t, "a detector that does not look back", mustDay(t, forgetful, at(1)).Records, input.oracle(at(1)))
	sameRecords(t, "no history", mustDay(t, mindfulHunt(input, store, 0), at(1)).Records, input.lookingBack(at(1)))
}

// fourDays are the days of an export, all of which were run.
func fourDays(t *testing.T, seed uint64) (*export, *storagetest.Mem) {
	input, work := newExport(t, seed), storagetest.NewMem()
	for i := range 4 {
		input.fill(at(i), 4)
		mustDay(t, mindfulHunt(input, work, 0), at(i))
	}
	return input, work
}

// secondDay is the profile of the second of them.
const secondDay = "profiles/all/words/day=2026-11-21/profile.parquet"

// A profile that cannot be used is left out by name.
func TestHistoryOfDamagedProfiles(t *testing.T) {
	input, work := fourDays(t, 32)
	whole := content(t, work, secondDay)[secondDay]
	for what, damage := range map[string]func(string) string{
		"empty":   func(string) string { return "" },
		"cut":     func(s string) string { return s[:len(s)/2] },
		"flipped": func(s string) string { return s[:5] + "~" + s[6:] },
	} {
		put(t, work, secondDay, []byte(damage(whole)))
		r := mustDay(t, mindfulHunt(input, work, 30), at(3))
		wantHistory(t, r, 1, 0, 2)
		if left := r.History.Left; len(left) == 1 && (!left[0].Day.Equal(at(1)) || !strings.Contains(left[0].Reason, secondDay) || !strings.Contains(left[0].Reason, "damaged") || strings.Contains(left[0].Reason, "usable")) {
			t.Errorf("%s: %v", what, left)
		}
		sameRecords(t, what, r.Records, input.lookingBack(at(3), at(0), at(2)))
	}
}

// A store that fails while earlier days are looked for or read fails the day; a
// profile that is gone meanwhile, or replaced, does not.
func TestHistoryOfFailingStore(t *testing.T) {
	input, work := fourDays(t, 36)
	broken := errors.New("connection reset")
	during := func(op storagetest.Op, fault func(n int) storagetest.Fault) *job.Hunt[*words] {
		return mindfulHunt(input, &storagetest.Faulty{Store: work, Script: func(c storagetest.Call) storagetest.Fault {
			if c.Op == op && (c.Name == secondDay || op == storagetest.OpList && !strings.HasSuffix(c.Name, ".parquet") && strings.HasPrefix(c.Name, "profiles/")) {
				return fault(c.N)
			}
			return storagetest.Fault{}
		}}, 30)
	}
	for what, h := range map[string]*job.Hunt[*words]{
		"list":       during(storagetest.OpList, func(int) storagetest.Fault { return storagetest.Fault{Before: broken} }),
		"list later": during(storagetest.OpList, func(int) storagetest.Fault { return storagetest.Fault{Break: broken, BreakAt: 1} }),
		"open":       during(storagetest.OpOpen, func(int) storagetest.Fault { return storagetest.Fault{Before: broken} }),
		"read":       during(storagetest.OpOpen, func(int) storagetest.Fault { return storagetest.Fault{Break: broken, BreakAt: 9} }),
	} {
		if r, err := h.Day(t.Context(), at(3)); r != nil || !errors.Is(err, broken) {
			t.Errorf("%s: %v", what, err)
		}
	}
	gone := during(storagetest.OpOpen, func(int) storagetest.Fault { return storagetest.Fault{Before: storage.ErrNotExist} })
	wantHistory(t, mustDay(t, gone, at(3)), 1, 0, 2)
	always := during(storagetest.OpOpen, func(int) storagetest.Fault { return storagetest.Fault{Break: storage.ErrChanged, BreakAt: 9} })
	wantHistory(t, mustDay(t, always, at(3)), 1, 0, 2)
	once := during(storagetest.OpOpen, func(n int) storagetest.Fault {
		if n > 1 {
			return storagetest.Fault{}
		}
		return storagetest.Fault{Before: storage.ErrChanged}
	})
	wantHistory(t, mustDay(t, once, at(3)), 0, 0, 1, 2)
}

// A range that goes forward sees the days that it has just done, also in a dry run,
// and the same when it is repeated.
func TestBackfillLooksBack(t *testing.T) {
	input, work := newExport(t, 33), storagetest.NewMem()
	for _, i := range []int{0, 1, 2, 4, 5} {
		input.fill(at(i), 4)
	}
	api := &sink{name: "api", batch: 100}
	for _, dry := range []bool{true, false, false} {
		h := mindfulHunt(input, work, 2, api)
		h.DryRun = dry
		days := 0
		_ = h.Backfill(t.Context(), at(0), at(6), func(date time.Time, r *job.Result[*words], err error) {
			if date.Equal(at(3)) {
				return // there is nothing of it
			}
			if err != nil {
				t.Error(err)
				return
			}
			days++
			i := date.Day() - day.Day()
			wantHistory(t, r, 0, [][]int{{}, {0}, {0, 1}, {}, {2}, {4}}[i]...)
			sameRecords(t, "result", r.Records, input.lookingBack(date, r.History.Days...))
		})
		if days != 5 || dry && api.sends > 0 {
			t.Errorf("%d days, %d sends", days, api.sends)
		}
	}
}

// unread is an export that nobody may touch.
type unread struct{ storage.Reader }

// Recall gives what the day gave, without a look at the export, and changes nothing.
func TestRecall(t *testing.T) {
	input, work := newExport(t, 34).fill(at(0), 4).fill(at(1), 6), storagetest.NewMem()
	mustDay(t, mindfulHunt(input, work, 30), at(0))
	want := mustDay(t, mindfulHunt(input, work, 30), at(1))
	before := content(t, work, "")
	input.fill(at(1), 7) // which comes late
	h := mindfulHunt(unread{}, work, 30)
	h.Sinks, h.Engine = nil, nil
	r, err := h.Recall(t.Context(), event.Day(at(1).Add(5*time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	wantHistory(t, r, 0, 0)
	sameRecords(t, "recalled", r.Records, want.Records)
	if r.Listed == nil || !reflect.DeepEqual(r.Listed, want.Listed) || !reflect.DeepEqual(r.Missing, want.Missing) || r.Shards != want.Shards || r.Bytes != want.Bytes || r.Reused != r.Shards ||
		r.Listed.Blobs != len(want.Export.Blobs) || !slices.Equal(r.Listed.Workspaces, want.Export.Workspaces) || len(r.Missing.Gaps) != 1 {
		t.Errorf("listed %+v, missing %+v\nwant %+v, %+v", r.Listed, r.Missing, want.Listed, want.Missing)
	}
	if !r.Date.Equal(at(1)) || !maps.Equal(r.Day.counts, want.Day.counts) || !maps.Equal(r.Past.counts, want.Past.counts) || r.Stats.Records != want.Stats.Records || r.Stats.Records == 0 {
		t.Errorf("%+v\nwant %+v", r, want)
	}
	if !maps.Equal(content(t, work, ""), before) {
		t.Error("the work store is another")
	}
}

// Without a profile that can be used, Recall says what to do; what else fails is
// not taken for that.
func TestRecallNothing(t *testing.T) {
	input, work := newExport(t, 35).fill(at(0), 4), storagetest.NewMem()
	mustDay(t, mindfulHunt(input, work, 30), at(0))
	const name = "profiles/all/words/day=2026-11-20/profile.parquet"
	const advice = "run `sparkless run --day 2026-11-20` first"
	refused := func(what string, work storage.Store, want error, words string) {
		t.Helper()
		h := mindfulHunt(unread{}, work, 30)
		r, err := h.Recall(t.Context(), event.Day(at(0)))
		if r != nil || !errors.Is(err, want) || !strings.Contains(err.Error(), words) || errors.Is(err, job.ErrNoProfile) != (want == job.ErrNoProfile) {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("nothing", storagetest.NewMem(), job.ErrNoProfile, "no profile of 2026-11-20: "+advice)
	broken := errors.New("connection reset")
	faulty := func(fault func(n int) storagetest.Fault) storage.Store {
		return &storagetest.Faulty{Store: work, Script: func(c storagetest.Call) storagetest.Fault {
			if c.Op == storagetest.OpOpen && c.Name == name {
				return fault(c.N)
			}
			return storagetest.Fault{}
		}}
	}
	refused("broken", faulty(func(int) storagetest.Fault { return storagetest.Fault{Before: broken} }), broken, "work store")
	if _, err := mindfulHunt(unread{}, faulty(func(n int) storagetest.Fault {
		return storagetest.Fault{Before: []error{storage.ErrChanged, storage.ErrChanged, nil}[n]}
	}), 30).Recall(t.Context(), event.Day(at(0))); err != nil {
		t.Errorf("replaced while it is read: %v", err)
	}
	put(t, work, name, []byte("damaged"))
	refused("damaged", work, job.ErrNoProfile, advice+" (")
}
