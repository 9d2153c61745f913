package publish

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"sparkless/storage"
)

func TestOutboxKeepsBodiesByteForByte(t *testing.T) {
	bodies := []string{
		`{}`, `{"a":"<b>&\u003c\/"}`, `{ "a" : [1, 2.50, 1e400] }`, "{\"raw\":\"\xff\u2028\u202e\"}",
		`{"lone":"\ud800","a":1,"a":2}`, `{"n":12345678901234567890}`, "{\"tab\":\t1}",
	}
	var records []Record
	for i, b := range bodies {
		records = append(records, Record{ID: fmt.Sprint("id <\u2028\n\"", i), Day: "2026-11-20", Body: json.RawMessage(b)})
	}
	work := newStore()
	for _, n := range []int{len(records), 0} {
		if err := WriteOutbox(t.Context(), work, testKey, nil, records[:n]); err != nil {
			t.Fatal(err)
		}
		first := bytes.Clone(work.objects["outbox/"+testKey+".jsonl"])
		o, err := ReadOutbox(t.Context(), work, testKey)
		got := o.Records
		same := slices.EqualFunc(got, records[:n], func(a, b Record) bool {
			return a.ID == b.ID && a.Day == b.Day && bytes.Equal(a.Body, b.Body) && a.revision() == b.revision()
		})
		if err != nil || !same {
			t.Fatalf("%q, %v", got, err)
		}
		if err := WriteOutbox(t.Context(), work, testKey, nil, got); err != nil || !bytes.Equal(first, work.objects["outbox/"+testKey+".jsonl"]) {
			t.Errorf("equal records made other bytes: %v", err)
		}
	}
}

func TestOutboxRefusesWhatItCannotKeep(t *testing.T) {
	work := newStore()
	for _, r := range []Record{
		{ID: "", Body: []byte(`{}`)},
		{ID: "\xff", Body: []byte(`{}`)},
		{ID: "a", Day: "\xff", Body: []byte(`{}`)},
		{ID: "a"},
		{ID: "a", Body: []byte(`[]`)},
		{ID: "a", Body: []byte(` {}`)},
		{ID: "a", Body: []byte(`{} `)},
		{ID: "a", Body: []byte("{\n}")},
		{ID: "a", Body: []byte(`{}{}`)},
		{ID: "a", Body: []byte(`{"a":}`)},
	} {
		if err := WriteOutbox(t.Context(), work, testKey, nil, []Record{r}); !errors.Is(err, storage.ErrInvalid) || len(work.objects) != 0 {
			t.Errorf("%q: %v", r, err)
		}
	}
	if _, err := ReadOutbox(t.Context(), work, testKey); !errors.Is(err, storage.ErrNotExist) {
		t.Error(err)
	}
	work.onList = func() error { return errPassing }
	if _, err := ReadOutbox(t.Context(), work, testKey); !errors.Is(err, errPassing) {
		t.Error(err)
	}
}

func TestFields(t *testing.T) {
	fields, err := Record{Body: []byte(` {"b": "x", "a":{"z" :1e5},"c":null} `)}.Fields()
	want := []Field{{"b", []byte(`"x"`)}, {"a", []byte(`{"z" :1e5}`)}, {"c", []byte(`null`)}}
	if err != nil || !slices.EqualFunc(fields, want, func(a, b Field) bool { return a.Name == b.Name && bytes.Equal(a.Value, b.Value) }) {
		t.Errorf("%q, %v", fields, err)
	}
	for _, body := range []string{``, `null`, `[]`, `"x"`, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,}`, `{"a":1}x`, `{"a":1}{}`, `{"a":1,"a":2}`, `{a:1}`} {
		if fields, err := (Record{ID: "r", Body: []byte(body)}).Fields(); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %q, %v", body, fields, err)
		}
	}
}
