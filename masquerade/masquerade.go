// Package masquerade finds rare process names that imitate frequent ones, such
// as svch0st.exe beside svchost.exe (MITRE ATT&CK T1036.005).
//
// It counts the names of a day's process creations (event 4688), takes percent
// ranks of the counts, and joins the rare names with the frequent ones by edit
// distance. With the default Params its pairs and scores are those of the
// notebook "Masquerading Process Name Anomaly" for Microsoft Sentinel on the
// same events.
package masquerade

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sparkless/masquerade/simjoin"
	"sparkless/publish"
	"sparkless/storage/event"
)

// Params decide which names are compared and which pairs are findings.
type Params struct {
	// Frequent is the least percent rank of a frequent name.
	Frequent float64
	// Rare is the percent rank below which a name is rare.
	Rare float64
	// Similarity is the score above which a pair is a finding.
	Similarity float64
}

// DefaultParams returns the notebook's.
func DefaultParams() Params { return Params{Frequent: 0.8, Rare: 0.2, Similarity: 0.85} }

// Validate names every setting that cannot work.
func (p Params) Validate() error {
	var errs []error
	check := func(name string, v, limit float64) {
		if !(v >= 0 && v <= limit) {
			errs = append(errs, fmt.Errorf("masquerade.%s: %v is not between 0 and %v", name, v, limit))
		}
	}
	check("frequent", p.Frequent, 1)
	check("rare", p.Rare, 1)
	check("similarity", p.Similarity, 1)
	return errors.Join(errs...)
}

// Quadratic reports whether comparing names at this similarity takes time by the
// square of their number, which is worth a warning on a large estate.
func (p Params) Quadratic() bool { return simjoin.Quadratic(p.Similarity) }

// Container is where Azure Monitor exports the table SecurityEvent.
const Container = "am-securityevent"

// Detector is the masquerading hunt. It is safe for concurrent use.
type Detector struct {
	params  Params
	scope   string
	workers int
	limit   int64 // in bytes; 0 for none
}

// New returns a detector. Scope says which estate the findings belong to and is
// part of their IDs; workers is how many goroutines join names.
func New(p Params, scope string, workers int) *Detector {
	return &Detector{params: p, scope: scope, workers: workers}
}

// The columns of SecurityEvent that the detector reads, as Record.Value counts
// them.
const (
	colProcess = iota
	colNewProcessName
	colComputer
	colParentProcessName
	colAccount
	colCommandLine
)

// Spec tells what the detector reads: event 4688, "A new process has been
// created", of the table SecurityEvent.
func (d *Detector) Spec() event.Spec {
	return event.Spec{
		Detector:  "masquerade",
		Version:   1,
		Container: Container,
		Query: event.Query{
			EventIDs: []int{4688},
			Columns:  []string{"Process", "NewProcessName", "Computer", "ParentProcessName", "Account", "CommandLine"},
		},
	}
}

// New returns counts of nothing.
func (d *Detector) New() *Counts { return NewCounts() }

// Finish returns the day's findings, one for each pair of a rare name and the
// frequent name it resembles, the most similar first. With a limit it fails with a
// LimitError rather than take more memory.
func (d *Detector) Finish(ctx context.Context, date time.Time, day, _ *Counts) ([]publish.Record, error) {
	room, err := d.roomFor(day, finishPerName)
	if err != nil {
		return nil, err
	}
	frequent, rare := split(rank(day.tallies()), d.params)
	join := simjoin.Joiner{Workers: d.workers, MaxPairs: room.pairs()}
	pairs, err := join.Join(ctx, namesOf(frequent), namesOf(rare), d.params.Similarity)
	if err != nil {
		err = room.ofPairs(err)
		return nil, fmt.Errorf("comparing %d frequent with %d rare names: %w", len(frequent), len(rare), err)
	}
	sortPairs(pairs, frequent, rare)
	records := make([]publish.Record, 0, len(pairs))
	for _, p := range pairs {
		r, err := d.finding(date, day, frequent[p.Left], rare[p.Right], p).record()
		if err == nil {
			err = room.take(recordCost(r), "keeping the findings")
		}
		if err != nil {
			return nil, fmt.Errorf("%d of %d findings: %w", len(records), len(pairs), err)
		}
		records = append(records, r)
	}
	return records, nil
}

func namesOf(names []ranked) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = n.name
	}
	return out
}
