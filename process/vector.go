package process

import "math/bits"

// vector is what is kept of one execution beside its program, its parent and its hour:
// the features that its own event tells, in coarse steps, so that like executions are
// one. It is packed, a field behind the other from the lowest bit on, since it is part
// of a key.
type vector uint64

// field is a part of a vector.
type field struct {
	at, width uint
}

// The fields, each as wide as its greatest value.
var (
	fieldLength    = field{0, 5}  // of the command line, in half octaves
	fieldSpecial   = field{5, 3}  // share of special characters, in eighths
	fieldUpper     = field{8, 3}  // share of upper case among letters, in eighths
	fieldDigits    = field{11, 3} // share of digits, in eighths
	fieldEntropy   = field{14, 5} // in half bits a byte
	fieldEncodings = field{19, 2} // kinds of encodings
	fieldNetwork   = field{21, 2} // words, up to 3
	fieldFiles     = field{23, 2}
	fieldPrivilege = field{25, 2}
	fieldHidden    = field{27, 1}
	fieldDownload  = field{28, 1}
	fieldSystem    = field{29, 1} // SYSTEM runs a user program
	fieldPlace     = field{30, 2}
	fieldWeekend   = field{32, 1}
	fieldNbEncoded = field{33, 1} // as the notebook looks for encodings
	fieldNbPriv    = field{34, 1} // and for privileges
	fieldTemporary = field{35, 1} // a shell is given a file that does not stay
	fieldDiscovery = field{36, 2} // words
	fieldDeeds     = field{38, 7} // a bit for each deed
	fieldOwn       = field{45, 2} // SYSTEM runs a program out of a user's folder
)

const (
	vectorBits    = 47
	longestHalves = 26 // half octaves of longestScanned
	mostEntropy   = 16
	eighths       = 8
	mostWords     = 3
)

func (v vector) get(f field) int { return int(v >> f.at & (1<<f.width - 1)) }

func (f field) of(value int) vector {
	return vector(min(value, 1<<f.width-1)) << f.at
}

func bit(f field, on bool) vector {
	if on {
		return 1 << f.at
	}
	return 0
}

// valid reports whether v is a vector that executions can have.
func (v vector) valid() bool {
	return v>>vectorBits == 0 && v.get(fieldLength) <= longestHalves && v.get(fieldEntropy) <= mostEntropy && v.get(fieldPlace) <= temporary && v.get(fieldOwn) <= ownFolder
}

// vectorOf packs what a command line looks like.
func vectorOf(c *command) vector {
	encodings := 0
	for _, on := range []bool{c.base64, c.encodes && c.has(powerShell), c.has(encodingWord), c.marks >= 4} {
		if on {
			encodings++
		}
	}
	words := func(kind wordKind) int { return min(c.count(kind), mostWords) }
	return fieldLength.of(halfOctaves(c.size)) |
		fieldSpecial.of(share(c.special, c.size)) |
		fieldUpper.of(share(c.upper, c.letters)) |
		fieldDigits.of(share(c.digits, c.size)) |
		fieldEntropy.of(min(c.entropy, mostEntropy)) |
		fieldEncodings.of(encodings) |
		fieldNetwork.of(words(networkWord)) |
		fieldFiles.of(words(fileWord)) |
		fieldPrivilege.of(words(privilegeWord)) |
		fieldDiscovery.of(words(discoveryWord)) |
		deedBits(&c.deeds) |
		bit(fieldHidden, c.hidden) |
		bit(fieldDownload, c.has(downloadWord) || c.has(fetcher) && c.has(address)) |
		bit(fieldNbEncoded, c.notebookEncoded) |
		bit(fieldNbPriv, c.notebookPrivilege)
}

func deedBits(found *[deeds]bool) (v vector) {
	for d, on := range found {
		v |= bit(fieldOf(deed(d)), on)
	}
	return v
}

// deedFields are the fields of the deeds, one by one.
func deedFields() (fields [deeds]field) {
	for d := range fields {
		fields[d] = fieldOf(deed(d))
	}
	return fields
}

// fieldOf is the field of one deed.
func fieldOf(d deed) field { return field{fieldDeeds.at + uint(d), 1} }

// share is part of whole in eighths, rounded.
func share(part, whole int) int {
	if whole == 0 {
		return 0
	}
	return (2*eighths*part + whole) / (2 * whole)
}

// halfOctaves is 2·log2(1+n), rounded down: in whole numbers, so that every processor
// does it alike.
func halfOctaves(n int) int {
	square := uint64(n+1) * uint64(n+1)
	return bits.Len64(square) - 1
}

// signs is how many of the features speak of an attack by themselves.
func (v vector) signs() int {
	n := v.get(fieldHidden) + v.get(fieldDownload) + min(v.get(fieldEncodings), 1) + min(v.get(fieldOwn), 1) + bits.OnesCount(uint(v.get(fieldDeeds)))
	n += min(v.get(fieldDiscovery), 1) + min(v.get(fieldPrivilege), 1) + v.get(fieldSystem)
	if v.get(fieldPlace) == temporary || v.get(fieldTemporary) == 1 {
		n++
	}
	return n
}

// pattern is what is left of a vector without what changes from one execution to the
// next: the day of the week, how long the line is, how its characters are spread, and
// words that say little. Executions of one program and parent with one pattern do the
// same.
func (v vector) pattern() vector {
	var keep vector
	for _, f := range [...]field{fieldEncodings, fieldHidden, fieldDownload, fieldSystem, fieldPlace, fieldTemporary, fieldDeeds, fieldOwn} {
		keep |= (1<<f.width - 1) << f.at
	}
	return v & keep
}
