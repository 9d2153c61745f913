package network

import (
	"strings"

	"sparkless/publish/anomaly"
	"sparkless/storage/filename"
)

// identity is the program that a finding is about, the same on every day: a name that
// runs from a kind of folder. Where files come and go, those of updaters and installers
// are drawn anew each time. There a name that looks drawn stands for all of its shape, or
// for all random ones, that have a parent alike: who started it is then the better part of
// what is known of a program. Two programs that agree in all that are taken for one.
type identity struct {
	name   string
	place  place
	parent string // "" for a name that somebody chose
}

func identityOf(k key) identity {
	if k.place.fleeting() {
		if name := alike(k.name); name != k.name {
			return identity{name, k.place, alike(k.parent)}
		}
	}
	return identity{name: k.name, place: k.place}
}

// alike is a name without what is drawn anew for each file.
func alike(name string) string {
	stem, ext := name, ""
	if at := strings.LastIndexByte(name, '.'); at > 0 {
		stem, ext = name[:at], name[at:]
	}
	if filename.Random(stem) {
		return "#" + ext
	}
	return filename.Shape(name)
}

// id is that of the program's findings.
func (d *Detector) id(of identity) string {
	parts := []string{of.name, of.place.String()}
	if of.parent != "" {
		parts = append(parts, of.parent)
	}
	return anomaly.ID(Name, d.scope, parts...)
}

// programs are the processes of the day by what a finding is about, in order.
func programs(day *Connections) (groups [][]*entry) {
	at := map[identity]int{}
	for _, e := range day.sorted() {
		of := identityOf(e.key)
		i, there := at[of]
		if !there {
			i, groups = len(groups), append(groups, nil)
			at[of] = i
		}
		groups[i] = append(groups[i], e)
	}
	return groups
}
