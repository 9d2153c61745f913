package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// record is what a destination has taken.
type record struct {
	pair     pair
	text     string // all of it: equal records have equal texts
	revision string // what of it makes the finding worth sending again
	row      func() row
}

// row is a record decoded: names without the suffixes of
// Log Analytics, numbers as float64, times in the form of the export, and lists
// as decoded JSON.
type row map[string]any

func (r row) pair() pair { return pair{r.text("NormalProcess"), r.text("PotentiallyMaliciousProcess")} }

func (r row) text(name string) string {
	s, _ := r[name].(string)
	return s
}

func (r row) number(name string) float64 {
	f, _ := r[name].(float64)
	return f
}

// notSuspect are the columns that say nothing of the suspect itself. They move
// with every late event, and a finding is not sent again for them.
var notSuspect = map[string]bool{"NormalCount": true, "NormalPercentRank": true, "MaliciousPercentRank": true, "NormalPaths": true, "Reasons": true}

// judge compares rows with the answers. It remembers what it has seen: most rows
// come again in every round.
type judge struct {
	day   *day
	known map[string]verdict // by the text of the record
	ids   map[string]pair    // of findings
	files map[string]verdict // of files of findings, by content
}

// verdict says which answers a row agrees with, as a whole or in what it says of
// the suspect.
type verdict struct{ early, whole, suspectEarly, suspectWhole bool }

func newJudge(d *day) *judge {
	return &judge{d, map[string]verdict{}, map[string]pair{}, map[string]verdict{}}
}

func (j *judge) verdict(rec record) (verdict, error) {
	v, ok := j.known[rec.text]
	if ok {
		return v, nil
	}
	v, err := j.compare(rec.row())
	if err == nil {
		j.known[rec.text] = v
	}
	return v, err
}

func (j *judge) compare(r row) (v verdict, err error) {
	id := r.text("FindingId")
	if p, ok := j.ids[id]; id == "" || ok && p != r.pair() {
		return v, fmt.Errorf("FindingId %q is that of %v and %v", id, p, r.pair())
	}
	j.ids[id] = r.pair()
	errEarly, errWhole := j.day.early.suspect(j.day, r), j.day.whole.suspect(j.day, r)
	v.suspectEarly, v.suspectWhole = errEarly == nil, errWhole == nil
	if v.suspectEarly {
		errEarly = j.day.early.others(r)
	}
	if v.suspectWhole {
		errWhole = j.day.whole.others(r)
	}
	v.early, v.whole = errEarly == nil, errWhole == nil
	if !v.early && !v.whole {
		return v, fmt.Errorf("a record that was never right: %v: %w", r, errors.Join(errEarly, errWhole))
	}
	return v, nil
}

// suspect checks what a row says of the suspect.
func (a *answer) suspect(d *day, r row) error {
	p := r.pair()
	m, ok := a.pairs[p]
	if !ok {
		return fmt.Errorf("%v is no finding", p)
	}
	s := a.names[p.suspect]
	for what, equal := range map[string]bool{
		"AnomalyScore":   float32(r.number("AnomalyScore")) == m.score,
		"Distance":       r.number("Distance") == float64(m.distance),
		"MaliciousCount": r.number("MaliciousCount") == float64(s.count),
		"FirstSeen":      r.text("FirstSeen") == s.first,
		"LastSeen":       r.text("LastSeen") == s.last,
		"DataDay":        r.text("DataDay") == d.text()+"T00:00:00.0000000Z",
	} {
		if !equal {
			return fmt.Errorf("%v: %s is %v", p, what, r[what])
		}
	}
	for i, list := range []string{"Paths", "Hosts", "Parents", "Accounts", "CommandLines"} {
		if err := sameTallies(s.context[i], r[list]); err != nil {
			return fmt.Errorf("%v: %s: %w", p, list, err)
		}
	}
	return nil
}

// others checks the rest of a row.
func (a *answer) others(r row) error {
	p := r.pair()
	n, s := a.names[p.normal], a.names[p.suspect]
	for what, equal := range map[string]bool{
		"NormalCount":          r.number("NormalCount") == float64(n.count),
		"NormalPercentRank":    r.number("NormalPercentRank") == n.percent,
		"MaliciousPercentRank": r.number("MaliciousPercentRank") == s.percent,
	} {
		if !equal {
			return fmt.Errorf("%v: %s is %v", p, what, r[what])
		}
	}
	return sameTallies(n.context[0], r["NormalPaths"])
}

// sameTallies: a list holds up to eight values, with exact counts.
func sameTallies(want map[string]int, got any) error {
	const most = 8
	list, _ := got.([]any)
	if len(list) != min(len(want), most) {
		return fmt.Errorf("%d of %d values", len(list), len(want))
	}
	seen := map[string]bool{}
	for _, entry := range list {
		e, _ := entry.(map[string]any)
		value, _ := e["value"].(string)
		count, _ := e["count"].(float64)
		if count == 0 || float64(want[value]) != count || seen[value] {
			return fmt.Errorf("%q %v times, want %d", value, count, want[value])
		}
		seen[value] = true
	}
	return nil
}

// batch is what a destination has taken at once.
type batch struct {
	step    int // in which it came
	records []record
}

// tally sums up what has come to a destination.
type tally struct{ records, repeats int }

// round checks all that has come to a destination in a round: each finding is
// there, the last of it is right, none was ever wrong, and only the batch that
// was under way when a step was killed came again. late says whether the late
// blob is there in the end.
func (j *judge) round(batches []batch, steps map[int]step, late bool) (tally, error) {
	t := tally{}
	last := map[pair]verdict{}
	for _, b := range batches {
		for _, r := range b.records {
			v, err := j.verdict(r)
			if err != nil {
				return t, err
			}
			if v.whole && !v.early && !late {
				return t, fmt.Errorf("%v tells of a blob that is not there", r.pair)
			}
			last[r.pair] = v
			t.records++
		}
	}
	want := j.day.early
	if late {
		want = j.day.whole
	}
	for p := range want.pairs {
		v, ok := last[p]
		switch {
		case !ok:
			return t, fmt.Errorf("%v was lost; %d of %d findings have come", p, len(last), len(want.pairs))
		case late && !v.suspectWhole || !late && !v.suspectEarly:
			return t, fmt.Errorf("the last of %v is not what is known of it", p)
		}
	}
	var err error
	t.repeats, err = repeats(batches, steps)
	return t, err
}

// step is a part of a round: one process, or two at once.
type step struct{ processes, kills int }

// repeats counts what came again, and finds what must not have: only one batch
// may for each kill. Where one process alone was killed, it is its last.
func repeats(batches []batch, steps map[int]step) (int, error) {
	lastOf := map[int]int{}
	for i, b := range batches {
		lastOf[b.step] = i
	}
	again, excuses := 0, map[int]int{} // by step
	later := map[string]bool{}
	for i, b := range slices.Backward(batches) {
		n, of := 0, steps[b.step]
		for _, r := range b.records {
			if later[r.revision] {
				n++
			}
			later[r.revision] = true
		}
		again += n
		if n > 0 {
			excuses[b.step]++
		}
		if excuses[b.step] > of.kills || n > 0 && of.processes == 1 && lastOf[b.step] != i {
			return again, fmt.Errorf("%d records of batch %d of %d came again; it was sent in step %d of %+v, where it was not under way at a kill",
				n, i+1, len(batches), b.step, of)
		}
	}
	return again, nil
}

// file checks a file of findings: it is one of the answers as a whole, and the
// present one if the run that wrote it came to its end.
func (j *judge) file(data []byte, late, ended bool) error {
	v, ok := j.files[string(data)]
	if !ok {
		var err error
		if v, err = j.lines(string(data)); err != nil {
			return fmt.Errorf("the file of findings: %w", err)
		}
		j.files[string(data)] = v
	}
	if ended && (late && !v.whole || !late && !v.early) {
		return fmt.Errorf("the file of findings is not what a run that has ended leaves: %+v", v)
	}
	return nil
}

func (j *judge) lines(text string) (verdict, error) {
	seen := map[pair]bool{}
	all := verdict{early: true, whole: true}
	for line := range strings.Lines(text) {
		var r row
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			return all, fmt.Errorf("a line that was cut or mixed: %q: %w", line, err)
		}
		if !strings.HasSuffix(line, "\n") {
			return all, fmt.Errorf("a line that was cut: %q", line)
		}
		if seen[r.pair()] {
			return all, fmt.Errorf("%v is there twice", r.pair())
		}
		v, err := j.compare(r)
		if err != nil {
			return all, fmt.Errorf("%v: %w", r.pair(), err)
		}
		seen[r.pair()] = true
		all.early, all.whole = all.early && v.early, all.whole && v.whole
	}
	all.early = all.early && len(seen) == len(j.day.early.pairs)
	all.whole = all.whole && len(seen) == len(j.day.whole.pairs)
	if !all.early && !all.whole {
		return all, fmt.Errorf("%d findings, which are never all", len(seen))
	}
	return all, nil
}
