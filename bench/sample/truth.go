package sample

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hbollon/go-edlib"
)

// Truth is what a generated day holds: the answers to compare a finding or a
// count with.
type Truth struct {
	Seed      uint64
	Day       string // "2006-01-02"
	Workspace string // resource ID, in lower case as in the names of the blobs
	Blobs     int    // a _SUCCESS marker included
	Bytes     int64  // of all blobs as handed out, compressed if Layout.Gzip
	Lines     int64
	// ProcessEvents is the number of lines with EventID 4688.
	ProcessEvents int64
	// Processes counts the 4688 events of each process name in lower case. Its
	// length is the number of distinct names.
	Processes map[string]int64
	// Impostors are in order of Process, then of Kind.
	Impostors []Impostor
	// Cases are what the other hunts are to find, with Config.Cases; in the order of the
	// hunts.
	Cases []Case `json:",omitempty"`
	// Network is what GenerateNetwork wrote beside, if it did.
	Network *Network `json:",omitempty"`
}

// Impostor is one planted masquerade.
type Impostor struct {
	Name     string // as in the path
	Process  string // Name in lower case
	Imitates string // as Windows spells it
	Kind     string
	// Count is how often the impostor was started. Processes[Process] is more if
	// Kind is WrongFolder: then the imitated program has the same name.
	Count int
	Hosts []string // the column Computer, sorted
	Paths []string // the column NewProcessName, sorted
	// Similarity is the notebook's score for Process and Imitates in lower case,
	// from go-edlib: 1 - d/max, where d is the Damerau-Levenshtein distance and
	// max the longer length in code points, extensions removed if equal.
	Similarity float32
	// Passes says that Similarity > 0.85 and that the names differ. With the
	// default Config such a name is also rare (percent rank < 0.2) if Count is 1,
	// and what it imitates is frequent (>= 0.8): the notebook's rule finds it.
	Passes bool
}

// threshold of the notebook's score.
const threshold = 0.85

// similarity scores two lower-cased names by the notebook's rule.
func similarity(a, b string) (score float32, passes bool) {
	stemA, extA, okA := cutExtension(a)
	stemB, extB, okB := cutExtension(b)
	if !okA || !okB {
		return 0, false
	}
	if a == b {
		return 1, false
	}
	if extA == extB {
		a, b = stemA, stemB
	}
	score, err := edlib.StringsSimilarity(a, b, edlib.DamerauLevenshtein)
	if err != nil { // only for an algorithm that it does not know
		return 0, false
	}
	return score, float64(score) > threshold
}

// truth sums up what has been generated.
func (g *generator) truth() Truth {
	t := Truth{
		Seed: g.cfg.Seed, Day: g.dates[0][:10], Workspace: strings.ToLower(g.cfg.Workspace),
		Blobs: g.blobs, Bytes: g.bytes, Lines: g.lines, Processes: map[string]int64{},
	}
	for _, p := range g.plan.programs {
		if p.seen == 0 {
			continue
		}
		t.Processes[p.key()] += int64(p.seen)
		t.ProcessEvents += int64(p.seen)
		if imp := p.impostor; imp != nil {
			imp.Count = p.seen
			t.Impostors = append(t.Impostors, *imp)
		}
	}
	for name, n := range g.planted {
		t.Processes[name] += int64(n)
		t.ProcessEvents += int64(n)
	}
	t.Cases = g.cases
	slices.SortStableFunc(t.Impostors, func(a, b Impostor) int {
		return strings.Compare(a.Process+"\x00"+a.Kind, b.Process+"\x00"+b.Kind)
	})
	return t
}

// Encode gives the truth file: indented JSON in which every character beyond
// ASCII is escaped, so that look-alikes and bidirectional controls can be told
// apart in any editor.
func (t Truth) Encode() ([]byte, error) {
	plain, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("truth of %s: %w", t.Day, err)
	}
	var out bytes.Buffer
	for _, r := range string(plain) {
		if r < utf8.RuneSelf {
			out.WriteByte(byte(r))
			continue
		}
		fmt.Fprintf(&out, `\u%04x`, r) // nothing here lies beyond the basic plane
	}
	return append(out.Bytes(), '\n'), nil
}
