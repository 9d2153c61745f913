package job_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/job"
	"sparkless/publish"
	"sparkless/storage/event"
)

// earliest is how many times a sightings keeps of each word.
const earliest = 3

// sightings is a small detector's state with a bounded context: how often each
// word was seen, and the earliest times of it, in order.
type sightings struct {
	counts map[string]int64
	times  map[string][]int64

	// For defects:
	onAdd, onEncode func()
	keepFirst       bool // times that come first, not the least
	deaf            bool // to the times of others
	twice           bool // is what was decoded merged
	decoded         bool
}

func newSightings() *sightings {
	return &sightings{counts: map[string]int64{}, times: map[string][]int64{}, onAdd: func() {}, onEncode: func() {}}
}

func (s *sightings) Add(r *event.Record) {
	s.onAdd()
	s.see(r.Value(0).Text(), 1, []int64{r.Time})
}

func (s *sightings) Merge(o *sightings) {
	for word, n := range o.counts {
		times := o.times[word]
		if s.deaf {
			times = nil
		}
		if s.twice && o.decoded {
			n *= 2
		}
		s.see(word, n, times)
	}
}

func (s *sightings) see(word string, n int64, times []int64) {
	s.counts[word] += n
	all := slices.Concat(s.times[word], times)
	if !s.keepFirst {
		slices.Sort(all)
	}
	all = all[:min(len(all), earliest)]
	slices.Sort(all)
	s.times[word] = all
}

type sightingsFile struct {
	Note   string
	Counts map[string]int64
	Times  map[string][]int64
}

func (s *sightings) Encode(note string) ([]byte, error) {
	s.onEncode()
	text, err := json.Marshal(sightingsFile{note, s.counts, s.times})
	return fmt.Appendf(text, "\n%x", sha256.Sum256(text)), err
}

func (s *sightings) Decode(file []byte) (string, error) {
	text, sum, _ := bytes.Cut(file, []byte("\n"))
	var f sightingsFile
	if fmt.Sprintf("%x", sha256.Sum256(text)) != string(sum) || json.Unmarshal(text, &f) != nil {
		return "", errDamaged
	}
	s.counts, s.times, s.decoded = f.Counts, f.Times, true
	return f.Note, nil
}

// spotter is the detector of sightings.
type spotter struct{}

func (spotter) Spec() event.Spec {
	return event.Spec{Detector: "sightings", Version: 1, Container: "am-securityevent",
		Query: event.Query{EventIDs: []int{4688}, Columns: []string{"Process"}}}
}

func (spotter) New() *sightings { return newSightings() }

func (spotter) Finish(_ context.Context, w event.Window, day, _ *sightings) ([]publish.Record, error) {
	var out []publish.Record
	for _, word := range slices.Sorted(maps.Keys(day.counts)) {
		body, err := publish.Body(map[string]any{"word": word, "count": day.counts[word], "earliest": day.times[word]})
		if err != nil {
			return nil, err
		}
		out = append(out, publish.Record{ID: "s-" + word, Day: w.From.Format(time.DateOnly), Body: body})
	}
	return out, nil
}

// sightings is the world's small hunt.
func (w *world) sightings() subject {
	return subject{
		hunt: func(ctx context.Context, p parts, workers int) error {
			h := &job.Hunt[*sightings]{Detector: p.detector, Input: p.input, Work: p.work, Engine: p.engine,
				Lanes: event.NewLanes(workers, workers), Sinks: fixed(p.sinks), Config: config(workers)}
			_, err := h.Day(ctx, day)
			return err
		},
		events:      w.sightingEvents,
		wantProfile: w.wantSightings,
		truth: func() []fact {
			var out []fact
			s := reckonSightings(w.t, w.blobs())
			for _, word := range slices.Sorted(maps.Keys(s.counts)) {
				times, _ := json.Marshal(s.times[word])
				out = append(out, fact{"s-" + word, fmt.Sprintf(`{"count":%d,"earliest":%s,"word":%q}`, s.counts[word], times, word)})
			}
			return out
		},
		fact: func(r publish.Record) fact { return fact{r.ID, string(r.Body)} },
	}
}

// sightingEvents are n lines of few words, a third of them of another kind, some of
// another day.
func (w *world) sightingEvents(n int) string {
	var b strings.Builder
	for range n {
		line := w.line(day, fmt.Sprint("w", w.rng.IntN(9)))
		switch w.rng.IntN(12) {
		case 0, 1, 2:
			line = strings.Replace(line, "4688", "4624", 1)
		case 3:
			line = w.line(day.AddDate(0, 0, 1), "tomorrow")
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// reckonSightings works out what blobs hold, without any of the code that it
// judges.
func reckonSightings(t testing.TB, blobs map[string]string) *sightings {
	s := newSightings()
	for _, data := range blobs {
		for line := range strings.Lines(data) {
			var v struct {
				TimeGenerated time.Time
				EventID       int
				Process       string
			}
			if err := json.Unmarshal([]byte(line), &v); err != nil {
				t.Fatal(err)
			}
			if v.EventID == 4688 && v.TimeGenerated.UTC().Format(time.DateOnly) == "2026-11-20" {
				s.counts[v.Process]++
				s.times[v.Process] = append(s.times[v.Process], v.TimeGenerated.UnixNano())
			}
		}
	}
	for word, times := range s.times {
		slices.Sort(times)
		s.times[word] = times[:min(len(times), earliest)]
	}
	return s
}

// wantSightings reads the one profile as text.
func (w *world) wantSightings() {
	profiles := slices.Collect(maps.Values(content(w.t, w.work, "profiles/")))
	var got sightingsFile
	if len(profiles) != 1 || json.NewDecoder(strings.NewReader(profiles[0])).Decode(&got) != nil {
		w.errorf("%d profiles, %q", len(profiles), profiles)
		return
	}
	if want := reckonSightings(w.t, w.blobs()); !maps.Equal(got.Counts, want.counts) || !maps.EqualFunc(got.Times, want.times, slices.Equal) {
		w.errorf("the profile holds %v, want %v", got, want)
	}
}
