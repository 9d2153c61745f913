package evaluation

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Batches is how many runs of the hunt the plan takes. The first, number 0, is of
// the base alone.
func (p *Plan) Batches() int { return len(p.batches) }

// Events are what a batch adds to the base, in no order of time.
func (p *Plan) Events(number int) []Event {
	b := p.batches[number]
	var out []Event
	for _, it := range b.items {
		if p.skipped(it) {
			continue
		}
		out = append(out, p.rareEvents(it)...)
	}
	for _, name := range slices.Sorted(maps.Keys(b.frequent)) {
		out = append(out, p.frequentEvents(p.asWritten(b, name), b.frequent[name])...)
	}
	return out
}

// skipped are names of pairs that the base has: they are as rare there as they are.
func (p *Plan) skipped(it item) bool { return it.kind == pairs && p.base.count(fold(it.name)) > 0 }

// asWritten finds the item that wants a name to be frequent.
func (p *Plan) asWritten(b *batch, folded string) item {
	i := slices.IndexFunc(b.items, func(it item) bool { return it.frequent && fold(it.target) == folded })
	return b.items[i]
}

// rareEvents are those of an impostor, or of a benign name that is seldom seen: on
// one host.
func (p *Plan) rareEvents(it item) []Event {
	host := p.base.order[draw(len(p.base.order), "host", it.name)]
	account, user := p.base.person(host)
	path, parent := p.rarePlace(it, user)
	return spread(Event{Process: it.name, Path: path, Parent: parent, CommandLine: `"` + path + `"`, Account: account},
		[]string{host}, it.events)
}

func (p *Plan) rarePlace(it item, user string) (path, parent string) {
	switch {
	case it.kind == impostors && it.path != "":
		path = located(it.path, it.name)
	case it.kind == impostors:
		folder := impostorFolders[draw(len(impostorFolders), "folder", it.name)]
		path = strings.ReplaceAll(folder, "<user>", user) + it.name
	case it.path != "":
		return located(it.path, it.name), p.homes.parent(it.name)
	default:
		return p.pathOf(it.name, "", it.target), p.homes.parent(it.name)
	}
	return path, impostorParents[draw(len(impostorParents), "parent", it.name)]
}

// pathOf is where a legitimate name lies: where its line says, else where the base
// has it, else another line, else Windows, else with the programs, in the folder
// of the name it belongs to.
func (p *Plan) pathOf(name, path, with string) string {
	folded := fold(name)
	if path != "" {
		return located(path, name)
	}
	for _, known := range []string{p.base.path(folded), p.homes.lists[folded], p.homes.known[folded].path} {
		if known != "" {
			return located(known, name)
		}
	}
	if with == "" {
		with = name
	}
	return programs + strings.TrimRight(stem(with), " .") + `\` + name
}

// frequentEvents make the target of an item a frequent name: on as many hosts as
// the base's frequent names are usually seen on.
func (p *Plan) frequentEvents(it item, count int) []Event {
	path := p.pathOf(it.target, it.targetPath, "")
	e := Event{Process: it.target, Path: path, Parent: p.homes.parent(it.target), CommandLine: `"` + path + `"`, Account: `NT AUTHORITY\SYSTEM`}
	first := draw(len(p.base.order), "hosts", it.target)
	var hosts []string
	for i := range p.base.usual.hosts {
		hosts = append(hosts, p.base.order[(first+i)%len(p.base.order)])
	}
	return spread(e, hosts, count)
}

// spread repeats an event over hosts in turn, at times of the whole day.
func spread(e Event, hosts []string, count int) []Event {
	out := make([]Event, count)
	for i := range out {
		e.Computer = hosts[i%len(hosts)]
		e.Time = time.Duration(draw(24*60*60, "time", e.Process+"\x00"+strconv.Itoa(i))) * time.Second
		out[i] = e
	}
	return out
}
