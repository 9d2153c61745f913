package event_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"sparkless/storage/event"
)

// oracle reads one line with encoding/json's token stream: exact keys, top level
// only, the last of repeated keys. It returns the record as scan shows it, ""
// for none, and whether the line is malformed.
func oracle(line []byte) (record string, malformed bool) {
	if !json.Valid(line) {
		return "", true
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return "", true
	}
	last := map[string]json.RawMessage{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return "", true
		}
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			return "", true
		}
		last[key.(string)] = v
	}
	text := func(column string) (string, bool) {
		v := last[column]
		var s string
		switch {
		case v == nil || string(v) == "null":
			return "absent", false
		case json.Unmarshal(v, &s) == nil:
			return s, true
		}
		return string([]rune(string(v))), true // U+FFFD for each byte that is no UTF-8
	}
	id, _ := text("EventID")
	if n, err := strconv.Atoi(id); err != nil || n != 4688 || len(id) > 10 {
		return "", false
	}
	stamp, _ := text("TimeGenerated")
	var at time.Time
	err := errors.New("unread")
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", time.DateTime} {
		if err != nil && !strings.Contains(stamp, ",") { // Go reads a comma as the decimal sign
			at, err = time.Parse(layout, stamp)
		}
	}
	if err != nil {
		return "", true
	}
	if at.Before(day.From) || !at.Before(day.To) {
		return "", false
	}
	shown := []any{at.UnixNano()}
	for _, c := range query.Columns {
		s, ok := text(c)
		if ok {
			s = strconv.Quote(s)
		}
		shown = append(shown, s)
	}
	return fmt.Sprintf("%d|%s|%s", shown...), false
}

func FuzzScanner(f *testing.F) {
	for _, s := range []string{
		line, `{}`, `{"EventID":"4688","TimeGenerated":"2026-11-20T00:00:00Z","Process":null}`,
		`{"TimeGenerated":"2026-11-20T00:00:00Z","EventID":4688,"Process":"\ud83d\ude00\ud800\u0000 \/","NewProcessName":["\\",{"EventID":1}]}`,
		`{"Process":"a\xffb` + "\xc3\x28" + `"}`, `{"a":[[[[]]]],"b":-0.5e+10,"c":01}`, "{\"EventID\":4688,\"TimeGenerated\":\"2026-11-20T00:00:00Z\",\"Process\":\"\xff\xfe\"}",
		`{"a":1,}`, `{"a" 1}`, `{,}`, `{"a":tru}`, `{"a":1}x`, `  { "EventID" : 4688 } `,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) || bytes.HasPrefix(data, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
			return // compressed: another path
		}
		got, stats, err := scan(t, blob{data: data}, named("x.json", string(data)))
		if err != nil {
			t.Fatal(err)
		}
		var wanted []string
		var malformed, lines int64
		for l := range bytes.SplitSeq(bytes.TrimPrefix(data, []byte("\ufeff")), []byte("\n")) {
			if len(bytes.Trim(l, " \t\r\n")) == 0 {
				continue
			}
			lines++
			r, bad := oracle(l)
			if bad {
				malformed++
			} else if r != "" {
				wanted = append(wanted, r)
			}
		}
		// The scanner reads more ways to write a time than time.RFC3339.
		if stats.Malformed[event.NoTime] == malformed && len(wanted) != len(got) || stats.Lines != lines {
			t.Fatalf("%d lines, %d records; want %d lines, %d records", stats.Lines, len(got), lines, len(wanted))
		}
		if len(got) == len(wanted) && strings.Join(got, "\n") != strings.Join(wanted, "\n") {
			t.Fatalf("got  %q\nwant %q", got, wanted)
		}
		if stats.MalformedLines()-stats.Malformed[event.NoTime] != malformedSyntax(data) {
			t.Fatalf("malformed %v, want %d", stats.Malformed, malformedSyntax(data))
		}
	})
}

// malformedSyntax counts the lines that are no JSON object.
func malformedSyntax(data []byte) (n int64) {
	for l := range bytes.SplitSeq(bytes.TrimPrefix(data, []byte("\ufeff")), []byte("\n")) {
		l = bytes.Trim(l, " \t\r\n")
		if len(l) > 0 && (l[0] != '{' || !json.Valid(l)) {
			n++
		}
	}
	return n
}

// Random damage to a valid line: the scanner and encoding/json agree on it.
func TestDamagedLinesAgainstOracle(t *testing.T) {
	src := strings.NewReader(line)
	base, _ := io.ReadAll(src)
	marks := []byte(`"\{}[],:0u-. eE` + "\x00\x1f\x7f\xff")
	for i := range base {
		for _, m := range marks {
			bad := bytes.Clone(base)
			bad[i] = m
			got, stats, err := scan(t, blob{data: bad}, named("x.json", string(bad)))
			r, malformed := oracle(bad)
			if err != nil || (stats.MalformedLines() == 1) != malformed && stats.Malformed[event.NoTime] == 0 {
				t.Fatalf("byte %d as %q: malformed %v, oracle %v, error %v", i, m, stats.Malformed, malformed, err)
			}
			if len(got) == 1 && r != "" && got[0] != r {
				t.Fatalf("byte %d as %q: got %s, want %s", i, m, got[0], r)
			}
		}
	}
}
