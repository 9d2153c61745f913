package datacollector

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"sparkless/publish"
)

// TestBatchesFillUpToTheLimits goes through the server, which checks the length
// that was signed. The limits are smaller ones, to be quick.
func TestBatchesFillUpToTheLimits(t *testing.T) {
	for name, c := range map[string]struct {
		row     string
		records int
		want    []int
	}{
		"bytes": {`{"a":"` + strings.Repeat("ö", 4_990) + `"}`, 23, []int{10, 10, 3}},
		"count": {`{"a":1}`, 121, []int{50, 50, 21}},
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t)
			sink := sinkAt(t, server.URL())
			sink.format.Bytes, sink.format.Records = 100_000, 50
			for rest := bodies(slices.Repeat([]string{c.row}, c.records)...); len(rest) > 0; {
				n, err := sink.Send(t.Context(), rest)
				if err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			var got []int
			for _, p := range server.Posts() {
				got = append(got, p.Records)
				if p.Bytes > sink.format.Bytes {
					t.Errorf("%d bytes", p.Bytes)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("posts of %v records, want %v", got, c.want)
			}
		})
	}
	if f := sinkAt(t, "").format; f.Bytes != 25_000_000 || f.Records != 5_000 {
		t.Errorf("limits %+v", f)
	}
}

func TestRecordsThatCanNeverBeSent(t *testing.T) {
	full := format()
	var names []string
	for i := range 501 {
		names = append(names, fmt.Sprintf(`"f%d":1`, i))
	}
	for _, body := range []string{
		``, `[]`, `7`, `{"a":1}{}`, `{"a":1,"a":2}`, `{"a b":1}`, `{"é":1}`, `{"":1}`, `{"TimeGenerated":1}`,
		`{"tenant":1}`, `{"RawData":1}`, `{"` + strings.Repeat("a", 46) + `":1}`, "{" + strings.Join(names, ",") + "}",
	} {
		if _, n, err := full.Batch(bodies(body)); n != 0 || !errors.Is(err, publish.ErrRefused) || !strings.Contains(err.Error(), `"r0"`) {
			t.Errorf("%.40s: %d, %v", body, n, err)
		}
		// What stands before it is sent first.
		if got, n, err := full.Batch(bodies(`{"a":1}`, body, `{"a":2}`)); n != 1 || err != nil || string(got) != `[{"a":1}]` {
			t.Errorf("%.40s: %s, %d, %v", body, got, n, err)
		}
	}
	names = names[:500]
	if _, n, err := full.Batch(bodies("{" + strings.Join(names, ",") + "}")); n != 1 || err != nil {
		t.Errorf("500 fields: %v", err)
	}
}

// TestLongFieldsAreCutVisibly: what the server holds is what was sent, with the
// mark, for characters of every width at every offset.
func TestLongFieldsAreCutVisibly(t *testing.T) {
	server := start(t)
	sink := sinkAt(t, server.URL())
	maxValue := sink.format.Value
	var records []publish.Record
	for _, c := range []string{"a", "é", "語", "😀", "\""} {
		for offset := range 4 {
			text, err := json.Marshal(strings.Repeat("x", offset) + strings.Repeat(c, 40_000/len(c)))
			if err != nil {
				t.Fatal(err)
			}
			records = append(records, bodies(fmt.Sprintf(`{"s":%s,"l":[%s]}`, text, text))...)
		}
	}
	if n, err := sink.Send(t.Context(), records); n != len(records) || err != nil {
		t.Fatal(n, err)
	}
	for i, row := range server.Rows() {
		for _, column := range []string{"s_s", "l_s"} {
			s, _ := row.Values[column].(string)
			if len(s) > maxValue || len(s) < maxValue-4 || !utf8.ValidString(s) || !strings.HasSuffix(s, " bytes in all]") || strings.Contains(s, "\uFFFD") {
				t.Errorf("record %d, %s: %d bytes, ends %q", i, column, len(s), s[max(0, len(s)-40):])
			}
		}
	}
}
