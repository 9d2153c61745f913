package sample

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// Case is something planted that a hunt is to find.
type Case struct {
	Hunt string // logon, process or network
	Kind string // such as brute-force
	// Entity is whom or what a finding of it is about: DOMAIN\user, or the address that a
	// spraying comes from; the path of the program in lower case; or the file name of the
	// process that connects, in lower case.
	Entity   string
	Strength string // Blatant, Plain or Subtle
	Events   int    // that belong to it
	Hosts    []string
	What     string // in a sentence
}

// How well a case can be told from what is usual. What is subtle may pass.
const (
	Blatant = "blatant"
	Plain   = "plain"
	Subtle  = "subtle"
)

// The streams of random numbers of habits and cases, apart from those of all else.
const (
	habitStream   = 1 << 41
	dayStream     = 1 << 42
	caseStream    = 1 << 43
	happenStream  = 1 << 44
	networkStream = 1 << 45
)

// happening is one line of a habit or a case: a record with its scene.
type happening struct {
	record template
	scene  scene
}

// addCases draws the habits of the day and, on the last day, the cases.
func (g *generator) addCases() {
	g.extra = make([][]happening, windowCount)
	g.planted = map[string]int{}
	h := g.newHabits()
	h.day()
	if g.cfg.Earlier == 0 {
		h.cases()
		g.processCases()
	}
	for _, list := range g.extra {
		slices.SortStableFunc(list, func(a, b happening) int { return int(a.scene.at - b.scene.at) })
	}
}

// happen adds a line at a time of the day, in ticks; what lies outside the day is left
// out, and reported.
func (g *generator) happen(record template, s scene) bool {
	w := s.at / windowTicks
	if s.at < 0 || w >= windowCount {
		return false
	}
	g.extra[w] = append(g.extra[w], happening{record, s})
	return true
}

// appendHappenings writes the lines of a window that are not of the usual noise.
func (g *generator) appendHappenings(data []byte, w int) ([]byte, int) {
	if g.extra == nil {
		return data, 0
	}
	rng := rand.New(rand.NewPCG(g.cfg.Seed+uint64(g.cfg.Earlier)<<32, happenStream+uint64(w)))
	for i := range g.extra[w] {
		h := &g.extra[w][i]
		h.scene.rng = rng
		data = g.appendRecord(data, h.record, &h.scene)
	}
	return data, len(g.extra[w])
}

// clock is a time of the day in ticks.
func clock(hour, minute float64) int64 { return int64((hour*3600 + minute*60) * ticksPerSecond) }

// hostsOf are the names of machines, sorted, each once.
func hostsOf(machines ...*machine) []string {
	var list []string
	for _, m := range machines {
		list = append(list, m.fqdn)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// plain is an account as findings write it.
func (a *account) plain() string { return strings.ReplaceAll(a.full, `\\`, `\`) }

// workstations are the machines of people.
func (e *estate) workstations() []*machine { return e.machines[e.controllers+e.servers:] }

// serverList are the servers, without domain controllers.
func (e *estate) serverList() []*machine { return e.machines[e.controllers : e.controllers+e.servers] }

// owners are the machines that people work at, the first of each.
func (e *estate) owners() map[*account]*machine {
	own := map[*account]*machine{}
	for _, m := range e.machines {
		if own[m.user] == nil {
			own[m.user] = m
		}
	}
	return own
}
