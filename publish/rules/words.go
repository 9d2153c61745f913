package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sparkless/storage/printable"
)

// Levels are the severities of findings, the most severe first.
func Levels() []string { return []string{"High", "Medium", "Low", "Informational"} }

// level is the place in Levels of the rule's severity. Findings of the notebook's
// profile have none; somebody is to look at them as at medium ones.
func (r *Rule) level() int {
	if at := slices.Index(Levels(), r.best.Severity); at >= 0 {
		return at
	}
	return 1
}

func (r *Rule) severity() string { return Levels()[r.level()] }

// Signs are what the rule goes by: name, spelling, folder, parent, file.
func (r *Rule) Signs() (signs []string) {
	for _, one := range []struct {
		is   bool
		sign string
	}{{r.byName, "name"}, {len(r.spelled) > 0, "spelling"}, {r.folder != nil, "folder"}, {r.fixed, "parent"}, {len(r.places) > 0, "file"}} {
		if one.is {
			signs = append(signs, one.sign)
		}
	}
	return signs
}

// title is one line.
func (r *Rule) title() string {
	name := printable.Whole(r.Name)
	switch {
	case r.best.Imitates == "":
		return "Deceptive Process Name " + name
	case r.best.Imitates != r.Name:
		return name + " Looks Like " + printable.Whole(r.best.Imitates)
	case r.folder != nil && r.fixed:
		return name + " in a Wrong Folder or Under a Wrong Parent"
	case r.fixed:
		return name + " Under a Wrong Parent"
	case r.folder != nil || len(r.places) > 0:
		return name + " in a Wrong Folder"
	}
	return name + " in Deceptive Letters"
}

// why is the reasons of the strongest finding in one line.
func (r *Rule) why() string {
	var words []string
	for _, reason := range r.best.Reasons {
		words = append(words, printable.Whole(reason))
	}
	return strings.Join(words, "; ")
}

// imitates is the name that it looks like; "" if that is its own or there is none.
func (r *Rule) imitates() string {
	if r.best.Imitates == r.Name {
		return ""
	}
	return r.best.Imitates
}

// days says when it was found.
func (r *Rule) days() string {
	if r.first.Equal(r.last) {
		return r.first.Format(time.DateOnly)
	}
	return r.first.Format(time.DateOnly) + " to " + r.last.Format(time.DateOnly)
}

// origin says which findings it comes from.
func (r *Rule) origin() string {
	word := "Finding"
	if len(r.IDs) > 1 {
		word = "Findings"
	}
	return fmt.Sprintf("%s %s of %s.", word, strings.Join(r.IDs, ", "), r.days())
}

// innocent says what else the rule may find.
func (r *Rule) innocent() (texts []string) {
	name := printable.Whole(r.Name)
	switch {
	case (r.byName || len(r.spelled) > 0) && r.programs && r.best.Imitates != r.Name:
		texts = append(texts, name+" is the name of a Windows program as well")
	case r.byName, len(r.spelled) > 0:
		texts = append(texts, "An honest program that is called "+name)
	}
	if r.folder != nil || len(r.places) > 0 {
		texts = append(texts, "Software that brings "+name+" along in a folder of its own")
	}
	if r.fixed {
		texts = append(texts, "Security or debugging software that starts "+name+" itself")
	}
	return texts
}

// techniques are those of all its findings, in order.
func (r *Rule) techniques() []string {
	var all []string
	for _, f := range r.Days {
		all = append(all, f.Techniques...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// atMost cuts a text that was made printable to so many characters.
func atMost(text string, n int) string {
	if runes := []rune(text); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return text
}
