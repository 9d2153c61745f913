package process

import (
	"slices"
	"strings"

	"sparkless/publish/anomaly"
)

// mostNamed is how many hosts, accounts, files or parents a finding names.
const mostNamed = 5

// entities are what the finding names: the program with all executions that would be
// findings by themselves, those of at least that score; and of these hosts, accounts,
// files and parents, each with how many of them are known to be its. Of executions that
// are alike one is kept, so of many it may not be known. Whose numbers add up to that of
// the program are all that there are.
func entities(groups []*judged, least float64) []anomaly.Entity {
	odd := groups[:1]
	for len(odd) < len(groups) && groups[len(odd)].score >= least {
		odd = groups[:len(odd)+1]
	}
	one := groups[0]
	x, total := &one.group.sample, int64(0)
	for _, g := range odd {
		total += g.group.count
	}
	all := []anomaly.Entity{{Kind: "process", Value: shown(one.program.path), Count: total}, {Kind: "commandline", Value: shown(x.command), Count: one.group.count}}
	all = append(all, named("host", odd, func(g *judged) (string, bool) {
		return sampled(g.group.sample.host, longestName, g.program.hosts.count(mostMembers) == 1)
	})...)
	all = append(all, named("account", odd, func(g *judged) (string, bool) {
		return sampled(g.group.sample.account, longestName, g.program.users.count(mostMembers) == 1)
	})...)
	all = append(all, named("file", odd, func(g *judged) (string, bool) {
		return sampled(g.group.sample.path, longestPath, isOneFile(g.program.path))
	})...)
	all = append(all, named("parent", odd, func(g *judged) (string, bool) { return sampled(g.key.parent, longestName, true) })...)
	for _, g := range others(groups)[1:] {
		e := anomaly.Entity{Kind: "commandline", Value: shown(g.group.sample.command), Count: g.group.count}
		if !slices.ContainsFunc(all, func(o anomaly.Entity) bool { return o.Kind == e.Kind && o.Value == e.Value }) {
			all = append(all, e)
		}
	}
	return slices.DeleteFunc(all, func(e anomaly.Entity) bool { return e.Value == "" })
}

// named are the first values of a kind, those of the oddest executions first.
func named(kind string, odd []*judged, of func(g *judged) (value string, all bool)) (list []anomaly.Entity) {
	for _, g := range odd {
		value, all := of(g)
		at := slices.IndexFunc(list, func(e anomaly.Entity) bool { return e.Value == value })
		if at < 0 && len(list) < mostNamed && value != "" {
			at, list = len(list), append(list, anomaly.Entity{Kind: kind, Value: value})
		}
		if at >= 0 && (all || g.group.count == 1) {
			list[at].Count += g.group.count
		}
	}
	return list
}

// sampled is a value of the kept execution of a group as it is shown, and whether all
// executions of the group have it. What is as long as a text may be may have been cut.
func sampled(text string, most int, all bool) (value string, is bool) {
	if len(text) > most-4 {
		return shown(text) + "…", all
	}
	return shown(text), all
}

// isOneFile reports whether the name of a program stands for one path: programOf has
// taken nothing out of it.
func isOneFile(path string) bool {
	return !strings.ContainsAny(path, "*#…") && !strings.HasPrefix(path, "?:")
}
