package logon

import (
	"bytes"
	"strconv"

	"sparkless/storage/event"
)

// knowledge is what follows from texts alone, and from no state: how the accounts,
// computers and sources of events are written where they are counted, by their spellings
// in events. Texts as they are counted are its words. What it was asked before never
// changes what it says.
type knowledge struct {
	words texts
	facts []fact // by bits of the key; as many as a power of 2
	known int    // facts
	buf   []byte // for texts at hand
}

// fact is what is known of a spelling. Its key, a hash of spelling and column, is never 0.
type fact struct {
	key  uint64
	word uint32
	more uint32
}

// What fact.more says, by column.
const (
	isNobody     = 1 // of a user or domain: noPerson, noPeople
	isOfComputer = 1 // of an address: isLocal
	// of a computer: the word of its domain
	// of a status: a code
)

const leastFacts = 1 << 10

// Events of texts that never come again leave what is known of them behind. Of so many
// spellings, or bytes of words, all is forgotten.
const (
	mostFacts = 1 << 15
	mostPlain = 1 << 20
)

// full reports whether too much is known for another event.
func (k *knowledge) full() bool {
	return k.known+eventColumns > mostFacts || len(k.words.plain) >= mostPlain
}

// forget makes the knowledge empty. No word stays what it was.
func (k *knowledge) forget() {
	k.words.forget()
	clear(k.facts)
	k.known = 0
}

// size is about how many bytes it takes.
func (k *knowledge) size() int { return k.words.size() + len(k.facts)*factSize + cap(k.buf) }

// tell makes out what an event is about, and puts it into l.
func (k *knowledge) tell(r *event.Record, h *spelled, l *logon) {
	user, domain := k.of(r, h, colUser), k.of(r, h, colDomain)
	if l.skip = (user.more|domain.more)&isNobody != 0; l.skip {
		return
	}
	computer, address, host := k.of(r, h, colComputer), k.of(r, h, colAddress), k.of(r, h, colWorkstation)
	l.domain, l.user, l.day, l.logonType = domain.word, user.word, dayOf(r.Time), k.typeOf(r.Value(colType))
	if k.failed(r.Value(colEventID)) {
		l.outcome = outcomeOf(code(k.of(r, h, colStatus).more), code(k.of(r, h, colSubStatus).more))
	}
	l.values = [kinds]uint32{computers: computer.word, domains: computer.more, addresses: address.word, hosts: host.word,
		packages: k.of(r, h, colPackage).word, users: k.name(domain.word, user.word)}
	if l.outcome >= guessed {
		minute := minuteOf(r.Time)
		l.values[minutes] = k.words.hold(minute[:])
	}
	switch {
	case address.word != 0 && address.more&isOfComputer == 0:
		l.source = address.word
	case host.word != 0:
		l.source = host.word
	case computer.word != 0:
		l.source = computer.word
	default:
		l.source = k.words.hold([]byte("?"))
	}
}

// of returns what is known of the text of a column.
func (k *knowledge) of(r *event.Record, h *spelled, column int) fact {
	if h[column] == 0 {
		return fact{}
	}
	key := (h[column] + uint64(column)*odd) | 1
	p := k.at(key)
	if p.key == key {
		return *p
	}
	f := k.learn(r.Value(column), column)
	f.key = key
	return k.put(f)
}

// name is the word of an account as people write it.
func (k *knowledge) name(domain, user uint32) uint32 {
	if domain == 0 {
		return user
	}
	key := (uint64(domain)<<32 | uint64(user)) * odd
	if p := k.at(key); p.key == key {
		return p.word
	}
	k.buf = nameOf(k.buf[:0], k.words.at(domain), k.words.at(user))
	return k.put(fact{key: key, word: k.words.hold(k.buf)}).word
}

// at returns the fact of a key, or where it would be.
func (k *knowledge) at(key uint64) *fact {
	if len(k.facts) == 0 {
		k.facts = make([]fact, leastFacts)
	}
	last := uint64(len(k.facts) - 1)
	i := key >> 40 & last // bits of names that depend on the domain as much as on the user
	for k.facts[i].key != 0 && k.facts[i].key != key {
		i = (i + 1) & last
	}
	return &k.facts[i]
}

// put adds a fact, which was not known.
func (k *knowledge) put(f fact) fact {
	if k.known++; 2*k.known > len(k.facts) {
		old := k.facts
		k.facts = make([]fact, 2*len(old))
		for _, f := range old {
			if f.key != 0 {
				*k.at(f.key) = f
			}
		}
	}
	*k.at(f.key) = f
	return f
}

// learn makes out the text of a column. Nearly all texts are short and plain ASCII, of
// which nothing is allocated.
func (k *knowledge) learn(v event.Value, column int) (f fact) {
	text := k.text(v)
	switch column {
	case colUser:
		if noPerson(upper(text)) {
			f.more = isNobody
		}
		f.word = k.words.hold(lower(text))
	case colDomain:
		text = upper(text)
		if noPeople(text) {
			f.more = isNobody
		}
		f.word = k.words.hold(text)
	case colComputer:
		text = lower(text)
		f.word = k.words.hold(text)
		if _, domain, ok := bytes.Cut(text, []byte{'.'}); ok {
			f.more = k.words.hold(domain)
		}
	case colAddress:
		text = addressOf(text)
		if isLocal(text) {
			f.more = isOfComputer
		}
		f.word = k.words.hold(text)
	case colWorkstation:
		f.word = k.words.hold(lower(text))
	case colPackage:
		f.word = k.words.hold(text)
	case colStatus, colSubStatus:
		f.more = uint32(codeOf(text))
	}
	return f
}

// text returns a value as it is kept, valid until the next one.
func (k *knowledge) text(v event.Value) (text []byte) {
	k.buf, text = appendText(k.buf[:0], v)
	return text
}

// isSuccess reports whether an EventID is 4624, as it is nearly always written.
func isSuccess(id event.Value) bool { return string(id.Raw()) == "4624" }

// failed reports whether an EventID is 4625.
func (k *knowledge) failed(id event.Value) bool {
	return !isSuccess(id) && string(k.text(id)) == "4625"
}

// typeOf is the logon type, -1 for none.
func (k *knowledge) typeOf(v event.Value) int16 {
	if raw := v.Raw(); len(raw) == 1 && raw[0] >= '0' && raw[0] <= '9' {
		return int16(raw[0] - '0')
	}
	n, err := strconv.ParseUint(string(k.text(v)), 10, 8)
	if err != nil {
		return -1
	}
	return int16(n)
}
