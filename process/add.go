package process

import (
	"unicode/utf8"

	"sparkless/storage/event"
)

// Add counts one execution.
func (s *State) Add(r *event.Record) {
	k := s.knowledge
	if k == nil {
		k = s.pool.take()
		s.knowledge = k
	}
	s.events++
	k.clock.set(r.Time)
	on, by := s.onHost(r), k.account(r)
	at, from, line := k.program(r), k.place(r.Value(colParentProcessName)), k.looks(r)
	v := vectorIn(line.vector, at.origin, from.name, by.system, k.clock.weekend)
	key := both(both(at.key, from.named), uint64(v))
	x := k.kin.at(key)
	if x == nil {
		x = k.kin.put(key, s.kinOf(at.path, groupKey{from.name, v}))
	}
	p, g := x.program, x.group
	if p == nil {
		return
	}
	p.add(1, r.Time, r.Time)
	s.addMember(&p.users, by.same)
	if on != (member{}) {
		s.addMember(&p.hosts, on.same)
	}
	if g == nil {
		return
	}
	if order := both(orderOf(line.written, by.written, at.written), on.written); order < g.order {
		s.offer(g, order, sampleOf(r, k))
	}
	s.seen(g, k.clock.hour)
	g.add(1, r.Time, r.Time)
	s.bound()
}

// Rest implements job.Rester: another state of the detector goes on with what this one
// knows of texts.
func (s *State) Rest() {
	if s.knowledge != nil {
		s.pool.give(s.knowledge)
		s.knowledge = nil
	}
}

// onHost counts the record's host among those of the estate. It is the zero member if the
// record names none.
func (s *State) onHost(r *event.Record) member {
	h := s.knowledge.host(r)
	if h == nil {
		return member{}
	}
	if h.turn != s.knowledge.turn {
		s.hosts.add(h.same, mostHosts)
		h.turn = s.knowledge.turn
	}
	return h.member
}

// kinOf finds or makes what executions are counted in.
func (s *State) kinOf(path string, key groupKey) (x kin) {
	if x.program = s.programNamed(path); x.program != nil {
		x.group = s.groupOf(x.program, key)
	}
	return x
}

// vectorIn is the vector of a command line in its place.
func vectorIn(v vector, at *origin, parent string, system, weekend bool) vector {
	if !at.shell {
		v &^= bit(fieldTemporary, true)
	}
	return v | fieldPlace.of(at.place) | bit(fieldSystem, system && at.user) | fieldOwn.of(ownOf(at, parent, system)) | bit(fieldWeekend, weekend)
}

// How SYSTEM runs a program out of a user's folder.
const (
	forOthers = 1 // the scheduler, or an installer, has it as the account and starts what users have
	ownFolder = 2
)

// ownOf says how SYSTEM, or whoever else it is, runs a program.
func ownOf(at *origin, parent string, system bool) int {
	switch {
	case !system || !at.owned || parent == "svchost.exe" && at.place != temporary:
		return 0
	case parent == "svchost.exe" || parent == "msiexec.exe":
		return forOthers
	}
	return ownFolder
}

// orderOf is that of an execution's texts but for the host.
func orderOf(command, account, path uint64) uint64 {
	return both(both(command, account), path)
}

// How many bytes of a text are kept.
const (
	longestCommand = 512
	longestName    = 256 // of a host, an account, a parent
)

// cutBytes cuts as cutText does.
func cutBytes(b []byte, n int) []byte {
	if len(b) <= n {
		return b
	}
	for n > 0 && !utf8.RuneStart(b[n]) {
		n--
	}
	return b[:n]
}

// sampleOf keeps an execution in its own words, in one piece of memory.
func sampleOf(r *event.Record, k *knowledge) sample {
	var ends [4]int
	k.text = k.text[:0]
	for i, of := range [...]struct{ column, most int }{{colNewProcessName, longestPath}, {colCommandLine, longestCommand}, {colComputer, longestName}, {colAccount, longestName}} {
		start := len(k.text)
		k.text = r.Value(of.column).AppendPrefix(k.text, of.most+4)
		k.text = k.text[:start+len(cutBytes(k.text[start:], of.most))]
		ends[i] = len(k.text)
	}
	all := string(k.text)
	return sample{path: all[:ends[0]], command: all[ends[0]:ends[1]], host: all[ends[1]:ends[2]], account: all[ends[2]:]}
}

// order is that of a kept execution, as Add works it out.
func (x sample) order() uint64 {
	host := uint64(0)
	if x.host != "" {
		host = hashOf(x.host)
	}
	return both(orderOf(hashOf(x.command), hashOf(x.account), hashOf(x.path)), host)
}
