package logon

import "slices"

// row is what is known of the logons of a key, as findings ask for it. It is valid until
// its state changes.
type row struct {
	key
	*entry
	of *store
}

// view returns the row with its texts.
func (st *store) view(e *entry) row {
	return row{
		key:   key{day: e.day, source: string(st.at(e.source)), domain: string(st.at(e.domain)), user: string(st.at(e.user)), logonType: int16(e.logonType)},
		entry: e, of: st,
	}
}

// kept are the values of one kind.
func (r *row) kept(kind int) values {
	s := r.samples[kind]
	return values{r.of.of(s), s.more, &r.of.texts}
}

// peak is the most guesses within a minute of the clock, and that minute.
func (r *row) peak() (guesses int64, minute string) {
	for _, t := range r.kept(minutes).most(1, func(t tally) int64 { return t.failed }) {
		return t.failed, t.text
	}
	return 0, ""
}

// sorted are all rows in order.
func (rs *rows) sorted(st *store) []*row {
	views, all := make([]row, 0, rs.n), make([]*row, 0, rs.n)
	for i := range rs.all {
		if rs.all[i].live {
			views = append(views, st.view(&rs.all[i]))
			all = append(all, &views[len(views)-1])
		}
	}
	slices.SortFunc(all, func(a, b *row) int { return a.key.order(b.key) })
	return all
}

// named are the rows of a key on whatever day, in order of the days.
func (rs *rows) named(withoutDay key, st *store) (all []*row) {
	p := keyRefs{logonType: int32(withoutDay.logonType)}
	var have [3]bool
	p.source, have[0] = st.find([]byte(withoutDay.source))
	p.domain, have[1] = st.find([]byte(withoutDay.domain))
	p.user, have[2] = st.find([]byte(withoutDay.user))
	if have != [...]bool{true, true, true} {
		return nil
	}
	for _, p.day = range rs.days {
		if i, ok := rs.find(p); ok {
			r := st.view(&rs.all[i])
			all = append(all, &r)
		}
	}
	slices.SortFunc(all, func(a, b *row) int { return a.key.order(b.key) })
	return all
}
