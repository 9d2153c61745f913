// Package health is the record of a run, for a table that tells whether the job ran
// and what it read: one for each day or window that was analysed, and one for a run
// that failed before any.
package health

// Names of the tables, as the templates in deploy make them and as the settings may
// repeat them.
const (
	// Stream of the data collection rule, for logsingestion.health-stream.
	Stream = "Custom-SparklessRun"
	// Table that the rule fills.
	Table = "SparklessRun_CL"
	// LogType for datacollector.health-log-type. Its table has a name of its own, as a
	// workspace has one table of a name, and the two APIs cannot fill the same one.
	LogType = "SparklessRunResult"
)

// Run is the published record. Pointers, and texts and lists that may be left out,
// are so when they are not known: a count of 0 is one that was counted. Names are
// columns of tables, and are never renamed.
type Run struct {
	TimeStamp string `column:"datetime"` // when the run ended
	RunId     string // of the run: the same in all its records
	Command   string // run, backfill or merge; worker where nobody waits for the run
	Host      string `json:",omitempty"` // that it ran on
	Version   string // of the program
	Profile   string
	Scope     string `json:",omitempty"` // the estate

	DataDay     string `json:",omitempty" column:"datetime"` // the UTC day that was analysed, or the start of the window
	WindowStart string `json:",omitempty" column:"datetime"` // as DataDay; of a run that failed before any day, what it was asked for
	WindowEnd   string `json:",omitempty" column:"datetime"` // the first moment that is no part of it

	Started         string  `column:"datetime"` // the run
	DurationSeconds float64 // of the run
	ExitCode        int     // of the run
	ExitMeaning     string  // of ExitCode, in words
	Partial         bool    // there is a result, on partial input
	Error           string  `json:",omitempty"` // of the day; of a run with one day or none, of the run
	Empty           string  `json:",omitempty"` // why there is no finding, a word

	Workspaces      []string       `json:",omitempty"` // that were read, as their export names them
	BlobsListed     *int64         `json:",omitempty"`
	BlobsUnreadable *int64         `json:",omitempty"`
	BytesListed     *int64         `json:",omitempty"` // of the blobs, as stored
	BytesRead       *int64         `json:",omitempty"` // of these, what this run read; the rest an earlier one had
	HoursExpected   *int           `json:",omitempty"` // hours that the window touches, once for each workspace
	HoursRead       *int           `json:",omitempty"` // of these, with blobs
	HoursMissing    *int           `json:",omitempty"` // of these, without
	MissingHours    []MissingHours `json:",omitempty"`

	Lines          *int64 `json:",omitempty"`
	Events         *int64 `json:",omitempty"` // process creations in the window
	OtherEvents    *int64 `json:",omitempty"`
	OutsideWindow  *int64 `json:",omitempty"`
	MalformedLines *int64 `json:",omitempty"`
	Names          *int64 `json:",omitempty"` // distinct process names
	HistoryDays    *int   `json:",omitempty"` // days before that were looked back on

	Findings              *int `json:",omitempty"` // suppressed ones left out
	FindingsHigh          *int `json:",omitempty"` // these four are not known in the profile notebook
	FindingsMedium        *int `json:",omitempty"`
	FindingsLow           *int `json:",omitempty"`
	FindingsInformational *int `json:",omitempty"`
	Suppressed            *int `json:",omitempty"`

	Delivered       *int64 `json:",omitempty"` // of the day, to the ingestion APIs together: sent by this run
	DeliveredBefore *int64 `json:",omitempty"` // by an earlier one
	NotDelivered    *int64 `json:",omitempty"` // neither; the next run sends them
	Refused         *int64 `json:",omitempty"` // of these, what the service will not take

	SelfTestCaught  *int   `json:",omitempty"` // synthetic impostors that would be found
	SelfTestTotal   *int   `json:",omitempty"`
	PeakMemoryBytes *int64 `json:",omitempty"` // of the run
}

// MissingHours are the hours of a day of which a workspace has no blob.
type MissingHours struct {
	Workspace string `json:"workspace"`
	Day       string `json:"day"`   // UTC, like 2026-11-20
	Hours     []int  `json:"hours"` // 0 to 23
}
