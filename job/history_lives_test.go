package job_test

import (
	"context"
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

// retrospect is a spotter that looks back: it says how often a word was seen before.
type retrospect struct{ job.Detector[*sightings] }

func (retrospect) Past(*sightings) *sightings { return newSightings() }

func (retrospect) Finish(_ context.Context, w event.Window, day, history *sightings) ([]publish.Record, error) {
	var out []publish.Record
	for _, word := range slices.Sorted(maps.Keys(day.counts)) {
		body, err := publish.Body(map[string]any{"word": word, "count": day.counts[word], "before": history.counts[word]})
		if err != nil {
			return nil, err
		}
		out = append(out, publish.Record{ID: "s-" + word, Day: w.From.Format(time.DateOnly), Body: body})
	}
	return out, nil
}

// looksBack makes the world's hunt look back on two days before, whose profiles are
// kept, and on a damaged one, which stays as it is.
func (w *world) looksBack() {
	before := map[string]int64{}
	for back := 1; back < 4; back++ {
		s := newSightings()
		for i := range 9 {
			word, n := fmt.Sprint("w", i), w.rng.Int64N(20)
			s.see(word, n, []int64{int64(back)})
			if back < 3 {
				before[word] += n
			}
		}
		file, err := s.Encode("{}")
		if err != nil {
			w.t.Fatal(err)
		}
		put(w.t, w.work, "profiles/all/sightings/day="+at(-back).Format(time.DateOnly)+"/profile.parquet", file[back/3:])
	}
	kept := content(w.t, w.work, "profiles/")
	w.hunt = func(ctx context.Context, p parts, workers int) error {
		h := &job.Hunt[*sightings]{Detector: retrospect{p.detector}, Input: p.input, Work: p.work, Engine: p.engine,
			Lanes: event.NewLanes(workers, workers), Sinks: fixed(p.sinks), Config: config(workers)}
		h.History = 5
		_, err := h.Day(ctx, day)
		return err
	}
	w.truth = func() []fact {
		var out []fact
		s := reckonSightings(w.t, w.blobs())
		for _, word := range slices.Sorted(maps.Keys(s.counts)) {
			out = append(out, fact{"s-" + word, fmt.Sprintf(`{"before":%d,"count":%d,"word":%q}`, before[word], s.counts[word], word)})
		}
		return out
	}
	w.wantProfile = func() {
		now := content(w.t, w.work, "profiles/")
		for name, file := range now {
			if kept[name] != file && !strings.Contains(name, "day="+day.Format(time.DateOnly)) {
				w.errorf("%s is written anew", name)
			}
		}
		if len(now) != len(kept)+1 {
			w.errorf("%d profiles, of which %d are earlier ones", len(now), len(kept))
		}
	}
}

// A hunt that looks back lives as one that does not: a failure while earlier days
// are read never shows in what is found.
func TestLivesThatLookBack(t *testing.T) {
	t.Parallel()
	for seed := uint64(1000); seed < 1060 && !t.Failed(); seed++ {
		w := emptyWorld(t, t, seed)
		w.subject = w.sightings()
		w.looksBack()
		for i := range 6 {
			w.put(blobName(day, i*48), w.events(1+w.rng.IntN(9)))
		}
		w.remember()
		w.live()
	}
}
