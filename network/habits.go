package network

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sparkless/storage/printable"
)

// habits say what is usual on the day, for whoever reads what is not. They are worked out
// when they are asked for: most processes are never spoken of.
type habits struct {
	now    []*entry
	hosts  map[string]int // by trait, on how many hosts a process has it
	common family         // that connects on the most hosts
	ports  []string       // the two that the most programs use
}

// with is on how many hosts a process of the day has a trait.
func (f *fleet) with(trait string, has func(*entry) bool) int {
	n, known := f.habits.hosts[trait]
	if !known {
		n = min(hostsOf(slices.DeleteFunc(slices.Clone(f.habits.now), func(e *entry) bool { return !has(e) })), f.today)
		f.habits.hosts[trait] = n
	}
	return n
}

// without is on how many hosts none has it: "22 of 24 hosts"; "" if there is no such host.
func (f *fleet) without(trait string, has func(*entry) bool) string {
	n := f.today - f.with(trait, has)
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %s", n, count(f.today, "host", "hosts"))
}

// isShell, isTool, namesShell and hides are such traits.
func isShell(e *entry) bool { return slices.Contains(shells(), stem(e.name)) }

func isTool(e *entry) bool { return carriers()[stem(e.name)] != "" }

func namesShell(e *entry) bool {
	return slices.ContainsFunc(e.samples[commands].values, func(v kept) bool { return shellOn(v.text.text, stem(e.name)) != "" })
}

func hides(e *entry) bool {
	return slices.ContainsFunc(e.samples[commands].values, func(v kept) bool { return suspicious(v.text.text, isTool(e)) != "" })
}

// usualPlace is the kind of folder that programs run from on the most hosts of the day,
// apart from one; "" if there is no other.
func (f *fleet) usualPlace(but place) string {
	best, most := unknown, 0
	for p := range places {
		if p == but || p == unknown {
			continue
		}
		if n := f.with(p.String()+" folder", func(e *entry) bool { return e.place == p }); n > most {
			best, most = p, n
		}
	}
	if most == 0 {
		return ""
	}
	return fmt.Sprintf("%s folder (%s)", article(best.String()), count(most, "host", "hosts"))
}

// usualProcess is the one that connects on the most hosts, and on how many; "" if that is
// the one of which it is asked.
func (f *fleet) usualProcess(but family) string {
	h := &f.habits
	if h.common == (family{}) {
		h.common = slices.SortedFunc(maps.Keys(f.kin), func(a, b family) int {
			return cmp.Or(cmp.Compare(f.kin[b].hosts, f.kin[a].hosts), strings.Compare(a.name, b.name), cmp.Compare(one(a.drawn), one(b.drawn)))
		})[0]
	}
	if but == h.common {
		return ""
	}
	return fmt.Sprintf("%s on %d", printable.Text(h.common.name), f.atMost(f.kin[h.common].hosts))
}

// usualPort is the one that the most programs use, apart from one, and how many do; "" if
// there is no other.
func (f *fleet) usualPort(but string) string {
	h := &f.habits
	if h.ports == nil {
		h.ports = slices.SortedFunc(maps.Keys(f.ports), func(a, b string) int {
			return cmp.Or(cmp.Compare(f.ports[b], f.ports[a]), strings.Compare(a, b))
		})
		h.ports = h.ports[:min(2, len(h.ports))]
	}
	for _, port := range h.ports {
		if port != but {
			return fmt.Sprintf("%s (%s)", printable.Text(port), count(f.ports[port], "program", "programs"))
		}
	}
	return ""
}
