package event_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"

	"sparkless/storage"
	"sparkless/storage/event"
)

// shape is how a table of events is written as Parquet.
type shape struct {
	columns []shapedColumn
	options []parquet.WriterOption
	flushes float64 // chance of a new row group behind a row
	note    string
}

type shapedColumn struct {
	name     string
	kind     reflect.Type
	tags     string
	optional bool
	pick     func(*rand.Rand) any // a value of kind, or nil
}

// parquetQuery asks for texts, a number, and a column that may be missing.
var parquetQuery = event.Query{EventIDs: []int{4688, 1}, Columns: []string{"Process", "CommandLine", "Task", "Missing"}}

var (
	typeText  = reflect.TypeFor[string]()
	typeInt32 = reflect.TypeFor[int32]()
	typeInt64 = reflect.TypeFor[int64]()
	typeInt96 = reflect.TypeFor[deprecated.Int96]()
)

func pickOf(rng *rand.Rand, from ...string) string { return from[rng.IntN(len(from))] }

func randomShape(rng *rand.Rand) shape {
	sh := shape{flushes: []float64{0, 0, 0.01, 0.2}[rng.IntN(4)]}
	add := func(name string, kind reflect.Type, tags string, pick func(*rand.Rand) any) {
		c := shapedColumn{name: name, kind: kind, optional: rng.IntN(3) > 0, pick: pick}
		c.tags = tags + "," + pickOf(rng, "snappy", "snappy", "zstd", "zstd", "gzip", "uncompressed", "uncompressed", pickOf(rng, "brotli", "lz4"))
		sh.columns = append(sh.columns, c)
	}
	sh.addEventID(rng, add)
	sh.addTime(rng, add)
	texts := []string{"svchost.exe", "", `C:\new\"x"` + "\t", "日本語", "a\xffb\xc3", "x", strings.Repeat("long ", 50)}
	encoding := func() string { return pickOf(rng, "dict", "dict", "plain", "delta") }
	add("Process", typeText, encoding(), func(r *rand.Rand) any { return texts[r.IntN(len(texts))] })
	many := 1 + rng.IntN(2000)
	add("CommandLine", typeText, encoding(), func(r *rand.Rand) any { return fmt.Sprint("cmd /c ", r.IntN(many), `\`) })
	switch rng.IntN(5) {
	case 0:
		add("Task", typeInt32, pickOf(rng, "dict", "plain", "delta"), func(r *rand.Rand) any { return r.Int32N(100) - 50 })
	case 1:
		add("Task", typeInt64, pickOf(rng, "dict", "plain", "delta"), func(r *rand.Rand) any { return r.Int64() - r.Int64() })
	case 2:
		add("Task", reflect.TypeFor[bool](), "plain", func(r *rand.Rand) any { return r.IntN(2) == 0 })
	case 3:
		add("Task", reflect.TypeFor[float64](), pickOf(rng, "dict", "plain", "split"), func(r *rand.Rand) any { return math.Ldexp(r.Float64()-0.5, r.IntN(200)-100) })
	}
	for range rng.IntN(4) {
		add(fmt.Sprint("Extra", len(sh.columns)), typeText, encoding(), func(r *rand.Rand) any { return texts[r.IntN(len(texts))] })
	}
	rng.Shuffle(len(sh.columns), reflect.Swapper(sh.columns))
	sh.options = []parquet.WriterOption{
		parquet.DataPageVersion(1 + rng.IntN(2)),
		parquet.PageBufferSize([]int{64, 700, 5000, 1 << 20}[rng.IntN(4)]),
		parquet.DictionaryMaxBytes([]int64{0, 0, 60, 1000}[rng.IntN(4)]),
		parquet.DataPageStatistics(rng.IntN(2) == 0),
	}
	for _, c := range sh.columns {
		sh.note += fmt.Sprintf("%s %v %s optional=%v; ", c.name, c.kind, c.tags, c.optional)
	}
	return sh
}

func (sh *shape) addEventID(rng *rand.Rand, add func(string, reflect.Type, string, func(*rand.Rand) any)) {
	wanted := []float64{0, 0.001, 0.01, 0.6, 1}[rng.IntN(5)]
	id := func(r *rand.Rand) int {
		if r.Float64() < wanted {
			return 4688
		}
		return 4624 + r.IntN(3)
	}
	switch rng.IntN(5) {
	case 0, 1:
		add("EventID", typeInt32, pickOf(rng, "dict", "plain", "delta"), func(r *rand.Rand) any { return int32(id(r)) })
	case 2:
		add("EventID", typeInt64, pickOf(rng, "dict", "plain", "delta"), func(r *rand.Rand) any { return int64(id(r)) })
	case 3:
		add("EventID", typeText, pickOf(rng, "dict", "plain", "delta"), func(r *rand.Rand) any {
			return []string{strconv.Itoa(id(r)), "4688.0", "", "x", "99999999999999999999"}[max(0, r.IntN(9)-4)]
		})
	case 4:
		if rng.IntN(2) == 0 {
			add("EventID", reflect.TypeFor[float64](), pickOf(rng, "dict", "plain"), func(r *rand.Rand) any { return float64(id(r)) + []float64{0, 0, 0.5}[r.IntN(3)] })
		}
	}
}

func (sh *shape) addTime(rng *rand.Rand, add func(string, reflect.Type, string, func(*rand.Rand) any)) {
	step := []time.Duration{1, 100, time.Microsecond, time.Millisecond}[rng.IntN(4)]
	at := func(r *rand.Rand) time.Time {
		t := day.From.Add(time.Duration(r.Int64N(int64(24 * time.Hour))))
		if r.IntN(10) == 0 {
			t = t.AddDate(0, 0, r.IntN(5)-2)
		}
		return t.Truncate(step)
	}
	encoding := pickOf(rng, "dict", "plain", "delta")
	switch rng.IntN(6) {
	case 0:
		add("TimeGenerated", typeInt64, encoding+",timestamp(millisecond)", func(r *rand.Rand) any { return at(r).UnixMilli() })
	case 1:
		add("TimeGenerated", typeInt64, encoding+",timestamp(microsecond)", func(r *rand.Rand) any { return at(r).UnixMicro() })
	case 2:
		add("TimeGenerated", typeInt64, encoding+",timestamp(nanosecond)", func(r *rand.Rand) any { return at(r).UnixNano() })
	case 3:
		add("TimeGenerated", typeInt96, pickOf(rng, "dict", "plain"), func(r *rand.Rand) any { return int96(at(r)) })
	default:
		add("TimeGenerated", typeText, encoding, func(r *rand.Rand) any {
			if r.IntN(20) == 0 {
				return pickOf(r, "", "20.11.2026", "2026-11-20", "null")
			}
			return at(r).Format("2006-01-02T15:04:05.9999999Z")
		})
	}
}

func int96(t time.Time) deprecated.Int96 {
	days := t.Unix()/86400 + 2440588
	nanos := uint64(t.Sub(t.Truncate(24 * time.Hour)))
	return deprecated.Int96{uint32(nanos), uint32(nanos >> 32), uint32(days)}
}

// write makes n random events and writes them both ways.
func (sh *shape) write(t testing.TB, rng *rand.Rand, n int) (lines, file []byte) {
	var fields []reflect.StructField
	for i, c := range sh.columns {
		tag := c.name + "," + c.tags
		if c.optional {
			tag += ",optional"
		}
		fields = append(fields, reflect.StructField{Name: fmt.Sprint("F", i), Type: c.kind, Tag: reflect.StructTag(`parquet:"` + tag + `"`)})
	}
	schema := parquet.SchemaOf(reflect.New(reflect.StructOf(fields)).Interface())
	var out bytes.Buffer
	w := parquet.NewGenericWriter[any](&out, append(sh.options, schema)...)
	for range n {
		var row parquet.Row
		var members []string
		for i, c := range sh.columns {
			v := c.pick(rng)
			if c.optional && rng.IntN(5) == 0 {
				v = nil
			}
			level := 0
			if c.optional && v != nil {
				level = 1
			}
			row = append(row, parquet.ValueOf(v).Level(0, level, i))
			if v != nil || rng.IntN(2) == 0 {
				members = append(members, fmt.Sprintf("%q:%s", c.name, c.inJSON(v)))
			}
		}
		rng.Shuffle(len(members), reflect.Swapper(members))
		lines = append(append(append(append(lines, '{'), strings.Join(members, ",")...), '}'), '\n')
		if _, err := w.WriteRows([]parquet.Row{row}); err != nil {
			t.Fatal(sh.note, err)
		}
		if rng.Float64() < sh.flushes {
			if err := w.Flush(); err != nil {
				t.Fatal(sh.note, err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(sh.note, err)
	}
	return lines, out.Bytes()
}

func (c *shapedColumn) inJSON(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return inQuotes(v)
	case deprecated.Int96:
		return inQuotes(time.Unix((int64(v[2])-2440588)*86400, int64(v[1])<<32|int64(v[0])).UTC().Format(time.RFC3339Nano))
	case int64:
		for unit, of := range map[string]func(int64) time.Time{"millisecond": time.UnixMilli, "microsecond": time.UnixMicro, "nanosecond": func(n int64) time.Time { return time.Unix(0, n) }} {
			if strings.Contains(c.tags, unit) {
				return inQuotes(of(v).UTC().Format(time.RFC3339Nano))
			}
		}
	}
	b, _ := json.Marshal(v)
	return string(b)
}

// inQuotes leaves invalid UTF-8 as it is.
func inQuotes(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ':
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String() + `"`
}

// read returns the records of ranges as text, and what was counted.
func read(s *event.Scanner, r storage.Reader, columns int, ranges ...event.Range) ([]string, event.Stats, error) {
	defer s.Close()
	var out []string
	before := s.Stats()
	for _, rng := range ranges {
		if err := s.Open(context.Background(), r, rng); err != nil {
			return out, s.Stats(), err
		}
		for s.Scan() {
			rec := s.Record()
			text := fmt.Sprint(rec.Time)
			for i := range columns {
				text += "|" + show(rec.Value(i))
			}
			out = append(out, text)
		}
		if s.Err() != nil {
			return out, s.Stats(), s.Err()
		}
	}
	return out, s.Stats(), wrongHours(out, before, s.Stats())
}

func counts(s event.Stats) string {
	return fmt.Sprint(s.Lines, s.Records, s.Other, s.OutsideDay, s.Malformed)
}

func parquetBlob(data []byte) storage.Blob {
	return storage.Blob{Name: "part-0.PARQUET", Size: int64(len(data))}
}

// The same events as JSON lines and as Parquet of any shape give the same.
func TestParquetIsReadAsJSONIs(t *testing.T) {
	total := 0
	for seed := range uint64(45) {
		rng := rand.New(rand.NewPCG(seed, 4688))
		sh := randomShape(rng)
		lines, file := sh.write(t, rng, []int{0, 1, 7, 300, 300, 4000}[rng.IntN(6)])
		q := parquetQuery
		if rng.IntN(6) == 0 {
			q.EventIDs = nil
		}
		want, wantStats, err := read(event.NewScanner(q, day), blob{data: lines}, len(q.Columns), named("x.json", string(lines)))
		if err != nil {
			t.Fatal(err)
		}
		got, stats, err := read(event.NewScanner(q, day), blob{data: file}, len(q.Columns), event.Whole(parquetBlob(file)))
		if err != nil || !slices.Equal(got, want) || counts(stats) != counts(wantStats) {
			t.Fatalf("seed %d: %v\n%s\ngot  %s\nwant %s\n%s", seed, err, sh.note, counts(stats), counts(wantStats), firstDifference(got, want))
		}
		total += len(want)
	}
	if total < 2_000 {
		t.Errorf("only %d records were compared", total)
	}
}

func firstDifference(got, want []string) string {
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			return fmt.Sprintf("record %d:\ngot  %.300q\nwant %.300q", i, got[min(i, len(got)):min(i+1, len(got))], want[min(i, len(want)):min(i+1, len(want))])
		}
	}
	return ""
}

// The ranges of a blob that touch share no row group and miss none, and one
// scanner reads them all, whatever blob it read before.
func TestParquetRanges(t *testing.T) {
	s := event.NewScanner(parquetQuery, day)
	for seed := range uint64(14) {
		rng := rand.New(rand.NewPCG(seed, 1))
		sh := randomShape(rng)
		sh.flushes = 0.05
		_, file := sh.write(t, rng, 400)
		b := parquetBlob(file)
		want, wantStats, err := read(event.NewScanner(parquetQuery, day), blob{data: file}, 4, event.Whole(b))
		if err != nil {
			t.Fatal(err)
		}
		var ranges []event.Range
		for at := int64(0); at < b.Size; {
			n := min(1+rng.Int64N(b.Size), b.Size-at)
			ranges = append(ranges, event.Range{Blob: b, Offset: at, Length: n})
			at += n
		}
		before := s.Stats()
		before.Malformed = maps.Clone(before.Malformed)
		got, stats, err := read(s, blob{data: file, piece: 7}, 4, ranges...)
		stats = since(before, stats)
		if err != nil || !slices.Equal(got, want) || counts(stats) != counts(wantStats) || stats.Bytes != wantStats.Bytes {
			t.Fatalf("seed %d, %d ranges: %v\ngot  %s\nwant %s\n%s", seed, len(ranges), err, counts(stats), counts(wantStats), firstDifference(got, want))
		}
	}
}

// Wherever a blob is cut, also between any two bytes.
func TestParquetCutAnywhere(t *testing.T) {
	file := smallFile(t, 3)
	b := parquetBlob(file)
	want, wantStats, err := read(event.NewScanner(parquetQuery, day), blob{data: file}, 4, event.Whole(b))
	if err != nil {
		t.Fatal(err)
	}
	var ranges []event.Range
	for at := range b.Size {
		ranges = append(ranges, event.Range{Blob: b, Offset: at, Length: 1})
	}
	got, stats, err := read(event.NewScanner(parquetQuery, day), blob{data: file}, 4, ranges...)
	if err != nil || !slices.Equal(got, want) || counts(stats) != counts(wantStats) {
		t.Errorf("%v\ngot  %s\nwant %s", err, counts(stats), counts(wantStats))
	}
}

// A spelling is a key among values that are equally escaped.
func TestEscaped(t *testing.T) {
	sh := shape{columns: []shapedColumn{
		{name: "EventID", kind: typeInt32, tags: "dict", pick: func(*rand.Rand) any { return int32(1) }},
		{name: "Process", kind: typeText, tags: "dict", pick: func(*rand.Rand) any { return `C:\new` }},
		{name: "TimeGenerated", kind: typeText, tags: "plain", pick: func(*rand.Rand) any { return "2026-11-20T07:00:00Z" }},
	}}
	lines, file := sh.write(t, rand.New(rand.NewPCG(1, 1)), 1)
	s := event.NewScanner(parquetQuery, day)
	for name, c := range map[string]struct {
		data    []byte
		raw     string
		escaped bool
	}{"x.json": {lines, `C:\\new`, true}, "x.parquet": {file, `C:\new`, false}} {
		if err := s.Open(t.Context(), blob{data: c.data}, named(name, string(c.data))); err != nil || !s.Scan() {
			t.Fatal(name, err, s.Err())
		}
		v := s.Record().Value(0)
		if string(v.Raw()) != c.raw || v.Escaped() != c.escaped || v.Text() != `C:\new` || v.Absent() || s.Record().Value(3).Escaped() {
			t.Errorf("%s: %s, escaped %v, text %s", name, v.Raw(), v.Escaped(), v.Text())
		}
	}
}

func since(before, after event.Stats) event.Stats {
	after.Lines -= before.Lines
	after.Records -= before.Records
	after.Other -= before.Other
	after.OutsideDay -= before.OutsideDay
	after.Bytes -= before.Bytes
	bad := map[event.Reason]int64{}
	for r, n := range after.Malformed {
		if n -= before.Malformed[r]; n > 0 {
			bad[r] = n
		}
	}
	after.Malformed = bad
	return after
}
