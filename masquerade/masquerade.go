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
	"fmt"

	"sparkless/masquerade/windows"
	"sparkless/publish"
	"sparkless/storage/event"
)

// Name is that of the hunt, in the work store and in settings.
const Name = "masquerade"

// Container is where Azure Monitor exports the table SecurityEvent.
const Container = "am-securityevent"

// Detector is the masquerading hunt. It is safe for concurrent use.
type Detector struct {
	params  Params
	scope   string
	workers int
	limit   int64 // in bytes; 0 for none
	notify  func(string)
	observe func(Outcome)
}

// New returns a detector. Scope says which estate the findings belong to and is
// part of their IDs; workers is how many goroutines join names.
func New(p Params, scope string, workers int) *Detector {
	return &Detector{params: p, scope: scope, workers: workers}
}

// Notify has f told what Finish could not look at and finished without. It is to
// be called before anything else.
func (d *Detector) Notify(f func(text string)) { d.notify = f }

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

// addVersion is that of what Add makes of a record, besides the facts of Windows
// that it asks.
//
// History: 1, counts by name. 2, by name and origin. 3, with the hours of the day.
const addVersion = 3

// Spec tells what the detector reads: event 4688, "A new process has been
// created", of the table SecurityEvent.
func (d *Detector) Spec() event.Spec {
	return event.Spec{
		Detector:  Name,
		Version:   100*addVersion + windows.Version,
		Container: Container,
		Query: event.Query{
			EventIDs: []int{4688},
			Columns:  []string{"Process", "NewProcessName", "Computer", "ParentProcessName", "Account", "CommandLine"},
		},
	}
}

// New returns counts of nothing.
func (d *Detector) New() *Counts { return NewCounts() }

// Finish returns the findings of a window, the strongest first, whose events are in
// day: of a UTC day, or of another span of time. With a limit it fails with a
// LimitError rather than take more memory.
func (d *Detector) Finish(ctx context.Context, w event.Window, day, history *Counts) ([]publish.Record, error) {
	room, err := d.roomFor(day, finishPerName)
	if err != nil {
		return nil, err
	}
	find := (*estate).pairs
	if d.params.Evidence {
		find = (*estate).impostors
	}
	records := []publish.Record{}
	e := &estate{Detector: d, window: w, day: day, history: history, room: room}
	err = find(e, ctx, func(f Finding) error {
		r, err := f.record()
		if err == nil {
			err = room.take(recordCost(r), "keeping the findings")
		}
		if err != nil {
			return fmt.Errorf("after %d findings: %w", len(records), err)
		}
		records = append(records, r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if d.observe != nil {
		e.outcome.count(e.names, d.params)
		d.observe(e.outcome)
	}
	return records, nil
}
