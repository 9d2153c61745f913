package windows

// Homes are the folders in which a program may lie, for rules that others apply.
// All are patterns in normal form; see Path and Name.Folders.
type Homes struct {
	// Anywhere is set if no folder is wrong: nothing is known of the program's, or its
	// name is common. The others are empty then.
	Anywhere bool
	Folders  []string // of the program
	Stores   []string // of any program of \Windows
	// Copies are folders that stand for \Windows: what of Folders lies below \Windows
	// may lie below them in the same way.
	Copies []string
}

// Homes returns the folders that Folder does not call Wrong for a program of this
// lower-cased name.
func (f *Facts) Homes(name string) Homes {
	n, ok := f.names[name]
	if !ok || len(n.Folders) == 0 || n.Common {
		return Homes{Anywhere: true}
	}
	h := Homes{Folders: union(n.Folders, nil)}
	own := false
	for _, folder := range n.Folders {
		own = own || inWindows(folder)
		if rest, ok := below(folder, wow64); ok {
			h.Folders = append(h.Folders, arm32+rest)
		}
	}
	if own {
		h.Stores, h.Copies = union(f.stores, nil), union(f.roots, f.copies)
	}
	return h
}

// Parent is a program that may start another.
type Parent struct {
	Name string // lower-cased
	Homes
}

// ParentHomes returns the parents that OddParent does not call odd for a process of
// this lower-cased name, in order, and whether they are fixed. One without any folder
// is right by its bare name alone; every other is by that, too.
func (f *Facts) ParentHomes(name string) (parents []Parent, fixed bool) {
	names, fixed := f.Parents(name)
	for _, one := range names {
		p := Parent{Name: one}
		if _, known := f.names[one]; known {
			p.Homes = f.Homes(one)
		} else if one != kernel {
			p.Folders = []string{system32, wow64}
		}
		parents = append(parents, p)
	}
	return parents, fixed
}
