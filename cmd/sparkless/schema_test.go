package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"sparkless/masquerade"
	"sparkless/publish/anomaly"
	"sparkless/publish/health"
	"sparkless/publish/schema"
)

// compiled are the schemas of today, by name.
var compiled = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	all := map[string]*jsonschema.Schema{}
	for _, name := range schema.Names() {
		text, err := schema.Text(name)
		if err != nil {
			return nil, err
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return nil, err
		}
		c := jsonschema.NewCompiler()
		if err := c.AddResource(name, doc); err != nil {
			return nil, err
		}
		if all[name], err = c.Compile(name); err != nil {
			return nil, err
		}
	}
	return all, nil
})

// valid checks a JSON text against a schema.
func valid(name string, text []byte) error {
	all, err := compiled()
	if err != nil {
		return err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return all[name].Validate(doc)
}

// validLines checks each line, and wants some.
func validLines(name string, text []byte) error {
	if len(text) == 0 {
		return fmt.Errorf("no %s at all", name)
	}
	for line := range bytes.Lines(text) {
		if err := valid(name, line); err != nil {
			return fmt.Errorf("%.300q: %w", line, err)
		}
	}
	return nil
}

// cmdValid checks a file against a schema: valid finding FILE or valid anomaly FILE (of
// JSON lines), or valid summary FILE
func cmdValid(ts *testscript.TestScript, neg bool, args []string) {
	check := valid
	if args[0] == "finding" || args[0] == "anomaly" {
		check = validLines
	}
	if err := check(args[0], []byte(ts.ReadFile(args[1]))); (err != nil) != neg {
		ts.Fatalf("%s: %v", args[1], err)
	}
}

// Every record of each profile is what the schema says: of a sample day, of a day
// that looks back, and of names that attack whoever reads them.
func TestRecordsKeepToTheirSchema(t *testing.T) {
	hostile := hostileDay(t)
	t.Chdir(t.TempDir())
	sampleDay(t, "2026-11-19", "1")
	sampleDay(t, "2026-11-20", "2")
	if code, _, log := invoke(t, "run", "--folder", "day", "--day", "2026-11-19"); code != 0 {
		t.Fatal(log)
	}
	for _, profile := range masquerade.Profiles() {
		for what, args := range map[string][]string{
			"sample":  {"run", "--folder", "day", "--day", "2026-11-20", "--min-score", "0"},
			"hostile": {"run", "--folder", hostile, "--work-folder", "hostile", "--day", "2026-11-20", "--frequent", "0", "--rare", "1", "--max-malformed", "1", "--missing-hours", "24"},
		} {
			_, records, log := invoke(t, append(args, "--profile", profile, "--dry-run", "--self-test=false")...)
			if err := validLines("finding", []byte(records)); err != nil {
				t.Errorf("%s, %s: %v\n%.1000s", profile, what, err, log)
			}
			if judged := strings.Contains(records, `"Severity"`); judged != (profile != masquerade.Notebook) {
				t.Errorf("%s, %s: has severities: %v", profile, what, judged)
			}
		}
	}
}

// The schema of findings refuses what is none.
func TestSchemaRefuses(t *testing.T) {
	good, err := os.ReadFile("testdata/finding.json")
	if err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(map[string]any){
		"":                        func(map[string]any) {},
		"a field of tomorrow":     func(f map[string]any) { f["Tomorrow"] = 1 },
		"no identifier":           func(f map[string]any) { delete(f, "FindingId") },
		"a count that is a text":  func(f map[string]any) { f["MaliciousCount"] = "1" },
		"a severity of its own":   func(f map[string]any) { f["Severity"] = "Critical" },
		"severity and no reasons": func(f map[string]any) { delete(f, "Evidence") },
		"evidence alone":          func(f map[string]any) { delete(f, "Severity") },
		"a score above all":       func(f map[string]any) { f["Score"] = 101 },
		"a day without a time":    func(f map[string]any) { f["DataDay"] = "2026-11-20" },
		"a path without a count":  func(f map[string]any) { f["Paths"] = []any{map[string]any{"value": "x"}} },
	} {
		var f map[string]any
		if err := json.Unmarshal(good, &f); err != nil {
			t.Fatal(err)
		}
		change(f)
		text, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := valid("finding", text); (err == nil) != slices.Contains([]string{"", "a field of tomorrow"}, what) {
			t.Errorf("%q: %v", what, err)
		}
	}
}

// The schemas have exactly the fields of the Go types, with their types; what may
// be left out of the JSON text is not required.
func TestSchemasAreThoseOfTheTypes(t *testing.T) {
	for name, typ := range map[string]reflect.Type{"finding": reflect.TypeFor[masquerade.Finding](), "anomaly": reflect.TypeFor[anomaly.Finding](), "summary": reflect.TypeFor[Summary](), "run": reflect.TypeFor[health.Run]()} {
		text, err := schema.Text(name)
		if err != nil {
			t.Fatal(err)
		}
		var root map[string]any
		if err := json.Unmarshal(text, &root); err != nil {
			t.Fatal(err)
		}
		for _, problem := range (typeCheck{root}).compare(name, root, typ) {
			t.Error(problem)
		}
	}
}

// typeCheck compares a schema with Go types.
type typeCheck struct{ root map[string]any }

func (c typeCheck) compare(at string, n map[string]any, t reflect.Type) (problems []string) {
	n = c.whole(n)
	child := func(word string) map[string]any {
		m, ok := n[word].(map[string]any)
		if !ok {
			problems = append(problems, fmt.Sprintf("%s: no %s", at, word))
		}
		return m
	}
	want := ""
	if t == reflect.TypeFor[json.RawMessage]() {
		return nil // any JSON
	}
	switch t.Kind() {
	case reflect.Pointer:
		return c.compare(at, n, t.Elem())
	case reflect.Struct:
		want = "object"
		problems = append(problems, c.fields(at, n, t)...)
	case reflect.Slice:
		want = "array"
		problems = append(problems, c.compare(at+"[]", child("items"), t.Elem())...)
	case reflect.Map:
		want = "object"
		problems = append(problems, c.compare(at+"{}", child("additionalProperties"), t.Elem())...)
	case reflect.String:
		want = "string"
	case reflect.Bool:
		want = "boolean"
	case reflect.Int, reflect.Int64:
		want = "integer"
	case reflect.Float32, reflect.Float64:
		want = "number"
	}
	if n["type"] != want {
		problems = append(problems, fmt.Sprintf("%s: type is %v, the Go type is %v", at, n["type"], t))
	}
	return problems
}

// fields compares those of a struct.
func (c typeCheck) fields(at string, n map[string]any, t reflect.Type) (problems []string) {
	properties, _ := n["properties"].(map[string]any)
	required, _ := n["required"].([]any)
	known := map[string]bool{}
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous {
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		known[name] = true
		p, ok := properties[name].(map[string]any)
		if !ok {
			problems = append(problems, fmt.Sprintf("%s: %s is not in the schema", at, name))
			continue
		}
		if p["description"] == nil {
			problems = append(problems, fmt.Sprintf("%s: nothing says what %s is", at, name))
		}
		if slices.Contains(required, any(name)) == (options == "omitempty") {
			problems = append(problems, fmt.Sprintf("%s: %s is required, or may be left out, and the schema has it otherwise", at, name))
		}
		problems = append(problems, c.compare(at+"."+name, p, f.Type)...)
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if !known[name] {
			problems = append(problems, fmt.Sprintf("%s: %s is in no Go type", at, name))
		}
	}
	return problems
}

// whole is a schema with what it refers to.
func (c typeCheck) whole(n map[string]any) map[string]any {
	out := maps.Clone(n)
	refs, _ := n["allOf"].([]any)
	if ref, ok := n["$ref"]; ok {
		refs = append(slices.Clone(refs), map[string]any{"$ref": ref})
	}
	for _, r := range refs {
		_, name, _ := strings.Cut(r.(map[string]any)["$ref"].(string), "#/$defs/")
		for word, value := range c.whole(c.root["$defs"].(map[string]any)[name].(map[string]any)) {
			switch mine := out[word].(type) {
			case map[string]any:
				mine = maps.Clone(mine)
				maps.Copy(mine, value.(map[string]any))
				out[word] = mine
			case []any:
				out[word] = append(slices.Clone(mine), value.([]any)...)
			case nil:
				out[word] = value
			}
		}
	}
	return out
}

// The comparison sees what is missing on either side.
func TestTypeCheckSees(t *testing.T) {
	type part struct {
		A []int `json:"a"`
	}
	type whole struct {
		part
		B map[string]float64 `json:"b,omitempty"`
	}
	const good = `{"type":"object","allOf":[{"$ref":"#/$defs/part"}],"properties":{"b":{"type":"object","additionalProperties":{"type":"number"},"description":"x"}},
		"$defs":{"part":{"type":"object","required":["a"],"properties":{"a":{"type":"array","items":{"type":"integer"},"description":"x"}}}}}`
	for text, problems := range map[string]int{
		good: 0,
		strings.Replace(good, `"integer"`, `"string"`, 1):                              1,
		strings.Replace(good, `"number"`, `"integer"`, 1):                              1,
		strings.Replace(good, `"required":["a"],`, ``, 1):                              1,
		strings.Replace(good, `"required":["a"]`, `"required":["a","b"]`, 1):           1,
		strings.Replace(good, `"description":"x"`, `"title":"x"`, 1):                   1,
		strings.Replace(good, `"properties":{"b"`, `"properties":{"c"`, 1):             2,
		strings.Replace(good, `"items":{"type":"integer"},`, ``, 1):                    2,
		strings.Replace(good, `"additionalProperties":{"type":"number"}`, `"x":{}`, 1): 2,
	} {
		var root map[string]any
		if err := json.Unmarshal([]byte(text), &root); err != nil {
			t.Fatal(err)
		}
		if got := (typeCheck{root}).compare("", root, reflect.TypeFor[whole]()); len(got) != problems {
			t.Errorf("%s: %q, want %d", text, got, problems)
		}
	}
}

// A schema that the program prints is the published one.
func TestSchemaCommand(t *testing.T) {
	for _, name := range schema.Names() {
		want, err := os.ReadFile(filepath.Join(moduleRoot(t), "publish", "schema", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		if code, out, log := invoke(t, "schema", name); code != 0 || out != string(want) || log != "" {
			t.Errorf("%s: exit %d, %d bytes, %s", name, code, len(out), log)
		}
	}
	for _, args := range [][]string{{"schema"}, {"schema", "receipt"}, {"schema", "finding", "summary"}} {
		if code, out, log := invoke(t, args...); code != exitUsage || out != "" || !strings.Contains(log, "finding, anomaly, summary, run") {
			t.Errorf("%q: exit %d, %q, %s", args, code, out, log)
		}
	}
}
