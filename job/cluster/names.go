package cluster

import (
	"strings"
	"time"

	"sparkless/job"
)

// Names of what Temporal keeps in histories. One that means something else, or takes
// something else, gets a new number: histories are read by their names.
const (
	dayType       = "day.v1"
	backfillType  = "backfill.v1"
	freezeStep    = "freeze.v1"
	foldStep      = "fold.v1"
	mergeStep     = "merge.v1"
	concludeStep  = "conclude.v1"
	awaitStep     = "await.v1"
	progressQuery = "progress"
	releaseSignal = "release" // a held day may conclude
)

// Keys of the memo of an execution, which lists show without its history.
const (
	memoScope    = "scope"
	memoDetector = "detector"
	memoWindow   = "window"
	memoEstate   = "estate"
)

// prefix begins the IDs of all workflows of a scope and detector. So may those of
// another scope: the memo tells them apart.
func (c Config) prefix() string {
	return strings.Join([]string{"sparkless", c.Scope, c.Detector, ""}, "-")
}

// dayID names the workflow of one frozen plan.
func dayID(prefix string, f job.Frozen) string { return prefix + f.Window + "-" + f.Run }

// backfillID names the workflow of several days. The task queue, whose name says which
// settings and code work there, stands for what is equal in equal backfills.
func (c Config) backfillID(from, to time.Time) string {
	return c.prefix() + backfillInfix + date(from) + "-" + date(to) + "-" + c.Queue
}

// backfillInfix follows the prefix in the names of backfills.
const backfillInfix = "backfill-"

func date(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// memo is what lists show of an execution.
func memo(scope, detector, estate, window string) map[string]any {
	return map[string]any{memoScope: scope, memoDetector: detector, memoEstate: estate, memoWindow: window}
}
