package masquerade

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// heap is how many bytes live after a collection.
func heap() int {
	runtime.GC()
	runtime.GC() // the first leaves what pools hold
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// Size is what the runtime finds, however the counts came to be: counted, merged
// or decoded, with names seen once and often, with few values and with long ones, on many hosts
// and in many places.
func TestSizeIsHonest(t *testing.T) {
	long := strings.Repeat("x", 400)
	for what, c := range map[string]struct {
		names, times int
		value        func(i int) string
	}{
		"empty":         {0, 0, nil},
		"once, short":   {100_000, 1, func(i int) string { return "C:" }},
		"once, long":    {20_000, 1, func(i int) string { return fmt.Sprint(i, long) }},
		"twice":         {20_000, 2, func(i int) string { return fmt.Sprint(i) }},
		"often":         {3_000, 40, func(i int) string { return fmt.Sprint(i) }},
		"pushed out":    {300, 100, func(i int) string { return fmt.Sprint(i, long) }},
		"few, often":    {20, 5_000, func(i int) string { return fmt.Sprint(i % 20) }},
		"only the same": {1, 30_000, func(i int) string { return "C:" }},
		"many hosts":    {3_000, 40, func(i int) string { return "C:" }},
		"most hosts":    {20, 2_000, func(i int) string { return "C:" }},
		"many places":   {5_000, 5, func(i int) string { return []string{`C:\Windows\a`, `C:\Users\a`, `C:\b`, `\\c\d\e`, ""}[i/5_000] }},
	} {
		t.Run(what, func(t *testing.T) {
			before := heap()
			counts := NewCounts()
			for i := range c.names * c.times {
				v, host := c.value(i), "host"
				if strings.HasSuffix(what, "hosts") {
					host = fmt.Sprint(i % 15_000)
				}
				counts.Add(record(int64(i), fmt.Sprintf("process number %d.exe", i%c.names), v, host, v))
			}
			honest(t, "counted", before, counts)
			file, err := counts.Encode("")
			if err != nil {
				t.Fatal(err)
			}
			before = heap()
			decoded := NewCounts()
			if _, err := decoded.Decode(file); err != nil {
				t.Fatal(err)
			}
			honest(t, "decoded", before, decoded)
			before = heap()
			merged := NewCounts()
			merged.Merge(counts)
			merged.Merge(decoded)
			honest(t, "merged", before, merged)
			runtime.KeepAlive(counts)
			runtime.KeepAlive(decoded)
			runtime.KeepAlive(file)
		})
	}
}

func honest(t *testing.T, what string, before int, c *Counts) {
	t.Helper()
	held := heap() - before
	runtime.KeepAlive(c)
	const slack = 64 << 10 // what else moves, as the tables of the runtime
	if got := c.Size(); float64(got) < 0.8*float64(held)-slack || float64(got) > 1.2*float64(held)+slack {
		t.Errorf("%s: Size says %d, the runtime %d", what, got, held)
	}
}
