package main

import (
	"context"
	"slices"
	"time"

	"sparkless/job"
	"sparkless/job/cluster"
	"sparkless/storage/event"
)

// watchEvery is how often a process that waits asks how far a run is: many wait.
const watchEvery = 10 * time.Second

// watch shows how far a run is, until ctx ends.
func (c *crew[S]) watch(ctx context.Context, e cluster.Execution, w event.Window) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		all, err := c.server.Status(ctx, cluster.Filter{Window: w.Label(), Latest: 3})
		if i := slices.IndexFunc(all, func(s cluster.Status) bool { return s.RunID == e.RunID }); err == nil && i >= 0 {
			c.show(all[i], w)
		}
	}
}

// show shows how far a run is.
func (c *crew[S]) show(s cluster.Status, w event.Window) {
	if s.Backfill {
		over := 0
		for _, d := range s.Days {
			if d.State == "done" || d.State == "failed" {
				over++
			}
		}
		c.a.at = place{w.Label(), min(over+1, len(s.Days)), len(s.Days)}
		c.hunt.Observe(job.Progress{Phase: job.Reading, Done: max(over, 1)})
		return
	}
	if p := progressIn(s); p.Phase != job.Reading || p.Done > 0 {
		c.hunt.Observe(p)
	}
}

// progressIn is how far a day is, as a run in one process would tell it: what is under
// way counts as far as its last heartbeat says.
func progressIn(s cluster.Status) job.Progress {
	p := s.Progress
	phase := map[string]job.Phase{"folding": job.Reading, "merging": job.Merging, "concluding": job.Finishing}[p.Phase]
	if phase == "" {
		phase = job.Phase(p.Phase)
	}
	all := job.Progress{Phase: phase, Done: p.Shards, Reused: p.Reused, Bytes: p.Bytes, BytesDone: p.BytesDone, Lines: p.Lines}
	for _, a := range s.Pending {
		all.Done += a.Beat.Shards
		all.BytesDone += a.Beat.Bytes
		all.Lines += a.Beat.Lines
	}
	all.BytesDone = min(all.BytesDone, all.Bytes)
	return all
}
