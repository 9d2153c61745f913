package simjoin

import (
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hbollon/go-edlib"
)

// near reports whether a distance that was computed up to limit is right.
func near(got, want, limit int) bool {
	return got == want || want > limit && got > limit
}

func TestMeasureExhaustive(t *testing.T) {
	all := texts("abc", 0, 4)
	var m measure[byte]
	for _, a := range all {
		for _, b := range all {
			want := distanceOf(a, b)
			for limit := range 7 {
				if got := m.distance([]byte(a), []byte(b), limit, new(atomic.Bool)); !near(got, want, limit) {
					t.Fatalf("%q %q, limit %d: %d, want %d", a, b, limit, got, want)
				}
			}
		}
	}
}

// The two oracles must agree with each other too.
func TestMeasureRandom(t *testing.T) {
	m := newMutator(1, "abcdeЖ𝒂\u0301")
	var reused measure[byte]
	for range 4000 {
		a := m.text(m.IntN(30))
		b := m.edits(a, m.IntN(12))
		want := lowranceWagner(a, b)
		if got := edlib.DamerauLevenshteinDistance(string(a), string(b)); got != want {
			t.Fatalf("oracles differ on %q %q: %d, %d", string(a), string(b), got, want)
		}
		if got := damerau(string(a), string(b)); got != want {
			t.Fatalf("%q %q: %d, want %d", string(a), string(b), got, want)
		}
		e := encoder{in: new(input), symbols: map[rune]byte{}}
		x, y := e.encode(nil, string(a)), e.encode(nil, string(b))
		limit := m.IntN(14)
		if got := reused.distance(x, y, limit, new(atomic.Bool)); !near(got, want, limit) {
			t.Fatalf("%q %q, limit %d: %d, want %d", string(a), string(b), limit, got, want)
		}
	}
}

func TestMeasureStops(t *testing.T) {
	stop := new(atomic.Bool)
	stop.Store(true)
	var m measure[byte]
	if got := m.distance([]byte("ab"), []byte("ab"), 2, stop); got != 3 {
		t.Errorf("stopped: %d, want a number above the limit", got)
	}
}

func TestPatternExhaustive(t *testing.T) {
	all := texts("ab", 0, 7)
	var p pattern
	for _, a := range all {
		p.set([]byte(a))
		for _, b := range all {
			want := edlib.OSADamerauLevenshteinDistance(a, b)
			for limit := range 8 {
				if got := p.distance([]byte(b), limit); !near(got, want, limit) {
					t.Fatalf("%q %q, limit %d: %d, want %d", a, b, limit, got, want)
				}
			}
		}
	}
}

func TestPatternRandom(t *testing.T) {
	m := newMutator(2, "abcdefgh")
	var p pattern
	for range 2000 {
		a := m.text(m.IntN(patternLimit + 1))
		b := m.edits(a, m.IntN(20))
		p.set([]byte(string(a)))
		osa, d := edlib.OSADamerauLevenshteinDistance(string(a), string(b)), lowranceWagner(a, b)
		if got := p.distance([]byte(string(b)), 64); got != osa {
			t.Fatalf("%q %q: %d, want %d", string(a), string(b), got, osa)
		}
		if osa < d || osa > d+d/2 || osa <= 2 && osa != d {
			t.Fatalf("%q %q: alignment %d, distance %d", string(a), string(b), osa, d)
		}
	}
}

func TestCommonPrefix(t *testing.T) {
	a := strings.Repeat("x", 40)
	for n := range 40 {
		b := a[:n] + "y" + a[n+1:]
		if got := commonPrefix([]byte(a), []byte(b)); got != n {
			t.Errorf("%d: %d", n, got)
		}
		if got := commonPrefix([]byte(a), []byte(a[:n])); got != n {
			t.Errorf("%d, short: %d", n, got)
		}
	}
}

// A signature must never cost a pair.
func TestSignatureIsALowerBound(t *testing.T) {
	b := newBuckets()
	for _, alphabet := range []string{"ab", "0123456789abcdef", "abcdefghijklmnopqrstuvwxyz0123456789-_. ()"} {
		m := newMutator(3, alphabet)
		for range 5000 {
			x := m.text(m.IntN(30))
			y := m.edits(x, m.IntN(6))
			d := lowranceWagner(x, y)
			s, r := b.sign([]byte(string(x))), b.sign([]byte(string(y)))
			if s.lacks(r) > d || r.lacks(s) > d {
				t.Fatalf("%q %q: signatures differ by %d and %d, distance %d", string(x), string(y), s.lacks(r), r.lacks(s), d)
			}
		}
	}
}

// Of two unrelated names, the signature must tell most apart, or nothing is won.
func TestSignatureTellsApart(t *testing.T) {
	b := newBuckets()
	r := rand.New(rand.NewPCG(4, 4))
	left, right := fleet(2000, 4)
	passed := 0
	for range 10000 {
		s := b.sign([]byte(left[r.IntN(len(left))]))
		if s.lacks(b.sign([]byte(right[r.IntN(len(right))]))) <= 2 {
			passed++
		}
	}
	if passed > 500 {
		t.Errorf("%d of 10000 unrelated pairs pass", passed)
	}
}
