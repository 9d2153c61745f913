package masquerade

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/hbollon/go-edlib"

	"sparkless/publish"
	"sparkless/storage"
	"sparkless/storage/event"
	"sparkless/storage/storagetest"
)

// The oracle computes the notebook's result from its definition and the lines
// of the export. It shares no code with the package.

// seen is what the oracle counted of one name.
type seen struct {
	name        string
	null        bool // the group of events without Process
	count       int64
	first, last string
	columns     map[string]map[string]int64 // column, value, events
	percent     float64
}

// match is one pair, as the oracle and as the published records tell it.
type match struct {
	normal, rare               string
	score                      uint32 // bits of the float32
	distance                   int
	normalCount, rareCount     int64
	normalPercent, rarePercent uint64 // bits of the float64
	first, last                string
}

func oracleCounts(t testing.TB, lines [][]byte) []*seen {
	groups := map[string]*seen{}
	for _, line := range lines {
		if !bytes.Contains(line, []byte("4688")) {
			continue // spares the decoding of most lines
		}
		var fields map[string]any
		if err := json.Unmarshal(line, &fields); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if id := fmt.Sprint(fields["EventID"]); id != "4688" {
			continue
		}
		process, ok := fields["Process"].(string)
		key := "null"
		if ok {
			process = oracleLower(process)
			key = "=" + process
		}
		g := groups[key]
		if g == nil {
			g = &seen{name: process, null: !ok, columns: map[string]map[string]int64{}}
			groups[key] = g
		}
		at := oracleTime(t, fields["TimeGenerated"].(string))
		if g.count == 0 || at < g.first {
			g.first = at
		}
		g.last = max(g.last, at)
		g.count++
		for column, v := range fields {
			if g.columns[column] == nil {
				g.columns[column] = map[string]int64{}
			}
			if s, ok := v.(string); ok && s != "" {
				g.columns[column][s]++
			}
		}
	}
	var all []*seen
	for _, g := range groups {
		all = append(all, g)
	}
	return all
}

// oracleLower is Java's String.toLowerCase without its final sigma.
func oracleLower(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == 'İ' {
			b.WriteString("i\u0307")
		} else {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

func oracleTime(t testing.TB, s string) string {
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC().Format("2006-01-02T15:04:05.0000000Z")
}

// oraclePercents gives each name how many names have a lower count, over all
// others: the lowest rank of its ties.
func oraclePercents(names []*seen) {
	for _, n := range names {
		below := 0
		for _, o := range names {
			if o.count < n.count {
				below++
			}
		}
		n.percent = 0.0
		if len(names) > 1 {
			n.percent = float64(below) / float64(len(names)-1)
		}
	}
}

// scored is the score and distance of two names. Below floor neither matters.
type scored struct {
	score    float32
	distance int
}

type scores struct {
	floor float64
	known map[[2]string]scored
}

func (s *scores) of(a, b string) scored {
	if a > b {
		a, b = b, a // both are symmetric
	}
	v, ok := s.known[[2]string{a, b}]
	if !ok {
		v = oracleScore(a, b, s.floor)
		s.known[[2]string{a, b}] = v
	}
	return v
}

func oracleScore(a, b string, floor float64) scored {
	partsA, partsB := strings.Split(a, "."), strings.Split(b, ".")
	if len(partsA) == 1 || len(partsB) == 1 {
		return scored{}
	}
	if partsA[len(partsA)-1] == partsB[len(partsB)-1] {
		a = strings.Join(partsA[:len(partsA)-1], ".")
		b = strings.Join(partsB[:len(partsB)-1], ".")
	}
	if a == "" && b == "" {
		return scored{1, 0}
	}
	// No alignment keeps more characters than both have in common. That spares
	// most of the tables.
	common, left := 0, map[rune]int{}
	for _, r := range a {
		left[r]++
	}
	for _, r := range b {
		if left[r]--; left[r] >= 0 {
			common++
		}
	}
	longer := max(len([]rune(a)), len([]rune(b)))
	if float64(common) < (floor-0.01)*float64(longer) {
		return scored{}
	}
	score, err := edlib.StringsSimilarity(a, b, edlib.DamerauLevenshtein)
	if err != nil {
		panic(err)
	}
	return scored{score, edlib.DamerauLevenshteinDistance(a, b)}
}

func oracleMatches(names []*seen, p Params, s *scores) []match {
	var out []match
	for _, f := range names {
		for _, r := range names {
			if f.null || r.null || !(f.percent >= p.Frequent) || !(r.percent < p.Rare) {
				continue
			}
			v := s.of(f.name, r.name)
			if float64(v.score) > p.Similarity {
				out = append(out, match{f.name, r.name, math.Float32bits(v.score), v.distance, f.count, r.count,
					math.Float64bits(f.percent), math.Float64bits(r.percent), r.first, r.last})
			}
		}
	}
	sort.Slice(out, func(i, j int) bool {
		a, b := out[i], out[j]
		if a.score != b.score {
			return math.Float32frombits(a.score) > math.Float32frombits(b.score)
		}
		return a.rare+"\x00"+a.normal < b.rare+"\x00"+b.normal
	})
	return out
}

// published reads back what Finish has made.
func published(t testing.TB, records []publish.Record) (out []match) {
	for _, r := range records {
		var body struct {
			NormalProcess, PotentiallyMaliciousProcess string
			AnomalyScore                               json.Number
			Distance                                   int
			MaliciousCount, NormalCount                int64
			MaliciousPercentRank, NormalPercentRank    float64
			FirstSeen, LastSeen                        string
		}
		if err := json.Unmarshal(r.Body, &body); err != nil {
			t.Fatal(err)
		}
		score, err := strconv.ParseFloat(body.AnomalyScore.String(), 32)
		if err != nil || strconv.FormatFloat(score, 'f', -1, 32) != body.AnomalyScore.String() {
			t.Errorf("the score %s is not the shortest text of a float32", body.AnomalyScore)
		}
		out = append(out, match{body.NormalProcess, body.PotentiallyMaliciousProcess, math.Float32bits(float32(score)), body.Distance,
			body.NormalCount, body.MaliciousCount, math.Float64bits(body.NormalPercentRank), math.Float64bits(body.MaliciousPercentRank),
			body.FirstSeen, body.LastSeen})
	}
	return out
}

// scanned counts lines as the job does.
func scanned(t testing.TB, lines [][]byte) *Counts {
	m := storagetest.NewMem()
	data := append(bytes.Join(lines, []byte("\n")), '\n')
	if err := m.Put(t.Context(), "PT05M.json", data); err != nil {
		t.Fatal(err)
	}
	blob, err := storage.Find(t.Context(), m, "PT05M.json")
	if err != nil {
		t.Fatal(err)
	}
	everything := event.Window{From: time.Unix(0, 0), To: time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)}
	s := event.NewScanner(New(NotebookParams(), "", 1).Spec().Query, everything)
	if err := s.Open(t.Context(), m, event.Whole(blob)); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c := NewCounts()
	for s.Scan() {
		c.Add(s.Record())
	}
	if stats := s.Stats(); s.Err() != nil || stats.MalformedLines() > 0 || stats.OutsideDay > 0 {
		t.Fatalf("%+v, %v", stats, s.Err())
	}
	return c
}

var settings = []Params{NotebookParams(), {Frequent: 0.5, Rare: 0.5, Similarity: 0.7}, {Frequent: 0.9, Rare: 0.1, Similarity: 0.8}, {Frequent: 0.2, Rare: 0.8, Similarity: 0.6}, {Frequent: 0, Rare: 1, Similarity: 0.85}, {Frequent: 1, Rare: 0, Similarity: 0.6}, {Frequent: 0.8, Rare: 0.2, Similarity: 1}}

// agree compares what the package and what the oracle make of the same lines,
// and returns the number of pairs at all settings.
func agree(t *testing.T, lines [][]byte) (pairs int) {
	t.Helper()
	counts, names := scanned(t, lines), oracleCounts(t, lines)
	oraclePercents(names)
	if counts.Names() != len(names) {
		t.Errorf("%d names, the oracle has %d", counts.Names(), len(names))
	}
	for _, n := range names {
		if got := counts.Count(n.name); !n.null && got != n.count {
			t.Errorf("%q: %d times, the oracle says %d", n.name, got, n.count)
		}
	}
	s := &scores{floor: 0.6, known: map[[2]string]scored{}}
	for _, p := range settings {
		records, err := New(p, "", 2).Finish(t.Context(), event.Day(november20), counts, NewCounts())
		if err != nil {
			t.Fatal(err)
		}
		got, want := published(t, records), oracleMatches(names, p, s)
		if !slices.Equal(got, want) {
			t.Errorf("%+v: %d pairs, the oracle has %d\n%+v\n%+v", p, len(got), len(want), got, want)
		}
		contextAgrees(t, records, names)
		pairs += len(got)
	}
	return pairs
}

// contextAgrees checks that each published tally is exact, and that there are as
// many as there can be.
func contextAgrees(t *testing.T, records []publish.Record, names []*seen) {
	t.Helper()
	byName := map[string]*seen{}
	for _, n := range names {
		if !n.null {
			byName[n.name] = n
		}
	}
	for _, r := range records {
		var f Finding
		if err := json.Unmarshal(r.Body, &f); err != nil {
			t.Fatal(err)
		}
		rare, normal := byName[f.PotentiallyMaliciousProcess], byName[f.NormalProcess]
		tallied(t, f.Paths, rare.columns["NewProcessName"])
		tallied(t, f.Hosts, rare.columns["Computer"])
		tallied(t, f.Parents, rare.columns["ParentProcessName"])
		tallied(t, f.Accounts, rare.columns["Account"])
		tallied(t, f.CommandLines, rare.columns["CommandLine"])
		tallied(t, f.NormalPaths, normal.columns["NewProcessName"])
	}
}

func tallied(t *testing.T, got []Tally, all map[string]int64) {
	t.Helper()
	whole := map[string]int64{}
	for value, n := range all {
		if len(value) > 512 {
			value = strings.ToValidUTF8(value[:509], "") + "…"
		}
		whole[value] += n
	}
	if len(got) != min(len(whole), 8) {
		t.Errorf("%d values of %d", len(got), len(whole))
	}
	for i, v := range got {
		if v.Count != whole[v.Value] || i > 0 && v.Count > got[i-1].Count {
			t.Errorf("%q %d times, the oracle says %d (in %+v)", v.Value, v.Count, whole[v.Value], got)
		}
	}
}
