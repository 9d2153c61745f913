package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"sparkless/bench/scene"
	"sparkless/publish/publishtest"
)

// freshCollector makes a Data Collector server.
func freshCollector(url string, accepted func(record)) (http.Handler, []string, error) {
	s, err := scene.Collector(func(stored publishtest.Row) { accepted(recordOf(stored, withoutSuffix)) })
	return s, scene.CollectorEnv(url), err
}

// freshIngestion makes a Logs Ingestion server.
func freshIngestion(url string, accepted func(record)) (http.Handler, []string, error) {
	s, err := scene.Ingestion(func(stored publishtest.Row) {
		accepted(recordOf(stored, func(column string) string { return column }))
	})
	if err != nil {
		return nil, nil, err
	}
	return s, scene.IngestionEnv(s, url), nil
}

// withoutSuffix is the name of a field whose column the Data Collector API names
// after its type too.
func withoutSuffix(column string) string { return column[:strings.LastIndexByte(column, '_')] }

// recordOf brings what a service stores to the form of the judge.
func recordOf(stored publishtest.Row, field func(column string) string) record {
	rec := record{row: func() row { return rowOf(stored, field) }}
	var whole, ofSuspect strings.Builder
	for _, column := range stored.Columns {
		value := stored.Values[column]
		name := field(column)
		switch name {
		case "NormalProcess":
			rec.pair.normal, _ = value.(string)
		case "PotentiallyMaliciousProcess":
			rec.pair.suspect, _ = value.(string)
		}
		if raw, ok := value.(json.RawMessage); ok {
			value = string(raw)
		}
		text := fmt.Sprintf("%s %v\x00", column, value)
		whole.WriteString(text)
		if !notSuspect[name] {
			ofSuspect.WriteString(text)
		}
	}
	rec.text, rec.revision = whole.String(), ofSuspect.String()
	return rec
}

// rowOf decodes what a service stores.
func rowOf(stored publishtest.Row, field func(column string) string) row {
	r := row{}
	for column, value := range stored.Values {
		r[field(column)] = plain(value)
	}
	return r
}

func plain(value any) any {
	switch v := value.(type) {
	case time.Time:
		return v.UTC().Format("2006-01-02T15:04:05.0000000Z")
	case int32:
		return float64(v)
	case int64:
		return float64(v)
	case json.RawMessage:
		return decoded(string(v), nil)
	case string:
		if strings.HasPrefix(v, "[") {
			return decoded(v, v)
		}
	}
	return value
}

// decoded is the list that a text holds, or what stands for it.
func decoded(text string, otherwise any) any {
	var list []any
	if json.Unmarshal([]byte(text), &list) != nil {
		return otherwise
	}
	return list
}
