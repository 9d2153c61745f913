package event

// walk reads a line key by key, as far as the fast mode needs, for lines that
// follow no layout. What is out of the ordinary, such as an escape in a key, it
// leaves to the parser.
func (d *predictor) walk(line []byte) verdict {
	p := d.p
	for i := 1; ; i++ { // behind the brace or a comma
		key, i2 := plainKey(line, i)
		if i = i2; i < 0 {
			return unreadable
		}
		v, i2 := d.skim(line, i)
		if i = i2; i < 0 {
			return unreadable
		}
		if column := p.column(key, false); column >= 0 {
			p.spans[column] = v
			if column == p.eventID && p.filters() && !p.wants(line) {
				return unwanted
			}
			if p.complete() {
				return wanted
			}
		}
		if line[i] != ',' {
			return unreadable
		}
	}
}

// plainKey reads a key without escapes and its colon, and returns the index
// behind them, -1 if there is something else.
func plainKey(line []byte, i int) (key []byte, behind int) {
	if line[i] != '"' {
		if i = skipSpace(line, i); i >= len(line) || line[i] != '"' {
			return nil, -1
		}
	}
	end := special(line, i+1)
	if end+2 >= len(line) || line[end] != '"' || line[end+1] != ':' {
		return nil, -1
	}
	return line[i+1 : end], end + 2
}

// skim reads a value and returns the index behind it, where something else
// stands, -1 if nothing does.
func (d *predictor) skim(line []byte, i int) (v span, behind int) {
	if line[i] == '"' {
		end := quote(line, i+1)
		if end < 0 || end+1 >= len(line) {
			return v, -1
		}
		return span{uint32(i + 1), uint32(end), kindString}, end + 1
	}
	v, i, ok := value(line, i, 1)
	if !ok || i >= len(line) {
		return v, -1
	}
	return v, i
}
