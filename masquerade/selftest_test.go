package masquerade

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sparkless/storage/event"
)

// quietEstate has many names, nearly all of them seen less often than the
// built-in normal ones.
func quietEstate() *Counts {
	c := NewCounts()
	rng := rand.New(rand.NewPCG(6, 0))
	for i := range 600 {
		name := make([]byte, 12) // too far from each other to match
		for at := range name {
			name[at] = byte('a' + rng.IntN(26))
		}
		for n := range 1 + i%7 {
			c.Add(record(int64(n), string(name)+".exe", `C:\tools\`+string(name)+".exe"))
		}
	}
	for n := range int64(50) {
		c.Add(record(n, "svchost.exe", `C:\Windows\System32\svchost.exe`))
		c.Add(record(n, none))
	}
	c.Add(record(0, "svchosts.exe", `C:\Temp\svchosts.exe`))
	return c
}

func selfTest(t *testing.T, d *Detector, c *Counts) SelfTest {
	t.Helper()
	result, err := d.SelfTest(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestSelfTestOnAQuietEstate(t *testing.T) {
	d, c := New(NotebookParams(), "", 2), quietEstate()
	result := selfTest(t, d, c)
	// One edit in a stem of fewer than seven letters never passes 0.85.
	var long, short []string
	for _, m := range syntheticImpostors(c) {
		if stem, _, _ := strings.Cut(m, "."); len(stem) >= 7 {
			long = append(long, m)
		} else {
			short = append(short, m)
		}
	}
	if result.Total != 42 || result.Caught != len(long) || !slices.Equal(result.Missed, short) || result.Caught < 20 {
		t.Errorf("%+v; %d have seven letters or more", result, len(long))
	}
	if result.String() != fmt.Sprintf("%d of 42 synthetic impostors caught", len(long)) {
		t.Error(result.String())
	}
	for range 3 {
		again := selfTest(t, New(NotebookParams(), "other", 1), quietEstate())
		if again.Caught != result.Caught || !slices.Equal(again.Missed, result.Missed) {
			t.Errorf("another run: %+v", again)
		}
	}
	loose := selfTest(t, New(Params{Frequent: 0.8, Rare: 0.2, Similarity: 0.5}, "", 1), c)
	if loose.Caught < 40 || loose.Caught+len(loose.Missed) != 42 {
		t.Errorf("at 0.5: %+v", loose)
	}
	if strict := selfTest(t, New(Params{Frequent: 0.8, Rare: 0.2, Similarity: 1}, "", 1), c); strict.Caught != 0 || len(strict.Missed) != 42 {
		t.Errorf("at 1: %+v", strict)
	}
}

// The day, its findings and its file never see the synthetic events.
func TestSelfTestLeavesTheDayAlone(t *testing.T) {
	d, c := New(NotebookParams(), "", 1), quietEstate()
	file, records := encoded(t, c), find(t, d, november20, c)
	selfTest(t, d, c)
	if !bytes.Equal(encoded(t, c), file) {
		t.Error("the self-test changed the counts")
	}
	after := find(t, d, november20, c)
	if len(after) != 1 || len(records) != 1 || !bytes.Equal(after[0].Body, records[0].Body) {
		t.Errorf("%d findings before, %d after", len(records), len(after))
	}
	for _, m := range syntheticImpostors(NewCounts()) {
		if c.Count(m) > 0 || bytes.Contains(file, []byte(m)) {
			t.Errorf("the day knows %s", m)
		}
	}
}

func TestSyntheticImpostors(t *testing.T) {
	mutants := syntheticImpostors(NewCounts())
	if len(mutants) != 42 || len(slices.Compact(slices.Sorted(slices.Values(mutants)))) != 42 {
		t.Fatalf("%d mutants: %q", len(mutants), mutants)
	}
	for i, name := range knownNormal {
		normal, m := executable(name), mutants[i]
		var differ []int
		for at := range normal {
			if len(m) != len(normal) || m[at] != normal[at] {
				differ = append(differ, at)
			}
		}
		stem := strings.IndexByte(normal, '.')
		if len(differ) != 1 || differ[0] == 0 || differ[0] >= stem-1 || slices.Contains(knownNormal, strings.TrimSuffix(m, ".exe")) {
			t.Errorf("%s became %s", normal, m)
		}
	}
	if !slices.Equal(mutants, syntheticImpostors(NewCounts())) {
		t.Error("they differ from call to call")
	}
}

// Days that hold the synthetic names themselves, or hardly anything.
func TestSelfTestOnOddDays(t *testing.T) {
	d := New(NotebookParams(), "", 1)
	for _, c := range []*Counts{NewCounts(), counted(nil), smallDay()} {
		if r := selfTest(t, d, c); r.Total < 41 || r.Caught+len(r.Missed) != r.Total {
			t.Errorf("%+v", r)
		}
	}
	c := quietEstate()
	before := selfTest(t, d, c)
	addNames(c, map[string]int{syntheticImpostors(NewCounts())[0]: 1, "svch0st.exe": 1, "powershell.exe": 500})
	if r := selfTest(t, d, c); r.Caught < before.Caught-1 || r.Total != 41 {
		t.Errorf("with its own impostors on the day: %+v", r)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.SelfTest(ctx, c); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := d.Finish(ctx, event.Day(november20), c, NewCounts()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// A day that holds every mutant of a name leaves none to plant.
func TestSelfTestOnADayFullOfMutants(t *testing.T) {
	c := quietEstate()
	for letter := 'a'; letter <= 'z'; letter++ {
		c.Add(record(0, fmt.Sprintf("i%cit.exe", letter)))
		c.Add(record(0, fmt.Sprintf("in%ct.exe", letter)))
	}
	if r := selfTest(t, New(NotebookParams(), "", 1), c); r.Total != 41 {
		t.Errorf("%+v", r)
	}
}
