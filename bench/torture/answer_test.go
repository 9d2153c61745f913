package main

import (
	"math/rand/v2"
	"testing"

	"github.com/hbollon/go-edlib"
)

// The distance is the one of a library that others use.
func TestDistance(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	word := func() string {
		w := make([]byte, rng.IntN(9))
		for i := range w {
			w[i] = "abcd"[rng.IntN(4)]
		}
		return string(w)
	}
	for range 20_000 {
		a, b := word(), word()
		if got, want := distance([]rune(a), []rune(b)), edlib.DamerauLevenshteinDistance(a, b); got != want {
			t.Fatalf("%q %q: %d, want %d", a, b, got, want)
		}
	}
}

// The day has what the rounds need: a late blob that brings new findings and more
// of known ones.
func TestDay(t *testing.T) {
	d, err := newDay(1, 0)
	if err != nil {
		t.Fatal(err)
	}
	fresh, again, gone := 0, 0, 0
	for p := range d.whole.pairs {
		if _, known := d.early.pairs[p]; !known {
			fresh++
		} else if d.early.names[p.suspect].count != d.whole.names[p.suspect].count {
			again++
		}
	}
	for p := range d.early.pairs {
		if _, still := d.whole.pairs[p]; !still {
			gone++
		}
	}
	t.Logf("%d findings, %d more with the late blob, %d seen again, %d gone", len(d.early.pairs), fresh, again, gone)
	if len(d.early.pairs) < frequentKin*lateKin || fresh < frequentKin*lateKin || again < frequentKin*lateKin || gone > 10 {
		t.Error("this makes no good rounds")
	}
	testJudge(t, d)
}
