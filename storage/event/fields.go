package event

import (
	"bytes"
	"slices"
	"strings"
)

// Fields says how a source names what the table SecurityEvent has in columns, and
// which of its events a query is about. It is not changed once it is in use.
//
// A path such as "winlog.event_data.NewProcessName" is a key within objects, or one
// key that has dots, or anything between. What is there twice counts as what is
// there last, and an object or a list is no value. Two paths with a backslash
// between them, "user.domain\user.name", are a name and what stands before it,
// which may be missing.
type Fields struct {
	// Events are the events to keep, in place of Query.EventIDs.
	Events []Kind
	// Paths are, by column, where its value is looked for: the first that is there
	// and not empty counts. A column without paths is looked for by its own name.
	// Beside the columns of the query there are EventID, TimeGenerated and Provider.
	Paths map[string][]string
}

// Kind is one kind of events: of an ID, and of a provider, since IDs are unique
// within that only. A provider of "" is any. An event that does not tell its
// provider counts, and a channel of the provider, as in
// "Microsoft-Windows-Sysmon/Operational", tells it as well.
type Kind struct {
	ID       int
	Provider string `json:",omitempty"`
}

// Provider names, in Fields.Paths, who wrote the event.
const Provider = "Provider"

// wrapper is the member that what Elasticsearch writes out has its events in. What
// is in there counts as being at the top.
const wrapper = "_source"

// With returns the query as it is of a source with these fields; nil are those of
// SecurityEvent.
func (q Query) With(f *Fields) Query {
	q.Fields = f
	if f != nil && len(f.Events) > 0 {
		q.EventIDs = nil
		for _, k := range f.Events {
			if !slices.Contains(q.EventIDs, k.ID) {
				q.EventIDs = append(q.EventIDs, k.ID)
			}
		}
	}
	return q
}

// paths are where a column is looked for.
func (f *Fields) paths(column string) []string {
	if p := f.Paths[column]; len(p) > 0 {
		return p
	}
	return []string{column}
}

// joined takes a path apart that is two.
func joined(path string) (before, name string) {
	before, name, ok := strings.Cut(path, `\`)
	if !ok {
		return "", before
	}
	return before, name
}

// ofProvider reports whether an event of that ID is wanted from that provider.
func (f *Fields) ofProvider(id int, provider []byte) bool {
	if len(f.Events) == 0 || len(provider) == 0 {
		return true
	}
	for _, k := range f.Events {
		if k.ID != id {
			continue
		}
		n := len(k.Provider)
		if n == 0 || len(provider) >= n && bytes.EqualFold(provider[:n], []byte(k.Provider)) && (len(provider) == n || provider[n] == '/') {
			return true
		}
	}
	return false
}

// gather makes the value of a column of what is found at its paths: by path, what
// stands before the name, and the name. What it joins is appended to scratch.
func gather(found [][2]Value, scratch []byte) (Value, []byte) {
	var empty Value
	for _, pair := range found {
		before, name := pair[0], pair[1]
		switch {
		case name.Absent():
		case len(name.raw) == 0:
			if empty.Absent() {
				empty = name
			}
		case len(before.raw) == 0:
			return name, scratch
		default:
			start := len(scratch)
			scratch = before.AppendText(scratch)
			scratch = append(scratch, '\\')
			scratch = name.AppendText(scratch)
			return Value{kindText, scratch[start:]}, scratch
		}
	}
	return empty, scratch
}
