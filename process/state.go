package process

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
)

// State is what the detector remembers of some executions: of each program its hosts,
// its users, and its executions in groups, each with one parent and one vector of
// features. It is bounded whatever the command lines are. Merging is associative and
// commutative. State is not safe for concurrent use.
type State struct {
	events   int64  // all, also those of programs that are left out
	hosts    bottom // of the estate
	programs map[string]*program
	limit    uint64 // programs of a higher rank are left out
	kept     int    // programs and groups
	most     int    // of them that are kept
	bytes    int    // about what they take
	settled  bool   // nothing is to be left out

	knowledge *knowledge    // of texts, for Add; nil while the state rests
	pool      knowledgePool // where it comes from
	past      *past         // instead of all that, of a Past
}

// program is what is known of the executions of one program.
type program struct {
	path string // as programOf has it
	span
	hosts, users bottom
	groups       []*group
	index        map[groupKey]*group // of groups, once they are many
	limit        uint64              // groups of a higher rank are left out
	rank         uint64
}

// groupKey tells the groups of a program apart.
type groupKey struct {
	parent string // name, in lower case
	vector vector
}

// group is executions of one program that are alike.
type group struct {
	span
	key   groupKey
	rank  uint64
	hour  uint8      // of all executions, unless there are hours
	hours *[24]int64 // executions by hour of the day, UTC
	// One execution is kept, that of the lowest order.
	order  uint64
	sample sample
}

// sample is one execution in its own words, cut to a bounded length.
type sample struct{ path, command, host, account string }

// span counts events in time.
type span struct{ count, first, last int64 } // nanoseconds since 1970, UTC

func (s *span) add(n, first, last int64) {
	if s.count == 0 || first < s.first {
		s.first = first
	}
	if s.count == 0 || last > s.last {
		s.last = last
	}
	s.count += n
}

// A State keeps so much. Which programs and groups it keeps does not depend on the
// order of events: those of the lowest ranks. A rank is a hash; a group with signs of
// an attack ranks below those with fewer, so that command lines without end do not push
// it out. What has once been pushed out can never come back: in every whole there are
// at least the lower ranks that there are in a part of it. So what is kept is counted
// exactly.
const (
	mostGroups = 256     // of a program
	mostKept   = 1 << 17 // programs and groups in all
)

// NewState returns the state of no events, the zero of Merge.
func NewState() *State { return newState(nil) }

func newState(p knowledgePool) *State {
	return &State{programs: map[string]*program{}, limit: math.MaxUint64, most: mostKept, pool: p}
}

// What parts of a state take in bytes, about.
const (
	programSize = 300
	groupSize   = 340
	hoursSize   = 24 * 8
)

// Size returns how many bytes of memory the state holds, about.
func (s *State) Size() int {
	if s.past != nil {
		return s.past.size()
	}
	return s.bytes + 8*len(s.hosts) + s.knowledge.size()
}

// Events is how many executions were counted.
func (s *State) Events() int64 { return s.events }

// programNamed finds or makes a program; nil if it is left out.
func (s *State) programNamed(path string) *program {
	p := s.programs[path]
	if p != nil {
		return p
	}
	rank := hashOf(path)
	if rank > s.limit {
		return nil
	}
	p = &program{path: path, rank: rank, limit: math.MaxUint64}
	s.programs[path] = p
	s.kept++
	s.bytes += programSize + len(path)
	s.settled = false
	return p
}

// groupOf finds or makes a group; nil if it is left out.
func (s *State) groupOf(p *program, key groupKey) *group {
	g := p.find(key)
	if g != nil {
		return g
	}
	rank := key.rank()
	if rank > p.limit {
		return nil
	}
	g = &group{key: key, rank: rank, order: math.MaxUint64}
	p.put(g)
	s.kept++
	s.bytes += groupSize
	s.settled = false
	if len(p.groups) > 2*mostGroups {
		if s.pruneGroups(p); rank > p.limit {
			return nil
		}
	}
	return g
}

// fewGroups is how many are looked through one by one: most programs have no more.
const fewGroups = 8

// find returns a group that is there, or nil.
func (p *program) find(key groupKey) *group {
	if p.index != nil {
		return p.index[key]
	}
	for _, g := range p.groups {
		if g.key.vector == key.vector && g.key.parent == key.parent {
			return g
		}
	}
	return nil
}

func (p *program) put(g *group) {
	p.groups = append(p.groups, g)
	if p.index == nil && len(p.groups) > fewGroups {
		p.index = map[groupKey]*group{}
		for _, other := range p.groups {
			p.index[other.key] = other
		}
	}
	if p.index != nil {
		p.index[g.key] = g
	}
}

func (k groupKey) rank() uint64 {
	const calm = 3
	return uint64(calm-min(calm, k.vector.signs()))<<62 | both(hashOf(k.parent), uint64(k.vector))>>2
}

// pruneGroups leaves the groups of a program out that rank too high.
func (s *State) pruneGroups(p *program) {
	if len(p.groups) <= mostGroups {
		return
	}
	ranks := make([]uint64, 0, len(p.groups))
	for _, g := range p.groups {
		ranks = append(ranks, g.rank)
	}
	slices.Sort(ranks)
	s.limitGroups(p, ranks[mostGroups-1])
}

func (s *State) limitGroups(p *program, limit uint64) {
	p.limit = limit
	p.groups = slices.DeleteFunc(p.groups, func(g *group) bool {
		if g.rank <= limit {
			return false
		}
		s.kept--
		s.bytes -= g.size()
		delete(p.index, g.key)
		return true
	})
	s.unrelate()
}

// settle leaves out all that is to be, whatever came first.
func (s *State) settle() {
	if s.settled {
		return
	}
	for _, p := range s.programs {
		s.pruneGroups(p)
	}
	if s.kept > s.most {
		all := make([]*program, 0, len(s.programs))
		for _, p := range s.programs {
			all = append(all, p)
		}
		slices.SortFunc(all, func(a, b *program) int { return cmp.Compare(a.rank, b.rank) })
		room := s.most
		for _, p := range all {
			if room -= 1 + len(p.groups); room < 0 {
				s.limitPrograms(p.rank - 1)
				break
			}
		}
	}
	s.settled = true
}

func (s *State) limitPrograms(limit uint64) {
	s.limit = limit
	for path, p := range s.programs {
		if p.rank <= limit {
			continue
		}
		s.bytes -= p.size()
		for _, g := range p.groups {
			s.bytes -= g.size()
		}
		s.kept -= 1 + len(p.groups)
		delete(s.programs, path)
	}
	s.unrelate()
}

// unrelate is to be called when something was left out, for Add to count no more there.
func (s *State) unrelate() {
	if s.knowledge != nil {
		s.knowledge.kin.clear()
	}
}

func (p *program) size() int { return programSize + len(p.path) + 8*(len(p.hosts)+len(p.users)) }

func (g *group) size() int {
	n := groupSize + g.sample.size()
	if g.hours != nil {
		n += hoursSize
	}
	return n
}

func (x sample) size() int { return len(x.path) + len(x.command) + len(x.host) + len(x.account) }

func (x sample) compare(o sample) int {
	return cmp.Or(strings.Compare(x.command, o.command), strings.Compare(x.host, o.host), strings.Compare(x.account, o.account), strings.Compare(x.path, o.path))
}

// addMember puts a host or a user in.
func (s *State) addMember(set *bottom, hash uint64) {
	before := len(*set)
	set.add(hash, mostMembers)
	s.bytes += 8 * (len(*set) - before)
}

// seen counts an execution of a group in its hour. It is to be called before the
// group counts it.
func (s *State) seen(g *group, hour int) {
	if g.hours == nil {
		if g.count == 0 {
			g.hour = uint8(hour)
		}
		if int(g.hour) == hour {
			return
		}
		s.apart(g)
	}
	g.hours[hour]++
}

// apart counts the hours of a group apart.
func (s *State) apart(g *group) {
	g.hours = new([24]int64)
	g.hours[g.hour] = g.count
	s.bytes += hoursSize
}

// addHours adds those of another group. It is to be called before the group counts
// what that has counted.
func (s *State) addHours(to, from *group) {
	if from.hours == nil && (to.count == 0 || to.hours == nil && to.hour == from.hour) {
		to.hour = from.hour
		return
	}
	if to.hours == nil {
		s.apart(to)
	}
	for hour, n := range from.byHour() {
		to.hours[hour] += n
	}
}

// offer keeps an execution if its order is lower.
func (s *State) offer(g *group, order uint64, x sample) {
	if order > g.order || order == g.order && g.count > 0 && x.compare(g.sample) >= 0 {
		return
	}
	s.bytes += x.size() - g.sample.size()
	g.order, g.sample = order, x
}

// Merge adds what o has counted. It leaves o as it is.
func (s *State) Merge(o *State) {
	if s.past != nil {
		s.past.merge(o.past)
		return
	}
	s.events += o.events
	s.hosts.merge(o.hosts, mostHosts)
	if o.limit < s.limit {
		s.limitPrograms(o.limit)
	}
	for path, from := range o.programs {
		if to := s.programNamed(path); to != nil {
			s.mergeProgram(to, from)
		}
	}
	s.bound()
}

// bound settles what has grown too large.
func (s *State) bound() {
	if s.kept > 2*s.most {
		s.settle()
	}
}

func (s *State) mergeProgram(to, from *program) {
	to.add(from.count, from.first, from.last)
	for _, hash := range from.hosts {
		s.addMember(&to.hosts, hash)
	}
	for _, hash := range from.users {
		s.addMember(&to.users, hash)
	}
	if from.limit < to.limit {
		s.limitGroups(to, from.limit)
	}
	for _, g := range from.groups {
		own := s.groupOf(to, g.key)
		if own == nil {
			continue
		}
		s.offer(own, g.order, g.sample)
		s.addHours(own, g)
		own.add(g.count, g.first, g.last)
	}
}

// byHour are the executions by hour of the day, UTC.
func (g *group) byHour() (hours [24]int64) {
	if g.hours != nil {
		return *g.hours
	}
	hours[g.hour] = g.count
	return hours
}

// isWeekend reports whether a time is on a Saturday or a Sunday, UTC.
func isWeekend(nanos int64) bool {
	const day = int64(24 * time.Hour)
	days := nanos / day
	if nanos%day < 0 {
		days--
	}
	const thursday = 4 // 1 January 1970; Sunday is 0
	weekday := (days%7 + 7 + thursday) % 7
	return weekday == 0 || weekday == 6
}
