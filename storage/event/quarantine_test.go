package event_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

// quarantined reads parts and returns what is kept aside.
func quarantined(t *testing.T, l *event.Lanes, r storage.Reader, parts []event.Range) ([]event.Line, event.Stats) {
	t.Helper()
	reading := l.Read(r, query, day, parts)
	var group errgroup.Group
	for range reading.Lanes() {
		group.Go(func() error { return reading.Lane(t.Context(), func(*event.Record) {}) })
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	return reading.Malformed(), reading.Stats()
}

// broken is a malformed line of about n bytes.
func broken(rng *rand.Rand, n int) string {
	fill := []string{"y", "é", "\xff", "\U0001f600", "\x1b"}[rng.IntN(5)]
	return `{"Process":"` + strings.Repeat(fill, n/len(fill))
}

// firstBroken is which lines are to be kept, worked out from the contents by name.
func firstBroken(contents map[string]string) (kept []event.Line, all int64) {
	bytes, full := 0, false
	for _, name := range slices.Sorted(maps.Keys(contents)) {
		at := int64(0)
		for text := range strings.SplitSeq(contents[name], "\n") {
			start := at
			at += int64(len(text)) + 1
			if !strings.HasPrefix(text, `{"Process":"`) || strings.HasSuffix(text, "}") {
				continue
			}
			all++
			head := text
			if len(head) > 16<<10 {
				head = head[:16<<10]
				for !utf8.RuneStart(text[len(head)]) {
					head = head[:len(head)-1]
				}
			}
			if bytes += len(head); full || len(kept) == 1000 || bytes > 1<<20 {
				full = true
				continue
			}
			kept = append(kept, event.Line{Blob: name, Offset: start, Reason: event.Truncated, Length: int64(len(text)), Text: []byte(head)})
		}
	}
	return kept, all
}

// Whoever reads what, and however blobs are cut into pieces, the lines kept aside
// are the first ones, as many as the bounds allow.
func TestMalformedAreTheFirst(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for round := range 12 {
		mem := storagetest.NewMem()
		contents := map[string]string{}
		lines := []int{5, 900, 120, 60}[round%4] // few; more than are kept; many bytes; long ones
		size := []int{30, 5, 20 << 10, 40 << 10}[round%4]
		for i := range 4 {
			var b strings.Builder
			for range lines {
				fmt.Fprintf(&b, "%s\n", line)
				if rng.IntN(3) > 0 {
					fmt.Fprintf(&b, "%s\n", broken(rng, 1+rng.IntN(size)))
				}
			}
			name := fmt.Sprintf("%d.json", i)
			contents[name] = b.String()
			mem.Put(t.Context(), name, []byte(b.String()))
		}
		want, all := firstBroken(contents)
		for _, lanes := range []int{1, 2, 5} {
			l := event.NewLanes(lanes, lanes)
			l.SetPiece(1 + rng.Int64N(100<<10))
			for range 2 {
				got, stats := quarantined(t, l, mem, wholes(listed(t, mem)))
				if n := stats.MalformedLines(); n != all || !reflect.DeepEqual(got, want) {
					t.Fatalf("round %d, %d lanes: %d lines of %d, want %d of %d", round, lanes, len(got), n, len(want), all)
				}
			}
		}
	}
}

// Of a line that is too long the beginning is kept and the whole length stated,
// whether it is read in one piece or in many.
func TestMalformedTooLong(t *testing.T) {
	mem := storagetest.NewMem()
	long := "\ufeff{" + strings.Repeat("z", 17<<20)
	mem.Put(t.Context(), "1.json", []byte(long+"\n"+line+"\n"+long[3:]))
	want := []event.Line{
		{Blob: "1.json", Offset: 3, Reason: event.TooLong, Length: int64(len(long) - 3), Text: []byte(long[3 : 3+16<<10])},
		{Blob: "1.json", Offset: int64(len(long) + 1 + len(line) + 1), Reason: event.TooLong, Length: int64(len(long) - 3), Text: []byte(long[3 : 3+16<<10])},
	}
	for _, lanes := range []int{1, 3} {
		if got, _ := quarantined(t, event.NewLanes(lanes, lanes), mem, wholes(listed(t, mem))); !reflect.DeepEqual(got, want) {
			t.Errorf("%d lanes: %d lines, the first at %d of %d bytes", lanes, len(got), got[0].Offset, got[0].Length)
		}
	}
}

// The hours of malformed lines are those that the names state; of some the name
// states none.
func TestMalformedHours(t *testing.T) {
	mem := storagetest.NewMem()
	const base = "WorkspaceResourceId=/subscriptions/s/y=2026/m=11/d=20/"
	for name, n := range map[string]int{
		base + "h=00/m=00/PT05M.json": 2, base + "h=07/m=05/PT05M.json": 3, base + "h=7/m=10/part-0.json": 1, base + "h=23/m=55/PT05M.json": 0, "x/PT05M.json": 4,
	} {
		mem.Put(t.Context(), name, []byte(line+"\n"+strings.Repeat("{\n", n)))
	}
	file := forgedRows(t, 5)
	mem.Put(t.Context(), base+"h=09/m=00/part-0.parquet", file)
	want := `"malformed_hours":{"0":2,"7":4,"9":5}`
	for _, lanes := range []int{1, 4} {
		lines, stats := quarantined(t, event.NewLanes(lanes, lanes), mem, wholes(listed(t, mem)))
		if text := asJSON(stats); !strings.Contains(text, want) || stats.MalformedLines() != 15 || len(lines) != 15 {
			t.Errorf("%d lines: %s", len(lines), text)
		}
	}
	if text := asJSON(event.Stats{Lines: 3}); strings.Contains(text, "hours") {
		t.Error(text)
	}
	var old, sum event.Stats
	if err := json.Unmarshal([]byte(`{"lines":3,"malformed":{"ends too early":1}}`), &old); err != nil {
		t.Fatal(err)
	}
	sum.Merge(old)
	sum.Merge(event.Stats{MalformedHours: map[int]int64{3: 1}})
	sum.Merge(event.Stats{MalformedHours: map[int]int64{3: 2, 4: 1}})
	if text := asJSON(sum); !strings.Contains(text, `"malformed_hours":{"3":3,"4":1}`) {
		t.Error(text)
	}
}

// forgedRows is Parquet with so many wanted rows whose time cannot be read.
func forgedRows(t *testing.T, rows int) []byte {
	sh := shape{columns: []shapedColumn{
		{name: "EventID", kind: typeInt32, tags: "dict", pick: func(*rand.Rand) any { return int32(4688) }},
		{name: "TimeGenerated", kind: typeText, tags: "plain", pick: func(*rand.Rand) any { return "yesterday" }},
	}}
	_, file := sh.write(t, rand.New(rand.NewPCG(1, 1)), rows)
	return file
}

// What EncodeLines writes says what it holds, and has the bytes of every line.
func TestEncodeLines(t *testing.T) {
	texts := []string{"{plain", "{\u202e<&>\x1b\x00\u2028", "{\xff\xfe", "", strings.Repeat("é", 8<<10)}
	var lines []event.Line
	for i, s := range texts {
		lines = append(lines, event.Line{Blob: "a.json", Offset: int64(i), Reason: event.Syntax, Length: int64(len(s)), Text: []byte(s)})
	}
	lines[4].Length++
	lines = append(lines, event.Line{Blob: "b.parquet", Reason: event.NoTime, Length: 3, Text: []byte("now")})
	file, err := event.EncodeLines("0123", 10, lines)
	if err != nil {
		t.Fatal(err)
	}
	got := bufio.NewScanner(bytes.NewReader(file))
	if got.Scan(); got.Text() != `{"format":"sparkless-malformed/1","shard":"0123","malformed":10,"kept":6,"left_out":4}` {
		t.Errorf("header %s", got.Text())
	}
	for i, l := range lines {
		got.Scan()
		var found struct {
			Blob, Text, Base64, Reason string
			Offset, Row                *int64
			Length                     int64
			Cut                        bool
		}
		if err := json.Unmarshal(got.Bytes(), &found); err != nil {
			t.Fatal(err)
		}
		text := found.Text
		if found.Base64 != "" {
			raw, err := base64.StdEncoding.DecodeString(found.Base64)
			if text = string(raw); err != nil || !strings.Contains(found.Text, "\ufffd") {
				t.Errorf("line %d: %q, %v", i, found.Text, err)
			}
		}
		at := found.Offset
		if l.Blob == "b.parquet" {
			at = found.Row
		}
		if text != string(l.Text) || at == nil || *at != l.Offset || found.Length != l.Length || found.Cut != (i == 4) || found.Blob != l.Blob || found.Reason != string(l.Reason) {
			t.Errorf("line %d: %s", i, got.Text())
		}
	}
	if !strings.Contains(string(file), `{\u001b`) && strings.ContainsAny(string(file), "\x00\x1b") {
		t.Error("control characters as they are")
	}
}
