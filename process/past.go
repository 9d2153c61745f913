package process

// past is what a State knows of the days before one: of that day's programs, of their
// parents, and of their patterns, and how many days had them. It keeps no more than that,
// however many days are merged.
type past struct {
	of       *State // the day
	days     int
	programs map[string]before
	pairs    map[pairKey]before // by program and parent
	patterns map[storedKey]int  // days on which the same was done
}

// before is how something was seen.
type before struct {
	days         int
	count, first int64
	hosts        int // at most on one day
}

type pairKey struct{ program, parent string }

type storedKey struct {
	program string
	groupKey
}

// Past returns the state of the days before day, so far of none. It knows the programs
// of day alone. Decode replaces it by those of one profile, and Merge adds those of the
// same day's past; it cannot be encoded.
func (d *Detector) Past(day *State) *State {
	day.settle()
	s := NewState()
	s.past = &past{of: day}
	s.past.clear()
	return s
}

// clear forgets all days. A pair or pattern that the day has is there from the start.
func (p *past) clear() {
	p.days, p.programs, p.pairs, p.patterns = 0, map[string]before{}, map[pairKey]before{}, map[storedKey]int{}
	for path, of := range p.of.programs {
		for _, g := range of.groups {
			p.pairs[pairKey{path, g.key.parent}] = before{}
			p.patterns[storedKey{path, groupKey{g.key.parent, g.key.vector.pattern()}}] = 0
		}
	}
}

const (
	pastSize       = 120 // of a program or a pair, about, with its place in a map
	pastOfPatterns = 100
)

// size is what the past takes at most: all that the day has may have been before.
func (p *past) size() int { return (pastSize + pastOfPatterns) * p.of.kept }

// Days is how many days a Past has taken in.
func (s *State) Days() int {
	if s == nil || s.past == nil {
		return 0
	}
	return s.past.days
}

func (p *past) merge(o *past) {
	if o == nil || o.of != p.of {
		panic("process: merging the pasts of two days")
	}
	p.days += o.days
	for path, b := range o.programs {
		p.programs[path] = p.programs[path].with(b)
	}
	for key, b := range o.pairs {
		p.pairs[key] = p.pairs[key].with(b)
	}
	for key, days := range o.patterns {
		p.patterns[key] += days
	}
}

func (b before) with(o before) before {
	switch {
	case b.days == 0:
		return o
	case o.days == 0:
		return b
	}
	return before{b.days + o.days, b.count + o.count, min(b.first, o.first), max(b.hosts, o.hosts)}
}

// decode replaces p by a day's profile.
func (p *past) decode(file []byte) (note string, err error) {
	p.clear()
	p.days = 1
	note, _, err = decodeRows(file, p.take)
	return note, err
}

// take takes in a row of one profile.
func (p *past) take(r *stored) error {
	of := p.of.programs[r.program]
	if of == nil {
		return nil
	}
	if r.vector == ofAll {
		p.programs[r.program] = before{1, r.count, r.first, r.hosts.count(mostMembers)}
		return nil
	}
	key := pairKey{r.program, r.parent}
	if known, has := p.pairs[key]; has {
		b := before{1, r.count, r.first, 0}
		if known.days > 0 { // another group of the same day
			b.count, b.first = b.count+known.count, min(b.first, known.first)
		}
		p.pairs[key] = b
	}
	same := storedKey{r.program, groupKey{r.parent, vector(r.vector).pattern()}}
	if _, has := p.patterns[same]; has {
		p.patterns[same] = 1
	}
	return nil
}
