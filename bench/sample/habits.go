package sample

import "math/rand/v2"

// habits are how everybody logs on, day after day.
type habits struct {
	*generator
	rng *rand.Rand // of the day
	own map[*account]*machine
	// The records of logons.
	kerberos, ntlm, local, failed template
}

const (
	noSubject = `"SubjectAccount":"-\\-","SubjectUserName":"-","SubjectDomainName":"-","SubjectLogonId":"0x0","SubjectUserSid":"S-1-0-0",`
	outbound  = `"TargetLinkedLogonId":"0x0","TargetOutboundDomainName":"-","TargetOutboundUserName":"-","TransmittedServices":"-","VirtualAccount":"%%1843","WorkstationName":"{workstation}",`
	fromThere = `"IpAddress":"{source}","IpPort":"{port}",`
)

func (g *generator) newHabits() *habits {
	success := func(columns string) template {
		return g.recordTemplate(eventKind{id: 4624, task: 12544, title: "An account was successfully logged on.", account: "target", columns: columns})
	}
	network := func(system string) template {
		return success(`"AuthenticationPackageName":"` + system + `","ElevatedToken":"%%1842",` + fromThere +
			`"KeyLength":0,"LmPackageName":"-","LogonGuid":"{logonguid}","LogonProcessName":"` + system + `","LogonType":3,"LogonTypeName":"3 - Network","ProcessId":"0x0","ProcessName":"-","RestrictedAdminMode":"-",` +
			noSubject + targetColumns + outbound)
	}
	return &habits{
		generator: g,
		own:       g.estate.owners(),
		rng:       rand.New(rand.NewPCG(g.cfg.Seed, dayStream+uint64(g.cfg.Earlier))),
		kerberos:  network("Kerberos"),
		ntlm:      network("NTLM"),
		local: success(`"AuthenticationPackageName":"Negotiate","ElevatedToken":"%%1842",` + fromThere + `"KeyLength":0,` + logonColumns +
			`"ProcessId":"{pid}","ProcessName":"C:\\Windows\\System32\\svchost.exe","RestrictedAdminMode":"-",` + subjectColumns + targetColumns + outbound),
		failed: g.recordTemplate(eventKind{id: 4625, task: 12544, title: "An account failed to log on.", account: "target",
			columns: `"AuthenticationPackageName":"NTLM","FailureReason":"%%2313",` + fromThere +
				`"KeyLength":0,"LmPackageName":"-","LogonProcessName":"NtLmSsp ","LogonType":{logon},"LogonTypeName":"{logonname}","ProcessId":"0x0","ProcessName":"-","Status":"0xc000006d","SubStatus":"{substatus}",` + noSubject +
				`"TargetAccount":"{target.account}","TargetUserName":"{target.name}","TargetDomainName":"{target.domain}","TargetUserSid":"S-1-0-0","TransmittedServices":"-","WorkstationName":"{workstation}",`}),
	}
}

// Why a logon fails.
const (
	wrongPassword = "0xc000006a"
	noSuchUser    = "0xc0000064"
)

// logOn adds one logon of who, on a machine, from another.
func (h *habits) logOn(record template, at int64, who *account, on, from *machine, kind logon) {
	s := scene{at: at, on: on, subject: on.localSystem, target: who, account: who, person: who, logon: kind,
		source: from.ip, workstation: from.name, subStatus: wrongPassword}
	h.happen(record, s)
}

// Kinds of logons.
func interactive() logon       { return logon{"2", "2 - Interactive", ""} }
func remoteInteractive() logon { return logon{"10", "10 - RemoteInteractive", ""} }
func unlock() logon            { return logon{"7", "7 - Unlock", ""} }
func overNetwork() logon       { return logon{"3", "3 - Network", ""} }
func asService() logon         { return logon{"5", "5 - Service", ""} }

// day adds the habits of everybody.
func (h *habits) day() {
	weekday := h.cfg.Day.UTC().Weekday()
	weekend := weekday == 0 || weekday == 6
	for i, u := range h.estate.users {
		if m := h.own[u]; m != nil {
			h.user(i, u, m, weekend)
		}
	}
	for i, a := range h.estate.admins {
		h.admin(i, a, weekend)
	}
	h.services()
	for _, m := range h.estate.workstations() {
		for range 3 + h.rng.IntN(5) {
			h.logOn(h.kerberos, h.rng.Int64N(clock(24, 0)), m.account, h.estate.machines[h.rng.IntN(h.estate.controllers)], m, overNetwork())
		}
	}
}

// habit is a stream that is the same for somebody on all days.
func (h *habits) habit(kind, i int) *rand.Rand {
	return rand.New(rand.NewPCG(h.cfg.Seed, habitStream+uint64(kind)<<32+uint64(i)))
}

// working draws a time of a working day.
func (h *habits) working() int64 { return clock(7.5, 0) + h.rng.Int64N(clock(10, 0)) }

// user logs on at the own machine, unlocks it, and reaches some servers; types a wrong
// password now and then. A few have a device with an old password that tries all day.
func (h *habits) user(i int, u *account, m *machine, weekend bool) {
	habit := h.habit(1, i)
	servers := h.estate.serverList()
	favourites := make([]*machine, 2+habit.IntN(4))
	for k := range favourites {
		favourites[k] = servers[habit.IntN(len(servers))]
	}
	visits, unlocks, stale := 1+habit.IntN(6), 1+habit.IntN(8), habit.IntN(12) == 0
	failures := 4 + habit.IntN(12)
	if weekend && h.rng.IntN(10) > 0 || h.rng.IntN(16) == 0 {
		return
	}
	h.logOn(h.local, h.working()/2+clock(3.75, 0), u, m, m, interactive())
	for range unlocks + h.rng.IntN(3) {
		h.logOn(h.local, h.working(), u, m, m, unlock())
	}
	for _, f := range favourites {
		for range 1 + h.rng.IntN(2*visits) {
			h.logOn(h.kerberos, h.working(), u, f, m, overNetwork())
		}
	}
	for range max(h.rng.IntN(8)-5, 0) {
		h.logOn(h.failed, h.working(), u, m, m, interactive())
	}
	if stale {
		for range failures + h.rng.IntN(4) {
			h.logOn(h.failed, h.rng.Int64N(clock(24, 0)), u, h.estate.machines[0], m, overNetwork())
		}
	}
}

// admin reaches many servers every day, more on some.
func (h *habits) admin(i int, a *account, weekend bool) {
	habit := h.habit(2, i)
	servers := h.estate.serverList()
	from := h.estate.workstations()[habit.IntN(len(h.estate.workstations()))]
	n := min(3+habit.IntN(8), len(servers))
	usual := habit.Perm(len(servers))[:n]
	if weekend && h.rng.IntN(4) > 0 {
		return
	}
	for _, k := range usual {
		for range 1 + h.rng.IntN(3) {
			h.logOn(h.kerberos, h.working(), a, servers[k], from, overNetwork())
		}
		if h.rng.IntN(3) == 0 {
			h.logOn(h.local, h.working(), a, servers[k], from, remoteInteractive())
		}
	}
}

// services log on by the clock: the backup to every server at night, the monitor to all
// of them all day; the scanner fails on many machines, as it always does.
func (h *habits) services() {
	servers := h.estate.serverList()
	for i, a := range h.estate.service {
		habit := h.habit(3, i)
		from := servers[habit.IntN(len(servers))]
		own := habit.Perm(len(servers))[:min(2+habit.IntN(4), len(servers))]
		switch a.name {
		case "svc-backup":
			for k, m := range servers {
				h.logOn(h.ntlm, clock(1, float64(k))+h.rng.Int64N(clock(0, 2)), a, m, from, overNetwork())
			}
		case "svc-monitor":
			for _, m := range servers {
				for hour := range 4 {
					h.logOn(h.kerberos, clock(float64(6*hour), 0)+h.rng.Int64N(clock(1, 0)), a, m, from, overNetwork())
				}
			}
		case "svc-scan":
			for k, m := range h.estate.machines[:min(60, len(h.estate.machines))] {
				record := h.ntlm
				if k%2 == 0 {
					record = h.failed
				}
				h.logOn(record, clock(22, 0)+h.rng.Int64N(clock(1, 30)), a, m, from, overNetwork())
			}
		default:
			for _, k := range own {
				for range 10 + h.rng.IntN(5) {
					h.logOn(h.local, h.rng.Int64N(clock(24, 0)), a, servers[k], servers[k], asService())
				}
			}
		}
	}
}
