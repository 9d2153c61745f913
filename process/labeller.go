package process

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sparkless/publish/anomaly"
)

// labeller says which executions labels are of, and which labels are of none.
type labeller struct {
	rules []labelRule
	scope string
	least float64 // score of a finding
	// What of each rule was there: a program that it names, an execution that it covers.
	named, met []bool

	program *program
	near    []int // rules that name the program
}

func newLabeller(l Labels, scope string, least float64) *labeller {
	return &labeller{rules: l.rules, scope: scope, least: least, named: make([]bool, len(l.rules)), met: make([]bool, len(l.rules))}
}

// of returns the label of a group, if it has one. It is fastest for the groups of one
// program after the other.
func (l *labeller) of(one *judged) (malicious, has bool) {
	if one.program != l.program {
		l.turn(one.program)
	}
	line := one.group.sample.command
	lines := [...]string{strings.ToLower(line), strings.ToLower(shown(line))} // as it is, and as a finding has it
	for _, i := range l.near {
		if has && l.met[i] || !l.covers(&l.rules[i], one, lines[:]) {
			continue
		}
		l.met[i] = true
		if !has {
			malicious, has = l.rules[i].malicious, true
		}
	}
	return malicious, has
}

// covers reports whether a rule that names the program is of a group of it.
func (l *labeller) covers(r *labelRule, one *judged, lines []string) bool {
	if r.command == "" {
		return r.id == "" || one.score >= l.least
	}
	return slices.ContainsFunc(lines, func(line string) bool { return like(r.command, line) }) || r.looksLike(one)
}

// turn looks up which rules name a program.
func (l *labeller) turn(p *program) {
	l.program, l.near = p, l.near[:0]
	id, name := anomaly.ID(Name, l.scope, p.path), nameOf(p.path)
	for i := range l.rules {
		r := &l.rules[i]
		if (r.id == "" || r.id == id) && (r.program == "" || like(r.program, p.path) || like(r.program, name)) {
			l.near, l.named[i] = append(l.near, i), true
		}
	}
}

// looksLike reports whether the whole command line of a rule has the features of a group
// of the program. Of such executions one is kept, which may be another: for the models
// they are the same.
func (r *labelRule) looksLike(one *judged) bool {
	of := ofLine
	if !shells[nameOf(one.program.path)] {
		of &^= bit(fieldTemporary, true)
	}
	for _, v := range r.looks {
		if (v^one.key.vector)&of == 0 {
			return true
		}
	}
	return false
}

// ofLine are the bits of a vector that a command line decides.
var ofLine = vector(1<<vectorBits-1) &^ (fieldSystem.of(1) | fieldPlace.of(1<<fieldPlace.width-1) | fieldOwn.of(1<<fieldOwn.width-1) | fieldWeekend.of(1))

// Unmatched is a label that is of no execution.
type Unmatched struct {
	Line int    // of the file
	Text string // the label
	Why  string // and what can be done
}

// unmatched lists the labels that were of none, in the order of their file.
func (l *labeller) unmatched() (all []Unmatched) {
	for i := range l.rules {
		if r := &l.rules[i]; !l.met[i] {
			all = append(all, Unmatched{r.line, r.text(), l.why(r, l.named[i])})
		}
	}
	return all
}

// why says why a label is of no execution.
func (l *labeller) why(r *labelRule, named bool) string {
	switch {
	case !named && r.id != "":
		return "the days have no execution of the finding's program: train on the finding's day, for the same workspace"
	case !named:
		return "the days have no program of that path or name"
	case r.command == "":
		return fmt.Sprintf("over these days no execution of the finding's program has a score of %v: give the CommandLine as well", l.least)
	case r.looks != nil:
		return "the days have no execution of the program with the features of that command line"
	case strings.ContainsAny(r.command, wildcards):
		return "no command line that is kept is like that, and of executions with the same features one is kept: give a whole command line and its Program, which stand for all with its features"
	}
	return "no command line that is kept is that, and of executions with the same features one is kept: give its Program as well, and it stands for all with its features"
}

// text is a label as it is told.
func (r *labelRule) text() string {
	const most = 200
	var parts []string
	for _, part := range [...]struct{ name, value string }{{"FindingId", r.id}, {"Program", r.program}, {"CommandLine", r.command}} {
		if part.value != "" {
			parts = append(parts, part.name+" "+part.value)
		}
	}
	return cmp.Or(shown(cutText(strings.Join(parts, ", "), most)), "-")
}
