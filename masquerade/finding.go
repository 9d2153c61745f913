package masquerade

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sparkless/masquerade/simjoin"
	"sparkless/publish"
)

// Finding is the published record: a rare process name that resembles a frequent
// one. The first four names are the notebook's; none is ever renamed.
type Finding struct {
	// TimeStamp is the end of the data day, or of the window that was analysed. The
	// notebook states the time of its run there; the end of the day is the same in
	// every run.
	TimeStamp                   string  `column:"datetime"`
	NormalProcess               string  // the frequent name, lower-cased
	PotentiallyMaliciousProcess string  // the rare name, lower-cased
	AnomalyScore                float32 // similarity, 0 to 1, as the notebook's float32

	FindingId string // of the pair: the same on every day and in every run
	DataDay   string `column:"datetime"` // the start of the UTC day, or of the window, that was analysed
	Scope     string `json:",omitempty"` // the estate, where several share a table

	Distance             int   // edits between the names, without an extension they share
	MaliciousCount       int64 // events with the rare name
	NormalCount          int64
	MaliciousPercentRank float64 // of the count, among all names of the day
	NormalPercentRank    float64
	FirstSeen            string  `column:"datetime"` // of the rare name on that day
	LastSeen             string  `column:"datetime"`
	Paths                []Tally `json:",omitempty"` // of the rare name, as are the next four
	Hosts                []Tally `json:",omitempty"`
	Parents              []Tally `json:",omitempty"`
	Accounts             []Tally `json:",omitempty"`
	CommandLines         []Tally `json:",omitempty"`
	NormalPaths          []Tally `json:",omitempty"` // of the frequent name
	Reasons              []string
	Technique            string // MITRE ATT&CK, of the strongest evidence

	// What follows comes from weighing evidence; the notebook's profile has none of it.

	Severity        string   `json:",omitempty"`                   // Informational, Low, Medium or High
	Score           int      `json:",omitempty"`                   // 0 to 100; no part of AnomalyScore
	Evidence        []Point  `json:",omitempty"`                   // what speaks for it, the strongest first
	Modifiers       []Point  `json:",omitempty"`                   // what was added to its points
	Techniques      []string `json:",omitempty"`                   // MITRE ATT&CK, of all evidence
	Tactic          string   `json:",omitempty"`                   // as Microsoft Sentinel names it
	AttackTactic    string   `json:",omitempty"`                   // as MITRE ATT&CK has named it since version 19
	AlsoLike        []string `json:",omitempty"`                   // other names that it resembles
	HostCount       int      `json:",omitempty"`                   // hosts with the rare name; within 6 percent above eight
	NormalHostCount int      `json:",omitempty"`                   // hosts with the frequent name
	EstateHosts     int      `json:",omitempty"`                   // hosts with any event; within a percent above 8192
	HistoryDays     int      `json:",omitempty"`                   // days before that were looked at
	DaysSeen        int      `json:",omitempty"`                   // on how many of them the rare name was seen
	FirstSeenEver   string   `json:",omitempty" column:"datetime"` // on those days
	HoursSeen       []int    `json:",omitempty"`                   // hours with the rare name on that day, 0 to 23, UTC, in order; none if they are not known
}

// Tally is a value and how many of the name's events had it. A name keeps eight
// values of each kind, chosen by hash; their counts are exact.
type Tally struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
}

// finding fills in what is known of a suspect and of the name it imitates; v is of
// the suspect's events that the finding is about.
func (e *estate) finding(suspect, normal string, v view) Finding {
	f := Finding{
		TimeStamp:                   timestamp(e.window.To.UnixNano()),
		NormalProcess:               normal,
		PotentiallyMaliciousProcess: suspect,
		FindingId:                   findingID(e.scope, normal, suspect),
		DataDay:                     timestamp(e.window.From.UnixNano()),
		Scope:                       e.scope,
		MaliciousCount:              v.count,
		MaliciousPercentRank:        e.ranked(suspect).percent,
		FirstSeen:                   timestamp(v.first),
		LastSeen:                    timestamp(v.last),
		Paths:                       v.shown(paths),
		Hosts:                       v.shown(hosts),
		Parents:                     v.shown(parents),
		Accounts:                    v.shown(accounts),
		CommandLines:                v.shown(commands),
	}
	if n := e.ranked(normal); normal != "" && n.count > 0 { // events may have an empty name
		f.NormalCount, f.NormalPercentRank = n.count, n.percent
		f.NormalPaths = e.day.view(normal, nil).shown(paths)
	}
	return f
}

// reason says in words why the pair is a finding.
func reason(normal, rare ranked, p simjoin.Pair) string {
	return fmt.Sprintf("%s from %s (score %.3f); seen %s, the imitated name %s",
		plural(int64(p.Distance), "edit"), normal.name, p.Score, plural(rare.count, "time"), plural(normal.count, "time"))
}

func plural(n int64, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// findingID names a pair within a scope. It does not look like a GUID, which
// Log Analytics would rewrite.
func findingID(scope, normal, rare string) string {
	h := sha256.New()
	for _, part := range []string{"masquerade", scope, normal, rare} {
		fmt.Fprintf(h, "%d:%s", len(part), part) // a name may hold any separator
	}
	return "mq-" + hex.EncodeToString(h.Sum(nil)[:10])
}

// timestamp is ISO 8601 in UTC with the export's resolution of 100 ns.
func timestamp(nanos int64) string {
	return time.Unix(0, nanos).UTC().Format("2006-01-02T15:04:05.0000000Z")
}

// grouped writes a number with a comma at each third digit.
func grouped(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// sortPairs puts the most similar pair first.
func sortPairs(pairs []simjoin.Pair, frequent, rare []ranked) {
	slices.SortFunc(pairs, func(a, b simjoin.Pair) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score),
			strings.Compare(rare[a.Right].name, rare[b.Right].name),
			strings.Compare(frequent[a.Left].name, frequent[b.Left].name))
	})
}

// revision covers what is known of the suspect, and what of it speaks against it.
// Ranks, and so whether one name imitates another, scores and severity, and what is
// known of the imitated name, of the estate and of earlier days move with every event that
// arrives late and every day that is hunted through; they are no news.
func (f Finding) revision() (string, error) {
	f.MaliciousPercentRank, f.NormalPercentRank = 0, 0
	f.NormalCount, f.NormalPaths, f.NormalHostCount, f.Reasons = 0, nil, 0, nil
	f.Severity, f.Score, f.Modifiers, f.EstateHosts, f.HostCount = "", 0, nil, 0, 0
	f.HistoryDays, f.DaysSeen, f.FirstSeenEver, f.AlsoLike, f.HoursSeen = 0, 0, "", nil, nil
	if len(f.Evidence) > 0 {
		f.Technique, f.Techniques = "", nil // follow from it
	}
	var kinds []Point
	for _, e := range f.Evidence {
		if !slices.Contains([]string{"notebook", "edits", "more-edits", "extension", "skeleton"}, e.Name) { // as ranks go
			kinds = append(kinds, Point{Name: e.Name})
		}
	}
	f.Evidence = kinds
	text, err := publish.Body(f)
	return publish.Digest(text), err
}

func (f Finding) record() (publish.Record, error) {
	body, err := publish.Body(f)
	if err != nil {
		return publish.Record{}, err
	}
	revision, err := f.revision()
	return publish.Record{ID: f.FindingId, Day: f.DataDay[:len(time.DateOnly)], Body: body, Revision: revision}, err
}
