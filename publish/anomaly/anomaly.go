// Package anomaly is the published shape of a finding that says of somebody or
// something that a day was unlike others. Hunts whose findings are of that kind share it.
//
// Its columns have the names of the table Anomalies of Microsoft Sentinel where they mean
// the same, so that both can be queried together. (Microsoft Learn, "Anomalies".)
package anomaly

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"sparkless/publish"
	"sparkless/storage/event"
)

// Where findings go unless told.
const (
	// LogType is the table of the Data Collector API, without "_CL". It is not that of the
	// stream: one API cannot fill a table that the other has made.
	LogType = "SparklessAnomalyResult"
	// Stream is that of a data collection rule.
	Stream = "Custom-SparklessAnomaly"
	// Table is the one that the stream fills.
	Table = "SparklessAnomaly_CL"
)

// Budget is how many findings a day a hunt has at most unless told.
const Budget = 20

// Finding is the published record. None of its names is ever changed.
type Finding struct {
	// TimeStamp is the end of the data day, or of the window that was analysed: the same
	// in every run.
	TimeStamp string `column:"datetime"`
	FindingId string // of the rule, the scope and the entity: the same on every day. Anomalies has Id
	DataDay   string `column:"datetime"` // the start of the UTC day, or of the window, that was analysed
	Scope     string `json:",omitempty"` // the estate, where several share a table

	RuleName    string  // the hunt, such as logon
	Entity      string  // who or what it is about, such as CONTOSO\alice
	EntityKind  string  // such as account or process
	Description string  // one line: what is unusual, with the actual and the usual value
	Score       float64 // 0 to 1, comparable within a rule
	Severity    string  // Informational, Low, Medium or High
	StartTime   string  `column:"datetime"` // of the first event it is about
	EndTime     string  `column:"datetime"` // of the last
	Events      int64   // it is about

	Tactics    []string `json:",omitempty"` // MITRE ATT&CK, as Microsoft Sentinel names them
	Techniques []string `json:",omitempty"` // such as T1110.003

	UserName             string `json:",omitempty"`
	SourceDevice         string `json:",omitempty"`
	SourceIpAddress      string `json:",omitempty"`
	DestinationDevice    string `json:",omitempty"`
	DestinationIpAddress string `json:",omitempty"`

	AnomalyReasons []Reason        // why, the weightiest first; at least one
	AnomalyDetails json.RawMessage `json:",omitempty" column:"dynamic"` // an object of the rule's own, such as samples of command lines
	Entities       []Entity        `json:",omitempty"`                  // all that it names, whom it is about first

	FirstSeen   string `json:",omitempty" column:"datetime"` // of the entity, on the day and the earlier days looked back on
	HistoryDays int    `json:",omitempty"`                   // days before that were looked at
	DaysSeen    int    `json:",omitempty"`                   // on how many of them the entity was seen
	Mode        string `json:",omitempty"`                   // "notebook" if the rule did as the notebook does
}

// Reason is one thing that is unusual.
type Reason struct {
	Name   string  // of the feature or the shape, such as FailedLogons or brute-force
	Value  string  // what it is, with its unit where it has one
	Usual  string  `json:",omitempty"` // what it is else, such as "3 (0 to 7 on 21 days)"
	Weight float64 // its share of the finding, 0 to 1
	Why    string  // in words
}

// Entity is somebody or something that a finding names. The first one's events are those
// that the others are of: where the numbers of a kind add up to it, there are no more of
// that kind.
type Entity struct {
	Kind  string // account, host, ip, process, file, parent (a program's name) or commandline
	Value string
	Count int64 `json:",omitempty"` // events
}

// Severities, the least first.
const (
	Informational = "Informational"
	Low           = "Low"
	Medium        = "Medium"
	High          = "High"
)

// Scale are the scores from which on a finding is Low, Medium or High.
type Scale struct{ Low, Medium, High float64 }

// Severity puts a score into words.
func (s Scale) Severity(score float64) string {
	switch {
	case score >= s.High:
		return High
	case score >= s.Medium:
		return Medium
	case score >= s.Low:
		return Low
	}
	return Informational
}

// ID names what is found within a rule and a scope, on whatever day. It does not look
// like a GUID, which Log Analytics would rewrite.
func ID(rule, scope string, parts ...string) string {
	h := sha256.New()
	for _, part := range append([]string{rule, scope}, parts...) {
		fmt.Fprintf(h, "%d:%s", len(part), part) // a part may hold any separator
	}
	return "an-" + hex.EncodeToString(h.Sum(nil)[:10])
}

// In fills in the window that the finding is of.
func (f *Finding) In(w event.Window) {
	f.TimeStamp, f.DataDay = Timestamp(w.To.UnixNano()), Timestamp(w.From.UnixNano())
}

// Timestamp is ISO 8601 in UTC with the resolution of an export, 100 ns.
func Timestamp(nanos int64) string {
	return time.Unix(0, nanos).UTC().Format("2006-01-02T15:04:05.0000000Z")
}

// Record is the finding on its way to a destination. Its revision covers what it is
// about and which reasons it has: numbers move with every event that arrives late.
func (f Finding) Record() (publish.Record, error) {
	body, err := publish.Body(f)
	if err != nil {
		return publish.Record{}, err
	}
	var reasons []string
	for _, r := range f.AnomalyReasons {
		reasons = append(reasons, r.Name)
	}
	slices.Sort(reasons)
	text, err := json.Marshal([]any{f.FindingId, f.DataDay, f.Mode, reasons})
	return publish.Record{ID: f.FindingId, Day: f.DataDay[:len(time.DateOnly)], Body: body, Revision: publish.Digest(text)}, err
}

// Of reads a finding back from a record.
func Of(r publish.Record) (Finding, error) {
	var f Finding
	if err := json.Unmarshal(r.Body, &f); err != nil {
		return f, fmt.Errorf("finding %s: %w", r.ID, err)
	}
	return f, nil
}
