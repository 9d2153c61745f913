package event_test

import (
	"context"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"sparkless/storage"
	"sparkless/storage/event"
)

// watched notes what is requested.
type watched struct {
	blob
	requests *[]event.Range
}

func (w watched) Open(ctx context.Context, b storage.Blob, offset, length int64) (io.ReadCloser, error) {
	*w.requests = append(*w.requests, event.Range{Offset: offset, Length: length})
	return w.blob.Open(ctx, b, offset, length)
}

// randomText does not compress.
func randomText(n int) string {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{}).Read(b)
	return string(b)
}

// Of a blob only the footer is read, the EventIDs, and of row groups with a
// wanted event the wanted columns, each with one request.
func TestParquetReadsOnlyWhatIsWanted(t *testing.T) {
	noise := randomText(1 << 16)
	texts := func(n int) func(*rand.Rand) any {
		return func(r *rand.Rand) any { return noise[r.IntN(len(noise)-n):][:n] }
	}
	id := 0
	sh := shape{columns: []shapedColumn{
		{name: "Weight", kind: typeText, tags: "plain,uncompressed", pick: texts(2000)},
		{name: "EventID", kind: typeInt32, tags: "dict,snappy", pick: func(*rand.Rand) any { return int32(id) }},
		{name: "Heavier", kind: typeText, tags: "plain,uncompressed", pick: texts(2000)},
		{name: "TimeGenerated", kind: typeText, tags: "plain,snappy", pick: func(*rand.Rand) any { return "2026-11-20T07:00:00Z" }},
		{name: "Process", kind: typeText, tags: "plain,uncompressed", pick: texts(20)},
	}}
	for _, c := range []struct {
		id       int
		requests int
	}{{4624, 1}, {4688, 4}} {
		id = c.id
		_, file := sh.write(t, rand.New(rand.NewPCG(1, 1)), 1000)
		var requests []event.Range
		got, stats, err := read(event.NewScanner(parquetQuery, day), watched{blob{data: file}, &requests}, 4, event.Whole(parquetBlob(file)))
		var bytes int64
		for _, r := range requests {
			bytes += r.Length
		}
		if err != nil || stats.Lines != 1000 || len(got) != 1000*(c.requests-1)/3 || len(requests) != c.requests || bytes > 130_000 {
			t.Errorf("event %d: %d records, %d requests for %d bytes of %d, %v", c.id, len(got), len(requests), bytes, len(file), err)
		}
	}
}

// A row without a readable time is shown by its number and what is there.
func TestParquetSamples(t *testing.T) {
	sh := shape{flushes: 0.3, columns: []shapedColumn{
		{name: "EventID", kind: typeInt32, tags: "dict", pick: func(*rand.Rand) any { return int32(1) }},
		{name: "TimeGenerated", kind: typeText, tags: "dict", optional: true, pick: func(r *rand.Rand) any { return pickOf(r, "2026-11-20T07:00:00Z", "yesterday\n") }},
	}}
	lines, file := sh.write(t, rand.New(rand.NewPCG(7, 7)), 200)
	_, stats, err := read(event.NewScanner(parquetQuery, day), blob{data: file}, 4, event.Whole(parquetBlob(file)))
	if err != nil || len(stats.Samples) != 10 {
		t.Fatalf("%+v, %v", stats, err)
	}
	for _, s := range stats.Samples {
		line := strings.Split(string(lines), "\n")[s.Offset]
		if s.Text == `""` && !strings.Contains(line, "yesterday") && !strings.Contains(line, "2026") {
			continue // null or left out
		}
		if s.Text != `"yesterday\n"` || !strings.Contains(line, "yesterday") || s.Blob != "part-0.PARQUET" {
			t.Errorf("%+v of %s", s, line)
		}
	}
	for _, sh := range []shape{{columns: sh.columns[:1]}, {columns: sh.columns[1:]}} { // a column is missing
		_, file := sh.write(t, rand.New(rand.NewPCG(7, 7)), 200)
		for _, ids := range [][]int{{1}, nil} {
			q := event.Query{EventIDs: ids, Columns: []string{"Process"}}
			_, stats, err := read(event.NewScanner(q, day), blob{data: file}, 1, event.Whole(parquetBlob(file)))
			want := event.Stats{Lines: 200, Other: 200}
			if sh.columns[0].name == "EventID" {
				want = event.Stats{Lines: 200, Malformed: map[event.Reason]int64{event.NoTime: 200}}
			} else if ids == nil {
				continue // as in the other tests
			}
			if err != nil || counts(stats) != counts(want) {
				t.Errorf("%v, IDs %v: %s, %v", sh.columns[0].name, ids, counts(stats), err)
			}
		}
	}
}
