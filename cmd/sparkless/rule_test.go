package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"sparkless/masquerade"
	"sparkless/publish/publishtest"
)

const testStream = "Custom-MasqueradingProcessName"

// ruleColumns are those that the template of the data collection rule declares.
func ruleColumns(t testing.TB) []publishtest.Column {
	t.Helper()
	columns, err := publishtest.RuleColumns(filepath.Join(moduleRoot(t), "deploy/logs-ingestion/rule.json"), testStream)
	if err != nil {
		t.Fatal(err)
	}
	return columns
}

// What a rule does not declare the service drops without a word, and what a table
// does not have: both hold every field of a finding, in its order.
func TestTemplatesDeclareEveryField(t *testing.T) {
	var want []publishtest.Column
	times := []string{"TimeStamp", "DataDay", "FirstSeen", "LastSeen", "FirstSeenEver"}
	finding := reflect.TypeFor[masquerade.Finding]()
	for i := range finding.NumField() {
		f := finding.Field(i)
		kind := map[reflect.Kind]string{
			reflect.String: "string", reflect.Int: "int", reflect.Int64: "long",
			reflect.Float32: "real", reflect.Float64: "real", reflect.Slice: "dynamic",
		}[f.Type.Kind()]
		if slices.Contains(times, f.Name) {
			kind = "datetime"
		}
		want = append(want, publishtest.Column{Name: f.Name, Type: kind})
	}
	if got := ruleColumns(t); !slices.Equal(got, want) {
		t.Errorf("rule.json declares\n%v, want\n%v", got, want)
	}
	var table struct {
		Properties struct {
			Schema struct{ Columns []publishtest.Column }
		}
	}
	text, err := os.ReadFile(filepath.Join(moduleRoot(t), "deploy/logs-ingestion/table.json"))
	if err == nil {
		err = json.Unmarshal(text, &table)
	}
	if err != nil {
		t.Fatal(err)
	}
	want = slices.Insert(want, 0, publishtest.Column{Name: "TimeGenerated", Type: "datetime"})
	if got := table.Properties.Schema.Columns; !slices.Equal(got, want) {
		t.Errorf("table.json has\n%v, want\n%v", got, want)
	}
}
