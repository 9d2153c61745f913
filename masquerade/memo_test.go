package masquerade

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// The same bytes with escapes and without are two names and two values, however
// lately the other was seen.
func TestEscapedAndOtherSpellings(t *testing.T) {
	line := []byte(`{"EventID":4688,"TimeGenerated":"2026-11-20T00:00:00Z","Process":"a\\n","CommandLine":"a\\n"}`)
	c := scanned(t, [][]byte{line, line})
	c.Add(record(0, `a\\n`, none, none, none, none, `a\\n`)) // not JSON: two backslashes are meant
	got := contents(c)
	one, other := got[`=a\n/unknown`], got[`=a\\n/unknown`]
	if len(got) != 3 || one.count != 2 || other.count != 1 || one.values[commands][0] != (Tally{`a\n`, 2}) || other.values[commands][0] != (Tally{`a\\n`, 1}) {
		t.Errorf("%+v", got)
	}
}

// A memo forgets; it never confuses.
func TestMemo(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	m := newMemo(1 << 13)
	hits := 0
	for range 300_000 {
		key := uint64(1 + rng.IntN(20_000))
		s := m.at(key)
		if s.key == key && s.ref != uint32(7*key) {
			t.Fatalf("key %d has the place of another", key)
		}
		if s.key == key {
			hits++
		} else if s = m.fill(recall{key: key, ref: uint32(7 * key)}); s.key != key || m.at(key).key != key {
			t.Fatalf("key %d was not filled in", key)
		}
	}
	if len(m.pairs) != 1<<13 || hits < 100_000 {
		t.Errorf("%d pairs, %d hits", len(m.pairs), hits)
	}
}

// A memo that grows keeps what it knows.
func TestMemoGrows(t *testing.T) {
	m := newMemo(1 << 15)
	const first = 1 << 40 // of the first place, where the empty ones would go
	m.fill(recall{key: first, ref: first >> 20})
	for key := uint64(1); len(m.pairs) == leastMemo; key++ {
		m.at(key)
		m.fill(recall{key: key, ref: uint32(key)})
		if s := m.at(key); s.ref != uint32(key) {
			t.Fatalf("key %d is lost", key)
		}
		if s := m.at(first); s.ref != first>>20 {
			t.Fatalf("the first key is lost at key %d", key)
		}
	}
}

// References are those of the texts, also where many share a place.
func TestTextsAgainstAMap(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 2))
	var kept texts
	known := map[string]uint32{}
	for range 400_000 { // so many that some share a hash
		text := fmt.Sprint(rng.IntN(300_000))
		ref := kept.put([]byte(text), 5)
		if known[text] == 0 {
			known[text] = ref
		}
		if ref == 0 || known[text] != ref || string(kept.at(ref)) != text {
			t.Fatalf("%q has %d, which is %q, and had %d", text, ref, kept.at(ref), known[text])
		}
	}
	if kept.kept.len() != len(known)+1 {
		t.Errorf("%d texts, want %d", kept.kept.len()-1, len(known))
	}
}
