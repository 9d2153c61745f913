package main

import (
	"cmp"
	"slices"
	"strings"
)

const processCreated = 4688

// seen is what is known of one process name; nil stands for events without one.
type seen struct {
	Name  *string `json:"name"`
	Count int64   `json:"count"`
	First string  `json:"first"` // texts of equal form, so that their order is the order of time
	Last  string  `json:"last"`
	Path  string  `json:"path"` // the least
}

// table counts names. A spelling leads to its name, so that lower-casing is done
// once for each.
type table struct {
	names     map[string]*seen
	spellings map[string]*seen
	absent    *seen
}

func newTable() *table {
	return &table{names: map[string]*seen{}, spellings: map[string]*seen{}}
}

func (t *table) add(process *string, at, path string) {
	s := t.find(process)
	if s.Count == 0 {
		s.First, s.Last, s.Path = strings.Clone(at), strings.Clone(at), strings.Clone(path)
	}
	s.Count++
	if at < s.First {
		s.First = strings.Clone(at)
	}
	if at > s.Last {
		s.Last = strings.Clone(at)
	}
	if path < s.Path {
		s.Path = strings.Clone(path)
	}
}

func (t *table) find(process *string) *seen {
	if process == nil {
		if t.absent == nil {
			t.absent = &seen{}
		}
		return t.absent
	}
	if s := t.spellings[*process]; s != nil {
		return s
	}
	s := t.named(strings.ToLower(*process))
	t.spellings[strings.Clone(*process)] = s
	return s
}

func (t *table) named(name string) *seen {
	s := t.names[name]
	if s == nil {
		name = strings.Clone(name)
		s = &seen{Name: &name}
		t.names[name] = s
	}
	return s
}

func (t *table) merge(o *table) {
	for name, s := range o.names {
		t.named(name).merge(s)
	}
	if o.absent != nil {
		t.find(nil).merge(o.absent)
	}
}

func (s *seen) merge(o *seen) {
	if s.Count == 0 {
		name := s.Name
		*s = *o
		s.Name = name
		return
	}
	s.Count += o.Count
	s.First, s.Last, s.Path = min(s.First, o.First), max(s.Last, o.Last), min(s.Path, o.Path)
}

// list returns the names, the rarest first.
func (t *table) list() []*seen {
	var all []*seen
	for _, s := range t.names {
		all = append(all, s)
	}
	if t.absent != nil {
		all = append(all, t.absent)
	}
	slices.SortFunc(all, func(a, b *seen) int { return cmp.Compare(a.Count, b.Count) })
	return all
}
