package process

import (
	"unicode/utf8"
	"unsafe"

	"github.com/cespare/xxhash/v2"

	"sparkless/storage/event"
)

// memos are what Add remembers of spellings, so that of an execution that was seen
// before nothing is decoded.
type memos struct {
	executions memo[execution] // by path, parent, account and command line
	paths      memo[place]
	parents    memo[string]
	accounts   memo[account]
	commands   memo[looks]
	hosts      memo[member]
	present    memo[struct{}] // by program and host: both know of each other
	command    command
	text       []byte
}

// execution is what is known of an execution by its spelling.
type execution struct {
	program *program // nil if it is left out
	group   *group   // nil if it is left out
	order   uint64   // of its texts but for the host
}

// place is a program by the spelling of its path, nil if it is left out, and the hash of
// that as it is written.
type place struct {
	program *program
	written uint64
}

// looks is a command line's part of a vector, without the path that a shell is given, and
// the hash of the line as it is kept.
type looks struct {
	vector    vector
	temporary bool
	written   uint64
}

// member is a host or a user: the same in either case, and as it is written.
type member struct{ same, written uint64 }

func memberOf(name string) member { return member{hashOf(lowerASCII(name)), hashOf(name)} }

type account struct {
	member
	system bool
}

func newMemos() *memos {
	return &memos{executions: newMemo[execution](1 << 15), paths: newMemo[place](1 << 13), parents: newMemo[string](1 << 13),
		commands: newMemo[looks](1 << 15), accounts: newMemo[account](1 << 13), hosts: newMemo[member](1 << 13), present: newMemo[struct{}](1 << 15)}
}

func (m *memos) size() int {
	if m == nil {
		return 0
	}
	return len(m.executions.slots)*int(unsafe.Sizeof(slot[execution]{})) + len(m.present.slots)*8 + 32*len(m.commands.slots) +
		24*len(m.paths.slots) + 24*(len(m.parents.slots)+len(m.hosts.slots)) + 32*len(m.accounts.slots)
}

// hashOf is the hash of a text by which it is ranked. It is the same everywhere.
func hashOf(text string) uint64 { return xxhash.Sum64String(text) }

// Add counts one execution.
func (s *State) Add(r *event.Record) {
	if s.memos == nil {
		s.memos = newMemos()
	}
	m := s.memos
	s.events++
	path := pathKey(r)
	key := both(both(path, keyOf(r.Value(colParentProcessName))), both(keyOf(r.Value(colAccount)), keyOf(r.Value(colCommandLine))))
	weekend := isWeekend(r.Time)
	if weekend {
		key ^= 1 << 62
	}
	x := m.executions.at(key)
	if x == nil {
		one := s.execution(r, path, weekend)
		if m = s.memos; m == nil { // something was left out
			m = newMemos()
			s.memos = m
		}
		x = m.executions.put(key, one)
	}
	host := s.host(r, path, x.program)
	if x.program == nil {
		return
	}
	x.program.add(1, r.Time, r.Time)
	g := x.group
	if g == nil {
		return
	}
	if order := both(x.order, host); order < g.order {
		s.offer(g, order, sampleOf(r, m))
	}
	s.seen(g, event.Hour(r.Time))
	g.add(1, r.Time, r.Time)
	s.bound()
}

// pathKey is that of the program's path or, where that is absent, of its name.
func pathKey(r *event.Record) uint64 {
	if v := r.Value(colNewProcessName); len(v.Raw()) > 0 {
		return keyOf(v)
	}
	return both(keyOf(r.Value(colProcess)), 1)
}

// host returns the hash of the record's host as it is written, 0 if it names none,
// and counts it.
func (s *State) host(r *event.Record, path uint64, p *program) uint64 {
	v := r.Value(colComputer)
	if len(v.Raw()) == 0 {
		return 0
	}
	m, key := s.memos, keyOf(v)
	of := m.hosts.at(key)
	if of == nil {
		of = m.hosts.put(key, memberOf(m.cut(v, longestName)))
	}
	if pair := both(path, key); m.present.at(pair) == nil {
		s.hosts.add(of.same, mostHosts)
		if p != nil {
			s.addMember(&p.hosts, of.same)
		}
		m.present.put(pair, struct{}{})
	}
	return of.written
}

// execution works out what there is to know of an execution.
func (s *State) execution(r *event.Record, path uint64, weekend bool) execution {
	m := s.memos
	p := m.paths.at(path)
	if p == nil {
		text := r.Value(colNewProcessName).Text()
		written := hashOf(cutText(text, longestPath))
		if text == "" {
			text = r.Value(colProcess).Text()
		}
		p = m.paths.put(path, place{s.programNamed(programOf(text)), written})
	}
	if p.program == nil {
		return execution{}
	}
	one, written := execution{program: p.program}, p.written
	parent, by := m.parent(r), m.account(r)
	s.addMember(&one.program.users, by.same)
	line := m.looks(r)
	key := groupKey{parent, line.vector | fieldPlace.of(one.program.place) | bit(fieldSystem, by.system && one.program.user) | fieldOwn.of(ownOf(one.program, parent, by.system)) |
		bit(fieldTemporary, line.temporary && one.program.shell) | bit(fieldWeekend, weekend)}
	one.group = s.groupOf(one.program, key)
	one.order = orderOf(line.written, by.written, written)
	return one
}

// How SYSTEM runs a program out of a user's folder.
const (
	forOthers = 1 // the scheduler, or an installer, has it as the account and starts what users have
	ownFolder = 2
)

// ownOf says how SYSTEM, or whoever else it is, runs a program.
func ownOf(p *program, parent string, system bool) int {
	switch {
	case !system || !p.owned || parent == "svchost.exe" && p.place != temporary:
		return 0
	case parent == "svchost.exe" || parent == "msiexec.exe":
		return forOthers
	}
	return ownFolder
}

// looks looks at the record's command line.
func (m *memos) looks(r *event.Record) looks {
	v := r.Value(colCommandLine)
	key := keyOf(v)
	if known := m.commands.at(key); known != nil {
		return *known
	}
	m.text = v.AppendPrefix(m.text[:0], longestScanned)
	line := m.text[:min(len(m.text), longestScanned)]
	m.command.scan(line)
	return *m.commands.put(key, looks{vectorOf(&m.command), m.command.temporary, xxhash.Sum64(cutBytes(line, longestCommand))})
}

// orderOf is that of an execution's texts but for the host.
func orderOf(command, account, path uint64) uint64 {
	return both(both(command, account), path)
}

// parent is the name of the record's parent.
func (m *memos) parent(r *event.Record) string {
	v := r.Value(colParentProcessName)
	key := keyOf(v)
	if known := m.parents.at(key); known != nil {
		return *known
	}
	name := cutText(nameOf(programOf(v.Text())), longestName)
	return *m.parents.put(key, name)
}

func (m *memos) account(r *event.Record) account {
	v := r.Value(colAccount)
	key := keyOf(v)
	if known := m.accounts.at(key); known != nil {
		return *known
	}
	text := m.cut(v, longestName)
	return *m.accounts.put(key, account{memberOf(text), isSystem(text)})
}

// How many bytes of a text are kept.
const (
	longestCommand = 512
	longestName    = 256 // of a host, an account, a parent
)

// cut returns a value's text, cut.
func (m *memos) cut(v event.Value, n int) string {
	m.text = v.AppendPrefix(m.text[:0], n+4)
	return cutText(string(m.text), n)
}

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
func sampleOf(r *event.Record, m *memos) sample {
	var ends [4]int
	m.text = m.text[:0]
	for i, of := range [...]struct{ column, most int }{{colNewProcessName, longestPath}, {colCommandLine, longestCommand}, {colComputer, longestName}, {colAccount, longestName}} {
		start := len(m.text)
		m.text = r.Value(of.column).AppendPrefix(m.text, of.most+4)
		m.text = m.text[:start+len(cutBytes(m.text[start:], of.most))]
		ends[i] = len(m.text)
	}
	all := string(m.text)
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

// lowerASCII is s with small ASCII letters: hosts and accounts are the same in either
// case.
func lowerASCII(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for j := i; j < len(b); j++ {
				if 'A' <= b[j] && b[j] <= 'Z' {
					b[j] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}
