package main

import (
	"time"

	"sparkless/publish/schema"
	"sparkless/storage/event"
)

// Summary says what a run did. It is what `--summary-json` writes, and what the
// closing lines of a run, and its last record in a JSON log, are made of. Its JSON
// form is published as a schema (`sparkless schema summary`), which says what each
// field means. Within a major version of it fields are only ever added.
type Summary struct {
	SchemaVersion        string `json:"schema_version"`
	FindingSchemaVersion string `json:"finding_schema_version"` // of the findings of the run
	AnomalySchemaVersion string `json:"anomaly_schema_version"` // of those of other hunts than masquerade
	Version              string `json:"version"`                // of the program
	Command              string `json:"command"`

	Started         string  `json:"started"` // RFC 3339, UTC, as all times
	Finished        string  `json:"finished"`
	DurationSeconds float64 `json:"duration_seconds"`

	ExitCode    int      `json:"exit_code"`
	ExitMeaning string   `json:"exit_meaning"`
	Errors      []string `json:"errors"` // as the log has them

	DryRun  bool        `json:"dry_run"`
	Profile string      `json:"profile"`
	Scope   string      `json:"scope,omitempty"`  // not known if the run failed before
	Window  *TimeWindow `json:"window,omitempty"` // not known if the run failed before

	Days    []DaySummary      `json:"days"`    // that came to an end, with a result or without
	Earlier []DeliverySummary `json:"earlier"` // of what runs of earlier days owed
	Totals  TotalSummary      `json:"totals"`

	ReadBytesPerSecond int64 `json:"read_bytes_per_second,omitempty"` // while reading; not known if nothing was read
	PeakMemoryBytes    int64 `json:"peak_memory_bytes,omitempty"`

	Settings []SettingSummary `json:"settings"` // that differ from the defaults; no secret is among them
}

// TimeWindow is the time that was asked for, half-open.
type TimeWindow struct {
	From string `json:"from"` // RFC 3339, UTC
	To   string `json:"to"`   // the first moment that is no part of it
}

// Amounts are what can be added up over days.
type Amounts struct {
	Blobs           int              `json:"blobs"`
	Bytes           int64            `json:"bytes"`      // of the blobs, as stored
	ReadBytes       int64            `json:"read_bytes"` // of these, what this run has read
	Hours           int              `json:"hours"`      // with blobs
	MissingHours    int              `json:"missing_hours"`
	UnreadableBlobs int              `json:"unreadable_blobs"`
	Shards          int              `json:"shards"`
	Reused          int              `json:"reused"` // shards that an earlier run had read
	Lines           int64            `json:"lines"`
	Events          int64            `json:"events"`
	OtherEvents     int64            `json:"other_events"`
	OutsideWindow   int64            `json:"outside_window"`
	MalformedLines  int64            `json:"malformed_lines"`
	Malformed       map[string]int64 `json:"malformed"` // lines by reason
	Findings        FindingCounts    `json:"findings"`
	Suppressed      int              `json:"suppressed"`
}

// FindingCounts counts findings, suppressed ones left out.
type FindingCounts struct {
	Total      int             `json:"total"`
	BySeverity *SeverityCounts `json:"by_severity,omitempty"` // nil in the notebook's profile, which has none
}

// SeverityCounts counts findings by severity.
type SeverityCounts struct {
	High          int `json:"high"`
	Medium        int `json:"medium"`
	Low           int `json:"low"`
	Informational int `json:"informational"`
}

// DaySummary says what became of one day, or of another window that was one analysis.
type DaySummary struct {
	Date string `json:"date"` // or the UTC day that it starts on
	From string `json:"from"` // RFC 3339, UTC
	To   string `json:"to"`   // the first moment that is no part of it
	Amounts
	Layout     string              `json:"layout,omitempty"` // plain, or none of an export
	Workspaces []string            `json:"workspaces"`       // as their export names them
	Missing    []MissingSummary    `json:"missing"`
	Unreadable []UnreadableSummary `json:"unreadable"`
	Names      int                 `json:"names"`
	History    int                 `json:"history_days"` // that were looked back on
	SelfTest   *SelfTestSummary    `json:"self_test,omitempty"`
	Deliveries []DeliverySummary   `json:"deliveries"`
	Partial    bool                `json:"partial"`
	Error      string              `json:"error,omitempty"`
	Empty      *EmptySummary       `json:"empty,omitempty"`
	// PhaseSeconds are how long each phase took, in order: waiting (for another run
	// of the day), listing, reading, merging, finishing, delivering.
	PhaseSeconds map[string]float64 `json:"phase_seconds"`
	// Hunts are those beside the one for masquerading names, in order.
	Hunts []HuntSummary `json:"hunts,omitempty"`
}

// HuntSummary says what became of a day for a hunt beside the one for masquerading
// names.
type HuntSummary struct {
	Hunt         string             `json:"hunt"`
	Events       int64              `json:"events"`     // that it was given
	ReadBytes    int64              `json:"read_bytes"` // that it has read itself: none if another hunt has read them for it
	Shards       int                `json:"shards"`
	Reused       int                `json:"reused"` // shards that an earlier run or another hunt had read
	Findings     FindingCounts      `json:"findings"`
	Suppressed   int                `json:"suppressed"`
	OverBudget   int                `json:"over_budget"` // findings that the budget left out
	History      int                `json:"history_days"`
	Deliveries   []DeliverySummary  `json:"deliveries"`
	Partial      bool               `json:"partial"`
	Error        string             `json:"error,omitempty"`
	PhaseSeconds map[string]float64 `json:"phase_seconds"`
}

// EmptySummary says why there is no finding.
type EmptySummary struct {
	Cause  string `json:"cause"` // a word for programs
	Text   string `json:"text"`
	Advice string `json:"advice,omitempty"` // what to check
}

// MissingSummary is the hours of a day of which a workspace has no blob.
type MissingSummary struct {
	Workspace string `json:"workspace"`
	Day       string `json:"day,omitempty"` // of a window of several days
	Hours     []int  `json:"hours"`
}

// UnreadableSummary is a blob that nobody can read as it is.
type UnreadableSummary struct {
	Blob   string `json:"blob"`
	Reason string `json:"reason"`
}

// SelfTestSummary is how many synthetic impostors would be found.
type SelfTestSummary struct {
	Caught int      `json:"caught"`
	Total  int      `json:"total"`
	Missed []string `json:"missed"`
	Note   string   `json:"note,omitempty"` // why there was none
}

// DeliverySummary is what became of findings at one destination. In a dry run
// nothing is sent, and left is what would be.
type DeliverySummary struct {
	Day     string `json:"day,omitempty"` // or another window; none if it is over several
	Sink    string `json:"sink"`
	Sent    int    `json:"sent"`
	Before  int    `json:"before"` // by an earlier run
	Left    int    `json:"left"`   // not delivered
	Refused int    `json:"refused"`
}

// TotalSummary adds up the days.
type TotalSummary struct {
	Days        int `json:"days"`
	PartialDays int `json:"partial_days"` // with a result on partial input
	FailedDays  int `json:"failed_days"`  // without a result, as those without any blob
	Amounts
	Deliveries []DeliverySummary `json:"deliveries"` // by destination; all files together are "files"
}

// SettingSummary is a setting and where it comes from.
type SettingSummary struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source"`
}

// newSummary is the summary of a run that has done nothing yet: no list in it is
// nil, which JSON would have as null.
func newSummary() Summary {
	s := Summary{SchemaVersion: schema.SummaryVersion, FindingSchemaVersion: schema.FindingVersion, AnomalySchemaVersion: schema.AnomalyVersion, Version: buildVersion(),
		Errors: []string{}, Days: []DaySummary{}, Earlier: []DeliverySummary{}, Settings: []SettingSummary{}}
	s.Totals = TotalSummary{Amounts: Amounts{Malformed: map[string]int64{}}, Deliveries: []DeliverySummary{}}
	return s
}

// newDaySummary is the same of a day.
func newDaySummary(w event.Window) DaySummary {
	return DaySummary{Date: w.From.UTC().Format(time.DateOnly), From: rfc3339(w.From), To: rfc3339(w.To), Amounts: Amounts{Malformed: map[string]int64{}}, Workspaces: []string{}, Missing: []MissingSummary{},
		Unreadable: []UnreadableSummary{}, Deliveries: []DeliverySummary{}, PhaseSeconds: map[string]float64{}}
}

// add adds the amounts of another day.
func (a *Amounts) add(b Amounts) {
	a.Blobs += b.Blobs
	a.Bytes += b.Bytes
	a.ReadBytes += b.ReadBytes
	a.Hours += b.Hours
	a.MissingHours += b.MissingHours
	a.UnreadableBlobs += b.UnreadableBlobs
	a.Shards += b.Shards
	a.Reused += b.Reused
	a.Lines += b.Lines
	a.Events += b.Events
	a.OtherEvents += b.OtherEvents
	a.OutsideWindow += b.OutsideWindow
	a.MalformedLines += b.MalformedLines
	for reason, n := range b.Malformed {
		a.Malformed[reason] += n
	}
	a.Findings.add(b.Findings)
	a.Suppressed += b.Suppressed
}

func (f *FindingCounts) add(b FindingCounts) {
	f.Total += b.Total
	if b.BySeverity == nil {
		return
	}
	if f.BySeverity == nil {
		f.BySeverity = &SeverityCounts{}
	}
	s := f.BySeverity
	s.High += b.BySeverity.High
	s.Medium += b.BySeverity.Medium
	s.Low += b.BySeverity.Low
	s.Informational += b.BySeverity.Informational
}

// add adds up a day, which has a result or not. Nobody follows one file over days, so all files are one.
func (t *TotalSummary) add(d DaySummary, result bool) {
	t.Days++
	switch {
	case !result:
		t.FailedDays++
	case d.Partial:
		t.PartialDays++
	}
	t.Amounts.add(d.Amounts)
	for _, one := range d.Deliveries {
		one.Day = ""
		if isFile(one.Sink) {
			one.Sink = "files"
		}
		t.deliver(one)
	}
}

func (t *TotalSummary) deliver(one DeliverySummary) {
	for i := range t.Deliveries {
		if d := &t.Deliveries[i]; d.Sink == one.Sink {
			d.Sent += one.Sent
			d.Before += one.Before
			d.Left += one.Left
			d.Refused += one.Refused
			return
		}
	}
	t.Deliveries = append(t.Deliveries, one)
}
