// Package schema holds the JSON Schemas (draft 2020-12) of what the program
// publishes: a finding of a masquerading name, an anomaly, which is a finding of another
// hunt, the summary of a run, and the record of a run for the table of run health.
//
// A version is major.minor. Within a major version fields are only ever added:
// none goes away, changes its type, takes other values, or stops being required.
// Whoever reads them ignores fields they do not know. A finding does not state its
// version: its fields are the columns of tables, and those of the notebook's profile
// stay as they are, byte for byte. The $id of its schema states it, and so does the
// summary of the run that made it.
package schema

import (
	"embed"
	"fmt"
)

// Versions of the schemas.
//
// History: 1.0, the first; summary 1.1, with the layout of a day's input; summary 1.2,
// with the hunts of a day; summary 1.3, with the findings that a budget left out;
// anomaly 1.1, which says that those of masquerade may be among them.
const (
	FindingVersion = "1.0"
	AnomalyVersion = "1.1"
	SummaryVersion = "1.3"
	RunVersion     = "1.0"
)

//go:embed finding.json anomaly.json summary.json run.json
var files embed.FS

// Names returns the names of the schemas.
func Names() []string { return []string{"finding", "anomaly", "summary", "run"} }

// Text returns the schema of that name, a JSON text.
func Text(name string) ([]byte, error) {
	text, err := files.ReadFile(name + ".json")
	if err != nil {
		return nil, fmt.Errorf("there is no schema %q: %w", name, err)
	}
	return text, nil
}
