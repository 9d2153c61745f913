package masquerade

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"sparkless/masquerade/simjoin"
)

// SelfTest says how many synthetic impostors the settings would catch among the
// day's names.
type SelfTest struct {
	Caught int
	Total  int
	Missed []string // the names not caught, in order
}

func (t SelfTest) String() string {
	return fmt.Sprintf("%d of %d synthetic impostors caught", t.Caught, t.Total)
}

// The events of the notebook's built-in examples: each known name is seen 20
// times (wininit twice that), each mutant once.
const normalEvents = 20

// knownNormal are the names of the notebook's built-in examples; those without
// an extension end in .exe. One of them is there twice.
var knownNormal = strings.Fields(`
	svchost csrss smss services winlogon wininit lsass spoolsv conhost powershell
	init bash avahi-daemon gnome-session getty acpid dbus-daemon dbus-launch networkmanager explorer
	more.com mode.com nbtstat netstat cscript cnscript tracert tracerpt systeminfo system_info
	aitagent adtagent wininit wininst userinit userinst dnscmd dfscmd nslookup nblookup`)

// SelfTest plants the notebook's examples, known normal names and one mutant of
// each, among the day's names and counts the mutants that become findings. It
// works on a copy: the day, its findings and its sinks never see them. Of a mutant
// there is no more than its name: no folder, no host, no history speaks for it.
func (d *Detector) SelfTest(ctx context.Context, day *Counts) (SelfTest, error) {
	room, err := d.roomFor(day, selfTestPerName)
	if err != nil {
		return SelfTest{}, fmt.Errorf("self-test: %w", err)
	}
	mutants := syntheticImpostors(day)
	e := &estate{Detector: d, day: day, history: NewCounts(), room: room, planted: examples(mutants)}
	caught, err := e.caught(ctx, mutants)
	if err != nil {
		return SelfTest{}, fmt.Errorf("self-test: %w", err)
	}
	missed := slices.DeleteFunc(slices.Clone(mutants), func(m string) bool { return caught[m] })
	return SelfTest{len(caught), len(mutants), missed}, nil
}

// caught returns those of the names that would be findings.
func (e *estate) caught(ctx context.Context, names []string) (map[string]bool, error) {
	caught := map[string]bool{}
	if e.params.Evidence {
		l := newLineup(e)
		suspects, err := l.suspects(ctx, l.pick(func(n *ranked) bool { return slices.Contains(names, n.name) }))
		for _, s := range suspects {
			if a := l.assess(s); len(a.evidence) > 0 && a.score >= e.params.MinScore {
				caught[s.name] = true
			}
		}
		return caught, err
	}
	e.rank()
	frequent, rare := split(e.names, e.params)
	rare = slices.DeleteFunc(rare, func(n ranked) bool { return !slices.Contains(names, n.name) })
	pairs, err := simjoin.Join(ctx, namesOf(frequent), namesOf(rare), e.params.Similarity, e.workers)
	for _, p := range pairs {
		caught[rare[p.Right].name] = true
	}
	return caught, err
}

// examples are the counts of the examples.
func examples(mutants []string) map[string]int64 {
	counts := map[string]int64{}
	for _, name := range knownNormal {
		counts[executable(name)] += normalEvents
	}
	for _, name := range mutants {
		counts[name]++
	}
	return counts
}

// syntheticImpostors returns a mutant of each known name, with one letter inside
// replaced, and two that real malware used, but none that the day holds: it would
// be no test to plant what is there. They are the same in every run over a day;
// the notebook draws its own anew each time.
func syntheticImpostors(day *Counts) []string {
	var mutants []string
	for i, name := range knownNormal {
		rng := rand.New(rand.NewPCG(4688, uint64(i))) // of its own: one name taken changes no other mutant
		// A day may hold every mutant of a short name; then none is planted.
		for range 100 {
			m := mutate(rng, name)
			if !day.has(m) && !slices.Contains(mutants, m) && !slices.ContainsFunc(knownNormal, func(n string) bool { return executable(n) == m }) {
				mutants = append(mutants, m)
				break
			}
		}
	}
	for _, m := range []string{"scvhost.exe", "svch0st.exe"} {
		if !day.has(m) {
			mutants = append(mutants, m)
		}
	}
	return mutants
}

// mutate replaces one letter of the stem, neither the first nor the last.
func mutate(rng *rand.Rand, name string) string {
	stem, _, _ := strings.Cut(name, ".")
	at := 1 + rng.IntN(len(stem)-2)
	letter := byte('a' + rng.IntN(26))
	for letter == name[at] {
		letter = byte('a' + rng.IntN(26))
	}
	return executable(name[:at] + string(letter) + name[at+1:])
}

func executable(name string) string {
	if strings.Contains(name, ".") {
		return name
	}
	return name + ".exe"
}
