package masquerade

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sparkless/masquerade/lookalike"
	"sparkless/masquerade/windows"
)

// oddity is a way in which a Windows program ran that is not Windows'.
type oddity struct {
	weight string // skeleton, folder, common-folder or parent
	value  string // the path of the file or of the parent
	count  int64
}

// oddities finds the odd folders and parents of a Windows name, the most frequent
// first.
func (l *lineup) oddities(name string) []oddity {
	var found []oddity
	l.day.each(name, func(e *entry) {
		for _, o := range l.odd(name, view{*e, l.day}) {
			same := func(x oddity) bool { return x.weight == o.weight && x.value == o.value }
			if at := slices.IndexFunc(found, same); at >= 0 {
				found[at].count += o.count
			} else {
				found = append(found, o)
			}
		}
	})
	slices.SortFunc(found, func(a, b oddity) int {
		return cmp.Or(cmp.Compare(a.weight, b.weight), cmp.Compare(b.count, a.count), strings.Compare(a.value, b.value))
	})
	return found
}

// odd finds those in what is known of one origin. Origins keep apart the folders
// of Windows from others, so that the few odd paths are not pushed out of a sample
// by many usual ones.
func (l *lineup) odd(name string, v view) (found []oddity) {
	for _, p := range v.shown(paths) {
		if base := baseName(p.Value); lookalike.Explain(base, name) != nil {
			found = append(found, oddity{"skeleton", p.Value, p.Count})
		}
		switch l.facts.Folder(name, windows.Normalise(p.Value)) {
		case windows.Wrong:
			found = append(found, oddity{"folder", p.Value, p.Count})
		case windows.Shared:
			found = append(found, oddity{"common-folder", p.Value, p.Count})
		}
	}
	for _, p := range v.shown(parents) {
		if l.facts.OddParent(name, p.Value) {
			found = append(found, oddity{"parent", p.Value, p.Count})
		}
	}
	return found
}

// oddEvents are the events of the origins that hold an oddity.
func (l *lineup) oddEvents(name string) view {
	return l.day.view(name, l.isOdd(name))
}

func (l *lineup) isOdd(name string) func(*entry) bool {
	return func(e *entry) bool { return len(l.odd(name, view{*e, l.day})) > 0 }
}

// saySpelling says how a name is written that is a Windows program's in lower case
// alone: the Kelvin sign is no k.
func (l *lineup) saySpelling(s *suspect, odd []oddity) string {
	return fmt.Sprintf("looks like %s in %s: %s", s.name, placesOf(odd), lookalike.Describe(lookalike.Explain(baseName(odd[0].value), s.name)))
}

// sayFolder says where a Windows program ran and should not.
func (l *lineup) sayFolder(s *suspect, odd []oddity) string {
	name, _ := l.facts.Name(s.name)
	return fmt.Sprintf("%s ran %s%s from %s; it belongs in %s", s.name, l.atLeast(s.name, paths), plural(total(odd), "time"), placesOf(odd), name.Where())
}

// sayParent says what started a core process and should not.
func (l *lineup) sayParent(s *suspect, odd []oddity) string {
	usual, _ := l.facts.Parents(s.name)
	return fmt.Sprintf("%s was started %s%s by %s; only %s starts it", s.name, l.atLeast(s.name, parents), plural(total(odd), "time"), placesOf(odd), either(usual))
}

// atLeast qualifies a number where a sample may lack some of the odd values.
func (l *lineup) atLeast(name string, kind int) string {
	words := ""
	l.day.each(name, func(e *entry) {
		if v := (view{*e, l.day}); !v.whole(kind) && len(l.odd(name, v)) > 0 {
			words = "at least "
		}
	})
	return words
}

func total(odd []oddity) (n int64) {
	for _, o := range odd {
		n += o.count
	}
	return n
}

// placesOf lists the values of oddities, of many the first two.
func placesOf(odd []oddity) string {
	var texts []string
	for _, o := range odd[:min(len(odd), 2)] {
		texts = append(texts, o.value)
	}
	if more := len(odd) - 2; more > 0 {
		return fmt.Sprintf("%s and %s", strings.Join(texts, ", "), plural(int64(more), "other"))
	}
	return strings.Join(texts, " and ")
}

// either joins names with commas and an or.
func either(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}
