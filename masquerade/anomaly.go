package masquerade

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"sparkless/masquerade/windows"
	"sparkless/publish"
	"sparkless/publish/anomaly"
	"sparkless/storage/printable"
)

// AnomalyOf is the record of a finding in the shape of the findings of other hunts; see
// Finding.Anomaly. It is sent again when the finding is.
func AnomalyOf(r publish.Record, facts *windows.Facts) (publish.Record, error) {
	var f Finding
	if err := json.Unmarshal(r.Body, &f); err != nil {
		return publish.Record{}, fmt.Errorf("finding %s: %w", r.ID, err)
	}
	a, err := f.Anomaly(facts)
	if err != nil {
		return publish.Record{}, fmt.Errorf("finding %s: %w", r.ID, err)
	}
	out, err := a.Record()
	out.Revision = r.Revision
	return out, err
}

// Anomaly is the finding in the shape of the findings of other hunts. It follows from
// the finding and from the facts of Windows by which it was made; nil means
// windows.Builtin.
//
// The score is a hundredth of the finding's. A finding of the notebook's profile has its
// similarity for a score, which says nothing of how bad it is: it is Medium.
func (f Finding) Anomaly(facts *windows.Facts) (anomaly.Finding, error) {
	if facts == nil {
		facts = windows.Builtin()
	}
	out := anomaly.Finding{
		TimeStamp: f.TimeStamp, DataDay: f.DataDay, Scope: f.Scope, FindingId: f.anomalyID(),
		RuleName: Name, Entity: cmp.Or(printable.Whole(f.PotentiallyMaliciousProcess), "(no name)"), EntityKind: "process",
		Score: float64(f.Score) / 100, Severity: f.Severity,
		StartTime: f.FirstSeen, EndTime: f.LastSeen, Events: f.MaliciousCount,
		Tactics: []string{cmp.Or(f.Tactic, "DefenseEvasion")}, Techniques: f.Techniques,
		UserName: first(f.Accounts), SourceDevice: first(f.Hosts),
		AnomalyReasons: (&comparison{f, facts}).reasons(), Entities: f.entities(),
		FirstSeen: cmp.Or(f.FirstSeenEver, f.FirstSeen), HistoryDays: f.HistoryDays, DaysSeen: f.DaysSeen,
	}
	if len(out.Techniques) == 0 {
		out.Techniques = []string{f.Technique}
	}
	if f.Severity == "" {
		out.Mode, out.Severity, out.Score = Notebook, anomaly.Medium, widened(f.AnomalyScore)
	}
	out.Description = printable.Text(out.Entity) + ": " + f.sentence()
	var err error
	out.AnomalyDetails, err = json.Marshal(f.details())
	return out, err
}

// anomalyID is the finding's ID with the beginning that those of anomalies have: the
// digits of both are the same.
func (f Finding) anomalyID() string { return "an-" + strings.TrimPrefix(f.FindingId, "mq-") }

// widened is a number with the digits that it is published with.
func widened(x float32) float64 {
	wide, err := strconv.ParseFloat(strconv.FormatFloat(float64(x), 'g', -1, 32), 64)
	if err != nil { // not of what FormatFloat writes
		panic(err)
	}
	return wide
}

// sentence is what is unusual in one line: the strongest evidence, how often and where
// the suspect was seen, and where the imitated program runs.
func (f Finding) sentence() string {
	told := f.Reasons
	if n := len(f.Evidence); n > 2 && len(told) > n {
		told = append(told[:2:2], told[n:]...)
	}
	return printable.Whole(strings.Join(told, "; "))
}

// first is the value of most events.
func first(values []Tally) string {
	if len(values) == 0 {
		return ""
	}
	return spelled(values[0].Value)
}

// spelled is a text of an event as it is shown: spaces at its end, which Windows itself
// leaves there, are no news.
func spelled(text string) string { return printable.Whole(strings.TrimRight(text, " ")) }

// entities are what the finding names, of each kind those with the most events first.
func (f Finding) entities() (all []anomaly.Entity) {
	programs := f.Paths
	if len(programs) == 0 {
		programs = []Tally{{f.PotentiallyMaliciousProcess, f.MaliciousCount}}
	}
	for _, of := range []struct {
		kind   string
		values []Tally
	}{{"process", programs}, {"host", f.Hosts}, {"account", f.Accounts}, {"commandline", f.CommandLines}} {
		for _, v := range of.values {
			if text := spelled(v.Value); text != "" {
				all = append(all, anomaly.Entity{Kind: of.kind, Value: text, Count: v.Count})
			}
		}
	}
	return all
}

// anomalyDetails are what the finding says beside the columns that all hunts share, under
// the names that it has there.
type anomalyDetails struct {
	FindingId       string // among the findings of masquerading names
	NormalProcess   string
	AnomalyScore    float32
	Distance        int
	NormalCount     int64
	HostCount       int      `json:",omitempty"`
	NormalHostCount int      `json:",omitempty"`
	EstateHosts     int      `json:",omitempty"`
	AlsoLike        []string `json:",omitempty"`
	Parents         []Tally  `json:",omitempty"`
	NormalPaths     []Tally  `json:",omitempty"`
	Modifiers       []Point  `json:",omitempty"`
	HoursSeen       []int    `json:",omitempty"`
}

func (f Finding) details() anomalyDetails {
	return anomalyDetails{
		FindingId: f.FindingId, NormalProcess: f.NormalProcess, AnomalyScore: f.AnomalyScore, Distance: f.Distance, NormalCount: f.NormalCount,
		HostCount: f.HostCount, NormalHostCount: f.NormalHostCount, EstateHosts: f.EstateHosts, AlsoLike: f.AlsoLike,
		Parents: f.Parents, NormalPaths: f.NormalPaths, Modifiers: f.Modifiers, HoursSeen: f.HoursSeen,
	}
}
