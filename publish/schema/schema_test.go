package schema

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
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// node is a JSON Schema as it was decoded.
type node = map[string]any

func parse(t *testing.T, text []byte) node {
	t.Helper()
	var n node
	if err := json.Unmarshal(text, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func versions() map[string]string {
	return map[string]string{"finding": FindingVersion, "anomaly": AnomalyVersion, "summary": SummaryVersion, "run": RunVersion}
}

// Each schema is one, of draft 2020-12, and its $id states its version.
func TestSchemas(t *testing.T) {
	for _, name := range Names() {
		text, err := Text(name)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		c := jsonschema.NewCompiler()
		if err := c.AddResource("s", doc); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := c.Compile("s"); err != nil { // also against the draft's own schema
			t.Errorf("%s: %v", name, err)
		}
		n := parse(t, text)
		if want := "urn:sparkless:schema:" + name + ":" + versions()[name]; n["$id"] != want {
			t.Errorf("%s: $id is %v, want %v", name, n["$id"], want)
		}
		if n["$schema"] != jsonschema.Draft2020.String() {
			t.Errorf("%s: $schema is %v", name, n["$schema"])
		}
	}
	if _, err := Text("nothing"); err == nil {
		t.Error("there is a schema of nothing")
	}
}

// What was published once stays: testdata holds every minor version of the schemas,
// the latest too, and none of them promises what the schema of today does not.
func TestSchemasOnlyGrow(t *testing.T) {
	for _, name := range Names() {
		text, err := Text(name)
		if err != nil {
			t.Fatal(err)
		}
		major, _, _ := strings.Cut(versions()[name], ".")
		recorded, err := filepath.Glob(filepath.Join("testdata", name+"-"+major+".*.json"))
		if err != nil {
			t.Fatal(err)
		}
		latest := filepath.Join("testdata", name+"-"+versions()[name]+".json")
		if !slices.Contains(recorded, latest) {
			t.Errorf("%s is not recorded", latest)
		}
		for _, file := range recorded {
			old, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if file == latest && !bytes.Equal(old, text) {
				t.Errorf("%s.json is another than was published as %s: count the version up, and record it", name, latest)
			}
			for _, broken := range brokenPromises(parse(t, old), parse(t, text)) {
				t.Errorf("%s: %s", file, broken)
			}
		}
	}
}

// brokenPromises are what an old schema says of its values and a new one does not.
func brokenPromises(old, now node) []string {
	return compareNodes("", resolve(old, old), resolve(now, now), [2]node{old, now})
}

func compareNodes(at string, old, now node, roots [2]node) (broken []string) {
	for _, word := range []string{"type", "enum", "pattern", "minimum", "maximum", "minItems", "minLength", "dependentRequired"} {
		if was, ok := old[word]; ok && !reflect.DeepEqual(was, now[word]) {
			broken = append(broken, fmt.Sprintf("%s: %s was %v and is %v", at, word, was, now[word]))
		}
	}
	was, is := list(old["required"]), list(now["required"])
	for _, name := range was {
		if !slices.Contains(is, name) {
			broken = append(broken, fmt.Sprintf("%s/%v need not be there any more", at, name))
		}
	}
	for _, word := range []string{"items", "additionalProperties"} {
		if child, ok := old[word].(node); ok {
			other, _ := now[word].(node)
			broken = append(broken, compareNodes(at+"/"+word, resolve(child, roots[0]), resolve(other, roots[1]), roots)...)
		}
	}
	before, _ := old["properties"].(node)
	after, _ := now["properties"].(node)
	for _, name := range slices.Sorted(maps.Keys(before)) {
		child, ok := after[name].(node)
		if !ok {
			broken = append(broken, fmt.Sprintf("%s/%s is gone", at, name))
			continue
		}
		broken = append(broken, compareNodes(at+"/"+name, resolve(before[name].(node), roots[0]), resolve(child, roots[1]), roots)...)
	}
	return broken
}

func list(v any) []any {
	all, _ := v.([]any)
	return all
}

// resolve puts what a schema refers to into one.
func resolve(n, root node) node {
	out := maps.Clone(n)
	refs := list(n["allOf"])
	if ref, ok := n["$ref"]; ok {
		refs = append(refs, node{"$ref": ref})
	}
	for _, r := range refs {
		_, name, _ := strings.Cut(r.(node)["$ref"].(string), "#/$defs/")
		for word, value := range resolve(root["$defs"].(node)[name].(node), root) {
			switch mine := out[word].(type) {
			case node:
				mine = maps.Clone(mine)
				maps.Copy(mine, value.(node))
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

// The comparison sees what breaks a reader, wherever it is, and nothing else.
func TestBrokenPromisesAreSeen(t *testing.T) {
	text, err := Text("summary")
	if err != nil {
		t.Fatal(err)
	}
	at := func(n node, path ...string) node {
		for _, p := range path {
			n = n[p].(node)
		}
		return n
	}
	for what, c := range map[string]struct {
		change func(node)
		broken int
	}{
		"nothing":          {func(node) {}, 0},
		"a new field":      {func(n node) { at(n, "properties")["more"] = node{"type": "string"} }, 0},
		"other words":      {func(n node) { at(n, "properties", "version")["description"] = "x" }, 0},
		"more required":    {func(n node) { n["required"] = append(list(n["required"]), "scope") }, 0},
		"a field gone":     {func(n node) { delete(at(n, "properties"), "version") }, 1},
		"another type":     {func(n node) { at(n, "properties", "exit_code")["type"] = "string" }, 1},
		"another pattern":  {func(n node) { at(n, "$defs", "day_name")["pattern"] = "." }, 2},
		"less required":    {func(n node) { n["required"] = list(n["required"])[1:] }, 1},
		"in all of a day":  {func(n node) { delete(at(n, "$defs", "amounts", "properties"), "lines") }, 2},
		"deep in a list":   {func(n node) { delete(at(n, "$defs", "day", "properties", "missing", "items", "properties"), "hours") }, 1},
		"values of a map":  {func(n node) { at(n, "$defs", "amounts", "properties", "malformed")["additionalProperties"] = true }, 4},
		"what all shares":  {func(n node) { at(n, "$defs", "time")["type"] = "number" }, 6},
		"less than before": {func(n node) { at(n, "properties", "duration_seconds")["minimum"] = -1.0 }, 1},
	} {
		changed := parse(t, text)
		c.change(changed)
		if broken := brokenPromises(parse(t, text), changed); len(broken) != c.broken {
			t.Errorf("%s: %q, want %d", what, broken, c.broken)
		}
	}
}
