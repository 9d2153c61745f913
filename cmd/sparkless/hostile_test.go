package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"sparkless/publish/publishtest"
	"sparkless/storage/printable"
)

// testIdentities are managed identities of these tests alone: tokens are cached by
// them.
const (
	testIdentity  = "5b6c0d4e-3f7a-4c55-9f06-0c1d2e3f4a5b"
	otherIdentity = "6c7d1e5f-4a8b-4d66-8a17-1d2e3f4a5b6c"
)

// attacks are what an attacker may name things, raw as they stand in a file.
func attacks() []string {
	return []string{
		"plain", "\x1b[2J\x1b]0;owned\x07", "\u009b31m", "\r\n2026-11-20  1.000  forged", "a\tb\vc\fd\be\x00f", "gpj.\u202eexe", "\u2066x\u2069\u200f",
		"=cmd|' /c calc'!a0", "+1+1", "-2+3", "@SUM(1)", "\uff1d1+1", "\t=1", "</script><script>alert(1)</script>", "<!--", `"quoted","`, `'; drop table x--`, `\u001b[0m`,
		"\xff\xfe\x80", "\xed\xa0\x80", "\u2028\u2029\ufeff", "{\"a\":[", "%s%n%d", "${jndi:ldap://x}", "../../../../etc/passwd", "a\u0301\u0302", "a\ufe0f\U000e0101\u034f\u180b\u3164\u115f\u1160\uffa0\u17b4\u17b5\u2800b", "\U000e0041\U0001f600", strings.Repeat("x", 32<<10),
	}
}

// jsonText writes s as a JSON text without escaping more than JSON demands: what
// is invalid stays as it is.
func jsonText(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < 0x20:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return `"` + b.String() + `"`
}

// hostileDay writes an export of hostile names, lines and file names.
func hostileDay(t *testing.T) string {
	var lines bytes.Buffer
	for _, a := range attacks() {
		for _, end := range []string{"a", "e", "e"} { // one rare and one frequent name that resemble each other
			name := "service-host-" + a + end + ".exe"
			fmt.Fprintf(&lines, `{"TimeGenerated":"2026-11-20T00:00:00Z","EventID":4688,"Process":%s,"NewProcessName":%s,"Computer":%s,"ParentProcessName":%s,"Account":%s,"CommandLine":%s}`+"\n",
				jsonText(name), jsonText(`C:\`+a+`\`+name), jsonText(a), jsonText(a), jsonText(a), jsonText(a))
		}
		fmt.Fprintf(&lines, "%s\n", a)
	}
	root := t.TempDir()
	hour := "am-securityevent/WorkspaceResourceId=/subscriptions/s/resourcegroups/g/providers/microsoft.operationalinsights/workspaces/w/y=2026/m=11/d=20/h=00/m=00"
	files := map[string][]byte{"PT05M.json": lines.Bytes(), "PT05M_\x1b[2J\u202e.json.gz": []byte("\x1f\x8bno gzip"), "\x1b[2J\nforged\u202e.txt": []byte("x")}
	for name, data := range files {
		path := filepath.Join(root, filepath.FromSlash(hour), name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// checkPlain wants text of printable characters in lines that begin as they
// should: nothing moved the cursor or made a line of its own.
func checkPlain(t *testing.T, what string, text []byte, starts ...string) {
	t.Helper()
	if !utf8.Valid(text) {
		t.Errorf("%s: not valid UTF-8", what)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if i := strings.IndexFunc(line, func(r rune) bool { return !printable.Rune(r) }); i >= 0 {
			t.Errorf("%s: %q holds %q", what, line, line[i:min(len(line), i+10)])
		}
		if !slices.ContainsFunc(starts, func(s string) bool { return strings.HasPrefix(line, s) }) {
			t.Errorf("%s: a line begins like %.60q", what, line)
		}
	}
}

// Hostile names go through every display and every destination, and change
// nothing there but their own cell: as pairs of the notebook's rule, and with all
// that evidence says of them in words.
func TestHostileNames(t *testing.T) {
	day := hostileDay(t)
	t.Run("pairs", func(t *testing.T) {
		hostileNames(t, testIdentity, "--folder", day, "--profile", "notebook", "--similarity", "0.7")
	})
	t.Run("evidence", func(t *testing.T) {
		found, flags := hostileNames(t, otherIdentity, "--folder", day, "--min-score", "0")
		checkExplain(t, found, flags)
	})
}

// hostileNames takes a hostile day to every display and destination. It returns the
// suspects and all flags.
func hostileNames(t *testing.T, identity string, flags ...string) (found, common []string) {
	old, err := publishtest.NewDataCollector(publishtest.DataCollectorConfig{WorkspaceID: testWorkspace, SharedKey: testKey})
	if err == nil {
		err = old.Start("")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	api, err := publishtest.NewLogsIngestion(publishtest.LogsIngestionConfig{RuleID: testRule, Stream: testStream, Columns: ruleColumns(t, testStream), ClientID: identity})
	if err == nil {
		err = api.Start("")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer api.Close()
	t.Chdir(t.TempDir())
	env := append(api.Environ(), "SPARKLESS_STORAGE_CLIENT_ID="+identity, "SPARKLESS_JOB_MAX_MALFORMED=1", "SPARKLESS_DATACOLLECTOR_WORKSPACE_ID="+testWorkspace,
		"SPARKLESS_DATACOLLECTOR_SHARED_KEY="+testKey, "SPARKLESS_DATACOLLECTOR_ENDPOINT="+old.URL(), "SPARKLESS_LOGSINGESTION_ENDPOINT="+api.URL(),
		"SPARKLESS_LOGSINGESTION_RULE_ID="+testRule, "SPARKLESS_LOGSINGESTION_STREAM="+testStream)
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		t.Setenv(name, value)
	}
	common = append([]string{"--day", "2026-11-20", "--frequent", "0", "--rare", "1", "--log-level", "debug"}, flags...)
	for _, c := range []struct {
		args   []string
		stdout []string // how its lines begin
	}{
		{[]string{"run", "--dry-run"}, []string{`{"TimeStamp":"`}},
		{[]string{"run", "--out", "f.csv", "--out", "f.jsonl", "--out", "f.json"}, []string{"DAY ", "2026-11-20 "}},
		{[]string{"run"}, []string{"DAY ", "2026-11-20 "}},
		{[]string{"publish"}, nil},
	} {
		for format, starts := range map[string][]string{"text": append(summaryStarts(), "time="), "json": {`{"time":"`}} {
			args := append(slices.Clone(c.args), common...)
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), append(args, "--log-format", format), &stdout, &stderr)
			if want := map[string]int{"run": exitPartial, "publish": exitDone}[c.args[0]]; code != want {
				t.Errorf("%q: exit code %d, want %d\n%s", c.args, code, want, stderr.Bytes())
			}
			checkPlain(t, fmt.Sprint(c.args, " stdout"), stdout.Bytes(), c.stdout...)
			checkPlain(t, fmt.Sprint(c.args, " stderr as ", format), withoutBlanks(stderr.Bytes()), starts...)
			for line := range bytes.Lines(stderr.Bytes()) {
				if format == "json" && !json.Valid(line) {
					t.Errorf("%q: %s", c.args, line)
				}
			}
		}
	}
	found = checkFiles(t)
	sameNames(t, "the Data Collector", found, names(old.Rows(), "PotentiallyMaliciousProcess_s"))
	sameNames(t, "Logs Ingestion", found, names(api.Rows(), "PotentiallyMaliciousProcess"))
	checkQuarantine(t)
	return found, common
}

// checkExplain asks for the story of one suspect of each attack, where the name can
// be a file's.
func checkExplain(t *testing.T, suspects, common []string) {
	for _, name := range suspects {
		if strings.ContainsAny(name, `/\`) || !strings.HasSuffix(name, "a.exe") {
			continue
		}
		for _, format := range []string{"table", "json"} {
			var stdout, stderr bytes.Buffer
			args := append([]string{"explain", "--format", format}, append(common, "--", name)...)
			if code := run(t.Context(), args, &stdout, &stderr); code != exitDone {
				t.Errorf("%q: exit code %d\n%s", args, code, stderr.Bytes())
			}
			checkPlain(t, fmt.Sprintf("%q", args), stdout.Bytes(), "")
			var story struct {
				Name    string
				Finding *struct{ PotentiallyMaliciousProcess string }
			}
			if format == "table" {
				continue
			}
			if err := json.Unmarshal(stdout.Bytes(), &story); err != nil || story.Finding == nil || story.Name != name || story.Finding.PotentiallyMaliciousProcess != name {
				t.Errorf("the story of %q: %v, %+v", name, err, story)
			}
		}
	}
}

// checkFiles looks at the files of findings, and returns the suspects in them.
func checkFiles(t *testing.T) []string {
	text, err := os.ReadFile("f.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	checkPlain(t, "f.jsonl", text, `{"TimeStamp":"`)
	var suspects []string
	for line := range bytes.Lines(text) {
		var f map[string]any
		if err := json.Unmarshal(line, &f); err != nil {
			t.Fatal(err)
		}
		suspects = append(suspects, f["PotentiallyMaliciousProcess"].(string))
	}
	if len(suspects) < len(attacks()) {
		t.Errorf("%d findings", len(suspects))
	}
	table, err := os.Open("f.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close()
	rows, err := csv.NewReader(table).ReadAll()
	if err != nil || len(rows) != len(suspects)+1 {
		t.Fatalf("%d rows for %d findings, %v", len(rows), len(suspects), err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+@\t\r") || strings.HasPrefix(cell, "-") || strings.ContainsFunc(cell, unicode.IsControl) {
				t.Errorf("the cell %q", cell)
			}
		}
	}
	return suspects
}

func names(rows []publishtest.Row, column string) []string {
	var out []string
	for _, r := range rows {
		out = append(out, fmt.Sprint(r.Values[column]))
	}
	return out
}

func sameNames(t *testing.T, where string, want, got []string) {
	t.Helper()
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%s has %.100q…, want %.100q…", where, got, want)
	}
}

// checkQuarantine wants the malformed lines in the work store, harmless to show.
func checkQuarantine(t *testing.T) {
	files, err := filepath.Glob("sparkless-work/quarantine/*/*/*/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		checkPlain(t, name, text, `{"format":"`, `{"blob":"`)
	}
}
