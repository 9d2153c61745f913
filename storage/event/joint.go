package event

// joint reads lines once for some queries: as far as any of them needs, for the
// columns of all. Where what it read is certain to be what each query alone would
// have read, it is taken; each other line the queries read on their own.
//
// In the strict mode that is always certain, since all read every line to its end.
// In the fast mode a query that needs less stops earlier: it does not see what is
// wrong behind that place, nor a column that is repeated there.
type joint struct {
	each      []*selector // by query of the parser
	predictor predictor
	clock     clock
}

// together sorts the selectors of a scanner: of one mode, those that filter by
// EventID, and by nothing else, read lines together, the others alone.
func together(each []*selector) (alone []*selector, joints []*joint) {
	for mode := range Strict + 1 {
		var some []*selector
		for _, s := range each {
			switch {
			case s.query.Mode != mode:
			case s.mapped == nil && s.parser.filters() && len(s.needs) == 0:
				some = append(some, s)
			default:
				alone = append(alone, s)
			}
		}
		for ; len(some) > 1; some = some[min(len(some), mostQueries):] {
			joints = append(joints, newJoint(mode, some[:min(len(some), mostQueries)]))
		}
		alone = append(alone, some...)
	}
	return alone, joints
}

func newJoint(m Mode, each []*selector) *joint {
	var queries []Query
	for _, s := range each {
		queries = append(queries, s.query)
		s.predictor.resets = maxResets + 1 // for few lines it is not worth its memory
	}
	return &joint{each: each, predictor: newPredictor(newParser(queries...), m)}
}

// give has every query that the open range is read for take a line.
func (j *joint) give(whole []byte, add []func(*Record)) {
	line := withoutReturn(whole)
	if isObject(line) {
		if live, ok := j.predictor.read(line); ok {
			j.take(whole, live, add)
			return
		}
	}
	if j.predictor.strict && skipSpace(line, 0) < len(line) {
		p := j.predictor.p
		if p.parse(line) == "" {
			j.take(whole, p.who(line), add)
			return
		}
	}
	for _, s := range j.each {
		if s.active && s.take(whole) {
			add[s.index](&s.record)
		}
	}
}

// take counts a line that was read, and gives it as a record to the queries that
// want it.
func (j *joint) take(line []byte, live asks, add []func(*Record)) {
	var t int64
	var ok bool
	if live != 0 {
		p := j.predictor.p
		t, ok = j.clock.nanos(p.text(line, p.time))
	}
	for i, s := range j.each {
		switch {
		case !s.active:
			continue
		case live>>i&1 == 0:
			s.stats.Lines++
			s.stats.Other++
		default:
			s.stats.Lines++
			if s.inWindow(t, ok, line) {
				s.record = Record{Time: t, line: line, spans: s.of(j.predictor.p, i)}
				add[s.index](&s.record)
			}
		}
	}
}
