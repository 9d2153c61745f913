package rules

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// The name space of the IDs of cyber-observable objects (STIX 2.1, section 2.9).
const observables = "00abedb4-aa42-466c-9c01-fed23315a9b7"

// object is one of STIX, with the properties that ours have. Empty ones are left out.
type object struct {
	Type               string      `json:"type"`
	SpecVersion        string      `json:"spec_version"`
	ID                 string      `json:"id"`
	CreatedByRef       string      `json:"created_by_ref,omitempty"`
	Created            string      `json:"created,omitempty"`
	Modified           string      `json:"modified,omitempty"`
	Name               string      `json:"name,omitempty"`
	Description        string      `json:"description,omitempty"`
	IdentityClass      string      `json:"identity_class,omitempty"`
	IndicatorTypes     []string    `json:"indicator_types,omitempty"`
	Pattern            string      `json:"pattern,omitempty"`
	PatternType        string      `json:"pattern_type,omitempty"`
	ValidFrom          string      `json:"valid_from,omitempty"`
	Confidence         int         `json:"confidence,omitempty"`
	ExternalReferences []reference `json:"external_references,omitempty"`
	RelationshipType   string      `json:"relationship_type,omitempty"`
	SourceRef          string      `json:"source_ref,omitempty"`
	TargetRef          string      `json:"target_ref,omitempty"`
	SightingOfRef      string      `json:"sighting_of_ref,omitempty"`
	ObservedDataRefs   []string    `json:"observed_data_refs,omitempty"`
	FirstSeen          string      `json:"first_seen,omitempty"`
	LastSeen           string      `json:"last_seen,omitempty"`
	Count              int64       `json:"count,omitempty"`
	FirstObserved      string      `json:"first_observed,omitempty"`
	LastObserved       string      `json:"last_observed,omitempty"`
	NumberObserved     int64       `json:"number_observed,omitempty"`
	ObjectRefs         []string    `json:"object_refs,omitempty"`
	ParentDirectoryRef string      `json:"parent_directory_ref,omitempty"`
	Path               string      `json:"path,omitempty"`
}

// reference is where more is to be read.
type reference struct {
	SourceName string `json:"source_name"`
	URL        string `json:"url,omitempty"`
	ExternalID string `json:"external_id"`
}

// STIX returns rules as a bundle of STIX 2.1: of each an indicator, the techniques of
// MITRE ATT&CK that it indicates, and each day on which it was seen, with the files.
// All IDs follow from the findings, all times from the analysed days, so that equal
// findings make equal bundles, and another one of the same finding is a later version.
func STIX(rules []Rule) ([]byte, error) {
	b := &bundle{seen: map[string]bool{}}
	b.identity()
	for _, r := range rules {
		b.rule(&r)
	}
	ids := make([]string, len(b.objects))
	for i, o := range b.objects {
		ids[i] = o.ID + o.Modified
	}
	text, err := json.MarshalIndent(struct {
		Type    string   `json:"type"`
		ID      string   `json:"id"`
		Objects []object `json:"objects"`
	}{"bundle", "bundle--" + uuidOf(ours, ids...), b.objects}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("stix: %w", err)
	}
	var out []byte
	for _, c := range string(text) {
		if c == '\n' || !odd(c) {
			out = append(out, byte(c))
		} else {
			out = appendCode(out, c)
		}
	}
	return append(out, '\n'), nil
}

// bundle is a bundle in the making.
type bundle struct {
	objects []object
	seen    map[string]bool
	author  string
}

// add adds an object, unless there is one with its ID, and returns the ID.
func (b *bundle) add(o object) string {
	if !b.seen[o.ID] {
		o.SpecVersion = "2.1"
		b.objects = append(b.objects, o)
	}
	b.seen[o.ID] = true
	return o.ID
}

// beginning is when objects were made that no finding changes.
const beginning = "2026-01-01T00:00:00.000Z"

func (b *bundle) identity() {
	b.author = b.add(object{Type: "identity", ID: "identity--" + uuidOf(ours, "identity"), Created: beginning, Modified: beginning, Name: "sparkless", IdentityClass: "system"})
}

// rule adds a rule's indicator and what hangs on it.
func (b *bundle) rule(r *Rule) {
	created, modified := moment(r.first), moment(r.end)
	indicator := b.add(object{Type: "indicator", ID: "indicator--" + uuidOf(ours, "indicator", r.IDs[0]), CreatedByRef: b.author, Created: created, Modified: modified,
		Name: r.title(), Description: r.why() + ". " + r.origin(), IndicatorTypes: []string{"malicious-activity"},
		Pattern: r.pattern(), PatternType: "stix", ValidFrom: created, Confidence: r.best.Score})
	for _, technique := range r.techniques() {
		target := b.technique(technique)
		b.add(object{Type: "relationship", ID: "relationship--" + uuidOf(ours, "indicates", r.IDs[0], technique), CreatedByRef: b.author, Created: created, Modified: modified,
			RelationshipType: "indicates", SourceRef: indicator, TargetRef: target})
	}
	for _, f := range r.Days {
		b.sighting(indicator, &f)
	}
}

// technique adds a technique of MITRE ATT&CK.
func (b *bundle) technique(id string) string {
	return b.add(object{Type: "attack-pattern", ID: "attack-pattern--" + uuidOf(ours, "technique", id), CreatedByRef: b.author, Created: beginning, Modified: beginning,
		Name: techniqueName(id), ExternalReferences: []reference{{"mitre-attack", "https://attack.mitre.org/techniques/" + strings.ReplaceAll(id, ".", "/"), id}}})
}

// techniqueName is what ATT&CK calls a technique of masquerading.
func techniqueName(id string) string {
	names := map[string]string{
		"T1036":     "Masquerading",
		"T1036.002": "Right-to-Left Override",
		"T1036.003": "Rename Legitimate Utilities",
		"T1036.005": "Match Legitimate Resource Name or Location",
		"T1036.007": "Double File Extension",
		"T1036.008": "Masquerade File Type",
	}
	if name := names[id]; name != "" {
		return name
	}
	return id
}

// sighting adds what a day had of the suspect. Where no path is known, it has the
// name.
func (b *bundle) sighting(indicator string, f *Finding) {
	var files []string
	for _, p := range f.Paths {
		if name := baseName(p.Value); name != "" {
			files = append(files, b.file(folderName(p.Value), name))
		}
	}
	if len(files) == 0 {
		files = append(files, b.file("", f.Name))
	}
	made, key := moment(f.To), moment(f.From)
	first, last, count := moment(f.First), moment(f.Last), min(max(f.Count, 1), 999_999_999)
	data := b.add(object{Type: "observed-data", ID: "observed-data--" + uuidOf(ours, "observed", f.ID, key, made), CreatedByRef: b.author, Created: made, Modified: made,
		FirstObserved: first, LastObserved: last, NumberObserved: count, ObjectRefs: files})
	b.add(object{Type: "sighting", ID: "sighting--" + uuidOf(ours, "sighting", f.ID, key, made), CreatedByRef: b.author, Created: made, Modified: made,
		FirstSeen: first, LastSeen: last, Count: count, SightingOfRef: indicator, ObservedDataRefs: []string{data}})
}

// file adds a file and its folder. Their IDs are made of the properties that the
// standard names, as canonical JSON (RFC 8785).
func (b *bundle) file(folder, name string) string {
	o := object{Type: "file", Name: name}
	key := `{"name":` + canonical(o.Name) + `}`
	if folder != "" {
		o.ParentDirectoryRef = b.add(object{Type: "directory", ID: "directory--" + uuidOf(observables, `{"path":`+canonical(folder)+`}`), Path: folder})
		key = `{"name":` + canonical(o.Name) + `,"parent_directory_ref":` + canonical(o.ParentDirectoryRef) + `}`
	}
	o.ID = "file--" + uuidOf(observables, key)
	return b.add(o)
}

// canonical is a string as RFC 8785 has it: escaped is what JSON asks for and nothing
// else.
func canonical(text string) string {
	short := map[rune]string{'"': `\"`, '\\': `\\`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range text {
		switch s, ok := short[c]; {
		case ok:
			b.WriteString(s)
		case c < ' ':
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String() + `"`
}

// moment is a time as STIX writes it.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
