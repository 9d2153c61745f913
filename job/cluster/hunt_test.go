package cluster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sparkless/job"
	"sparkless/masquerade"
	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

// hunted is the hunt that the program is for.
type hunted = job.Hunt[*masquerade.Counts]

var (
	_ Steps   = (*hunted)(nil)
	_ Planner = (*hunted)(nil)
)

// told keeps what is published, in order.
type told struct {
	mu  sync.Mutex
	all []string
}

func (s *told) Name() string { return "told" }

func (s *told) Send(_ context.Context, records []publish.Record) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range records {
		s.all = append(s.all, r.ID+" "+string(r.Body))
	}
	return len(records), nil
}

func newHunt(input storage.Reader, sink publish.Sink) *hunted {
	c := job.DefaultConfig()
	c.Source, c.ShardSize, c.BatchSize, c.MissingHours, c.Code, c.Identity = "test", 1<<10, 4<<10, 1000, "code", "worker"
	return &hunted{Detector: masquerade.New(masquerade.NotebookParams(), "all", 2), Input: input, Work: storagetest.NewMem(), Engine: job.Local(2), Lanes: event.NewLanes(2, 2),
		Sinks: func(event.Window) ([]publish.Sink, error) { return []publish.Sink{sink}, nil }, Config: c}
}

// export is of n days of programs that every machine runs, and of names like theirs.
func export(t testing.TB, n int) *storagetest.Mem {
	t.Helper()
	rng := rand.New(rand.NewPCG(4688, 8))
	input := storagetest.NewMem()
	usual := []string{"SecurityHealthService.exe", "RuntimeBroker.exe", "SearchProtocolHost.exe", "TrustedInstaller.exe", "backgroundTaskHost.exe"}
	for day := range n {
		at := firstDay.AddDate(0, 0, day)
		for hour := range 6 {
			var b strings.Builder
			for range 60 {
				name := usual[rng.IntN(len(usual))]
				if rng.IntN(6) == 0 {
					i := 1 + rng.IntN(8)
					name = name[:i] + string(rune('a'+rng.IntN(26))) + name[i+1:]
				} else if rng.IntN(6) == 0 {
					name = fmt.Sprintf("tool%d.exe", rng.IntN(10000))
				}
				fmt.Fprintf(&b, `{"TimeGenerated":%q,"Computer":"host%d","EventID":4688,"Process":%q,"NewProcessName":"C:\\Windows\\%s"}`+"\n",
					at.Add(time.Duration(hour)*time.Hour).Format("2006-01-02T15:04:05.0000000Z"), rng.IntN(20), name, name)
			}
			name := fmt.Sprintf("WorkspaceResourceId=/subscriptions/s/resourcegroups/rg/providers/microsoft.operationalinsights/workspaces/contoso/y=%d/m=%02d/d=%02d/h=%02d/m=00/PT05M.json",
				at.Year(), at.Month(), at.Day(), hour)
			if err := input.Put(t.Context(), name, []byte(b.String())); err != nil {
				t.Fatal(err)
			}
		}
	}
	return input
}

// The workflows have the real steps find and deliver just what one process does, and
// days that follow each other know of those before.
func TestRealHunt(t *testing.T) {
	const n = 5
	input := export(t, n)
	var alone, many told
	if err := newHunt(input, &alone).Backfill(t.Context(), firstDay, firstDay.AddDate(0, 0, n), func(time.Time, *job.Result[*masquerade.Counts], error) {}); err != nil {
		t.Fatal(err)
	}
	h := newHunt(input, &many)
	env := environment(t, h)
	r, err := runBackfill(t, env, days(n))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range r.Days {
		if d.Kind != "" {
			t.Errorf("%+v", d)
		}
	}
	if len(alone.all) < 10*n || !slices.Equal(many.all, alone.all) {
		t.Fatalf("%d findings by one process, %d by many", len(alone.all), len(many.all))
	}

	f, err := h.Freeze(t.Context(), event.Day(firstDay))
	if err != nil || !f.Known {
		t.Fatalf("%+v, %v", f, err)
	}
	env = environment(t, h)
	env.ExecuteWorkflow(dayType, dayInput{Frozen: f})
	again, err := dayOf(t, env)
	if err != nil || len(many.all) != len(alone.all) {
		t.Errorf("a second run: %v, %d findings sent", err, len(many.all)-len(alone.all))
	}
	if got, err := h.Concluded(t.Context(), f, again.Conclusion); err != nil || len(got.Records) != again.Conclusion.Findings || again.Conclusion.By != "worker" {
		t.Errorf("%+v, %v", again, err)
	}
}
