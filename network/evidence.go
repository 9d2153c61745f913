package network

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"sparkless/publish/anomaly"
	"sparkless/storage/printable"
)

// evidence is one thing that speaks against a process.
type evidence struct {
	anomaly.Reason
	weight     float64 // how much of the doubt that is left it takes away, 0 to 1
	techniques []string
}

// verdict is what is thought of one process with one parent.
type verdict struct {
	*entry
	score    float64
	rarity   float64
	hosts    int // with that name, on the day or before
	evidence []evidence
	seen     int // days before on which the name ran from that kind of folder
}

// suspect is an entry beside what else is known of its name.
type suspect struct {
	*fleet
	*entry
	*kin
	family  family
	verdict *verdict
	program string // the name without extension
	known   bool   // whether there are days before that know the name
	sure    float64
}

// judge weighs all that speaks against a process. Its score is
//
//	rarity · (1 - 3/4 · share of the days before on which it ran like that) · (1 - Π(1 - weight))
//
// where rarity is that over the fleet of the name, or of the name with this parent or
// folder where that is unusual, and the product is over the evidence.
func (f *fleet) judge(e *entry) *verdict {
	s := &suspect{fleet: f, entry: e, family: familyOf(e, f.settled), program: stem(e.name)}
	s.kin = f.kin[s.family]
	s.known = len(s.before) > 0
	s.sure = float64(f.historyDays) / float64(f.historyDays+2)
	v := &verdict{entry: e, hosts: f.atMost(s.kin.hosts)}
	s.verdict = v
	v.rarity = f.rarity(v.hosts)
	s.novelty()
	s.parentage()
	s.folder()
	s.commandLine()
	s.otherSides()
	s.rare()
	doubt, share := 1.0, 0.0
	for _, x := range v.evidence {
		doubt *= 1 - x.weight
	}
	if f.historyDays > 0 {
		share = float64(s.kin.days[way{e.place, e.parent}]) / float64(f.historyDays)
	}
	v.seen = s.daysIn[e.place]
	v.score = v.rarity * (1 - 0.75*min(share, 1)) * (1 - doubt)
	v.share()
	return v
}

// share gives each reason its share of the whole, and puts the weightiest first.
func (v *verdict) share() {
	sum := 0.0
	for _, x := range v.evidence {
		sum -= math.Log(1 - x.weight)
	}
	for i := range v.evidence {
		v.evidence[i].Weight = -math.Log(1-v.evidence[i].weight) / sum
	}
	slices.SortStableFunc(v.evidence, func(a, b evidence) int {
		if a.weight != b.weight {
			if a.weight > b.weight {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
}

// alike begins a sentence on the process, of which nothing is said where it is alone
// with its name.
func (s *suspect) alike() string {
	if s.family.drawn {
		return "what is named like " + printable.Text(s.family.name) + " "
	}
	return ""
}

func (s *suspect) add(weight float64, r anomaly.Reason, techniques ...string) {
	if weight > 0 {
		s.verdict.evidence = append(s.verdict.evidence, evidence{r, weight, techniques})
	}
}

// rare weighs the rarity of the name by itself. It is a reason where there is no other.
func (s *suspect) rare() {
	hosts := s.verdict.hosts
	weight := 0.3 * s.fleet.rarity(hosts)
	if weight < 0.05 && len(s.verdict.evidence) > 0 {
		return
	}
	r := anomaly.Reason{
		Name: "rare-process", Value: fmt.Sprintf("%d of %s", hosts, count(s.fleet.hosts, "host", "hosts")), Usual: "a process of most hosts",
		Why: fmt.Sprintf("%sconnects to the internet on %d of %s that do", s.alike(), hosts, count(s.fleet.hosts, "host", "hosts")),
	}
	if usual := s.usualProcess(s.family); usual != "" {
		r.Usual = usual + " of them"
		r.Why += ", " + usual
	}
	s.add(max(weight, 0.01), r)
}

// novelty weighs what no day before has.
func (s *suspect) novelty() {
	if s.historyDays == 0 {
		return
	}
	days := count(s.historyDays, "day", "days")
	if !s.known {
		s.add(0.3*s.sure, anomaly.Reason{Name: "first-seen", Value: "this day", Usual: "on none of " + days + " before",
			Why: fmt.Sprintf("%sdid not connect on any of %s before", s.alike(), days)})
		return
	}
	if from := &s.kin.known[hosts]; from.full || from.has(s.samples[hosts].values) {
		return
	}
	if first := s.samples[hosts].byCount(); len(first) > 0 {
		s.add(0.15*s.sure, anomaly.Reason{Name: "new-on-host", Value: first[0].text.text,
			Usual: "other hosts on " + days + " before",
			Why:   fmt.Sprintf("on %s it was not seen on %s before", printable.Text(first[0].text.text), days)})
	}
}

// parentage weighs a parent that the name seldom has.
func (s *suspect) parentage() {
	if s.parent == "" {
		return
	}
	with, total := s.atMost(s.parents.hosts[s.parent]), s.verdict.hosts
	text, n := s.parents.usual(s.parent, "")
	odd := text != "" && 10*with <= total
	r := anomaly.Reason{Name: "unusual-parent", Value: s.parent,
		Why: fmt.Sprintf("started by %s on %s", printable.Text(s.parent), count(with, "host", "hosts"))}
	if text != "" {
		r.Usual = fmt.Sprintf("%s (%d of %s)", printable.Text(text), n, count(total, "host", "hosts"))
		r.Why += ", usually by " + printable.Text(text)
	}
	shell := slices.Contains(shells(), s.program) || carriers()[s.program] != ""
	switch {
	case shell && slices.Contains(documents(), stem(s.parent)):
		if text == "" {
			r.Usual = "no program that shows what others sent"
		}
		s.add(0.6, r, "T1204.002")
		s.verdict.rarity = max(s.verdict.rarity, s.fleet.rarity(with))
	case odd:
		s.add(0.45, r)
		s.verdict.rarity = max(s.verdict.rarity, s.fleet.rarity(with))
	}
}

// folder weighs where the program runs from.
func (s *suspect) folder() {
	r := anomaly.Reason{Name: s.place.String() + "-folder", Value: s.place.String()}
	if p := s.samples[paths].byCount(); len(p) > 0 {
		r.Value = p[0].text.text
	}
	r.Why = "runs from " + article(s.place.String()) + " folder, " + printable.Text(r.Value)
	text, n := s.places.usual(s.place.String(), unknown.String())
	if text != "" {
		n = s.atMost(n)
		r.Usual = fmt.Sprintf("%s folder (%s)", article(text), count(n, "host", "hosts"))
		r.Why += ", usually from " + r.Usual
	} else if usual := s.usualPlace(s.place); usual != "" {
		r.Usual = usual
		r.Why += ", others from " + usual
	}
	with := s.atMost(s.places.hosts[s.place.String()])
	other := n > 0 && 10*with <= n
	switch {
	case s.place == passing && !other:
		s.add(0.5, r)
	case other && s.place != elsewhere && s.place != unknown && s.place != system && s.place != installed:
		s.add(0.55, r, "T1036.005")
	case s.place == downloaded:
		s.add(0.3, r)
	case s.place == profile || s.place == shared:
		s.add(0.1, r)
	case other && s.place != unknown:
		s.add(0.2, r)
	default:
		return
	}
	if other {
		s.verdict.rarity = max(s.verdict.rarity, s.fleet.rarity(with))
	}
}

// commandLine weighs what the process is and what it was told.
func (s *suspect) commandLine() {
	technique := carriers()[s.program]
	if technique == "" && isShell(s.entry) {
		s.seldom(0.25, anomaly.Reason{Name: "shell", Value: s.name, Why: "runs commands or scripts, and connects by itself"}, isShell, shellTechnique(s.program))
	}
	if technique != "" {
		s.seldom(0.35, anomaly.Reason{Name: "system-tool", Value: s.name, Why: "can fetch or run what others wrote, and seldom connects"}, isTool, technique)
	}
	lines := s.samples[commands].byCount()
	for _, line := range lines {
		if shell := shellOn(line.text.text, s.program); shell != "" {
			s.seldom(0.3, anomaly.Reason{Name: "shell-on-command-line", Value: line.text.text,
				Why: fmt.Sprintf("its command line names %s", shell)}, namesShell, shellTechnique(shell))
			break
		}
	}
	for _, line := range lines {
		if what := suspicious(line.text.text, technique != ""); what != "" {
			s.seldom(0.35, anomaly.Reason{Name: "command-line", Value: line.text.text, Why: "its command line has " + what}, hides, "T1105")
			break
		}
	}
}

// seldom adds a trait, beside on how many hosts nothing has it.
func (s *suspect) seldom(weight float64, r anomaly.Reason, has func(*entry) bool, techniques ...string) {
	r.Usual = "some on all of " + count(s.today, "host", "hosts")
	if hosts := s.without(r.Name, has); hosts != "" {
		r.Usual = "none on " + hosts
		r.Why += " (none on " + hosts + ")"
	}
	s.add(weight, r, techniques...)
}

func shellTechnique(shell string) string {
	switch shell {
	case "powershell", "pwsh", "powershell_ise":
		return "T1059.001"
	case "cmd":
		return "T1059.003"
	case "wscript", "cscript":
		return "T1059.005"
	case "mshta":
		return "T1218.005"
	}
	return "T1059.004"
}

// otherSides weighs what the process connects to.
func (s *suspect) otherSides() {
	if s.named == 0 && s.fleet.withName >= 0.5 {
		s.add(0.2, anomaly.Reason{Name: "address-without-name", Value: first(s.samples[remotes]),
			Usual: fmt.Sprintf("a name, in %.0f %% of all connections", 100*s.fleet.withName),
			Why:   fmt.Sprintf("connects to addresses that it has no name of, as %.0f %% of all connections have", 100*s.fleet.withName)}, "T1071")
	}
	for _, p := range s.samples[ports].byCount() {
		number, _, _ := strings.Cut(p.text.text, "/")
		if s.ports[p.text.text] <= 2 && !slices.Contains(usualPorts(), number) {
			r := anomaly.Reason{Name: "unusual-port", Value: p.text.text, Usual: "443/tcp, 80/tcp",
				Why: fmt.Sprintf("connects to port %s, which %s", printable.Text(p.text.text), count(s.ports[p.text.text], "program uses", "programs use"))}
			if usual := s.usualPort(p.text.text); usual != "" {
				r.Usual = usual
				r.Why += ", usually " + usual
			}
			s.add(0.3, r, "T1571")
			break
		}
	}
	n := s.samples[remotes].number(keeps()[remotes])
	if n >= 50 && float64(n) > 10*s.fleet.remotes {
		s.add(0.15, anomaly.Reason{Name: "many-destinations", Value: fmt.Sprint("about ", n), Usual: fmt.Sprintf("%.0f", s.fleet.remotes),
			Why: fmt.Sprintf("connects to about %d addresses, half of all processes to %.0f at most", n, s.fleet.remotes)})
	}
	s.newSides()
}

// newSides weighs destinations that the name never had: by itself it is little.
func (s *suspect) newSides() {
	from := &s.kin.known[remotes]
	if !s.known || from.full {
		return
	}
	for _, r := range s.samples[remotes].byCount() {
		if !from.hashes[r.hash] {
			s.add(0.05, anomaly.Reason{Name: "new-destination", Value: r.text.text, Usual: "other addresses on the days before",
				Why: fmt.Sprintf("connects to %s, new for it", r.text.text)})
			return
		}
	}
}

func first(s sample) string {
	if all := s.byCount(); len(all) > 0 {
		return all[0].text.text
	}
	return ""
}
