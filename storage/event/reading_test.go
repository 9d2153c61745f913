package event_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"

	"sparkless/bench/sample"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

// taken is what a query got of a reading.
type taken struct {
	records   []string
	stats     event.Stats
	malformed []event.Line
}

// takeEach reads parts for some queries at once, with all lanes.
func takeEach(t testing.TB, l *event.Lanes, r storage.Reader, queries []event.Query, parts []event.Range) (all []taken, rd *event.Reading, err error) {
	t.Helper()
	rd = l.ReadEach(r, queries, day, parts)
	all = make([]taken, len(queries))
	var mu sync.Mutex
	var add []func(*event.Record)
	for i, q := range queries {
		add = append(add, func(rec *event.Record) {
			text := fmt.Sprint(rec.Time)
			for c := range q.Columns {
				v := rec.Value(c)
				text += fmt.Sprintf("|%q %v %v", v.Raw(), v.Escaped(), v.Absent())
			}
			mu.Lock()
			defer mu.Unlock()
			all[i].records = append(all[i].records, text)
		})
	}
	errs := make([]error, rd.Lanes())
	var lanes sync.WaitGroup
	for lane := range errs {
		lanes.Go(func() { errs[lane] = rd.Lane(t.Context(), add...) })
	}
	lanes.Wait()
	for i := range all {
		all[i].stats, all[i].malformed = rd.StatsOf(i), rd.MalformedOf(i)
	}
	return all, rd, errors.Join(errs...)
}

// unlike shows where two takings differ first.
func (a taken) unlike(b taken) string {
	for i := range min(len(a.records), len(b.records)) {
		if a.records[i] != b.records[i] {
			return fmt.Sprintf("record %d:\n%s\n%s", i, a.records[i], b.records[i])
		}
	}
	return fmt.Sprintf("%d and %d records, %d and %d malformed lines\n%s\n%s", len(a.records), len(b.records), len(a.malformed), len(b.malformed), asJSON(a.stats), asJSON(b.stats))
}

// sameAsAlone reads parts for all queries at once and for each alone, and compares.
// It returns how many records there were.
func sameAsAlone(t testing.TB, l *event.Lanes, r storage.Reader, queries []event.Query, parts []event.Range) (records int) {
	t.Helper()
	several := l.ReadEach(r, queries, day, parts).Lanes() > 1
	each, rd, err := takeEach(t, l, r, queries, parts)
	var failed error
	for i, q := range queries {
		alone, _, e := takeEach(t, l, r, []event.Query{q}, parts)
		if e != nil {
			failed = e
		}
		if e != nil || err != nil {
			continue
		}
		records += len(each[i].records)
		if several { // they end in any order
			slices.Sort(alone[0].records)
			slices.Sort(each[i].records)
		}
		if !reflect.DeepEqual(each[i], alone[0]) {
			t.Fatalf("query %d of %+v: %s", i, queries, each[i].unlike(alone[0]))
		}
	}
	if (err == nil) != (failed == nil) {
		t.Fatalf("%+v: together %v, alone %v", queries, err, failed)
	}
	var size int64
	for _, p := range parts {
		size += p.Length
	}
	if now := rd.Reached(); err == nil && (now != event.Reached{Bytes: size, Ranges: len(parts), Lines: each[0].stats.Lines}) {
		t.Fatalf("reached %+v, want %d bytes, %d ranges, %d lines", now, size, len(parts), each[0].stats.Lines)
	}
	return records
}

// someQueries are queries over the columns of an estate: mostly such as are read
// together.
func someQueries(rng *rand.Rand) []event.Query {
	columns := []string{"Process", "NewProcessName", "EventID", "TimeGenerated", "Account", "Level", "TenantId", "Extra", "Missing", "ProcessId", "Task", "CommandLine"}
	fields := &event.Fields{Paths: map[string][]string{"Process": {"a.b", "Process"}, "Extra": {`Account\Extra`, "EventID"}}}
	ids := [][]int{{4688}, {4688}, {4624}, {4688, 4624}, {468, 46880}, {4689}, {7}, nil}
	queries := make([]event.Query, 1+rng.IntN(5))
	for i := range queries {
		q := event.Query{EventIDs: ids[rng.IntN(len(ids))], Mode: event.Mode(rng.IntN(8) / 7), Arrays: rng.IntN(8) == 0}
		rng.Shuffle(len(columns), func(i, j int) { columns[i], columns[j] = columns[j], columns[i] })
		q.Columns = slices.Clone(columns[:rng.IntN(6)])
		if rng.IntN(6) == 0 {
			q.Columns = append(q.Columns, columns[0], columns[0]) // one column twice
		}
		if rng.IntN(10) == 0 {
			q.Fields = fields
		}
		queries[i] = q
	}
	if rng.IntN(3) == 0 {
		for i := range queries {
			queries[i].Mode = event.Strict
		}
	}
	return queries
}

// spoiled writes a line of an estate, often with what a query may not notice that
// stops before it: members again, null, damage.
func (e *estate) spoiled(b *bytes.Buffer, often int) {
	var l bytes.Buffer
	e.write(&l, e.rng.IntN(often*4) == 0)
	text := bytes.TrimSuffix(l.Bytes(), []byte("\n"))
	keys := []string{"TimeGenerated", "EventID", "Process", "NewProcessName", "Account", "Level", "Extra"}
	for e.rng.IntN(often) == 0 {
		k := keys[e.rng.IntN(len(keys))]
		value := e.value(k)
		if e.rng.IntN(3) == 0 {
			value = "null"
		}
		again := fmt.Sprintf("%s:%s", e.key(k), value)
		at := 1
		if commas := commasOf(text); len(commas) > 0 {
			at = commas[e.rng.IntN(len(commas))] + 1
		}
		text = slices.Insert(text, at, []byte(again+",")...)
	}
	if e.rng.IntN(often) == 0 {
		at := e.rng.IntN(len(text))
		switch e.rng.IntN(4) {
		case 0:
			text = text[:at]
		case 1:
			text = slices.Delete(text, at, min(at+1+e.rng.IntN(4), len(text)))
		case 2:
			text[at] = `"\{}[],:x`[e.rng.IntN(9)]
		case 3:
			text = append(text, "garbage}"...)
		}
	}
	b.Write(text)
	b.WriteByte('\n')
}

// commasOf are the places of the commas behind values, or that look like such.
func commasOf(text []byte) (at []int) {
	for i := 1; i < len(text)-1; i++ {
		if text[i] == ',' && text[i+1] == '"' {
			at = append(at, i)
		}
	}
	return at
}

// asBlob writes lines as one of the kinds of blobs.
func asBlob(t testing.TB, rng *rand.Rand, lines []byte) (name string, data []byte) {
	t.Helper()
	switch rng.IntN(8) {
	case 0:
		return "x.json.gz", gzipped(string(lines))
	case 1:
		w := bytes.NewBufferString("[")
		w.Write(bytes.ReplaceAll(bytes.TrimSpace(lines), []byte("\n"), []byte(",\n")))
		w.WriteString("]")
		return "x.json", w.Bytes()
	case 2:
		sh := randomShape(rng)
		_, file := sh.write(t.(*testing.T), rng, 200)
		return "x.parquet", file
	case 3:
		return "x.json", gzipped(string(lines))
	case 4:
		return "x.json.zst", zstdOf(t, lines)
	}
	return "x.json", lines
}

func zstdOf(t testing.TB, lines []byte) []byte {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return w.EncodeAll(lines, nil)
}

// Whatever the queries, and whatever is wrong with the lines, each query gets what
// a reading for it alone gives.
func TestReadEachIsAsEachAlone(t *testing.T) {
	var records int
	for seed := range uint64(120) {
		rng := rand.New(rand.NewPCG(seed, 17))
		mem := storagetest.NewMem()
		for blob := range 1 + rng.IntN(3) {
			var lines bytes.Buffer
			e := newEstate(rng)
			often := []int{3, 12, 100}[rng.IntN(3)]
			for range rng.IntN(250) {
				e.spoiled(&lines, often)
			}
			name, data := asBlob(t, rng, lines.Bytes())
			mem.Put(t.Context(), fmt.Sprint(blob, name), data)
		}
		blobs := slices.Collect(blobsOnly(mem.List(t.Context(), "")))
		l := event.NewLanes(1+rng.IntN(3), 1+rng.IntN(3))
		for range 3 { // lanes that know the lines of other queries, too
			if rng.IntN(2) == 0 {
				l.SetPiece(1 + rng.Int64N(20_000))
			}
			records += sameAsAlone(t, l, mem, someQueries(rng), wholes(blobs))
		}
	}
	if records < 10_000 {
		t.Errorf("%d records in all: too few to tell", records)
	}
}

// The queries of a day, over the lines of a day.
func TestReadEachOfHunts(t *testing.T) {
	cfg := sample.Default()
	cfg.Day, cfg.Events, cfg.Names = day.From, 6_000, 500
	var data string
	if _, err := sample.Generate(cfg, func(_ string, lines []byte) error {
		data += string(lines)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	queries, _ := huntQueries()
	for _, mode := range []event.Mode{event.Fast, event.Strict} {
		for i := range queries {
			queries[i].Mode = mode
		}
		for range 2 {
			if n := sameAsAloneOn(t, data, queries); n < 2_500 {
				t.Errorf("%d records", n)
			}
			slices.Reverse(queries)
		}
	}
}

func sameAsAloneOn(t *testing.T, data string, queries []event.Query) int {
	return sameAsAlone(t, event.NewLanes(1, 1), blob{data: []byte(data)}, queries, []event.Range{named("x.json", data)})
}

// A query that needs less of a line than another does not see what is wrong behind.
func TestReadEachSeesNoMoreThanAlone(t *testing.T) {
	near := event.Query{EventIDs: []int{4688}, Columns: []string{"a"}}
	far := event.Query{EventIDs: []int{4688}, Columns: []string{"b", "EventID"}}
	other := event.Query{EventIDs: []int{1}, Columns: []string{"a", "c"}}
	const head = `{"TimeGenerated":"2026-11-20T00:00:01Z","EventID":4688,"a":"x",`
	for _, tail := range []string{
		`"b":"y"}`, `"b":y}`, `"b":"y","a":"z"}`, `"a":"z","b":"y"}`, `"a":null,"b":"y"}`, `"EventID":1,"b":"y"}`,
		`"EventID":1,"a":null,"b":null,"c":1}`, `"b":null,"b":"y"}`, `"b":null,"a":"z"}`, `"c":}`, `"c":"\x","b":1}`, `"b":"y"}}`, `"b":"y"`, `"\u0061":"z","b":1}`,
		`"TimeGenerated":"2026-11-20T00:00:02Z","b":"y"}`, `"TimeGenerated":"x","b":"y"}`,
	} {
		data := strings.Repeat(strings.Repeat(head+`"b":"y"}`+"\n", 20)+strings.Repeat(head+tail+"\n", 20), 2)
		for _, mode := range []event.Mode{event.Fast, event.Strict} {
			queries := []event.Query{near, far, other}
			for range queries {
				for i := range queries {
					queries[i].Mode = mode
				}
				if n := sameAsAloneOn(t, data, queries); n < 80 {
					t.Errorf("%s: %d records", tail, n)
				}
				queries = append(queries[1:], queries[0])
			}
		}
	}
}

// FuzzReadEach primes scanners with lines like the fuzzed ones.
func FuzzReadEach(f *testing.F) {
	f.Add([]byte(line), []byte(`{"EventID":4624,"TimeGenerated":"2026-11-20T00:00:00Z"}`), uint64(1))
	f.Add([]byte(`{"Process":"x","EventID":4688,"TimeGenerated":"2026-11-20T00:00:00Z","Process":"y","Extra":1}`), []byte(`{"EventID":4688,"Extra":null,"Level":`), uint64(2))
	f.Add([]byte(`{"EventID":"4688","a":{"b":"c"},"TimeGenerated":"2026-11-20T00:00:00Z","EventID":1}`), []byte(`[{}]`), uint64(3))
	f.Fuzz(func(t *testing.T, one, other []byte, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 3))
		var data bytes.Buffer
		data.WriteString("\n") // not compressed, no byte order mark
		for i := range 60 {
			data.Write(one)
			data.WriteByte('\n')
			if i%3 == 2 {
				data.Write(other)
				data.WriteByte('\n')
			}
		}
		sameAsAloneOn(t, data.String(), someQueries(rng))
	})
}

// Queries ask a blob for its bytes once, however many they are, of lines.
func TestReadEachReadsLinesOnce(t *testing.T) {
	data := strings.Repeat(line+"\n", 500)
	queries, _ := huntQueries()
	l := event.NewLanes(3, 3)
	l.SetPiece(1000)
	for arrays, times := range []int64{1, 2} {
		queries[1].Arrays = arrays == 1
		r := &asked{Reader: blob{data: []byte(data)}}
		all, _, err := takeEach(t, l, r, queries, []event.Range{named("x.json", data)})
		if err != nil || len(all[0].records) != 500 || len(all[1].records) != 500 || len(all[2].records) != 0 {
			t.Errorf("%d, %d, %d records, %v", len(all[0].records), len(all[1].records), len(all[2].records), err)
		}
		if n := r.bytes.Load(); n != times*int64(len(data)) {
			t.Errorf("%d bytes asked for, of %d", n, len(data))
		}
	}
}

// A blob that one query cannot have is unreadable, and the others can be read without
// it.
func TestReadEachOfUnreadable(t *testing.T) {
	mem := storagetest.NewMem()
	mem.Put(t.Context(), "a.parquet", events(t, 3))
	mem.Put(t.Context(), "b.json", []byte(line))
	mem.Put(t.Context(), "c.json", gzipped(strings.Repeat(line+"\n", 3000))[:200])
	blobs := slices.Collect(blobsOnly(mem.List(t.Context(), "")))
	queries := []event.Query{query, {EventIDs: []int{4624}, Columns: []string{"Account"}}, {Columns: []string{"Process"}}}
	for _, lanes := range []int{1, 4} {
		_, rd, err := takeEach(t, event.NewLanes(lanes, lanes), mem, queries, wholes(blobs))
		var bad *event.UnreadableError
		if !errors.As(err, &bad) || bad.Blob.Name != "c.json" || len(rd.Unreadable()) != 1 {
			t.Errorf("%v, %v", err, rd.Unreadable())
		}
		sameAsAlone(t, event.NewLanes(lanes, lanes), mem, queries, wholes(blobs[:2]))
	}
}

// Whoever reads takes the records of every query.
func TestReadEachTakesAllRecords(t *testing.T) {
	l := event.NewLanes(1, 1)
	none := func(*event.Record) {}
	for _, add := range [][]func(*event.Record){nil, {none}, {none, none, none}} {
		if err := l.ReadEach(blob{}, []event.Query{query, query}, day, nil).Lane(t.Context(), add...); err == nil {
			t.Errorf("%d functions for 2 queries do", len(add))
		}
	}
}

// More queries than a word has bits.
func TestReadEachOfManyQueries(t *testing.T) {
	var queries []event.Query
	for i := range 150 {
		queries = append(queries, event.Query{EventIDs: []int{4680 + i%20}, Columns: [][]string{{"Process"}, {"Extra", "EventID"}}[i%2]})
	}
	var data bytes.Buffer
	e := newEstate(rand.New(rand.NewPCG(1, 1)))
	for range 200 {
		e.spoiled(&data, 50)
	}
	if n := sameAsAloneOn(t, data.String(), queries); n == 0 {
		t.Error("no records")
	}
}
