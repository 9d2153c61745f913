package masquerade

import (
	"fmt"
	"slices"
	"strings"

	"sparkless/masquerade/lookalike"
	"sparkless/masquerade/windows"
)

// Point is a piece of evidence or a modifier: what it adds to a finding's score,
// and why, in words.
type Point struct {
	Name   string `json:"name"` // of the weight
	Points int    `json:"points"`
	Reason string `json:"reason"`
}

// The techniques of MITRE ATT&CK that are told apart.
const (
	techniqueDirection = "T1036.002" // Right-to-Left Override
	techniqueRename    = "T1036.003" // Rename Legitimate Utilities
	techniqueMatch     = "T1036.005" // Match Legitimate Resource Name or Location
	techniqueExtension = "T1036.007" // Double File Extension
	techniqueFileType  = "T1036.008" // Masquerade File Type
)

// clue is a Point with what follows from it.
type clue struct {
	Point
	witness   int // likeness, shape, folder or parent: clues of one are counted once
	technique string
}

const (
	ofLooks = iota
	ofShape
	ofFolder
	ofParent
	witnesses
)

// with adds a clue, unless its weight is 0: so a kind of evidence is switched off.
func (l *lineup) with(clues []clue, weight string, witness int, technique, reason string) []clue {
	if l.weights[weight] == 0 {
		return clues
	}
	return append(clues, clue{Point{weight, l.weights[weight], reason}, witness, technique})
}

// likenessClues are what a likeness speaks for.
func (l *lineup) likenessClues(s *suspect, like *likeness) (found []clue) {
	add := func(weight, technique, format string, args ...any) {
		found = l.with(found, weight, ofLooks, technique, fmt.Sprintf(format, args...))
	}
	t := like.to.name
	if like.skeleton {
		add("skeleton", techniqueMatch, "%s", l.sayLooks(s, t))
	}
	if like.near {
		weight := "edits"
		if like.distance > 1 {
			weight = "more-edits"
		}
		add(weight, techniqueMatch, "%s", sayEdits(lookalike.Class(s.name, t), t))
	}
	built := techniqueMatch
	if like.to.known && like.to.facts.Kind == windows.Utility {
		built = techniqueRename // most likely a copy of the tool
	}
	switch {
	case like.ending != "" && strings.HasPrefix(s.name, t+"."):
		add("extension", techniqueExtension, "the name of %s with %s", t, like.ending)
	case like.ending != "":
		add("extension", built, "the name of %s with %s", t, like.ending)
	}
	if like.added != "" {
		add("addition", built, "%s", like.added)
	}
	if like.notebook {
		add("notebook", techniqueMatch, "similarity %.3f to %s, above %v; %s is frequent (percent rank %.3f) and %s rare (%.3f)",
			like.score, t, l.params.Similarity, t, like.to.percent, s.name, s.percent)
	}
	return found
}

// sayLooks says by what a name looks like the target. It may be the target that is
// in disguise, and seen more often for all that.
func (l *lineup) sayLooks(s *suspect, target string) string {
	for _, name := range []string{l.written(s), s.name} {
		if found := lookalike.Explain(name, target); found != nil {
			return fmt.Sprintf("looks like %s: %s", target, lookalike.Describe(found))
		}
	}
	if found := lookalike.Explain(target, s.name); found != nil {
		return fmt.Sprintf("looks like %s, which has %s", target, lookalike.Describe(found))
	}
	return "looks like " + target
}

// sayEdits is such as "one transposition from svchost.exe (hc for ch)".
func sayEdits(e lookalike.Edit, target string) string {
	what, told, _ := strings.Cut(e.String(), ": ")
	if op := e.Op(); op != lookalike.Several {
		what, told = "one "+string(op), e.String()
		if inside, ok := strings.CutPrefix(told, what+" ("); ok {
			told = strings.TrimSuffix(inside, ")")
		}
	}
	if told == "" {
		return what + " from " + target
	}
	return fmt.Sprintf("%s from %s (%s)", what, target, told)
}

// written returns a name as it was written, if that is known, for what the lower
// case does not show.
func (l *lineup) written(s *suspect) string {
	for _, p := range l.day.view(s.name, nil).shown(paths) {
		if base := baseName(p.Value); lower(base) == s.name {
			return base
		}
	}
	return s.name
}

// shapeClues are what a name's shape speaks for.
func (l *lineup) shapeClues(s *suspect) (found []clue) {
	for _, shape := range s.shapes {
		weight, technique := "trailing", techniqueMatch
		switch shape.Kind {
		case lookalike.Bidi:
			weight, technique = "direction", techniqueDirection
		case lookalike.DoubleExtension, lookalike.SpaceRun:
			weight, technique = "double-extension", techniqueExtension
		case lookalike.WrongExtension:
			weight, technique = "file-type", techniqueFileType
		case lookalike.Hidden, lookalike.MixedScripts:
			weight = "odd-characters"
		}
		if shape.Strength == lookalike.Weak {
			weight = "weak-shape"
		}
		found = l.with(found, weight, ofShape, technique, shape.Sentence)
	}
	return found
}

// oddClues are what the folders and parents of a Windows name speak for.
func (l *lineup) oddClues(s *suspect) (found []clue) {
	for _, weight := range []string{"skeleton", "folder", "common-folder", "parent"} {
		odd := slices.Clone(s.odd)
		odd = slices.DeleteFunc(odd, func(o oddity) bool { return o.weight != weight })
		switch {
		case len(odd) == 0:
		case weight == "skeleton":
			found = l.with(found, weight, ofLooks, techniqueMatch, l.saySpelling(s, odd))
		case weight == "parent":
			found = l.with(found, weight, ofParent, techniqueMatch, l.sayParent(s, odd))
		default:
			found = l.with(found, weight, ofFolder, techniqueMatch, l.sayFolder(s, odd))
		}
	}
	return found
}
