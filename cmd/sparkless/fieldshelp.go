package main

import (
	"fmt"
	"strings"

	"sparkless/storage/event"
)

func fieldsTopic() string {
	var t topic
	t.say("Events of other sources are read by a map of fields: fields.preset (--fields) names one of those below, fields.map (--field) adds where a field stands in yours. "+
		"A path such as winlog.event_data.NewProcessName is a key in objects, or one key that has dots. Two paths with a backslash between are a domain and a name.",
		"An event counts if its ID is one of fields.events (--event), and its provider, where it tells one.")
	for _, p := range event.Presets() {
		t.say("# "+p.Name, "Reads "+p.What+".")
		var rows []row
		for _, column := range mappedColumns() {
			if paths := p.Paths[column]; len(paths) > 0 {
				rows = append(rows, row{column, strings.Join(paths, ", ")})
			}
		}
		t.list(rows)
	}
	return t.String()
}

// presetTable is the README's table of presets.
func presetTable() string {
	var b strings.Builder
	fmt.Fprintln(&b, "| `--fields` | reads |\n|---|---|")
	for _, p := range event.Presets() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", p.Name, p.What)
	}
	return b.String()
}
