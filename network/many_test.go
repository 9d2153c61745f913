package network

import (
	"fmt"
	"testing"
	"time"
)

// many are connections of processes of one name with as many parents, or of names of one
// shape.
func many(date, n int, shaped bool) *Connections {
	c := NewConnections()
	for i := range n {
		x := connection{at: day(date).From.Add(time.Hour), action: "ConnectionSuccess", device: fmt.Sprint("host", i%300),
			address: fmt.Sprintf("192.31.%d.%d", i/200%250, 1+i%200), port: "443", file: "a.exe", path: `C:\Windows\Temp\a.exe`, parent: fmt.Sprintf("p%x.exe", i)}
		if shaped {
			x.file, x.parent = fmt.Sprintf("setup-%d.exe", i), "explorer.exe"
		}
		c.Add(x.record())
	}
	return c
}

// What is known of thousands of processes alike is worked out once for all of them, and a
// finding names few of them.
func TestManyProcessesAlike(t *testing.T) {
	for _, shaped := range []bool{false, true} {
		p := DefaultParams()
		p.Score = 0
		found := finish(t, p, day(20), many(20, 5_000, shaped), []*Connections{many(19, 5_000, shaped)})
		if len(found) == 0 {
			t.Fatalf("shaped %v: no finding", shaped)
		}
		for _, f := range found {
			if len(f.AnomalyDetails) > 2_000 || f.DaysSeen != 1 {
				t.Errorf("shaped %v: %d days, details of %d bytes", shaped, f.DaysSeen, len(f.AnomalyDetails))
			}
		}
	}
}

// A past that knows more than is usual says so.
func TestSizeOfThePast(t *testing.T) {
	today := many(20, 1, true)
	past := New(DefaultParams(), "estate", 1).Past(today)
	if _, err := past.Decode(encoded(t, many(19, 2_000, true))); err != nil {
		t.Fatal(err)
	}
	if got, holds := past.Size(), past.held+past.texts.bytes; holds < 2_000*entrySize || got < holds {
		t.Errorf("%d bytes, and it holds %d", got, holds)
	}
}
