package table

import (
	"bytes"
	"errors"
	"testing"
)

type row struct {
	Name  *string `parquet:"name,optional"`
	Count int64   `parquet:"count"`
	Tags  []tag   `parquet:"tags,list"`
}

type tag struct {
	Value string `parquet:"value"`
	Count int64  `parquet:"count"`
}

func ptr(s string) *string { return &s }

var rows = []row{
	{nil, 3, nil},
	{ptr(""), 1, []tag{{"a", 1}, {"\u202e\x00", 2}}},
	{ptr("svchost.exe"), 1 << 40, []tag{{"", 0}}},
}

func TestRoundTripAndSameBytes(t *testing.T) {
	one, err := Encode("test/1", `{"a":1}`, rows)
	if err != nil {
		t.Fatal(err)
	}
	two, _ := Encode("test/1", `{"a":1}`, rows)
	if !bytes.Equal(one, two) {
		t.Error("the same rows gave different bytes")
	}
	got, note, err := Decode[row]("test/1", one)
	if err != nil || note != `{"a":1}` || len(got) != len(rows) {
		t.Fatalf("got %d rows, note %q, error %v", len(got), note, err)
	}
	again, err := Encode("test/1", note, got)
	if err != nil || !bytes.Equal(one, again) {
		t.Errorf("decoded rows encode to other bytes (error %v)", err)
	}
}

func TestNoRows(t *testing.T) {
	file, err := Encode[row]("test/1", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, _, err := Decode[row]("test/1", file); err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}

// The checksum's own marker in the note must not lead astray.
func TestMarkerInNote(t *testing.T) {
	note := keySum + "\x18\x40" + string(bytes.Repeat([]byte("f"), 64))
	file, err := Encode("test/1", note, rows)
	if err != nil {
		t.Fatal(err)
	}
	if _, got, err := Decode[row]("test/1", file); err != nil || got != note {
		t.Errorf("note %q, error %v", got, err)
	}
}

func TestEveryDamageIsSeen(t *testing.T) {
	file, err := Encode("test/1", "note", rows)
	if err != nil {
		t.Fatal(err)
	}
	for i := range file {
		bad := bytes.Clone(file)
		bad[i] ^= 0x41
		if _, _, err := Decode[row]("test/1", bad); !errors.Is(err, ErrDamaged) {
			t.Fatalf("byte %d of %d changed: error %v", i, len(file), err)
		}
		if _, _, err := Decode[row]("test/1", file[:i]); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut at %d: error %v", i, err)
		}
	}
	if _, _, err := Decode[row]("test/1", append(bytes.Clone(file), 0)); !errors.Is(err, ErrDamaged) {
		t.Errorf("one byte more: error %v", err)
	}
	if _, _, err := Decode[row]("test/2", file); !errors.Is(err, ErrFormat) {
		t.Errorf("another version: error %v", err)
	}
}
