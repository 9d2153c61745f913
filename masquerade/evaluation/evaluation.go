// Package evaluation measures how well a hunt for masquerading names finds
// impostors, and how quiet it is on names that are what they seem.
//
// It plans what is planted into a copy of a real day, the base, and makes figures
// of the findings that come back; running the hunt is the caller's. A plan
// consists of batches. The first is the base alone; each other one is the base
// with a few names planted, so few that the percent ranks of the base's names
// stay about where they are. Everything is drawn from hashes of the names: the
// same base and lists give the same plan.
package evaluation

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"sparkless/publish"
)

// Event is a process creation, as far as a hunt reads it.
type Event struct {
	Time        time.Duration // since midnight, UTC
	Process     string        // the name as written
	Path        string        // of the new process
	Computer    string
	Parent      string // the path of the parent
	Account     string
	CommandLine string
}

// AppendLine appends the event as a line of an export of SecurityEvent on that
// day, with its newline. Texts that are empty are absent.
func (e Event) AppendLine(dst []byte, day time.Time) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(struct {
		TimeGenerated     string
		EventID           int
		Computer          string `json:",omitempty"`
		Account           string `json:",omitempty"`
		Process           string `json:",omitempty"`
		NewProcessName    string `json:",omitempty"`
		ParentProcessName string `json:",omitempty"`
		CommandLine       string `json:",omitempty"`
		Type              string
	}{Timestamp(day, e.Time), 4688, e.Computer, e.Account, e.Process, e.Path, e.Parent, e.CommandLine, "SecurityEvent"})
	if err != nil {
		return dst, fmt.Errorf("planted event of %q: %w", e.Process, err)
	}
	return append(dst, b.Bytes()...), nil
}

// Timestamp is a time of a day as Azure Monitor writes it, in steps of 100 ns.
func Timestamp(day time.Time, since time.Duration) string {
	return day.Add(since).UTC().Format("2006-01-02T15:04:05.0000000Z")
}

// Finding is what the figures need of a published finding.
type Finding struct {
	Suspect  string  `json:"suspect"`
	Target   string  `json:"target,omitempty"` // empty if nothing is imitated by name
	Score    float32 `json:"score"`            // the notebook's, 0 to 1
	Severity string  `json:"severity,omitempty"`
}

// FindingsOf reads published records.
func FindingsOf(records []publish.Record) ([]Finding, error) {
	out := make([]Finding, 0, len(records))
	for _, r := range records {
		var f struct {
			PotentiallyMaliciousProcess, NormalProcess, Severity string
			AnomalyScore                                         float32
		}
		if err := json.Unmarshal(r.Body, &f); err != nil {
			return nil, fmt.Errorf("finding %s: %w", r.ID, err)
		}
		out = append(out, Finding{fold(f.PotentiallyMaliciousProcess), fold(f.NormalProcess), f.AnomalyScore, strings.ToLower(f.Severity)})
	}
	return out, nil
}

// fold is the lower-casing by which the hunt counts names: Java's, which takes
// the capital dotted I apart.
func fold(name string) string {
	return strings.ToLower(strings.ReplaceAll(name, "\u0130", "i\u0307"))
}

// baseName is what follows the last slash of either kind.
func baseName(path string) string { return path[strings.LastIndexAny(path, `\/`)+1:] }

// stem is a name without its extension.
func stem(name string) string {
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		return name[:i]
	}
	return name
}

// shortStem is the length in characters up to which a stem counts as short: one
// edit in it never passes a similarity above 0.85.
const shortStem = 6

func isShort(name string) bool { return utf8.RuneCountInString(stem(name)) <= shortStem }

// draw is a number below n that a text and a purpose stand for.
func draw(n int, purpose, text string) int {
	sum := sha256.Sum256([]byte(purpose + "\x00" + text))
	return int(binary.BigEndian.Uint64(sum[:]) % uint64(n))
}
