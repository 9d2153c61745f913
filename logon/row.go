package logon

import (
	"cmp"
	"hash/maphash"
	"math"
	"math/bits"
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

// count adds the numbers of some logons alike, and returns how many succeeded and failed.
func (e *entry) count(l *logon) (ok, failed int64) {
	if l.outcome == succeeded {
		e.ok += l.count
		e.okSpan = e.okSpan.of(l.span)
		return l.count, 0
	}
	e.failed += l.count
	e.failSpan = e.failSpan.of(l.span)
	if l.outcome >= guessed {
		e.guesses += l.count
	}
	if l.outcome == unknownUser {
		e.unknown += l.count
	}
	return 0, l.count
}

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
	n     int      // of them live
	index []slot   // their places in all, and 1, by the hashes of their keys; as many as a power of 2
	spare []uint32 // places of those that were left out
	limit uint64   // rows with hashes above it are left out
	most  int
	days  []int32 // of the keys
}

// mostRows is how many accounts a state knows, and how many sources.
const mostRows = 1 << 19

func newRows(most int) rows { return rows{limit: math.MaxUint64, most: most} }

// secret makes hashes of keys that nobody can make many keys of one for.
var secret = maphash.Bytes(seed, []byte("rows"))

func (p *keyRefs) hash() uint64 {
	high, low := bits.Mul64((uint64(p.source)<<32|uint64(p.domain))^secret, odd)
	high, low = bits.Mul64(high^low^(uint64(p.user)<<32|uint64(uint32(p.day))), odd^secret<<1)
	return (high ^ low ^ uint64(uint32(p.logonType))) * odd
}

// find returns the number of the row of a key, if it is there.
func (rs *rows) find(p keyRefs) (uint32, bool) {
	if len(rs.index) == 0 {
		return 0, false
	}
	hash := p.hash()
	last := uint64(len(rs.index) - 1)
	for i := hash >> 32 & last; ; i = (i + 1) & last {
		s := rs.index[i]
		if s.ref == 0 {
			return 0, false
		}
		if s.tag == uint32(hash) && rs.all[s.ref-1].keyRefs == p {
			return s.ref - 1, true
		}
	}
}

// row returns the row of a key, whose texts the caller goes on holding; nil if it is left
// out. It is valid until another one is made.
func (rs *rows) row(p keyRefs, st *store) *entry {
	i, ok := rs.find(p)
	if !ok {
		if i, ok = rs.add(p, st.rank(p), st); !ok {
			return nil
		}
	}
	return &rs.all[i]
}

// add returns the number of a new row, false if it is left out.
func (rs *rows) add(p keyRefs, rank uint64, st *store) (uint32, bool) {
	if rank > rs.limit {
		return 0, false
	}
	if rs.n >= 2*rs.most {
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
	if rs.n++; 4*rs.n > 3*len(rs.index) {
		rs.reindex(max(leastSlots, 2*len(rs.index)))
	} else {
		rs.place(i)
	}
	for _, ref := range [...]uint32{p.source, p.domain, p.user} {
		st.again(ref)
	}
	if !slices.Contains(rs.days, p.day) {
		rs.days = append(rs.days, p.day)
	}
	return i, true
}

// place puts a row, which is not there, into the index.
func (rs *rows) place(i uint32) {
	hash := rs.all[i].hash()
	last := uint64(len(rs.index) - 1)
	at := hash >> 32 & last
	for rs.index[at].ref != 0 {
		at = (at + 1) & last
	}
	rs.index[at] = slot{uint32(hash), i + 1}
}

// reindex makes the index anew, with so many slots.
func (rs *rows) reindex(slots int) {
	if slots == len(rs.index) {
		clear(rs.index)
	} else {
		rs.index = make([]slot, slots)
	}
	for i := range rs.all {
		if rs.all[i].live {
			rs.place(uint32(i))
		}
	}
}

// makeRoom makes room for n rows more, as far as they may all be kept.
func (rs *rows) makeRoom(n int) {
	n = min(n, 2*rs.most)
	rs.all = slices.Grow(rs.all, n)
	if least := 4 * (rs.n + n) / 3; least >= len(rs.index) {
		rs.reindex(max(leastSlots, 1<<bits.Len(uint(least))))
	}
}

// trim leaves out rows until there are no more than there may be, but for those of one
// account on several days.
func (rs *rows) trim(st *store) {
	if rs.n <= rs.most {
		return
	}
	ranks := make([]uint64, 0, rs.n)
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
		*e = entry{}
		rs.n--
		rs.spare = append(rs.spare, uint32(i))
	}
	rs.reindex(len(rs.index))
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
		at, kept := rs.find(p)
		if !kept {
			at, kept = rs.add(p, e.rank, st)
		}
		if !kept {
			continue
		}
		to := &rs.all[at]
		to.sum(e)
		for kind := range e.samples {
			if s := &e.samples[kind]; s.n > 0 {
				from.join(&to.samples[kind], s)
			}
		}
	}
}

// adopted are texts of another store that this one holds, for a while.
type adopted struct {
	st, from *store
	refs     []uint32   // by the other's
	own      [keep]item // of a sample at hand
}

func (st *store) adopt(from *store) *adopted {
	return &adopted{st: st, from: from, refs: make([]uint32, len(from.all))}
}

// ref returns what the other store calls ref.
func (a *adopted) ref(ref uint32) uint32 {
	if ref == 0 {
		return 0
	}
	own := &a.refs[ref]
	if *own == 0 {
		*own = a.st.holdHashed(a.from.texts.at(ref), a.from.all[ref].hash)
	}
	return *own
}

// join adds a sample of the other store.
func (a *adopted) join(s, o *sample) {
	s.more = s.more || o.more
	items := a.from.of(*o)
	if len(items) <= few && s.n > 0 {
		for _, i := range items {
			a.st.add(s, a.ref(i.ref), i.ok, i.failed)
		}
		return
	}
	own := append(a.own[:0], items...)
	for i := range own {
		own[i].ref = a.ref(own[i].ref)
	}
	a.st.join(s, own)
}

// release gives back all texts.
func (a *adopted) release() {
	for _, ref := range a.refs {
		a.st.release(ref)
	}
}
