package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"sparkless/masquerade"
	"sparkless/masquerade/windows"
	"sparkless/publish"
	"sparkless/publish/rules"
)

// recordsOf reads records from the file of findings: JSON lines, or one array.
func recordsOf(stdin io.Reader, e *export) ([]publish.Record, error) {
	from := stdin
	if e.findings != "-" {
		f, err := os.Open(e.findings)
		if err != nil {
			return nil, usageError{fmt.Errorf("--findings %s: %w", address(e.findings), withoutPath(err))}
		}
		defer f.Close()
		from = f
	}
	records, err := readRecords(bufio.NewReader(from), e.suppressed)
	if err != nil {
		return nil, fmt.Errorf("--findings %s: %w; it takes what a run writes to a file of findings that ends in .jsonl or .json", address(e.findings), err)
	}
	return records, nil
}

// readRecords reads the records that count, the suppressed ones if they are wanted.
func readRecords(from *bufio.Reader, suppressed bool) (records []publish.Record, err error) {
	d := json.NewDecoder(from)
	first, err := from.Peek(1)
	if err != nil && err != io.EOF {
		return nil, withoutPath(err)
	}
	array := len(first) == 1 && first[0] == '['
	if array {
		if _, err := d.Token(); err != nil {
			return nil, err
		}
	}
	for number := 1; d.More(); number++ {
		var body json.RawMessage
		var apart suppressedRecord
		if err = d.Decode(&body); err == nil {
			err = json.Unmarshal(body, &apart)
		}
		if apart.Suppressed != nil {
			if !suppressed {
				continue
			}
			body = apart.Suppressed
		}
		var f masquerade.Finding
		if err == nil {
			err = json.Unmarshal(body, &f)
		}
		if err == nil && (f.FindingId == "" || f.PotentiallyMaliciousProcess == "") {
			err = errors.New("FindingId or PotentiallyMaliciousProcess is missing")
		}
		if err != nil {
			return nil, fmt.Errorf("record %d is no finding: %w", number, err)
		}
		records = append(records, publish.Record{ID: f.FindingId, Body: body})
	}
	return records, ended(d, array)
}

// ended looks for the end of what holds records: More takes a file that breaks off, or
// that cannot be read, for one that ends.
func ended(d *json.Decoder, array bool) error {
	if array {
		if _, err := d.Token(); err != nil {
			return fmt.Errorf("the array does not end: %w", withoutPath(err))
		}
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("something else follows the records: %w", withoutPath(err))
	}
	return nil
}

// ruleFinding is what a rule needs of a finding, with what is known of the name.
func ruleFinding(f masquerade.Finding, facts *windows.Facts) (rules.Finding, error) {
	if facts == nil {
		facts = windows.Builtin()
	}
	out := rules.Finding{ID: f.FindingId, Name: f.PotentiallyMaliciousProcess, Imitates: f.NormalProcess, Severity: f.Severity, Score: f.Score,
		Reasons: f.Reasons, Techniques: techniquesOf(f), Count: f.MaliciousCount, Program: programOf(f.PotentiallyMaliciousProcess, facts)}
	for _, e := range f.Evidence {
		out.Evidence = append(out.Evidence, e.Name)
	}
	for _, p := range f.Paths {
		folder := facts.Folder(out.Name, windows.Normalise(p.Value))
		out.Paths = append(out.Paths, rules.Path{Value: p.Value, Wrong: folder == windows.Wrong, Shared: folder == windows.Shared})
	}
	for _, one := range []struct {
		to   *time.Time
		text string
		name string
	}{{&out.From, f.DataDay, "DataDay"}, {&out.To, f.TimeStamp, "TimeStamp"}, {&out.First, f.FirstSeen, "FirstSeen"}, {&out.Last, f.LastSeen, "LastSeen"}} {
		t, err := time.Parse(time.RFC3339, one.text)
		if err != nil {
			return out, fmt.Errorf("finding %s: %s %q is no time such as 2026-11-20T00:00:00Z", address(f.FindingId), one.name, one.text)
		}
		*one.to = t.UTC()
	}
	return out, nil
}

// techniquesOf are those of all the evidence, as far as they are IDs of ATT&CK.
func techniquesOf(f masquerade.Finding) []string {
	all := slices.Clone(f.Techniques)
	if len(all) == 0 {
		all = []string{f.Technique}
	}
	return slices.DeleteFunc(all, func(id string) bool {
		digits, ok := strings.CutPrefix(id, "T")
		return !ok || digits == "" || strings.Trim(digits, "0123456789.") != ""
	})
}

// programOf is what is known of a name as a Windows program's.
func programOf(name string, facts *windows.Facts) *rules.Program {
	if !facts.Tells(name) {
		return nil
	}
	p := &rules.Program{Homes: homesOf(facts.Homes(name))}
	var parents []windows.Parent
	parents, p.Fixed = facts.ParentHomes(name)
	for _, one := range parents {
		p.Parents = append(p.Parents, rules.Parent{Name: one.Name, Homes: homesOf(one.Homes)})
	}
	return p
}

func homesOf(h windows.Homes) rules.Homes {
	return rules.Homes{Anywhere: h.Anywhere, Folders: h.Folders, Stores: h.Stores, Copies: h.Copies}
}
