package masquerade

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sparkless/masquerade/windows"
	"sparkless/storage/event"
)

// happened is one process creation of a made-up estate. none stands for a column
// that is absent.
type happened struct {
	at                           int64
	process, path, host          string
	parent, account, commandLine string
}

func (h happened) record() *event.Record {
	return record(h.at, h.process, h.path, h.host, h.parent, h.account, h.commandLine)
}

// name is the process name: of the column Process, or else of the path.
func (h happened) name() (name string, has bool) {
	base := h.path[strings.LastIndexAny(h.path, `\/`)+1:]
	switch {
	case h.process != "" && h.process != none:
		return oracleLower(h.process), true
	case h.path != none && base != "":
		return oracleLower(base), true
	}
	return "", h.process != none || h.path != none
}

func countsOf(events []happened) *Counts {
	c := NewCounts()
	for _, h := range events {
		c.Add(h.record())
	}
	return c
}

// The parts that estates are made of.
var (
	estateNames = []string{"svchost.exe", "lsass.exe", "explorer.exe", "csrss.exe", "smss.exe", "services.exe", "winlogon.exe", "rundll32.exe", "conhost.exe",
		"cmd.exe", "powershell.exe", "notepad.exe", "more.com", "msmpeng.exe", "taskhostw.exe", "calc.exe", "ipconfig.exe",
		"chrome.exe", "teams.exe", "outlook.exe", "acrobat.exe", "backupagent.exe", "backup_agent.exe", "updater.exe", "java.exe", "javaw.exe", "clientservice.exe", "monitoringagent.exe",
		"setup-1.2.3.exe", "setup-1.2.4.exe", "is-3fa9c.tmp", "is-7b0de.tmp", "tool32.exe", "tool64.exe", "agentd", "mpam-1.exe", "driverhelper.exe", "driverhe1per.exe", "документ.exe", "setup-1.2.5.exe", "tool64.exe", "clock.exe"}
	estateFolders = []string{`C:\Windows\System32`, `C:\Windows\System32`, `C:\WINDOWS\system32`, `\Device\HarddiskVolume2\Windows\System32`, `C:\Windows\SysWOW64`, `C:\Windows`, `C:\Windows\Temp`,
		`C:\Users\jo\AppData\Local`, `C:\Users\Public`, `C:\Program Files\Vendor`, `C:\Program Files (x86)\Vendor`, `C:\PROGRA~1\Vendor`, `\\srv1\tools`, `\\srv2\tools`, `D:\Tools`,
		`C:\Windows\System32\DriverStore\FileRepository\x.inf`, `C:\ProgramData\Package Cache\{1}`, `C:\ProgramData\x`, `C:\Windows\SoftwareDistribution\Download`, `C:`, ``}
	estateParents = []string{`C:\Windows\System32\services.exe`, `C:\Windows\System32\svchost.exe`, `C:\Windows\explorer.exe`, `C:\Temp\services.exe`, `C:\Windows\System32\smss.exe`,
		`C:\Windows\System32\wininit.exe`, `\SystemRoot\System32\smss.exe`, "System", "-", "", none}
)

// disguises turn a name into an impostor's.
var disguises = []func(*rand.Rand, string) string{
	func(rng *rand.Rand, name string) string {
		return onStem(name, func(s string) string { return edited(rng, s) })
	},
	func(rng *rand.Rand, name string) string {
		return onStem(name, func(s string) string { return edited(rng, edited(rng, s)) })
	},
	func(rng *rand.Rand, name string) string {
		return onStem(name, func(s string) string { return edited(rng, edited(rng, edited(rng, s))) })
	},
	func(rng *rand.Rand, name string) string {
		return onStem(name, func(s string) string { return transposed(rng, s) })
	},
	func(rng *rand.Rand, name string) string {
		return onStem(name, strings.NewReplacer("o", "0", "s", "5").Replace)
	},
	func(rng *rand.Rand, name string) string {
		return onStem(name, strings.NewReplacer("l", "I", "i", "l").Replace)
	},
	func(rng *rand.Rand, name string) string {
		return onStem(name, strings.NewReplacer("m", "rn", "w", "vv", "d", "cl").Replace)
	},
	func(rng *rand.Rand, name string) string {
		return strings.NewReplacer("c", "с", "o", "о", "e", "е").Replace(name)
	}, // Cyrillic
	func(rng *rand.Rand, name string) string {
		return strings.NewReplacer("a", "ａ", "k", "\u212A").Replace(name)
	},
	func(rng *rand.Rand, name string) string {
		return onStem(name, func(s string) string { return s + "\u200b" })
	},
	func(rng *rand.Rand, name string) string {
		return onStem(name, func(s string) string { return s + "\u0301" })
	},
	func(rng *rand.Rand, name string) string {
		return onStem(name, func(s string) string { return s + []string{"32", "_", "1", "x", "s", "-update", " "}[rng.IntN(7)] })
	},
	func(rng *rand.Rand, name string) string { return []string{"my-", "1", "x", "the_"}[rng.IntN(4)] + name },
	func(rng *rand.Rand, name string) string {
		return onStem(name, func(s string) string { return s + ".pdf" })
	},
	func(rng *rand.Rand, name string) string {
		return onStem(name, func(s string) string { return s + "\u202egpj" })
	},
	func(rng *rand.Rand, name string) string {
		return name + []string{".exe", ".com", ".scr", ".pif", ".", " "}[rng.IntN(6)]
	},
	func(rng *rand.Rand, name string) string {
		return strings.TrimSuffix(name, ".exe") + []string{".com", ".scr", ".bat", ".txt", ".docx", ""}[rng.IntN(6)]
	},
	func(rng *rand.Rand, name string) string { return strings.ToUpper(name) },
	func(rng *rand.Rand, name string) string {
		return []string{".exe", "", "\u0301\u0301.exe", "\u200b", "x.y.z", "a)b(c:d.exe", "invoice.pdf.exe"}[rng.IntN(7)]
	},
}

func onStem(name string, change func(string) string) string {
	at := strings.LastIndexByte(name, '.')
	if at < 0 {
		at = len(name)
	}
	return change(name[:at]) + name[at:]
}

func transposed(rng *rand.Rand, s string) string {
	r := []rune(s)
	if len(r) > 1 {
		at := rng.IntN(len(r) - 1)
		r[at], r[at+1] = r[at+1], r[at]
	}
	return string(r)
}

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

// randomEstate is a day of an estate with names of every kind, most of them where
// they belong, and impostors of every class.
func randomEstate(rng *rand.Rand) (events []happened) {
	hosts := pick(rng, []int{1, 3, 9, 10, 12, 30, 120})
	names := slices.Clone(estateNames)
	rng.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	names = names[:10+rng.IntN(len(names)-10)]
	for _, name := range names {
		events = append(events, eventsOf(rng, name, pick(rng, []int{1, 2, 5, 20, 60, 150}), hosts)...)
	}
	for range 5 + rng.IntN(20) {
		name := pick(rng, disguises)(rng, pick(rng, names))
		if rng.IntN(6) == 0 {
			name = pick(rng, disguises)(rng, name)
		}
		events = append(events, eventsOf(rng, name, pick(rng, []int{1, 1, 1, 2, 3, 12, 40}), hosts)...)
	}
	for range rng.IntN(3) {
		events = append(events, happened{0, "", "", "host0", none, none, none}, happened{0, none, none, none, none, none, none})
	}
	rng.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	return events
}

// eventsOf are n events of one name: of a few folders, hosts and parents, or of more
// than a name keeps.
func eventsOf(rng *rand.Rand, name string, n, hosts int) (events []happened) {
	folders := []string{pick(rng, estateFolders)}
	if facts, ok := windows.Builtin().Name(strings.ToLower(name)); ok && len(facts.Folders) > 0 && rng.IntN(3) > 0 {
		folders = []string{"C:" + facts.Folders[0]}
		if strings.Contains(folders[0], "*") {
			folders = nil
		}
	}
	for range rng.IntN(3) {
		folders = append(folders, pick(rng, estateFolders))
	}
	if rng.IntN(8) == 0 {
		for i := range 12 {
			folders = append(folders, fmt.Sprintf(`%s\%d`, pick(rng, estateFolders), i))
		}
	}
	parents := []string{pick(rng, estateParents), pick(rng, estateParents)}
	if usual, ok := windows.Builtin().Parents(strings.ToLower(name)); ok && rng.IntN(2) == 0 {
		parents = []string{`C:\Windows\System32\` + usual[0]}
	}
	if rng.IntN(3) == 0 { // what belongs together lies together
		folders = []string{pick(rng, []string{`C:\Program Files\Vendor`, `C:\Windows\System32`})}
	}
	few := 1 + rng.IntN(hosts)
	for range n {
		h := happened{at: november20.UnixNano() + rng.Int64N(int64(24*time.Hour)), process: name, path: none, host: fmt.Sprint("host", rng.IntN(few)),
			parent: pick(rng, parents), account: fmt.Sprint("user", rng.IntN(3)), commandLine: fmt.Sprint(name, rng.IntN(12))}
		if len(folders) > 0 && rng.IntN(12) > 0 {
			h.path = pick(rng, folders) + `\` + name
			if rng.IntN(5) == 0 {
				h.process = pick(rng, []string{"", none})
			}
			if rng.IntN(30) == 0 { // the kernel writes what is lower-cased to it in another way
				h.path = strings.NewReplacer("k", "\u212A", "s", "S").Replace(h.path)
			}
		}
		if rng.IntN(40) == 0 {
			h.host = pick(rng, []string{"", none})
		}
		events = append(events, h)
	}
	return events
}

// randomPast are earlier days: with some of the day's events, and others.
func randomPast(rng *rand.Rand, day []happened) (days [][]happened) {
	for range pick(rng, []int{0, 0, 1, 6, 7, 8, 9, 14}) {
		share := rng.IntN(4)
		var events []happened
		for _, h := range day {
			if rng.IntN(4) < share && (len(h.process)+len(h.path))%4 != len(days)%5 {
				h.at -= int64(len(days)+1) * int64(24*time.Hour)
				events = append(events, h)
			}
		}
		days = append(days, events)
	}
	return days
}

// historyOf is what the earlier days tell of a day.
func historyOf(t testing.TB, day *Counts, days [][]happened) *Counts {
	if len(days) == 0 {
		return NewCounts()
	}
	past := New(NotebookParams(), "", 1).Past(day)
	for _, events := range days {
		past.Merge(pastOf(t, day, encoded(t, countsOf(events))))
	}
	return past
}

// cutUp are the same counts, from parts that were merged in any order.
func cutUp(rng *rand.Rand, events []happened, parts int) *Counts {
	all := make([]*Counts, parts)
	for i := range all {
		all[i] = NewCounts()
	}
	for _, h := range events {
		all[rng.IntN(parts)].Add(h.record())
	}
	whole := NewCounts()
	for _, i := range rng.Perm(parts) {
		whole.Merge(all[i])
	}
	return whole
}

func paramsOf(t testing.TB, profile string) Params {
	t.Helper()
	p, err := ParamsOf(profile)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
