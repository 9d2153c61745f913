package simjoin

import (
	"context"
	"encoding/csv"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Every name over {a, b, .} of up to five characters: dots in all places, equal
// and different extensions, empty stems, no dots.
func TestJoinTinyAlphabet(t *testing.T) {
	t.Parallel()
	all := texts("ab.", 0, 5)
	newAllPairs(all, all).check(t, append(thresholds, 0, 0.2, 0.99)...)
}

// Every stem of up to seven characters: long enough for segments at low thresholds.
func TestJoinTinyStems(t *testing.T) {
	t.Parallel()
	all := ending(texts("ab", 0, 7), ".x")
	newAllPairs(all, all).check(t, thresholds...)
}

// Near-duplicates of names of all lengths, edited in all ways.
func TestJoinNearDuplicates(t *testing.T) {
	t.Parallel()
	for _, alphabet := range []string{"ab", "abcde", "abcdefghijklmnopqrstuvwxyz0123456789_-."} {
		m := newMutator(8, alphabet)
		var left, right []string
		for range 60 {
			name := m.text(3 + m.IntN(38))
			ext := []string{".exe", ".exe", ".ex", ".com", ".e", ""}[m.IntN(6)]
			right = append(right, string(name)+ext)
			left = append(left, string(m.edits(name, m.IntN(8)))+[]string{ext, ext, ".exe"}[m.IntN(3)])
		}
		newAllPairs(left, right).check(t, thresholds...)
	}
}

func TestJoinLongNames(t *testing.T) {
	m := newMutator(9, "abcdefghij")
	var left, right []string
	for i := range 24 {
		name := m.text(patternLimit - 8 + i)
		right = append(right, string(name)+".exe")
		left = append(left, string(m.edits(name, m.IntN(25)))+".exe")
	}
	newAllPairs(left, right).check(t, 0.5, 0.65, 0.85, 0.95)
}

// Around the length beyond which go-edlib is not asked.
func TestJoinVeryLongNames(t *testing.T) {
	for _, offset := range []int{-5, 5} {
		m := newMutator(18, "abcdefghij")
		var left, right []string
		for range 2 {
			name := m.text(libraryLimit + offset)
			right = append(right, string(name)+".exe")
			left = append(left, string(m.edits(name, 60))+".exe")
		}
		newAllPairs(left, right).check(t, 0.9)
	}
}

func TestJoinFleet(t *testing.T) {
	left, right := fleet(500, 10)
	newAllPairs(left, right).check(t, 0.5, 0.65, 0.75, 0.85, 0.9)
}

func TestJoinFamilies(t *testing.T) {
	for i, prefix := range []string{"setup_", "installer_", "vendorapp_setup_", "a_very_long_vendor_product_"} {
		left, right := family(160, 3+i, prefix, uint64(i))
		newAllPairs(left, right).check(t, 0.65, 0.85, 0.9)
	}
}

// Lengths, edits and extensions count code points, whatever their bytes.
func TestJoinBeyondASCII(t *testing.T) {
	t.Parallel()
	alphabets := map[string]string{
		"Cyrillic":  "абвгдежзийклмноп",
		"mixed":     "аaоoеeсcрp",
		"astral":    "𝒂𝒃𝒄𝒅😀",
		"combining": "e\u0301a\u0300o",
		"invalid":   "a\ufffdb",
	}
	for name, alphabet := range alphabets {
		t.Run(name, func(t *testing.T) { beyondASCII(t, alphabet) })
	}
	var wide strings.Builder // more characters than there are symbols for
	for r := rune(0x4e00); r < 0x4e00+400; r++ {
		wide.WriteRune(r)
	}
	t.Run("folded", func(t *testing.T) { beyondASCII(t, wide.String()) })
}

func beyondASCII(t *testing.T, alphabet string) {
	m := newMutator(11, alphabet)
	var left, right []string
	for range 80 {
		name := m.text(2 + m.IntN(22))
		ext := []string{".exe", ".ехе", ".𝒆"}[m.IntN(3)]
		right = append(right, string(name)+ext)
		left = append(left, string(m.edits(name, m.IntN(5)))+ext)
	}
	left = append(left, "\xff\xfe.exe", "a.\xff")
	right = append(right, "\xfe\xfe.exe", "a.\xfe")
	newAllPairs(left, right).check(t, 0.5, 0.65, 0.75, 0.85)
}

// Characters that share a symbol must not make names equal.
func TestJoinFoldedSymbolsDiffer(t *testing.T) {
	var all strings.Builder
	for r := rune(0x4e00); r < 0x4e00+300; r++ {
		all.WriteRune(r)
	}
	stem := strings.Repeat("x", 12)
	left := []string{all.String() + ".exe", stem + "\u4e00.exe"}
	right := []string{stem + "\u4e80.exe", stem + "\u4e00.exe"} // 128 apart
	want := []Pair{{1, 0, 1, float32(12) / 13}, {1, 1, 0, 1}}
	if got, err := Join(context.Background(), left, right, 0.85, 1); err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
}

// Real names: executables of Windows and of common products, and names that
// malware used to look like them.
func TestJoinRealNames(t *testing.T) {
	t.Parallel()
	left := realNames(t, "windows-executables.csv")
	right := realNames(t, "impostors.csv")
	if left == nil || right == nil {
		t.Log("no list of real names beside the repository: made ones are used")
		left, right = fleet(1500, 12)
	}
	all := newAllPairs(left, right)
	all.check(t, 0.5, 0.65, 0.75, 0.85)
	t.Logf("%d and %d names: %d pairs above 0.85", len(left), len(right), len(all.above(0.85)))
}

// realNames reads the first column of a list, lower-cased, each name once.
func realNames(t *testing.T, list string) []string {
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", "names", list))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, row := range rows[1:] {
		names = append(names, strings.ToLower(row[0]))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestJoinEdges(t *testing.T) {
	twenty := strings.Repeat("a", 17)
	tests := []struct {
		name        string
		left, right []string
		threshold   float64
		want        []Pair
	}{
		{"nothing", nil, nil, 0.5, nil},
		{"no left", nil, []string{"a.exe"}, 0.5, nil},
		{"no right", []string{"a.exe"}, nil, 0.5, nil},
		{"one name", []string{"a.exe"}, []string{"a.exe"}, 0.85, []Pair{{0, 0, 0, 1}}},
		{"no dot", []string{"svchost", "a.exe"}, []string{"svchost", "a"}, 0, nil},
		{"empty stems", []string{".exe", ".com"}, []string{".exe", "a.exe"}, 0.85, []Pair{{0, 0, 0, 1}}},
		{"17/20 passes 0.85", []string{twenty + "aaa.exe"}, []string{twenty + "bcd.exe"}, 0.85, []Pair{{0, 0, 3, 0.85}}},
		{"17/20 does not pass itself", []string{twenty + "aaa.exe"}, []string{twenty + "bcd.exe"}, float64(float32(0.85)), nil},
		{"3/4 does not pass 0.75", []string{"abcd.exe"}, []string{"abcx.exe"}, 0.75, nil},
		{"3/4 passes less", []string{"abcd.exe"}, []string{"abcx.exe"}, math.Nextafter(0.75, 0), []Pair{{0, 0, 1, 0.75}}},
		{"different extensions", []string{"svchost.exe"}, []string{"svchost.ex", "svchost.scr"}, 0.85, []Pair{{0, 0, 1, float32(10) / 11}}},
		{"twice on a side", []string{"a.b", "a.b"}, []string{"a.b", "a.c", "a.b"}, 0.9, []Pair{{0, 0, 0, 1}, {0, 2, 0, 1}, {1, 0, 0, 1}, {1, 2, 0, 1}}},
		{"threshold 1", []string{"a.exe"}, []string{"a.exe"}, 1, nil},
		{"threshold above 1", []string{"a.exe"}, []string{"a.exe"}, math.Inf(1), nil},
		{"threshold just below 1", []string{"a.exe"}, []string{"a.exe", "b.exe"}, math.Nextafter(1, 0), []Pair{{0, 0, 0, 1}}},
	}
	for _, tt := range tests {
		got, err := Join(context.Background(), tt.left, tt.right, tt.threshold, 0)
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %+v, %v, want %+v", tt.name, got, err, tt.want)
		}
	}
	for _, threshold := range []float64{-0.01, math.Inf(-1), math.NaN()} {
		if _, err := Join(context.Background(), nil, nil, threshold, 1); err == nil {
			t.Errorf("threshold %v: no error", threshold)
		}
	}
}

func TestJoinIsTheSameForAnyWorkers(t *testing.T) {
	left, right := fleet(20000, 13)
	family1, family2 := family(4000, 4, "setup_", 13)
	left, right = append(left, family1...), append(right, family2...)
	one, err := Join(context.Background(), left, right, 0.85, 1)
	if err != nil || len(one) == 0 {
		t.Fatal(len(one), err)
	}
	for _, workers := range []int{-1, 2, 8, 1000} {
		if got, err := Join(context.Background(), left, right, 0.85, workers); err != nil || !slices.Equal(got, one) {
			t.Errorf("%d workers: %d pairs, %v, want %d", workers, len(got), err, len(one))
		}
	}
}

func TestJoinTooManyPairs(t *testing.T) {
	left, right := family(150, 3, "vendorapp_enterprise_setup_", 14)
	for name, tuning := range tunings() {
		all, err := tuning.join(context.Background(), left, right, rule{threshold: 0.85})
		if err != nil || len(all) != len(left)*len(right) {
			t.Fatalf("%s: %d pairs, %v, want %d", name, len(all), err, len(left)*len(right))
		}
		for _, tuning.workers = range []int{1, 8} {
			tuning.maxPairs = len(all)
			if got, err := tuning.join(context.Background(), left, right, rule{threshold: 0.85}); err != nil || !slices.Equal(got, all) {
				t.Errorf("%s: %d of %d pairs, %v", name, len(got), len(all), err)
			}
			tuning.maxPairs--
			if got, err := tuning.join(context.Background(), left, right, rule{threshold: 0.85}); !errors.Is(err, ErrTooManyPairs) || got != nil {
				t.Errorf("%s: %d pairs, %v, want ErrTooManyPairs", name, len(got), err)
			}
		}
	}
}

// A worker must notice in the middle of a task. This task takes an hour.
func TestRunStopsWhenCancelled(t *testing.T) {
	left, right := family(20000, 6, "setup_", 15)
	c := new(control)
	c.room.Store(math.MaxInt64)
	in := encode(left, right, c)
	tuning := tunings()["scan"]
	tasks := tuning.plan(in, rule{threshold: 0.75}, c)[:1]
	tasks[0].left = slices.Repeat(tasks[0].left, 2000)
	ctx, cancel := context.WithCancel(context.Background())
	defer context.AfterFunc(ctx, func() { c.stopped.Store(true) })()
	go func() {
		for c.room.Load() == math.MaxInt64 {
			runtime.Gosched()
		}
		cancel()
	}()
	if _, err := tuning.run(ctx, in, tasks, c); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// Nothing is left behind, whenever the context ends: synctest fails if a
// goroutine outlives its function.
func TestJoinCancelled(t *testing.T) {
	left, right := family(3000, 6, "setup_", 16)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		defer cancel()
		if _, err := Join(ctx, left, right, 0.85, 4); err != nil {
			t.Error(err)
		}
		cancel()
		for _, threshold := range []float64{0, 0.85, 1} {
			if pairs, err := Join(ctx, left, right, threshold, 4); !errors.Is(err, context.Canceled) || pairs != nil {
				t.Errorf("%d pairs, %v, want a cancelled join", len(pairs), err)
			}
		}
	})
}

// A join that is cancelled at any moment gives the error and no part of a result.
func TestJoinCancelledAtAnyMoment(t *testing.T) {
	left, right := fleet(4000, 17)
	want, err := Join(context.Background(), left, right, 0.75, 2)
	if err != nil {
		t.Fatal(err)
	}
	for delay := range 40 {
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			for range delay * delay {
				runtime.Gosched()
			}
			cancel()
		}()
		got, err := Join(ctx, left, right, 0.75, 2)
		switch {
		case err == nil && slices.Equal(got, want):
		case errors.Is(err, context.Canceled) && got == nil:
		default:
			t.Fatalf("%d of %d pairs, %v", len(got), len(want), err)
		}
		cancel()
	}
}

func FuzzJoin(f *testing.F) {
	f.Add("svchost.exe\nlsass.exe", "scvhost.exe\nsvchost.ex\nlsass", 0.85)
	f.Add("abcdefghijklmnopqr.exe", "abcdegfhijkmlnopqr.exe\n.exe", 0.85)
	f.Add("aaaaaaaaaaaaaaaaaaaa.x\n.", "aaaaaaaaaaaaaaaaabcd.x\n.\n", 0.75)
	f.Add("ca.b\nабв.ехе\n𝒂𝒃.exe\n", "abc.b\nабг.ехе\n𝒃𝒂.exe\n\xff.\xfe", 0.3)
	f.Add("setup_12ab34.exe\nsetup_12ab43.exe", "setup_12ab35.exe\nsetup_12ab3.exe", 0.65)
	f.Fuzz(func(t *testing.T, left, right string, threshold float64) {
		if _, err := Join(t.Context(), nil, nil, threshold, 1); (err != nil) != (math.IsNaN(threshold) || threshold < 0) {
			t.Fatalf("threshold %v: %v", threshold, err)
		}
		if len(left) > 300 || len(right) > 300 || !(threshold >= 0) {
			return
		}
		newAllPairs(strings.Split(left, "\n"), strings.Split(right, "\n")).check(t, threshold)
	})
}
