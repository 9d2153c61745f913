package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"sparkless/publish/anomaly"
	"sparkless/publish/columns"
	"sparkless/publish/datacollector"
	"sparkless/publish/publishtest"
)

// caseDays are two days of a small company, with what all hunts look for on the second.
func caseDays(t *testing.T) {
	t.Helper()
	if code, _, log := invoke(t, "sample", "--out", "day", "--day", "2026-11-20", "--days", "2", "--cases", "--events", "4000", "--names", "300", "--hosts", "20", "--impostors", "10"); code != 0 {
		t.Fatal(log)
	}
}

// Every anomaly of each hunt is what the schema says: of planted cases, as the
// notebooks do it, and of names that attack whoever reads them.
func TestAnomaliesKeepToTheirSchema(t *testing.T) {
	hostile := hostileDay(t)
	t.Chdir(t.TempDir())
	caseDays(t)
	sample := []string{"run", "--folder", "day", "--day", "2026-11-20", "--dry-run", "--format", "jsonl"}
	attack := []string{"run", "--folder", hostile, "--work-folder", "hostile", "--day", "2026-11-20", "--max-malformed", "1", "--missing-hours", "24", "--dry-run", "--format", "jsonl"}
	if code, _, log := invoke(t, "run", "--folder", "day", "--day", "2026-11-19", "--detect", "process,logon,network"); code != 0 {
		t.Fatal(log)
	}
	for what, args := range map[string][]string{
		"process": append(sample, "--detect", "process"), "logon": append(sample, "--detect", "logon"), "network": append(sample, "--detect", "network"),
		"process, notebook": append(sample, "--detect", "process", "--mode", "notebook"), "logon, notebook": append(sample, "--detect", "logon", "--mode", "notebook"),
		"network, notebook": append(sample, "--detect", "network", "--mode", "notebook"), "hostile": append(attack, "--detect", "process", "--mode", "notebook"),
	} {
		_, records, log := invoke(t, args...)
		if err := validLines("anomaly", []byte(records)); err != nil {
			t.Errorf("%s: %v\n%.1000s", what, err, log)
		}
	}
}

// The schema of anomalies refuses what is none.
func TestAnomalySchemaRefuses(t *testing.T) {
	const good = `{"TimeStamp":"2026-11-21T00:00:00.0000000Z","FindingId":"an-0123456789abcdef0123","DataDay":"2026-11-20T00:00:00.0000000Z","RuleName":"logon","Entity":"A\\b","EntityKind":"account",
		"Description":"x","Score":0.5,"Severity":"Low","StartTime":"2026-11-20T01:00:00.0000000Z","EndTime":"2026-11-20T02:00:00.0000000Z","Events":3,"AnomalyReasons":[{"Name":"n","Value":"v","Weight":1,"Why":"w"}]}`
	for what, c := range map[string]struct {
		old, new string
		valid    bool
	}{
		"nothing":                    {`"Events":3`, `"Events":3`, true},
		"a field of tomorrow":        {`"Events":3`, `"Events":3,"Tomorrow":1`, true},
		"details":                    {`"Events":3`, `"Events":3,"AnomalyDetails":{"a":[1]}`, true},
		"details that are no object": {`"Events":3`, `"Events":3,"AnomalyDetails":[1]`, false},
		"a number of another kind":   {`"Events":3`, `"Events":"3"`, false},
		"no reason":                  {`{"Name":"n","Value":"v","Weight":1,"Why":"w"}`, ``, false},
		"a score above all":          {`"Score":0.5`, `"Score":50`, false},
		"another severity":           {`"Low"`, `"Critical"`, false},
		"another hunt's finding":     {`"an-`, `"mq-`, false},
		"no entity":                  {`"Entity":"A\\b",`, ``, false},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		if err := valid("anomaly", []byte(text)); (err == nil) != c.valid {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A run of all hunts sends findings of masquerading names to one table and anomalies to
// the other, each field in a column, and a second run sends none of them again.
func TestAnomaliesArriveInTheirTable(t *testing.T) {
	s := startRecords(t)
	t.Chdir(t.TempDir())
	caseDays(t)
	records := runAll(t, "--format", "jsonl")
	var names, anomalies int
	for line := range bytes.Lines(records) {
		var all map[string]json.RawMessage
		if err := json.Unmarshal(line, &all); err != nil {
			t.Fatal(err)
		}
		stream, table := testStream, datacollector.DefaultLogType+"_CL"
		if all["RuleName"] != nil {
			stream, table = anomaly.Stream, anomaly.LogType+"_CL"
			anomalies++
		} else {
			names++
		}
		fields, classic := columnsOf(t, all)
		if got := arrivedColumns(s.api.Rows(), stream, "FindingId", all); !slices.Equal(got, fields) {
			t.Errorf("the stream %s has columns\n%q\nof %s, want\n%q", stream, got, all["FindingId"], fields)
		}
		if got := arrivedColumns(s.old.Rows(), table, "FindingId_s", all); !slices.Equal(got, classic) {
			t.Errorf("the table %s has columns\n%q\nof %s, want\n%q", table, got, all["FindingId"], classic)
		}
	}
	if names == 0 || anomalies == 0 {
		t.Fatalf("%d findings of names, %d anomalies", names, anomalies)
	}
	runAll(t)
	for table, want := range map[string]int{testStream: names, anomaly.Stream: anomalies} {
		if got := countOf(s.api.Rows(), table); got != want {
			t.Errorf("%d records went to %s, want %d", got, table, want)
		}
	}
	for table, want := range map[string]int{datacollector.DefaultLogType + "_CL": names, anomaly.LogType + "_CL": anomalies} {
		if got := countOf(s.old.Rows(), table); got != want {
			t.Errorf("%d records went to %s, want %d", got, table, want)
		}
	}
}

// runAll runs all hunts over the second day in a process of its own, since tokens are
// kept in one, and returns what it prints.
func runAll(t *testing.T, more ...string) []byte {
	t.Helper()
	var log bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "sparkless", append([]string{"run", "--folder", "day", "--day", "2026-11-20", "--detect", "all"}, more...)...)
	cmd.Stderr = &log
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	return out
}

// columnsOf are the columns that a record should have in both APIs, sorted.
func columnsOf(t *testing.T, record map[string]json.RawMessage) (fields, classic []string) {
	t.Helper()
	for name, value := range record {
		column, err := columns.ClassicOf(name, value)
		if err != nil {
			t.Fatal(err)
		}
		fields, classic = append(fields, name), append(classic, column)
	}
	slices.Sort(fields)
	slices.Sort(classic)
	return fields, classic
}

// arrivedColumns are those of the one row of a table that has the record's identifier,
// sorted; nil if there are several.
func arrivedColumns(rows []publishtest.Row, table, column string, record map[string]json.RawMessage) (found []string) {
	for _, row := range rows {
		if id, _ := row.Values[column].(string); row.Table == table && jsonText(id) == string(record["FindingId"]) {
			if found != nil {
				return nil
			}
			found = slices.Sorted(slices.Values(row.Columns))
		}
	}
	return found
}

func countOf(rows []publishtest.Row, table string) (n int) {
	for _, row := range rows {
		if row.Table == table {
			n++
		}
	}
	return n
}
