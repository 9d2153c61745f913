// Package columns says which columns a published record has in Log Analytics: those
// of its Go type, under the rules of the Logs Ingestion API and of its predecessor,
// the HTTP Data Collector API.
package columns

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Column is one of a stream of a data collection rule, or of a table.
type Column struct {
	Name        string `json:"name"`
	Type        string `json:"type"` // one of Types
	Description string `json:"description,omitempty"`
}

// Types are those of columns that streams and tables have alike. (Microsoft Learn,
// "Structure of a data collection rule" and "Tables - Create Or Update".)
func Types() []string {
	return []string{"string", "int", "long", "real", "boolean", "datetime", "dynamic"}
}

// Of returns the columns of a record: one for each field of the struct type, in
// order, under the name that the field has in JSON. The tag `column:"datetime"`
// makes a column for times of a string, and of a json.RawMessage, which may hold
// anything, the tag says what it does. A field that no column can hold is an error.
func Of(record reflect.Type) ([]Column, error) {
	if record.Kind() != reflect.Struct {
		return nil, fmt.Errorf("%s is no record: its fields are the columns", record)
	}
	var all []Column
	for f := range record.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || !f.IsExported() {
			continue
		}
		if name == "" {
			name = f.Name
		}
		kind, err := typeOf(f)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", record, f.Name, err)
		}
		all = append(all, Column{Name: name, Type: kind})
	}
	return all, nil
}

func typeOf(f reflect.StructField) (string, error) {
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	kinds := map[reflect.Kind]string{
		reflect.String: "string", reflect.Bool: "boolean",
		reflect.Int: "int", reflect.Int32: "int", reflect.Int64: "long",
		reflect.Float32: "real", reflect.Float64: "real",
		reflect.Slice: "dynamic", reflect.Map: "dynamic", reflect.Struct: "dynamic",
	}
	kind, ok := kinds[t.Kind()]
	if !ok {
		return "", fmt.Errorf("no column holds %s", f.Type)
	}
	told, ok := f.Tag.Lookup("column")
	raw := t == reflect.TypeFor[json.RawMessage]()
	if !ok && raw {
		return "", fmt.Errorf("%s may hold anything: say which with the tag column", f.Type)
	}
	if !ok {
		return kind, nil
	}
	if !slices.Contains(Types(), told) || kind != "string" && !raw {
		return "", fmt.Errorf("the tag column:%q does not suit %s", told, f.Type)
	}
	return told, nil
}
