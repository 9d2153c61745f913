package rules

import (
	"fmt"
	"slices"
	"strings"
)

// filter is what a path has to be, as Sigma can say it without a wildcard, which not
// every converter takes: one of starts, one of parts, all of middle, one of ends. Those
// that are empty ask for nothing.
type filter struct {
	name                        string
	starts, parts, middle, ends []string
}

// matches tells whether a path passes the filter, without regard to case.
func (f *filter) matches(path string) bool {
	path = strings.ToLower(path)
	some := func(texts []string, is func(s, text string) bool) bool {
		return len(texts) == 0 || slices.ContainsFunc(texts, func(text string) bool { return is(path, strings.ToLower(text)) })
	}
	for _, text := range f.middle {
		if !strings.Contains(path, strings.ToLower(text)) {
			return false
		}
	}
	return some(f.starts, strings.HasPrefix) && some(f.parts, strings.Contains) && some(f.ends, strings.HasSuffix)
}

// filters are for the files of a program in its homes. A colon is nowhere in a path but
// behind the drive, so that an end with one is a whole path. What a pattern has
// between two stars may stand anywhere.
func (h *Homes) filters(name string) []filter {
	home, volume := filter{name: "home"}, filter{name: "volume", starts: []string{`\Device\HarddiskVolume`, `\Device\VhdHardDisk{`}}
	var starred []filter
	for i, folders := range [][]string{slices.Concat(h.Folders, h.Stores), h.inCopies()} {
		for _, file := range files(folders, name) {
			first, rest, wild := strings.Cut(file, "*")
			switch {
			case wild && i > 0 && first == `\`: // a copy that anybody may make anywhere
			case wild:
				starred = append(starred, starredFilter(first, rest))
			default:
				home.ends = append(home.ends, ":"+file)
				if i == 0 {
					volume.ends = append(volume.ends, file)
				}
			}
		}
	}
	var all []filter
	if len(home.ends) > 0 {
		all = append(all, home)
	}
	if len(volume.ends) > 0 {
		all = append(all, volume)
	}
	return append(append(all, h.system(name)...), merged(starred)...)
}

// system is for paths that begin with the name that the kernel has for \windows.
func (h *Homes) system(name string) []filter {
	f := filter{name: "systemroot", starts: []string{`\SystemRoot\`}}
	for _, rest := range h.belowWindows() {
		if !strings.Contains(rest, "*") {
			f.ends = append(f.ends, `\SystemRoot`+rest+`\`+name)
		}
	}
	if len(f.ends) == 0 {
		return nil
	}
	return []filter{f}
}

// starredFilter is for a path with stars, the first of them between these.
func starredFilter(first, rest string) filter {
	var f filter
	if first == `\\` {
		f.starts = []string{first}
	} else {
		f.parts = []string{":" + first}
	}
	pieces := strings.Split(rest, "*")
	for _, piece := range pieces[:len(pieces)-1] {
		if strings.Contains(piece, `\`) {
			f.middle = append(f.middle, piece)
		}
	}
	f.ends = pieces[len(pieces)-1:]
	return f
}

// merged makes one filter of those that differ in the beginning alone, then of those
// that differ in the end alone.
func merged(filters []filter) (all []filter) {
	join := func(filters []filter, key func(f *filter) string, add func(to, f *filter)) (all []filter) {
		at := map[string]int{}
		for _, f := range filters {
			i, ok := at[key(&f)]
			if !ok {
				at[key(&f)] = len(all)
				all = append(all, f)
				continue
			}
			add(&all[i], &f)
		}
		return all
	}
	add := func(to *[]string, texts []string) {
		for _, text := range texts {
			if !slices.Contains(*to, text) {
				*to = append(slices.Clip(*to), text)
			}
		}
	}
	all = join(filters, func(f *filter) string { return fmt.Sprintf("%q", [][]string{f.starts, f.middle, f.ends}) },
		func(to, f *filter) { add(&to.parts, f.parts) })
	all = join(all, func(f *filter) string { return fmt.Sprintf("%q", [][]string{f.starts, f.middle, f.parts}) },
		func(to, f *filter) { add(&to.ends, f.ends) })
	for i := range all {
		all[i].name = fmt.Sprintf("pattern_%d", i+1)
	}
	return all
}

// files are the patterns of a file in folders: of one with all below it two.
func files(folders []string, name string) (all []string) {
	for _, folder := range folders {
		in, open := strings.CutSuffix(folder, `\**`)
		in = strings.TrimSuffix(in, `\`)
		all = append(all, in+`\`+name)
		if open {
			all = append(all, in+`\*\`+name)
		}
	}
	return all
}
