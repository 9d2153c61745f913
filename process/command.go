package process

import (
	"bytes"
	"math"
	"math/bits"
	"strings"
)

// longestScanned is how many bytes of a command line are looked at.
const longestScanned = 8 << 10

// What a byte adds to the counts of a command line, 15 bits each: no count can reach
// the next, since a line has no more than longestScanned bytes. The lowest bit says
// whether the byte is part of a word.
const (
	inWord     = 1
	oneLetter  = 1 << 4
	oneUpper   = 1 << 19
	oneDigit   = 1 << 34
	oneSpecial = 1 << 49
	countMask  = 1<<15 - 1
)

// table256 is what there is to know of each byte. A byte of a character beyond ASCII is a
// letter: whole alphabets are no oddity.
var table256 = newByteTable()

type byteTable struct {
	counts [256]uint64
	lower  [256]byte
	base64 [256]bool
}

func newByteTable() *byteTable {
	t := &byteTable{}
	for i := range 256 {
		b := byte(i)
		t.lower[b] = b
		switch {
		case 'A' <= b && b <= 'Z':
			t.counts[b], t.lower[b], t.base64[b] = inWord+oneLetter+oneUpper, b+'a'-'A', true
		case 'a' <= b && b <= 'z':
			t.counts[b], t.base64[b] = inWord+oneLetter, true
		case isDecimal(b):
			t.counts[b], t.base64[b] = inWord+oneDigit, true
		case b >= 0x80:
			t.counts[b] = inWord + oneLetter
		case b == '_' || b == '-' || b == '.':
			t.counts[b] = inWord
		case b != ' ' && b != '\\' && b != ':' && b != '"':
			t.counts[b] = oneSpecial
			t.base64[b] = b == '+' || b == '/' || b == '='
		}
	}
	return t
}

// command is what a command line looks like.
type command struct {
	size, letters, upper, digits, special int
	entropy                               int // in half bits a byte
	base64                                bool
	encodes                               bool       // has what PowerShell takes for -EncodedCommand
	marks                                 int        // that break up words: ^ and `
	words                                 [10]uint16 // by kind
	known                                 wordSet
	deeds                                 [deeds]bool
	hidden                                bool // asks for a hidden window
	temporary                             bool // names a folder for what does not stay
	notebookEncoded, notebookPrivilege    bool // as the notebook looks for them, in any place
	window                                bool // the word before was -WindowStyle
}

// count is how many words of a kind there are.
func (c *command) count(kind wordKind) int { return int(c.words[bits.TrailingZeros16(uint16(kind))]) }

func (c *command) has(kind wordKind) bool { return c.count(kind) > 0 }

// scan looks at a command line of at most longestScanned bytes. Most of a day's command
// lines are new, and this is most of what they cost: bytes are counted without a branch,
// and words are found by the places where bits change.
func (c *command) scan(line []byte) {
	*c = command{size: len(line)}
	t := table256
	var histogram [256]uint16
	sum, start := uint64(0), -1
	for base := 0; base < len(line); base += 64 {
		var mask uint64
		block := line[base:min(base+64, len(line))]
		for i, b := range block {
			x := t.counts[b]
			sum += x >> 4
			mask |= x & inWord << i
			histogram[b]++
		}
		carry := uint64(0)
		if start >= 0 {
			carry = 1
		}
		for edges := mask ^ (mask<<1 | carry); edges != 0; edges &= edges - 1 {
			at := base + bits.TrailingZeros64(edges)
			if start < 0 {
				start = at
				continue
			}
			c.word(line, start, min(at, len(line)))
			start = -1
		}
	}
	if start >= 0 {
		c.word(line, start, len(line))
	}
	const shift = 4
	c.letters, c.upper = int(sum&countMask), int(sum>>(19-shift)&countMask)
	c.digits, c.special = int(sum>>(34-shift)&countMask), int(sum>>(49-shift)&countMask)
	c.base64 = hasBase64(line)
	c.marks = int(histogram['^']) + int(histogram['`'])
	found := known.deeds(&c.known)
	found[proxies] = found[proxies] || c.deeds[proxies]
	c.deeds = found
	c.notebookEncoded = c.notebookEncoded || c.base64
	c.notebookPrivilege = c.notebookPrivilege || c.has(privilegeWord)
	if len(line) > 0 {
		c.entropy = entropyOf(&histogram, len(line))
	}
}

// entropyOf is Shannon's entropy of bytes that are so many, in half bits.
func entropyOf(histogram *[256]uint16, size int) int {
	sum := uint64(0)
	for _, n := range histogram[' ':0x80] {
		sum += logs[n]
	}
	for _, n := range histogram[:' '] {
		sum += logs[n]
	}
	for _, n := range histogram[0x80:] {
		sum += logs[n]
	}
	return int((2*((logs[size]-sum)/uint64(size)) + fixed/2) / fixed)
}

// logs are n·log2(n) in steps of 1/fixed: whole numbers, so that every processor
// rounds them alike.
var logs = logTable()

const fixed = 1 << 16

func logTable() *[longestScanned + 1]uint64 {
	t := new([longestScanned + 1]uint64)
	for n := 2; n < len(t); n++ {
		t[n] = uint64(math.Round(float64(n) * math.Log2(float64(n)) * fixed))
	}
	return t
}

// leastBase64 is the least length of a run of base64 that is taken for text in an
// encoding. An identifier of 32 hexadecimal digits is shorter.
const leastBase64 = 40

// hasBase64 reports whether a line has a long run of base64. Such a run covers one of
// every leastBase64 bytes, so that nothing else need be looked at.
func hasBase64(line []byte) bool {
	in := &table256.base64
	for at := leastBase64 - 1; at < len(line); at += leastBase64 {
		if !in[line[at]] {
			continue
		}
		from, to := at, at+1
		for from > 0 && in[line[from-1]] {
			from--
		}
		for to < len(line) && in[line[to]] {
			to++
		}
		if to-from >= leastBase64 && isEncoded(line[from:to]) {
			return true
		}
		at += (to - 1 - at) / leastBase64 * leastBase64 // the rest of the run is looked at
	}
	return false
}

// isEncoded reports whether a run has all that base64 of anything longer has: small
// and capital letters, and digits.
func isEncoded(run []byte) bool {
	sum := uint64(0)
	for _, b := range run {
		sum += table256.counts[b] >> 4
	}
	letters, upper, digits := sum&countMask, sum>>15&countMask, sum>>30&countMask
	return upper >= 6 && letters-upper >= 2 && digits >= 2
}

// word looks at a word of a line.
func (c *command) word(line []byte, from, to int) {
	word := line[from:to]
	t := &table256.lower
	argument, last := word[0] == '-', t[word[len(word)-1]]
	if to < len(line) && line[to] == ' ' {
		c.notebookPrivilege = c.notebookPrivilege || last == 't' && ends(word, "net")
		c.notebookEncoded = c.notebookEncoded || last == 'e' && ends(word, "-e")
	}
	if last == 'e' && len(word) > 4 && ends(word, ".exe") {
		word = word[:len(word)-4]
	}
	for len(word) > 0 && word[0] == '.' {
		word = word[1:]
	}
	for len(word) > 0 && word[len(word)-1] == '.' {
		word = word[:len(word)-1]
	}
	if len(word) == 0 {
		return
	}
	if n := len(word); n <= longestWord && known.lengths[t[word[0]]]&(1<<n) != 0 {
		c.lookUp(word, from > 0 && line[from-1] == '\\' && to < len(line) && line[to] == '\\')
	}
	if c.has(loader) && to < len(line) && (line[to] == ',' || line[to] == '"' && to+1 < len(line) && line[to+1] == ',') {
		c.deeds[proxies] = c.deeds[proxies] || isNoLibrary(word)
	}
	if c.window {
		c.hidden = c.hidden || isPrefix("hidden", word) || string(word) == "1"
		c.window = false
	}
	if argument && len(word) > 1 {
		c.argument(word)
	}
}

// lookUp counts a word of the lists, in a path a folder as well.
func (c *command) lookUp(word []byte, folder bool) {
	var room [longestWord]byte
	lower := room[:len(word)]
	for i, b := range word {
		lower[i] = table256.lower[b]
	}
	entry, has := known.words[string(lower)]
	if !has {
		return
	}
	kinds := entry.kinds
	c.known.put(entry.at)
	for left := uint16(kinds &^ folderWord); left != 0; left &= left - 1 {
		c.words[bits.TrailingZeros16(left)]++
	}
	c.temporary = c.temporary || folder && kinds&folderWord != 0
}

// isNoLibrary reports whether a file, of which rundll32 is to call a function, has a name
// that libraries do not have.
func isNoLibrary(name []byte) bool {
	at := bytes.LastIndexByte(name, '.')
	if at < 0 {
		return false
	}
	for _, ext := range []string{".dll", ".cpl", ".ocx", ".drv", ".inf", ".ax", ".tsp"} {
		if strings.EqualFold(ext, string(name[at:])) {
			return false
		}
	}
	return true
}

// argument looks at a word that starts with '-'.
func (c *command) argument(word []byte) {
	rest := word[1:]
	switch table256.lower[rest[0]] {
	case 'e':
		c.encodes = c.encodes || isPrefix("encodedcommand", rest) || isPrefix("ec", rest)
		c.notebookEncoded = c.notebookEncoded || len(rest) >= 3 && isPrefix("enc", rest[:3])
	case 'w':
		c.window = isPrefix("windowstyle", rest)
	}
}

// isPrefix reports whether whole, in small letters, starts with part in either case,
// which is not empty.
func isPrefix(whole string, part []byte) bool {
	return len(part) > 0 && len(part) <= len(whole) && strings.EqualFold(whole[:len(part)], string(part))
}

// ends reports whether a word ends in tail, in either case.
func ends(word []byte, tail string) bool {
	return len(word) >= len(tail) && bytes.EqualFold(word[len(word)-len(tail):], []byte(tail))
}
