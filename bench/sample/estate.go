package sample

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// The company does not exist; .example is reserved for such.
const (
	netbios = "BRACKWATER"
	dnsName = "corp.brackwater.example"
)

// roles is a set of kinds of machines.
type roles uint8

const (
	dcs roles = 1 << iota
	srv
	wks
	sd  = dcs | srv
	ws  = srv | wks
	all = dcs | srv | wks
)

// who starts a program.
type who uint8

const (
	sys who = iota // the machine itself
	loc            // LOCAL SERVICE
	net            // NETWORK SERVICE
	usr            // whoever works there
	own            // the machine, on behalf of whoever works there
	svc            // a service account; the machine on a workstation
)

type account struct {
	domain, name, sid string
	full              string // DOMAIN\name, escaped
	folder            string // below C:\Users
	logonID           string
	label, elevation  string // integrity level and token type of its processes
}

func newAccount(domain, name, sid, logonID string) *account {
	a := &account{domain: domain, name: name, sid: sid, full: domain + `\\` + name, folder: name, logonID: logonID}
	switch {
	case a.kind() == "Machine":
		a.label, a.elevation = "S-1-16-16384", "%%1936"
	case strings.HasPrefix(name, "adm-"), strings.HasPrefix(name, "svc-"):
		a.label, a.elevation = "S-1-16-12288", "%%1937"
	default:
		a.label, a.elevation = "S-1-16-8192", "%%1938"
	}
	return a
}

// kind is the value of the column AccountType.
func (a *account) kind() string {
	if strings.HasSuffix(a.name, "$") || a.domain == "NT AUTHORITY" {
		return "Machine"
	}
	return "User"
}

// field gives what a placeholder like {subject.sid} asks for.
func (a *account) field(name string) string {
	switch name {
	case "account":
		return a.full
	case "domain":
		return a.domain
	case "logonid":
		return a.logonID
	case "sid":
		return a.sid
	default: // name
		return a.name
	}
}

type machine struct {
	role                            roles
	name, fqdn, id, resource, ip    string
	account, localSystem, netCaller *account // the machine's own account under its three identities
	user                            *account // who mostly works there
	quiet                           bool     // does not audit command lines
}

// estate is the company's machines and people: the domain controllers first,
// then the servers, then the workstations.
type estate struct {
	machines               []*machine
	controllers, servers   int
	users, admins, service []*account
	nobody, localService   *account
	domainSID              string
}

// newEstate invents hosts machines and the people who work with them.
func newEstate(rng *rand.Rand, hosts int, subscription string) *estate {
	e := &estate{
		controllers:  min(max(hosts/60, 1), 20),
		servers:      max(hosts/5, 1),
		nobody:       &account{domain: "-", name: "-", sid: "S-1-0-0", full: `-\\-`, logonID: "0x0"},
		localService: newAccount("NT AUTHORITY", "LOCAL SERVICE", "S-1-5-19", "0x3e5"),
		domainSID:    fmt.Sprintf("S-1-5-21-%d-%d-%d", rng.Uint32(), rng.Uint32(), rng.Uint32()),
	}
	e.addPeople(rng, max(hosts-e.controllers-e.servers, 1))
	for i := range hosts {
		e.machines = append(e.machines, e.newMachine(rng, i, subscription))
	}
	return e
}

func (e *estate) person(rng *rand.Rand, name string) *account {
	sid := fmt.Sprintf("%s-%d", e.domainSID, 1100+3*(len(e.users)+len(e.admins)+len(e.service)))
	return newAccount(netbios, name, sid, fmt.Sprintf("0x%x", 0x40000+rng.Uint32N(0xfffffff)))
}

func (e *estate) addPeople(rng *rand.Rand, n int) {
	given, family := strings.Fields(givenNames), strings.Fields(familyNames)
	seen := map[string]int{}
	for range n {
		name := given[rng.IntN(len(given))][:1] + "." + family[rng.IntN(len(family))]
		if seen[name]++; seen[name] > 1 {
			name = fmt.Sprint(name, seen[name])
		}
		e.users = append(e.users, e.person(rng, name))
	}
	for range 9 {
		e.admins = append(e.admins, e.person(rng, "adm-"+family[rng.IntN(len(family))]))
	}
	for _, name := range strings.Fields("svc-sql svc-backup svc-web svc-orders svc-sccm svc-monitor svc-scan") {
		e.service = append(e.service, e.person(rng, name))
	}
}

func (e *estate) newMachine(rng *rand.Rand, i int, subscription string) *machine {
	m := &machine{ip: fmt.Sprintf("10.%d.%d.%d", 20+i/60_000, i/250%240, 4+i%250), quiet: rng.IntN(8) == 0}
	sites := strings.Fields("HAM LEJ OSL RTM GDN")
	switch {
	case i < e.controllers:
		m.role, m.name = dcs, fmt.Sprintf("DC%02d", i+1)
	case i < e.controllers+e.servers:
		tasks := strings.Fields("FILE SQL WEB APP PRT CFG BKP RDS BUILD ORD")
		k := i - e.controllers
		m.role, m.name = srv, fmt.Sprintf("SRV-%s-%02d", tasks[k%len(tasks)], k/len(tasks)+1)
	default:
		kinds := strings.Fields("LT LT LT WS")
		m.role, m.name = wks, fmt.Sprintf("%s-%s%05d", sites[rng.IntN(len(sites))], kinds[rng.IntN(4)], i)
	}
	m.fqdn = m.name + "." + dnsName
	m.id = string(appendGUID(nil, rng))
	provider := "microsoft.hybridcompute/machines"
	if m.role == srv && i%2 == 0 {
		provider = "microsoft.compute/virtualmachines"
	}
	m.resource = fmt.Sprintf("/subscriptions/%s/resourcegroups/rg-hosts/providers/%s/%s", subscription, provider, strings.ToLower(m.name))
	m.account = newAccount(netbios, m.name+"$", fmt.Sprintf("%s-%d", e.domainSID, 50_000+i), fmt.Sprintf("0x%x", 0x9000000+i*0x1357))
	m.localSystem = newAccount(netbios, m.name+"$", "S-1-5-18", "0x3e7")
	m.netCaller = newAccount(netbios, m.name+"$", "S-1-5-20", "0x3e4")
	m.user = e.users[i%len(e.users)]
	if m.role != wks {
		m.user = e.admins[i%len(e.admins)]
	}
	return m
}

// machine draws one that has a role of r; the order of machines makes every
// such set a range.
func (e *estate) machine(rng *rand.Rand, r roles) *machine {
	from, to := 0, len(e.machines)
	if r&dcs == 0 {
		from = e.controllers
		if r&srv == 0 {
			from += e.servers
		}
	}
	if r&wks == 0 {
		to = e.controllers + e.servers
		if r&srv == 0 {
			to = e.controllers
		}
	}
	return e.machines[from+rng.IntN(to-from)]
}

// worker draws who works at m just now: mostly the usual one.
func (e *estate) worker(rng *rand.Rand, m *machine) *account {
	switch {
	case rng.IntN(16) > 0:
		return m.user
	case m.role == wks && rng.IntN(2) > 0:
		return pick(rng, e.users)
	default:
		return pick(rng, e.admins)
	}
}

// cast sets who starts a program, and for whom.
func (e *estate) cast(s *scene, w who) {
	s.person = e.worker(s.rng, s.on)
	s.subject, s.target = s.on.localSystem, e.nobody
	switch w {
	case loc:
		s.target = e.localService
	case net:
		s.target = s.on.netCaller
	case usr:
		s.subject = s.person
	case own:
		s.target = s.person
	case svc:
		if s.on.role != wks {
			s.subject = e.service[s.rng.IntN(len(e.service))]
			s.person = s.subject
		}
	}
	s.account = s.subject
}

// runsAs is the account of the new process: the target, if there is one.
func (e *estate) runsAs(s *scene) *account {
	if s.target == e.nobody {
		return s.subject
	}
	return s.target
}

const (
	givenNames = `anna arne astrid bea bjorn carla chen dana david elif emil eva farid femke finn greta
		hanna henrik ida igor ines jan jana jonas kaja karim lars lena lukas maja marek mia miguel nadia
		nils nora olga omar paula per petra priya quentin rasmus rosa sam sara sofie tim tom ulla urs
		vera viktor wim xenia yara yusuf zoe`
	familyNames = `adler ahmed andersen bakker becker berg bosch brandt carlsen costa dahl demir dietrich
		eriksen fabian fischer frank garcia gruber haas hansen hartmann heller holm horn ivanova jansen
		jensen kaiser keller khan klein koch kowalski kramer kruse lange larsen lehmann lind lorenz
		marek maurer meier mikkelsen müller nagel neumann nguyen nilsen novak olsen ott patel pedersen
		pohl rademacher rossi sander santos sauer schmidt schulz silva simon solberg sommer stein strand
		svensson tanaka thomsen ulrich vogel wagner weber winkler wolf ziegler zimmermann`
)
