package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"sparkless/publish"
)

// small is a format that is quick to fill.
var small = Format{Bytes: 1_000, Records: 10, Fields: 5, Value: 200, Nested: Outline,
	Name: func(name string) error {
		if name == "bad" || strings.ContainsAny(name, "\"\\") || !utf8.ValidString(name) {
			return errors.New("no such column")
		}
		return nil
	}}

func bodies(texts ...string) []publish.Record {
	records := make([]publish.Record, len(texts))
	for i, text := range texts {
		records[i] = publish.Record{ID: fmt.Sprintf("r%d", i), Body: json.RawMessage(text)}
	}
	return records
}

// row is one of size bytes, of which the number n is a part.
func row(n, size int) string {
	text := fmt.Sprintf(`{"n":%06d,"a":"`, n+100_000)
	for size-len(text)-2 > 150 { // below the limit of a value
		text += strings.Repeat("x", 100) + fmt.Sprintf(`","f%d":"`, len(text)%10_000)
	}
	return text + strings.Repeat("x", size-len(text)-2) + `"}`
}

// TestBatchIsTheLongestThatFits at the very edge of the limit.
func TestBatchIsTheLongestThatFits(t *testing.T) {
	f := small
	f.Fields = 50
	for excess, want := range map[int]int{-1: 2, 0: 2, 1: 1} {
		body, n, err := f.Batch(bodies(row(1, 500), row(2, f.Bytes-500-len(`[,]`)+excess)))
		if err != nil || n != want || !json.Valid(body) || want == 2 && len(body) != f.Bytes+excess {
			t.Errorf("%+d: %d records, %d bytes, %v", excess, n, len(body), err)
		}
		body, n, err = f.Batch(bodies(row(1, f.Bytes-len(`[]`)+excess)))
		if fits := excess <= 0; fits != (err == nil) || fits != (n == 1) || fits != (len(body) == f.Bytes+excess) || !fits && !errors.Is(err, publish.ErrRefused) {
			t.Errorf("%+d alone: %d records, %d bytes, %v", excess, n, len(body), err)
		}
	}
	if _, n, err := f.Batch(nil); n != 0 || err != nil {
		t.Errorf("nothing: %d, %v", n, err)
	}
}

// TestEveryRecordIsInOneBatch, once and in order, and every batch under its
// limits, for sizes around them.
func TestEveryRecordIsInOneBatch(t *testing.T) {
	f := small
	f.Fields = 50
	r := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		texts := make([]string, r.IntN(40))
		for i := range texts {
			size := []int{40 + r.IntN(20), f.Bytes/f.Records - 3 + r.IntN(6), f.Bytes/2 - 3 + r.IntN(4), f.Bytes - 4 + r.IntN(6)}[r.IntN(4)]
			texts[i] = row(i, size)
		}
		var got []string
		for rest := bodies(texts...); len(rest) > 0; {
			body, n, err := f.Batch(rest)
			if err != nil {
				if n != 0 || !errors.Is(err, publish.ErrRefused) || len(rest[0].Body)+2 <= f.Bytes || !strings.Contains(err.Error(), rest[0].ID) {
					t.Fatalf("%d, %v", n, err)
				}
				got, rest = append(got, string(rest[0].Body)), rest[1:]
				continue
			}
			var rows []json.RawMessage
			if err := json.Unmarshal(body, &rows); err != nil || len(rows) != n || n < 1 || n > f.Records || len(body) > f.Bytes {
				t.Fatalf("%d rows, %d said, %d bytes, %v", len(rows), n, len(body), err)
			}
			if next := len(body) + 1; n < len(rest) && n < f.Records && next+len(rest[n].Body) <= f.Bytes {
				t.Fatalf("%d bytes, and %d more would fit", len(body), len(rest[n].Body))
			}
			for _, one := range rows {
				got = append(got, string(one))
			}
			rest = rest[n:]
		}
		if strings.Join(got, "\n") != strings.Join(texts, "\n") {
			t.Fatalf("%d records in, %d out", len(texts), len(got))
		}
	}
}

func TestRecordsThatCanNeverBeSent(t *testing.T) {
	for _, body := range []string{
		``, `[]`, `7`, `{"a":1}{}`, `{"a":1,"a":2}`, `{"bad":1}`, `{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1}`,
		`{"a":` + strings.Repeat("1", 201) + `}`, `{"a":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`,
	} {
		if _, n, err := small.Batch(bodies(body)); n != 0 || !errors.Is(err, publish.ErrRefused) || !strings.Contains(err.Error(), `"r0"`) {
			t.Errorf("%.40s: %d, %v", body, n, err)
		}
		// What stands before it is sent first.
		if got, n, err := small.Batch(bodies(`{"a":1}`, body, `{"a":2}`)); n != 1 || err != nil || string(got) != `[{"a":1}]` {
			t.Errorf("%.40s: %s, %d, %v", body, got, n, err)
		}
	}
}

func TestRowsAreCopiedAsWritten(t *testing.T) {
	for body, want := range map[string]string{
		`{}`:                           `{}`,
		`{"a":null}`:                   `{}`,
		`{"a":null,"b":1,"c":null}`:    `{"b":1}`,
		` {"z":1.50 , "a": -0e-7} `:    `{"z":1.50,"a":-0e-7}`,
		`{"n":123456789012345678901}`:  `{"n":123456789012345678901}`,
		`{"s":"<&>\u003c\/\u202e\n"}`:  "{\"s\":\"<&></\u202e\\n\"}",
		"{\"s\":\"a\xffb\\ud800\"}":    "{\"s\":\"a\uFFFDb\uFFFD\"}",
		"{\"l\":[ \"\xff\" , null ]}":  "{\"l\":[\"\uFFFD\",null]}",
		`{"a":true,"b":false,"c":" "}`: `{"a":true,"b":false,"c":" "}`,
	} {
		for name, nested := range map[string]func([]byte, int) ([]byte, error){"text": Text, "outline": Outline} {
			f := small
			f.Nested = nested
			if got, _, err := f.Batch(bodies(body)); err != nil || string(got) != "["+want+"]" {
				t.Errorf("%s, nested as %s: %s, %v; want %s", body, name, got, err, want)
			}
		}
	}
}

// FuzzBatch: whatever a record holds, what is sent is JSON in UTF-8 within the
// limits, or the record is refused.
func FuzzBatch(f *testing.F) {
	for _, body := range []string{
		`{"a":"` + strings.Repeat(`\u0001`, 300) + `"}`, "{\"a\":[\"\xff\\ud800\",{\"b\":null}],\"c\":null}", `{"a":1e999}`, `{"é":{"":[[]]}}`,
		`{"a":[` + strings.Repeat(`{"value":"C:\\x","count":1},`, 30) + `1]}`, `{"a":{"` + strings.Repeat("k", 300) + `":1}}`, `{"bad":1}`, `x`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, nested := range []func([]byte, int) ([]byte, error){Text, Outline} {
			format := small
			format.Nested = nested
			sent, n, err := format.Batch([]publish.Record{{ID: "r", Body: body}})
			if err != nil {
				if n != 0 || !errors.Is(err, publish.ErrRefused) {
					t.Fatalf("%d, %v", n, err)
				}
				continue
			}
			var rows []map[string]json.RawMessage
			if err := json.Unmarshal(sent, &rows); err != nil || n != 1 || len(rows) != 1 || len(sent) > format.Bytes || !utf8.Valid(sent) {
				t.Fatalf("%q: %d rows, %d bytes, %v", body, len(rows), len(sent), err)
			}
			for name, value := range rows[0] {
				checkValue(t, name, value)
			}
		}
	})
}

func checkValue(t *testing.T, name string, value json.RawMessage) {
	var text string
	_ = json.Unmarshal(value, &text) // no string: empty
	if bytes.Equal(value, []byte("null")) || len(text) > small.Value || text == "" && len(value) > small.Value {
		t.Errorf("%s is %q", name, value)
	}
}
