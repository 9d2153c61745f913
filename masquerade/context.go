package masquerade

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sparkless/masquerade/lookalike"
	"sparkless/masquerade/windows"
)

func (l *lineup) modifier(weight, format string, args ...any) Point {
	return Point{weight, l.weights[weight], fmt.Sprintf(format, args...)}
}

// corroboration counts witnesses beyond the first, two at most.
func (l *lineup) corroboration(evidence []clue) (found []Point) {
	seen := [witnesses]bool{}
	names := [witnesses]string{"what the name looks like", "the shape of the name", "the folder", "the parent"}
	for i, c := range evidence {
		if i > 0 && !seen[c.witness] && len(found) < 2 {
			found = append(found, l.modifier(moreWitnesses, "%s speaks for it too", names[c.witness]))
		}
		seen[c.witness] = true
	}
	return found
}

// targetModifiers follow from the name that a suspect resembles.
func (l *lineup) targetModifiers(a *assessment, like *likeness) []Point {
	t, found := like.to, l.steadyModifiers(a, like.to)
	switch {
	case a.count > 0 && t.count >= 100*a.count:
		found = append(found, l.modifier("lopsided", "%s was seen %s, %s times as often", t.name, plural(t.count, "time"), grouped(t.count/a.count)))
	case !t.known && t.count < 10*a.count:
		found = append(found, l.modifier("even", "%s was seen only %s", t.name, plural(t.count, "time")))
	}
	return found
}

// steadyModifiers are those of them that do not move with the day's counts.
func (l *lineup) steadyModifiers(a *assessment, t *target) (found []Point) {
	add := func(weight, format string, args ...any) {
		found = append(found, l.modifier(weight, format, args...))
	}
	if t.known {
		if t.facts.Kind == windows.Core {
			add("core-target", "%s is a core Windows process", t.name)
		}
		return found
	}
	switch dir, place := l.sharedFolder(a, t); place {
	case windows.Programs, windows.Elsewhere:
		add("same-folder", "lies beside %s in %s", t.name, dir)
	case windows.System32, windows.SysWOW64, windows.Windows:
		add("same-system-folder", "lies beside %s, which is none of Windows either, in %s", t.name, dir)
	}
	if why, ok := lookalike.Family(a.name, t.name); ok {
		add("family", "%s and %s are of one family: %s", a.name, t.name, why)
	}
	return found
}

// sharedFolder returns the folder in which a suspect always lies beside the
// program that it resembles, and that in most of its own events: a copy of it put
// there does not count. The place is Unknown if there is none.
func (l *lineup) sharedFolder(a *assessment, t *target) (folder string, place windows.Place) {
	if !a.allPaths {
		return "", windows.Unknown
	}
	beside, all := map[string]int64{}, int64(0)
	known, _ := l.day.places(t.name, nil)
	for _, p := range known {
		beside[windows.Normalise(p.Value).Dir] += p.Count
		all += p.Count
	}
	for _, p := range a.paths {
		path := windows.Normalise(p.Value)
		if 2*beside[path.Dir] < all || all == 0 || place != windows.Unknown && place != weighed(path) {
			return "", windows.Unknown
		}
		folder, place = folderOf(p.Value), weighed(path)
	}
	return folder, place
}

// folderOf cuts the name off a path as it was written. Of the root a separator
// stays.
func folderOf(path string) string {
	folder := path[:len(path)-len(baseName(path))]
	if text := strings.TrimRight(folder, `\/`); text != "" || folder == "" {
		return text
	}
	return folder[:1]
}

// suspectModifiers follow from where, how widely and since when a suspect runs.
func (l *lineup) suspectModifiers(a *assessment) (found []Point) {
	add := func(weight, format string, args ...any) {
		found = append(found, l.modifier(weight, format, args...))
	}
	switch place, path := l.worstPlace(a); place {
	case windows.UserWritable:
		add("user-writable", "runs from %s, which users can write to", path)
	case windows.System32, windows.SysWOW64, windows.Windows:
		if !l.amongOthers(a) && !a.atHome() {
			add("windows-folder", "lies in %s among Windows' own files", path)
		}
	case windows.Remote, windows.Elsewhere:
		add("elsewhere", "runs from %s", path)
	case windows.Programs:
		add("programs", "runs from %s, where programs are installed", path)
	}
	found = append(found, l.spread(a)...)
	if why, ok := l.knownGood(a); ok {
		add("known-good", "%s", why)
	}
	return found
}

// Folders that users cannot write to, and where other makers' files are put when
// they are installed: drivers, and what installers keep to repair and remove.
const (
	driverStore  = `\windows\system32\driverstore\filerepository\`
	packageCache = `\programdata\package cache\`
)

// weighed is the place of a file as it counts for and against it.
func weighed(p windows.Path) windows.Place {
	if strings.HasPrefix(p.Dir, driverStore) || strings.HasPrefix(p.Dir, packageCache) {
		return windows.Programs
	}
	return p.Place()
}

// atHome reports whether nothing but its parents is odd about a Windows program: it
// lies where it belongs.
func (a *assessment) atHome() bool {
	return len(a.odd) > 0 && !slices.ContainsFunc(a.odd, func(o oddity) bool { return o.weight != "parent" })
}

// amongOthers reports whether a program that is none of Windows lies in Windows'
// folders all the same, as drivers' do: then it says nothing of one that
// resembles it to lie there, too.
func (l *lineup) amongOthers(a *assessment) bool {
	if a.like == nil || a.like.to.known {
		return false
	}
	known, _ := l.day.places(a.like.to.name, nil)
	return slices.ContainsFunc(known, func(p Tally) bool {
		place := windows.PlaceOf(p.Value)
		return place == windows.System32 || place == windows.SysWOW64 || place == windows.Windows
	})
}

// spread follows from how many hosts a suspect was seen on, and since when. Where
// a Windows program ran from several folders that are not its own, neither speaks
// for it: the one that is known may hide one that is new.
func (l *lineup) spread(a *assessment) (found []Point) {
	add := func(weight, format string, args ...any) {
		if l.weights[weight] > 0 || !a.scattered() {
			found = append(found, l.modifier(weight, format, args...))
		}
	}
	if n, all := l.hostsOf(a.view), l.hosts.N; all >= 10 && n.N > 0 {
		switch {
		case n.N == 1 || 100*n.N <= all:
			add("few-hosts", "on %s of %s", n, numberOfHosts(l.hosts))
		case n.N >= 3 && 10*n.N >= all:
			add("many-hosts", "on %s of %s", n, numberOfHosts(l.hosts))
		}
	}
	if days := l.days(a); days >= 7 && a.view.count > 0 {
		before := l.before(a)
		switch {
		case before.Days == 0:
			add("first-seen", "not seen on any of the %d days before that are kept", days)
		case 2*before.Days >= days:
			add("long-known", "seen on %d of the %d days before that are kept", before.Days, days)
		}
	}
	return found
}

// scattered reports whether a Windows program ran from more than one folder that
// is none of its own.
func (a *assessment) scattered() bool {
	if len(a.odd) == 0 {
		return false
	}
	folders := map[string]bool{}
	for _, p := range a.paths {
		folders[windows.Normalise(p.Value).Dir] = true
	}
	return len(folders) > 1 || !a.allPaths
}

// hostsOf is on how many hosts something was seen. An estimate may be a little
// more than there are.
func (l *lineup) hostsOf(v view) Number {
	n := v.hostCount()
	n.N = min(n.N, l.hosts.N)
	return n
}

// worstPlace is the place among a suspect's that speaks loudest against it, and
// the folder.
func (l *lineup) worstPlace(a *assessment) (worst windows.Place, folder string) {
	order := []windows.Place{windows.Programs, windows.Elsewhere, windows.Remote, windows.Windows, windows.SysWOW64, windows.System32, windows.UserWritable}
	for _, p := range a.paths {
		place := weighed(windows.Normalise(p.Value))
		if slices.Index(order, place) > slices.Index(order, worst) { // Unknown is none of them
			worst, folder = place, folderOf(p.Value)
		}
	}
	return worst, folder
}

// knownGood says why a suspect is legitimate, if all its paths are, and nothing but
// its likeness to another name speaks against it.
func (l *lineup) knownGood(a *assessment) (why string, ok bool) {
	others := func(c clue) bool { return c.witness != ofLooks }
	if !a.allPaths || slices.ContainsFunc(a.evidence, others) {
		return "", false
	}
	all := a.paths
	if len(all) == 0 {
		all = []Tally{{Value: a.name}}
	}
	for _, p := range all {
		path := windows.Normalise(p.Value)
		if why, ok = l.facts.KnownGood(a.name, path); !ok {
			return "", false
		}
	}
	if why == "" {
		why = "on the list of legitimate look-alikes"
	}
	return why, true
}

// context is one sentence on how often, where and since when a suspect was seen,
// and where the imitated program runs.
func (l *lineup) context(a *assessment) string {
	text := "seen " + plural(a.view.count, "time")
	if n := l.hostsOf(a.view); n.N > 0 {
		text += fmt.Sprintf(" on %s of %s", n, numberOfHosts(l.hosts))
	}
	if days := l.days(a); days > 0 {
		switch before := l.before(a); before.Days {
		case 0:
			text += fmt.Sprintf(", first seen today (%s before are kept)", plural(int64(days), "day"))
		default:
			text += fmt.Sprintf(", first seen on %s, on %d of the %s before that are kept", before.First.Format(time.DateOnly), before.Days, plural(int64(days), "day"))
		}
	}
	if len(a.odd) > 0 {
		return text
	}
	if folders := foldersOf(a.paths); folders != "" {
		text += ", runs from " + folders
	}
	return text + l.whereTarget(a)
}

// whereTarget says where the imitated program runs.
func (l *lineup) whereTarget(a *assessment) string {
	if a.like == nil {
		return ""
	}
	t := a.like.to
	known, whole := l.day.places(t.name, nil)
	folders := foldersOf(known)
	switch where := t.facts.Where(); {
	case t.count == 0 && where != "":
		return fmt.Sprintf("; %s was not seen and belongs in %s", t.name, where)
	case folders == "":
		return ""
	case whole:
		return fmt.Sprintf("; %s only runs from %s", t.name, folders)
	}
	return fmt.Sprintf("; %s runs from %s", t.name, folders)
}

// foldersOf lists the folders of paths, each spelling of a place once, of many the
// first two.
func foldersOf(paths []Tally) string {
	seen := map[string]bool{}
	var folders []string
	for _, p := range paths {
		dir := windows.Normalise(p.Value).Dir
		if len(p.Value) > 1 && p.Value[1] == ':' {
			dir = strings.ToLower(p.Value[:1]) + dir // another drive is another folder
		}
		if text := folderOf(p.Value); !seen[dir] && text != "" {
			seen[dir] = true
			folders = append(folders, text)
		}
	}
	if len(folders) > 3 {
		return fmt.Sprintf("%s, %s and %d other folders", folders[0], folders[1], len(folders)-2)
	}
	return strings.Join(folders, ", ")
}

// before is what earlier days know of what a suspect did.
func (l *lineup) before(a *assessment) Before {
	if len(a.odd) > 0 {
		return l.history.beforeOf(a.name, l.isOdd(a.name))
	}
	return l.history.Before(a.name)
}

// days is how many earlier days can tell of what a suspect did: not all know where
// it ran.
func (l *lineup) days(a *assessment) int {
	if len(a.odd) > 0 {
		return l.history.daysByOrigin()
	}
	return l.history.Days()
}

// addHistory states it in a finding.
func (l *lineup) addHistory(f *Finding, a *assessment) {
	f.HistoryDays = l.days(a)
	if before := l.before(a); before.Days > 0 {
		f.DaysSeen = before.Days
		f.FirstSeenEver = timestamp(before.First.UnixNano())
	}
}

// numberOfHosts is such as "1 host" or "about 20,400 hosts".
func numberOfHosts(n Number) string {
	if n.N == 1 {
		return n.String() + " host"
	}
	return n.String() + " hosts"
}
