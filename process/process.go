// Package process finds executions of programs (event 4688, "A new process has been
// created") that are unlike the others of a day.
//
// Of each execution it takes features (features.go), keeps like executions together
// (state.go), and judges them by an isolation forest, by how rare program, host and
// parent are, and by what in them speaks of an attack (judge.go). Earlier days damp what
// is usual. A Model, trained on days and on labels where there are any, can judge in
// place of a forest over the day itself.
package process

// Container is where Azure Monitor exports the table SecurityEvent.
const Container = "am-securityevent"

// The columns of SecurityEvent that the detector reads, as Record.Value counts them.
const (
	colProcess = iota
	colNewProcessName
	colComputer
	colParentProcessName
	colAccount
	colCommandLine
)

// addVersion is that of what Add makes of a record.
//
// History: 1, the first.
const addVersion = 1
