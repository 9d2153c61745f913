package main

import (
	"context"
	"fmt"
	"runtime"

	"sparkless/bench/variant"
)

// scope is how large the data is.
type scope struct {
	size    float64 // bytes of the day that is hunted through
	variant int64   // bytes that are rewritten into each other form
	small   float64 // bytes of the day that the notebook's algorithm gets
	smoke   bool    // only what Go can build
}

// planned is a section that is made when its turn comes: its data may take long.
type planned struct {
	id   string
	make func(context.Context) (section, error)
}

// plan lists the sections.
func (b *bench) plan(sc scope) []planned {
	list := []planned{
		{"job", b.wholeJob(sc)},
		{"read1", b.reading(sc, 1)},
		{"read", b.reading(sc, runtime.NumCPU())},
		{"shuffled", b.form(sc, variant.Shuffled, "Keys of every record in an order of its own")},
		{"wide", b.form(sc, variant.Wide, "Records of 226 columns")},
		{"hostile", b.form(sc, variant.Hostile, "Hostile strings: escapes, quotes, records in strings, nested records")},
		{"broken", b.form(sc, variant.Broken, "Hostile strings that are not UTF-8")},
		{"gzip", b.squeezed(sc, "gzip", "json.gz", gzipped)},
		{"zstd", b.squeezed(sc, "zstd", "json.zst", zstandard)},
	}
	if !sc.smoke {
		list = append(list, planned{"parquet", b.parquet(sc)}, planned{"notebook", b.small(sc)})
	}
	return list
}

const (
	ours       = "sparkless"
	oursNarrow = "sparkless, four fields"
)

func (b *bench) wholeJob(sc scope) func(context.Context) (section, error) {
	return func(context.Context) (section, error) {
		d, err := sampleDay(b.work, dayConfig(sc.size))
		s := section{id: "job", label: "whole job", title: "The whole job: read, rank, join, findings in a file", day: d, level: "hunt", threads: runtime.NumCPU(), reference: 4,
			contenders: []contender{
				b.read("read() alone", "read"), b.read("read() and count newlines", "lines"),
				counting(b.read("sparkless, reading and counting alone", "context")),
				counting(b.read("sparkless --strict, reading and counting alone", "context", "-strict")),
				b.hunt(ours), b.hunt("sparkless --strict", "--strict"),
			}}
		s.contenders = append(s.contenders, all(findings, b.goPeersAll()...)...)
		if !sc.smoke {
			s.contenders = append(s.contenders, all(findings, b.duckdb(), b.polars())...)
			s.contenders = append(s.contenders, b.duckdbStart())
			s.notes = []string{
				"DuckDB and Polars read two columns; sparkless reads seven and keeps paths, hosts, parents, accounts and command lines with its findings.",
				"Polars has no edit distance: rapidfuzz compares for it. The Go peers compare with a plain join of their own.",
			}
		}
		return s, err
	}
}

// counting is a reading whose counts the section cannot compare: its results are
// findings. The reading sections do.
func counting(c contender) contender {
	c.gives = nothing
	c.argv = func(argv func(job) []string) func(job) []string {
		return func(j job) []string { return append(argv(j), "-table=false") }
	}(c.argv)
	c.quiet = nil
	return c
}

func (b *bench) reading(sc scope, threads int) func(context.Context) (section, error) {
	return func(context.Context) (section, error) {
		d, err := sampleDay(b.work, dayConfig(sc.size))
		if err != nil {
			return section{}, err
		}
		truth, err := truthOf(d)
		id, title := "read", "Reading: process creations, first and last time and least path of each name"
		if threads == 1 {
			id = "read1"
		}
		s := section{id: id, label: "reading", title: title, day: d, level: "read", threads: threads, reference: 2, truth: truth,
			contenders: []contender{
				b.read("read() alone", "read"), b.read("read() and count newlines", "lines"),
				b.read(oursNarrow, "narrow"), b.read(oursNarrow+", strict", "narrow", "-strict"),
				b.read("sparkless, all the job's counts", "context"), b.read("sparkless, all the job's counts, strict", "context", "-strict"),
			}}
		s.contenders = append(s.contenders, all(counts, b.goPeersAll()...)...)
		if !sc.smoke {
			s.contenders = append(s.contenders, all(counts, b.simdjson(true), b.duckdb(), b.polars())...)
			s.contenders = append(s.contenders, b.duckdbStart())
		}
		return s, err
	}
}

// form is a day that is harder to read.
func (b *bench) form(sc scope, kind variant.Kind, title string) func(context.Context) (section, error) {
	return func(context.Context) (section, error) {
		base, err := sampleDay(b.work, dayConfig(sc.size))
		if err != nil {
			return section{}, err
		}
		d, err := rewritten(base, kind, sc.variant)
		s := section{id: string(kind), label: string(kind), title: title, day: d, level: "read", threads: runtime.NumCPU(), reference: 1,
			contenders: []contender{
				b.read("read() and count newlines", "lines"),
				b.read(oursNarrow, "narrow"), b.read(oursNarrow+", strict", "narrow", "-strict"), b.read("sparkless, all the job's counts", "context"),
			}}
		s.contenders = append(s.contenders, b.peersFor(sc, kind)...)
		return s, err
	}
}

// peersFor are those that claim to read such lines.
func (b *bench) peersFor(sc scope, kind variant.Kind) []contender {
	peers := all(counts, b.goPeersAll()...)
	switch {
	case kind == variant.Shuffled && !sc.smoke:
		peers = append(peers, all(counts, b.simdjson(false), b.duckdb())...)
	case kind == variant.Wide && !sc.smoke:
		peers = append(peers, all(counts, b.simdjson(true), b.duckdb())...)
	case !sc.smoke:
		peers = append(peers, refusing(all(counts, b.duckdb())[0]))
	}
	return peers
}

func (b *bench) squeezed(sc scope, name, ending string, f change) func(context.Context) (section, error) {
	return func(context.Context) (section, error) {
		base, err := sampleDay(b.work, dayConfig(sc.size))
		if err != nil {
			return section{}, err
		}
		d, err := compressed(base, name, ending, sc.variant, f)
		s := section{id: name, label: name, title: "Files compressed with " + name, day: d, level: "read", threads: runtime.NumCPU(), reference: 1,
			contenders: []contender{
				b.read("klauspost/compress, expanding alone", "decode"),
				b.read(oursNarrow, "narrow"), b.read("sparkless, all the job's counts", "context"),
			}}
		if !sc.smoke {
			s.contenders = append(s.contenders, all(counts, b.duckdb())...)
		}
		return s, err
	}
}

// parquet is the day as DuckDB writes it, one file an hour.
func (b *bench) parquet(sc scope) func(context.Context) (section, error) {
	return func(ctx context.Context) (section, error) {
		duck := b.duckdb()
		if duck.missing != "" {
			return section{}, fmt.Errorf("%w: DuckDB, which writes the files: %s", errSkipped, duck.missing)
		}
		base, err := sampleDay(b.work, dayConfig(sc.size))
		if err != nil {
			return section{}, err
		}
		d, err := asParquet(ctx, base, duck)
		return section{id: "parquet", label: "Parquet", title: "The day as Parquet, written by DuckDB with zstd", day: d, level: "read", threads: runtime.NumCPU(), reference: 0,
			contenders: append(all(counts, b.read(oursNarrow, "narrow"), b.read("sparkless, all the job's counts", "context"), duck), b.duckdbStart()),
			optional:   true}, err
	}
}

// small is a day that the notebook's algorithm can do in minutes: it compares
// all pairs, one call of Python each.
func (b *bench) small(sc scope) func(context.Context) (section, error) {
	return func(context.Context) (section, error) {
		d, err := sampleDay(b.work, dayConfig(sc.small))
		return section{id: "notebook", label: "whole job, small day", title: "A small day, with the notebook's algorithm", day: d, level: "hunt", threads: runtime.NumCPU(), reference: 0,
			contenders: append(all(findings, b.hunt(ours), b.duckdb(), b.polars(), b.notebook()), b.duckdbStart()),
			notes:      []string{"All frequent names against all rare ones, by a Python function: the time grows with the square of the names."}}, err
	}
}
