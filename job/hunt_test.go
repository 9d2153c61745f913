package job_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sparkless/job"
	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

var day = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

// words is a small detector's state: how often each word was seen.
type words struct {
	counts map[string]int64
	onAdd  func()
}

func (w *words) Add(r *event.Record) {
	if w.onAdd != nil {
		w.onAdd()
	}
	w.counts[r.Value(0).Text()]++
}

func (w *words) Merge(o *words) {
	for word, n := range o.counts {
		w.counts[word] += n
	}
}

type wordsFile struct {
	Note   string
	Counts map[string]int64
}

func (w *words) Encode(note string) ([]byte, error) {
	text, err := json.Marshal(wordsFile{note, w.counts})
	return fmt.Appendf(text, "\n%x", sha256.Sum256(text)), err
}

var errDamaged = errors.New("damaged")

func (w *words) Decode(file []byte) (string, error) {
	text, sum, _ := bytes.Cut(file, []byte("\n"))
	var f wordsFile
	w.counts = map[string]int64{"rubbish of a failed Decode": 1 << 40}
	if fmt.Sprintf("%x", sha256.Sum256(text)) != string(sum) || json.Unmarshal(text, &f) != nil {
		return "rubbish", errDamaged
	}
	w.counts = f.Counts
	return f.Note, nil
}

// counter is the detector of words.
type counter struct {
	version   int
	onAdd     func()
	finishErr error
}

func (c *counter) Spec() event.Spec {
	return event.Spec{Detector: "words", Version: 1 + c.version, Container: "am-securityevent",
		Query: event.Query{EventIDs: []int{4688}, Columns: []string{"Process"}}}
}

func (c *counter) New() *words { return &words{map[string]int64{}, c.onAdd} }

func (c *counter) Finish(_ context.Context, w event.Window, day, history *words) ([]publish.Record, error) {
	if len(history.counts) > 0 {
		return nil, errors.New("a history from nowhere")
	}
	var out []publish.Record
	for _, word := range slices.Sorted(maps.Keys(day.counts)) {
		out = append(out, wordRecord(w.From, word, day.counts[word]))
	}
	return out, c.finishErr
}

func wordRecord(date time.Time, word string, n int64) publish.Record {
	body, err := publish.Body(map[string]any{"word": word, "count": n})
	if err != nil {
		panic(err)
	}
	return publish.Record{ID: "w-" + word, Day: date.Format(time.DateOnly), Body: body}
}

// export writes a day of blobs. All it makes can be read back by oracle.
type export struct {
	*storagetest.Mem
	t   testing.TB
	rng *rand.Rand
}

func newExport(t testing.TB, seed uint64) *export {
	return &export{storagetest.NewMem(), t, rand.New(rand.NewPCG(seed, 4688))}
}

const base = "WorkspaceResourceId=/subscriptions/s/resourcegroups/rg/providers/microsoft.operationalinsights/workspaces/contoso"

// blobName is that of the i-th five-minute folder of the date.
func blobName(date time.Time, i int) string {
	return fmt.Sprintf("%s/y=%d/m=%02d/d=%02d/h=%02d/m=%02d/PT05M.json", base, date.Year(), date.Month(), date.Day(), i/12%24, i%12*5)
}

// line is one event of a word at some time of the date.
func (e *export) line(date time.Time, word string) string {
	at := date.Add(time.Duration(e.rng.Int64N(int64(24 * time.Hour))))
	return fmt.Sprintf(`{"TimeGenerated":%q,"EventID":4688,"Process":%q,"Pad":%q}`, at.Format(time.RFC3339Nano), word, strings.Repeat("x", e.rng.IntN(60)))
}

// lines are n events of few words, with some of other kinds among them.
func (e *export) lines(date time.Time, n int) string {
	var b strings.Builder
	for range n {
		word := fmt.Sprint("w", e.rng.IntN(9))
		switch e.rng.IntN(12) {
		case 0:
			b.WriteString(strings.Replace(e.line(date, word), "4688", "4624", 1))
		case 1:
			b.WriteString(e.line(date.AddDate(0, 0, 1), word))
		case 2:
			b.WriteString("\r")
		default:
			b.WriteString(e.line(date, word))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func (e *export) put(name, content string) {
	e.t.Helper()
	put(e.t, e.Mem, name, []byte(content))
}

// fill writes n blobs of a date, one of them empty, one compressed, and one far
// larger than a shard.
func (e *export) fill(date time.Time, n int) *export {
	e.t.Helper()
	for i := range n {
		content := e.lines(date, 1+e.rng.IntN(12))
		name := blobName(date, i*(288/n))
		switch i {
		case 1:
			content = ""
		case 2:
			content = e.lines(date, 60)
		case 3:
			var z bytes.Buffer
			w := gzip.NewWriter(&z)
			io.WriteString(w, content)
			w.Close()
			name, content = name+".gz", z.String()
		}
		e.put(name, content)
	}
	return e
}

func put(t testing.TB, m *storagetest.Mem, name string, data []byte) {
	t.Helper()
	if err := m.Put(t.Context(), name, data); err != nil {
		t.Fatal(err)
	}
}

// content is what a store holds below a prefix.
func content(t testing.TB, s storage.Reader, prefix string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for b, err := range s.List(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		data, err := storage.ReadBlob(t.Context(), s, b)
		if err != nil {
			t.Fatal(err)
		}
		out[b.Name] = string(data)
	}
	return out
}

// oracle works out the records of a date from the blobs, without the package.
func (e *export) oracle(date time.Time) []publish.Record {
	counts, _ := e.reckon(date)
	var out []publish.Record
	for word, n := range counts {
		out = append(out, wordRecord(date, word, n))
	}
	slices.SortFunc(out, func(a, b publish.Record) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// stats is what the oracle counts of the lines.
func (e *export) stats(date time.Time) event.Stats {
	_, stats := e.reckon(date)
	return stats
}

func (e *export) reckon(date time.Time) (map[string]int64, event.Stats) {
	counts, stats := map[string]int64{}, event.Stats{}
	for name, data := range content(e.t, e.Mem, "WorkspaceResourceId=") {
		if strings.HasSuffix(name, ".gz") {
			data = unzipped(e.t, data)
		}
		if !strings.Contains(name, date.Format("/y=2006/m=01/d=02/")) {
			continue
		}
		offset := 0
		for line := range strings.Lines(data) {
			var v struct {
				TimeGenerated time.Time
				EventID       int
				Process       string
			}
			stats.Bytes += int64(len(strings.TrimSuffix(line, "\n")))
			switch {
			case strings.TrimSpace(line) == "":
				stats.Lines--
			case json.Unmarshal([]byte(line), &v) != nil:
				stats.Malformed, stats.MalformedHours = map[event.Reason]int64{event.Truncated: 1}, map[int]int64{0: 1}
				stats.Samples = append(stats.Samples, event.Sample{Blob: name, Offset: int64(offset), Reason: event.Truncated, Text: fmt.Sprintf("%q", strings.TrimSpace(line))})
			case v.EventID != 4688:
				stats.Other++
			case !v.TimeGenerated.UTC().Truncate(24 * time.Hour).Equal(date):
				stats.OutsideDay++
				at := v.TimeGenerated.UnixNano()
				if o := &stats.Outside; *o == (event.Span{}) {
					*o = event.Span{First: at, Last: at}
				} else {
					o.First, o.Last = min(o.First, at), max(o.Last, at)
				}
			default:
				stats.Records++
				stats.Hours[v.TimeGenerated.UTC().Hour()]++
				counts[v.Process]++
			}
			stats.Lines++
			offset += len(line)
		}
	}
	return counts, stats
}

func unzipped(t testing.TB, data string) string {
	z, err := gzip.NewReader(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(plain)
}

// sink takes records in batches and remembers them.
type sink struct {
	name  string
	batch int
	fail  func() error // asked before each batch

	mu    sync.Mutex
	taken []publish.Record
	sends int
}

func (s *sink) Name() string { return s.name }

func (s *sink) Send(_ context.Context, records []publish.Record) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sends++
	if s.fail != nil {
		if err := s.fail(); err != nil {
			return 0, err
		}
	}
	n := min(len(records), max(s.batch, 1))
	s.taken = append(s.taken, records[:n]...)
	return n, nil
}

// opens counts how often each blob is opened.
type opens struct {
	*export
	mu    sync.Mutex
	count map[string]int
}

func (o *opens) Open(ctx context.Context, b storage.Blob, offset, length int64) (io.ReadCloser, error) {
	o.mu.Lock()
	if o.count == nil {
		o.count = map[string]int{}
	}
	o.count[b.Name]++
	o.mu.Unlock()
	return o.export.Open(ctx, b, offset, length)
}

func (o *opens) reset() map[string]int {
	o.mu.Lock()
	defer o.mu.Unlock()
	count := o.count
	o.count = nil
	return count
}

const shardSize = 2048

func newHunt(input storage.Reader, work storage.Store, sinks ...publish.Sink) *job.Hunt[*words] {
	return &job.Hunt[*words]{
		Detector: &counter{},
		Input:    input,
		Work:     work,
		Engine:   job.Local(2),
		Sinks:    func(event.Window) ([]publish.Sink, error) { return sinks, nil },
		Config:   job.Config{Scope: "all", Workers: 2, ShardSize: shardSize, MaxMalformed: 0.01, PartialMalformed: 1, MissingHours: 1000},
	}
}

func mustDay(t testing.TB, h *job.Hunt[*words], date time.Time) *job.Result[*words] {
	t.Helper()
	r, err := h.Day(t.Context(), date)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func sameRecords(t testing.TB, what string, got, want []publish.Record) {
	t.Helper()
	if !slices.EqualFunc(got, want, func(a, b publish.Record) bool {
		return a.ID == b.ID && a.Day == b.Day && bytes.Equal(a.Body, b.Body)
	}) {
		t.Errorf("%s: got %s\nwant %s", what, asText(got), asText(want))
	}
}

func asText(records []publish.Record) string {
	var b strings.Builder
	for _, r := range records {
		fmt.Fprintf(&b, "%s %s  ", r.Day, r.Body)
	}
	return b.String()
}
