package event

import "bytes"

// walk reads a line key by key, as far as the fast mode needs. It is what the
// fast mode means: prediction gives the same of any line, valid or not.
func (d *predictor) walk(line []byte) verdict {
	p, m := d.p, &d.member
	clear(p.spans)
	i := nextKey(line, 0)
	for i > 0 && line[i-1] != '}' {
		if i = m.read(line, i, false); i < 0 {
			return unreadable
		}
		column := p.column(m.key, m.escaped)
		if i = nextKey(line, i); column < 0 || i < 0 {
			continue
		}
		p.spans[column] = m.value
		if column == p.eventID && p.filters() && !p.wants(line) {
			return unwanted
		}
		if p.complete() {
			return wanted
		}
	}
	return d.ended(line, i)
}

// ended returns what a line is whose object was read to its end, at i, or not to
// its end if i is -1.
func (d *predictor) ended(line []byte, i int) verdict {
	switch {
	case i != len(line):
		return unreadable
	case d.p.filters() && !d.p.wants(line):
		return unwanted
	}
	return wanted
}

// nextKey goes from behind a value, or from 0 at the start of the line, behind
// the comma or brace that follows; -1 if there is none.
func nextKey(line []byte, i int) int {
	if i == 0 {
		if j := skipSpace(line, 1); j < len(line) && line[j] == '}' {
			return j + 1 // an empty object
		}
		return 1
	}
	if i < len(line) && line[i] == ',' {
		return i + 1
	}
	i = skipSpace(line, i)
	if i >= len(line) || line[i] != ',' && line[i] != '}' {
		return -1
	}
	return i + 1
}

// member is one key and value of a line.
type member struct {
	key        []byte // as written
	escaped    bool   // the key has escapes
	value      span   // absent if it is null
	start, end int    // of the value; of a string, its inside
	str        bool
	column     int // these two are set for a trail
	constant   bool
}

// read reads the key and the value from i on and returns the index behind them,
// where something else stands, -1 if that is not so. Of strings all is checked,
// or only where they end.
func (m *member) read(line []byte, i int, strict bool) int {
	end := 0
	if line[i] == '"' {
		end = special(line, i+1)
	}
	if end > 0 && end+1 < len(line) && line[end] == '"' && line[end+1] == ':' {
		m.key, m.escaped, i = line[i+1:end], false, end+2
	} else {
		if m.key, m.escaped, i = key(line, i); m.key == nil {
			return -1
		}
	}
	return m.readValue(line, i, strict)
}

// readValue is read for the value alone.
func (m *member) readValue(line []byte, i int, strict bool) int {
	if line[i] != '"' {
		if i = skipSpace(line, i); i == len(line) {
			return -1
		}
	}
	var behind int
	var ok bool
	if m.str = line[i] == '"'; m.str && !strict {
		behind = quote(line, i+1) + 1
		ok = behind > 0
		m.value = span{uint32(i + 1), uint32(behind - 1), kindString}
	} else {
		m.value, behind, ok = value(line, i, 1)
	}
	if !ok || behind >= len(line) {
		return -1
	}
	if m.start, m.end = i, behind; m.str {
		m.start, m.end = i+1, behind-1
	}
	return behind
}

// quote returns the index of the first quote from i on that no backslash
// escapes, -1 if there is none.
func quote(b []byte, i int) int {
	end := i + bytes.IndexByte(b[i:], '"')
	if end <= i || b[end-1] == '\\' {
		return escapedQuote(b, i, end)
	}
	return end
}

// escapedQuote goes on from a quote at end that follows a backslash.
func escapedQuote(b []byte, i, end int) int {
	for end >= i {
		slashes := 0
		for slashes < end-i && b[end-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return end
		}
		next := bytes.IndexByte(b[end+1:], '"')
		if next < 0 {
			return -1
		}
		end += 1 + next
	}
	return -1
}
