package logon

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"sparkless/storage/event"
)

// day of an estate: accounts log on again and again, each from few sources to few
// computers; half of the logons are of computers.
func estateRecords(n int) []*event.Record {
	rng := rand.New(rand.NewPCG(1, 2))
	all := make([]*event.Record, n)
	for i := range all {
		a := int(rng.ExpFloat64() * 300)
		e := logonEvent{at: date.Add(time.Duration(rng.Int64N(int64(24 * time.Hour)))), domain: "CONTOSO", user: fmt.Sprint("user", a), failed: rng.IntN(50) == 0,
			computer: fmt.Sprintf("srv%d.contoso.com", (a+rng.IntN(3))%200), address: fmt.Sprintf("10.0.%d.%d", a%8, rng.IntN(2)+a%100), host: fmt.Sprint("PC", a)}
		if rng.IntN(2) == 0 {
			e.user += "$"
		}
		all[i] = e.record()
	}
	return all
}

func BenchmarkAdd(b *testing.B) {
	for name, records := range map[string][]*event.Record{"estate": estateRecords(200_000), "people": peopleOnly(estateRecords(400_000)), "hostile": hostileRecords(100_000)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			s := newState()
			for i := 0; b.Loop(); i++ {
				s.Add(records[i%len(records)])
			}
		})
	}
}

// peopleOnly are the records whose account is no computer.
func peopleOnly(records []*event.Record) (people []*event.Record) {
	for _, r := range records {
		if raw := r.Value(colUser).Raw(); raw[len(raw)-1] != '$' {
			people = append(people, r)
		}
	}
	return people
}

// hostileRecords are failures of users that are all different, as internet scanners make.
func hostileRecords(n int) []*event.Record {
	all := make([]*event.Record, n)
	for i := range all {
		all[i] = logonEvent{at: date.Add(time.Duration(i) * time.Second / 2), failed: true, domain: "X", user: fmt.Sprint("user", i), computer: "srv", status: "0xc0000064",
			address: fmt.Sprintf("203.%d.%d.%d", i%5, i%200, i%250)}.record()
	}
	return all
}

// BenchmarkParts is the life of a day in small parts, each event by event: counting,
// writing, reading, and putting together.
func BenchmarkParts(b *testing.B) {
	const part = 2000
	records := peopleOnly(estateRecords(80_000))
	var states []*State
	var files [][]byte
	for part := range slices.Chunk(records, part) {
		s := newState()
		for _, r := range part {
			s.Add(r)
		}
		files = append(files, encoded(b, s))
		states = append(states, s)
	}
	each := func(name string, do func(i int)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for i := range states {
					do(i)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(records)), "ns/event")
		})
	}
	add := func(s *State, i int) {
		for _, r := range records[i*part : min(len(records), (i+1)*part)] {
			s.Add(r)
		}
		s.Rest()
	}
	each("add/cold", func(i int) { add(newState(), i) })
	d := New(DefaultParams(), "", 1)
	each("add/warm", func(i int) { add(d.New(), i) })
	each("encode", func(i int) { encoded(b, states[i]) })
	each("decode", func(i int) {
		if _, err := newState().Decode(files[i]); err != nil {
			b.Fatal(err)
		}
	})
	whole := newState()
	each("merge", func(i int) {
		if i == 0 {
			whole = newState()
		}
		whole.Merge(states[i])
	})
}
