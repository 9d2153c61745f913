// Package cluster drives the steps of a job on many machines, as workflows of Temporal
// (https://docs.temporal.io). It is the second driver of them: the first is one process
// and needs no server.
//
//	day        FoldBatch for every batch, a window of them at a time
//	           MergePieces, 32 at a time, as a tree in the order of the batches
//	           Conclude
//	backfill   for each day, four at a time: Freeze, then the workflow of the day
//
// Temporal keeps who has done what, gives out what is to be done, notices who is gone and
// refuses who comes back too late. No data goes there: what it keeps are references to
// objects of the work store, numbers, and bounded texts of failures.
//
// Workers of one task queue are equal in settings and code. So a changed program has
// another queue and never goes on with what another began.
package cluster

import (
	"context"
	"time"

	"sparkless/job"
	"sparkless/storage/event"
)

// Steps are the steps of a job that workers carry out. A job.Hunt has them. They may be
// called again for what was done already, on any machine, also while a call whose worker
// was given up goes on.
type Steps interface {
	FoldBatch(ctx context.Context, f job.Frozen, batch int, beat func(job.Beat)) (job.Piece, error)
	MergePieces(ctx context.Context, f job.Frozen, pieces []job.Piece) (job.Piece, error)
	Conclude(ctx context.Context, f job.Frozen, all job.Piece) (job.Conclusion, error)
}

// Planner freezes what a window holds. A job.Hunt does.
type Planner interface {
	Freeze(ctx context.Context, w event.Window) (job.Frozen, error)
}

// Execution is one run of a workflow.
type Execution struct {
	ID     string // of the workflow: equal for equal work
	RunID  string // tells this run of it from others
	Joined bool   // someone else had started it
}

// Outcome is what a day of a backfill came to.
type Outcome struct {
	Window     string // its label
	Frozen     job.Frozen
	Conclusion job.Conclusion
	// Err is why there is no conclusion: of a kind that job.KindOf names, or ErrCancelled.
	Err error
}

// Filter says which executions Status tells of.
type Filter struct {
	Window string // the label of one window of time; "" for all
	Latest int    // how many at most, those that started last; 0 for 20
}

// Status is how far an execution is.
type Status struct {
	Execution
	Backfill bool
	Window   string // its label; of a backfill that of all its days
	// State is "running", "completed", "failed", "cancelled", "terminated" or "timed out".
	State          string
	Queue          string    // its task queue: another than Config.Queue is of other settings or code
	Started, Ended time.Time // Ended is zero while it runs
	Progress       Progress
	// NoAnswer says why Progress and Days are not known, if they are not: no worker
	// answers, or the history is not kept any more.
	NoAnswer string
	Pending  []Activity
	Days     []DayStatus // of a backfill
	// Err is why it failed, if it did.
	Err error
	// Kind is how the run of a day ended that was completed, as job.Conclusion has it.
	Kind string
}

// Progress is what the workflow of a day knows of itself.
type Progress struct {
	// Phase is "folding", "merging", "waiting for the days before", "concluding" or "over".
	Phase     string `json:"phase"`
	Run       string `json:"run"` // Frozen.Run
	Tasks     int    `json:"tasks"`
	Done      int    `json:"done"`   // of Tasks: batches, merges and the conclusion
	Shards    int    `json:"shards"` // of the batches that are done
	Reused    int    `json:"reused"` // of Shards
	Bytes     int64  `json:"bytes"`  // of all blobs
	BytesDone int64  `json:"bytes_done"`
	Lines     int64  `json:"lines"`
	Records   int64  `json:"records"`
}

// Activity is one step that is under way, or waits for a worker.
type Activity struct {
	// ID is what it does: "fold-12" is batch 12, "merge-0-31" the batches 0 to 31.
	ID      string
	State   string // "scheduled", "started" or "cancel requested"
	Attempt int    // from 1
	// LastFailure is why an earlier attempt failed, "" if none did.
	LastFailure   string
	Worker        string // Config.Identity of who has it, or had it last
	LastHeartbeat time.Time
	Beat          job.Beat // of a fold, as of LastHeartbeat
}

// DayStatus is a day of a backfill.
type DayStatus struct {
	Window string `json:"window"`
	// State is "waiting", "freezing", "running", "joined", "done" or "failed".
	State string `json:"state"`
	ID    string `json:"id,omitempty"` // of its workflow, which has a Status of its own
}

// Poller is a process that has lately asked for tasks of the queue.
type Poller struct {
	Identity string
	LastSeen time.Time
}
