package event_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"sparkless/storage"
	"sparkless/storage/event"
)

// blob is a Reader of one blob that hands out few bytes at a time.
type blob struct {
	data  []byte
	piece int   // largest Read, 0 for all
	err   error // instead of the end of every body
	opens *int
}

func (b blob) List(context.Context, string) iter.Seq2[storage.Blob, error] { panic("not used") }

func (b blob) Open(_ context.Context, _ storage.Blob, offset, length int64) (io.ReadCloser, error) {
	if b.opens != nil {
		*b.opens++
	}
	return &body{b, b.data[offset : offset+length]}, nil
}

type body struct {
	blob
	left []byte
}

func (b *body) Close() error { return nil }

func (b *body) Read(p []byte) (int, error) {
	if len(b.left) == 0 {
		if b.err != nil {
			return 0, b.err
		}
		return 0, io.EOF
	}
	if b.piece > 0 && len(p) > b.piece {
		p = p[:b.piece]
	}
	n := copy(p, b.left)
	b.left = b.left[n:]
	return n, nil
}

var day = event.Day(time.Date(2026, 11, 20, 5, 0, 0, 0, time.UTC))

var query = event.Query{EventIDs: []int{4688}, Columns: []string{"Process", "NewProcessName"}}

// scan reads one range in strict mode and returns "time|process|path" per record.
func scan(t testing.TB, r storage.Reader, rng event.Range) ([]string, event.Stats, error) {
	t.Helper()
	q := query
	q.Mode = event.Strict
	return scanWith(event.NewScanner(q, day), r, rng)
}

func scanWith(s *event.Scanner, r storage.Reader, rng event.Range) ([]string, event.Stats, error) {
	defer s.Close()
	before := s.Stats()
	if err := s.Open(context.Background(), r, rng); err != nil {
		return nil, event.Stats{}, err
	}
	var out []string
	for s.Scan() {
		rec := s.Record()
		out = append(out, fmt.Sprintf("%d|%s|%s", rec.Time, show(rec.Value(0)), show(rec.Value(1))))
	}
	return out, s.Stats(), errors.Join(s.Err(), wrongHours(out, before, s.Stats()))
}

func show(v event.Value) string {
	if v.Absent() {
		return "absent"
	}
	return strconv.Quote(v.Text())
}

func named(name string, data string) event.Range {
	return event.Whole(storage.Blob{Name: name, Size: int64(len(data))})
}

const line = `{"TimeGenerated":"2026-11-20T00:00:01.5Z","EventID":4688,"Process":"svchost.exe","NewProcessName":"C:\\Windows\\System32\\svchost.exe"}`

const want = `1795132801500000000|"svchost.exe"|"C:\\Windows\\System32\\svchost.exe"`

func TestShapesOfLines(t *testing.T) {
	other := strings.Replace(line, "4688", "4624", 1)
	for name, c := range map[string]struct {
		data  string
		n     int
		other int64
		bad   map[event.Reason]int64
	}{
		"one":              {line + "\n", 1, 0, nil},
		"no last newline":  {line, 1, 0, nil},
		"CRLF":             {line + "\r\n" + line + "\r\n", 2, 0, nil},
		"byte order mark":  {"\ufeff" + line, 1, 0, nil},
		"mark in 2nd line": {line + "\n\ufeff" + line, 1, 0, map[event.Reason]int64{event.NotObject: 1}},
		"blank lines":      {"\n\r\n  \n" + line + "\n\n\t\n", 1, 0, nil},
		"empty":            {"", 0, 0, nil},
		"only a newline":   {"\n", 0, 0, nil},
		"other event":      {other + "\n" + line, 1, 1, nil},
		"ID as string":     {strings.Replace(line, "4688", `"4688"`, 1), 1, 0, nil},
		"ID as fraction":   {strings.Replace(line, "4688", `4688.0`, 1), 0, 1, nil},
		"no ID":            {strings.Replace(line, "EventID", `EventId`, 1), 0, 1, nil},
		"ID in object":     {`{"E":{"EventID":4688},"TimeGenerated":"2026-11-20T00:00:01Z"}`, 0, 1, nil},
		"escaped key":      {strings.Replace(line, "EventID", `\u0045ventID`, 1), 1, 0, nil},
		"last key counts":  {strings.Replace(line, `"EventID":4688`, `"EventID":4624,"EventID":4688`, 1), 1, 0, nil},
		"spaces":           {strings.NewReplacer(":4688", " : 4688 ", "{", " { ").Replace(line), 1, 0, nil},
		"array":            {"[" + line + "]", 0, 0, map[event.Reason]int64{event.NotObject: 1}},
		"two objects":      {line + line, 0, 0, map[event.Reason]int64{event.Syntax: 1}},
		"cut":              {line[:40] + "\n" + line, 1, 0, map[event.Reason]int64{event.Truncated: 1}},
		"cut in string":    {line[:len(line)-4], 0, 0, map[event.Reason]int64{event.Truncated: 1}},
		"comma":            {strings.Replace(line, "4688,", "4688,,", 1), 0, 0, map[event.Reason]int64{event.Syntax: 1}},
		"tab in string":    {strings.Replace(line, "svchost", "svc\thost", 1), 0, 0, map[event.Reason]int64{event.Syntax: 1}},
		"bad escape":       {strings.Replace(line, "svchost", `svc\xhost`, 1), 0, 0, map[event.Reason]int64{event.Syntax: 1}},
		"no time":          {strings.Replace(line, "TimeGenerated", "Time", 1), 0, 0, map[event.Reason]int64{event.NoTime: 1}},
		"time unreadable":  {strings.Replace(line, "2026-11-20T", "20.11.2026 ", 1), 0, 0, map[event.Reason]int64{event.NoTime: 1}},
		"other, no time":   {strings.Replace(other, "TimeGenerated", "Time", 1), 0, 1, nil},
		"text":             {"BlobNotFound", 0, 0, map[event.Reason]int64{event.NotObject: 1}},
		"NULs":             {strings.Repeat("\x00", 512) + "\n" + line, 1, 0, map[event.Reason]int64{event.NotObject: 1}},
	} {
		for _, piece := range []int{0, 1, 7} {
			got, stats, err := scan(t, blob{data: []byte(c.data), piece: piece}, named("x.json", c.data))
			if err != nil || len(got) != c.n || stats.Records != int64(c.n) {
				t.Errorf("%s: %d records %q, error %v", name, len(got), got, err)
			}
			if stats.Other != c.other || fmt.Sprint(stats.Malformed) != fmt.Sprint(c.bad) {
				t.Errorf("%s: other %d, malformed %v, want %d, %v", name, stats.Other, stats.Malformed, c.other, c.bad)
			}
			for _, g := range got {
				if g != want {
					t.Errorf("%s: got  %s\nwant %s", name, g, want)
				}
			}
		}
	}
}

func TestWindow(t *testing.T) {
	for stamp, in := range map[string]bool{
		"2026-11-20T00:00:00Z":           true,
		"2026-11-20T00:00:00.0000000Z":   true,
		"2026-11-19T23:59:59.9999999Z":   false,
		"2026-11-20T23:59:59.9999999Z":   true,
		"2026-11-21T00:00:00Z":           false,
		"2026-11-20T01:00:00+02:00":      false,
		"2026-11-19T23:00:00.5-02:00":    true,
		"2026-11-20 12:00:00":            true,
		"2026-11-20T12:00:00.123456789Z": true,
	} {
		data := strings.Replace(line, "2026-11-20T00:00:01.5Z", stamp, 1)
		got, stats, err := scan(t, blob{data: []byte(data)}, named("x.json", data))
		if err != nil || (len(got) == 1) != in || stats.OutsideDay != 1-int64(len(got)) {
			t.Errorf("%s: %v, %+v, %v", stamp, got, stats, err)
			continue
		}
		if parsed, err := time.Parse(time.RFC3339Nano, stamp); in && err == nil && !strings.HasPrefix(got[0], fmt.Sprint(parsed.UnixNano())) {
			t.Errorf("%s: got %s, want %d", stamp, got[0], parsed.UnixNano())
		}
	}
	for _, stamp := range []string{"2026-11-20T24:00:00Z", "2026-11-20T00:60:00Z", "2026-02-30T00:00:00Z", "2026-11-20T00:00:00.Z", "2026-11-20T00:00:00+2", "2026-11-20T0:00:00Z", "", "9999-01-01T00:00:00Z", "2026-11-20T00:00:00Zx"} {
		data := strings.Replace(line, "2026-11-20T00:00:01.5Z", stamp, 1)
		if _, stats, _ := scan(t, blob{data: []byte(data)}, named("x.json", data)); stats.Malformed[event.NoTime] != 1 {
			t.Errorf("%q was read: %+v", stamp, stats)
		}
	}
}

// Wherever a blob is cut, its ranges together give each line once.
func TestRangesShareNoLineAndMissNone(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var data bytes.Buffer
		if rng.IntN(3) == 0 {
			data.WriteString("\ufeff")
		}
		for i := range rng.IntN(30) {
			switch rng.IntN(8) {
			case 0:
				data.WriteString("\n")
			case 1:
				data.WriteString("{broken\n")
			case 2:
				fmt.Fprintf(&data, "%s\r\n", line)
			default:
				fmt.Fprintf(&data, "%s\n", strings.Replace(line, "svchost", strings.Repeat("x", rng.IntN(200))+fmt.Sprint(i), 1))
			}
		}
		if rng.IntN(2) == 0 && data.Len() > 0 {
			data.Truncate(data.Len() - 1)
		}
		r := blob{data: data.Bytes(), piece: rng.IntN(50)}
		b := storage.Blob{Name: "x.json", Size: int64(data.Len())}
		all, stats, err := scan(t, r, event.Whole(b))
		if err != nil {
			t.Fatal(err)
		}
		var parts []string
		var sum event.Stats
		step := int64(1 + rng.IntN(400))
		if data.Len() < 500 {
			step = int64(1 + rng.IntN(5))
		}
		for at := int64(0); at < b.Size; at += step {
			got, s, err := scan(t, r, event.Range{Blob: b, Offset: at, Length: min(step, b.Size-at)})
			if err != nil {
				t.Fatal(err)
			}
			parts = append(parts, got...)
			sum.Merge(s)
		}
		if strings.Join(parts, "\n") != strings.Join(all, "\n") {
			t.Fatalf("step %d: parts\n%v\nwhole\n%v", step, parts, all)
		}
		if a, b := asJSON(sum), asJSON(stats); a != b {
			t.Fatalf("step %d: stats of parts %s, of the whole %s", step, a, b)
		}
	}
}

func asJSON(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// A range reads past its end only to finish its last line.
func TestRangeReadsNoMoreThanItNeeds(t *testing.T) {
	data := line + "\n" + line + "\n" + line + "\n"
	b := storage.Blob{Name: "x.json", Size: int64(len(data))}
	for _, c := range []struct{ offset, length, records, opens int64 }{
		{0, int64(len(line)) + 1, 1, 1},                     // ends behind a newline: nothing more to read
		{0, int64(len(line)), 1, 1},                         // the newline itself is missing
		{int64(len(line)) + 1, int64(len(line)) + 1, 1, 1},  // starts at a line
		{int64(len(line)) + 2, int64(len(line)) - 10, 0, 1}, // inside one line
	} {
		opens := 0
		got, _, err := scan(t, blob{data: []byte(data), opens: &opens}, event.Range{Blob: b, Offset: c.offset, Length: c.length})
		if err != nil || int64(len(got)) != c.records || int64(opens) != c.opens {
			t.Errorf("%+v: %d records, %d opens, error %v", c, len(got), opens, err)
		}
	}
}

func TestCompressed(t *testing.T) {
	for ending, compress := range map[string]func(io.Writer) io.WriteCloser{
		".gz": func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		".zst": func(w io.Writer) io.WriteCloser {
			z, err := zstd.NewWriter(w)
			if err != nil {
				t.Fatal(err)
			}
			return z
		},
	} {
		t.Run(ending, func(t *testing.T) { testCompressed(t, ending, compress) })
	}
}

func testCompressed(t *testing.T, ending string, compress func(io.Writer) io.WriteCloser) {
	var z bytes.Buffer
	for _, part := range []string{"\ufeff" + line + "\n", line} { // two members, as appending writers make
		w := compress(&z)
		io.WriteString(w, part)
		w.Close()
	}
	for _, name := range []string{"PT05M.json" + ending, "PT05M.json"} {
		got, _, err := scan(t, blob{data: z.Bytes(), piece: 5}, named(name, z.String()))
		if err != nil || len(got) != 2 {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if event.Splittable(storage.Blob{Name: name}) != (name == "PT05M.json") {
			t.Errorf("%s may be cut: %v", name, event.Splittable(storage.Blob{Name: name}))
		}
	}
	for _, n := range []int{5, z.Len() / 4, z.Len() - 1} {
		cut := z.String()[:n]
		if _, _, err := scan(t, blob{data: []byte(cut)}, named("PT05M.json"+ending, cut)); !errors.Is(err, event.ErrCorrupt) {
			t.Errorf("cut at %d: error %v", n, err)
		}
	}
	broken := errors.New("connection reset")
	if _, _, err := scan(t, blob{data: z.Bytes()[:9], err: broken}, named("PT05M.json"+ending, z.String()[:9])); !errors.Is(err, broken) || errors.Is(err, event.ErrCorrupt) {
		t.Errorf("a failing source gave %v", err)
	}
	b := storage.Blob{Name: "PT05M.json", Size: int64(z.Len())}
	if _, _, err := scan(t, blob{data: z.Bytes()}, event.Range{Blob: b, Length: b.Size / 2}); !errors.Is(err, event.ErrCorrupt) {
		t.Errorf("half of a compressed blob gave %v", err)
	}
}

func TestSourceErrorIsNoEnd(t *testing.T) {
	broken := errors.New("connection reset")
	got, _, err := scan(t, blob{data: []byte(line + "\n" + line), err: broken}, named("x.json", line+"\n"+line))
	if !errors.Is(err, broken) || len(got) != 1 {
		t.Errorf("records %v, error %v", got, err)
	}
}

func TestLongLines(t *testing.T) {
	long := strings.Replace(line, "svchost", strings.Repeat("x", 5<<20), 1)
	endless := strings.Repeat("y", 17<<20)
	data := long + "\n" + endless + "\n" + line + "\n" + endless
	got, stats, err := scan(t, blob{data: []byte(data)}, named("x.json", data))
	if err != nil || len(got) != 2 || stats.Malformed[event.TooLong] != 2 || stats.Lines != 4 {
		t.Errorf("%d records, %v, error %v", len(got), stats.Malformed, err)
	}
	if len(stats.Samples) != 2 || stats.Samples[0].Offset != int64(len(long))+1 {
		t.Errorf("samples %+v", stats.Samples)
	}
}

func TestSamples(t *testing.T) {
	data := strings.Repeat(line+"\n", 3) + strings.Repeat("\x1b[2J\u202e<script>"+strings.Repeat("z", 400)+"\n", 20)
	_, stats, _ := scan(t, blob{data: []byte(data)}, named("x.json", data))
	if len(stats.Samples) != 10 || stats.MalformedLines() != 20 {
		t.Fatalf("%d samples, %d lines", len(stats.Samples), stats.MalformedLines())
	}
	s := stats.Samples[0]
	if s.Offset != 3*int64(len(line)+1) || s.Blob != "x.json" || len(s.Text) > 400 {
		t.Errorf("sample %+v", s)
	}
	for _, r := range strings.TrimSuffix(s.Text, "…") {
		if r < ' ' || r > '~' {
			t.Errorf("sample holds %q", r)
		}
	}
}

// A sample says where its line begins, whatever ends it.
func TestSampleOffsetOfCRLF(t *testing.T) {
	data := line + "\r\n{broken\r\n"
	_, stats, _ := scan(t, blob{data: []byte(data)}, named("x.json", data))
	if len(stats.Samples) != 1 || stats.Samples[0].Offset != int64(len(line)+2) {
		t.Errorf("%+v", stats.Samples)
	}
}

// Where every event is wanted, its EventID is still read when it is asked for.
func TestEventIDWithoutFilter(t *testing.T) {
	q := event.Query{Columns: []string{"EventID", "X"}}
	data := strings.Repeat(`{"TimeGenerated":"2026-11-20T01:00:00Z","X":"a","EventID":7}`+"\n", 40)
	for _, q.Mode = range []event.Mode{event.Fast, event.Strict} {
		records, _, err := scanWith(event.NewScanner(q, day), blob{data: []byte(data)}, named("x.json", data))
		if err != nil || len(records) != 40 || !strings.Contains(records[0], `"7"`) || records[39] != records[0] {
			t.Errorf("mode %d: %d records, %q, %v", q.Mode, len(records), records[0], err)
		}
	}
}

// A query may ask for the columns that every scan reads.
func TestColumnsThatAreReadAnyway(t *testing.T) {
	q := event.Query{EventIDs: []int{4688}, Columns: []string{"TimeGenerated", "Process", "EventID"}}
	data := []byte(`{"TimeGenerated":"2026-11-20T01:00:00Z","EventID":"4688","Process":"a.exe"}
{"TimeGenerated":"2026-11-20T01:00:00Z","EventID":4624,"Process":"b.exe"}
{"TimeGenerated":"2026-11-19T01:00:00Z","EventID":4688,"Process":"c.exe"}
`)
	for _, mode := range []event.Mode{event.Fast, event.Strict} {
		q.Mode = mode
		s := event.NewScanner(q, day)
		if err := s.Open(t.Context(), blob{data: data}, named("x.json", string(data))); err != nil {
			t.Fatal(err)
		}
		var got []string
		for s.Scan() {
			for i := range q.Columns {
				got = append(got, s.Record().Value(i).Text())
			}
		}
		if want := []string{"2026-11-20T01:00:00Z", "a.exe", "4688"}; !slices.Equal(got, want) || s.Stats().Other != 1 || s.Stats().OutsideDay != 1 {
			t.Errorf("mode %d: %q, %+v", mode, got, s.Stats())
		}
	}
}
