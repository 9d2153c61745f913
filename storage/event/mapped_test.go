package event_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sparkless/storage"
	"sparkless/storage/event"
)

// mappedQuery has alternatives, a joined name, and a path that is part of another.
var mappedQuery = event.Query{Columns: []string{"Process", "NewProcessName", "Account"}, Arrays: true}.With(&event.Fields{
	Events: []event.Kind{{ID: 1, Provider: "Sysmon"}, {ID: 4688}},
	Paths: map[string][]string{
		"TimeGenerated": {"t", "e.t"}, "EventID": {"e.id"}, event.Provider: {"e.by"},
		"Process": {"p", "p.name"}, "NewProcessName": {"p.exe", "x"}, "Account": {`u.domain\u.name`, "u.id"},
	},
})

// scanMapped reads one blob with a query, and shows its records as scan does.
func scanMapped(t testing.TB, q event.Query, name string, data []byte) (records []string, stats event.Stats, err error) {
	t.Helper()
	s := event.NewScanner(q, day)
	err = s.Open(t.Context(), blob{data: data, piece: 7}, named(name, string(data)))
	for err == nil && s.Scan() {
		shown := []string{fmt.Sprint(s.Record().Time)}
		for i := range q.Columns {
			if v := s.Record().Value(i); v.Absent() {
				shown = append(shown, "absent")
			} else {
				shown = append(shown, strconv.Quote(v.Text()))
			}
		}
		records = append(records, strings.Join(shown, "|"))
	}
	return records, s.Stats(), errors.Join(err, s.Err(), s.Close())
}

// mappedOracle reads one line with encoding/json's tokens.
func mappedOracle(line []byte) (record string, malformed bool) {
	if !json.Valid(line) || bytes.TrimLeft(line, " \t\r")[0] != '{' {
		return "", true
	}
	found := map[string]*string{}
	collect("", membersOf(line), found)
	first := func(paths ...string) (string, bool) {
		for _, empty := range []bool{false, true} {
			for _, p := range paths {
				if v := found[p]; v != nil && (*v != "" || empty) {
					return *v, true
				}
			}
		}
		return "", false
	}
	idText, _ := first("e.id")
	id, err := strconv.Atoi(idText)
	by, _ := first("e.by")
	if err != nil || len(idText) > 10 || id != 4688 && id != 1 {
		return "", false
	}
	if lower := strings.ToLower(by); id == 1 && by != "" && lower != "sysmon" && !strings.HasPrefix(lower, "sysmon/") {
		return "", false
	}
	stamp, _ := first("t", "e.t")
	at, err := time.Parse(time.RFC3339, stamp)
	if err != nil || strings.Contains(stamp, ",") {
		return "", true
	}
	if at.Before(day.From) || !at.Before(day.To) {
		return "", false
	}
	shown := []string{fmt.Sprint(at.UnixNano())}
	show := func(s string, ok bool) {
		if ok {
			s = strconv.Quote(s)
		} else {
			s = "absent"
		}
		shown = append(shown, s)
	}
	show(first("p", "p.name"))
	show(first("p.exe", "x"))
	if domain, name := found["u.domain"], found["u.name"]; name != nil && *name != "" && domain != nil && *domain != "" {
		show(*domain+`\`+*name, true)
	} else {
		show(first("u.name", "u.id"))
	}
	return strings.Join(shown, "|"), false
}

// pairOf is a member.
type pairOf struct {
	key   string
	value json.RawMessage
}

// membersOf are those of an object, in order.
func membersOf(object []byte) (all []pairOf) {
	dec := json.NewDecoder(bytes.NewReader(object))
	if d, err := dec.Token(); err != nil || d != json.Delim('{') {
		return nil
	}
	for dec.More() {
		key, err := dec.Token()
		var v json.RawMessage
		if err != nil || dec.Decode(&v) != nil {
			return all
		}
		all = append(all, pairOf{key.(string), v})
	}
	return all
}

// collect notes the last value of each path.
func collect(prefix string, all []pairOf, found map[string]*string) {
	for _, m := range all {
		path := prefix + m.key
		if inside, ok := strings.CutPrefix(path, "_source."); ok {
			path = inside
		}
		if path == "_source" {
			path = ""
		}
		found[path] = nil
		var s string
		switch raw := bytes.TrimSpace(m.value); {
		case raw[0] == '{' && path == "":
			collect("", withoutWrapper(membersOf(raw)), found)
		case raw[0] == '{':
			collect(path+".", membersOf(raw), found)
		case raw[0] == '[' || string(raw) == "null":
		case json.Unmarshal(raw, &s) == nil:
			found[path] = &s
		default:
			s = string([]rune(string(raw)))
			found[path] = &s
		}
	}
}

// withoutWrapper leaves out what counts at the top only.
func withoutWrapper(all []pairOf) []pairOf {
	return slices.DeleteFunc(all, func(m pairOf) bool { return m.key == "_source" || strings.HasPrefix(m.key, "_source.") })
}

func mappedSeeds() []string {
	const good = `"t":"2026-11-20T01:00:00Z","e":{"id":4688}`
	return []string{
		`{` + good + `}`, `{"t":"2026-11-20T01:00:00Z","e.id":"4688","p":{"name":"a","exe":"b"},"u.name":"n","u":{"domain":"D"}}`,
		`{` + good + `,"p":"x","p":{"name":"y"}}`, `{` + good + `,"p":"","p.name":"y","x":"","u":{"name":"","id":""}}`, `{` + good + `,"p":{"name":"y"},"p":null}`, `{` + good + `,"p":[{"name":"y"}],"p.name":"z"}`,
		`{"e":{"id":1,"by":"sysmon/Operational","t":"2026-11-20T01:00:00Z"},"x":""}`, `{"e":{"id":1,"by":"Kernel"},"t":"2026-11-20T01:00:00Z"}`,
		`{"_source":{` + good + `,"u":{"id":7}},"t":"2026-11-20T02:00:00Z"}`, `{"_source":{"_source":{` + good + `}}}`, `{"_source.e.id":4688,"_source.t":"2026-11-20T01:00:00Z"}`,
		`{` + good + `,"p":{"name":"y",}}`, `{` + good + `,"p":{"name":"\u0041\ud800"},"\u0070.exe":"\\"}`, `{` + good + `,"..":1,"p..exe":2,"":{"":3},"p.":4}`,
		`{"e":` + strings.Repeat(`{"e":`, 50) + `1` + strings.Repeat(`}`, 51), `{"p":` + strings.Repeat(`[`, 20000),
	}
}

func FuzzMapped(f *testing.F) {
	for _, s := range mappedSeeds() {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) { compareMapped(t, line) })
}

// compareMapped reads one line as the oracle does.
func compareMapped(t *testing.T, line []byte) {
	t.Helper()
	if bytes.ContainsAny(line, "\n\x1f\x28\ufeff") || len(bytes.Trim(line, " \t\r")) == 0 || bytes.Trim(line, " \t\r")[0] == '[' || bytes.HasPrefix(line, []byte("PAR1")) {
		return
	}
	got, stats, err := scanMapped(t, mappedQuery, "x.jsonl", line)
	if err != nil {
		t.Fatal(err)
	}
	want, malformed := mappedOracle(line)
	if stats.Malformed[event.NoTime] > 0 || malformed && stats.MalformedLines() == 0 && len(got)+int(stats.OutsideDay) > 0 {
		return // more ways to write a time are read, and each of them is tested elsewhere
	}
	if malformed != (stats.MalformedLines() > 0) || strings.Join(got, "") != want {
		t.Fatalf("%s\ngot  %q, malformed %v\nwant %q, malformed %v", line, got, stats.Malformed, want, malformed)
	}
}

// A line that is damaged in any one byte is read as the oracle reads it.
func TestDamagedMappedLines(t *testing.T) {
	for _, seed := range mappedSeeds() {
		if len(seed) > 1000 {
			continue
		}
		for i := range seed {
			for _, c := range []byte(`"{}[]:,.\x0` + "\x00\xff") {
				line := []byte(seed)
				line[i] = c
				compareMapped(t, line)
			}
		}
	}
}

// Objects in objects end where encoding/json ends, and cost no more than they are long.
func TestDepthOfMappedObjects(t *testing.T) {
	nested := func(n int) []byte {
		return []byte(strings.Repeat(`{"e":`, n) + "1" + strings.Repeat("}", n))
	}
	lists := []byte(`{"p":` + strings.Repeat("[", 1_000_000) + "}")
	for name, line := range map[string][]byte{"deep": nested(9_999), "too deep": nested(10_001), "a bomb": nested(1_000_000), "lists": lists} {
		_, stats, err := scanMapped(t, mappedQuery, "x.jsonl", line)
		if bad := !json.Valid(line); err != nil || (stats.MalformedLines() == 1) != bad {
			t.Errorf("%s: %v, %v", name, stats.Malformed, err)
		}
	}
}

// Times may be numbers since 1970, in any usual unit.
func TestMappedTimes(t *testing.T) {
	at := time.Date(2026, 11, 20, 7, 0, 0, 123456789, time.UTC)
	for text, want := range map[string]int64{
		fmt.Sprint(at.Unix()): at.Truncate(time.Second).UnixNano(), fmt.Sprint(at.UnixMilli()): at.Truncate(time.Millisecond).UnixNano(), fmt.Sprint(at.UnixMicro()): at.Truncate(time.Microsecond).UnixNano(),
		fmt.Sprint(at.UnixNano()): at.UnixNano(), fmt.Sprintf("%d.123456789", at.Unix()): at.UnixNano(), fmt.Sprintf("%d.456789", at.UnixMilli()): at.UnixNano(),
		`"2026-11-20 07:00:00.123"`: at.Truncate(time.Millisecond).UnixNano(), `"2026-11-20T08:00:00.123456789+01:00"`: at.UnixNano(), fmt.Sprintf(`"%d"`, at.UnixMilli()): at.Truncate(time.Millisecond).UnixNano(),
		"20261120": 0, "1e9": 0, "-1": 0, `"1795158000x"`: 0, "99999999999999999999": 0, `""`: 0, "true": 0,
	} {
		got, stats, err := scanMapped(t, mappedQuery, "x.jsonl", []byte(`{"e.id":4688,"t":`+text+`}`))
		if err != nil || want == 0 && stats.Malformed[event.NoTime] != 1 || want != 0 && (len(got) != 1 || !strings.HasPrefix(got[0], fmt.Sprint(want)+"|")) {
			t.Errorf("%s: %q, %+v, %v; want %d", text, got, stats, err, want)
		}
	}
}

// A file that is an array has the records and malformed lines of its elements, at
// their places, wherever newlines are.
func TestArrays(t *testing.T) {
	const a, b = `{"e":{"id":4688},"t":"2026-11-20T01:00:00Z","p.exe":"a,]\"}[{\\"}`, `{"e":{"id":4688},"t":"2026-11-20T02:00:00Z","p":{"exe":"b"}}`
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, []byte("["+a+","+b+"]"), "", "\t"); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text             string
		records, lines   int
		malformed, where int64
	}{
		"one line":       {"[" + a + "," + b + "]", 2, 2, 0, 0},
		"indented":       {pretty.String(), 2, 2, 0, 0},
		"windows":        {strings.ReplaceAll("\ufeff  "+pretty.String()+"\n", "\n", "\r\n"), 2, 2, 0, 0},
		"two arrays":     {"[" + a + "]\n[" + b + "]\n", 2, 2, 0, 0},
		"empty":          {"[ ]", 0, 0, 0, 0},
		"not an object":  {"[" + a + ",17," + b + "]", 2, 3, 1, int64(len(a) + 2)},
		"broken element": {"[" + a + `,{"e":NaN},` + b + "]", 2, 3, 1, int64(len(a) + 2)},
		"behind it":      {"[" + a + "]\nrubbish\n" + b + "\n", 2, 3, 1, int64(len(a) + 3)},
		"lines after":    {a + "\n[" + b + "]\n", 1, 2, 1, int64(len(a) + 1)},
	} {
		got, stats, err := scanMapped(t, mappedQuery, "x.json", []byte(c.text))
		if err != nil || len(got) != c.records || stats.Lines != int64(c.lines) || stats.MalformedLines() != c.malformed {
			t.Errorf("%s: %q, %+v, %v", name, got, stats, err)
		}
		if c.malformed > 0 && (len(stats.Samples) == 0 || stats.Samples[0].Offset != c.where) {
			t.Errorf("%s: malformed at %+v, want %d", name, stats.Samples, c.where)
		}
	}
	plain := mappedQuery
	plain.Arrays = false
	if _, stats, _ := scanMapped(t, plain, "x.json", []byte("["+a+"]")); stats.MalformedLines() != 1 {
		t.Errorf("an array in an export: %+v", stats)
	}
}

// An array of which it cannot be told where its elements end is no array with one
// malformed line: all that is behind that place would be lost with it.
func TestArraysThatAreNone(t *testing.T) {
	const a = `{"e":{"id":4688},"t":"2026-11-20T01:00:00Z","p.exe":"a,]\"}[{\\"}`
	many := strings.Repeat(","+a, 50)
	noQuote := strings.Replace(a, `:00Z"`, ":00Z", 1)
	for name, text := range map[string]string{
		"cut in an element":    "[" + a + ",\n" + a[:20],
		"cut in a string":      "[" + a + ",\n" + a[:len(a)-4],
		"not closed":           "[" + a + "," + a,
		"only opened":          "[",
		"ends with a comma":    "[" + a + many + ",",
		"a quote is missing":   "[" + a + many + "," + noQuote + many + "]",
		"two quotes are":       "[" + a + many + "," + noQuote + many + "," + noQuote + many + "]",
		"a brace is missing":   "[" + a + "," + strings.TrimSuffix(a, "}") + many + "]",
		"a bracket too many":   "[" + a + "]]" + many + "]",
		"closed by a brace":    "[" + a + "]}" + many + "]",
		"closed in the middle": "[" + a + "]" + many + "]",
		"a second one is cut":  "[" + a + "]\n[" + a,
	} {
		for _, ending := range []string{"", "\n"} {
			for kind, data := range map[string][]byte{"x.json": []byte(text + ending), "x.json.gz": gzipped(text + ending)} {
				_, stats, err := scanMapped(t, mappedQuery, kind, data)
				if !errors.Is(err, event.ErrCorrupt) || !strings.Contains(err.Error(), kind) {
					t.Errorf("%s, %s: %+v, %v", name, kind, stats, err)
				}
			}
		}
	}
}

// Whatever the values are, a valid array has one line for each element, which is
// that element.
func FuzzArrays(f *testing.F) {
	for _, seed := range []string{`[{"a":"]"},{}]`, `[ [1,"]"] , null,-1.5e3 ]`, "[\r\n]", `[{"a":{"b":["\\\"",{}]}}]`, `["é",{"x":"\u2028"}]`} {
		f.Add([]byte(seed), uint16(3))
	}
	f.Fuzz(func(t *testing.T, text []byte, piece uint16) {
		var want []json.RawMessage
		if bytes.IndexByte(bytes.TrimLeft(text, " \t\r\n"), '[') != 0 || json.Unmarshal(text, &want) != nil {
			return
		}
		var got [][]byte
		all, err := io.ReadAll(event.Elements(text, int(piece%64)+1))
		for line := range bytes.Lines(all) {
			if line = bytes.TrimSpace(line); len(line) > 0 {
				got = append(got, line)
			}
		}
		if err != nil || len(got) != len(want) || len(all) != len(text) {
			t.Fatalf("%q: %d of %d elements, %v", text, len(got), len(want), err)
		}
		for i, element := range want {
			var one, other bytes.Buffer
			if err := errors.Join(json.Compact(&one, element), json.Compact(&other, got[i])); err != nil || !bytes.Equal(one.Bytes(), other.Bytes()) {
				t.Fatalf("%q: %q, want %q, %v", text, got[i], element, err)
			}
		}
	})
}

// However an array is cut into pieces for several requests, each element is read once.
func TestArraysInLanes(t *testing.T) {
	var text strings.Builder
	const elements = 300_000 // more than one piece
	for i := range elements {
		text.WriteString(strings.Repeat("[", 1-min(i, 1)) + strings.Repeat(",\n ", min(i, 1)) + `{"e.id":4688,"t":"2026-11-20T01:00:00Z","x":"` + fmt.Sprint(i) + `"}`)
	}
	text.WriteString("]")
	data := blob{data: []byte(text.String())}
	b := named("x.json", text.String()).Blob
	if mappedQuery.Splittable(b) || !mappedQuery.Splittable(storage.Blob{Name: "x.jsonl"}) || !(event.Query{}).Splittable(b) {
		t.Error("what may be cut")
	}
	reading := event.NewLanes(4, 4).Read(data, mappedQuery, day, []event.Range{event.Whole(b)})
	n := 0
	if err := reading.Lane(t.Context(), func(*event.Record) { n++ }); err != nil || n != elements {
		t.Errorf("%d records, %v", n, err)
	}
	half := event.Range{Blob: named("x.jsonl", text.String()).Blob, Length: b.Size / 2}
	s := event.NewScanner(mappedQuery, day)
	if err := s.Open(t.Context(), data, half); !errors.Is(err, event.ErrCorrupt) || !strings.Contains(err.Error(), ".json") {
		t.Errorf("part of an array: %v", err)
	}
}

// The first records tell which source they are of.
func TestInspect(t *testing.T) {
	for text, want := range map[string]string{
		`{"TimeGenerated":"x","EventID":4624}`:                                                                                   "securityevent",
		`{"@timestamp":"x","winlog":{"event_id":1,"event_data":{"NewProcessName":"x"}}}`:                                         "winlogbeat",
		`{"@timestamp":"x","event":{"code":"4688"},"process":{"executable":"x","parent.executable":"y"}}`:                        "elastic",
		`{"_source":{"@timestamp":"x","event.code":"1","process.executable":"x","host":{"name":"y"}}}`:                           "elastic",
		`{"UtcTime":"x","EventID":1,"Image":"x","User":"y"}`:                                                                     "sysmon",
		`{"Event":{"System":{"EventID":1,"TimeCreated":{"#attributes":{"SystemTime":"x"}}},"EventData":{"NewProcessName":"x"}}}`: "evtx",
		`{"@timestamp":"x","EventID":4688,"NewProcessName":"x","Hostname":"y"}`:                                                  "flat",
		`{"a":1}`: "", `rubbish`: "", ``: "", `{"a":`: "",
	} {
		for _, data := range []string{text + "\n", "[" + text + "]"} {
			fields, err := event.Inspect(t.Context(), blob{data: []byte(data)}, named("x.json", data).Blob)
			cut := data == `[{"a":]`
			if got := event.Looks(fields); errors.Is(err, event.ErrCorrupt) != cut || err != nil && !cut || got != want {
				t.Errorf("%s: %q, %v; want %q (%q)", data, got, err, want, fields)
			}
		}
	}
	wide := `{` + strings.TrimSuffix(strings.Repeat(`"k":{"x":1},`, 1), ",")
	for i := range 5000 {
		wide += fmt.Sprintf(`,"k%d":%d`, i, i)
	}
	if fields, err := event.Inspect(t.Context(), blob{data: []byte(wide + "}")}, named("x.json", wide+"}").Blob); err != nil || len(fields) > 500 {
		t.Errorf("%d fields, %v", len(fields), err)
	}
}

// Every preset tells time, ID and path, each path is one, and the names are its own.
func TestPresets(t *testing.T) {
	if names := event.PresetNames(); names[0] != event.SecurityEvent || len(names) != len(slices.Compact(slices.Sorted(slices.Values(names)))) {
		t.Errorf("names %q", names)
	}
	for _, p := range event.Presets()[1:] {
		for _, column := range []string{"TimeGenerated", "EventID", event.Provider, "NewProcessName", "ParentProcessName", "CommandLine", "Account", "Computer"} {
			if len(p.Paths[column]) == 0 {
				t.Errorf("%s does not tell %s", p.Name, column)
			}
		}
	}
	if _, ok := event.FindPreset("none"); ok {
		t.Error("there is a preset none")
	}
}
