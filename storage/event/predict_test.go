package event_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"sparkless/storage"
	"sparkless/storage/event"
)

// reading is what a scan gave.
type reading struct {
	records []string
	stats   event.Stats
}

func (r reading) text() string { return strings.Join(r.records, "\n") + asJSON(r.stats) }

// everyWay scans data in the strict and in the fast mode. Prediction must not
// show in either, whatever the data.
func everyWay(t testing.TB, data []byte, piece int) (strict, fast reading) {
	t.Helper()
	r := blob{data: data, piece: piece}
	rng := event.Whole(storage.Blob{Name: "x.json", Size: int64(len(data))})
	read := func(mode event.Mode, predict bool) reading {
		q := query
		q.Mode = mode
		s := event.NewScanner(q, day)
		if !predict {
			s.StopPredicting()
		}
		records, stats, err := scanWith(s, r, rng)
		if err != nil {
			t.Fatal(err)
		}
		return reading{records, stats}
	}
	both := func(mode event.Mode) reading {
		predicted, plain := read(mode, true), read(mode, false)
		if predicted.text() != plain.text() {
			t.Fatalf("mode %d: with prediction %s\nwithout %s", mode, predicted.text(), plain.text())
		}
		return predicted
	}
	return both(event.Strict), both(event.Fast)
}

// estate writes lines of several kinds, as exports have them: a fixed order of
// keys for each kind, some values that never change, some that change late.
type estate struct {
	rng   *rand.Rand
	kinds [][]string
	line  int
}

func newEstate(rng *rand.Rand) *estate {
	e := &estate{rng: rng}
	for range 1 + rng.IntN(5) {
		keys := []string{"TimeGenerated", "EventID", "Process", "NewProcessName", "TenantId", "Level", "Extra", "Account", "Eventid", "ProcessId"}
		rng.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		e.kinds = append(e.kinds, keys[:4+rng.IntN(7)])
	}
	return e
}

func (e *estate) write(b *bytes.Buffer, shuffled bool) {
	e.line++
	keys := e.kinds[e.rng.IntN(len(e.kinds))]
	if shuffled {
		e.rng.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	}
	space := []string{"", "", "", "", "", " ", "\t"}[e.rng.IntN(7)]
	b.WriteByte('{')
	for i, k := range keys {
		if i > 0 {
			b.WriteString("," + space)
		}
		fmt.Fprintf(b, "%s:%s%s", e.key(k), space, e.value(k))
	}
	b.WriteByte('}')
	b.WriteString([]string{"", "", "\r", " "}[e.rng.IntN(4)])
	b.WriteByte('\n')
}

func (e *estate) key(k string) string {
	if e.rng.IntN(200) == 0 {
		return fmt.Sprintf(`"\u%04x%s"`, k[0], k[1:])
	}
	return `"` + k + `"`
}

func (e *estate) value(k string) string {
	r := e.rng
	if r.IntN(60) == 0 {
		return []string{"null", `""`, "true", `[1,{"EventID":4688},"}"]`, `{"Process":"nested\"","a":{}}`, "-1.5e3", `"\\"`, `"\\\""`}[r.IntN(8)]
	}
	switch k {
	case "TimeGenerated":
		return fmt.Sprintf(`"2026-11-%02dT%02d:00:%02d.%dZ"`, 19+r.IntN(20)/19+r.IntN(20)/10, r.IntN(24), r.IntN(60), r.IntN(1e7))
	case "EventID":
		return []string{"4688", "4688", "4688", `"4688"`, "4624", "46880", "468", `"46881"`, "4689"}[r.IntN(9)]
	case "Process":
		return []string{`"svchost.exe"`, `"a\\b\"c.exe"`, `"\u0061.exe"`, `"é.exe"`, `"x` + strings.Repeat("y", r.IntN(30)) + `.exe"`}[r.IntN(5)]
	case "NewProcessName":
		return []string{`"C:\\Windows\\svchost.exe"`, `"C:\\"`, `"\\\\?\\x\\"`, `"` + strings.Repeat(`\\`, r.IntN(9)) + `"`}[r.IntN(4)]
	case "Level":
		if e.line > 60 && r.IntN(20) == 0 {
			return `"9"`
		}
		return `"8"`
	case "TenantId":
		return `"11111111-2222"`
	case "Extra":
		return fmt.Sprint(r.IntN(1000))
	}
	return []string{`"a"`, `"a\\"`, `"}{\",\"EventID\":4688"`, `"S-1-5"`}[r.IntN(4)]
}

// On valid lines without repeated keys, prediction changes nothing: neither while
// it learns, nor where lines change their layout or have none.
func TestPredictionChangesNothing(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 7))
		var data bytes.Buffer
		e := newEstate(rng)
		for range 30 + rng.IntN(300) {
			if rng.IntN(100) == 0 {
				e = newEstate(rng)
			}
			e.write(&data, seed%5 == 0)
		}
		strict, fast := everyWay(t, data.Bytes(), int(seed%3)*97)
		var plain []string // by encoding/json
		for l := range bytes.Lines(data.Bytes()) {
			if r, _ := oracle(bytes.TrimSpace(l)); r != "" {
				plain = append(plain, r)
			}
		}
		if strings.Join(strict.records, "\n") != strings.Join(plain, "\n") {
			t.Fatalf("seed %d: strict gives %d records, encoding/json %d", seed, len(strict.records), len(plain))
		}
		if fast.text() != strict.text() {
			t.Fatalf("seed %d: fast %s\nstrict: %s", seed, fast.text(), strict.text())
		}
	}
}

// A damaged line changes nothing about its neighbours.
func TestDamageStaysInItsLine(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 9))
		e := newEstate(rng)
		var clean, damaged bytes.Buffer
		for range 100 {
			var l bytes.Buffer
			e.write(&l, false)
			clean.Write(l.Bytes())
			damaged.Write(l.Bytes())
			if rng.IntN(3) == 0 { // a copy with damage, made unwanted by another day
				bad := bytes.ReplaceAll(bytes.TrimSuffix(l.Bytes(), []byte("\n")), []byte("2026-11-20"), []byte("2026-11-19"))
				bad = bytes.ReplaceAll(bad, []byte("2026-11-21"), []byte("2026-11-19"))
				switch rng.IntN(3) {
				case 0:
					bad = bad[:rng.IntN(len(bad))]
				case 1:
					at := rng.IntN(len(bad))
					bad = append(bad[:at:at], bad[min(at+1+rng.IntN(4), len(bad)):]...)
				case 2:
					bad[rng.IntN(len(bad))] = `"\{}[],:x`[rng.IntN(9)]
				}
				damaged.Write(bad)
				damaged.WriteByte('\n')
			}
		}
		want, _ := everyWay(t, clean.Bytes(), 0)
		strict, fast := everyWay(t, damaged.Bytes(), 0)
		if !isSubsequence(want.records, strict.records) || !isSubsequence(want.records, fast.records) {
			t.Fatalf("seed %d: damage took records of its neighbours", seed)
		}
	}
}

func isSubsequence(sub, all []string) bool {
	for _, s := range all {
		if len(sub) > 0 && s == sub[0] {
			sub = sub[1:]
		}
	}
	return len(sub) == 0
}

// FuzzPrediction primes the predictor with lines like the fuzzed one and damaged
// ones, then compares what it reads with the strict mode.
func FuzzPrediction(f *testing.F) {
	f.Add([]byte(line), []byte(`{"EventID":4624,"TimeGenerated":"2026-11-20T00:00:00Z"}`), uint8(30))
	f.Add([]byte(`{"a":1,"EventID":"4688","Process":"a\\","b":[],"TimeGenerated":"2026-11-20T00:00:00Z","NewProcessName":null}`), []byte(line), uint8(90))
	f.Add([]byte(`{"Process":"x","Process":"y","EventID":4688}`), []byte(`{}`), uint8(40))
	f.Fuzz(func(t *testing.T, one, other []byte, n uint8) {
		if bytes.IndexByte(one, '\n') >= 0 || bytes.IndexByte(other, '\n') >= 0 {
			return
		}
		var data bytes.Buffer
		data.WriteString("\n") // no compressed blob, no byte order mark
		for i := range int(n) + 20 {
			data.Write(one)
			data.WriteByte('\n')
			if i%3 == 2 {
				data.Write(other)
				data.WriteByte('\n')
			}
		}
		strict, fast := everyWay(t, data.Bytes(), 0)
		r, bad := oracle(one)
		o, badOther := oracle(other)
		blank := len(bytes.TrimSpace(one)) == 0 || len(bytes.TrimSpace(other)) == 0
		if want := (int(n)+20)*btoi(r != "") + (int(n)+20)/3*btoi(o != ""); !blank && strict.stats.Malformed[event.NoTime] == 0 && len(strict.records) != want {
			t.Fatalf("strict %d records, encoding/json %d (malformed %v, %v)", len(strict.records), want, bad, badOther)
		}
		if regular(one) && regular(other) && fast.text() != strict.text() {
			t.Fatalf("fast %s\nstrict: %s", fast.text(), strict.text())
		}
	})
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// regular reports whether a line is a valid object whose keys do not repeat.
func regular(line []byte) bool {
	if !json.Valid(line) {
		return false
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return false
	}
	seen := map[string]bool{}
	for dec.More() {
		key, _ := dec.Token()
		var skip json.RawMessage
		if k, ok := key.(string); !ok || seen[k] || dec.Decode(&skip) != nil {
			return false
		} else {
			seen[k] = true
		}
	}
	return true
}

// A few hostile lines must not fill the memory of a scanner: neither one of a
// million keys, nor many with large ones, nor thousands of layouts.
func TestPredictorIsBounded(t *testing.T) {
	var data bytes.Buffer
	for range 20 {
		fmt.Fprintln(&data, line)
	}
	data.WriteString("{")
	for i := range 200_000 {
		fmt.Fprintf(&data, `"":%d,`, i)
	}
	data.WriteString("\"EventID\":1}\n")
	for i := range 40 {
		fmt.Fprintf(&data, "{\"%s%d\":\"%s\",\"EventID\":1}\n", strings.Repeat("k", 60<<10), i, strings.Repeat("v", 1<<20))
	}
	for i := range 20_000 {
		fmt.Fprintf(&data, "{\"k%d\":1,\"EventID\":%d,\"Process\":\"a\"}\n", i, i%10000+5000)
	}
	fmt.Fprintln(&data, line)
	s := event.NewScanner(query, day)
	records, stats, err := scanWith(s, blob{data: data.Bytes()}, event.Whole(storage.Blob{Name: "x.json", Size: int64(data.Len())}))
	if err != nil || len(records) != 21 || stats.MalformedLines() != 0 {
		t.Errorf("%d records, %+v, %v", len(records), stats, err)
	}
	if n := s.PredictorBytes(); n > 16<<20 {
		t.Errorf("the predictor holds %d bytes", n)
	}
}

// Containers nested deeper than encoding/json allows are no valid line.
func TestNestingAsDeepAsJSON(t *testing.T) {
	for _, depth := range []int{9998, 9999, 10000, 10001} {
		data := `{"a":` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + "}"
		_, stats, err := scan(t, blob{data: []byte(data)}, named("x.json", data))
		if valid := json.Valid([]byte(data)); err != nil || valid != (stats.MalformedLines() == 0) {
			t.Errorf("depth %d: encoding/json %v, malformed %v, error %v", depth, valid, stats.Malformed, err)
		}
	}
}

// After Close there is nothing more to scan.
func TestScanAfterClose(t *testing.T) {
	data := line + "\n" + line + "\n"
	s := event.NewScanner(query, day)
	if err := s.Open(t.Context(), blob{data: []byte(data)}, named("x.json", data)); err != nil {
		t.Fatal(err)
	}
	if !s.Scan() || s.Close() != nil || s.Scan() {
		t.Error("a closed scanner goes on")
	}
}
