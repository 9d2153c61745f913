package logon

import (
	"cmp"
	"slices"
	"unsafe"
)

// past is what a State knows of the days before one: of the accounts and sources of that
// day alone, but for the notebook, and of these the numbers of each day, and which of the
// day's values they had.
type past struct {
	of   *State // the day
	all  bool   // of all accounts
	days int
	// accounts are by the key without the day, and so are sources.
	accounts map[key]*earlier
	sources  map[key]*earlier
	seen     map[who][]int32 // the days of an account by any logon type, in order
	bytes    int
}

// who is an account, whatever the logon type.
type who struct{ domain, user string }

func (k key) who() who { return who{k.domain, k.user} }

// earlier is what is known of an account and logon type, or of a source.
type earlier struct {
	days  []numbers // one for each, in any order
	first int64     // when it was first seen
	known map[sighting]struct{}
}

// sighting is a value of the day that an earlier day had, too.
type sighting struct {
	kind int
	ref  uint32 // of the day's text
}

// numbers are those of an account or source on a day.
type numbers struct {
	day    int32
	values [features]float64
	user   *UserDay // for the notebook, else nil
}

// size is about what e takes, with its place in a map.
func (e *earlier) size() int {
	size := earlierSize + cap(e.days)*numbersSize + len(e.known)*sightingSize
	if len(e.days) > 0 && e.days[0].user != nil {
		size += len(e.days) * userDaySize
	}
	return size
}

const (
	userDaySize  = int(unsafe.Sizeof(UserDay{}))
	earlierSize  = int(unsafe.Sizeof(earlier{})) + 2*int(unsafe.Sizeof(key{})) + 64
	numbersSize  = int(unsafe.Sizeof(numbers{}))
	seenSize     = 2*int(unsafe.Sizeof(who{})+unsafe.Sizeof([]int32{})) + 16
	sightingSize = 2 * int(unsafe.Sizeof(sighting{}))
)

func newPast(day *State, all bool) *past {
	day.settle()
	if day.people == nil { // the first Past of a day is made before others use it
		day.people = map[who]struct{}{}
		for _, r := range day.accounts.sorted(&day.store) {
			day.people[r.who()] = struct{}{}
		}
	}
	return &past{of: day, all: all, accounts: map[key]*earlier{}, sources: map[key]*earlier{}, seen: map[who][]int32{}}
}

func (p *past) size() int { return p.bytes }

// decode replaces p by what the profile of a day knows.
func (p *past) decode(file []byte) (note string, err error) {
	*p = *newPast(p.of, p.all)
	p.days = 1
	rd := &reader{state: newState(), alone: true}
	return rd.read(file, func(e *entry) {
		r := rd.state.store.view(e)
		p.take(&r)
	})
}

// take takes in the row of an earlier day.
func (p *past) take(r *row) {
	name := r.key.withoutDay()
	to, of := p.accounts, &p.of.accounts
	if r.source != "" {
		to, of = p.sources, &p.of.sources
	}
	if _, known := p.of.people[r.who()]; known && r.source == "" {
		p.saw(r.who(), r.day)
	}
	today := of.named(name, &p.of.store)
	if len(today) == 0 && (!p.all || r.source != "") {
		return
	}
	e := to[name]
	if e == nil {
		e = &earlier{first: r.seen().first, known: map[sighting]struct{}{}}
		to[name] = e
	} else {
		p.bytes -= e.size()
	}
	n := numbers{day: r.day, values: r.features()}
	if p.all {
		u := r.userDay()
		n.user = &u
	}
	e.add(n)
	e.first = min(e.first, r.seen().first)
	for _, kind := range [...]int{computers, addresses, hosts} {
		for _, t := range today {
			e.recognise(kind, t.kept(kind), r.kept(kind))
		}
	}
	p.bytes += e.size()
}

// saw keeps a day of an account.
func (p *past) saw(who who, day int32) {
	days := p.seen[who]
	if at, found := slices.BinarySearch(days, day); !found {
		p.seen[who] = slices.Insert(days, at, day)
		p.bytes += (cap(p.seen[who]) - cap(days)) * int(unsafe.Sizeof(day))
	}
	if len(days) == 0 {
		p.bytes += seenSize
	}
}

// recognise marks the values of today that were there before. Where not all of the values
// before are kept, one that would not have been is taken for known.
func (e *earlier) recognise(kind int, today, before values) {
	at := 0
	for _, i := range today.items {
		order := -1
		for ; at < len(before.items); at++ {
			if order = before.texts.order(before.items[at].ref, today.texts, i.ref); order >= 0 {
				break
			}
		}
		if order == 0 || before.more && at == len(before.items) {
			e.known[sighting{kind, i.ref}] = struct{}{}
		}
	}
}

// add adds a day. Of a day that comes twice, as of a forged profile, the higher numbers
// count.
func (e *earlier) add(n numbers) {
	at, found := slices.BinarySearchFunc(e.days, n, func(a, b numbers) int { return cmp.Compare(a.day, b.day) })
	if !found {
		e.days = slices.Insert(e.days, at, n)
		return
	}
	d := &e.days[at]
	for f := range d.values {
		d.values[f] = max(d.values[f], n.values[f])
	}
	if d.user == nil || n.user == nil {
		return
	}
	u := *d.user
	for name, v := range u.numbers() {
		*v = max(*v, *n.user.numbers()[name])
	}
	d.user = &u
}

// merge adds what o knows, of the same day's past.
func (p *past) merge(o *past) {
	if o == nil || o.of != p.of {
		panic("logon: merging the pasts of two days")
	}
	p.days += o.days
	p.mergeInto(p.accounts, o.accounts)
	p.mergeInto(p.sources, o.sources)
	for who, days := range o.seen {
		for _, day := range days {
			p.saw(who, day)
		}
	}
}

func (p *past) mergeInto(to, from map[key]*earlier) {
	for name, o := range from {
		e := to[name]
		if e == nil {
			e = &earlier{first: o.first, known: map[sighting]struct{}{}}
			to[name] = e
		} else {
			p.bytes -= e.size()
		}
		e.first = min(e.first, o.first)
		for _, n := range o.days {
			e.add(n)
		}
		for s := range o.known {
			e.known[s] = struct{}{}
		}
		p.bytes += e.size()
	}
}
