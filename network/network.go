// Package network finds processes that connect to the internet and seldom do: rare over
// the fleet, started by another parent than usual, on a host where they were not seen,
// with what else speaks against them, such as a temporary folder or a shell on the
// command line.
//
// It reads the table DeviceNetworkEvents of Microsoft Defender for Endpoint. (Microsoft
// Learn, "DeviceNetworkEvents".)
package network

import (
	"context"
	"iter"

	"sparkless/publish"
	"sparkless/publish/anomaly"
	"sparkless/storage/event"
)

// Container is where Azure Monitor exports the table DeviceNetworkEvents.
const Container = "am-devicenetworkevents"

// Name is that of the hunt, in findings, settings and the work store.
const Name = "network"

// Detector is the hunt. It is safe for concurrent use.
type Detector struct {
	params  Params
	scope   string
	workers int
	observe func(Outcome)
}

// New returns a detector. Scope says which estate the findings belong to and is part of
// their IDs; workers is how many goroutines fit a forest.
func New(p Params, scope string, workers int) *Detector {
	return &Detector{params: p, scope: scope, workers: workers}
}

// Outcome is what Finish looked at.
type Outcome struct {
	Events      int64 // of the day
	Connections int64 // of them, those that are judged: successful ones to public addresses
}

// Observe has f told what came out of Finish or Rank, each time before it returns. It is
// to be called before anything else.
func (d *Detector) Observe(f func(Outcome)) { d.observe = f }

// The columns that the detector reads, as Record.Value counts them.
const (
	colAction = iota
	colDevice
	colAddress
	colPort
	colURL
	colProtocol
	colFile
	colPath
	colCommand
	colParent
	colAccount
	colDomain
)

// stateVersion is that of what Add makes of a record.
//
// History: 1, the first; 2, an event without what makes it a connection is none.
const stateVersion = 2

// Spec tells what the detector reads: all of DeviceNetworkEvents, which has no EventID.
// Events of other tables have no ActionType, or no RemoteIP.
func (d *Detector) Spec() event.Spec {
	columns := []string{
		"ActionType", "DeviceName", "RemoteIP", "RemotePort", "RemoteUrl", "Protocol",
		"InitiatingProcessFileName", "InitiatingProcessFolderPath", "InitiatingProcessCommandLine",
		"InitiatingProcessParentFileName", "InitiatingProcessAccountName", "InitiatingProcessAccountDomain",
	}
	return event.Spec{
		Detector: Name, Version: stateVersion, Container: Container,
		Query: event.Query{Columns: columns, Needs: []string{"ActionType", "RemoteIP"}, Elsewhere: streamed(columns)},
	}
}

// streamed is where the columns are in what Microsoft Defender XDR itself streams to a
// storage account. (Microsoft Learn, "Configure Microsoft Defender XDR to stream Advanced
// Hunting events to your storage account".)
func streamed(columns []string) *event.Fields {
	const inside = "properties."
	f := &event.Fields{Paths: map[string][]string{"TimeGenerated": {inside + "Timestamp", inside + "TimeGenerated", "TimeGenerated", "time"}}}
	for _, c := range columns {
		f.Paths[c] = []string{inside + c}
	}
	return f
}

// New returns connections of nothing.
func (d *Detector) New() *Connections { return NewConnections() }

// Past returns what is to be known of earlier days beside day: the processes of its
// names.
func (d *Detector) Past(day *Connections) *Connections { return day.newPast() }

// Finish returns the findings of a window, the highest score first, whose connections
// are in day.
func (d *Detector) Finish(ctx context.Context, w event.Window, day, history *Connections) ([]publish.Record, error) {
	_, found, err := d.Rank(ctx, w, day, history)
	if err != nil {
		return nil, err
	}
	return anomaly.Records(found)
}

// Rank is Finish that makes a finding when it is asked for it, and returns how many there
// are.
func (d *Detector) Rank(ctx context.Context, w event.Window, day, history *Connections) (int, iter.Seq2[publish.Record, error], error) {
	var found []anomaly.Candidate
	if d.params.Notebook {
		var err error
		if found, err = d.notebook(w, day); err != nil {
			return 0, nil, err
		}
	} else {
		found = d.judge(w, day, history)
	}
	if d.observe != nil {
		d.observe(Outcome{Events: day.totals.Events, Connections: day.totals.Kept})
	}
	return len(found), anomaly.Rank(found), ctx.Err()
}
