package masquerade

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"sparkless/masquerade/windows"
)

// assessment is what all that is known of a suspect comes to.
type assessment struct {
	*suspect
	like      *likeness // of the name it imitates; nil if there is none
	view      view      // of the events it is about
	paths     []Tally   // of these
	allPaths  bool      // there were no others
	evidence  []clue    // the strongest first
	modifiers []Point
	score     int // 0 to 100
}

// assess weighs the evidence against a suspect. Of several names that it may
// imitate it takes the one that speaks loudest.
func (l *lineup) assess(s *suspect) assessment {
	a := assessment{suspect: s}
	if len(s.odd) > 0 {
		a.view = l.oddEvents(s.name)
		a.paths, a.allPaths = l.day.places(s.name, l.isOdd(s.name))
		a.evidence = l.oddClues(s)
	} else {
		a.view = l.day.view(s.name, nil)
		a.paths, a.allPaths = l.day.places(s.name, nil)
		a.evidence = l.shapeClues(s)
	}
	if like := l.imitated(&a); like != nil {
		if clues := l.likenessClues(s, like); len(clues) > 0 {
			a.like, a.modifiers = like, l.targetModifiers(&a, like)
			a.evidence = append(a.evidence, clues...)
		}
	}
	if len(a.evidence) == 0 {
		return assessment{suspect: s, view: a.view, paths: a.paths, allPaths: a.allPaths}
	}
	slices.SortStableFunc(a.evidence, func(x, y clue) int { return cmp.Compare(y.Points, x.Points) })
	a.modifiers = slices.Concat(l.corroboration(a.evidence), a.modifiers, l.suspectModifiers(&a))
	a.score = min(max(a.evidence[0].Points+sum(a.modifiers), 0), 100)
	return a
}

// contenders is how many of the names that a suspect resembles are looked at
// closely.
const contenders = 4

// imitated picks the name that a suspect most likely imitates, nil if there is
// none. It asks for nothing that moves with the day's counts: events that arrive
// late are not to make another finding of the same suspect.
func (l *lineup) imitated(a *assessment) *likeness {
	for i := range a.likes {
		a.likes[i].strength = l.strength(&a.likes[i])
	}
	slices.SortFunc(a.likes, func(x, y likeness) int {
		switch {
		case x.strength != y.strength:
			return y.strength - x.strength
		case x.distance != y.distance:
			return x.distance - y.distance
		case x.score != y.score:
			return cmp.Compare(y.score, x.score)
		case x.to.standing() != y.to.standing():
			return y.to.standing() - x.to.standing()
		}
		return strings.Compare(x.to.name, y.to.name)
	})
	var best *likeness
	loudest := 0
	for i := range a.likes[:min(len(a.likes), contenders)] {
		like := &a.likes[i]
		points := like.strength
		for _, m := range l.steadyModifiers(a, like.to) {
			points += m.Points
		}
		if best == nil || points > loudest {
			best, loudest = like, points
		}
	}
	return best
}

// strength is what the strongest evidence of a likeness is worth. The notebook's
// depends on ranks, and counts only where there is no other.
func (l *lineup) strength(like *likeness) int {
	points := 0
	count := func(is bool, weight string) {
		if is {
			points = max(points, l.weights[weight])
		}
	}
	count(like.skeleton, "skeleton")
	count(like.near && like.distance < 2, "edits")
	count(like.near && like.distance >= 2, "more-edits")
	count(like.ending != "", "extension")
	count(like.added != "", "addition")
	return points
}

// standing orders targets by how likely they are to be imitated.
func (t *target) standing() int {
	switch {
	case t.known && t.facts.Kind == windows.Core:
		return 3
	case !t.known:
		return 2
	case t.facts.Kind == windows.Utility:
		return 1
	}
	return 0
}

func sum(points []Point) (n int) {
	for _, p := range points {
		n += p.Points
	}
	return n
}

// impostors emits a finding for each suspect whose score is enough, the highest
// first.
func (e *estate) impostors(ctx context.Context, emit func(Finding) error) error {
	l := newLineup(e)
	suspects, err := l.suspects(ctx, l.pick(func(*ranked) bool { return true }))
	if err != nil {
		return err
	}
	var reported []assessment
	for _, s := range suspects {
		if err := ctx.Err(); err != nil {
			return err
		}
		a := l.assess(s)
		if len(a.evidence) == 0 {
			continue
		}
		e.outcome.note(a.score, e.params.MinScore)
		if a.score >= e.params.MinScore {
			reported = append(reported, a)
		}
		if err := e.room.findings(len(reported)); err != nil {
			return fmt.Errorf("%w (or raise masquerade.min-score)", err)
		}
	}
	slices.SortFunc(reported, func(a, b assessment) int {
		return cmp.Or(cmp.Compare(b.score, a.score), strings.Compare(a.name, b.name))
	})
	for _, a := range reported {
		if err := emit(l.report(a)); err != nil {
			return err
		}
	}
	return nil
}

// normal is the name that a suspect imitates, "" if there is none.
func (a *assessment) normal() string {
	switch {
	case len(a.odd) > 0:
		return a.name // a Windows program's name and not the program
	case a.like != nil:
		return a.like.to.name
	}
	return ""
}

// report makes a finding of an assessment.
func (l *lineup) report(a assessment) Finding {
	normal := a.normal()
	f := l.finding(a.name, normal, a.view)
	if len(a.odd) > 0 {
		f.AnomalyScore = 1 // the names are equal
	}
	if a.like != nil {
		f.AnomalyScore, f.Distance = a.like.score, a.like.distance
		f.NormalHostCount = l.hostsOf(l.day.view(normal, nil)).N
		for _, like := range a.likes {
			if like.to.name != normal && len(f.AlsoLike) < keep {
				f.AlsoLike = append(f.AlsoLike, like.to.name)
			}
		}
	}
	for _, c := range a.evidence {
		f.Evidence = append(f.Evidence, c.Point)
		f.Reasons = append(f.Reasons, c.Reason)
		if !slices.Contains(f.Techniques, c.technique) {
			f.Techniques = append(f.Techniques, c.technique)
		}
	}
	f.Reasons = append(f.Reasons, l.context(&a))
	f.Modifiers, f.Score, f.Severity = a.modifiers, a.score, severity(a.score)
	f.Technique = f.Techniques[0]
	f.Tactic, f.AttackTactic = "DefenseEvasion", "Stealth"
	f.HostCount, f.EstateHosts = l.hostsOf(a.view).N, l.hosts.N
	f.HoursSeen = a.view.hours.list()
	l.addHistory(&f, &a)
	return f
}
