package event_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"sparkless/bench/sample"
	"sparkless/storage"
	"sparkless/storage/event"
)

// BenchmarkScan reads lines of several shapes and does nothing with the records.
// Every byte is copied into the scanner's buffer, as from the page cache.
func BenchmarkScan(b *testing.B) {
	narrow := event.Query{EventIDs: []int{4688}, Columns: []string{"Process", "NewProcessName"}}
	full := event.Query{EventIDs: []int{4688}, Columns: []string{"Process", "NewProcessName", "Computer", "ParentProcessName", "Account", "CommandLine"}}
	strict := full
	strict.Mode = event.Strict
	lines := sampleDay(b)
	for _, shape := range []struct {
		name string
		line func(*rand.Rand, []byte) []byte
	}{
		{"day", asIs},
		{"long", lengthen},
		{"shuffled", shuffle},
		{"226columns", fill},
		{"hostile", hostile},
	} {
		data := reshape(lines, shape.line)
		b.Run(shape.name+"/narrow", func(b *testing.B) { benchScan(b, narrow, data) })
		b.Run(shape.name+"/full", func(b *testing.B) { benchScan(b, full, data) })
		b.Run(shape.name+"/strict", func(b *testing.B) { benchScan(b, strict, data) })
	}
}

func benchScan(b *testing.B, q event.Query, data []byte) {
	s := event.NewScanner(q, event.Day(sample.Default().Day))
	r := blob{data: data, piece: len(data)}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if err := s.Open(b.Context(), r, event.Whole(storage.Blob{Name: "PT05M.json", Size: int64(len(data))})); err != nil {
			b.Fatal(err)
		}
		for s.Scan() {
		}
		if stats := s.Stats(); s.Err() != nil || stats.Records == 0 || stats.MalformedLines() > 0 {
			b.Fatal(s.Err(), stats)
		}
	}
	s.Close()
}

// sampleDay is the lines of the default sample day.
func sampleDay(b *testing.B) [][]byte {
	b.Helper()
	var all []byte
	if _, err := sample.Generate(sample.Default(), func(_ string, data []byte) error {
		all = append(all, data...)
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	return bytes.Split(bytes.TrimSuffix(all, []byte("\n")), []byte("\n"))
}

func reshape(lines [][]byte, shape func(*rand.Rand, []byte) []byte) []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	var out []byte
	for _, line := range lines {
		out = append(append(out, shape(rng, line)...), '\n')
	}
	return out
}

// members cuts a flat object into its members as written.
func members(line []byte) (out [][]byte) {
	d := json.NewDecoder(bytes.NewReader(line))
	token := func() int64 {
		if _, err := d.Token(); err != nil {
			panic(err)
		}
		return d.InputOffset()
	}
	for at := token(); d.More(); {
		token()
		end := token()
		out = append(out, bytes.TrimLeft(line[at:end], ","))
		at = end
	}
	return out
}

func object(members [][]byte) []byte {
	return fmt.Appendf(nil, "{%s}", bytes.Join(members, []byte(",")))
}

// lengthen adds keys to a record, half before its event ID and half at its end,
// up to the mean length of two kilobytes that exports of large estates have.
func lengthen(rng *rand.Rand, line []byte) []byte {
	m := members(line)
	for i := range 16 {
		m = append(m, fmt.Appendf(nil, `"AdditionalColumn%d":"%x"`, i, rng.Uint64()>>rng.IntN(48)))
	}
	return object(m)
}

// shuffle puts the keys of each record in an order of its own.
func shuffle(rng *rand.Rand, line []byte) []byte {
	m := members(line)
	rng.Shuffle(len(m), func(i, j int) { m[i], m[j] = m[j], m[i] })
	return object(m)
}

// fill gives each record the 226 columns of the whole table, most of them empty.
func fill(_ *rand.Rand, line []byte) []byte {
	m := members(line)
	for i := len(m); i < 226; i++ {
		m = append(m, fmt.Appendf(nil, `"UnusedColumn%d":""`, i))
	}
	return object(m)
}

// hostile puts long strings of escapes, and JSON inside strings, before what is
// looked for.
func hostile(rng *rand.Rand, line []byte) []byte {
	text := []string{
		`{\"EventID\":4688,\"Process\":\"a.exe\"}`, `\\\\\\\\\\\\\\\\\\\"\\\\`, `\u0045vent\"`, "Ünïcödé\u2028", `},{`, `\"`,
	}
	var value []byte
	for range rng.IntN(40) {
		value = append(value, text[rng.IntN(len(text))]...)
	}
	return object(append([][]byte{fmt.Appendf(nil, `"EventData":"%s"`, value)}, members(line)...))
}

func asIs(_ *rand.Rand, line []byte) []byte { return line }
