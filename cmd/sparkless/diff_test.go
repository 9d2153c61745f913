package main

import (
	"fmt"
	"strings"
	"testing"

	"sparkless/masquerade"
)

func hostsNamed(names ...string) (hosts []masquerade.Tally) {
	for _, name := range names {
		hosts = append(hosts, masquerade.Tally{Value: name, Count: 1})
	}
	return hosts
}

// What changed is said in words; what moves every day is no change.
func TestDifferences(t *testing.T) {
	eight := hostsNamed("a", "b", "c", "d", "e", "f", "g", "h")
	points := func(names ...string) (all []masquerade.Point) {
		for _, name := range names {
			all = append(all, masquerade.Point{Name: name, Points: len(all)})
		}
		return all
	}
	base := masquerade.Finding{Severity: "Medium", Score: 60, MaliciousCount: 2, Hosts: hostsNamed("a", "b"), HostCount: 2, Evidence: points("skeleton", "edits"), Modifiers: points("few-hosts", "first-seen")}
	for what, c := range map[string]struct {
		edit func(before, after *masquerade.Finding)
		want string
	}{
		"nothing": {func(_, _ *masquerade.Finding) {}, ""},
		"ranks, paths, what the other name did": {func(_, f *masquerade.Finding) {
			f.NormalCount, f.MaliciousPercentRank, f.EstateHosts, f.DataDay, f.HistoryDays = 7, 0.3, 9, "x", 3
		}, ""},
		"order": {func(_, f *masquerade.Finding) {
			f.Hosts, f.Evidence = hostsNamed("b", "a"), points("edits", "skeleton")
		}, ""},
		"severity":                   {func(_, f *masquerade.Finding) { f.Severity = "High" }, "severity High, was Medium"},
		"score":                      {func(_, f *masquerade.Finding) { f.Score, f.Modifiers = 50, points("few-hosts") }, "score 50, was 60 (-first-seen)"},
		"score only":                 {func(_, f *masquerade.Finding) { f.Score = 61 }, "score 61, was 60"},
		"evidence":                   {func(_, f *masquerade.Finding) { f.Evidence = points("skeleton", "folder") }, "evidence +folder -edits"},
		"count":                      {func(_, f *masquerade.Finding) { f.MaliciousCount = 1 }, "seen 1 time, was 2"},
		"hosts":                      {func(_, f *masquerade.Finding) { f.Hosts = hostsNamed("c", "a") }, "hosts +c -b"},
		"more hosts than are listed": {func(_, f *masquerade.Finding) { f.Hosts, f.HostCount = eight, 12 }, "on 12 hosts, was 2"},
		"as many, not all listed":    {func(b, f *masquerade.Finding) { b.Hosts, b.HostCount = eight, 12; f.Hosts, f.HostCount = eight[1:], 12 }, ""},
		"the notebook's":             {func(b, f *masquerade.Finding) { b.HostCount, f.HostCount = 0, 0; f.Hosts = hostsNamed("a") }, "hosts -b"},
		"the notebook's eight":       {func(b, f *masquerade.Finding) { b.HostCount, f.HostCount = 0, 0; f.Hosts = eight }, ""},
		"all at once": {func(_, f *masquerade.Finding) {
			f.Severity, f.Score, f.MaliciousCount, f.Hosts, f.HostCount = "", 0, 3, nil, 0
		}, "severity none, was Medium; score 0, was 60; seen 3 times, was 2; hosts -a -b"},
	} {
		before, after := base, base
		c.edit(&before, &after)
		if got := strings.Join(differences(before, after), "; "); got != c.want {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
}

// Each finding of either day is new, gone, changed or the same, and no two are mixed
// up; turned round, new is gone.
func TestCompare(t *testing.T) {
	f := func(id, suspect, normal string, score int) masquerade.Finding {
		return masquerade.Finding{FindingId: id, PotentiallyMaliciousProcess: suspect, NormalProcess: normal, Score: score, Reasons: []string{"why " + suspect}}
	}
	seen := func(name string) int64 { return int64(strings.Count(name, "s")) }
	from := side{"2026-11-19", []masquerade.Finding{f("1", "a.exe", "b.exe", 1), f("2", "s.exe", "x.exe", 2), f("3", "q.exe", "", 3), f("4", "k.exe", "l.exe", 4)}, map[string]bool{"6": true}, seen}
	to := side{"2026-11-20", []masquerade.Finding{f("5", "s.exe", "y.exe", 5), f("1", "a.exe", "b.exe", 9), f("6", "t.exe", "u.exe", 6), f("7", "q.exe", "r.exe", 7), f("4", "k.exe", "l.exe", 4)}, map[string]bool{}, seen}
	for _, c := range []struct {
		a, b side
		want string
	}{
		{from, to, "new 5 why s.exe; on 2026-11-19 found as one that looks like x.exe|new 6 why t.exe; suppressed on 2026-11-19|new 7 why q.exe; on 2026-11-19 found as odd in itself|" +
			"changed 1 score 9, was 1|gone 2 on 2026-11-20 found as one that looks like y.exe|gone 3 on 2026-11-20 found as one that looks like r.exe"},
		{to, from, "new 2 why s.exe; on 2026-11-20 found as one that looks like y.exe|new 3 why q.exe; on 2026-11-20 found as one that looks like r.exe|" +
			"changed 1 score 1, was 9|gone 5 on 2026-11-19 found as one that looks like x.exe|gone 6 suppressed on 2026-11-19|gone 7 on 2026-11-19 found as odd in itself"},
		{from, from, ""},
		{side{day: "d", seen: seen}, side{"e", from.findings[1:2], nil, seen}, "new 2 why s.exe; seen 1 time on d, and no finding there"},
		{side{day: "d", seen: func(string) int64 { return 0 }}, side{"e", from.findings[1:2], nil, seen}, "new 2 why s.exe; not seen on d"},
	} {
		var got []string
		for _, one := range compare(c.a, c.b) {
			got = append(got, fmt.Sprintf("%s %s %s", one.Change, one.finding().FindingId, one.words()))
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%q\nwant\n%q", strings.Join(got, "|"), c.want)
		}
	}
}
