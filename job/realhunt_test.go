package job_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hbollon/go-edlib"

	"sparkless/job"
	"sparkless/masquerade"
	"sparkless/publish"
	"sparkless/storage/event"
)

// The hunt that the program is for lives as well.
func TestLivesOfTheRealHunt(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		w := emptyWorld(t, t, seed)
		w.subject = w.masquerade()
		for i := range 5 {
			w.put(blobName(day, i*50), w.events(40))
		}
		w.remember()
		if len(w.truth()) < 4 {
			t.Fatalf("seed %d: %d findings make no test", seed, len(w.truth()))
		}
		w.live()
	}
}

// masquerade is the world's real hunt.
func (w *world) masquerade() subject {
	known := scores{}
	return subject{
		hunt: func(ctx context.Context, p parts, workers int) error {
			h := &job.Hunt[*masquerade.Counts]{Detector: masquerade.New(masquerade.NotebookParams(), "all", workers),
				Input: p.input, Work: p.work, Engine: p.engine, Lanes: event.NewLanes(workers, workers),
				Sinks: fixed(p.sinks), Config: config(workers)}
			_, err := h.Day(ctx, day)
			return err
		},
		events:      w.processEvents,
		truth:       func() []fact { return impostors(w.t, w.blobs(), known) },
		fact:        func(r publish.Record) fact { return suspicion(w.t, r.Body) },
		wantProfile: func() {},
	}
}

// processEvents are n process creations: programs that every machine runs, names
// that look like them, and others.
func (w *world) processEvents(n int) string {
	var b strings.Builder
	usual := []string{"SecurityHealthService.exe", "RuntimeBroker.exe", "SearchProtocolHost.exe", "TrustedInstaller.exe", "backgroundTaskHost.exe"}
	for range n {
		name := usual[w.rng.IntN(len(usual))]
		switch w.rng.IntN(6) {
		case 0: // one letter is another
			at, letter := 1+w.rng.IntN(8), "abcdefghijklmnopqrstuvwxyz"[w.rng.IntN(26)]
			name = name[:at] + string(letter) + name[at+1:]
		case 1:
			name = fmt.Sprintf("tool%d.exe", w.rng.IntN(100_000))
		}
		at := day.Add(time.Duration(w.rng.Int64N(int64(24*time.Hour/100)) * 100))
		id := []int{4688, 4688, 4624}[w.rng.IntN(3)]
		fmt.Fprintf(&b, `{"TimeGenerated":%q,"Computer":"host%d","EventID":%d,"Process":%q,"NewProcessName":"C:\\Windows\\%s"}`+"\n",
			at.Format("2006-01-02T15:04:05.0000000Z"), w.rng.IntN(20), id, name, name)
	}
	return b.String()
}

// seen is what an oracle knows of a name.
type seen struct {
	count       int
	first, last string
}

// impostors works out what the blobs lead to: counts, percent ranks and every
// pair of names, compared by another library.
func impostors(t testing.TB, blobs map[string]string, scores scores) []fact {
	names := reckonNames(t, blobs)
	var frequent, rare []string
	for name, s := range names {
		below := 0
		for _, other := range names {
			if other.count < s.count {
				below++
			}
		}
		rank := float64(below) / float64(len(names)-1)
		if rank >= 0.8 {
			frequent = append(frequent, name)
		}
		if rank < 0.2 {
			rare = append(rare, name)
		}
	}
	var out []fact
	for _, f := range frequent {
		for _, r := range rare {
			if score := scores.of(t, f, r); float64(score) > 0.85 {
				s := names[r]
				out = append(out, fact{f + " " + r, fmt.Sprintf("%d times from %s to %s, score %v", s.count, s.first, s.last, score)})
			}
		}
	}
	slices.SortFunc(out, func(a, b fact) int { return strings.Compare(a.finding, b.finding) })
	return out
}

// scores are those of pairs of names, kept since they take time.
type scores map[[2]string]float32

func (s scores) of(t testing.TB, a, b string) float32 {
	score, known := s[[2]string{a, b}]
	if !known {
		var err error
		score, err = edlib.StringsSimilarity(strings.TrimSuffix(a, ".exe"), strings.TrimSuffix(b, ".exe"), edlib.DamerauLevenshtein)
		if err != nil {
			t.Fatal(err)
		}
		s[[2]string{a, b}] = score
	}
	return score
}

func reckonNames(t testing.TB, blobs map[string]string) map[string]seen {
	names := map[string]seen{}
	for _, data := range blobs {
		for line := range strings.Lines(data) {
			var v struct {
				TimeGenerated, Process string
				EventID                int
			}
			if err := json.Unmarshal([]byte(line), &v); err != nil {
				t.Fatal(err)
			}
			if v.EventID != 4688 {
				continue
			}
			s, known := names[strings.ToLower(v.Process)]
			if !known {
				s.first = v.TimeGenerated
			}
			names[strings.ToLower(v.Process)] = seen{s.count + 1, min(s.first, v.TimeGenerated), max(s.last, v.TimeGenerated)}
		}
	}
	return names
}

// suspicion is what a published record says of a suspect.
func suspicion(t testing.TB, body []byte) fact {
	var f struct {
		NormalProcess, PotentiallyMaliciousProcess string
		AnomalyScore                               float32
		MaliciousCount                             int
		FirstSeen, LastSeen                        string
	}
	if err := json.Unmarshal(body, &f); err != nil {
		t.Fatal(err)
	}
	return fact{f.NormalProcess + " " + f.PotentiallyMaliciousProcess,
		fmt.Sprintf("%d times from %s to %s, score %v", f.MaliciousCount, f.FirstSeen, f.LastSeen, f.AnomalyScore)}
}
