package publish

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"sparkless/storage"
)

// frames are the two formats with one object of each.
func frames(t *testing.T) map[string]struct {
	name string
	data []byte
	read func(work storage.Store) error
} {
	t.Helper()
	work := newStore()
	_, err := Deliver(t.Context(), work, testKey, sinkFunc(func(_ context.Context, r []Record) (int, error) { return len(r), nil }), numbered(2))
	if err == nil {
		err = WriteOutbox(t.Context(), work, testKey, nil, numbered(1))
	}
	if err != nil {
		t.Fatal(err)
	}
	kept := work.names(testReceipts)
	if len(kept) != 1 {
		t.Fatalf("receipts %q", kept)
	}
	type frame = struct {
		name string
		data []byte
		read func(work storage.Store) error
	}
	return map[string]frame{
		"receipts": {kept[0], work.objects[kept[0]], func(work storage.Store) error {
			_, err := Deliver(t.Context(), work, testKey, sinkFunc(func(context.Context, []Record) (int, error) {
				t.Error("sent with receipts that cannot be read")
				return 1, nil
			}), numbered(2))
			return err
		}},
		"outbox": {"outbox/" + testKey + ".jsonl", work.objects["outbox/"+testKey+".jsonl"], func(work storage.Store) error {
			_, err := ReadOutbox(t.Context(), work, testKey)
			return err
		}},
	}
}

// TestDamageIsRefused changes every byte, cuts at every length, and tries files
// of other kinds. Each has to be an error that names the object and a remedy.
func TestDamageIsRefused(t *testing.T) {
	for kind, f := range frames(t) {
		t.Run(kind, func(t *testing.T) {
			refused := func(what string, data []byte) {
				t.Helper()
				work := newStore()
				work.objects[f.name] = data
				err := f.read(work)
				if !unreadable(err) || !strings.Contains(err.Error(), f.name) || !strings.Contains(err.Error(), "intact copy") {
					t.Fatalf("%s: %v", what, err)
				}
			}
			for i := range f.data {
				refused("cut", f.data[:i])
				for _, flip := range []byte{0x01, 0x20, 0x80} {
					changed := bytes.Clone(f.data)
					changed[i] ^= flip
					refused("changed", changed)
				}
			}
			lines := bytes.SplitAfter(f.data, []byte("\n"))
			refused("a line left out", bytes.Join([][]byte{lines[0], lines[2], lines[3]}, nil))
			refused("lines exchanged", bytes.Join([][]byte{lines[0], lines[2], lines[1], lines[3]}, nil))
			refused("something behind", append(bytes.Clone(f.data), '\n'))
			refused("twice", append(bytes.Clone(f.data), f.data...))
			refused("foreign", []byte("{\"a\":1}\n"))
			refused("spaces", []byte("\n\n\n"))
		})
	}
}

func TestOtherVersionsAndNamesAreRefused(t *testing.T) {
	for kind, f := range frames(t) {
		framed := receiptFormat
		if kind == "outbox" {
			framed = outboxFormat
		}
		other := "receipts/test-sink/masquerade/2026-11-21.jsonl"
		for _, c := range []struct {
			format format
			name   string
			want   string
		}{
			{format{name: framed.name, version: framed.version + 1}, f.name, "later release"},
			{format{name: framed.name, version: 0}, f.name, "does not begin like"},
			{format{name: "something", version: 1}, f.name, "does not begin like"},
			{framed, other, other},
		} {
			work := newStore()
			data, err := c.format.encode(c.name, nil)
			if err != nil {
				t.Fatal(err)
			}
			work.objects[f.name] = data
			if err := f.read(work); !unreadable(err) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s %+v: %v", kind, c.format, err)
			}
		}
		// A sound frame with content of another kind.
		for _, line := range []string{`7`, `{}`, `x`, `{"id":""}`, `{"sinks":7}`} {
			work := newStore()
			data, err := framed.encode(f.name, [][]byte{[]byte(line)})
			if err != nil {
				t.Fatal(err)
			}
			work.objects[f.name] = data
			if err := f.read(work); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "line 2") {
				t.Errorf("%s %s: %v", kind, line, err)
			}
		}
	}
}

// TestVersion1IsRead: files of the first version are read by every later one.
func TestVersion1IsRead(t *testing.T) {
	work := newStore()
	for object, file := range map[string]string{
		"receipts/datacollector-x/masquerade/2026-11-20.jsonl": "testdata/receipts-v1.jsonl",
		"outbox/masquerade/2026-11-20.jsonl":                   "testdata/outbox-v1.jsonl",
	} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		work.objects[object] = data
	}
	o, err := ReadOutbox(t.Context(), work, testKey)
	records := o.Records
	if err != nil || len(o.Sinks) != 0 || len(records) != 2 || records[1].ID != "b" || records[1].Day != "2026-11-20" ||
		string(records[1].Body) != `{"FindingId":"b", "PotentiallyMaliciousProcess":"<svch0st>\u202e.exe"}` {
		t.Fatalf("%+v, %v", records, err)
	}
	kept, err := readReceipts(t.Context(), work, "datacollector-x", testKey)
	if err != nil || len(kept.missing(records)) != 1 || kept.missing(records)[0].ID != "b" {
		t.Errorf("%+v, %v", kept, err)
	}
}

func FuzzFrame(f *testing.F) {
	f.Add([]byte("a\nb"), []byte(""))
	f.Add([]byte(""), []byte(`{"format":"sparkless-receipts","version":1,"name":"n"}`+"\n"))
	f.Fuzz(func(t *testing.T, content, foreign []byte) {
		var lines [][]byte
		if len(content) > 0 {
			lines = bytes.Split(content, []byte("\n"))
		}
		data, err := receiptFormat.encode("n", lines)
		if err != nil {
			t.Fatal(err)
		}
		got, err := receiptFormat.decode("n", data)
		if err != nil || len(got) != len(lines) || !bytes.Equal(bytes.Join(got, []byte("\n")), content) {
			t.Fatalf("%q, %v", got, err)
		}
		if got, err := receiptFormat.decode("n", foreign); err == nil {
			again, _ := receiptFormat.encode("n", got)
			if !bytes.Equal(again, foreign) {
				t.Fatalf("%q passed for what would be written as %q", foreign, again)
			}
		}
	})
}

func unreadable(err error) bool { return errors.Is(err, ErrDamaged) || errors.Is(err, errLater) }
