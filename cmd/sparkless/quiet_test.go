package main

import (
	"fmt"
	"testing"
	"time"

	"sparkless/masquerade"
	"sparkless/publish"
	"sparkless/publish/suppress"
)

// What rules ask for stands in findings under the names that suppressFields has.
func TestRulesReadFindings(t *testing.T) {
	now := time.Date(2026, 11, 21, 7, 0, 0, 0, time.UTC)
	const edr = `C:\Program Files\Acme EDR\sensor.exe`
	hosts := func(n int) (all []masquerade.Tally) {
		for i := range n {
			all = append(all, masquerade.Tally{Value: fmt.Sprint("ws-", i), Count: 1})
		}
		return all
	}
	points := func(names ...string) (all []masquerade.Point) {
		for _, n := range names {
			all = append(all, masquerade.Point{Name: n, Points: 50, Reason: "why"})
		}
		return all
	}
	type finding = masquerade.Finding
	base := func(change func(*finding)) finding {
		f := finding{NormalProcess: "svchost.exe", PotentiallyMaliciousProcess: "svchost.exe", MaliciousCount: 8,
			Parents:  []masquerade.Tally{{Value: edr, Count: 8}},
			Evidence: points("parent"), Hosts: hosts(8), HostCount: 8}
		change(&f)
		return f
	}
	byParent := suppress.Rule{Name: "svchost.exe", Parent: edr, Kinds: []string{"parent"}, Host: "ws-*"}
	byFolder := suppress.Rule{Name: "svchost.exe", Kinds: []string{"*folder"}}
	for what, c := range map[string]struct {
		rule    suppress.Rule
		finding finding
		applies bool
	}{
		"eight hosts of eight": {byParent, base(func(*finding) {}), true},
		"eight hosts of nine":  {byParent, base(func(f *finding) { f.HostCount = 9 }), false},
		"eight hosts of who knows, as in the notebook's profile": {byParent, base(func(f *finding) { f.HostCount = 0 }), false},
		"seven hosts":    {byParent, base(func(f *finding) { f.HostCount, f.Hosts = 7, hosts(7) }), true},
		"other evidence": {byParent, base(func(f *finding) { f.Evidence = points("parent", "folder") }), false},
		"no evidence":    {byParent, base(func(f *finding) { f.Evidence = nil }), false},
		"one more parent": {byParent, base(func(f *finding) {
			f.Parents = []masquerade.Tally{{Value: edr, Count: 7}, {Value: `C:\Users\Public\sensor.exe`, Count: 1}}
		}), false},
		"one event without a parent": {byParent, base(func(f *finding) { f.MaliciousCount = 9 }), false},
		"folder":                     {byFolder, base(func(f *finding) { f.Evidence = points("folder", "common-folder") }), true},
		"folder and more":            {byFolder, base(func(f *finding) { f.Evidence = points("folder", "skeleton") }), false},
	} {
		body, err := publish.Body(c.finding)
		if err != nil {
			t.Fatal(err)
		}
		c.rule.Reason, c.rule.Expires = "r", now
		rules := &suppress.Rules{All: []suppress.Rule{c.rule}}
		o, err := rules.Apply(now, suppressFields(), []publish.Record{{ID: "mq-1", Body: body}})
		if err != nil || len(o.Suppressed) > 0 != c.applies {
			t.Errorf("%s: %+v, %v", what, o, err)
		}
	}
}
