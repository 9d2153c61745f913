package process

import (
	"bytes"
	"math"
	"math/bits"
	"strings"
)

// longestScanned is how many bytes of a command line are looked at.
const longestScanned = 8 << 10

// table256 is what there is to know of each byte. A byte of a character beyond ASCII is a
// letter: whole alphabets are no oddity.
var table256 = newByteTable()

type byteTable struct {
	word   [256]uint8 // 1 if it is part of a word
	base64 [256]bool
}

func newByteTable() *byteTable {
	t := &byteTable{}
	for i := range 256 {
		b := byte(i)
		letter := 'a' <= b|letterCase && b|letterCase <= 'z'
		if letter || isDecimal(b) || b >= 0x80 || b == '_' || b == '-' || b == '.' {
			t.word[b] = 1
		}
		t.base64[b] = letter || isDecimal(b) || b == '+' || b == '/' || b == '='
	}
	return t
}

// letterCase is the bit that small letters have and capitals lack. Of all bytes of words
// only '_' changes with it, to what is no byte of a word.
const letterCase = 'a' - 'A'

// histogram is how often each byte was seen, at most longestScanned times.
type histogram [256]uint16

// of is how often bytes from one on and below another were seen, and the sum of the logs
// of how often each was.
func (h *histogram) of(from, to int) (n int, sum uint64) {
	for _, k := range h[from:to] {
		n += int(k)
		sum += logs[k]
	}
	return n, sum
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
	t := &table256.word
	var seen histogram
	start := -1
	for base := 0; base < len(line); base += 64 {
		var mask uint64
		block := line[base:min(base+64, len(line))]
		for i, b := range block {
			mask |= uint64(t[b]) << (i & 63)
			seen[b]++
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
	c.spread(&seen)
	c.base64 = hasBase64(line)
	found := known.deeds(&c.known)
	found[proxies] = found[proxies] || c.deeds[proxies]
	c.deeds = found
	c.notebookEncoded = c.notebookEncoded || c.base64
	c.notebookPrivilege = c.notebookPrivilege || c.has(privilegeWord)
}

// spread looks at which bytes there are.
func (c *command) spread(seen *histogram) {
	if c.size == 0 {
		return
	}
	kinds := [...]int{' ', '0', '9' + 1, 'A', 'Z' + 1, 'a', 'z' + 1, 0x80}
	var counts [len(kinds) - 1]int
	left, sum := c.size, uint64(0)
	for i := range counts {
		n, part := seen.of(kinds[i], kinds[i+1])
		counts[i], left, sum = n, left-n, sum+part
	}
	c.digits, c.upper, c.letters = counts[1], counts[3], counts[3]+counts[5]
	if left > 0 { // there are few lines that have any others
		_, low := seen.of(0, ' ')
		n, high := seen.of(0x80, 0x100)
		c.letters, sum = c.letters+n, sum+low+high
	}
	c.special = c.size - c.letters - c.digits
	for _, b := range []byte(` \:"_-.`) {
		c.special -= int(seen[b])
	}
	c.marks = int(seen['^']) + int(seen['`'])
	c.entropy = entropyOf(sum, c.size)
}

// entropyOf is Shannon's entropy of bytes that are so many, in half bits, from the sum of
// the logs of how many there are of each.
func entropyOf(sum uint64, size int) int {
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
	var seen histogram
	for _, b := range run {
		seen[b]++
	}
	upper, _ := seen.of('A', 'Z'+1)
	lower, _ := seen.of('a', 'z'+1)
	digits, _ := seen.of('0', '9'+1)
	return upper >= 6 && lower >= 2 && digits >= 2
}

// word looks at a word of a line.
func (c *command) word(line []byte, from, to int) {
	word := line[from:to]
	argument, last := word[0] == '-', word[len(word)-1]|letterCase
	if to < len(line) && line[to] == ' ' {
		c.notebookPrivilege = c.notebookPrivilege || last == 't' && ends(word, "net")
		c.notebookEncoded = c.notebookEncoded || last == 'e' && ends(word, "-e")
	}
	if last == 'e' && len(word) > 4 && ends(word, ".exe") {
		word = word[:len(word)-4]
	}
	at := from
	for len(word) > 0 && word[0] == '.' {
		word = word[1:]
		at++
	}
	for len(word) > 0 && word[len(word)-1] == '.' {
		word = word[:len(word)-1]
	}
	if len(word) == 0 {
		return
	}
	if known.may(headOf(line[at:], len(word))) {
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
	if len(word) > len(room) {
		return
	}
	lower := room[:copy(room[:], word)]
	lowerASCII(lower)
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
	switch rest[0] | letterCase {
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
