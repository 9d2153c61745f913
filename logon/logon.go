// Package logon finds accounts whose logons of a day are unlike those of their other
// days, and the shapes of attacks on passwords: brute force, spraying, success after many
// failures, and logons to many computers.
//
// It counts a day's logons (events 4624 and 4625) by account and logon type. By default
// each number is compared with the same account's on other days, by median and median
// absolute deviation; an isolation forest adds days that no single number shows. With
// Params.Notebook it does as the notebook on anomalous logon sessions does, which takes
// the outliers of an isolation forest over z-scores.
package logon

import (
	"context"
	"iter"

	"sparkless/publish"
	"sparkless/publish/anomaly"
	"sparkless/storage/event"
)

// Name is that of the hunt, in findings, settings and the work store.
const Name = "logon"

// Container is where Azure Monitor exports the table SecurityEvent.
const Container = "am-securityevent"

// Detector is the logon hunt. It is safe for concurrent use.
type Detector struct {
	params  Params
	scope   string
	workers int
	memos   *memos
}

// New returns a detector. Scope says which estate the findings belong to and is part of
// their IDs; workers is how many goroutines grow and ask forests.
func New(p Params, scope string, workers int) *Detector {
	return &Detector{params: p, scope: scope, workers: workers, memos: newMemos()}
}

// The columns of SecurityEvent that the detector reads, as Record.Value counts them.
const (
	colEventID = iota
	colComputer
	colUser
	colDomain
	colType
	colAddress
	colWorkstation
	colPackage
	colStatus
	colSubStatus
	eventColumns
)

// version is that of what Add makes of a record. History: 1, the first.
const version = 1

// Spec tells what the detector reads: events 4624, "An account was successfully logged
// on", and 4625, "An account failed to log on", of the table SecurityEvent.
func (d *Detector) Spec() event.Spec {
	return event.Spec{
		Detector:  Name,
		Version:   version,
		Container: Container,
		Query: event.Query{
			EventIDs: []int{4624, 4625},
			Columns: []string{"EventID", "Computer", "TargetUserName", "TargetDomainName", "LogonType", "IpAddress",
				"WorkstationName", "AuthenticationPackageName", "Status", "SubStatus"},
		},
	}
}

// New returns the state of no logons.
func (d *Detector) New() *State {
	s := newState()
	s.memos = d.memos
	return s
}

// Past returns the state of no days before day, which keeps of earlier days what Finish
// asks: the numbers of accounts and sources that day has, or of all accounts for the
// notebook, whose forest is grown over all days.
func (d *Detector) Past(day *State) *State {
	s := newState()
	s.past = newPast(day, d.params.Notebook)
	return s
}

// Finish returns the findings of a window, the highest score first: one for an account,
// and one for a source of failed logons.
func (d *Detector) Finish(ctx context.Context, w event.Window, day, history *State) ([]publish.Record, error) {
	_, found, err := d.Rank(ctx, w, day, history)
	if err != nil {
		return nil, err
	}
	return anomaly.Records(found)
}

// Rank is Finish that makes a finding when it is asked for it, and returns how many there
// are.
func (d *Detector) Rank(ctx context.Context, w event.Window, day, history *State) (int, iter.Seq2[publish.Record, error], error) {
	day.settle()
	find := d.deviations
	if d.params.Notebook {
		find = d.notebookFindings
	}
	all, err := find(ctx, w, day, history)
	if err != nil {
		return 0, nil, err
	}
	return len(all), anomaly.Rank(all), nil
}
