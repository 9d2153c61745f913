package report

// Data is all that a report shows. Its JSON is what the page reads. There is a day in
// Days or in Hunts.
type Data struct {
	Version  string    `json:"version"`         // of the program that made the report
	Made     string    `json:"made,omitempty"`  // when, RFC 3339; the report is the same for the same Data
	Scope    string    `json:"scope,omitempty"` // the estate: a workspace's name, or all
	Settings []Setting `json:"settings,omitempty"`
	// Name and Title are of the tab that Days have where there are Hunts, too: see Hunt.
	Name  string `json:"name,omitempty"`  // "names" if empty
	Title string `json:"title,omitempty"` // "Process names" if empty
	Days  []Day  `json:"days"`            // of names that imitate others; in order of their dates, each date once
	Hunts []Hunt `json:"hunts,omitempty"` // in the order of their tabs, each name once
	// Failed are days that have no result, and so are in none of these.
	Failed []Failed `json:"failed,omitempty"`
}

// Failed are days, one after the other, of which hunts have no result.
type Failed struct {
	Hunts []string `json:"hunts"` // as their tabs are called
	First string   `json:"first"` // such as 2026-11-20
	Last  string   `json:"last"`  // the same of one day
	Why   string   `json:"why"`
}

// Setting is a setting that the result depends on.
type Setting struct {
	Name   string `json:"name"`
	Value  string `json:"value"`            // never a secret
	Source string `json:"source,omitempty"` // flag, environment, file or default
}

// Day is what the names of one UTC day gave.
type Day struct {
	Date     string    `json:"date"`           // such as 2026-11-20
	From     string    `json:"from,omitempty"` // the window that was read, half-open, RFC 3339; the whole day if empty
	To       string    `json:"to,omitempty"`
	Partial  string    `json:"partial,omitempty"` // what is missing, in words, if the result is partial
	Empty    string    `json:"empty,omitempty"`   // why there are no findings, and what to check
	Findings []Finding `json:"findings,omitempty"`
	Told     int       `json:"told,omitempty"` // how many names of findings, the strongest, have a Story
	Names    int       `json:"names"`          // distinct process names
	Curve    *Curve    `json:"curve,omitempty"`
	// Hours are those of the day that the window has, in order. Hours that it does
	// not have, or that are not over yet, are left out.
	Hours      []Hour        `json:"hours,omitempty"`
	SelfTest   *SelfTest     `json:"selfTest,omitempty"`
	Input      Input         `json:"input"`
	Suppressed []Suppression `json:"suppressed,omitempty"`
	Deliveries []Delivery    `json:"deliveries,omitempty"`
}

// Finding is a published finding, with what the page needs besides. The names of
// the published fields are those of the record, whose JSON can be read into it.
type Finding struct {
	TimeStamp                   string
	NormalProcess               string // "" where no name is imitated
	PotentiallyMaliciousProcess string
	AnomalyScore                float32

	FindingId string // one finding on several days is shown once, with all its days
	DataDay   string
	Scope     string `json:",omitempty"`

	Distance             int
	MaliciousCount       int64
	NormalCount          int64
	MaliciousPercentRank float64
	NormalPercentRank    float64
	FirstSeen            string
	LastSeen             string
	Paths                []Tally `json:",omitempty"`
	Hosts                []Tally `json:",omitempty"`
	Parents              []Tally `json:",omitempty"`
	Accounts             []Tally `json:",omitempty"`
	CommandLines         []Tally `json:",omitempty"`
	NormalPaths          []Tally `json:",omitempty"`
	Reasons              []string
	Technique            string

	Severity        string   `json:",omitempty"` // High, Medium, Low or Informational; "" if nothing was weighed
	Score           int      `json:",omitempty"` // the strongest evidence and the modifiers, within 0 and 100
	Evidence        []Point  `json:",omitempty"` // the strongest first
	Modifiers       []Point  `json:",omitempty"`
	Techniques      []string `json:",omitempty"`
	Tactic          string   `json:",omitempty"`
	AttackTactic    string   `json:",omitempty"`
	AlsoLike        []string `json:",omitempty"`
	HostCount       int      `json:",omitempty"`
	NormalHostCount int      `json:",omitempty"`
	EstateHosts     int      `json:",omitempty"`
	HistoryDays     int      `json:",omitempty"`
	DaysSeen        int      `json:",omitempty"`
	FirstSeenEver   string   `json:",omitempty"`
	HoursSeen       []int    `json:",omitempty"` // 0 to 23, UTC, ascending; none if they are not known

	// What follows is in no record.

	// Marks are the positions of the characters in PotentiallyMaliciousProcess that
	// differ from NormalProcess, in code points from 0, ascending: the Marks of
	// lookalike.Class. NormalMarks are the same the other way round, with the two
	// names exchanged, so that a character left out is marked as well.
	Marks       []int  `json:",omitempty"`
	NormalMarks []int  `json:",omitempty"`
	Story       *Story `json:",omitempty"`
}

// Tally is a value and how many events had it.
type Tally struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
}

// Point is a piece of evidence or a modifier.
type Point struct {
	Name   string `json:"name"`
	Points int    `json:"points"`
	Reason string `json:"reason"`
}

// Story is what is known of a name besides its finding. All of it is optional.
// The JSON of a story that the detector tells can be read into it.
type Story struct {
	Verdict string      `json:"verdict,omitempty"` // in words
	Windows string      `json:"windows,omitempty"` // as a program of Windows, in words
	History string      `json:"history,omitempty"` // in words
	Nearest []Neighbour `json:"nearest,omitempty"`
	Rules   []Rule      `json:"rules,omitempty"`
}

// Neighbour is a name that a suspect may imitate.
type Neighbour struct {
	Name       string  `json:"name"`
	Count      int64   `json:"count"`
	Percent    float64 `json:"percentRank"`
	Distance   int     `json:"distance"`
	Similarity float32 `json:"similarity"`
}

// Rule is a kind of evidence, and whether it speaks against the name.
type Rule struct {
	Name   string `json:"name"`
	Fired  bool   `json:"fired"`
	Points int    `json:"points"`
	Why    string `json:"why"`
}

// Hour is what was read of an hour of the day. The chart shows events if any hour
// has some, else bytes. They are those whose TimeGenerated lies in the hour; blobs,
// bytes and lines are by the hour that a blob's name states.
type Hour struct {
	Hour      int   `json:"hour"` // 0 to 23, UTC
	Events    int64 `json:"events,omitempty"`
	Bytes     int64 `json:"bytes,omitempty"` // of its blobs, as stored
	Blobs     int   `json:"blobs,omitempty"`
	Malformed int64 `json:"malformed,omitempty"` // lines
	Missing   bool  `json:"missing,omitempty"`   // a workspace has no blob of it
}

// SelfTest is how many synthetic impostors were caught among the day's names.
type SelfTest struct {
	Caught int      `json:"caught"`
	Total  int      `json:"total"`
	Missed []string `json:"missed,omitempty"`
	Note   string   `json:"note,omitempty"` // such as why it did not run
}

// Input is what was read, and what was not.
type Input struct {
	// Unlisted says that what was there to be read is not known: Workspaces, Blobs,
	// Bytes, Shards, Reused and Gaps.
	Unlisted   bool         `json:"unlisted,omitempty"`
	Workspaces []string     `json:"workspaces,omitempty"`
	Blobs      int          `json:"blobs"`
	Bytes      int64        `json:"bytes"` // as stored
	Shards     int          `json:"shards"`
	Reused     int          `json:"reused"` // of Shards, those that an earlier run had read
	Lines      int64        `json:"lines"`
	Events     int64        `json:"events"`     // that were looked at, such as process creations
	Other      int64        `json:"other"`      // other events
	OutsideDay int64        `json:"outsideDay"` // events of another day
	Gaps       []Gap        `json:"gaps,omitempty"`
	Unreadable []Unreadable `json:"unreadable,omitempty"`
	Malformed  []Malformed  `json:"malformed,omitempty"`
	Samples    []Sample     `json:"samples,omitempty"`
	Quarantine string       `json:"quarantine,omitempty"` // where malformed lines are kept
	History    []string     `json:"history,omitempty"`    // the earlier days that were looked back on
	LeftOut    []LeftOut    `json:"leftOut,omitempty"`    // earlier days that were not, and why
}

// Gap is hours of a workspace without any blob.
type Gap struct {
	Workspace string `json:"workspace"`
	Hours     []int  `json:"hours"` // 0 to 23, ascending
}

// Unreadable is a blob that is left out of the result.
type Unreadable struct {
	Blob   string `json:"blob"`
	Reason string `json:"reason"`
}

// Malformed counts lines that could not be used, for one reason.
type Malformed struct {
	Reason string `json:"reason"`
	Lines  int64  `json:"lines"`
}

// Sample is a malformed line.
type Sample struct {
	Blob   string `json:"blob"`
	Place  string `json:"place"` // such as "byte 4096"
	Reason string `json:"reason"`
	Text   string `json:"text"`
}

// LeftOut is an earlier day that was not looked back on.
type LeftOut struct {
	Day    string `json:"day"`
	Reason string `json:"reason"`
}

// Suppression is a rule that kept findings quiet.
type Suppression struct {
	Rule    string   `json:"rule"` // its patterns, in words
	Reason  string   `json:"reason"`
	Expires string   `json:"expires,omitempty"`
	Names   []string `json:"names"` // whom the findings are about
}

// Delivery is what a destination has of the day.
type Delivery struct {
	Sink    string `json:"sink"`
	Sent    int    `json:"sent"`
	Already int    `json:"already"` // sent by an earlier run
	Left    int    `json:"left"`    // not delivered
	Refused int    `json:"refused"` // of Left, those that the destination will never take
}
