package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sparkless/masquerade"
	"sparkless/publish/anomaly"
	"sparkless/publish/columns"
	"sparkless/publish/datacollector"
	"sparkless/publish/health"
	"sparkless/publish/publishtest"
	"sparkless/publish/schema"
)

const testStream = "Custom-MasqueradingProcessName"

// published is a kind of record that goes to Log Analytics.
type published struct {
	schema  string // that describes it
	record  reflect.Type
	stream  string
	table   string // that the rule fills
	file    string // of that table
	classic string // the table of the Data Collector API
}

func publishedRecords() []published {
	return []published{
		{"finding", reflect.TypeFor[masquerade.Finding](), testStream, "MasqueradingProcessName_CL", "table.json", datacollector.DefaultLogType + "_CL"},
		{"anomaly", reflect.TypeFor[anomaly.Finding](), anomaly.Stream, anomaly.Table, "anomaly-table.json", anomaly.LogType + "_CL"},
		{"run", reflect.TypeFor[health.Run](), health.Stream, health.Table, "run-table.json", health.LogType + "_CL"},
	}
}

// columns are those of the Go type, with what the schema says of them.
func (p published) columns(t testing.TB) []columns.Column {
	t.Helper()
	all, err := columns.Of(p.record)
	if err != nil {
		t.Fatal(err)
	}
	text, err := schema.Text(p.schema)
	if err != nil {
		t.Fatal(err)
	}
	var described struct {
		Properties map[string]struct{ Description string }
	}
	if err := json.Unmarshal(text, &described); err != nil {
		t.Fatal(err)
	}
	for i := range all {
		all[i].Description = described.Properties[all[i].Name].Description
	}
	return all
}

// arrival is the column that every table has; the rule fills it.
func arrival() columns.Column {
	return columns.Column{Name: "TimeGenerated", Type: "datetime", Description: "When the record arrived."}
}

// columnLines writes columns as a JSON list, one a line.
func columnLines(t testing.TB, all []columns.Column, indent string) string {
	t.Helper()
	var lines []string
	for _, c := range all {
		lines = append(lines, indent+jsonLine(t, c))
	}
	return strings.Join(lines, ",\n")
}

// jsonLine is a flat object on one line, as people write it.
func jsonLine(t testing.TB, v any) string {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "\x00")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	line := strings.NewReplacer("{\n\x00", "{", ",\n\x00", ", ", "\n}", "}", "[\n\x00\x00", "[", "\n\x00]", "]", "\x00", "").Replace(b.String())
	return strings.TrimSpace(line)
}

// ruleText is the data collection rule with a stream and a flow for each record. A
// column of a stream has no description.
func ruleText(t testing.TB) string {
	var streams, flows []string
	for _, p := range publishedRecords() {
		bare := p.columns(t)
		for i := range bare {
			bare[i].Description = ""
		}
		streams = append(streams, fmt.Sprintf("      %q: {\n        \"columns\": [\n%s\n        ]\n      }", p.stream, columnLines(t, bare, "          ")))
		flows = append(flows, fmt.Sprintf(`      {
        "streams": [%q],
        "destinations": ["workspace"],
        "transformKql": "source | extend TimeGenerated = now()",
        "outputStream": %q
      }`, p.stream, "Custom-"+p.table))
	}
	return fmt.Sprintf(`{
  "location": "<region of the workspace>",
  "kind": "Direct",
  "properties": {
    "streamDeclarations": {
%s
    },
    "destinations": {
      "logAnalytics": [
        { "name": "workspace", "workspaceResourceId": "<resource ID of the workspace>" }
      ]
    },
    "dataFlows": [
%s
    ]
  }
}
`, strings.Join(streams, ",\n"), strings.Join(flows, ",\n"))
}

func (p published) tableText(t testing.TB) string {
	return fmt.Sprintf(`{
  "properties": {
    "schema": {
      "name": %q,
      "columns": [
%s
      ]
    }
  }
}
`, p.table, columnLines(t, slices.Insert(p.columns(t), 0, arrival()), "        "))
}

// classicColumn is a column of the Data Collector API beside its name elsewhere.
type classicColumn struct {
	Name        string   `json:"name"`
	Type        string   `json:"type"`
	Classic     string   `json:"classic"`
	ClassicType string   `json:"classicType"`
	Also        []string `json:"also,omitempty"` // where some texts go
}

// classicText maps the tables that the Data Collector API fills to those of the rule.
func classicText(t testing.TB) string {
	var tables []string
	for _, p := range publishedRecords() {
		var lines []string
		for _, c := range p.columns(t) {
			old, err := columns.Classic(c)
			if err != nil {
				t.Fatal(err)
			}
			line := classicColumn{Name: c.Name, Type: c.Type, Classic: old.Name, ClassicType: old.Type}
			if c.Type == "string" {
				line.Also = []string{c.Name + "_g", c.Name + "_t"}
			}
			lines = append(lines, "        "+jsonLine(t, line))
		}
		tables = append(tables, fmt.Sprintf("    %q: {\n      \"table\": %q,\n      \"columns\": [\n%s\n      ]\n    }", p.classic, p.table, strings.Join(lines, ",\n")))
	}
	return fmt.Sprintf(`{
  "description": "The tables that the HTTP Data Collector API makes, and the columns that the fields of the other tables have there. Numbers are real, a list is its JSON text, and a text that looks like a GUID or a time goes into the column that also names.",
  "tables": {
%s
  }
}
`, strings.Join(tables, ",\n"))
}

// The templates hold every field of the Go types: what a rule does not declare the
// service drops without a word, and so what a table does not have.
func TestTemplatesDeclareEveryField(t *testing.T) {
	files := map[string]string{"rule.json": ruleText(t), "classic-columns.json": classicText(t)}
	for _, p := range publishedRecords() {
		files[p.file] = p.tableText(t)
	}
	for name, want := range files {
		file := filepath.Join(moduleRoot(t), "deploy", "logs-ingestion", name)
		if !json.Valid([]byte(want)) {
			t.Errorf("%s would be no JSON:\n%.600s", name, want)
		}
		if *update {
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != want {
			t.Errorf("%s is not what the Go types give (%v): run `go test ./cmd/sparkless -run Templates -update`", name, err)
		}
	}
}

// ruleColumns are those that the template of the data collection rule declares.
func ruleColumns(t testing.TB, stream string) []publishtest.Column {
	t.Helper()
	columns, err := publishtest.RuleColumns(filepath.Join(moduleRoot(t), "deploy/logs-ingestion/rule.json"), stream)
	if err != nil {
		t.Fatal(err)
	}
	return columns
}

// otherStreams are those of the rule beside that of findings.
func otherStreams(t testing.TB) map[string][]publishtest.Column {
	t.Helper()
	all := map[string][]publishtest.Column{}
	for _, p := range publishedRecords() {
		if p.stream != testStream {
			all[p.stream] = ruleColumns(t, p.stream)
		}
	}
	return all
}
