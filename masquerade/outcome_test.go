package masquerade

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"sparkless/storage/event"
)

// What Finish says it left out is what lower settings find: below any least score
// there are as many as a least score of 0 finds more, and the best of them is the
// next to be found.
func TestOutcomeCountsWhatIsBelow(t *testing.T) {
	rng := rand.New(rand.NewPCG(4688, 7))
	for range 6 {
		day := NewCounts()
		for i, name := range []string{"svchost.exe", "lsass.exe", "svch0st.exe", "lsas.exe", "explorer.exe", "exlporer.exe", "csrss.exe", "acme.exe", "acmee.exe", "zebra.exe"} {
			for range 1 + rng.IntN(30) {
				day.Add(record(november20.UnixNano()+int64(i), name, []string{`C:\Windows\System32\`, `C:\Temp\`}[rng.IntN(2)]+name))
			}
		}
		finish := func(least int) (scores []int, o Outcome) {
			p := paramsOf(t, "hunt")
			p.MinScore = least
			d := New(p, "", 1)
			told := 0
			d.Observe(func(got Outcome) { o, told = got, told+1 })
			records, err := d.Finish(t.Context(), event.Day(november20), day, NewCounts())
			if err != nil || told != 1 {
				t.Fatalf("told %d times, %v", told, err)
			}
			for _, r := range records {
				var f Finding
				if err := json.Unmarshal(r.Body, &f); err != nil {
					t.Fatal(err)
				}
				scores = append(scores, f.Score)
			}
			return scores, o
		}
		all, _ := finish(0)
		for _, least := range append([]int{0, 20, 100}, all...) {
			found, o := finish(least)
			below, best := 0, 0
			for _, score := range all {
				if score < least {
					below, best = below+1, max(best, score)
				}
			}
			if o.Below != below || o.Best != best || o.Suspects != len(all) || len(found) != len(all)-below || o.Names != day.Names() {
				t.Errorf("least %d: %+v, want %d below, the best %d, of %d", least, o, below, best, len(all))
			}
		}
	}
}

// Names are counted as the notebook parts them.
func TestOutcomeCountsRanks(t *testing.T) {
	for names, want := range map[string]Outcome{
		"":                {},
		"a":               {Names: 1, Rare: 1},
		"ab":              {Names: 2, Rare: 2},
		"abb":             {Names: 2, Rare: 1, Frequent: 1},
		"abccc":           {Names: 3, Rare: 2, Frequent: 1},
		"abbcccddddeeeee": {Names: 5, Rare: 1, Frequent: 1},
	} {
		day := NewCounts()
		for i, c := range names {
			day.Add(record(november20.UnixNano()+int64(i), string(c)+".exe", `C:\`+string(c)+".exe"))
		}
		var got Outcome
		d := New(NotebookParams(), "", 1)
		d.Observe(func(o Outcome) { got = o })
		if _, err := d.Finish(t.Context(), event.Day(november20), day, NewCounts()); err != nil || got != want {
			t.Errorf("%q: %+v, %v, want %+v", names, got, err, want)
		}
	}
}

// A finding of another window than a day says when that starts and ends; its ID and
// all the rest stay.
func TestFindingsOfWindows(t *testing.T) {
	w := event.Window{From: november20.Add(6 * time.Hour), To: november20.Add(31*time.Hour + time.Second)}
	d := New(paramsOf(t, "balanced"), "s", 1)
	var got, want Finding
	for window, f := range map[event.Window]*Finding{w: &got, event.Day(november20): &want} {
		records, err := d.Finish(t.Context(), window, smallDay(), NewCounts())
		if err != nil || len(records) != 1 || records[0].Day != "2026-11-20" || json.Unmarshal(records[0].Body, f) != nil {
			t.Fatal(records, err)
		}
	}
	if got.DataDay != "2026-11-20T06:00:00.0000000Z" || got.TimeStamp != "2026-11-21T07:00:01.0000000Z" ||
		want.DataDay != "2026-11-20T00:00:00.0000000Z" || want.TimeStamp != "2026-11-21T00:00:00.0000000Z" {
		t.Errorf("%s to %s, and the day %s to %s", got.DataDay, got.TimeStamp, want.DataDay, want.TimeStamp)
	}
	got.DataDay, got.TimeStamp = want.DataDay, want.TimeStamp
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	s, err := d.Explain(t.Context(), w, smallDay(), NewCounts(), "svch0st.exe")
	if err != nil || s.Day != "2026-11-20T06:00:00Z to 2026-11-21T07:00:01Z" {
		t.Error(s.Day, err)
	}
}
