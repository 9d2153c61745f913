package job

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/masquerade"
	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
	"sparkless/storage/table"
)

// rememberer hands the history on instead of findings.
type rememberer struct {
	*masquerade.Detector
	past    func(day *masquerade.Counts) *masquerade.Counts
	history *masquerade.Counts
}

func (r *rememberer) Past(day *masquerade.Counts) *masquerade.Counts {
	if r.past != nil {
		return r.past(day)
	}
	return r.Detector.Past(day)
}

func (r *rememberer) Finish(_ context.Context, _ event.Window, _, history *masquerade.Counts) ([]publish.Record, error) {
	r.history = history
	return nil, nil
}

var theDay = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

// threeDays are the profiles of a day of so many names and of the two before it, the
// same as that.
func threeDays(t *testing.T, names int) (*storagetest.Mem, int64) {
	work := storagetest.NewMem()
	h := memoryHunt(t, manyNames(t, names), work, 1<<30)
	r, err := h.Day(t.Context(), theDay)
	if err != nil {
		t.Fatal(err)
	}
	file, err := storage.ReadAll(t.Context(), work, h.profileName(event.Day(theDay)))
	for back := 1; back < 3 && err == nil; back++ {
		err = work.Put(t.Context(), h.profileName(event.Day(theDay.AddDate(0, 0, -back))), file)
	}
	if err != nil {
		t.Fatal(err)
	}
	return work, int64(r.Day.Size())
}

func recalling(t *testing.T, work storage.Store, memory int64) (*Hunt[*masquerade.Counts], *rememberer) {
	h := memoryHunt(t, nil, work, memory)
	d := &rememberer{Detector: masquerade.New(masquerade.NotebookParams(), "s", 2)}
	h.Detector = d
	return h, d
}

// What a history takes is accounted for, and given back but for what is kept.
func TestHistoryIsAccountedFor(t *testing.T) {
	work, _ := threeDays(t, 10_000)
	h, d := recalling(t, work, 1<<30)
	r, err := h.Recall(t.Context(), event.Day(theDay))
	if err != nil || d.history != r.Past || r.Past.Days() != 2 || len(r.History.Days) != 2 {
		t.Fatal(r, err)
	}
	if want := int64(r.Day.Size() + r.Past.Size()); h.budget.held != want || h.budget.lent != 0 {
		t.Errorf("%d bytes held, %d lent; state and history take %d", h.budget.held, h.budget.lent, want)
	}
	if b := r.Past.Before("p7.exe"); b.Count != 2 || b.Days != 2 {
		t.Errorf("%+v", b)
	}
}

// Where memory is short the history is without the days that do not fit, and says
// so; the day goes through whenever it does without any history. What is left out
// does not depend on the workers.
func TestHistoryKeepsToItsMemory(t *testing.T) {
	work, size := threeDays(t, 10_000)
	seen := map[int]bool{}
	for share := int64(20); share < 200; share += 6 { // of what the day takes, in tenths
		var first History
		for _, workers := range []int{1, 4} {
			alone, _ := recalling(t, work, size*share/10)
			alone.History = 0
			_, want := alone.Recall(t.Context(), event.Day(theDay))
			h, d := recalling(t, work, size*share/10)
			h.Workers = workers
			r, err := h.Recall(t.Context(), event.Day(theDay))
			if (err == nil) != (want == nil) || errors.Is(err, ErrMemory) != (err != nil) || errors.Is(err, ErrNoProfile) {
				t.Fatalf("share %d: %v, without history %v", share, err, want)
			}
			if err != nil {
				continue
			}
			if len(r.History.Days)+len(r.History.Left) != 2 || d.history.Days() != len(r.History.Days) || h.budget.held > h.budget.usable || h.budget.lent != 0 {
				t.Fatalf("share %d: %+v; %d of %d held", share, r.History, h.budget.held, h.budget.usable)
			}
			for _, l := range r.History.Left {
				if !strings.Contains(l.Reason, "job.memory") {
					t.Errorf("left out because %s", l.Reason)
				}
			}
			seen[len(r.History.Left)] = true
			if workers == 1 {
				first = r.History
			} else if !slices.Equal(first.Days, r.History.Days) || !slices.Equal(first.Left, r.History.Left) {
				t.Errorf("share %d: %+v and %+v", share, first, r.History)
			}
		}
	}
	if !seen[0] || !seen[2] {
		t.Errorf("no two outcomes: %v", seen)
	}
}

// A profile that is too large is not opened, whatever it holds; one of another
// format is no profile.
func TestHistoryOfStrangeProfiles(t *testing.T) {
	work, _ := threeDays(t, 1000)
	h, _ := recalling(t, work, 64*mib)
	large := h.profileName(event.Day(theDay.AddDate(0, 0, -1)))
	other, err := table.NewWriter("masquerade-counts/0", []table.Column{{Name: "name", Kind: table.Text}}).Close("{}")
	if err == nil {
		err = errors.Join(work.Put(t.Context(), large, make([]byte, 16*mib)), work.Put(t.Context(), h.profileName(event.Day(theDay.AddDate(0, 0, -3))), other))
	}
	if err != nil {
		t.Fatal(err)
	}
	h.Work = &storagetest.Faulty{Store: work, Script: func(c storagetest.Call) storagetest.Fault {
		if c.Op == storagetest.OpOpen && c.Name == large {
			t.Error("it is opened")
		}
		return storagetest.Fault{}
	}}
	r, err := h.Recall(t.Context(), event.Day(theDay))
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, l := range r.History.Left {
		left = append(left, fmt.Sprint(l.Day.Day(), " ", l.Reason))
	}
	if len(r.History.Days) != 1 || len(left) != 2 || !strings.HasPrefix(left[0], "17 ") || left[1] != "19 "+tooLarge {
		t.Errorf("looks back on %v, not on %q", r.History.Days, left)
	}
	if err := work.Put(t.Context(), h.profileName(event.Day(theDay)), other); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Recall(t.Context(), event.Day(theDay)); !errors.Is(err, ErrNoProfile) {
		t.Error(err)
	}
}

// A past that grows beyond the memory there is, against its contract, ends in an
// error that names the setting.
func TestPastThatGrows(t *testing.T) {
	work, size := threeDays(t, 10_000)
	h, d := recalling(t, work, 0)
	h.Memory = (size*21/10 + 32<<20) / 13 * 20 // the day, and as much again
	d.past = func(*masquerade.Counts) *masquerade.Counts { return masquerade.NewCounts() }
	var names strings.Builder
	for i := range 150_000 {
		fmt.Fprintf(&names, `{"TimeGenerated":"2026-11-19T00:00:00Z","EventID":4688,"Process":"q%d.exe"}`+"\n", i)
	}
	mem := storagetest.NewMem()
	if err := mem.Put(t.Context(), "PT05M.json", []byte(names.String())); err != nil {
		t.Fatal(err)
	}
	b, err := storage.Find(t.Context(), mem, "PT05M.json")
	if err != nil {
		t.Fatal(err)
	}
	other := masquerade.NewCounts()
	if err := event.NewLanes(1, 1).Read(mem, d.Spec().Query, event.Day(theDay.AddDate(0, 0, -1)), []event.Range{event.Whole(b)}).Lane(t.Context(), other.Add); err != nil {
		t.Fatal(err)
	}
	file, err := other.Encode("{}")
	if err == nil {
		err = work.Put(t.Context(), h.profileName(event.Day(theDay.AddDate(0, 0, -1))), file)
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := h.Recall(t.Context(), event.Day(theDay))
	if r != nil || !errors.Is(err, ErrMemory) || !strings.Contains(err.Error(), "job.history") || errors.Is(err, ErrNoProfile) {
		t.Error(err)
	}
}
