package variant

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"sparkless/bench/sample"
)

// generated are a small sample day's lines, made once.
var generated = sync.OnceValues(func() ([]byte, error) {
	cfg := sample.Default()
	cfg.Events, cfg.Names, cfg.Hosts, cfg.Impostors = 3000, 300, 20, 5
	var all bytes.Buffer
	_, err := sample.Generate(cfg, func(_ string, data []byte) error {
		all.Write(data)
		return nil
	})
	return all.Bytes(), err
})

func lines(t *testing.T) []byte {
	t.Helper()
	data, err := generated()
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(data)
}

func rewritten(t *testing.T, kind Kind, data []byte) []byte {
	t.Helper()
	out, err := New(kind, 1).Blob(data)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func objects(t *testing.T, data []byte) (all []map[string]any) {
	t.Helper()
	for line := range bytes.Lines(data) {
		var o map[string]any
		if err := json.Unmarshal(line, &o); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		all = append(all, o)
	}
	return all
}

// keys are the top-level keys as they stand in the line.
func keys(t *testing.T, line []byte) (all []string) {
	t.Helper()
	columns, err := split(bytes.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range columns {
		key, _, _ := bytes.Cut(c, []byte(":"))
		all = append(all, string(key))
	}
	return all
}

func TestShuffledKeepsRecordsAndChangesTheOrder(t *testing.T) {
	before := lines(t)
	after := rewritten(t, Shuffled, before)
	same := 0
	a, b := slices.Collect(bytes.Lines(before)), slices.Collect(bytes.Lines(after))
	for i, o := range objects(t, before) {
		if !maps.EqualFunc(o, objects(t, b[i])[0], func(x, y any) bool { return x == y }) {
			t.Fatalf("line %d became another record", i)
		}
		if slices.Equal(keys(t, a[i]), keys(t, b[i])) {
			same++
		}
	}
	if same > 0 {
		t.Errorf("%d of %d lines kept their order", same, len(a))
	}
	if !bytes.Equal(after, rewritten(t, Shuffled, before)) {
		t.Error("the same seed gave other bytes")
	}
}

func TestWideHasAllColumnsOfTheTable(t *testing.T) {
	before := lines(t)
	after := objects(t, rewritten(t, Wide, before))
	for i, o := range objects(t, before) {
		if len(after[i]) != columnsOfTable {
			t.Fatalf("line %d has %d columns", i, len(after[i]))
		}
		for k, v := range o {
			if after[i][k] != v {
				t.Fatalf("line %d: %s became %v", i, k, after[i][k])
			}
		}
	}
}

func TestHostileMeansTheSame(t *testing.T) {
	before := lines(t)
	raw := rewritten(t, Hostile, before)
	if !utf8.Valid(raw) {
		t.Error("hostile lines are not UTF-8")
	}
	after := objects(t, raw)
	for i, o := range objects(t, before) {
		for _, k := range []string{"EventID", "TimeGenerated", "Process", "NewProcessName"} {
			if after[i][k] != o[k] {
				t.Fatalf("line %d: %s became %v", i, k, after[i][k])
			}
		}
	}
	for _, want := range []string{`"Nested":{`, `"\u00`, " :\t", `\"EventID\":4688`} {
		if !bytes.Contains(raw, []byte(want)) {
			t.Errorf("no line has %s", want)
		}
	}
}

func TestBrokenIsNotUTF8AndStillJSONToGo(t *testing.T) {
	before := lines(t)
	raw := rewritten(t, Broken, before)
	if utf8.Valid(raw) {
		t.Error("broken lines are UTF-8")
	}
	if a, b := len(objects(t, before)), len(objects(t, raw)); a != b {
		t.Errorf("%d lines became %d", a, b)
	}
}

func TestSplitRefusesWhatIsNoObject(t *testing.T) {
	for _, line := range []string{"", "{", "[]", `"x"`, `{"a":1`} {
		if columns, err := split([]byte(line)); err == nil {
			t.Errorf("%q gave %q", line, columns)
		}
	}
}

func TestSplitMindsStringsAndNesting(t *testing.T) {
	line := `{"a":"x\",\"b","c\\":1,"d":{"e":[1,2],"f":"}"},"g":"[,"}`
	columns, err := split([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`"a":"x\",\"b"`, `"c\\":1`, `"d":{"e":[1,2],"f":"}"}`, `"g":"[,"`}
	if got := bytes.Join(columns, []byte("\n")); string(got) != strings.Join(want, "\n") {
		t.Errorf("got\n%s", got)
	}
}
