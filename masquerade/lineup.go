package masquerade

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"sparkless/masquerade/lookalike"
	"sparkless/masquerade/simjoin"
	"sparkless/masquerade/windows"
)

// target is a name that others may imitate.
type target struct {
	ranked                // of the day; its count is 0 if the day does not have it
	facts    windows.Name // of a Windows program
	known    bool         // it is one
	frequent bool
}

// likeness is how a suspect resembles a target.
type likeness struct {
	to       *target
	distance int     // edits
	score    float32 // the notebook's
	notebook bool    // the notebook would report the pair
	near     bool    // by few edits
	skeleton bool    // they look the same
	added    string  // what the suspect has added to the target's name, in words
	strength int     // points of what is strongest of that; see imitated
	ending   string  // what extension the target's name or stem has instead, in words
}

// suspect is a name that something speaks against.
type suspect struct {
	ranked
	likes  []likeness
	shapes []lookalike.Shape
	// Of a Windows name that ran in a way that Windows never does: what is odd.
	odd []oddity
}

// lineup holds all that the day's names are compared with.
type lineup struct {
	*estate
	facts   *windows.Facts
	weights Weights
	hosts   Number             // of the estate
	targets []target           // Windows' own, then others by count
	known   int                // of them are Windows' own
	stems   *lookalike.Stems   // of the Windows names
	byStem  map[string]int32   // targets
	byName  map[string]*target // of all targets, once they are asked for
}

// newLineup ranks the day's names and lists those that may be imitated: the
// frequent ones, and what Windows ships with, so that a small or quiet estate is
// covered too.
func newLineup(e *estate) *lineup {
	e.rank()
	l := &lineup{estate: e, facts: e.params.Facts, weights: e.params.Weights.all(), hosts: e.day.hosts.count(), byStem: map[string]int32{}}
	if l.facts == nil {
		l.facts = windows.Builtin()
	}
	for _, n := range l.facts.Names() {
		t := target{ranked: e.ranked(n.Name), facts: n, known: true}
		t.frequent = t.count > 0 && t.percent >= e.params.Frequent
		l.targets = append(l.targets, t)
	}
	l.known = len(l.targets)
	var windowsNames []string
	for i := range l.targets {
		name := l.targets[i].name
		windowsNames = append(windowsNames, name)
		l.byStem[stemOf(name)] = int32(i)
	}
	l.stems = lookalike.NewStems(windowsNames)
	for _, n := range l.memorable() {
		l.targets = append(l.targets, target{ranked: n, frequent: true})
	}
	return l
}

// memorable returns the frequent names that somebody may know, by count, then by
// name: none of Windows, which are known anyway, none with many digits, and none of
// a family.
func (l *lineup) memorable() []ranked {
	frequent, _ := split(l.names, l.params)
	frequent = slices.DeleteFunc(frequent, func(n ranked) bool {
		_, known := l.facts.Name(n.name)
		return known || numbered(n.name)
	})
	members := map[family]int{}
	for _, n := range frequent {
		members[familyOf(n.name)] = 0
	}
	for i := range l.names {
		f := familyOf(l.names[i].name)
		if n, asked := members[f]; asked {
			members[f] = n + 1
		}
	}
	frequent = slices.DeleteFunc(frequent, func(n ranked) bool { return members[familyOf(n.name)] > largestFamily })
	slices.SortFunc(frequent, func(a, b ranked) int {
		if a.count != b.count {
			return cmp.Compare(a.count, b.count)
		}
		return strings.Compare(a.name, b.name)
	})
	return frequent
}

// family is what names have in common that differ in random letters behind, such
// as setup_abefdc.exe: the first half of the stem, its length, and the extension.
// By the thousands such names are few edits from each other, each from many.
type family struct {
	start, extension string
	length           int
}

// largestFamily is how many names of a day may be of one family. Where there are
// more, nobody knows one of them by heart. The names of one maker's programs are a
// few hundred.
const largestFamily = 2000

func familyOf(name string) family {
	stem := stemOf(name)
	return family{stem[:len(stem)/2], name[len(stem):], len(stem)}
}

// stemOf cuts the extension off a name.
func stemOf(name string) string {
	if at := strings.LastIndexByte(name, '.'); at > 0 {
		return name[:at]
	}
	return name
}

// numbered reports whether a name has many digits, as those of installers with a
// version, a date or a random number in them do. Nobody knows such a name by
// heart, so nobody imitates it, and there are families of a hundred thousand.
func numbered(name string) bool {
	digits := 0
	for i := range len(name) {
		if '0' <= name[i] && name[i] <= '9' {
			digits++
		}
	}
	return digits > 3
}

// suspects returns those of the names that something speaks against, by name. The
// names are of the day and in its order; only the last may be one that was not seen.
func (l *lineup) suspects(ctx context.Context, names []*ranked) (map[string]*suspect, error) {
	found := map[string]*suspect{}
	of := func(n *ranked) *suspect {
		if found[n.name] == nil {
			found[n.name] = &suspect{ranked: *n}
		}
		return found[n.name]
	}
	others := make([]*ranked, 0, len(names)) // than Windows'
	for _, n := range names {
		_, own := l.facts.Name(n.name)
		switch {
		case n.absent || forgedName(n.name):
		case !own:
			others = append(others, n)
		default:
			if odd := l.oddities(n.name); len(odd) > 0 {
				of(n).odd = odd
			}
		}
	}
	if err := l.near(ctx, others, of); err != nil {
		return nil, err
	}
	known := len(found) // for which there was room
	for _, n := range others {
		if shapes := lookalike.Shapes(n.name); len(shapes) > 0 {
			of(n).shapes = shapes
		}
		l.addition(n, of)
		l.ending(n, of)
		if err := l.room.take((len(found)-known)*perLikeness, keepingSuspects); err != nil {
			return nil, err
		}
		known = len(found)
	}
	l.sameLooks(others, of)
	return found, l.room.take((len(found)-known)*perLikeness, keepingSuspects)
}

const keepingSuspects = "keeping the names that something speaks against"

// addition finds the Windows name that a name holds.
func (l *lineup) addition(n *ranked, of func(*ranked) *suspect) {
	a, ok := l.stems.Addition(n.name)
	if !ok {
		return
	}
	if t := &l.targets[l.byStem[a.Target]]; telling(a, t.facts.Kind) {
		of(n).to(t).added = a.String()
	}
}

// ending finds a name with another extension that is executed just as well, such as
// wininit.pif or csrss.exe.com; and a core process' name with any other extension or
// none, which is executed where a program is told to.
func (l *lineup) ending(n *ranked, of func(*ranked) *suspect) {
	at := strings.LastIndexByte(n.name, '.')
	if at < 0 {
		at = len(n.name)
	}
	stem, ext := n.name[:at], n.name[at:]
	if stem == "" {
		return
	}
	t := l.targetNamed(stem)
	if ext == "" || t == nil && ext != ".exe" {
		t = l.targetNamed(stem + ".exe")
	}
	executed := slices.Contains([]string{".exe", ".com", ".scr", ".pif", ".bat", ".cmd"}, ext)
	if t == nil || !l.imitable(t, n) || !executed && (!t.known || t.facts.Kind != windows.Core) {
		return
	}
	like := of(n).to(t)
	like.ending = "the extension " + ext
	if ext == "" {
		like.ending = "no extension"
	}
}

// telling reports whether an addition to the name of a Windows program of that
// kind is worth a word. A few digits are added to any; but query, audit and setup
// are words of which others make names, and versions have many digits. Only a core
// process is known well enough to be played upon by a whole word or by letters in
// front.
func telling(a lookalike.Added, kind windows.Kind) bool {
	switch {
	case kind == windows.Core:
		return true
	case a.Kind == lookalike.AddedDigits:
		return !numbered(a.Before + a.After)
	case a.Kind == lookalike.AddedLetters:
		return kind == windows.Utility && a.Before == ""
	}
	return false
}

// to returns the suspect's likeness to a target, measured.
func (s *suspect) to(t *target) *likeness {
	like := s.like(t)
	if like.distance == 0 {
		like.distance, like.score = simjoin.Distance(t.name, s.name), simjoin.Similarity(t.name, s.name)
	}
	return like
}

// like returns the suspect's likeness to a target.
func (s *suspect) like(t *target) *likeness {
	at := slices.IndexFunc(s.likes, func(like likeness) bool { return like.to.name == t.name })
	if at < 0 {
		at = len(s.likes)
		s.likes = append(s.likes, likeness{to: t})
	}
	return &s.likes[at]
}
