package event

import (
	"context"
	"errors"
	"slices"
	"sync"

	"sparkless/storage"
)

// Reading is the reading of a set of ranges by some goroutines, for one query or
// several. Which of them reads what, and how the ranges are cut, cannot be told
// from all records together, nor from Stats.
type Reading struct {
	lanes   *Lanes
	r       storage.Reader
	queries []Query
	window  Window
	parts   []part
	seams   seams
	reached

	mu      sync.Mutex
	changed sync.Cond
	left    []int64 // bytes of each part that are in no piece which was read
	queue   []piece
	busy    int // pieces under way
	opening int // pieces under way whose rest may come into the queue
	stopped bool
	bad     []*UnreadableError
	stats   []Stats // by query, as kept
	kept    []quarantine
}

// part is a range, and the queries that it is read for at once.
type part struct {
	Range
	queries []int
}

// ReadEach is Read for several queries, at least one. For each of them the records
// and their values, the counts and the malformed lines are exactly those of a
// reading for that query alone, whatever the input; the pieces of a range may be
// read in another order.
//
// Each line is cut off once. Those queries of a Mode that want some EventIDs only and
// have no Fields also read it together, as far as the one that needs most of it; the
// others read it on their own, one after the other. A blob is read once for all
// queries, but for two kinds. Parquet is read for each query by itself: its footer,
// its EventIDs and its times, and any column that several of them want, are fetched
// for each of them anew. And all is read twice where queries differ in Arrays.
//
// A blob that can never be read for one of the queries, as Parquet with a column of a
// type that only that one asks for, is an UnreadableError for all of them: the
// others may have been given all, some or none of its records.
func (l *Lanes) ReadEach(r storage.Reader, queries []Query, w Window, parts []Range) *Reading {
	rd := &Reading{lanes: l, r: r, queries: queries, window: w,
		seams: seams{byEnd: map[place]*fragment{}, byStart: map[place]*fragment{}},
		stats: make([]Stats, len(queries)), kept: make([]quarantine, len(queries))}
	rd.changed.L = &rd.mu
	for _, r := range parts {
		for _, of := range shares(queries, r.Blob) {
			rd.queue = append(rd.queue, l.cut(len(rd.parts), r)...)
			rd.parts = append(rd.parts, part{r, of})
			rd.left = append(rd.left, r.Length)
		}
	}
	return rd
}

// shares says which queries a blob is read for at once, by their indices. The first
// query is in the last of the shares: once that is read, all is.
func shares(queries []Query, b storage.Blob) [][]int {
	var shares [][]int
	for i, q := range queries {
		at := slices.IndexFunc(shares, func(of []int) bool { return !namedParquet(b) && queries[of[0]].Arrays == q.Arrays })
		if at < 0 {
			at, shares = len(shares), append(shares, nil)
		}
		shares[at] = append(shares[at], i)
	}
	slices.Reverse(shares)
	return shares
}

// counts reports whether the part is the one of its range that Reached tells of.
func (p *part) counts() bool { return p.queries[0] == 0 }

// Stats returns the counts of all lanes that have ended, for the first query.
func (rd *Reading) Stats() Stats { return rd.StatsOf(0) }

// StatsOf is Stats for the i-th query.
func (rd *Reading) StatsOf(i int) Stats {
	rd.mu.Lock()
	defer rd.mu.Unlock()
	return rd.stats[i]
}

// Malformed returns the malformed lines that are kept aside of what all lanes that
// have ended have read: the first 1,000 by place, of which each is cut at 16 KiB,
// fewer where those take more than 1 MiB. Stats says how many there are. They are
// those of the first query.
func (rd *Reading) Malformed() []Line { return rd.MalformedOf(0) }

// MalformedOf is Malformed for the i-th query.
func (rd *Reading) MalformedOf(i int) []Line {
	rd.mu.Lock()
	defer rd.mu.Unlock()
	return slices.Clone(rd.kept[i].lines)
}

// errAdds: somebody does not take the records of a query, or takes those of none.
var errAdds = errors.New("a reading takes one function for each of its queries")

// Lane reads what no other goroutine reads, until nothing is left, and gives the
// records of each query to its add, of which there is one for each in order. All is
// read when every Lane has returned nil; after an error the others end soon. Of a
// blob that can never be read the error is an UnreadableError. It comes last, when
// all other blobs were read: Unreadable then has all of these, and the rest can be
// read anew without them.
func (rd *Reading) Lane(ctx context.Context, add ...func(*Record)) error {
	if len(add) != len(rd.queries) {
		return errAdds
	}
	for {
		p, ok := rd.next(true)
		if !ok {
			return rd.ended()
		}
		if err := rd.readOn(ctx, p, add); err != nil {
			rd.stop()
			return err
		}
	}
}

// readOn takes a lane for a piece and all that can be read after it at once.
func (rd *Reading) readOn(ctx context.Context, p piece, add []func(*Record)) error {
	s, err := rd.lanes.take(ctx, rd.queries, rd.window)
	if err != nil {
		return err
	}
	defer func() {
		s.letGo()
		rd.lanes.free <- s
	}()
	s.tally.begin(&rd.reached)
	for ok := true; ok; p, ok = rd.next(false) {
		err := rd.read(ctx, s, &p, add)
		if err != nil {
			_ = s.Close() // err came first
			err = judge(ctx, rd.r, rd.parts[p.part].Blob, err)
		} else {
			rd.count(s, p)
		}
		if err := rd.done(p, err); err != nil {
			return err
		}
	}
	s.settle()
	rd.mu.Lock()
	defer rd.mu.Unlock()
	for i, sel := range s.each {
		rd.stats[i].Merge(sel.stats)
		rd.kept[i].merge(&sel.kept)
	}
	return nil
}

// read reads a piece, and the lines that it completes.
func (rd *Reading) read(ctx context.Context, s *Scanner, p *piece, add []func(*Record)) error {
	part := &rd.parts[p.part]
	s.openFor(part.queries)
	s.tally.silent = !part.counts()
	if err := s.open(ctx, rd.r, part.Range, *p); err != nil {
		return err
	}
	if len(p.rest) > 0 {
		rd.opened(*p, s.lines.open)
		p.rest = nil
		if !s.lines.open { // it is one piece after all
			s.tally.end = part.Offset + part.Length
		}
	}
	s.scanFor(add)
	if err := s.Err(); err != nil {
		return err
	}
	for _, f := range []*fragment{s.head, s.tail(*p)} {
		if f == nil {
			continue
		}
		f, complete := rd.seams.add(f)
		if !complete || f.foreign {
			continue
		}
		if f.beyond {
			if err := s.finish(ctx, rd.r, part.Blob, f); err != nil {
				return err
			}
		}
		if f.lost {
			if err := s.reread(ctx, rd.r, part.Blob, f); err != nil {
				return err
			}
		}
		s.takeFragment(part.Blob, f, add)
	}
	return s.Close()
}
