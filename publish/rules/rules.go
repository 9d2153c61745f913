// Package rules makes rules for other programs of findings: Sigma rules, a query in
// KQL, a watchlist of Microsoft Sentinel, a bundle of STIX. They find from now on
// what a hunt has found on a day.
//
// What gives an impostor away differs, and so do the rules. A name that only looks
// like another is enough by itself. A Windows program's own name is not: there the
// rule asks for a folder or a parent that is none of the program's.
//
// Names are hostile. Each format is written by its own encoder, every character that
// cannot be seen by its code, and equal findings make equal bytes.
package rules

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Finding is what a rule is made of.
type Finding struct {
	ID         string    // the same on every day
	From, To   time.Time // what was analysed, UTC
	Name       string    // of the suspect, lower-cased
	Imitates   string    // lower-cased; Name itself if a Windows program's name ran in a wrong way, "" for no name
	Severity   string    // High, Medium, Low or Informational; "" where findings have none
	Score      int       // 0 to 100
	Evidence   []string  // kinds, such as edits or folder
	Reasons    []string  // in words, the strongest first
	Techniques []string  // of MITRE ATT&CK, such as T1036.005
	Count      int64     // events
	First      time.Time // of these events
	Last       time.Time
	Paths      []Path // of these events, as far as they are known
	// Program is what is known of the name as a Windows program's; nil if it is none.
	Program *Program
}

// Path is where the suspect ran.
type Path struct {
	Value string // as the event has it
	// Wrong and Shared say that the Windows program of this name never lies there, or
	// that it does not and others of the name do.
	Wrong, Shared bool
}

// Program is what is known of a Windows program.
type Program struct {
	Homes   Homes
	Fixed   bool     // Parents are all that start it
	Parents []Parent // nothing unless Fixed
}

// Homes are the folders of a program: patterns, lower-cased, from the root of the
// volume, or beginning with \\*\ on any host. A star stands for a part of one
// element, \** at the end for the folder before it and all below.
type Homes struct {
	Anywhere bool     // none is wrong; the others are empty then
	Folders  []string // of the program
	Stores   []string // that hold any program
	Copies   []string // that stand for \windows, with the same below it
}

// Parent is a program that may start another.
type Parent struct {
	Name string // lower-cased
	Homes
}

// Rule is what tells the process starts of one impostor from all others: any of its
// signs is enough. New makes it.
type Rule struct {
	Name     string
	IDs      []string  // of the findings, sorted
	Days     []Finding // that it is made of, in order of time
	best     Finding   // the strongest, of equals the latest
	first    time.Time // when the earliest day begins
	last     time.Time // when the latest begins
	end      time.Time // when that ends
	byName   bool      // whoever has the name is one
	spelled  []string  // names that have to be written exactly so
	folder   *Homes    // who has the name outside of these is one
	fixed    bool      // who has the name and none of these parents is one
	parents  []Parent
	places   []string // these very files are
	programs bool     // the name is a Windows program's
}

// Left is a finding that no rule can be made of, and why.
type Left struct {
	ID, Name, Why string
}

// New makes rules of findings: one for each name, however many findings and days it
// has. The strongest comes first, equals in the order of their names. The order of
// the findings does not matter.
func New(findings []Finding) (made []Rule, left []Left) {
	all := slices.Clone(findings)
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To), strings.Compare(a.ID, b.ID))
	})
	all = slices.CompactFunc(all, func(a, b Finding) bool { return a.ID == b.ID && a.From.Equal(b.From) && a.To.Equal(b.To) })
	at := map[string]*Rule{}
	var names []string
	for _, f := range all {
		r := at[f.Name]
		if r == nil {
			r = &Rule{Name: f.Name, best: f, first: f.From}
			at[f.Name] = r
			names = append(names, f.Name)
		}
		if !r.add(f) {
			left = append(left, Left{f.ID, f.Name, "nothing that is kept of it tells it from the program whose name it has"})
		}
	}
	for _, name := range names {
		if r := at[name]; len(r.Days) > 0 {
			r.settle()
			made = append(made, *r)
		}
	}
	slices.SortFunc(made, func(a, b Rule) int {
		return cmp.Or(cmp.Compare(b.best.Score, a.best.Score), cmp.Compare(a.level(), b.level()), strings.Compare(a.Name, b.Name))
	})
	return made, left
}

// add takes a finding's signs, and reports whether it has any.
func (r *Rule) add(f Finding) bool {
	if !r.addSigns(f) {
		return false
	}
	r.Days = append(r.Days, f)
	r.IDs = append(r.IDs, f.ID)
	if len(r.Days) == 1 {
		r.best, r.first = f, f.From
	}
	if f.Score >= r.best.Score {
		r.best = f
	}
	if r.last = f.From; f.To.After(r.end) {
		r.end = f.To
	}
	return true
}

// addSigns takes what gives the suspect away.
func (r *Rule) addSigns(f Finding) bool {
	r.programs = r.programs || f.Program != nil
	if f.Name != f.Imitates {
		r.byName = true
		r.spelled = append(r.spelled, otherSpellings(f)...)
		return true
	}
	found := false
	if f.has("folder") && f.Program != nil && !f.Program.Homes.Anywhere {
		r.folder, found = &f.Program.Homes, true
		for _, p := range f.Paths {
			if p.Wrong && f.Program.Homes.takeIn(f.Name, p.Value) {
				r.places = append(r.places, p.Value)
			}
		}
	}
	if f.has("parent") && f.Program != nil && f.Program.Fixed {
		r.fixed, r.parents, found = true, f.Program.Parents, true
	}
	odd := f.has("folder") || f.has("common-folder")
	for _, p := range f.Paths {
		// A path that ends so was cut when it was kept.
		if odd && !strings.HasSuffix(p.Value, "…") && (p.Shared || p.Wrong && r.folder == nil) {
			r.places, found = append(r.places, p.Value), true
		}
	}
	if f.has("skeleton") {
		if spelled := otherSpellings(f); len(spelled) > 0 {
			r.spelled, found = append(r.spelled, spelled...), true
		}
	}
	return found
}

func (f *Finding) has(evidence string) bool { return slices.Contains(f.Evidence, evidence) }

// settle brings what findings gave into one order. A name that is enough by itself
// leaves nothing to ask. One whose letters another case makes plain ones must not be
// compared without regard to case: it would be the name that it imitates.
func (r *Rule) settle() {
	if r.byName && unsafeCase(r.Name) {
		r.byName, r.spelled = false, append(r.spelled, r.Name)
	}
	if r.byName {
		r.folder, r.fixed, r.parents, r.places = nil, false, nil, nil
	}
	for _, list := range []*[]string{&r.IDs, &r.spelled, &r.places} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
}

// otherSpellings are the suspect's names as paths have them that do not equal Name
// when only the case of letters is left out of account, or do so too easily.
func otherSpellings(f Finding) (names []string) {
	for _, p := range f.Paths {
		base := baseName(p.Value)
		if lower(base) == f.Name && (unsafeCase(base) || !strings.EqualFold(base, f.Name)) {
			names = append(names, base)
		}
	}
	return names
}

// unsafeCase reports whether a name has a letter that is no ASCII letter and becomes
// one in another case, as the Kelvin sign and the long s do.
func unsafeCase(name string) bool {
	for _, c := range name {
		if c <= unicode.MaxASCII {
			continue
		}
		for other := unicode.SimpleFold(c); other != c; other = unicode.SimpleFold(other) {
			if other <= unicode.MaxASCII {
				return true
			}
		}
		if unicode.ToLower(c) <= unicode.MaxASCII || unicode.ToUpper(c) <= unicode.MaxASCII {
			return true
		}
	}
	return false
}

// lower is how Name was made of what an event has: as Java does it, which takes the
// capital dotted I apart.
func lower(s string) string { return strings.ToLower(strings.ReplaceAll(s, "\u0130", "i\u0307")) }

func baseName(path string) string { return path[strings.LastIndexAny(path, `\/`)+1:] }

// folderName is a path without its last element.
func folderName(path string) string { return path[:max(strings.LastIndexAny(path, `\/`), 0)] }
