package process

import (
	"hash/maphash"
	"strings"
	"time"
	"unsafe"

	"github.com/cespare/xxhash/v2"

	"sparkless/storage/event"
)

// knowledge is what Add has worked out of texts, so that nothing is decoded of a spelling
// that was seen before. All of it follows from the texts alone: it outlives the state
// that it was worked out for, and a day is read into many. Only what is of one state, kin
// and the turns of hosts, ends when that rests.
type knowledge struct {
	paths    memo[place]   // of programs and of parents
	origins  memo[*origin] // by spellings in which no user is told, and by path
	accounts memo[account]
	commands memo[looks]
	hosts    memo[host]
	held     int    // bytes of texts that the memos hold, at most
	turn     uint64 // of the state that has it
	kin      memo[kin]
	clock    clock
	command  command
	text     []byte // for what is decoded, no more than AppendPrefix takes
}

// place is a program by the spelling of its path, and the hash of that as it is kept.
type place struct {
	*origin
	written uint64
}

// origin is what the path of a program tells.
type origin struct {
	path  string // as programOf has it
	key   uint64
	name  string // as it is kept of a parent
	named uint64 // the key of that
	place int
	user  bool // one that people run
	owned bool // it lies in a user's folder
	shell bool // one that runs what it is told
}

// member is a host or a user: the same in either case, and as it is written.
type member struct{ same, written uint64 }

type account struct {
	member
	system bool
}

// host is a host and the last turn in which it was counted.
type host struct {
	member
	turn uint64
}

// looks is a command line's part of a vector, and the hash of the line as it is kept.
type looks struct {
	vector  vector // with fieldTemporary whatever the program
	written uint64
}

// kin is where a state counts executions that are alike.
type kin struct {
	program *program // nil if it is left out
	group   *group   // nil if it is left out
}

func newKnowledge() *knowledge {
	k := &knowledge{}
	k.forget()
	return k
}

// forget makes it know nothing.
func (k *knowledge) forget() {
	k.paths, k.origins = newMemo[place](1<<13), newMemo[*origin](1<<13)
	k.accounts, k.hosts, k.commands = newMemo[account](1<<13), newMemo[host](1<<13), newMemo[looks](1<<12)
	k.kin, k.held = newMemo[kin](1<<12), 0
}

// mostHeld is how many bytes of texts are held at most: then all is forgotten.
const mostHeld = 4 << 20

// hold counts what is about to be held.
func (k *knowledge) hold(n int) {
	if k.held += n; k.held > mostHeld {
		k.forget()
		k.held = n
	}
}

// size is how many bytes it takes, about.
func (k *knowledge) size() int {
	if k == nil {
		return 0
	}
	return k.held + cap(k.text) + k.paths.size() + k.origins.size() + k.accounts.size() + k.commands.size() + k.hosts.size() + k.kin.size()
}

// knowledgePool is knowledge that no state has, one for each goroutine that reads, up to
// mostIdle of at most mostIdleSize bytes: nobody accounts for what is idle. A nil pool
// keeps none.
type knowledgePool chan *knowledge

// A day that is no flood of hostile texts leaves about 3 MB.
const (
	mostIdle     = 8
	mostIdleSize = 4 << 20
)

func newKnowledgePool(workers int) knowledgePool {
	return make(knowledgePool, min(max(workers, 1), mostIdle))
}

// take returns some, or what knows nothing.
func (p knowledgePool) take() *knowledge {
	var k *knowledge
	select {
	case k = <-p:
	default:
		k = newKnowledge()
	}
	k.turn++
	return k
}

// give takes it back from a state, of which nothing is left in it.
func (p knowledgePool) give(k *knowledge) {
	k.kin.clear()
	if k.size() > mostIdleSize {
		return
	}
	select {
	case p <- k:
	default:
	}
}

// drain leaves what is there to the garbage collector.
func (p knowledgePool) drain() {
	for {
		select {
		case <-p:
		default:
			return
		}
	}
}

// hashOf is the hash of a text by which it is ranked. It is the same everywhere.
func hashOf(text string) uint64 { return xxhash.Sum64String(text) }

// program is that of the record: by its path or, where that is absent, by its name.
func (k *knowledge) program(r *event.Record) place {
	if v := r.Value(colNewProcessName); len(v.Raw()) > 0 {
		return k.place(v)
	}
	return place{k.place(r.Value(colProcess)).origin, hashOfNothing}
}

var hashOfNothing = hashOf("")

// mostScratch is how long a text may be for its memory to be kept.
const mostScratch = 1 << 16

// place is where a program lies.
func (k *knowledge) place(path event.Value) place {
	key := keyOf(path)
	if known := k.paths.at(key); known != nil {
		return *known
	}
	text := path.AppendText(k.text[:0])
	if cap(text) <= mostScratch {
		k.text = text
	}
	return *k.paths.put(key, place{k.origin(text), xxhash.Sum64(cutBytes(text, longestPath))})
}

// origin is what a path tells. Of programs that lie in the folders of users, what was
// worked out for one user is so for all.
func (k *knowledge) origin(text []byte) *origin {
	from, to := userOf(text)
	key := both(maphash.Bytes(seed, text[:from]), maphash.Bytes(seed, text[to:]))
	if known := k.origins.at(key); known != nil {
		return *known
	}
	return *k.origins.put(key, k.originOf(programOf(string(text))))
}

// originOf is what the path of a program tells.
func (k *knowledge) originOf(path string) *origin {
	key := keyOfText(path)
	if known := k.origins.at(key); known != nil {
		return *known
	}
	path = strings.Clone(path)
	name := cutText(nameOf(path), longestName)
	o := &origin{path: path, key: key, name: name, named: keyOfText(name), place: placeOf(path), user: isUserProgram(path), owned: strings.Contains(path, users), shell: shells[nameOf(path)]}
	k.hold(len(path) + int(unsafe.Sizeof(*o)))
	return *k.origins.put(key, o)
}

// userOf is where the name of a user stands in a path, for which programOf puts a star: in
// those that are written in the usual way. Elsewhere it is nothing.
func userOf(text []byte) (from, to int) {
	const start = len("c" + users)
	if len(text) < start || !strings.EqualFold(string(text[1:start]), users) {
		return 0, 0
	}
	for to = start; to < len(text) && text[to] != '\\'; to++ {
		if text[to] == '/' {
			return 0, 0
		}
	}
	if name := string(text[start:to]); to == len(text) || sharedFolder(strings.ToLower(name)) {
		return 0, 0
	}
	return start, to
}

// account is that of the record.
func (k *knowledge) account(r *event.Record) account {
	v := r.Value(colAccount)
	key := keyOf(v)
	if known := k.accounts.at(key); known != nil {
		return *known
	}
	name := k.cut(v, longestName)
	return *k.accounts.put(key, account{system: isSystem(string(name)), member: memberOf(name)})
}

// host is that of the record, nil if it names none.
func (k *knowledge) host(r *event.Record) *host {
	v := r.Value(colComputer)
	if len(v.Raw()) == 0 {
		return nil
	}
	key := keyOf(v)
	if known := k.hosts.at(key); known != nil {
		return known
	}
	return k.hosts.put(key, host{member: memberOf(k.cut(v, longestName))})
}

// memberOf makes the letters of the name small.
func memberOf(name []byte) member {
	m := member{written: xxhash.Sum64(name)}
	lowerASCII(name)
	m.same = xxhash.Sum64(name)
	return m
}

// looks looks at the record's command line.
func (k *knowledge) looks(r *event.Record) looks {
	v := r.Value(colCommandLine)
	key := keyOf(v)
	if known := k.commands.at(key); known != nil {
		return *known
	}
	k.text = v.AppendPrefix(k.text[:0], longestScanned)
	line := k.text[:min(len(k.text), longestScanned)]
	k.command.scan(line)
	return *k.commands.put(key, looks{vectorOf(&k.command) | bit(fieldTemporary, k.command.temporary), xxhash.Sum64(cutBytes(line, longestCommand))})
}

// cut returns a value's text, cut, until the next one.
func (k *knowledge) cut(v event.Value, n int) []byte {
	k.text = v.AppendPrefix(k.text[:0], n+4)
	return cutBytes(k.text, n)
}

// lowerASCII makes ASCII letters small: hosts and accounts are the same in either case.
func lowerASCII(b []byte) {
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
}

// clock is an hour of time: neighbours often share theirs.
type clock struct {
	from    int64 // nanoseconds since 1970, UTC
	hour    int   // of the day
	weekend bool
}

// set turns the clock to the hour of a time.
func (c *clock) set(nanos int64) {
	if uint64(nanos-c.from) < uint64(time.Hour) {
		return
	}
	past := nanos % int64(time.Hour)
	if past < 0 {
		past += int64(time.Hour)
	}
	c.from, c.hour, c.weekend = nanos-past, event.Hour(nanos), isWeekend(nanos)
}
