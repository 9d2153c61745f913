package kql

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

var estate = Workspace{
	Tables: []Table{
		{"Findings", []Column{{"TimeGenerated", "datetime"}, {"Name", "string"}, {"Score", "int"}, {"Hosts", "dynamic"}}},
	},
	Functions: []Function{
		{"Newest", "since:datetime=datetime(null)", "union isfuzzy=true (datatable(Extra:string)[]), Findings | where TimeGenerated >= since"},
	},
}

// wrong are queries, and the first problem that each has.
var wrong = []struct {
	query string
	want  Problem
}{
	{"Findings | where Scor > 1", Problem{"Error", "KS142", "Scor", 1, 18}},
	{"Findings\n| where frob(Name)", Problem{"Error", "KS211", "frob", 2, 9}},
	{"Findings\n| where\n", Problem{"Error", "KS006", "", 2, 8}},
	{"Findings | where Name > 5", Problem{"Error", "KS106", "string", 1, 23}},
	{"Finding", Problem{"Error", "KS142", "Finding", 1, 1}},
	{"Findings | project Name | where Score == 1", Problem{"Error", "KS142", "Score", 1, 33}},
	{"Newest | where Name == '' and Extras == ''", Problem{"Error", "KS142", "Extras", 1, 31}},
	{"Findings | where Name == '🦆' and Nme == ''", Problem{"Error", "KS142", "Nme", 1, 34}},
	{"Findings | extend a = ago('1d')", Problem{"Error", "KS107", "timespan", 1, 27}},
	{"Findings | mv-expand Hosts | where Host == 1", Problem{"Error", "KS142", "Host", 1, 36}},
}

var right = []string{
	"Findings | extend Host = tostring(Hosts[0].value), Arrived = ingestion_time() | summarize arg_max(TimeGenerated, *) by Name",
	"Newest | where Score > 1 and isempty(Extra)",
	"Newest(ago(1d)) | project Name, Extra",
	"print a = 1",
}

const (
	projected = "Newest | project Name, Days = Score * 1.0, First = tostring(Hosts[0])"
	fuzzy     = "union isfuzzy=true (datatable(Name: string)[]), Nowhere | where Name == ''"
)

// checked holds the results of all these queries: starting the language service takes
// seconds.
var checked = sync.OnceValues(func() (map[string]Result, error) {
	queries := append([]string{projected, fuzzy}, right...)
	for _, w := range wrong {
		queries = append(queries, w.query)
	}
	results, err := estate.Check(queries...)
	all := map[string]Result{}
	for i, r := range results {
		all[queries[i]] = r
	}
	return all, err
})

func result(t *testing.T, query string) Result {
	t.Helper()
	results, err := checked()
	if err != nil {
		t.Fatal(err)
	}
	return results[query]
}

func TestWhatIsWrongIsFound(t *testing.T) {
	for _, w := range wrong {
		problems := result(t, w.query).Problems
		if len(problems) == 0 {
			t.Errorf("%q passes", w.query)
			continue
		}
		if got := problems[0]; !strings.Contains(got.Message, w.want.Message) {
			t.Errorf("%q: %v, want %v", w.query, got, w.want)
		}
		w.want.Message = problems[0].Message
		if problems[0] != w.want {
			t.Errorf("%q: %v, want %v", w.query, problems[0], w.want)
		}
	}
}

func TestWhatIsRightPasses(t *testing.T) {
	for _, query := range right {
		if problems := result(t, query).Problems; len(problems) > 0 {
			t.Errorf("%q: %v", query, problems)
		}
	}
}

func TestColumnsOfTheResult(t *testing.T) {
	got := result(t, projected).Columns
	if want := []Column{{"Name", "string"}, {"Days", "real"}, {"First", "string"}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// A name in a fuzzy union may be unknown, and a warning says so.
func TestTableThatMayBeMissing(t *testing.T) {
	problems := result(t, fuzzy).Problems
	if len(problems) != 1 || problems[0].Severity != "Warning" || problems[0].Code != MayBeMissing {
		t.Errorf("%v", problems)
	}
}

func TestNoQueries(t *testing.T) {
	if results, err := (Workspace{}).Check(); err != nil || len(results) != 0 {
		t.Errorf("%v, %v", results, err)
	}
}

func TestReadTable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "table.json")
	for text, want := range map[string]string{
		`{"properties": {"schema": {"name": "T_CL", "columns": [{"name": "A", "type": "boolean"}]}}}`: "",
		`{"properties": {"schema": {"name": "T_CL"}}}`:                                                "no table with columns",
		`{"properties"`: "unexpected end",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		table, err := ReadTable(file)
		if want != "" {
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file) {
				t.Errorf("%s: %v, want %q with the name of the file", text, err, want)
			}
			continue
		}
		full := table.WithStandardColumns()
		if err != nil || !slices.Contains(full.Columns, Column{"A", "bool"}) || !slices.Contains(full.Columns, Column{"Type", "string"}) {
			t.Errorf("%v, %v", full, err)
		}
	}
	if _, err := ReadTable(file + ".none"); err == nil {
		t.Error("a table of no file")
	}
}
