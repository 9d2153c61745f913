package sentinel_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"

	"sparkless/deploy/sentinel/kql"
)

const (
	findingsTable = "MasqueradingProcessName_CL"
	classicTable  = "MasqueradingProcessNameResult_CL"
	runsTable     = "SparklessRun_CL"
	anomalyTable  = "SparklessAnomaly_CL"
	sentinelTable = "Anomalies" // of its own anomaly rules
)

// place is a query and where it stands: a file, seen from the repository's root, and
// the line of its first line.
type place struct {
	file, text string
	line       int
}

// workspace is one with all the tables and functions that queries may name.
func workspace(t *testing.T) kql.Workspace {
	t.Helper()
	var w kql.Workspace
	for _, file := range []string{"../logs-ingestion/table.json", "../logs-ingestion/run-table.json", "../logs-ingestion/anomaly-table.json",
		"kql/tables/SecurityEvent.json", "kql/tables/DeviceProcessEvents.json", "kql/tables/Anomalies.json"} {
		table, err := kql.ReadTable(file)
		if err != nil {
			t.Fatal(err)
		}
		w.Tables = append(w.Tables, table.WithStandardColumns())
	}
	w.Tables = append(w.Tables, classicTables(t)...)
	w.Tables = append(w.Tables, readRule(t).streams()...)
	// Sentinel's own, here of a watchlist that `sparkless export` has written.
	w.Functions = append(w.Functions, kql.Function{Name: "_GetWatchlist", Parameters: "alias: string", Body: watchlistBody(t)})
	for _, p := range load(t).parsers {
		w.Functions = append(w.Functions, kql.Function{Name: p.name(), Parameters: p.parameters(), Body: p.body()})
	}
	return w
}

// classicTables are those that the Data Collector API makes of the same records.
func classicTables(t *testing.T) (tables []kql.Table) {
	t.Helper()
	var declared struct {
		Tables map[string]struct {
			Columns []struct{ Classic, ClassicType string }
		}
	}
	if err := json.Unmarshal(readFile(t, "../logs-ingestion/classic-columns.json"), &declared); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(declared.Tables)) {
		table := kql.Table{Name: name}
		for _, c := range declared.Tables[name].Columns {
			table.Columns = append(table.Columns, kql.Column{Name: c.Classic, Type: strings.Replace(c.ClassicType, "boolean", "bool", 1)})
		}
		tables = append(tables, table.WithStandardColumns())
	}
	if len(tables) == 0 {
		t.Fatal("there are no classic tables")
	}
	return tables
}

// watchlistBody is an empty table with the columns of an exported watchlist, each text.
func watchlistBody(t *testing.T) string {
	t.Helper()
	header, _, _ := strings.Cut(string(readFile(t, "../../cmd/sparkless/testdata/export/impostors.csv")), "\n")
	var columns []string
	for _, name := range strings.Split(strings.TrimSpace(header), ",") {
		columns = append(columns, strings.Trim(name, `"`)+": string")
	}
	return "datatable(" + strings.Join(columns, ", ") + ")[]"
}

// without is the same workspace before these tables were made.
func without(w kql.Workspace, names ...string) kql.Workspace {
	w.Tables = slices.DeleteFunc(slices.Clone(w.Tables), func(t kql.Table) bool { return slices.Contains(names, t.Name) })
	return w
}

// queryKeys are the keys of YAML files that hold a query.
var queryKeys = []string{"query", "FunctionQuery", "ParserQuery"}

func everyQuery(t *testing.T) []place {
	t.Helper()
	var all []place
	root := os.DirFS("../..")
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == "node_modules" || name == "out" || path != "." && strings.HasPrefix(name, ".") {
				return fs.SkipDir
			}
			return nil
		}
		deployed := strings.HasPrefix(path, "deploy/")
		switch filepath.Ext(path) {
		case ".md":
			all = append(all, inMarkdown(t, path)...)
		case ".yaml":
			if deployed {
				all = append(all, inYAML(t, path)...)
			}
		case ".kql":
			all = append(all, place{path, string(readFile(t, "../../"+path)), 1})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return append(append(all, inWorkbook(t)...), readRule(t).transforms()...)
}

func inYAML(t *testing.T, path string) []place {
	t.Helper()
	var document yaml.Node
	if err := yaml.Unmarshal(readFile(t, "../../"+path), &document); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if len(document.Content) == 0 || document.Content[0].Kind != yaml.MappingNode {
		return nil
	}
	var all []place
	pairs := document.Content[0].Content
	for i := 0; i+1 < len(pairs); i += 2 {
		if slices.Contains(queryKeys, pairs[i].Value) {
			all = append(all, place{path, pairs[i+1].Value, pairs[i+1].Line + 1}) // the text starts below the bar
		}
	}
	return all
}

var fence = regexp.MustCompile("(?ms)^[ ]*```(?:kusto|kql)\n(.*?)^[ ]*```$")

// inMarkdown are the queries in fences of Kusto. Empty lines part them, as they do in
// Azure's editors.
func inMarkdown(t *testing.T, path string) []place {
	t.Helper()
	text := string(readFile(t, "../../"+path))
	var all []place
	for _, m := range fence.FindAllStringSubmatchIndex(text, -1) {
		line := 1 + strings.Count(text[:m[2]], "\n")
		for _, q := range strings.Split(text[m[2]:m[3]], "\n\n") {
			if strings.TrimSpace(q) != "" {
				all = append(all, place{path, q, line})
			}
			line += strings.Count(q, "\n") + 2
		}
	}
	return all
}

// checked holds what the language service says of every query, and of the functions
// and rules in a workspace that has none of our tables: starting it takes seconds.
var checked = new(checkedQueries)

type checkedQueries struct {
	once          sync.Once
	places        []place
	full, missing map[string]kql.Result // by text
}

func results(t *testing.T) *checkedQueries {
	t.Helper()
	c := checked
	c.once.Do(func() {
		w := workspace(t)
		c.places = everyQuery(t)
		c.full = bind(t, w, c.places)
		c.missing = bind(t, without(w, findingsTable, classicTable, runsTable, anomalyTable, sentinelTable), c.places)
	})
	if c.full == nil {
		t.Fatal("the queries could not be checked")
	}
	return c
}

// bind binds each text once. A function is bound as its body, with its parameters as
// variables.
func bind(t *testing.T, w kql.Workspace, places []place) map[string]kql.Result {
	t.Helper()
	declared := map[string]string{}
	for _, p := range load(t).parsers {
		declared[p.body()] = variables(p)
	}
	texts := map[string]string{}
	for _, p := range places {
		texts[p.text] = declared[p.text] + p.text
	}
	keys := slices.Sorted(maps.Keys(texts))
	var queries []string
	for _, k := range keys {
		queries = append(queries, texts[k])
	}
	answers, err := w.Check(queries...)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]kql.Result{}
	for i, k := range keys {
		all[k] = answers[i]
	}
	return all
}

// variables declares the parameters of a function, in one line in front of its body.
func variables(p parser) string {
	var text string
	for _, a := range append(slices.Clone(p.FunctionParams), p.ParserParams...) {
		text += fmt.Sprintf("let %s = %s; ", a.Name, a.Default)
	}
	return text
}

func columnTypes(r kql.Result) map[string]string {
	types := map[string]string{}
	for _, c := range r.Columns {
		types[c.Name] = c.Type
	}
	return types
}

func TestEveryQueryBinds(t *testing.T) {
	r := results(t)
	for _, p := range r.places {
		for _, problem := range r.full[p.text].Problems {
			problem.Line += p.line - 1
			t.Errorf("%s:%v", p.file, problem)
		}
		if len(r.full[p.text].Columns) == 0 {
			t.Errorf("%s:%d: the query has no columns", p.file, p.line)
		}
	}
}

// That a query is checked at all must not hang on how it is found.
func TestQueriesAreFound(t *testing.T) {
	count := map[string]int{}
	for _, p := range results(t).places {
		count[p.file]++
	}
	for _, file := range []string{"README.md", "publish/README.md", "deploy/sentinel/README.md", "deploy/sentinel/Analytic Rules/SparklessRun.yaml", "deploy/sentinel/Analytic Rules/SparklessAnomaly.yaml",
		"deploy/sentinel/Hunting Queries/SuspectHosts.yaml", "deploy/sentinel/Parsers/ASimAlertEventSparkless.yaml",
		"deploy/sentinel/Parsers/SparklessEvents.kql", "deploy/sentinel/" + workbookFile, ruleFile, "deploy/moving.md"} {
		if count[file] == 0 {
			t.Errorf("no query of %s is checked: %v", file, count)
		}
	}
}

// Before the first record there are no tables of ours: then rules and functions have
// the same columns, and no rows.
func TestTablesMayBeMissing(t *testing.T) {
	r := results(t)
	for _, p := range r.places {
		if filepath.Ext(p.file) == ".md" {
			continue // examples name the tables themselves
		}
		for _, problem := range r.missing[p.text].Problems {
			if problem.Code != kql.MayBeMissing {
				problem.Line += p.line - 1
				t.Errorf("%s:%v", p.file, problem)
			}
		}
		with, none := columnTypes(r.full[p.text]), columnTypes(r.missing[p.text])
		for _, name := range []string{"TenantId", "Type", "_ResourceId"} { // the service's own
			delete(with, name)
			delete(none, name)
		}
		if !maps.Equal(with, none) {
			t.Errorf("%s:%d: columns with the tables\n%v\nand without\n%v", p.file, p.line, with, none)
		}
	}
}
