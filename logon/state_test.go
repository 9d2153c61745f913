package logon

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func encoded(t testing.TB, s *State) []byte {
	t.Helper()
	file, err := s.Encode("note")
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// However events are cut, ordered and merged, and whether a part was a file meanwhile,
// the state is the same to the byte.
func TestStateDoesNotDependOnOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 1))
		events := someLogons(rng, 2000)
		want := encoded(t, stateOf(events))
		rng.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		whole := newState()
		for len(events) > 0 {
			n := min(len(events), 1+rng.IntN(1000))
			part := stateOf(events[:n])
			events = events[n:]
			if rng.IntN(2) == 0 {
				read := newState()
				if note, err := read.Decode(encoded(t, part)); err != nil || note != "note" {
					t.Fatal(note, err)
				}
				part = read
			}
			if rng.IntN(2) == 0 {
				part, whole = whole, part
			}
			whole.Merge(part)
		}
		if !bytes.Equal(encoded(t, whole), want) {
			t.Fatalf("seed %d: another state", seed)
		}
	}
}
