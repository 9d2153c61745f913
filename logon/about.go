package logon

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"sparkless/publish/anomaly"
	"sparkless/storage/printable"
)

// describe fills in what the finding of an account is about: times, events, and whom and
// what it names.
func (a *account) describe(f *anomaly.Finding) {
	seen := never
	for _, j := range a.rows {
		seen = seen.of(j.seen())
	}
	f.StartTime, f.EndTime = anomaly.Timestamp(seen.first), anomaly.Timestamp(seen.last)
	f.Events = a.sum((*row).attempts)
	f.Entities = append(f.Entities, anomaly.Entity{Kind: "account", Value: f.Entity, Count: f.Events})
	hostsOf, from := a.top(computers), a.top(addresses)
	f.Entities = append(append(f.Entities, hostsOf...), from...)
	if len(hostsOf) > 0 {
		f.DestinationDevice = hostsOf[0].Value
	}
	if len(from) > 0 {
		f.SourceIpAddress = from[0].Value
	}
	if names := a.top(hosts); len(names) > 0 {
		f.SourceDevice = names[0].Value
	}
}

// top are the values of a kind with the most logons, over all logon types.
func (a *account) top(kind int) []anomaly.Entity {
	var all []item
	for _, j := range a.rows {
		all = append(all, j.kept(kind).items...)
	}
	slices.SortFunc(all, func(x, y item) int { return cmp.Compare(x.ref, y.ref) })
	kept := all[:0] // one of each value
	for _, i := range all {
		if last := len(kept) - 1; last >= 0 && kept[last].ref == i.ref {
			kept[last].ok += i.ok
			kept[last].failed += i.failed
		} else {
			kept = append(kept, i)
		}
	}
	name := "host"
	if kind == addresses {
		name = "ip"
	}
	logons := func(t tally) int64 { return t.ok + t.failed }
	return entities(name, values{items: kept, texts: &a.rows[0].of.texts}.most(shown, logons), logons)
}

// remember fills in what is known of the account's earlier days, and tells, as a fact,
// computers and sources that it never had before.
func (a *account) remember(f *anomaly.Finding, history *State) {
	first := int64(math.MaxInt64)
	all := &earlier{first: math.MaxInt64, known: map[sighting]struct{}{}}
	for _, j := range a.rows {
		first = min(first, j.seen().first)
		if j.past == nil {
			continue
		}
		all.first = min(all.first, j.past.first)
		for s := range j.past.known {
			all.known[s] = struct{}{}
		}
	}
	remember(f, history, min(first, all.first), nil)
	f.DaysSeen = history.daysOf(a.rows[0].who(), a.rows[0].day)
	if f.DaysSeen == 0 {
		return
	}
	for kind, name := range map[int]string{computers: "new-computers", addresses: "new-sources"} {
		if new, of := a.unknown(kind, all); len(new) > 0 {
			f.AnomalyReasons = append(f.AnomalyReasons, anomaly.Reason{Name: name, Value: fmt.Sprint(len(new)),
				Usual: fmt.Sprintf("%d of %d known since %s", of-len(new), of, f.FirstSeen[:len(time.DateOnly)]),
				Why:   fmt.Sprintf("%s not seen with the account before, such as %s", counted(len(new), [...]string{computers: "computer", addresses: "source address"}[kind]), printable.Text(new[0]))})
		}
	}
	slices.SortStableFunc(f.AnomalyReasons, func(x, y anomaly.Reason) int {
		return cmp.Or(compareDown(x.Weight, y.Weight), cmp.Compare(x.Name, y.Name))
	})
}

// unknown are the values of a kind, in order, that no earlier day of the account had, and
// of is how many values there are.
func (a *account) unknown(kind int, past *earlier) (all []string, of int) {
	seen := map[uint32]struct{}{}
	for _, j := range a.rows {
		kept := j.kept(kind)
		for _, i := range kept.items {
			seen[i.ref] = struct{}{}
			if _, ok := past.known[sighting{kind, i.ref}]; ok {
				continue
			}
			if text := kept.tally(i).text; !slices.Contains(all, text) {
				all = append(all, text)
			}
		}
	}
	slices.Sort(all)
	return all, len(seen)
}

// remember fills in when the entity was first seen, and on how many days.
func remember(f *anomaly.Finding, history *State, first int64, past *earlier) {
	f.HistoryDays = history.days()
	if past != nil {
		first = min(first, past.first)
		f.DaysSeen = len(past.days)
	}
	f.FirstSeen = anomaly.Timestamp(first)
}

// details are the account's numbers by logon type, under the notebook's names.
func (a *account) details() map[string]any {
	types := []map[string]any{}
	for _, j := range a.rows {
		u := j.userDay()
		one := map[string]any{"LogonTypeName": u.LogonTypeName, "WrongPasswords": j.guesses, "Forest": round(j.forest)}
		for name, v := range u.numbers() {
			one[name] = *v
		}
		types = append(types, one)
	}
	return map[string]any{"LogonTypes": types}
}

// round keeps four digits, more than a score is worth.
func round(v float64) float64 { return math.Round(v*1e4) / 1e4 }
