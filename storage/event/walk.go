package event

import "bytes"

// walk reads a line key by key, as far as the fast mode needs. It is what the
// fast mode means: prediction gives the same of any line, valid or not.
//
// For several queries it goes on until none of them needs more. What each of them
// alone would have taken is then certain as long as no column that it took comes
// again: where one does, the line is not ok.
func (d *predictor) walk(line []byte) (wanted asks, ok bool) {
	p, m := d.p, &d.member
	clear(p.spans)
	p.live = p.all
	i := nextKey(line, 0)
	for i > 0 && line[i-1] != '}' {
		if i = m.read(line, i, false); i < 0 {
			return 0, false
		}
		column := d.column()
		if i = nextKey(line, i); column < 0 || i < 0 {
			continue
		}
		if !d.note(column, line) {
			return 0, false
		}
		if p.live == 0 || p.complete() {
			return p.live, true
		}
	}
	return p.who(line), i == len(line)
}

// column is that of the member read last, -1 if no query needs it that may still
// want the line.
func (d *predictor) column() int {
	c := d.p.column(d.member.key, d.member.escaped)
	if c >= 0 && !d.strict && d.p.of[c]&d.p.live == 0 {
		return -1
	}
	return c
}

// note takes the value of the member read last for a column, and of an EventID sees
// who wants it. It is not ok if the column has a value and its first one may be what
// a query takes.
func (d *predictor) note(column int, line []byte) (ok bool) {
	p := d.p
	if !d.strict && p.joint() && p.spans[column].kind != kindAbsent {
		return false
	}
	p.spans[column] = d.member.value
	if column == p.eventID && !d.strict {
		p.live = p.who(line)
	}
	return true
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
