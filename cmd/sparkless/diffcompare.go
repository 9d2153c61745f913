package main

import (
	"fmt"
	"slices"
	"strings"

	"sparkless/masquerade"
)

// The kinds of change.
const (
	isNew     = "new"
	isChanged = "changed"
	isGone    = "gone"
)

// change is a finding that two days do not have alike.
type change struct {
	Change        string
	fromDay, day  string
	before, after *masquerade.Finding // nil if the day does not have it
	what          []string            // in words
}

// finding is the newest that there is.
func (c change) finding() masquerade.Finding {
	if c.after != nil {
		return *c.after
	}
	return *c.before
}

func (c change) words() string { return strings.Join(c.what, "; ") }

// publishedChange is a change for programs. What a day does not have is null.
type publishedChange struct {
	Change                      string // new, changed or gone
	FromDay, ToDay              string
	FindingId                   string
	PotentiallyMaliciousProcess string
	NormalProcess               string
	SeverityBefore              *string
	SeverityAfter               *string
	ScoreBefore, ScoreAfter     *int
	CountBefore, CountAfter     *int64 // MaliciousCount
	What                        []string
}

func (c change) published() publishedChange {
	f := c.finding()
	p := publishedChange{Change: c.Change, FromDay: c.fromDay, ToDay: c.day, FindingId: f.FindingId, PotentiallyMaliciousProcess: f.PotentiallyMaliciousProcess, NormalProcess: f.NormalProcess, What: c.what}
	if c.before != nil {
		p.SeverityBefore, p.ScoreBefore, p.CountBefore = &c.before.Severity, &c.before.Score, &c.before.MaliciousCount
	}
	if c.after != nil {
		p.SeverityAfter, p.ScoreAfter, p.CountAfter = &c.after.Severity, &c.after.Score, &c.after.MaliciousCount
	}
	return p
}

// compare returns how the findings of one day differ from those of another: the new
// ones, the changed ones, and those that are gone, each in the order of its day.
func compare(from, to side) []change {
	before, after := byID(from.findings), byID(to.findings)
	var fresh, changed, gone []change
	for i := range to.findings {
		f := &to.findings[i]
		c := change{Change: isNew, fromDay: from.day, day: to.day, before: before[f.FindingId], after: f}
		if c.before == nil {
			c.what = whyNew(*f, from)
			fresh = append(fresh, c)
			continue
		}
		c.Change, c.what = isChanged, differences(*c.before, *f)
		if len(c.what) > 0 {
			changed = append(changed, c)
		}
	}
	for i := range from.findings {
		f := &from.findings[i]
		if after[f.FindingId] == nil {
			gone = append(gone, change{Change: isGone, fromDay: from.day, day: to.day, before: f, what: whyGone(*f, to)})
		}
	}
	return slices.Concat(fresh, changed, gone)
}

func byID(findings []masquerade.Finding) map[string]*masquerade.Finding {
	all := map[string]*masquerade.Finding{}
	for i := range findings {
		all[findings[i].FindingId] = &findings[i]
	}
	return all
}

// whyNew says what a new finding is, and what there was of it before.
func whyNew(f masquerade.Finding, from side) []string {
	var what []string
	if len(f.Reasons) > 0 {
		what = append(what, f.Reasons[0])
	}
	return append(what, otherwise(f, from))
}

// whyGone says what there is of a finding that is gone.
func whyGone(f masquerade.Finding, to side) []string { return []string{otherwise(f, to)} }

// otherwise says what a day has of a suspect that is no such finding there.
func otherwise(f masquerade.Finding, s side) string {
	seen := s.seen(f.PotentiallyMaliciousProcess)
	at := slices.IndexFunc(s.findings, func(o masquerade.Finding) bool {
		return o.PotentiallyMaliciousProcess == f.PotentiallyMaliciousProcess
	})
	switch {
	case s.suppressed[f.FindingId]:
		return "suppressed on " + s.day
	case at >= 0 && s.findings[at].NormalProcess == "":
		return "on " + s.day + " found as odd in itself"
	case at >= 0:
		return "on " + s.day + " found as one that looks like " + s.findings[at].NormalProcess
	case seen == 0:
		return "not seen on " + s.day
	}
	return fmt.Sprintf("seen %s on %s, and no finding there", counted(seen, "time"), s.day)
}

// differences says in words what changed of a finding; nothing if only what moves
// every day did, such as ranks and the number of the imitated name's events.
func differences(before, after masquerade.Finding) []string {
	var what []string
	if before.Severity != after.Severity {
		what = append(what, fmt.Sprintf("severity %s, was %s", rated(after.Severity), rated(before.Severity)))
	}
	if before.Score != after.Score {
		text := fmt.Sprintf("score %d, was %d", after.Score, before.Score)
		if why := moved(kindsOf(before.Modifiers), kindsOf(after.Modifiers)); why != "" {
			text += " (" + why + ")"
		}
		what = append(what, text)
	}
	if text := moved(kindsOf(before.Evidence), kindsOf(after.Evidence)); text != "" {
		what = append(what, "evidence "+text)
	}
	if before.MaliciousCount != after.MaliciousCount {
		what = append(what, fmt.Sprintf("seen %s, was %d", counted(after.MaliciousCount, "time"), before.MaliciousCount))
	}
	return append(what, hostChanges(before, after)...)
}

func rated(severity string) string {
	if severity == "" {
		return "none"
	}
	return severity
}

// hostChanges names hosts that came or went, if both findings list all of theirs,
// and else says how many there are.
func hostChanges(before, after masquerade.Finding) []string {
	was, whole := hostsOf(before)
	is, all := hostsOf(after)
	if whole && all {
		if text := moved(was, is); text != "" {
			return []string{"hosts " + text}
		}
		return nil
	}
	if before.HostCount != after.HostCount {
		return []string{fmt.Sprintf("on %s, was %d", counted(int64(after.HostCount), "host"), before.HostCount)}
	}
	return nil
}

// listedHosts is how many hosts a finding lists at most.
const listedHosts = 8

// hostsOf are the hosts that a finding lists, and whether these are all. One of the
// notebook's does not know how many there are.
func hostsOf(f masquerade.Finding) (hosts []string, all bool) {
	for _, h := range f.Hosts {
		hosts = append(hosts, h.Value)
	}
	if f.HostCount == 0 {
		return hosts, len(hosts) < listedHosts
	}
	return hosts, f.HostCount <= len(hosts)
}

func kindsOf(points []masquerade.Point) []string {
	var kinds []string
	for _, p := range points {
		kinds = append(kinds, p.Name)
	}
	return kinds
}

// moved says what came and what went, such as "+folder -edits"; the names are in no
// order.
func moved(before, after []string) string {
	var text []string
	for _, name := range slices.Sorted(slices.Values(after)) {
		if !slices.Contains(before, name) {
			text = append(text, "+"+name)
		}
	}
	for _, name := range slices.Sorted(slices.Values(before)) {
		if !slices.Contains(after, name) {
			text = append(text, "-"+name)
		}
	}
	return strings.Join(text, " ")
}
