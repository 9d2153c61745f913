package masquerade

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"

	"sparkless/masquerade/lookalike"
	"sparkless/masquerade/windows"
	"sparkless/publish"
	"sparkless/storage/event"
)

// The judge computes findings from what is written about weights and rules, with
// plain loops over the events. It shares the facts of Windows, the look of names and
// the counts' samples with the package, which have tests of their own.

type judge struct {
	p       Params
	facts   *windows.Facts
	weights map[string]int
	names   map[string][]happened
	percent map[string]float64
	hosts   map[string]bool
	days    []map[string][]happened // before, by name
	shipped []string                // names that are Windows'
	*pairs
}

// pairs is what no estate changes.
type pairs struct {
	scores    scores
	skeletons map[string]string
}

func (k *pairs) skeleton(name string) string {
	s, ok := k.skeletons[name]
	if !ok {
		s = lookalike.Skeleton(name)
		k.skeletons[name] = s
	}
	return s
}

func newPairs() *pairs {
	return &pairs{scores{known: map[[2]string]scored{}}, map[string]string{}}
}

// verdict is what the judge says of a suspect.
type verdict struct {
	Name, Target, Severity string
	Score                  int
	Evidence, Modifiers    []string
}

func newJudge(p Params, events []happened, before [][]happened, known *pairs) *judge {
	j := &judge{p: p, facts: p.Facts, weights: map[string]int{}, hosts: map[string]bool{}, percent: map[string]float64{}, pairs: known}
	if j.facts == nil {
		j.facts = windows.Builtin()
	}
	for _, w := range WeightList() {
		j.weights[w.Name] = w.Points
	}
	for name, points := range p.Weights {
		j.weights[name] = points
	}
	for _, n := range j.facts.Names() {
		j.shipped = append(j.shipped, n.Name)
	}
	var absent int64
	j.names, absent = byName(events)
	for _, day := range before {
		names, _ := byName(day)
		j.days = append(j.days, names)
	}
	for _, h := range events {
		if h.host != "" && h.host != none {
			j.hosts[h.host] = true
		}
	}
	all := []*seen{}
	for name, events := range j.names {
		all = append(all, &seen{name: name, count: int64(len(events))})
	}
	if absent > 0 {
		all = append(all, &seen{null: true, count: absent})
	}
	oraclePercents(all)
	for _, n := range all {
		if !n.null {
			j.percent[n.name] = n.percent
		}
	}
	return j
}

func byName(events []happened) (names map[string][]happened, absent int64) {
	names = map[string][]happened{}
	for _, h := range events {
		if name, ok := h.name(); ok {
			names[name] = append(names[name], h)
		} else {
			absent++
		}
	}
	return names, absent
}

func (j *judge) count(name string) int64 { return int64(len(j.names[name])) }

func (j *judge) windows(name string) bool {
	_, ok := j.facts.Name(name)
	return ok
}

// originByHand says which events of a name are kept together.
func originByHand(name string, h happened) string {
	odd := h.parent != none && windows.Builtin().OddParent(name, h.parent)
	path := h.path
	if path == none {
		path = ""
	}
	folder := windows.Builtin().Folder(name, windows.Normalise(path))
	return fmt.Sprint(windows.PlaceOf(path), odd, folder == windows.Wrong || folder == windows.Shared)
}

func byOrigin(name string, events []happened) map[string][]happened {
	groups := map[string][]happened{}
	for _, h := range events {
		groups[originByHand(name, h)] = append(groups[originByHand(name, h)], h)
	}
	return groups
}

// sampleOf are the values that are kept of one column of events.
func sampleOf(events []happened, column func(happened) string) map[string]int64 {
	all, kept := map[string]int64{}, map[string]int64{}
	for _, h := range events {
		if v := column(h); v != "" && v != none {
			all[cutByHand(v)]++
		}
	}
	for _, v := range smallestByHand(all, 8) {
		kept[v.Value] = v.Count
	}
	return kept
}

func pathOf(h happened) string   { return h.path }
func parentOf(h happened) string { return h.parent }

// oddKinds says what is odd in events of one origin of a Windows name.
func (j *judge) oddKinds(name string, events []happened) map[string]bool {
	kinds := map[string]bool{}
	for path := range sampleOf(events, pathOf) {
		if lookalike.Explain(path[strings.LastIndexAny(path, `\/`)+1:], name) != nil {
			kinds["skeleton"] = true
		}
		switch j.facts.Folder(name, windows.Normalise(path)) {
		case windows.Wrong:
			kinds["folder"] = true
		case windows.Shared:
			kinds["common-folder"] = true
		}
	}
	for parent := range sampleOf(events, parentOf) {
		if j.facts.OddParent(name, parent) {
			kinds["parent"] = true
		}
	}
	return kinds
}

// places are the paths that are kept of events, and whether they are all.
func places(name string, events []happened) (all map[string]int64, whole bool) {
	all, whole = map[string]int64{}, true
	for _, group := range byOrigin(name, events) {
		kept := sampleOf(group, pathOf)
		whole = whole && len(kept) < 8
		for path, n := range kept {
			all[path] += n
		}
	}
	return all, whole
}

// numberOf is how many hosts events have, as a name knows it.
func (j *judge) numberOf(events []happened) int { return min(j.about(events), len(j.hosts)) }

func (j *judge) about(events []happened) int {
	hosts, s := map[string]bool{}, sketch{}
	for _, h := range events {
		if h.host != "" && h.host != none {
			hosts[h.host] = true
			s.add(uint32(xxhash.Sum64String(h.host) >> 32))
		}
	}
	if len(hosts) <= 8 {
		return len(hosts)
	}
	return max(s.count(), 9)
}

// like is a name that a suspect may imitate, and why.
type like struct {
	target string
	clues  map[string]bool
	score  scored
}

func (j *judge) targets() (all []string) {
	all = slices.Clone(j.shipped)
	for name := range j.names {
		if !j.windows(name) && j.percent[name] >= j.p.Frequent && strings.Count(strings.Map(digitsOnly, name), "0") <= 3 {
			all = append(all, name)
		}
	}
	return all
}

func digitsOnly(r rune) rune {
	if '0' <= r && r <= '9' {
		return '0'
	}
	return -1
}

// imitable: any name may imitate a Windows name; of others it must be rare, or seen
// a twentieth as often.
func (j *judge) imitable(target, name string) bool {
	return j.windows(target) || j.percent[name] < j.p.Rare || 20*j.count(name) <= j.count(target)
}

// likes are the names that one may imitate.
func (j *judge) likes(name string, targets []string) map[string]*like {
	found := map[string]*like{}
	to := func(target, clue string) {
		if found[target] == nil {
			found[target] = &like{target: target, clues: map[string]bool{}, score: j.scoreOf(target, name)}
		}
		found[target].clues[clue] = true
	}
	for _, target := range targets {
		if target == name || farApart(target, name) {
			continue
		}
		s := j.scoreOf(target, name)
		if float64(s.score) > j.p.Similarity && j.count(target) > 0 && j.percent[target] >= j.p.Frequent && j.percent[name] < j.p.Rare {
			to(target, "notebook")
		}
		if j.near(target, name, s.distance) && j.imitable(target, name) {
			to(target, map[bool]string{true: "edits", false: "more-edits"}[s.distance <= 1])
		}
	}
	if target := j.endingOf(name, targets); target != "" && j.imitable(target, name) {
		to(target, "extension")
	}
	if target := j.additionTo(name); target != "" {
		to(target, "addition")
	}
	if target := j.sameLook(name); target != "" {
		to(target, "skeleton")
	}
	return found
}

// scoreOf is the score and the distance, where they may matter.
func (j *judge) scoreOf(a, b string) scored {
	if !strings.Contains(a, ".") || !strings.Contains(b, ".") {
		return scored{0, max(utf8.RuneCountInString(a), utf8.RuneCountInString(b))}
	}
	return j.scores.of(a, b)
}

// farApart reports that names differ in more characters than any rule allows edits.
func farApart(a, b string) bool {
	var left [64]int // characters of one remainder count as the same
	common, m, n := 0, 0, 0
	for _, r := range a {
		left[r%64]++
		m++
	}
	for _, r := range b {
		if left[r%64]--; left[r%64] >= 0 {
			common++
		}
		n++
	}
	longer := max(m, n)
	return longer-common > 3 && float64(longer-common) > 0.16*float64(longer)
}

// near: one edit from stems of 4, two from 8, three from 14; for Windows names two
// from 6 if they leave the name legible. Never without its first letter.
func (j *judge) near(target, name string, distance int) bool {
	i, k := strings.LastIndexByte(target, '.'), strings.LastIndexByte(name, '.')
	if i < 0 || k < 0 || target[i:] != name[k:] {
		return false
	}
	length := min(utf8.RuneCountInString(target[:i]), utf8.RuneCountInString(name[:k]))
	allowed := 0
	switch {
	case length >= 14:
		allowed = 3
	case length >= 8:
		allowed = 2
	case length >= 4:
		allowed = 1
	}
	added, left, replaced := false, false, false
	for _, s := range lookalike.Class(name, target).Steps {
		if s.Op == lookalike.Omission && s.At == 0 {
			return false
		}
		added = added || s.Op == lookalike.Insertion || s.Op == lookalike.Repetition
		left = left || s.Op == lookalike.Omission
		replaced = replaced || s.Op == lookalike.Replacement
	}
	if j.windows(target) && length >= 6 && length < 8 && !replaced && !(added && left) {
		allowed = 2
	}
	return distance <= allowed
}

func (j *judge) endingOf(name string, targets []string) string {
	at := strings.LastIndexByte(name, '.')
	if at < 0 {
		at = len(name)
	}
	stem, ending := name[:at], name[at:]
	target := ""
	switch {
	case stem == "":
	case ending != "" && slices.Contains(targets, stem):
		target = stem
	case ending != ".exe" && slices.Contains(targets, stem+".exe"):
		target = stem + ".exe"
	}
	facts, known := j.facts.Name(target)
	if slices.Contains([]string{".exe", ".com", ".scr", ".pif", ".bat", ".cmd"}, ending) || known && facts.Kind == windows.Core {
		return target
	}
	return ""
}

// additionTo: a Windows name with few digits; with anything if it is a core
// process's; with letters behind if it is a tool's.
func (j *judge) additionTo(name string) string {
	a, ok := lookalike.NewStems(j.shipped).Addition(name)
	if !ok {
		return ""
	}
	target := ""
	for _, n := range j.shipped {
		if strings.TrimSuffix(n, n[strings.LastIndexByte(n, '.'):]) == a.Target {
			target = n
		}
	}
	facts, _ := j.facts.Name(target)
	few := strings.Count(strings.Map(digitsOnly, a.Before+a.After), "0") <= 3
	switch {
	case facts.Kind == windows.Core,
		a.Kind == lookalike.AddedDigits && few,
		a.Kind == lookalike.AddedLetters && facts.Kind == windows.Utility && a.Before == "":
		return target
	}
	return ""
}

// sameLook is the name that looks the same and is Windows', or plainer, or seen on
// more hosts, or more often.
func (j *judge) sameLook(name string) string {
	skeleton := j.skeleton(name)
	best := name
	better := func(a, b string) bool {
		if x, y := j.windows(a), j.windows(b); x != y {
			return x
		}
		return cmp.Or(cmp.Compare(plainByHand(b), plainByHand(a)), cmp.Compare(j.about(j.names[b]), j.about(j.names[a])), cmp.Compare(j.count(b), j.count(a)), strings.Compare(a, b)) < 0
	}
	consider := func(other string) {
		if j.skeleton(other) == skeleton && better(other, best) {
			best = other
		}
	}
	for _, other := range j.shipped {
		consider(other)
	}
	for other := range j.names {
		consider(other)
	}
	if skeleton == "" || best == name || !j.windows(best) && plainByHand(best) == plainByHand(name) &&
		j.about(j.names[best]) <= j.about(j.names[name]) && j.count(best) <= j.count(name) {
		return ""
	}
	return best
}

// plainByHand is the lower the more of a name is no letter, far lower for what is
// not ASCII.
func plainByHand(name string) (n int) {
	for _, r := range name {
		if r > '~' || r == '\x7f' {
			n -= 100 - 99*btoi(r == '\x7f')
		} else if r < 'a' || r > 'z' {
			n--
		}
	}
	return n
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (j *judge) points(names ...string) (sum int) {
	for _, name := range names {
		sum += j.weights[name]
	}
	return sum
}

// aboutTarget are the modifiers that follow from the imitated name.
func (j *judge) aboutTarget(name string, events []happened, l *like) []string {
	found := j.steady(name, events, l.target)
	switch n, m := j.count(l.target), j.count(name); {
	case n >= 100*m:
		found = append(found, "lopsided")
	case !j.windows(l.target) && n < 10*m:
		found = append(found, "even")
	}
	return found
}

// steady are those that do not move with counts.
func (j *judge) steady(name string, events []happened, target string) (found []string) {
	if facts, known := j.facts.Name(target); known {
		if facts.Kind == windows.Core {
			found = append(found, "core-target")
		}
		return found
	}
	switch j.beside(name, events, target) {
	case windows.Programs, windows.Elsewhere:
		found = append(found, "same-folder")
	case windows.System32, windows.SysWOW64, windows.Windows:
		found = append(found, "same-system-folder")
	}
	if _, ok := lookalike.Family(name, target); ok {
		found = append(found, "family")
	}
	return found
}

// beside is the place in which all files of a suspect lie where the target lies most
// of the time.
func (j *judge) beside(name string, events []happened, target string) windows.Place {
	mine, whole := places(name, events)
	theirs, _ := places(target, j.names[target])
	found := map[windows.Place]bool{}
	for path := range mine {
		p := windows.Normalise(path)
		together, all := int64(0), int64(0)
		for other, n := range theirs {
			all += n
			if windows.Normalise(other).Dir == p.Dir {
				together += n
			}
		}
		if all == 0 || 2*together < all {
			return windows.Unknown
		}
		found[placeByHand(p)] = true
	}
	for place := range found {
		if whole && len(found) == 1 {
			return place
		}
	}
	return windows.Unknown
}

func placeByHand(p windows.Path) windows.Place {
	if strings.HasPrefix(p.Dir+`\`, `\windows\system32\driverstore\filerepository\`) && p.Dir != `\windows\system32\driverstore\filerepository` ||
		strings.HasPrefix(p.Dir, `\programdata\package cache\`) {
		return windows.Programs
	}
	return p.Place()
}

// aboutSuspect are the modifiers that follow from where, how widely and since when
// it ran.
func (j *judge) aboutSuspect(name string, events []happened, days []int, target string, evidence map[string]bool, shapes int) (found []string) {
	atHome := evidence["parent"] && len(evidence) == 1
	dirs := map[string]bool{}
	all, whole := places(name, events)
	here := map[windows.Place]bool{}
	good := whole
	for path := range all {
		p := windows.Normalise(path)
		here[placeByHand(p)] = true
		dirs[p.Dir] = true
		_, ok := j.facts.KnownGood(name, p)
		good = good && ok
	}
	if len(all) == 0 {
		_, good = j.facts.KnownGood(name, windows.Normalise(name))
	}
	switch inWindows := here[windows.System32] || here[windows.SysWOW64] || here[windows.Windows]; {
	case here[windows.UserWritable]:
		found = append(found, "user-writable")
	case inWindows:
		if !j.liesInWindows(target) && !atHome {
			found = append(found, "windows-folder")
		}
	case here[windows.Remote] || here[windows.Elsewhere]:
		found = append(found, "elsewhere")
	case here[windows.Programs]:
		found = append(found, "programs")
	}
	scattered := j.windows(name) && (len(dirs) > 1 || !whole)
	switch n, estate := j.numberOf(events), len(j.hosts); {
	case estate < 10 || n == 0:
	case n == 1 || n*100 <= estate:
		found = append(found, "few-hosts")
	case n >= 3 && n*10 >= estate:
		found = append(found, "many-hosts")
	}
	if len(j.days) >= 7 {
		switch n := slices.Max(append(days, 0)); {
		case n == 0:
			found = append(found, "first-seen")
		case n*2 >= len(j.days):
			found = append(found, "long-known")
		}
	}
	if scattered {
		found = slices.DeleteFunc(found, func(w string) bool {
			return (w == "many-hosts" || w == "long-known") && j.weights[w] <= 0 || (w == "few-hosts" || w == "first-seen") && j.weights[w] <= 0
		})
	}
	if good && shapes == 0 && !evidence["folder"] && !evidence["common-folder"] && !evidence["parent"] {
		found = append(found, "known-good")
	}
	return found
}

// liesInWindows reports whether a target that is none of Windows lies in its folders.
func (j *judge) liesInWindows(target string) bool {
	if target == "" || j.windows(target) {
		return false
	}
	all, _ := places(target, j.names[target])
	for path := range all {
		if p := windows.PlaceOf(path); p == windows.System32 || p == windows.SysWOW64 || p == windows.Windows {
			return true
		}
	}
	return false
}

// daysOf counts the earlier days with events of a name, by origin if asked.
func (j *judge) daysOf(name string, origins []string) (days []int) {
	if origins == nil {
		n := 0
		for _, day := range j.days {
			n += btoi(len(day[name]) > 0)
		}
		return []int{n}
	}
	for _, o := range origins {
		n := 0
		for _, day := range j.days {
			n += btoi(slices.ContainsFunc(day[name], func(h happened) bool { return originByHand(name, h) == o }))
		}
		days = append(days, n)
	}
	return days
}

// judged returns what speaks against a name; no evidence, no verdict.
func (j *judge) judged(name string, targets []string) (verdict, bool) {
	events, evidence, days := j.names[name], map[string]bool{}, j.daysOf(name, nil)
	speaks := evidence // of a Windows name also what is switched off
	var shapes []string
	best, about := &like{}, []string(nil)
	if j.windows(name) {
		events = nil
		origins := []string{}
		speaks = map[string]bool{}
		for o, group := range byOrigin(name, j.names[name]) {
			odd := j.oddKinds(name, group)
			if len(odd) > 0 {
				events, origins = append(events, group...), append(origins, o)
			}
			for kind := range odd {
				speaks[kind] = true
				if !j.off(kind) {
					evidence[kind] = true
				}
			}
		}
		best.target, days = name, j.daysOf(name, origins)
	} else {
		shapes = slices.DeleteFunc(shapeNames(name), j.off)
		best, about = j.loudest(name, events, targets)
		for clue := range best.clues {
			if !j.off(clue) {
				evidence[clue] = true
			}
		}
		if len(evidence) == 0 {
			best, about = &like{}, nil
		}
	}
	if len(evidence)+len(shapes) == 0 {
		return verdict{}, false
	}
	target := best.target
	if j.windows(name) {
		target = ""
	}
	modifiers := append(corroborated(evidence, shapes), about...)
	modifiers = append(modifiers, j.aboutSuspect(name, events, days, target, speaks, len(shapes))...)
	for clue := range evidence {
		shapes = append(shapes, clue)
	}
	return j.verdict(name, best.target, shapes, modifiers), true
}

// off reports whether a kind of evidence is switched off: it has no points.
func (j *judge) off(clue string) bool { return j.weights[clue] == 0 }

func (j *judge) verdict(name, target string, evidence, modifiers []string) verdict {
	strongest := -1000
	for _, clue := range evidence {
		strongest = max(strongest, j.weights[clue])
	}
	score := min(max(strongest+j.points(modifiers...), 0), 100)
	severity := "Informational"
	for _, s := range []struct {
		least int
		name  string
	}{{40, "Low"}, {50, "Medium"}, {75, "High"}} {
		if score >= s.least {
			severity = s.name
		}
	}
	return verdict{name, target, severity, score, j.told(evidence), j.told(modifiers)}
}

func (j *judge) told(weights []string) (all []string) {
	for _, w := range weights {
		all = append(all, fmt.Sprint(w, "=", j.weights[w]))
	}
	slices.Sort(all)
	return all
}

func shapeNames(name string) (all []string) {
	for _, s := range lookalike.Shapes(name) {
		weight := map[lookalike.ShapeKind]string{lookalike.Bidi: "direction", lookalike.DoubleExtension: "double-extension", lookalike.SpaceRun: "double-extension",
			lookalike.Hidden: "odd-characters", lookalike.MixedScripts: "odd-characters", lookalike.WrongExtension: "file-type"}[s.Kind]
		if s.Strength == lookalike.Weak {
			weight = "weak-shape"
		}
		all = append(all, cmp.Or(weight, "trailing"))
	}
	return all
}

// corroborated: once for each kind of witness beyond the first, twice at most.
func corroborated(evidence map[string]bool, shapes []string) (found []string) {
	kinds := map[string]bool{}
	for clue := range evidence {
		switch clue {
		case "folder", "common-folder":
			kinds["folder"] = true
		case "parent":
			kinds["parent"] = true
		default:
			kinds["looks"] = true
		}
	}
	if len(shapes) > 0 {
		kinds["shape"] = true
	}
	for range min(len(kinds)-1, 2) {
		found = append(found, "corroborated")
	}
	return found
}

// loudest is the name that a suspect imitates. Of the four with the strongest
// evidence, the nearest, the most similar, of the highest standing and first by name,
// it is the first for which evidence and what does not move with counts come to most.
// What the notebook finds counts for nothing there.
func (j *judge) loudest(name string, events []happened, targets []string) (*like, []string) {
	var all []*like
	points := map[*like]int{}
	for _, l := range j.likes(name, targets) {
		for clue := range l.clues {
			if clue != "notebook" {
				points[l] = max(points[l], j.weights[clue])
			}
		}
		all = append(all, l)
	}
	if len(all) == 0 {
		return &like{}, nil
	}
	slices.SortFunc(all, func(a, b *like) int {
		return cmp.Or(cmp.Compare(points[b], points[a]), cmp.Compare(a.score.distance, b.score.distance), cmp.Compare(b.score.score, a.score.score),
			cmp.Compare(j.standing(b.target), j.standing(a.target)), strings.Compare(a.target, b.target))
	})
	best := all[0]
	for _, l := range all[:min(len(all), 4)] {
		points[l] += j.points(j.steady(name, events, l.target)...)
		if points[l] > points[best] {
			best = l
		}
	}
	return best, j.aboutTarget(name, events, best)
}

// standing: core processes, then frequent names, tools, and the rest of Windows.
func (j *judge) standing(target string) int {
	facts, known := j.facts.Name(target)
	switch {
	case known && facts.Kind == windows.Core:
		return 4
	case !known:
		return 3
	case facts.Kind == windows.Utility:
		return 2
	}
	return 1
}

// all are the verdicts on a day that are worth a finding, in order.
func (j *judge) all() []verdict {
	found := []verdict{}
	targets := j.targets()
	for name := range j.names {
		if v, ok := j.judged(name, targets); ok && v.Score >= j.p.MinScore && !strings.HasPrefix(name, "\x00") {
			found = append(found, v)
		}
	}
	slices.SortFunc(found, func(a, b verdict) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(a.Name, b.Name))
	})
	return found
}

// verdicts are what findings say.
func verdicts(t testing.TB, records []publish.Record) []verdict {
	out := []verdict{}
	for _, r := range records {
		var f Finding
		if err := json.Unmarshal(r.Body, &f); err != nil {
			t.Fatal(err)
		}
		v := verdict{Name: f.PotentiallyMaliciousProcess, Target: f.NormalProcess, Severity: f.Severity, Score: f.Score}
		for _, p := range f.Evidence {
			v.Evidence = append(v.Evidence, fmt.Sprint(p.Name, "=", p.Points))
		}
		for _, p := range f.Modifiers {
			v.Modifiers = append(v.Modifiers, fmt.Sprint(p.Name, "=", p.Points))
		}
		slices.Sort(v.Evidence)
		slices.Sort(v.Modifiers)
		out = append(out, v)
	}
	return out
}

// randomParams are those of a profile, or others, with weights and facts of a user.
func randomParams(t testing.TB, rng *rand.Rand) Params {
	p := paramsOf(t, pick(rng, []string{"strict", Balanced, "hunt", "hunt"}))
	if rng.IntN(3) == 0 {
		p.MinScore = max(rng.IntN(141)-40, 0)
	}
	if rng.IntN(3) == 0 {
		p.Frequent, p.Rare = rng.Float64(), rng.Float64()
	}
	if rng.IntN(3) == 0 {
		p.Weights = Weights{}
		for _, w := range WeightList() {
			if rng.IntN(2) == 0 {
				p.Weights[w.Name] = rng.IntN(201) - 100
			}
		}
	}
	if rng.IntN(2) == 0 {
		p.Facts = userFacts(t)
	}
	return p
}

func userFacts(t testing.TB) *windows.Facts {
	facts, err := windows.Builtin().With([]byte(`
names:
  - {name: backupagent.exe, kind: core, folders: ['D:\Tools']}
  - {name: calc.exe, folders: any}
  - {name: agentd.exe, kind: utility, folders: any}
parents:
  - {name: backupagent.exe, parents: [services.exe]}
  - {name: svchost.exe, parents: [explorer.exe]}
known-good:
  - {name: ['java?.exe', 'ch*.exe', '*0*.exe'], reason: known here}
  - {name: 'cl*.exe', folders: ['C:\Program Files\Vendor']}
`))
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

// Finish finds what the judge finds, however many goroutines join names and
// however the events were cut.
func TestFindingsAgainstJudge(t *testing.T) {
	t.Parallel()
	known := newPairs()
	evidence := map[string]int{}
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 36))
		events := randomEstate(rng)
		before := randomPast(rng, events)
		p := randomParams(t, rng)
		want := newJudge(p, events, before, known).all()
		var bodies []string
		for _, workers := range []int{1, 3} {
			day := cutUp(rng, events, workers*2-1)
			records, err := New(p, "estate", workers).Finish(t.Context(), event.Day(november20), day, historyOf(t, day, before))
			if err != nil {
				t.Fatal(err)
			}
			if got := verdicts(t, records); !reflect.DeepEqual(got, want) {
				differ(t, seed, got, want)
			}
			bodies = append(bodies, fmt.Sprint(records))
		}
		if bodies[0] != bodies[1] {
			t.Errorf("seed %d: workers or cuts show in the records", seed)
		}
		for _, v := range want {
			for _, e := range slices.Concat(v.Evidence, v.Modifiers) {
				name, _, _ := strings.Cut(e, "=")
				evidence[name]++
			}
		}
	}
	for _, w := range WeightList() {
		if evidence[w.Name] == 0 {
			t.Errorf("%s was there %d times: the estates are too tame", w.Name, evidence[w.Name])
		}
	}
}

// differ says in what findings differ from the judge's.
func differ(t *testing.T, seed uint64, got, want []verdict) {
	t.Helper()
	index := func(all []verdict) map[string]verdict {
		m := map[string]verdict{}
		for _, v := range all {
			m[v.Name] = v
		}
		return m
	}
	a, b := index(got), index(want)
	for name := range a {
		if !reflect.DeepEqual(a[name], b[name]) {
			t.Errorf("seed %d: %+v\n     judge: %+v", seed, a[name], b[name])
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			t.Errorf("seed %d: none of %+v", seed, b[name])
		}
	}
	if len(got) == len(want) && !t.Failed() {
		t.Errorf("seed %d: another order", seed)
	}
}
