package main

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/rogpeppe/go-internal/testscript"

	"sparkless/masquerade"
)

// cmdSame checks that a Parquet file holds what JSON lines hold, as another reader
// would see them: by the names that are published: same PARQUET JSONL
func cmdSame(ts *testscript.TestScript, neg bool, args []string) {
	text := ts.ReadFile(args[0])
	file, err := parquet.OpenFile(strings.NewReader(text), int64(len(text)))
	ts.Check(err)
	columns := map[string]bool{}
	for _, f := range file.Schema().Fields() {
		columns[f.Name()] = true
	}
	for f := range reflect.TypeFor[masquerade.Finding]().Fields() {
		if !columns[f.Name] {
			ts.Fatalf("%s has no column %s", args[0], f.Name)
		}
	}
	type tally struct {
		Value string `parquet:"value"`
		Count int64  `parquet:"count"`
	}
	type row struct {
		PotentiallyMaliciousProcess, NormalProcess, DataDay, FindingId string
		AnomalyScore                                                   float32
		Score                                                          int64    `parquet:",optional"`
		Severity                                                       string   `parquet:",optional"`
		Paths                                                          []tally  `parquet:",list"`
		Reasons                                                        []string `parquet:",list"`
	}
	rows, err := parquet.Read[row](strings.NewReader(text), int64(len(text)))
	ts.Check(err)
	lines := strings.Split(strings.TrimSpace(ts.ReadFile(args[1])), "\n")
	if len(rows) != len(lines) {
		ts.Fatalf("%d rows, %d lines", len(rows), len(lines))
	}
	for i, line := range lines {
		var want row
		ts.Check(json.Unmarshal([]byte(line), &want))
		if !reflect.DeepEqual(rows[i], want) {
			ts.Fatalf("%+v\nwant\n%+v", rows[i], want)
		}
	}
}
