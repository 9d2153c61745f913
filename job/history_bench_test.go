package job

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"sparkless/masquerade"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/local"
	"sparkless/storage/storagetest"
)

// dayOfNames is the state of a day with so many names, of which four in five come
// on every day, and a third comes often.
func dayOfNames(b *testing.B, d *masquerade.Detector, date time.Time, names int) *masquerade.Counts {
	var lines strings.Builder
	for i := range names {
		name := fmt.Sprintf("program-%06d.exe", i*7919%1_000_003)
		if i%5 == 0 {
			name = fmt.Sprintf("tmp%d-%s", i, date.Format(time.DateOnly))
		}
		for range 1 + i%3/2*2 {
			fmt.Fprintf(&lines, `{"TimeGenerated":"%s","EventID":4688,"Process":"%s","NewProcessName":"C:\\Program Files\\%d\\%s","Computer":"host%d","ParentProcessName":"C:\\Windows\\explorer.exe","Account":"CORP\\user%d","CommandLine":"%s --serial %d"}`+"\n",
				date.Add(time.Duration(i)*time.Millisecond).Format(time.RFC3339Nano), name, i%5000, name, i%4000, i%9000, name, i)
		}
	}
	mem := storagetest.NewMem()
	if err := mem.Put(b.Context(), "PT05M.json", []byte(lines.String())); err != nil {
		b.Fatal(err)
	}
	blob, err := storage.Find(b.Context(), mem, "PT05M.json")
	if err != nil {
		b.Fatal(err)
	}
	state := d.New()
	reading := event.NewLanes(1, 1).Read(mem, d.Spec().Query, event.Day(date), []event.Range{event.Whole(blob)})
	if err := reading.Lane(b.Context(), state.Add); err != nil || state.Names() != names {
		b.Fatal(state.Names(), err)
	}
	return state
}

// BenchmarkHistory looks back on 30 days, as Recall does on each of its calls,
// beside none.
func BenchmarkHistory(b *testing.B) {
	for _, names := range []int{20_000, 200_000} {
		work, err := local.New(local.Config{Folder: b.TempDir(), Create: true})
		if err != nil {
			b.Fatal(err)
		}
		date := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
		h := memoryHunt(b, storagetest.NewMem(), work, 4<<30)
		d := masquerade.New(masquerade.NotebookParams(), "s", 2)
		var bytes int64
		for back := range 31 {
			file, err := dayOfNames(b, d, date.AddDate(0, 0, -back), names).Encode("{}")
			if err == nil {
				err = work.Put(b.Context(), h.profileName(event.Day(date.AddDate(0, 0, -back))), file)
			}
			if err != nil {
				b.Fatal(err)
			}
			bytes += int64(len(file))
		}
		kept, _, err := h.get(b.Context(), h.profileName(event.Day(date)))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("names=%d", names), func(b *testing.B) {
			b.SetBytes(bytes * 30 / 31)
			b.ReportAllocs()
			r := &Result[*masquerade.Counts]{Outcome: Outcome{Date: date}, Day: kept.State}
			for b.Loop() {
				r.History = History{}
				if err := h.lookBack(b.Context(), r); err != nil || len(r.History.Days) != 30 || r.Past.Days() != 30 {
					b.Fatal(len(r.History.Days), err)
				}
			}
			b.ReportMetric(float64(r.Past.Size())/1e6, "MB-kept")
			b.ReportMetric(float64(r.Day.Size())/1e6, "MB-day")
			b.ReportMetric(highest(func() { h.lookBack(b.Context(), r) }), "MB-most-beside")
		})
	}
}

// highest is how many megabytes the heap grows by at most while do runs, as far as
// looks at it tell.
func highest(do func()) float64 {
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	done, most := make(chan struct{}), before.HeapAlloc
	go func() {
		defer close(done)
		do()
	}()
	for {
		select {
		case <-done:
			return float64(most-before.HeapAlloc) / 1e6
		default:
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc)
			runtime.Gosched()
		}
	}
}
