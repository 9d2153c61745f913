package publishtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Column is one of a stream declaration, as a data collection rule has it in JSON.
type Column struct {
	Name string `json:"name"`
	// Type is string, int, long, real, boolean, dynamic, datetime or guid.
	Type string `json:"type"`
}

func declared(columns []Column) (map[string]string, error) {
	types := []string{"string", "int", "long", "real", "boolean", "dynamic", "datetime", "guid"}
	byName := map[string]string{}
	for _, c := range columns {
		if c.Name == "" || byName[c.Name] != "" || !slices.Contains(types, c.Type) {
			return nil, fmt.Errorf("column %q of type %q: it has to be named once and to be one of %q", c.Name, c.Type, types)
		}
		byName[c.Name] = c.Type
	}
	if len(byName) == 0 {
		return nil, fmt.Errorf("the stream declares no column")
	}
	return byName, nil
}

// rowsOf gives each record the columns that the stream declares; all else is
// dropped, as the service does. A value that is not of the type of its column is
// dropped too: the column is null. What the service converts beyond that is not
// documented, and nobody should rely on it.
func (l *LogsIngestion) rowsOf(stream string, objects [][]member) []Row {
	now := l.config.Now().UTC()
	rows := make([]Row, len(objects))
	for i, object := range objects {
		row := Row{Table: stream, TimeGenerated: now, Values: map[string]any{}}
		for _, m := range object {
			value := typed(m.value, l.streams[stream][m.name])
			if value == nil {
				continue
			}
			row.Columns = append(row.Columns, m.name)
			row.Values[m.name] = value
			if t, ok := value.(time.Time); ok && m.name == "TimeGenerated" {
				row.TimeGenerated = generated(t, now)
			}
		}
		rows[i] = row
	}
	return rows
}

// typed is the value that a column of a type stores, or nil.
func typed(raw json.RawMessage, kind string) any {
	switch {
	case raw[0] == 'n':
		return nil
	case kind == "dynamic":
		return dynamic(raw)
	case raw[0] == '"':
		var s string
		_ = json.Unmarshal(raw, &s) // raw is a valid string
		return typedText(s, kind)
	case raw[0] == 't' || raw[0] == 'f':
		if kind == "boolean" {
			return raw[0] == 't'
		}
		return nil
	case raw[0] == '{' || raw[0] == '[':
		return nil
	}
	return number(string(raw), kind)
}

// dynamic is a value of any form. Cut at the limit it is a text.
func dynamic(raw json.RawMessage) any {
	var buf bytes.Buffer
	_ = json.Compact(&buf, raw) // raw is valid
	if buf.Len() > maxValue {
		return cutText(buf.String(), maxValue)
	}
	return json.RawMessage(buf.Bytes())
}

func typedText(s, kind string) any {
	switch kind {
	case "string":
		return cutText(s, maxValue)
	case "datetime":
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil && isoTime.MatchString(s) {
			return t.UTC()
		}
	case "guid":
		if dashedGUID.MatchString(s) {
			return strings.ToLower(s)
		}
	}
	return nil
}

func number(text, kind string) any {
	switch kind {
	case "int":
		if n, err := strconv.ParseInt(text, 10, 32); err == nil {
			return int32(n)
		}
	case "long":
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
	case "real":
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return f
		}
	}
	return nil
}
