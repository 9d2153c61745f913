package sentinel_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"sparkless/deploy/sentinel/kql"
)

const ruleFile = "deploy/logs-ingestion/rule.json"

// collectionRule is the rule that takes records in: what streams bring, and how they
// are changed on their way into a table.
type collectionRule struct {
	Properties struct {
		StreamDeclarations map[string]struct{ Columns []kql.Column }
		DataFlows          []struct {
			Streams                    []string
			TransformKql, OutputStream string
		}
	}
}

func readRule(t *testing.T) (r collectionRule) {
	t.Helper()
	if err := json.Unmarshal(readFile(t, "../../"+ruleFile), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// streams are the streams as tables of their names.
func (r collectionRule) streams() (tables []kql.Table) {
	for name, s := range r.Properties.StreamDeclarations {
		table := kql.Table{Name: name}
		for _, c := range s.Columns {
			table.Columns = append(table.Columns, kql.Column{Name: c.Name, Type: strings.Replace(c.Type, "boolean", "bool", 1)})
		}
		tables = append(tables, table)
	}
	return tables
}

// transforms are the queries of the rule, on the stream that each calls source.
func (r collectionRule) transforms() (all []place) {
	for _, f := range r.Properties.DataFlows {
		if rest, ok := strings.CutPrefix(f.TransformKql, "source"); ok && len(f.Streams) == 1 {
			all = append(all, place{ruleFile, "['" + f.Streams[0] + "']" + rest, 1})
		}
	}
	return all
}

// What a transform gives that the table does not have is dropped without a word.
func TestTransformsFillTheirTables(t *testing.T) {
	tables := map[string]kql.Table{}
	for _, file := range []string{"../logs-ingestion/table.json", "../logs-ingestion/run-table.json", "../logs-ingestion/anomaly-table.json"} {
		table, err := kql.ReadTable(file)
		if err != nil {
			t.Fatal(err)
		}
		tables["Custom-"+table.Name] = table
	}
	rule := readRule(t)
	transforms := rule.transforms()
	if len(transforms) != len(tables) || len(rule.Properties.DataFlows) != len(tables) {
		t.Fatalf("%d of %d flows for %d tables", len(transforms), len(rule.Properties.DataFlows), len(tables))
	}
	for i, f := range rule.Properties.DataFlows {
		got, want := columnTypes(results(t).full[transforms[i].text]), columnTypes(kql.Result{Columns: tables[f.OutputStream].Columns})
		if !maps.Equal(got, want) {
			t.Errorf("%s gets %v, has %v", f.OutputStream, got, want)
		}
	}
}
