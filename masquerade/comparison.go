package masquerade

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"sparkless/masquerade/lookalike"
	"sparkless/masquerade/windows"
	"sparkless/publish/anomaly"
	"sparkless/storage/printable"
)

// comparison puts what is usual beside what a finding says: the imitated name, where it
// runs, how widely and how often.
type comparison struct {
	Finding
	facts *windows.Facts
}

// reasons are the evidence, what else adds to the score, and how the suspect compares
// with the imitated name otherwise, which has no share in it; the weightiest first.
func (c *comparison) reasons() []anomaly.Reason {
	points := c.evidenceShares()
	var all []anomaly.Reason
	for _, e := range c.Evidence {
		all = append(all, c.reason(e.Name, e.Reason))
	}
	for _, m := range c.Modifiers {
		if m.Points > 0 && m.Name != moreWitnesses {
			all, points = append(all, c.reason(m.Name, m.Reason)), append(points, m.Points)
		}
	}
	if len(c.Evidence) == 0 { // the notebook's profile
		all, points = append(all, c.reason("notebook", strings.Join(c.Reasons, "; "))), append(points, 1)
	}
	total := 0
	for _, n := range points {
		total += n
	}
	for i, n := range points {
		if total > 0 {
			all[i].Weight = math.Round(10_000*float64(n)/float64(total)) / 10_000
		}
	}
	all = append(all, c.others(all)...)
	slices.SortStableFunc(all, func(a, b anomaly.Reason) int { return cmp.Compare(b.Weight, a.Weight) })
	return all
}

// moreWitnesses is the modifier of evidence of other kinds than the strongest.
const moreWitnesses = "corroborated"

// evidenceShares are the points that each piece of evidence adds to the score: the
// strongest its own, the next of another kind what corroboration is worth.
func (c *comparison) evidenceShares() []int {
	var extra []int
	for _, m := range c.Modifiers {
		if m.Name == moreWitnesses {
			extra = append(extra, max(m.Points, 0))
		}
	}
	points := make([]int, len(c.Evidence))
	seen := [witnesses]bool{}
	for i, e := range c.Evidence {
		w := witnessOf(e.Name)
		switch {
		case i == 0:
			points[i] = max(e.Points, 0)
		case !seen[w] && len(extra) > 0:
			points[i], extra = extra[0], extra[1:]
		}
		seen[w] = true
	}
	return points
}

// witnessOf is the witness of evidence of that name.
func witnessOf(name string) int {
	switch name {
	case "direction", "double-extension", "file-type", "odd-characters", "trailing", "weak-shape":
		return ofShape
	case "folder", "common-folder":
		return ofFolder
	case "parent":
		return ofParent
	}
	return ofLooks
}

// others compare the suspect with the imitated name where nothing has done so yet.
func (c *comparison) others(told []anomaly.Reason) (all []anomaly.Reason) {
	if c.NormalProcess == "" || c.NormalProcess == c.PotentiallyMaliciousProcess {
		return nil
	}
	for _, name := range []string{"runs-from", "hosts", "times"} {
		r := c.reason(name, "")
		again := func(t anomaly.Reason) bool { return t.Value == r.Value && t.Usual == r.Usual }
		if r.Value == "" || r.Usual == "" || slices.ContainsFunc(told, again) {
			continue
		}
		r.Why = r.Value + "; usual " + r.Usual
		all = append(all, r)
	}
	return all
}

// reason is what is said under a name, with what is usual beside it.
func (c *comparison) reason(name, why string) anomaly.Reason {
	value, usual := c.values(name)
	return anomaly.Reason{Name: name, Value: printable.Whole(value), Usual: printable.Whole(usual), Why: printable.Whole(why)}
}

// values are what is, and what is usual, of the kind that the name tells: of evidence, of
// a modifier, or of others.
func (c *comparison) values(name string) (value, usual string) {
	switch name {
	case "folder", "common-folder":
		return foldersOf(c.oddPaths()), c.home()
	case "parent":
		parents, _ := c.facts.Parents(c.PotentiallyMaliciousProcess)
		return c.oddParents(), either(parents)
	case "runs-from", "user-writable", "windows-folder", "elsewhere", "programs", "same-folder", "same-system-folder":
		return foldersOf(c.Paths), c.home()
	case "hosts", "few-hosts", "many-hosts":
		return c.spread()
	case "times", "lopsided", "even":
		return plural(c.MaliciousCount, "time"), c.often()
	case "first-seen":
		return "this day", fmt.Sprintf("on none of %s before", plural(int64(c.HistoryDays), "day"))
	case "long-known":
		return fmt.Sprintf("on %d of %s before", c.DaysSeen, plural(int64(c.HistoryDays), "day")), ""
	case "core-target":
		return c.NormalProcess, ""
	}
	if value = c.written(); value != c.NormalProcess {
		usual = c.NormalProcess
	}
	return value, usual
}

// home is where the imitated name ran, or, if that is not known or the suspect has the
// same name, where Windows has it. Where Windows never has it, it is an impostor itself.
func (c *comparison) home() string {
	if c.NormalProcess != c.PotentiallyMaliciousProcess {
		right := slices.DeleteFunc(slices.Clone(c.NormalPaths), func(p Tally) bool {
			return c.facts.Folder(c.NormalProcess, windows.Normalise(p.Value)) == windows.Wrong
		})
		if folders := foldersOf(right); folders != "" {
			return folders
		}
	}
	name, _ := c.facts.Name(c.NormalProcess)
	return name.Where()
}

// oddPaths are those in which the program does not belong; all, if none is known.
func (c *comparison) oddPaths() []Tally {
	odd := slices.DeleteFunc(slices.Clone(c.Paths), func(p Tally) bool {
		folder := c.facts.Folder(c.PotentiallyMaliciousProcess, windows.Normalise(p.Value))
		return folder != windows.Wrong && folder != windows.Shared
	})
	if len(odd) == 0 {
		return c.Paths
	}
	return odd
}

// oddParents are the parents that never start the program.
func (c *comparison) oddParents() string {
	var odd []oddity
	for _, p := range c.Parents {
		if c.facts.OddParent(c.PotentiallyMaliciousProcess, p.Value) {
			odd = append(odd, oddity{value: p.Value})
		}
	}
	return placesOf(odd)
}

// spread is on how many hosts the suspect was seen, and on how many the imitated name.
func (c *comparison) spread() (value, usual string) {
	if c.HostCount == 0 {
		return "", ""
	}
	value = fmt.Sprintf("%s of %s", hostNumber(c.HostCount), numberOfHosts(Number{c.EstateHosts, c.EstateHosts > mostHosts}))
	if c.NormalHostCount > 0 {
		usual = fmt.Sprintf("%s on %s", c.NormalProcess, numberOfHosts(hostNumber(c.NormalHostCount)))
	}
	return value, usual
}

// hostNumber is a number of hosts with a name, of which as many as are kept are counted.
func hostNumber(n int) Number { return Number{n, n > keep} }

// often is how often the imitated name was seen.
func (c *comparison) often() string {
	if c.NormalCount == 0 {
		return ""
	}
	return fmt.Sprintf("%s %s", c.NormalProcess, plural(c.NormalCount, "time"))
}

// written is the suspect's name as it was written, where that looks like the imitated
// one: the lower case may not show it.
func (c *comparison) written() string {
	for _, p := range c.Paths {
		base := baseName(p.Value)
		if lower(base) == c.PotentiallyMaliciousProcess && lookalike.Explain(base, c.NormalProcess) != nil {
			return base
		}
	}
	return cmp.Or(c.PotentiallyMaliciousProcess, "(no name)")
}
