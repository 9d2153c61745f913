package logon

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// The kinds of values that a row samples.
const (
	computers = iota // logged on to
	domains          // of these
	addresses        // logged on from
	hosts            // logged on from, by their names
	packages         // of authentication
	users            // DOMAIN\user, of a source alone
	minutes          // of guesses: 12:49, UTC
	kinds
)

// key names a row: the logons of an account by one logon type on a UTC day, or all logons
// from a source on a UTC day.
type key struct {
	day          int32 // since 1970
	source       string
	domain, user string
	logonType    int16 // -1 if it is none
}

// withoutDay is what is left of the key without the day.
func (k key) withoutDay() key {
	k.day = 0
	return k
}

// order is that of rows in a file: accounts, then sources.
func (k key) order(o key) int {
	return cmp.Or(strings.Compare(k.source, o.source), strings.Compare(k.domain, o.domain), strings.Compare(k.user, o.user),
		cmp.Compare(k.logonType, o.logonType), cmp.Compare(k.day, o.day))
}

// keyRefs is a key with its texts as references.
type keyRefs struct {
	source, domain, user uint32
	day, logonType       int32
}

// rank decides which rows are kept where there are too many. It does not know the day,
// so that of all days the same accounts are kept.
func (st *store) rank(p keyRefs) uint64 {
	text := st.spell[:0]
	text = append(append(text, st.at(p.source)...), 0)
	text = append(append(text, st.at(p.domain)...), 0)
	text = append(append(text, st.at(p.user)...), 0, byte(p.logonType), byte(p.logonType>>8))
	st.spell = text
	return xxhash.Sum64(text)
}

// span is the times of the first and the last of some events, in nanoseconds since 1970.
// Of no event first is above last.
type span struct{ first, last int64 }

var never = span{math.MaxInt64, math.MinInt64}

func (s span) of(o span) span { return span{min(s.first, o.first), max(s.last, o.last)} }
func (s span) none() bool     { return s.first > s.last }

// entry is what is known of the logons of a key.
type entry struct {
	keyRefs
	live             bool   // not left out
	rank             uint64 // the hash of the key
	ok, failed       int64
	guesses          int64 // of the failures: of a wrong password, or of no such user
	unknown          int64 // of the guesses: no such user
	okSpan, failSpan span
	samples          [kinds]sample
}

func (e *entry) attempts() int64 { return e.ok + e.failed }

// seen is when the events were.
func (e *entry) seen() span { return e.okSpan.of(e.failSpan) }

// sum adds the numbers of o, without the samples.
func (e *entry) sum(o *entry) {
	e.ok += o.ok
	e.failed += o.failed
	e.guesses += o.guesses
	e.unknown += o.unknown
	e.okSpan, e.failSpan = e.okSpan.of(o.okSpan), e.failSpan.of(o.failSpan)
}

// rows are kept by key, at most some number of them: those with the smallest hashes. A
// row that is left out can never come back, so what is kept is exact and does not depend
// on the order of reading.
type rows struct {
	all   []entry
	of    map[keyRefs]uint32 // their places in all
	spare []uint32           // places of those that were left out
	limit uint64             // rows with hashes above it are left out
	most  int
	days  []int32 // of the keys
}

// mostRows is how many accounts a state knows, and how many sources.
const mostRows = 1 << 19

func newRows(most int) rows { return rows{of: map[keyRefs]uint32{}, limit: math.MaxUint64, most: most} }

// at returns the number of the row of a key, whose texts the caller goes on holding; false
// if it is left out. The number stays until the row is left out.
func (rs *rows) at(p keyRefs, st *store) (uint32, bool) {
	if i, ok := rs.of[p]; ok {
		return i, true
	}
	rank := st.rank(p)
	if rank > rs.limit {
		return 0, false
	}
	if len(rs.of) >= 2*rs.most {
		rs.trim(st)
		if rank > rs.limit {
			return 0, false
		}
	}
	var i uint32
	if n := len(rs.spare); n > 0 {
		i, rs.spare = rs.spare[n-1], rs.spare[:n-1]
	} else {
		i = uint32(len(rs.all))
		rs.all = append(wider(rs.all, 1), entry{})
	}
	rs.all[i] = entry{keyRefs: p, live: true, rank: rank, okSpan: never, failSpan: never}
	rs.of[p] = i
	for _, ref := range [...]uint32{p.source, p.domain, p.user} {
		st.again(ref)
	}
	if !slices.Contains(rs.days, p.day) {
		rs.days = append(rs.days, p.day)
	}
	return i, true
}

// makeRoom makes room for n rows more, as far as they may all be kept.
func (rs *rows) makeRoom(n int) {
	n = min(n, 2*rs.most)
	rs.all = slices.Grow(rs.all, n)
	if len(rs.of) == 0 {
		rs.of = make(map[keyRefs]uint32, n)
	}
}

// trim leaves out rows until there are no more than there may be, but for those of one
// account on several days.
func (rs *rows) trim(st *store) {
	if len(rs.of) <= rs.most {
		return
	}
	ranks := make([]uint64, 0, len(rs.of))
	for i := range rs.all {
		if rs.all[i].live {
			ranks = append(ranks, rs.all[i].rank)
		}
	}
	slices.Sort(ranks)
	rs.lower(ranks[rs.most-1], st)
}

// lower makes the limit no higher than limit.
func (rs *rows) lower(limit uint64, st *store) {
	if limit >= rs.limit {
		return
	}
	rs.limit = limit
	for i := range rs.all {
		e := &rs.all[i]
		if !e.live || e.rank <= limit {
			continue
		}
		for kind := range e.samples {
			st.drop(&e.samples[kind])
		}
		for _, ref := range [...]uint32{e.source, e.domain, e.user} {
			st.release(ref)
		}
		delete(rs.of, e.keyRefs)
		*e = entry{}
		rs.spare = append(rs.spare, uint32(i))
	}
}

// merge adds the rows of o, whose texts come by from.
func (rs *rows) merge(o *rows, st *store, from *adopted) {
	rs.lower(o.limit, st)
	for i := range o.all {
		e := &o.all[i]
		if !e.live || e.rank > rs.limit {
			continue
		}
		p := e.keyRefs
		p.source, p.domain, p.user = from.ref(p.source), from.ref(p.domain), from.ref(p.user)
		at, kept := rs.at(p, st)
		if !kept {
			continue
		}
		to := &rs.all[at]
		to.sum(e)
		for kind := range e.samples {
			if s := e.samples[kind]; s.n > 0 {
				st.join(&to.samples[kind], from.items(s))
				to.samples[kind].more = to.samples[kind].more || s.more
			}
		}
	}
}

// adopted are texts of another store that this one holds, for a while.
type adopted struct {
	st, from *store
	refs     []uint32 // by the other's
	one      [keep]item
}

func (st *store) adopt(from *store) *adopted {
	return &adopted{st: st, from: from, refs: make([]uint32, len(from.all))}
}

// ref returns what the other store calls ref.
func (a *adopted) ref(ref uint32) uint32 {
	if ref != 0 && a.refs[ref] == 0 {
		a.refs[ref] = a.st.hold(a.from.texts.at(ref))
	}
	if ref == 0 {
		return 0
	}
	return a.refs[ref]
}

// items are those of a sample of the other store, valid until they are asked again.
func (a *adopted) items(s sample) []item {
	items := append(a.one[:0], a.from.of(s)...)
	for i := range items {
		items[i].ref = a.ref(items[i].ref)
	}
	return items
}

// release gives back all texts.
func (a *adopted) release() {
	for _, ref := range a.refs {
		a.st.release(ref)
	}
}

// ordered are all rows in order, accounts before sources, valid until the state changes.
func (s *State) ordered() []*entry {
	all := make([]*entry, 0, len(s.accounts.of)+len(s.sources.of))
	for _, rs := range [...]*rows{&s.accounts, &s.sources} {
		start := len(all)
		for i := range rs.all {
			if rs.all[i].live {
				all = append(all, &rs.all[i])
			}
		}
		slices.SortFunc(all[start:], s.store.compare)
	}
	return all
}

// compare is order of the rows' keys.
func (st *store) compare(a, b *entry) int {
	for _, refs := range [...][2]uint32{{a.source, b.source}, {a.domain, b.domain}, {a.user, b.user}} {
		if refs[0] != refs[1] {
			return bytes.Compare(st.at(refs[0]), st.at(refs[1]))
		}
	}
	return cmp.Or(cmp.Compare(a.logonType, b.logonType), cmp.Compare(a.day, b.day))
}
