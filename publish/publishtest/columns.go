package publishtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxColumns = 500
	// maxField is where the Data Collector API cuts a text, in bytes.
	maxField = 32 << 10
)

var (
	dashedGUID = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	plainGUID  = regexp.MustCompile(`^[0-9a-fA-F]{32}$`)
	isoTime    = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`)
)

// rowsOf gives each record the columns that the service would make.
func (d *DataCollector) rowsOf(r *http.Request, objects [][]member) []Row {
	now := d.config.Now().UTC()
	rows := make([]Row, len(objects))
	for i, object := range objects {
		row := Row{
			Table:         r.Header.Get("Log-Type") + "_CL",
			TimeGenerated: now,
			ResourceID:    r.Header.Get("x-ms-AzureResourceId"),
			Values:        map[string]any{},
		}
		for _, m := range object {
			suffix, value := column(m.value)
			if suffix == "" {
				continue // a null makes no column
			}
			row.Columns = append(row.Columns, m.name+suffix)
			row.Values[m.name+suffix] = value
			if t, ok := value.(time.Time); ok && m.name == r.Header.Get("time-generated-field") {
				row.TimeGenerated = generated(t, now)
			}
		}
		rows[i] = row
	}
	return rows
}

// generated keeps a time only from two days ago to one day ahead.
func generated(t, now time.Time) time.Time {
	if t.Before(now.Add(-48*time.Hour)) || t.After(now.Add(24*time.Hour)) {
		return now
	}
	return t
}

// column returns the suffix and the stored value of one JSON value; "" for null.
func column(raw json.RawMessage) (string, any) {
	switch raw[0] {
	case 'n':
		return "", nil
	case 't', 'f':
		return "_b", raw[0] == 't'
	case '"':
		var s string
		_ = json.Unmarshal(raw, &s) // raw is a valid string
		return text(s)
	case '{', '[':
		var buf bytes.Buffer
		_ = json.Compact(&buf, raw) // raw is valid
		return "_s", cutText(buf.String(), maxField)
	}
	f, _ := strconv.ParseFloat(string(raw), 64) // beyond its range: infinite
	return "_d", f
}

// text sorts strings: times and GUIDs have columns of their own. A GUID is
// stored with dashes even when it came without.
func text(s string) (string, any) {
	if isoTime.MatchString(s) {
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
			return "_t", t.UTC()
		}
	}
	bare := strings.TrimSuffix(strings.TrimPrefix(s, "{"), "}")
	if len(bare) == len(s) && plainGUID.MatchString(s) {
		s = strings.ToLower(s)
		return "_g", s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
	}
	if len(s)-len(bare) != 1 && dashedGUID.MatchString(bare) {
		return "_g", strings.ToLower(bare)
	}
	return "_s", cutText(s, maxField)
}

func cutText(s string, end int) string {
	if len(s) <= end {
		return s
	}
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

// admit refuses rows that would make their table too wide.
func (d *DataCollector) admit(rows []Row) (func(), *refusal) {
	table := rows[0].Table
	columns := map[string]bool{}
	for c := range d.tables[table] {
		columns[c] = true
	}
	for _, row := range rows {
		for _, c := range row.Columns {
			columns[c] = true
		}
	}
	if len(columns) > maxColumns {
		return nil, refuse(400, "InvalidDataFormat",
			fmt.Sprintf("table %s would have %d columns, more than %d", table, len(columns), maxColumns))
	}
	return func() { d.tables[table] = columns }, nil
}
