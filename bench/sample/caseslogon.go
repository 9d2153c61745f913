package sample

import (
	"fmt"
	"math/rand/v2"
)

// cases plants attacks on passwords, and what follows them, on the last day. Whom they
// hit is drawn; nobody is hit twice.
func (h *habits) cases() {
	rng := rand.New(rand.NewPCG(h.cfg.Seed, caseStream))
	var people []*account
	for _, i := range rng.Perm(len(h.estate.users)) {
		if u := h.estate.users[i]; h.own[u] != nil {
			people = append(people, u)
		}
	}
	if len(people) < 6 || h.estate.servers < 3 {
		return // too small a company for cases
	}
	l := &logonCases{habits: h, rng: rng, people: people}
	l.bruteForce(Blatant, 400+rng.IntN(300), clock(2, 0), clock(0, 25))
	l.bruteForce(Plain, 60+rng.IntN(40), clock(11, 0), clock(2, 0))
	l.bruteForce(Subtle, 18+rng.IntN(8), clock(8, 0), clock(9, 0))
	l.guessed(Plain, 35+rng.IntN(20))
	l.guessed(Subtle, 9+rng.IntN(4))
	l.spray(Blatant, 70+rng.IntN(20), clock(4, 0), clock(0, 15))
	l.spray(Plain, 22+rng.IntN(8), clock(13, 0), clock(1, 0))
	l.spray(Subtle, 8+rng.IntN(4), clock(9, 0), clock(8, 0))
	l.breadth(Blatant, 30+rng.IntN(15), clock(3, 0), clock(0, 40))
	l.breadth(Subtle, 9+rng.IntN(3), clock(10, 0), clock(5, 0))
	l.service()
}

type logonCases struct {
	*habits
	rng    *rand.Rand
	people []*account
	source int
}

// next is somebody whom nothing has hit.
func (l *logonCases) next() *account {
	u := l.people[0]
	if len(l.people) > 1 {
		l.people = l.people[1:]
	}
	return u
}

// stranger is a machine that is none of the company's: an address within its network.
func (l *logonCases) stranger() *machine {
	l.source++
	return &machine{name: fmt.Sprintf("DESKTOP-%04X", 0x1000+l.rng.IntN(0xf000)), ip: fmt.Sprintf("10.250.%d.%d", l.source, 4+l.rng.IntN(250))}
}

func (l *logonCases) within(from, span int64) int64 { return from + l.rng.Int64N(span) }

func (l *logonCases) add(c Case) {
	c.Hunt = "logon"
	l.generator.cases = append(l.generator.cases, c)
}

func (l *logonCases) bruteForce(strength string, failures int, from, span int64) {
	u, source, dc := l.next(), l.stranger(), l.estate.machines[0]
	for range failures {
		l.logOn(l.failed, l.within(from, span), u, dc, source, overNetwork())
	}
	l.add(Case{Kind: "brute-force", Entity: u.plain(), Strength: strength, Events: failures, Hosts: hostsOf(dc),
		What: fmt.Sprintf("%d wrong passwords from %s", failures, source.ip)})
}

// guessed is a brute force that ends with the password.
func (l *logonCases) guessed(strength string, failures int) {
	u, source, m := l.next(), l.stranger(), pick(l.rng, l.estate.serverList())
	from := clock(float64(14+l.rng.IntN(4)), 0)
	for i := range failures {
		l.logOn(l.failed, from+int64(i)*20*ticksPerSecond, u, m, source, overNetwork())
	}
	l.logOn(l.ntlm, from+int64(failures+1)*20*ticksPerSecond, u, m, source, overNetwork())
	l.add(Case{Kind: "success-after-failures", Entity: u.plain(), Strength: strength, Events: failures + 1, Hosts: hostsOf(m),
		What: fmt.Sprintf("%d wrong passwords from %s, then the right one", failures, source.ip)})
}

// spray tries a password or two on many accounts.
func (l *logonCases) spray(strength string, accounts int, from, span int64) {
	source, dc, events := l.stranger(), l.estate.machines[0], 0
	for _, i := range l.rng.Perm(len(l.estate.users))[:min(accounts, len(l.estate.users))] {
		for range 1 + l.rng.IntN(2) {
			l.logOn(l.failed, l.within(from, span), l.estate.users[i], dc, source, overNetwork())
			events++
		}
	}
	l.add(Case{Kind: "password-spraying", Entity: source.ip, Strength: strength, Events: events, Hosts: hostsOf(dc),
		What: fmt.Sprintf("one or two wrong passwords on each of %d accounts", min(accounts, len(l.estate.users)))})
}

// breadth is somebody on many machines at once.
func (l *logonCases) breadth(strength string, machines int, from, span int64) {
	u := l.next()
	own := l.own[u]
	var reached []*machine
	all := l.estate.machines[l.estate.controllers:]
	for _, i := range l.rng.Perm(len(all))[:min(machines, len(all))] {
		reached = append(reached, all[i])
		l.logOn(l.ntlm, l.within(from, span), u, all[i], own, overNetwork())
	}
	l.add(Case{Kind: "lateral-breadth", Entity: u.plain(), Strength: strength, Events: len(reached), Hosts: hostsOf(reached...),
		What: fmt.Sprintf("%d machines reached from %s, of which a few are usual", len(reached), own.name)})
}

// service is a service account that somebody sits in front of.
func (l *logonCases) service() {
	var a *account
	for _, s := range l.estate.service {
		if s.name == "svc-orders" {
			a = s
		}
	}
	var reached []*machine
	machines := l.estate.workstations()
	for _, i := range l.rng.Perm(len(machines))[:min(6, len(machines))] {
		reached = append(reached, machines[i])
		l.logOn(l.local, l.within(clock(19, 0), clock(1, 0)), a, machines[i], pick(l.rng, machines), remoteInteractive())
	}
	l.add(Case{Kind: "service-account", Entity: a.plain(), Strength: Plain, Events: len(reached), Hosts: hostsOf(reached...),
		What: fmt.Sprintf("a service account at the desktops of %d workstations", len(reached))})
}
