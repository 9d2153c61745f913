package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/publish"
	"sparkless/publish/columns"
	"sparkless/publish/health"
	"sparkless/publish/publishtest"
)

// recordServers are both APIs as servers, with settings that send them records of runs.
type recordServers struct {
	old      *publishtest.DataCollector
	api      *publishtest.LogsIngestion
	declared []publishtest.Column // of the stream
}

func startRecords(t *testing.T) recordServers {
	t.Helper()
	old, declared := collector(t), ruleColumns(t, health.Stream)
	api, err := publishtest.NewLogsIngestion(publishtest.LogsIngestionConfig{RuleID: testRule, Stream: testStream, Columns: ruleColumns(t, testStream),
		Others: otherStreams(t)})
	if err == nil {
		err = api.Start("")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { api.Close() })
	for _, pair := range append(api.Environ(), "GORACE=atexit_sleep_ms=0", "SPARKLESS_DATACOLLECTOR_HEALTH_LOG_TYPE="+health.LogType, "SPARKLESS_LOGSINGESTION_ENDPOINT="+api.URL(),
		"SPARKLESS_LOGSINGESTION_RULE_ID="+testRule, "SPARKLESS_LOGSINGESTION_STREAM="+testStream, "SPARKLESS_LOGSINGESTION_HEALTH_STREAM="+health.Stream) {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	return recordServers{old, api, declared}
}

// of runs the program and returns the records that it has left at the Logs Ingestion
// API. Those at the other one have the columns that are documented for them.
func (s recordServers) of(t *testing.T, code int, args ...string) []publishtest.Row {
	t.Helper()
	before := [2]int{len(s.old.Rows()), len(s.api.Rows())}
	cmd := exec.CommandContext(t.Context(), "sparkless", args...) // a process of its own: tokens are kept in one
	log, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != code {
		t.Fatalf("%q: %v, want exit code %d\n%s", args, err, code, log)
	}
	recorded := func(rows []publishtest.Row, table string) []publishtest.Row {
		return slices.DeleteFunc(rows, func(r publishtest.Row) bool { return r.Table != table })
	}
	rows := recorded(s.api.Rows()[before[1]:], health.Stream)
	classic := recorded(s.old.Rows()[before[0]:], health.LogType+"_CL")
	if len(rows) != len(classic) {
		t.Fatalf("%q: %d records and %d", args, len(rows), len(classic))
	}
	kinds := map[string]string{}
	for _, c := range s.declared {
		kinds[c.Name] = c.Type
	}
	for i, row := range rows {
		var want []string
		for _, name := range row.Columns {
			c, err := columns.Classic(columns.Column{Name: name, Type: kinds[name]})
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, c.Name)
		}
		if !slices.Equal(classic[i].Columns, want) {
			t.Errorf("%q: the Data Collector API has columns\n%q, the other one\n%q", args, classic[i].Columns, want)
		}
	}
	return rows
}

// shows compares columns of a record; "-" is one that it does not have.
func shows(t *testing.T, what string, row publishtest.Row, want map[string]any) {
	t.Helper()
	for name, value := range want {
		got, ok := row.Values[name]
		if at, is := got.(time.Time); is {
			got = at.Format(time.RFC3339)
		}
		if text, is := got.(json.RawMessage); is {
			got = string(text)
		}
		if value == "-" && ok || value != "-" && fmt.Sprint(got) != fmt.Sprint(value) {
			t.Errorf("%s: %s is %v, want %v", what, name, got, value)
		}
	}
}

const healthBase = "day/am-securityevent/WorkspaceResourceId=/subscriptions/5d2b7c1e-8f40-4a6d-9b3e-71c0a4e8d215/resourcegroups/rg-soc/providers/microsoft.operationalinsights/workspaces/law-brackwater/y=2026/m=11/d=20/"

// A hunt that lacks its input makes the record of a day partial, and says why, although
// the first one lacks nothing.
func TestRunRecordsOfAHuntWithoutInput(t *testing.T) {
	s := startRecords(t)
	t.Chdir(t.TempDir())
	sampleDay(t, "2026-11-20", "1")
	sampleDay(t, "2026-11-21", "2")
	rows := s.of(t, exitPartial, "run", "--folder", "day", "--day", "2026-11-20", "--detect", "masquerade,network")
	rows = append(rows, s.of(t, exitPartial, "backfill", "--folder", "day", "--from", "2026-11-20", "--to", "2026-11-22", "--detect", "masquerade,network")...)
	for i, row := range rows {
		shows(t, fmt.Sprint("record ", i), row, map[string]any{"ExitCode": exitPartial, "Partial": true, "HoursMissing": 0, "Events": 2000})
		if text := fmt.Sprint(row.Values["Error"]); strings.Count(text, "no export blobs for the hunt network") != 1 {
			t.Errorf("record %d: %s", i, text)
		}
	}
	if len(rows) != 3 {
		t.Errorf("%d records", len(rows))
	}
}

// A record says what the summary does, of each day that a run has been through.
func TestRunRecords(t *testing.T) {
	s := startRecords(t)
	t.Chdir(t.TempDir())
	sampleDay(t, "2026-11-20", "1")
	sampleDay(t, "2026-11-21", "2")
	whole := s.of(t, 0, "run", "--folder", "day", "--day", "2026-11-21")[0]
	var all []string
	for _, c := range s.declared {
		if !slices.Contains([]string{"Error", "Empty", "MissingHours"}, c.Name) {
			all = append(all, c.Name)
		}
	}
	if !slices.Equal(whole.Columns, all) {
		t.Errorf("columns\n%q, want\n%q", whole.Columns, all)
	}
	shows(t, "a whole day", whole, map[string]any{"Command": "run", "Profile": "balanced", "ExitCode": 0, "ExitMeaning": "done", "Partial": false, "DataDay": "2026-11-21T00:00:00Z",
		"WindowStart": "2026-11-21T00:00:00Z", "WindowEnd": "2026-11-22T00:00:00Z", "HoursExpected": 24, "HoursRead": 24, "HoursMissing": 0, "BlobsUnreadable": 0, "Events": 2000, "MalformedLines": 0,
		"Delivered": 2 * int(whole.Values["Findings"].(int32)), "DeliveredBefore": 0, "NotDelivered": 0, "HistoryDays": 0, "SelfTestTotal": 41, "Version": buildVersion()})
	if sum := whole.Values["FindingsHigh"].(int32) + whole.Values["FindingsMedium"].(int32) + whole.Values["FindingsLow"].(int32) + whole.Values["FindingsInformational"].(int32); sum == 0 || sum != whole.Values["Findings"] {
		t.Errorf("%d findings by severity, %v in all", sum, whole.Values["Findings"])
	}
	for _, hour := range []string{"h=03", "h=17"} {
		if err := os.RemoveAll(healthBase + hour); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv(executionVariable, "sparkless-job-abc1234")
	rows := s.of(t, exitPartial, "backfill", "--folder", "day", "--from", "2026-11-19", "--to", "2026-11-22", "--profile", "notebook")
	if len(rows) != 3 {
		t.Fatalf("%d records", len(rows))
	}
	for i, want := range []map[string]any{
		{"DataDay": "2026-11-19T00:00:00Z", "Empty": "no-blobs", "Partial": false, "BlobsListed": 0, "HoursExpected": 24, "HoursRead": 0, "HoursMissing": 24, "Findings": "-", "Events": "-", "BlobsUnreadable": "-", "Delivered": "-", "Workspaces": "-", "SelfTestTotal": "-"},
		{"DataDay": "2026-11-20T00:00:00Z", "Empty": "-", "Partial": true, "HoursExpected": 24, "HoursRead": 22, "HoursMissing": 2, "FindingsHigh": "-",
			"MissingHours": `[{"workspace":"/subscriptions/5d2b7c1e-8f40-4a6d-9b3e-71c0a4e8d215/resourcegroups/rg-soc/providers/microsoft.operationalinsights/workspaces/law-brackwater","day":"2026-11-20","hours":[3,17]}]`},
		{"DataDay": "2026-11-21T00:00:00Z", "Partial": false, "HoursMissing": 0, "MissingHours": "-", "Error": "-", "BytesRead": 0},
	} {
		want["RunId"], want["ExitCode"], want["Command"], want["Profile"] = "sparkless-job-abc1234", exitPartial, "backfill", "notebook"
		shows(t, fmt.Sprint("day ", i), rows[i], want)
	}
	if text := fmt.Sprint(rows[0].Values["Error"], rows[1].Values["Error"]); !strings.Contains(text, "no export blobs of 2026-11-19") || !strings.Contains(text, "no blob of hour 03, 17") {
		t.Error(text)
	}
	window := s.of(t, 0, "run", "--folder", "day", "--from", "2026-11-20T22:30:00Z", "--to", "2026-11-21T01:10:00Z")[0]
	shows(t, "a window", window, map[string]any{"DataDay": "2026-11-20T22:30:00Z", "WindowStart": "2026-11-20T22:30:00Z", "WindowEnd": "2026-11-21T01:10:00Z", "HoursExpected": 4, "HoursRead": 4, "HoursMissing": 0})
}

// A run that fails before any day has one record, of what is known by then.
func TestRunRecordsOfFailures(t *testing.T) {
	s := startRecords(t)
	t.Chdir(t.TempDir())
	denied := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("x-ms-error-code", "AuthorizationPermissionMismatch")
		w.WriteHeader(http.StatusForbidden)
	}))
	defer denied.Close()
	key := map[int]string{exitDenied: "c2VjcmV0LXN0b3JhZ2Uta2V5"}
	early := map[string]any{"DataDay": "-", "Scope": "-", "Events": "-", "HoursExpected": "-", "BlobsListed": "-", "Partial": false}
	var ids []string
	for _, test := range []struct {
		code int
		args []string
		says string
	}{
		{exitDenied, []string{"--account", "someone", "--endpoint", denied.URL, "--work-folder", "work"}, "AuthorizationPermissionMismatch"},
		{exitUsage, []string{"--folder", "nowhere"}, "no such file"},
		{exitUsage, []string{"--folder", ".", "--weight", "folder=a"}, "folder"},
	} {
		t.Setenv("SPARKLESS_STORAGE_ACCOUNT_KEY", key[test.code])
		rows := s.of(t, test.code, append([]string{"run", "--day", "2026-11-20"}, test.args...)...)
		if len(rows) != 1 {
			t.Fatalf("%q: %d records", test.args, len(rows))
		}
		early["ExitCode"], early["ExitMeaning"] = test.code, meaningOf(test.code)
		shows(t, fmt.Sprint(test.args), rows[0], early)
		if text := fmt.Sprint(rows[0].Values["Error"]); !strings.Contains(text, test.says) || strings.Contains(text, "c2VjcmV0") {
			t.Errorf("%q: %s", test.args, text)
		}
		ids = append(ids, rows[0].Values["RunId"].(string))
	}
	if slices.Sort(ids); len(slices.Compact(ids)) != 3 {
		t.Errorf("runs share a name: %q", ids)
	}
}

// hanging is a destination that never answers.
type hanging struct{ t *testing.T }

func (hanging) Name() string { return "hanging" }

func (h hanging) Send(ctx context.Context, _ []publish.Record) (int, error) {
	if _, bounded := ctx.Deadline(); !bounded {
		h.t.Error("nothing ends the sending")
		return 0, publish.ErrSettings
	}
	<-ctx.Done()
	return 0, ctx.Err()
}

// A destination that hangs is given up.
func TestRunRecordsAreBounded(t *testing.T) {
	var log bytes.Buffer
	newApp(&log, &log).sendRecords(t.Context(), hanging{t}, []health.Run{{RunId: "r"}}, time.Millisecond)
	if text := log.String(); !strings.Contains(text, "could not be sent") || !strings.Contains(text, "hanging") || !strings.Contains(text, "deadline exceeded") {
		t.Error(text)
	}
}

// What a record says is what its schema says, whatever is known.
func TestRunRecordsKeepToTheirSchema(t *testing.T) {
	whole := recorder{Summary: sampleSummary(), facts: []dayFacts{{result: true, listed: true, hours: 21, lacks: 3}}}
	whole.Started, whole.Finished = "2026-11-22T00:00:00Z", "2026-11-22T00:01:23.4Z"
	none := recorder{Summary: newSummary()}
	none.Command, none.Started, none.Finished, none.Errors = "run", whole.Started, whole.Finished, []string{"a", "b\u202e"}
	asked := none
	asked.Window = whole.Window
	days := whole
	days.Days = append(slices.Clone(whole.Days), dayOfSample(21))
	days.Days[1].Error = "no export blobs"
	days.facts = append(slices.Clone(whole.facts), dayFacts{listed: true, lacks: 24})
	for what, r := range map[string]*recorder{"whole": &whole, "none": &none, "asked": &asked, "days": &days} {
		for _, run := range r.runs("run-1", "") {
			body, err := publish.Body(run)
			if err == nil {
				err = valid("run", body)
			}
			if err != nil {
				t.Errorf("%s: %v\n%s", what, err, body)
			}
		}
	}
	if runs := asked.runs("r", "h"); runs[0].WindowStart != whole.Window.From || runs[0].DataDay != "" || runs[0].Error != "a\nb\u202e" {
		t.Errorf("%+v", runs[0])
	}
	one := whole.runs("r", "h")[0] // of what the APIs took: 20 sent, 4 before, 3 left, 1 of them refused
	if got := []int64{*one.Delivered, *one.DeliveredBefore, *one.NotDelivered, *one.Refused}; !slices.Equal(got, []int64{20, 4, 3, 1}) {
		t.Errorf("deliveries %d", got)
	}
}

// Both records keep to the rules of both APIs, and within what the old one advises.
func TestRecordsKeepToTheColumnRules(t *testing.T) {
	for _, p := range publishedRecords() {
		all := p.columns(t)
		if err := columns.CheckAll(append(slices.Clone(all), arrival())); err != nil {
			t.Errorf("%s: %v", p.table, err)
		}
		if len(all) > columns.AdvisedFields {
			t.Errorf("%s: %d fields, the Data Collector API advises %d at most", p.classic, len(all), columns.AdvisedFields)
		}
		for _, c := range all {
			if _, err := columns.Classic(c); err != nil {
				t.Errorf("%s: %v", p.classic, err)
			}
			if c.Description == "" {
				t.Errorf("%s: nothing says what %s is", p.table, c.Name)
			}
		}
	}
}

// The tags of times are where the schemas have times, and nowhere else: a time in a
// column for texts cannot be compared with one.
func TestTimesHaveColumnsOfTheirOwn(t *testing.T) {
	for _, p := range publishedRecords() {
		text, err := os.ReadFile(filepath.Join(moduleRoot(t), "publish", "schema", p.schema+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var s struct {
			Properties map[string]struct {
				Ref string `json:"$ref"`
			}
		}
		if err := json.Unmarshal(text, &s); err != nil {
			t.Fatal(err)
		}
		for _, c := range p.columns(t) {
			if isTime := s.Properties[c.Name].Ref == "#/$defs/time"; isTime != (c.Type == "datetime") {
				t.Errorf("%s: %s has type %s, and is a time in the schema: %v", p.table, c.Name, c.Type, isTime)
			}
		}
	}
}

// runFields are those of the record of a run, for the page on what is published.
func runFields() []field {
	return []field{
		{[]string{"TimeStamp", "Started", "DurationSeconds"}, "when the run ended and began, and how long it took, all its days together"},
		{[]string{"RunId", "Command", "Host", "Version", "Profile", "Scope"}, "which run it was, and of what estate"},
		{[]string{"DataDay", "WindowStart", "WindowEnd"}, "what was analysed. Of a run that failed before any day there is no `DataDay`"},
		{[]string{"ExitCode", "ExitMeaning"}, "of the run: in a backfill every day has the code of the whole"},
		{[]string{"Partial", "Error", "Empty"}, "of the day: whether its input was partial, what went wrong, and why there is no finding, in a word"},
		{[]string{"Workspaces"}, "that were read"},
		{[]string{"BlobsListed", "BlobsUnreadable", "BytesListed", "BytesRead"}, "blobs of the day and their bytes, as stored; of these, what this run read and no earlier one had"},
		{[]string{"HoursExpected", "HoursRead", "HoursMissing", "MissingHours"}, "hours of the day, once for each workspace, with blobs and without, and which these are (`workspace`, `day`, `hours`)"},
		{[]string{"Lines", "Events", "OtherEvents", "OutsideWindow", "MalformedLines"}, "lines; process creations of the day, events of other kinds, process creations at other times; lines that could not be used"},
		{[]string{"Names", "HistoryDays"}, "distinct process names; days before that were looked back on"},
		{[]string{"Findings", "FindingsHigh", "FindingsMedium", "FindingsLow", "FindingsInformational", "Suppressed"}, "findings, by severity too except in the profile `notebook`, and those that rules kept quiet"},
		{[]string{"Delivered", "DeliveredBefore", "NotDelivered", "Refused"}, "findings of the day by what became of them at the ingestion APIs, all together: sent by this run, sent by an earlier one, neither, and of these what a service does not take"},
		{[]string{"SelfTestCaught", "SelfTestTotal", "PeakMemoryBytes"}, "synthetic impostors that would be found, of how many; the most memory that the process took"},
	}
}

// The page tells of every column once.
func TestRunFieldsAreAll(t *testing.T) {
	var told, want []string
	for _, f := range runFields() {
		told = append(told, f.names...)
	}
	all := publishedRecords()
	run := all[slices.IndexFunc(all, func(p published) bool { return p.schema == "run" })]
	for _, c := range run.columns(t) {
		want = append(want, c.Name)
	}
	slices.Sort(told)
	if slices.Sort(want); !slices.Equal(told, want) {
		t.Errorf("told are\n%q, the columns are\n%q", told, want)
	}
}

// A table of the old API is never one of the rule: a workspace has one of a name.
func TestTablesHaveNamesOfTheirOwn(t *testing.T) {
	seen := map[string]reflect.Type{}
	for _, p := range publishedRecords() {
		for _, name := range []string{p.table, p.classic} {
			if seen[name] != nil {
				t.Errorf("%s is the table of %s and of %s", name, seen[name], p.record)
			}
			seen[name] = p.record
		}
		if p.stream+"_CL" != "Custom-"+p.table {
			t.Errorf("the stream %s and the table %s", p.stream, p.table)
		}
	}
}
