package logon

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"sparkless/storage/table"
)

// tampered is a file of the state in which some values are others, and the checksum is
// right.
func tampered(t testing.TB, s *State, rng *rand.Rand) []byte {
	t.Helper()
	rows, f := s.ordered(), newFiller(&s.store, 1)
	if rng.IntN(8) == 0 && len(rows) > 1 {
		rows[0], rows[1] = rows[1], rows[0]
	}
	which := rng.IntN(len(columns))
	w := table.NewWriter(format, columns)
	err := w.Write(len(rows), func(column int) *table.Values {
		v := f.fill(rows, column)
		if column == which {
			tamper(v, rng)
		}
		return v
	})
	if err != nil {
		t.Fatal(err)
	}
	file, err := w.Close("")
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func tamper(v *table.Values, rng *rand.Rand) {
	odd := []int64{-1, 0, 1, 2, 300, math.MinInt64, math.MaxInt64, 1 << 40, 1<<40 + 1, 86400e9}
	if n := len(v.Ints); n > 0 {
		v.Ints[rng.IntN(n)] = odd[rng.IntN(len(odd))]
		return
	}
	texts := v.Texts
	v.Texts = table.Texts{}
	at := rng.IntN(max(1, texts.Len()))
	for i := range texts.Len() {
		text := texts.At(i)
		if i == at {
			text = [][]byte{nil, []byte("\xff"), bytes.Repeat([]byte("x"), 5000), []byte("zz"), text}[rng.IntN(5)]
		}
		v.Texts.Add(text)
	}
}

// Whatever a file with a right checksum says, it is refused, or is a state like others:
// one that encodes to a file that decodes to itself, and that findings can be made of.
func FuzzTamperedFile(f *testing.F) {
	for seed := range uint64(100) {
		f.Add(seed)
	}
	states := make([]*State, 8)
	for i := range states {
		states[i] = stateOf(someLogons(rand.New(rand.NewPCG(uint64(i), 1)), 60))
		states[i].Rest()
	}
	d := New(DefaultParams(), "all", 1)
	f.Fuzz(func(t *testing.T, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 2))
		day := states[rng.IntN(len(states))]
		file := tampered(t, day, rng)
		s, past := newState(), d.Past(day)
		_, err := s.Decode(file)
		_, errPast := past.Decode(file)
		if (err == nil) != (errPast == nil) {
			t.Fatal(err, errPast)
		}
		if err != nil {
			if !errors.Is(err, table.ErrDamaged) {
				t.Fatal(err)
			}
			return
		}
		again := newState()
		if _, err := again.Decode(encoded(t, s)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(encoded(t, again), encoded(t, s)) {
			t.Fatal("another state")
		}
		finish(t, d, s, past)
	})
}

// A file that is cut or has a byte changed is refused.
func TestDamagedFile(t *testing.T) {
	t.Parallel()
	file := encoded(t, stateOf(someLogons(rand.New(rand.NewPCG(1, 1)), 300)))
	rng := rand.New(rand.NewPCG(3, 3))
	for range 300 {
		bad := bytes.Clone(file)
		if rng.IntN(3) == 0 {
			bad = bad[:rng.IntN(len(bad))]
		} else {
			bad[rng.IntN(len(bad))] ^= 1 << rng.IntN(8)
		}
		if _, err := newState().Decode(bad); err == nil {
			t.Fatal("a damaged file is taken")
		}
	}
	if _, err := New(DefaultParams(), "", 1).Past(newState()).Encode(""); err == nil {
		t.Error("a past is encoded")
	}
}
