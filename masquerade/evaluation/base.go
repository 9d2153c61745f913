package evaluation

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// The notebook's percent ranks of frequent and rare names. What is planted keeps
// to them whatever the settings that are compared.
const (
	frequentRank = 0.8
	rareRank     = 0.2
)

// Base is what is known of the day into which names are planted.
type Base struct {
	names  map[string]*seen
	hosts  map[string]string // and somebody who works there
	events int64

	counts []int64  // of the names, ascending; made by settle
	order  []string // of the hosts
	usual  usual
}

// seen is what the base has of a name.
type seen struct {
	count int64
	hosts map[string]bool
	paths map[string]int64
}

// usual is how a frequent name of the base is seen.
type usual struct{ count, hosts int }

// mostPaths is how many paths of a name are looked at to find its usual one.
const mostPaths = 64

// NewBase returns a base of no events.
func NewBase() *Base { return &Base{names: map[string]*seen{}, hosts: map[string]string{}} }

// Add counts an event of the base, as the hunt does: by the lower-cased name.
func (b *Base) Add(e Event) {
	name := e.Process
	if name == "" {
		name = baseName(e.Path)
	}
	name = fold(name)
	s := b.names[name]
	if s == nil {
		s = &seen{hosts: map[string]bool{}, paths: map[string]int64{}}
		b.names[name] = s
	}
	s.count++
	if _, ok := s.paths[e.Path]; e.Path != "" && (ok || len(s.paths) < mostPaths) {
		s.paths[e.Path]++
	}
	if e.Computer != "" {
		s.hosts[e.Computer] = true
		who := b.hosts[e.Computer]
		if isPerson(e.Account) && (who == "" || e.Account < who) {
			who = e.Account
		}
		b.hosts[e.Computer] = who
	}
	b.events++
}

// Events is how many process creations were added.
func (b *Base) Events() int64 { return b.events }

// Names is how many distinct names they have.
func (b *Base) Names() int { return len(b.names) }

// Hosts is how many computers they are of.
func (b *Base) Hosts() int { return len(b.hosts) }

// isPerson reports whether an account is likely of somebody who has a folder
// below C:\Users.
func isPerson(account string) bool {
	domain, user, ok := strings.Cut(account, `\`)
	if !ok || user == "" || user == "-" || strings.HasSuffix(user, "$") {
		return false
	}
	switch strings.ToUpper(domain) {
	case "NT AUTHORITY", "NT SERVICE", "WINDOW MANAGER", "FONT DRIVER HOST", "IIS APPPOOL", "NT VIRTUAL MACHINE":
		return false
	}
	return true
}

// settle makes of the counts what a plan asks for.
func (b *Base) settle() {
	b.counts, b.order = nil, slices.Sorted(maps.Keys(b.hosts))
	for _, s := range b.names {
		b.counts = append(b.counts, s.count)
	}
	slices.Sort(b.counts)
	var counts, hosts []int
	for _, s := range b.names {
		if b.rankOf(s.count) >= frequentRank {
			counts = append(counts, int(s.count))
			hosts = append(hosts, len(s.hosts))
		}
	}
	slices.Sort(counts)
	slices.Sort(hosts)
	b.usual = usual{int(b.most()) + 1, 1}
	if len(counts) > 0 {
		b.usual = usual{counts[len(counts)/2], max(hosts[len(hosts)/2], 1)}
	}
	if len(b.order) == 0 {
		b.order = []string{"HOST-1"}
	}
	b.usual.hosts = min(b.usual.hosts, len(b.order))
}

// most is the count of the most frequent name.
func (b *Base) most() int64 {
	if len(b.counts) == 0 {
		return 0
	}
	return b.counts[len(b.counts)-1]
}

// below is how many names of the base are seen less often.
func (b *Base) below(count int64) int {
	i, _ := slices.BinarySearch(b.counts, count)
	return i
}

// rankOf is the percent rank of a name of the base that is seen so often.
func (b *Base) rankOf(count int64) float64 { return percent(b.below(count), len(b.counts)) }

// percent is the percent rank of a name with that many of n names below it.
func percent(below, n int) float64 {
	if n < 2 {
		return 0
	}
	return float64(below) / float64(n-1)
}

// count is how often the base has a name.
func (b *Base) count(folded string) int64 {
	if s := b.names[folded]; s != nil {
		return s.count
	}
	return 0
}

// path is the usual path of a name that the base has, or "".
func (b *Base) path(folded string) string {
	s := b.names[folded]
	if s == nil {
		return ""
	}
	best := ""
	for p, n := range s.paths {
		if c := cmp.Compare(n, s.paths[best]); best == "" || c > 0 || c == 0 && p < best {
			best = p
		}
	}
	return best
}

// person is somebody who works on a host, with the domain, and the name of the
// folder below C:\Users.
func (b *Base) person(host string) (account, user string) {
	if account = b.hosts[host]; account == "" {
		return host + `\user`, "user"
	}
	_, user, _ = strings.Cut(account, `\`)
	return account, user
}
