package masquerade

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"sparkless/masquerade/simjoin"
	"sparkless/publish"
)

// Finding is the published record: a rare process name that resembles a frequent
// one. The first four names are the notebook's; none is ever renamed.
type Finding struct {
	// TimeStamp is the end of the data day. The notebook states the time of its
	// run there; the end of the day is the same in every run.
	TimeStamp                   string
	NormalProcess               string  // the frequent name, lower-cased
	PotentiallyMaliciousProcess string  // the rare name, lower-cased
	AnomalyScore                float32 // similarity, 0 to 1, as the notebook's float32

	FindingId string // of the pair: the same on every day and in every run
	DataDay   string // the start of the UTC day that was analysed
	Scope     string `json:",omitempty"` // the estate, where several share a table

	Distance             int   // edits between the names, without an extension they share
	MaliciousCount       int64 // events with the rare name
	NormalCount          int64
	MaliciousPercentRank float64 // of the count, among all names of the day
	NormalPercentRank    float64
	FirstSeen            string // of the rare name on that day
	LastSeen             string
	Paths                []Tally `json:",omitempty"` // of the rare name, as are the next four
	Hosts                []Tally `json:",omitempty"`
	Parents              []Tally `json:",omitempty"`
	Accounts             []Tally `json:",omitempty"`
	CommandLines         []Tally `json:",omitempty"`
	NormalPaths          []Tally `json:",omitempty"` // of the frequent name
	Reasons              []string
	Technique            string // MITRE ATT&CK
}

// Tally is a value and how many of the name's events had it. A name keeps eight
// values of each kind, chosen by hash; their counts are exact.
type Tally struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
}

func (d *Detector) finding(date time.Time, day *Counts, normal, rare ranked, p simjoin.Pair) Finding {
	n, r := day.find(normal.name), day.find(rare.name)
	return Finding{
		TimeStamp:                   timestamp(date.Add(24 * time.Hour).UnixNano()),
		NormalProcess:               normal.name,
		PotentiallyMaliciousProcess: rare.name,
		AnomalyScore:                p.Score,
		FindingId:                   findingID(d.scope, normal.name, rare.name),
		DataDay:                     timestamp(date.UnixNano()),
		Scope:                       d.scope,
		Distance:                    p.Distance,
		MaliciousCount:              rare.count,
		NormalCount:                 normal.count,
		MaliciousPercentRank:        rare.percent,
		NormalPercentRank:           normal.percent,
		FirstSeen:                   timestamp(r.first),
		LastSeen:                    timestamp(r.last),
		Paths:                       day.shown(r, paths),
		Hosts:                       day.shown(r, hosts),
		Parents:                     day.shown(r, parents),
		Accounts:                    day.shown(r, accounts),
		CommandLines:                day.shown(r, commands),
		NormalPaths:                 day.shown(n, paths),
		Reasons:                     []string{reason(normal, rare, p)},
		Technique:                   "T1036.005",
	}
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

// shown lists what a name keeps of one kind, the most frequent value first.
func (c *Counts) shown(e *entry, kind int) []Tally {
	var room [1]kept
	var out []Tally
	for _, k := range c.keeps(e, kind, &room) {
		out = append(out, Tally{string(c.values.at(k.ref)), k.count})
	}
	slices.SortFunc(out, func(a, b Tally) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Value, b.Value))
	})
	return out
}

// sortPairs puts the most similar pair first.
func sortPairs(pairs []simjoin.Pair, frequent, rare []ranked) {
	slices.SortFunc(pairs, func(a, b simjoin.Pair) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score),
			strings.Compare(rare[a.Right].name, rare[b.Right].name),
			strings.Compare(frequent[a.Left].name, frequent[b.Left].name))
	})
}

// revision covers what is known of the suspect. Ranks and what is known of the
// imitated name move with every event that arrives late; they are no news.
func (f Finding) revision() (string, error) {
	f.MaliciousPercentRank, f.NormalPercentRank = 0, 0
	f.NormalCount, f.NormalPaths, f.Reasons = 0, nil, nil
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
